#include "engine/checker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"

#define TIMEOUT_MS 2000
#define DEADLINE_MS 20000

// What it does follows from the path that it is asked for.
static const char program[] =
    "#!/usr/bin/python3\n"
    "import json, os, signal, sys, time\n"
    "for line in sys.stdin:\n"
    "    q = json.loads(line)\n"
    "    what = q['path']\n"
    "    if what == 'hang':\n"
    "        time.sleep(3600)\n"
    "    if what == 'die':\n"
    "        os.kill(os.getpid(), signal.SIGKILL)\n"
    "    if what == 'junk':\n"
    "        print('x' * 1000, flush=True)\n"
    "    if q['op'] == 'frame':\n"
    "        open(q['out'], 'w').write(json.dumps(q['at']))\n"
    "    if q['op'] in ('poster', 'tile'):\n"
    "        open(q['out'], 'w').write(' '.join(str(q.get(k)) for k in\n"
    "            ('op', 'at', 'width', 'height')))\n"
    "    print(json.dumps({'id': q['id'], 'ok': what not in ('bad', 'disk'),\n"
    "        'error': 'it is bad', 'disk': what == 'disk', 'seconds': 2.5, "
    "'width': 64, 'height': 36,\n"
    "        'ext': '../x' if what == 'ext' else 'mp4'}), flush=True)\n";

// Notes each of its starts.
static const char noting[] =
    "#!/bin/sh\n"
    "echo started >>\"${0%/*}/out\"\n"
    "while read -r line; do\n"
    "    echo '{\"id\": 1, \"ok\": true, \"seconds\": 1, \"ext\": \"mp4\"}'\n"
    "done\n";

struct told {
    bool done;
    enum checker_result result;
    struct checker_facts facts;
    char *why;
};

static void on_done(void *arg, enum checker_result result,
                    const struct checker_facts *facts, const char *why)
{
    struct told *told = arg;
    assert_false(told->done);
    told->done = true;
    told->result = result;
    if (facts)
        told->facts = *facts;
    told->why = xstrdup(why);
}

static void on_late(void *arg)
{
    *(bool *)arg = true;
}

// A folder with the program, and who asks it.
struct rig {
    char *dir, *path, *out;
    struct loop *loop;
    struct checker *checker;
};

static int setup(void **state)
{
    struct rig *rig = xcalloc(1, sizeof(*rig));
    rig->dir = xstrdup("/tmp/tarmac-checker-XXXXXX");
    assert_non_null(mkdtemp(rig->dir));
    rig->path = xasprintf("%s/media", rig->dir);
    rig->out = xasprintf("%s/out", rig->dir);
    assert_true(file_write(rig->path, program, strlen(program), 0700, NULL));
    rig->loop = loop_new();
    rig->checker = checker_new(rig->loop, rig->path, TIMEOUT_MS);
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;
    checker_free(rig->checker);
    loop_free(rig->loop);
    unlink(rig->path);
    unlink(rig->out);
    rmdir(rig->dir);
    free(rig->dir);
    free(rig->path);
    free(rig->out);
    free(rig);
    return 0;
}

static void each_job_alone(void **state)
{
    struct rig *rig = *state;
    struct loop *loop = rig->loop;
    static const struct {
        const char *path, *why;
        enum checker_result result;
    } cases[] = {
        {"good", NULL, CHECKER_OK},
        {"bad", "it is bad", CHECKER_BAD},
        {"die", "signal 9", CHECKER_BAD},
        {"good", NULL, CHECKER_OK},
        {"hang", "too long", CHECKER_BAD},
        {"junk", NULL, CHECKER_OK},
        {"disk", "it is bad", CHECKER_BROKEN},
        {"ext", "no facts", CHECKER_BAD},
        {"good", NULL, CHECKER_OK},
    };
    enum { N = sizeof(cases) / sizeof(cases[0]) };
    struct told told[N] = {0};
    bool late = false;
    struct loop_timer *timer = loop_timer_new(loop, on_late, &late);
    loop_timer_start(timer, DEADLINE_MS);
    for (size_t i = 0; i < N; i++)
        checker_check(rig->checker, cases[i].path, on_done, &told[i]);
    for (size_t i = 0; i < N; i++) {
        while (!told[i].done && !late)
            loop_once(loop, true);
        assert_true(told[i].done);
        assert_int_equal(told[i].result, cases[i].result);
        if (cases[i].why)
            assert_non_null(strstr(told[i].why, cases[i].why));
        if (cases[i].result == CHECKER_OK)
            assert_string_equal(told[i].facts.ext, "mp4");
        free(told[i].why);
    }
    loop_timer_free(timer);

    // Freed with jobs under way and waiting: none of them is answered.
    struct told never = {0};
    checker_free(rig->checker);
    struct checker *checker = checker_new(loop, rig->path, TIMEOUT_MS);
    rig->checker = NULL;
    for (int i = 0; i < 5; i++)
        checker_check(checker, "hang", on_done, &never);
    loop_once(loop, true);
    checker_free(checker);
    loop_once(loop, false);
    assert_false(never.done);
}

