#include "ledger/sent.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/path.h"
#include "fixture.h"
#include "ledger/runs.h"

#define TOKEN_A "0123456789abcdef0123456789abcdef"
#define TOKEN_B "fedcba9876543210fedcba9876543210"

// --- what a killed run leaves
static char *file_of(struct fixture *f, const char *run)
{
    char *dir = path_join(f->dir, "runs");
    assert_true(path_mkdirs(dir, NULL));
    free(dir);
    return xasprintf("%s/runs/%s.sent", f->dir, run);
}

static bool is_left(struct fixture *f, const char *run)
{
    char *path = file_of(f, run);
    bool left = access(path, F_OK) == 0;
    free(path);
    return left;
}

static void leave(struct fixture *f, const char *run, const char *text)
{
    char *path = file_of(f, run);
    assert_true(file_write(path, text, strlen(text), 0600, NULL));
    free(path);
}

static int64_t intend_as(struct fixture *f, int n, const char *token)
{
    struct ledger_intent in = want(n);
    in.token = token;
    struct answer a = intend(f, &in);
    must(a);
    return a.result.attempt;
}

static int64_t submit_as(struct fixture *f, int n, const char *token)
{
    int64_t attempt = intend_as(f, n, token);
    must(move(f, attempt, ATTEMPT_INTENT, ATTEMPT_SUBMITTING, 1100));
    return attempt;
}

static void passes(struct fixture *f)
{
    struct err err = {0};
    if (!sent_check(f->dir, f->l, &err))
        fail_msg("%s", err.text);
}

static void refuses(struct fixture *f, const char *words)
{
    struct err err = {0};
    assert_false(sent_check(f->dir, f->l, &err));
    assert_int_equal(err.kind, ERR_DISK);
    if (!strstr(err.text, words))
        fail_msg("'%s' is not in: %s", words, err.text);
}

// --- tests
static void what_the_ledger_has_is_forgotten(void **state)
{
    struct fixture *f = *state;
    passes(f); // nothing is there yet
    free(file_of(f, RUN_A));
    int64_t attempt = submit_as(f, 1, TOKEN_A);
    assert_true(sent_note(f->dir, RUN_A, TOKEN_A, attempt));
    assert_true(is_left(f, RUN_A));
    struct ledger *reader = ledger_open_read(f->dir, NULL);
    assert_non_null(reader);
    assert_true(sent_check(f->dir, reader, NULL));
    ledger_close(reader);
    assert_true(is_left(f, RUN_A)); // its log is as it was
    passes(f);
    assert_false(is_left(f, RUN_A));
    assert_false(sent_is_left(f->dir));
    passes(f);
}

static void what_the_ledger_lacks_is_told(void **state)
{
    struct fixture *f = *state;
    free(file_of(f, RUN_A));
    assert_true(sent_note(f->dir, RUN_A, TOKEN_A, 1));
    refuses(f, "lacks 1 purchase that was sent");
    assert_true(sent_note(f->dir, RUN_A, TOKEN_A, 1)); // the same again
    refuses(f, "lacks 1 purchase that was sent");
    assert_true(sent_note(f->dir, RUN_A, TOKEN_B, 2));
    refuses(f, "lacks 2 purchases that were sent");
    intend_as(f, 1, TOKEN_A); // here, and not known to be sent
    refuses(f, "lacks 2 purchases that were sent");
    submit_as(f, 2, TOKEN_B);
    refuses(f, "lacks 1 purchase that was sent");
    assert_true(is_left(f, RUN_A));
    assert_true(sent_is_left(f->dir));
}

static void what_was_taken_back_may_be_an_intent(void **state)
{
    struct fixture *f = *state;
    free(file_of(f, RUN_A));
    sent_take_back(f->dir, RUN_A, TOKEN_A, 1);
    assert_false(is_left(f, RUN_A)); // nothing was sent
    int64_t attempt = intend_as(f, 1, TOKEN_A);
    assert_true(sent_note(f->dir, RUN_A, TOKEN_B, 9));
    assert_true(sent_note(f->dir, RUN_A, TOKEN_A, attempt));
    sent_take_back(f->dir, RUN_A, TOKEN_A, attempt);
    refuses(f, "lacks 1 purchase that was sent");
    assert_true(sent_note(f->dir, RUN_A, TOKEN_A, attempt)); // and sent again
    refuses(f, "lacks 2 purchases that were sent");
    sent_take_back(f->dir, RUN_A, TOKEN_A, attempt);
    sent_take_back(f->dir, RUN_A, TOKEN_B, 9);
    passes(f);
    assert_false(is_left(f, RUN_A));
}

static void a_live_run_is_left_alone(void **state)
{
    struct fixture *f = *state;
    struct run_lock lock;
    assert_true(run_lock_take(&lock, f->dir, NULL));
    assert_true(sent_note(f->dir, lock.id, TOKEN_A, 1));
    passes(f);
    assert_true(is_left(f, lock.id));
    char id[TOKEN_HEX];
    memcpy(id, lock.id, sizeof(id));
    run_lock_drop(&lock);
    refuses(f, id);
}

