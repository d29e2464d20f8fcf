#include "ledger/runs.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../scratch.h"
#include "base/mem.h"
#include "base/path.h"

static void a_held_lock_is_a_live_run(void **state)
{
    struct err err = {0};
    struct run_lock lock;
    assert_true(run_lock_take(&lock, *state, &err));
    assert_int_equal(strlen(lock.id), TOKEN_HEX - 1);
    assert_true(path_exists(lock.path));
    assert_false(run_is_dead(*state, lock.id));
    assert_false(run_is_dead(*state, lock.id)); // asking took nothing

    struct run_lock other;
    assert_true(run_lock_take(&other, *state, &err));
    assert_string_not_equal(lock.id, other.id);
    run_lock_drop(&other);
    assert_false(run_is_dead(*state, lock.id));

    char *path = xstrdup(lock.path);
    char id[TOKEN_HEX];
    memcpy(id, lock.id, sizeof(id));
    run_lock_drop(&lock);
    assert_false(path_exists(path));
    assert_true(run_is_dead(*state, id));
    free(path);
}

static void a_run_without_a_lock_file_is_dead(void **state)
{
    const char *id = "0123456789abcdef0123456789abcdef";
    assert_true(run_is_dead(*state, id));
    char *path = xasprintf("%s/runs/%s.lock", (char *)*state, id);
    assert_false(path_exists(path)); // nor made by asking
    free(path);
}

static void dropping_twice_is_harmless(void **state)
{
    struct run_lock lock;
    assert_true(run_lock_take(&lock, *state, NULL));
    run_lock_drop(&lock);
    run_lock_drop(&lock);
}

// A child takes a lock, says its id, and is killed.
static void a_killed_run_is_dead(void **state)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct run_lock lock;
        if (!run_lock_take(&lock, *state, NULL) ||
            write(ends[1], lock.id, TOKEN_HEX) != TOKEN_HEX)
            _exit(1);
        for (;;)
            pause();
    }
    char id[TOKEN_HEX];
    assert_int_equal(read(ends[0], id, TOKEN_HEX), TOKEN_HEX);
    assert_false(run_is_dead(*state, id));
    kill(child, SIGKILL);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_true(run_is_dead(*state, id));
    assert_true(run_is_dead(*state, id));
    close(ends[0]);
    close(ends[1]);
}

static void a_folder_that_cannot_be_made_is_an_error(void **state)
{
    struct err err = {0};
    struct run_lock lock;
    char *dir = xasprintf("%s/file/below", (char *)*state);
    char *file = path_dir(dir);
    assert_int_equal(symlink("nowhere/at/all", file), 0);
    assert_false(run_lock_take(&lock, dir, &err));
    assert_int_equal(err.kind, ERR_DISK);
    assert_int_equal(lock.fd, -1);
    free(file);
    free(dir);
}

#define TOKEN_A "0123456789abcdef0123456789abcdef"
#define TOKEN_B "fedcba9876543210fedcba9876543210"

static void a_note_outlives_its_run(void **state)
{
    struct err err = {0};
    struct run_lock lock;
    assert_null(run_noted(*state, TOKEN_A)); // without any run, too
    assert_true(run_lock_take(&lock, *state, &err));
    assert_null(run_noted(*state, TOKEN_A));
    assert_true(run_note(*state, lock.id, TOKEN_A, "task-1", &err));
    assert_true(run_note(*state, lock.id, TOKEN_B, "task-2", &err));
    char *path = xstrdup(lock.path);
    run_lock_drop(&lock);
    assert_true(path_exists(path)); // what it holds is needed
    char *a = run_noted(*state, TOKEN_A), *b = run_noted(*state, TOKEN_B);
    assert_string_equal(a, "task-1");
    assert_string_equal(b, "task-2");
    assert_null(run_noted(*state, "0123456789abcdef"));
    free(a);
    free(b);
    free(path);
}

// The disk had its room before: writing a note makes the file no larger.
static void a_note_needs_no_new_space(void **state)
{
    struct run_lock lock;
    struct stat before, after;
    assert_true(run_lock_take(&lock, *state, NULL));
    assert_int_equal(stat(lock.path, &before), 0);
    assert_true(before.st_blocks * 512 >= before.st_size);
    for (int i = 0; i < 100; i++)
        assert_true(run_note(*state, lock.id, TOKEN_A,
                             "86007562-b11e-441a-b00a-cce890aaa86d", NULL));
    assert_int_equal(stat(lock.path, &after), 0);
    assert_int_equal(after.st_size, before.st_size);
    run_lock_drop(&lock);
}

static void what_is_no_note(void **state)
{
    struct err err = {0};
    struct run_lock lock;
    assert_true(run_lock_take(&lock, *state, NULL));
    assert_false(run_note(*state, lock.id, TOKEN_A, "", &err));
    assert_false(run_note(*state, lock.id, TOKEN_A, "a\nb", &err));
    assert_false(run_note(*state, lock.id, TOKEN_A, "a b", &err));
    assert_false(run_note(*state, lock.id, TOKEN_A, "a\xff", &err));
    assert_false(run_note(*state, "0123", TOKEN_A, "task", &err)); // no file
    assert_int_equal(err.kind, ERR_DISK);
    static const char torn[] = TOKEN_A " task-that-was-c";
    assert_int_equal(pwrite(lock.fd, torn, strlen(torn), 0), strlen(torn));
    assert_null(run_noted(*state, TOKEN_A));
    assert_true(run_note(*state, lock.id, TOKEN_A, "task-1", &err));
    char *task = run_noted(*state, TOKEN_A); // though the line before is cut
    assert_string_equal(task, "task-1");
    free(task);
    static const char bytes[] = TOKEN_A " task-\xff\n";
    assert_int_equal(pwrite(lock.fd, bytes, sizeof(bytes), 0), sizeof(bytes));
    assert_null(run_noted(*state, TOKEN_A));
    run_lock_drop(&lock);
}

static void a_name_with_a_slash_is_no_run(void **state)
{
    struct run_lock lock;
    assert_true(run_lock_take(&lock, *state, NULL));
    char *id = xasprintf("../runs/%s", lock.id);
    assert_true(run_is_dead(*state, id));
    free(id);
    run_lock_drop(&lock);
}

static int setup(void **state)
{
    *state = mkdtemp(xstrdup("/tmp/tarmac-runs-XXXXXX"));
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    int rc = scratch_remove(*state);
    free(*state);
    return rc;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_held_lock_is_a_live_run),
        TEST(a_run_without_a_lock_file_is_dead),
        TEST(dropping_twice_is_harmless),
        TEST(a_killed_run_is_dead),
        TEST(a_folder_that_cannot_be_made_is_an_error),
        TEST(a_note_outlives_its_run),
        TEST(a_note_needs_no_new_space),
        TEST(what_is_no_note),
        TEST(a_name_with_a_slash_is_no_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
