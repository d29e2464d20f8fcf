#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../turning.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "loop/loop.h"

struct seen {
    struct loop_child *child;
    struct buf lines; // each followed by '|'
    int n;
    int free_at; // line number at which the child is freed
    bool exited;
    int status, signum;
};

static void on_line(void *arg, const char *line, size_t len)
{
    struct seen *seen = arg;
    assert_false(seen->exited);
    assert_int_equal(strlen(line), len);
    buf_add(&seen->lines, line, len);
    buf_byte(&seen->lines, '|');
    if (++seen->n == seen->free_at)
        loop_child_free(seen->child);
}

static void on_exit_(void *arg, int status, int signum)
{
    struct seen *seen = arg;
    assert_false(seen->exited);
    seen->exited = true;
    seen->status = status;
    seen->signum = signum;
}

static struct loop_child *shell(struct loop *loop, const char *script,
                                bool pipe_in, size_t line_max,
                                struct seen *seen)
{
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    struct loop_child_spec spec = {
        .argv = argv,
        .pipe_in = pipe_in,
        .on_line = on_line,
        .on_exit = on_exit_,
        .arg = seen,
        .line_max = line_max,
    };
    *seen = (struct seen){0};
    buf_init(&seen->lines, 1 << 20);
    struct err err = {0};
    seen->child = loop_child_spawn(loop, &spec, &err);
    if (!seen->child)
        fail_msg("%s", err.text);
    return seen->child;
}

static void test_lines_then_exit(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct seen seen;
    struct loop_child *child =
        shell(loop, "echo one; echo; printf last; exit 3", false, 0, &seen);
    assert_true(loop_child_pid(child) > 0);
    turn_until(loop, &seen.exited);
    assert_string_equal(seen.lines.data, "one||last|");
    assert_int_equal(seen.status, 3);
    assert_int_equal(seen.signum, 0);
    loop_child_kill(child, SIGKILL); // nothing left to kill
    loop_child_free(child);
    buf_free(&seen.lines);
    loop_free(loop);
}

static void test_stdin_is_written_and_closed(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct seen seen;
    struct loop_child *child = shell(loop, "exec wc -c", true, 0, &seen);
    size_t len = 300000; // more than a pipe holds
    char *bytes = calloc(1, len);
    loop_child_write(child, bytes, len);
    loop_child_write(child, "end", 3);
    free(bytes); // it was copied
    loop_child_close_in(child);
    loop_child_write(child, "late", 4);
    turn_until(loop, &seen.exited);
    assert_string_equal(seen.lines.data, "300003|");
    loop_child_free(child);
    buf_free(&seen.lines);
    loop_free(loop);
}

static void test_a_child_without_stdin_reads_nothing(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct seen seen;
    shell(loop, "cat; echo done", false, 0, &seen);
    turn_until(loop, &seen.exited);
    assert_string_equal(seen.lines.data, "done|");
    loop_child_free(seen.child);
    buf_free(&seen.lines);
    loop_free(loop);
}

static void test_kill(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct seen seen;
    shell(loop, "echo up; exec sleep 60", false, 0, &seen);
    while (seen.n == 0)
        loop_once(loop, true);
    loop_child_kill(seen.child, SIGTERM);
    turn_until(loop, &seen.exited);
    assert_int_equal(seen.signum, SIGTERM);
    loop_child_free(seen.child);
    buf_free(&seen.lines);
    loop_free(loop);
}

static void test_a_line_without_end_kills(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct seen seen;
    shell(loop, "echo fine; exec cat /dev/zero", false, 1000, &seen);
    turn_until(loop, &seen.exited);
    assert_string_equal(seen.lines.data, "fine|");
    assert_true(seen.signum == SIGKILL || seen.signum == SIGPIPE);
    loop_child_free(seen.child);
    buf_free(&seen.lines);
    loop_free(loop);
}

static void test_freed_while_running(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct seen seen;
    struct loop_child *child =
        shell(loop, "echo a; echo b; exec cat", true, 0, &seen);
    seen.free_at = 1;
    pid_t pid = loop_child_pid(child);
    int64_t end = clock_mono_ms(&clock_system) + DEADLINE_MS;
    // It reads EOF and ends, and the loop reaps it without telling anyone.
    while (kill(pid, 0) == 0) {
        assert_true(clock_mono_ms(&clock_system) < end);
        loop_once(loop, false);
    }
    assert_int_equal(errno, ESRCH);
    assert_string_equal(seen.lines.data, "a|");
    assert_false(seen.exited);
    buf_free(&seen.lines);
    loop_free(loop);
}

static void test_the_loop_ends_before_a_freed_child(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct seen seen;
    struct loop_child *child = shell(loop, "exec sleep 60", true, 0, &seen);
    pid_t pid = loop_child_pid(child);
    loop_child_free(child);
    buf_free(&seen.lines);
    loop_free(loop);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_stderr_goes_to_a_file(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    char dir[] = "/tmp/tarmac-test-XXXXXX";
    assert_non_null(mkdtemp(dir));
    char path[64];
    snprintf(path, sizeof(path), "%s/log", dir);
    const char *argv[] = {"/bin/sh", "-c", "echo hello >&2", NULL};
    struct seen seen = {0};
    buf_init(&seen.lines, 100);
    struct loop_child_spec spec = {
        .argv = argv, .stderr_path = path, .on_exit = on_exit_, .arg = &seen};
    struct err err;
    seen.child = loop_child_spawn(loop, &spec, &err);
    assert_non_null(seen.child);
    turn_until(loop, &seen.exited);
    loop_child_free(seen.child);
    char *text = file_read(path, 100, NULL, &err);
    assert_string_equal(text, "hello\n");
    free(text);
    unlink(path);
    rmdir(dir);
    buf_free(&seen.lines);
    loop_free(loop);
}

static void test_a_missing_program_is_an_error(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    const char *argv[] = {"/nonexistent/program", NULL};
    struct loop_child_spec spec = {.argv = argv, .pipe_in = true};
    struct err err = {0};
    assert_null(loop_child_spawn(loop, &spec, &err));
    assert_non_null(strstr(err.text, "/nonexistent/program"));
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_then_exit),
        cmocka_unit_test(test_stdin_is_written_and_closed),
        cmocka_unit_test(test_a_child_without_stdin_reads_nothing),
        cmocka_unit_test(test_kill),
        cmocka_unit_test(test_a_line_without_end_kills),
        cmocka_unit_test(test_freed_while_running),
        cmocka_unit_test(test_the_loop_ends_before_a_freed_child),
        cmocka_unit_test(test_stderr_goes_to_a_file),
        cmocka_unit_test(test_a_missing_program_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
