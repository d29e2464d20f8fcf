// One clip for all tasks of a kind, on file systems that differ in what they
// think of links.

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "gateway/input.h"
#include "gateway/same.h"

#define TASK "11111111-1111-4111-8111-111111111111"

static int link_errno; // 0: links work

// Before that of the C library, which our file system would do well.
int link(const char *from, const char *to)
{
    if (link_errno == 0)
        return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
    errno = link_errno;
    return -1;
}

struct fixture {
    char dir[32];
    struct same *same;
    struct same_kind *kind;
};

static char *path_of(const struct fixture *f, const char *id)
{
    return xasprintf("%s/%s%s", f->dir, id, ASSET_PICTURE);
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/test_same_XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->same = same_new(f->dir);
    const struct order o = {.kind = ORDER_PICTURE, .width = 8, .height = 6};
    f->kind = same_find(f->same, &o);
    assert_ptr_equal(same_find(f->same, &o), f->kind);
    char *path = path_of(f, f->kind->id);
    struct err err;
    assert_true(file_write(path, "drawn", 5, 0644, &err));
    free(path);
    f->kind->state = SAME_READY;
    link_errno = 0;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    asset_remove(f->dir, TASK);
    same_free(f->same); // and what it drew
    assert_int_equal(rmdir(f->dir), 0);
    free(f);
    return 0;
}

// How many names the task's file has; 0: there is none.
static int names(const struct fixture *f)
{
    char *path = path_of(f, TASK);
    struct stat facts = {0};
    bool there = stat(path, &facts) == 0;
    if (there)
        assert_int_equal(facts.st_size, 5);
    free(path);
    return there ? (int)facts.st_nlink : 0;
}

static void a_name_of_its_own(void **state)
{
    struct fixture *f = *state;
    struct err err;
    assert_true(same_give(f->same, f->kind, TASK, &err));
    assert_int_equal(names(f), 2);
    // As after a restart: it has it already.
    assert_true(same_give(f->same, f->kind, TASK, &err));
    assert_int_equal(names(f), 2);
}

static void a_copy_where_there_are_no_links(void **state)
{
    struct fixture *f = *state;
    struct err err;
    link_errno = EPERM;
    assert_true(same_give(f->same, f->kind, TASK, &err));
    assert_int_equal(names(f), 1);
    assert_int_equal(f->kind->state, SAME_READY);
}

static void drawn_anew_where_there_are_too_many(void **state)
{
    struct fixture *f = *state;
    struct err err;
    link_errno = EMLINK;
    assert_false(same_give(f->same, f->kind, TASK, &err));
    assert_int_equal(names(f), 0);
    assert_int_equal(f->kind->state, SAME_NONE);
}

static void gone(void **state)
{
    struct fixture *f = *state;
    struct err err;
    asset_remove(f->dir, f->kind->id);
    assert_false(same_give(f->same, f->kind, TASK, &err));
    assert_int_equal(names(f), 0);
    assert_int_equal(f->kind->state, SAME_NONE);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_name_of_its_own),
        CASE(a_copy_where_there_are_no_links),
        CASE(drawn_anew_where_there_are_too_many),
        CASE(gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