static void frames_are_cut(void **state)
{
    struct rig *rig = *state;
    struct value *at = value_real(2.5);
    static const struct {
        const char *path;
        enum checker_result result;
    } cases[] = {
        {"ext", CHECKER_OK}, {"die", CHECKER_BAD}, {"bad", CHECKER_BAD}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct told told = {0};
        checker_frame(rig->checker, cases[i].path, at, rig->out, on_done,
                      &told);
        while (!told.done)
            loop_once(rig->loop, true);
        assert_int_equal(told.result, cases[i].result);
        free(told.why);
        if (i > 0)
            continue;
        assert_int_equal(told.facts.width, 64);
        size_t len;
        char *text = file_read(rig->out, 100, &len, NULL);
        assert_string_equal(text, "2.5");
        free(text);
    }
    value_free(at);
}

static void expect_asked(const struct rig *rig, const struct told *told,
                         const char *wanted)
{
    while (!told->done)
        loop_once(rig->loop, true);
    assert_int_equal(told->result, CHECKER_OK);
    assert_int_equal(told->facts.height, 36);
    char *text = file_read(rig->out, 100, NULL, NULL);
    assert_string_equal(text, wanted);
    free(text);
}

static void what_shows_a_clip_is_made(void **state)
{
    struct rig *rig = *state;
    struct checker *checker = rig->checker;
    struct value *at = value_str("last");
    struct told told[3] = {{0}};
    checker_poster(checker, "good", 480, rig->out, on_done, &told[0]);
    expect_asked(rig, &told[0], "poster None 480 None");
    checker_still(checker, "good", at, 320, 90, rig->out, on_done, &told[1]);
    expect_asked(rig, &told[1], "poster last 320 90");
    checker_tile(checker, "good", 160, 90, rig->out, on_done, &told[2]);
    expect_asked(rig, &told[2], "tile None 160 90");
    value_free(at);
}

static void a_warm_worker_is_the_one_that_answers(void **state)
{
    struct rig *rig = *state;
    assert_true(file_write(rig->path, noting, strlen(noting), 0700, NULL));
    checker_warm(rig->checker);
    bool late = false;
    struct loop_timer *timer = loop_timer_new(rig->loop, on_late, &late);
    loop_timer_start(timer, DEADLINE_MS);
    while (access(rig->out, F_OK) != 0 && !late) // nothing was asked yet
        loop_once(rig->loop, false);
    assert_false(late);
    loop_timer_free(timer);
    checker_warm(rig->checker);
    struct told told = {0};
    checker_check(rig->checker, "good", on_done, &told);
    while (!told.done)
        loop_once(rig->loop, true);
    assert_int_equal(told.result, CHECKER_OK);
    free(told.why);
    char *text = file_read(rig->out, 100, NULL, NULL);
    assert_string_equal(text, "started\n");
    free(text);
}

static void what_cannot_be_warmed_is_told_when_asked(void **state)
{
    struct rig *rig = *state;
    unlink(rig->path);
    checker_warm(rig->checker);
    struct told told = {0};
    checker_check(rig->checker, "good", on_done, &told);
    while (!told.done)
        loop_once(rig->loop, true);
    assert_int_equal(told.result, CHECKER_BROKEN);
    free(told.why);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_job_alone),
        TEST(frames_are_cut),
        TEST(what_shows_a_clip_is_made),
        TEST(a_warm_worker_is_the_one_that_answers),
        TEST(what_cannot_be_warmed_is_told_when_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
