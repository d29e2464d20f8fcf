// How two locks differ.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/json.h"
#include "report/differing.h"

#define HASH(c)                                                                \
    c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c  \
        c c c c c c c c c c c c c c c c c c c c c c c c c c c

static struct lock_entry entry(const char *output, const char *fingerprint)
{
    return (struct lock_entry){.output = output,
                               .gateway = "shop",
                               .dialect = "reverse 1",
                               .fingerprint = fingerprint,
                               .task_id = "T",
                               .file = 1,
                               .sha256 = HASH("0")};
}

static struct value *on_request(void *arg, const char *fingerprint)
{
    (void)arg;
    if (*fingerprint != 'a' && *fingerprint != 'b')
        return NULL;
    struct value *request = value_map();
    value_set(request, "seed", value_int(*fingerprint - 'a'));
    return request;
}

static void on_cell(void *arg, const char *cell, bool in_a, bool in_b,
                    const char *how)
{
    buf_printf(arg, "%s %d%d %s\n", cell, in_a, in_b, how ? how : "");
}

static void expect(const struct lock *a, const struct lock *b, size_t n,
                   const char *text)
{
    struct buf said;
    buf_init(&said, 1 << 16);
    struct differing differing = {on_request, on_cell, &said};
    assert_int_equal(differing_tell(&differing, a, b), n);
    assert_string_equal(said.data, text);
    buf_free(&said);
}

// Cell "c" with these entries.
static struct lock *one(size_t n, const struct lock_entry *entries)
{
    struct lock *lock = lock_new("r", NULL);
    lock_add_cell(lock, "c");
    for (size_t i = 0; i < n; i++)
        lock_add(lock, &entries[i]);
    return lock;
}

static void expect_of(size_t n_a, const struct lock_entry *a, size_t n_b,
                      const struct lock_entry *b, const char *text)
{
    struct lock *was = one(n_a, a), *is = one(n_b, b);
    expect(was, is, *text ? 1 : 0, text);
    expect(was, was, 0, "");
    lock_free(was);
    lock_free(is);
}

static void cells_of_one_side(void **state)
{
    (void)state;
    static const char *const names[2][3] = {{"b", "c", "d"}, {"a", "c", "e"}};
    struct lock *sides[2];
    for (int i = 0; i < 2; i++) {
        struct lock_entry e = entry("", HASH("a"));
        sides[i] = lock_new("r", NULL);
        for (int k = 2; k >= 0; k--) {
            lock_add_cell(sides[i], names[i][k]);
            lock_add(sides[i], &e);
        }
    }
    expect(sides[0], sides[1], 4, "a 01 \nb 10 \nd 10 \ne 01 \n");
    lock_free(sides[0]);
    lock_free(sides[1]);
}

static void other_requests(void **state)
{
    (void)state;
    struct lock_entry a = entry("", HASH("a")), b = entry("", HASH("b"));
    expect_of(1, &a, 1, &b, "c 11 seed 0 → 1\n");
    b.fingerprint = HASH("c"); // that nobody knows
    expect_of(1, &a, 1, &b, "c 11 purchase aaaaaaaaaaaa… → cccccccccccc…\n");
    b.gateway = "other";
    expect_of(1, &a, 1, &b, "c 11 gateway shop → other\n");
}

static void other_bytes_and_tasks(void **state)
{
    (void)state;
    struct lock_entry a = entry("", HASH("a")), b = a;
    b.task_id = "U";
    expect_of(1, &a, 1, &b, "c 11 task T → U\n");
    b.sha256 = HASH("1");
    expect_of(1, &a, 1, &b,
              "c 11 task T → U, sha256 000000000000… → 111111111111…\n");
    b = a;
    b.dialect = "reverse 2";
    b.sha256 = NULL; // not known
    expect_of(1, &a, 1, &b, "");
}

static void more_of_them(void **state)
{
    (void)state;
    struct lock_entry was[] = {entry("close", HASH("a")),
                               entry(NULL, HASH("c"))};
    struct lock_entry is[] = {entry("close", HASH("b")),
                              entry("wide", HASH("c")),
                              entry("far", HASH("d"))};
    expect_of(2, was, 3, is,
              "c 11 close: seed 0 → 1; far: purchase dddddddddddd… added\n");
    expect_of(3, is, 1, is,
              "c 11 far: purchase dddddddddddd… removed; wide: purchase "
              "cccccccccccc… removed\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_of_one_side),
        cmocka_unit_test(other_requests),
        cmocka_unit_test(other_bytes_and_tasks),
        cmocka_unit_test(more_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