static void a_log_that_is_needed_keeps_the_file(void **state)
{
    struct fixture *f = *state;
    free(file_of(f, RUN_A));
    int64_t attempt = submit_as(f, 1, TOKEN_A);
    assert_true(sent_note(f->dir, RUN_A, TOKEN_A, attempt));
    sent_drop(f->dir, RUN_A); // others have the ledger open
    assert_true(is_left(f, RUN_A));
    ledger_close(f->l);
    sent_drop(f->dir, RUN_A);
    assert_false(is_left(f, RUN_A));
    f->l = ledger_open(f->loop, f->dir, NULL);
    assert_non_null(f->l);
}

static void a_refusal_leaves_the_log_as_it_is(void **state)
{
    struct fixture *f = *state;
    struct stat before, after;
    submit_as(f, 1, TOKEN_A);
    leave(f, RUN_A, "sent " TOKEN_B " 2\n");
    char *wal = path_join(f->dir, "ledger.db-wal");
    assert_int_equal(stat(wal, &before), 0);
    assert_true(before.st_size > 0);
    refuses(f, "lacks 1 purchase");
    ledger_close(f->l);
    assert_int_equal(stat(wal, &after), 0);
    assert_int_equal(after.st_size, before.st_size);
    free(wal);
    f->l = ledger_open(f->loop, f->dir, NULL);
    assert_non_null(f->l);
}

static void what_is_no_line_says_nothing(void **state)
{
    struct fixture *f = *state;
    static const char *const texts[] = {
        "",
        "\n\n",
        "sent",
        "sent " TOKEN_A " 1", // it was cut
        "sent " TOKEN_A "\n",
        "sent 0123 1\n",
        "sent " TOKEN_A TOKEN_B " 1\n",
        "SENT " TOKEN_A " 1\n",
        "sent ../" TOKEN_A " 1\n",
        "\xff\xfe" TOKEN_A " 1\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        leave(f, RUN_A, texts[i]);
        passes(f);
        assert_false(is_left(f, RUN_A));
    }
    leave(f, RUN_A, "rubbish\nsent " TOKEN_A " 1\nrubbish");
    refuses(f, "lacks 1 purchase");
}

static void what_is_no_file_of_ours_is_refused(void **state)
{
    struct fixture *f = *state;
    char *path = file_of(f, RUN_A);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_false(sent_note(f->dir, RUN_A, TOKEN_A, 1));
    refuses(f, "move it away");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    refuses(f, "move it away");
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(sent_note(f->dir, RUN_A, TOKEN_A, 1));
    refuses(f, "move it away");
    assert_int_equal(unlink(path), 0);
    leave(f, RUN_A, "");
    assert_int_equal(truncate(path, (off_t)1 << 30), 0);
    assert_false(sent_note(f->dir, RUN_A, TOKEN_A, 1)); // and grows no more
    refuses(f, "too large");
    free(path);
}

// Nothing outside of the folder is touched, whatever a ledger calls a run.
static void a_name_with_a_slash_is_no_run(void **state)
{
    struct fixture *f = *state;
    free(file_of(f, RUN_A));
    char *path = xasprintf("%s/mine.sent", f->dir);
    assert_int_equal(symlink("nowhere", path), 0);
    sent_take_back(f->dir, "../mine", TOKEN_A, 1);
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    free(path);
}

// Two runs that begin at once look at the same files, and each removes what it
// found to be whole.
static void another_run_may_be_faster(void **state)
{
    struct fixture *f = *state;
    free(file_of(f, RUN_A));
    pid_t other = fork();
    assert_true(other >= 0);
    for (int i = 0; other == 0 && i < 5000; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/runs/%d.sent", f->dir, i);
        int fd = open(path, O_CREAT | O_WRONLY, 0600);
        if (fd < 0 || close(fd) != 0)
            _exit(1);
        unlink(path); // or the other one has
    }
    if (other == 0)
        _exit(0);
    struct err err = {0};
    bool ok = true;
    while (waitpid(other, NULL, WNOHANG) == 0)
        ok = ok && sent_check(f->dir, f->l, &err);
    if (!ok)
        fail_msg("%s", err.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_the_ledger_has_is_forgotten),
        TEST(what_the_ledger_lacks_is_told),
        TEST(what_was_taken_back_may_be_an_intent),
        TEST(a_live_run_is_left_alone),
        TEST(a_log_that_is_needed_keeps_the_file),
        TEST(a_refusal_leaves_the_log_as_it_is),
        TEST(another_run_may_be_faster),
        TEST(what_is_no_line_says_nothing),
        TEST(what_is_no_file_of_ours_is_refused),
        TEST(a_name_with_a_slash_is_no_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
