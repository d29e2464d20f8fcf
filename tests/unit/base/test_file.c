#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
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

#include "base/mem.h"
#include "base/path.h"

static size_t entries(const char *dir)
{
    DIR *d = opendir(dir);
    assert_non_null(d);
    size_t n = 0;
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2; // "." and ".."
}

static void writes_and_reads(void **state)
{
    char *path = path_join(*state, "file");
    struct err err = {0};
    assert_true(file_write(path, "one\0two", 7, 0600, &err));
    size_t len = 0;
    char *text = file_read(path, 7, &len, &err);
    assert_non_null(text);
    assert_int_equal(len, 7);
    assert_memory_equal(text, "one\0two", 8);
    free(text);
    assert_null(file_read(path, 6, &len, &err));
    assert_int_equal(err.kind, ERR_DISK);
    assert_non_null(strstr(err.text, "too large: more than 6 bytes"));

    assert_true(file_write(path, "", 0, 0444, &err));
    text = file_read(path, 0, NULL, &err);
    assert_string_equal(text, "");
    free(text);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0444);
    assert_int_equal(entries(*state), 1); // nothing left beside it
    unlink(path);
    free(path);
}

static void reads_what_has_no_size(void **state)
{
    (void)state;
    size_t len = 0;
    char *text = file_read("/proc/self/stat", 1 << 16, &len, NULL);
    assert_non_null(text);
    assert_true(len > 10);
    free(text);
    struct err err = {0};
    assert_null(file_read("/proc/self/stat", 3, &len, &err));
    assert_non_null(strstr(err.text, "too large"));
}

static void refuses_what_is_no_file(void **state)
{
    struct err err = {0};
    size_t len;
    assert_null(file_read(*state, 100, &len, &err));
    assert_non_null(strstr(err.text, " is a directory"));
    assert_null(file_read("/dev/null", 100, &len, &err));
    assert_string_equal(err.text, "/dev/null is not a regular file");
    char *fifo = path_join(*state, "fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_null(file_read(fifo, 100, &len, &err)); // and does not wait
    assert_non_null(strstr(err.text, "is not a regular file"));
    unlink(fifo);
    free(fifo);
    char *missing = path_join(*state, "missing");
    assert_null(file_read(missing, 100, &len, &err));
    assert_non_null(strstr(err.text, "No such file"));
    free(missing);
}

static void failing_to_write_changes_nothing(void **state)
{
    struct err err = {0};
    char *dir = path_join(*state, "dir"), *in = path_join(*state, "no/file");
    assert_true(path_mkdirs(dir, &err));
    assert_false(file_write(dir, "x", 1, 0600, &err)); // rename refuses
    assert_int_equal(err.kind, ERR_DISK);
    assert_int_equal(entries(*state), 1);
    assert_false(file_write(in, "x", 1, 0600, &err));
    assert_false(file_sync_dir(in, &err));
    rmdir(dir);
    free(dir);
    free(in);
}

// The exit code of a child that runs `try` on the lock.
static int in_child(const char *path, int inherited)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(inherited);
        _exit(file_lock(path, FILE_TRY, NULL) == FILE_LOCK_HELD ? 10 : 20);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void one_holds_a_lock(void **state)
{
    struct err err = {0};
    char *path = path_join(*state, "lock");
    int fd = file_lock(path, FILE_TRY, &err);
    assert_true(fd >= 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(file_lock(path, FILE_TRY, &err), FILE_LOCK_HELD);
    assert_int_equal(in_child(path, fd), 10);
    close(fd);
    assert_int_equal(in_child(path, -1), 20);
    fd = file_lock(path, FILE_WAIT, &err);
    assert_true(fd >= 0);

    // A file that was removed and made again is another lock.
    unlink(path);
    int other = file_lock(path, FILE_TRY, &err);
    assert_true(other >= 0);
    close(other);
    close(fd);
    unlink(path);
    assert_int_equal(file_lock(*state, FILE_TRY, &err), FILE_LOCK_ERROR);
    assert_int_equal(err.kind, ERR_DISK);
    free(path);
}

static int enter(void **state)
{
    char dir[] = "/tmp/tarmac-file-XXXXXX";
    *state = xstrdup(mkdtemp(dir));
    return *state ? 0 : -1;
}

static int leave(void **state)
{
    int rc = rmdir(*state);
    free(*state);
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_and_reads),
        cmocka_unit_test(reads_what_has_no_size),
        cmocka_unit_test(refuses_what_is_no_file),
        cmocka_unit_test(failing_to_write_changes_nothing),
        cmocka_unit_test(one_holds_a_lock),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
