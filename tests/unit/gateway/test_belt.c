// What carries the pictures: the threads that draw one together, and the belt
// from there to the encoder.

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "../scratch.h"
#include "gateway/crew.h"
#include "gateway/render_belt.h"
#include "media/check.h"

#define SIDE 128

static char dir[64], path[128];

static int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/tarmac-belt-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof(path), "%s/a.mp4", dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    return scratch_remove(dir);
}

enum { MEMBERS = 3, PARTS = 200 };

struct tally {
    int done[PARTS]; // each by one thread alone
    int by[PARTS];
};

static void count(void *arg, int part, int member)
{
    struct tally *t = arg;
    t->done[part]++;
    t->by[part] = member;
}

static void test_crew(void **state)
{
    (void)state;
    for (int members = 1; members <= MEMBERS; members++) {
        struct crew *crew = crew_new(members);
        for (int run = 0; run < 50; run++) {
            struct tally t = {{0}, {0}};
            int parts = run * 4;
            crew_run(crew, parts, count, &t);
            for (int i = 0; i < PARTS; i++) {
                assert_int_equal(t.done[i], i < parts);
                assert_in_range(t.by[i], 0, members - 1);
            }
        }
        crew_free(crew);
    }
    crew_free(crew_new(MEMBERS)); // without any work
    crew_free(NULL);
}

// Pictures that no encoder makes small.
static void fill(const struct yuv_planes *planes, uint32_t seed)
{
    for (int i = 0; i < SIDE * SIDE * 3 / 2; i++) {
        seed = seed * 1664525u + 1013904223u;
        planes->at[0][i] = (uint8_t)(seed >> 24);
    }
}

static void test_all_arrive(void **state)
{
    (void)state;
    struct err err = {.kind = ERR_NONE};
    struct belt *belt = belt_open(path, SIDE, SIDE, 24, &err);
    assert_non_null(belt);
    for (uint32_t i = 0; i < 48; i++) {
        const struct yuv_planes *planes = belt_take(belt, &err);
        assert_non_null(planes);
        fill(planes, i);
        belt_put(belt);
    }
    assert_true(belt_finish(belt, &err));
    struct media_facts facts;
    assert_true(media_check(path, &facts, &err));
    assert_int_equal(facts.frames, 48);
}

static void test_drop(void **state)
{
    (void)state;
    struct err err = {.kind = ERR_NONE};
    for (int pictures = 0; pictures < 6; pictures++) {
        struct belt *belt = belt_open(path, SIDE, SIDE, 24, &err);
        for (int i = 0; i < pictures; i++) {
            fill(belt_take(belt, &err), 7);
            belt_put(belt);
        }
        belt_drop(belt);
        assert_int_not_equal(access(path, F_OK), 0);
    }
    belt_drop(NULL);
    assert_null(belt_open("/no/such/folder/a.mp4", SIDE, SIDE, 24, &err));
    assert_int_equal(err.kind, ERR_DISK);
}

// The disk is full in the middle: whoever draws hears of it, and stops.
static void test_full_disk(void **state)
{
    (void)state;
    struct err err = {.kind = ERR_NONE};
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 100000;
    signal(SIGXFSZ, SIG_IGN);
    struct belt *belt = belt_open(path, SIDE, SIDE, 24, &err);
    assert_non_null(belt);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int put = 0;
    for (; put < 600; put++) {
        const struct yuv_planes *planes = belt_take(belt, &err);
        if (!planes)
            break;
        fill(planes, (uint32_t)put);
        belt_put(belt);
    }
    setrlimit(RLIMIT_FSIZE, &before);
    assert_true(put < 600);
    assert_int_equal(err.kind, ERR_DISK);
    err.kind = ERR_NONE;
    assert_false(belt_finish(belt, &err));
    assert_int_equal(err.kind, ERR_DISK);
    assert_int_not_equal(access(path, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crew),
        cmocka_unit_test(test_all_arrive),
        cmocka_unit_test(test_drop),
        cmocka_unit_test(test_full_disk),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
