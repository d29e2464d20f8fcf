#include "ledger/ledger.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"

static void survives_being_opened_again(void **state)
{
    struct fixture *f = *state;
    struct answer a = {0};
    struct ledger_intent in = want(1);
    ledger_intend(f->l, &in, on_intended, &a);
    ledger_close(f->l); // finishes what is queued
    assert_true(a.come);
    must(a);
    struct err err = {0};
    f->l = ledger_open(f->loop, f->dir, &err);
    assert_non_null(f->l);
    struct purchase_row row = find(f, 1);
    assert_int_equal(row.attempt.id, a.result.attempt);
    purchase_row_free(&row);
    must(accept_as(f, a.result.attempt, "task-1"));
}

static void a_reader_sees_what_a_writer_does(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    assert_true(ledger_exists(f->dir));
    struct ledger *reader = ledger_open_read(f->dir, &err);
    if (!reader)
        fail_msg("%s", err.text);
    struct purchase_row row;
    bool found;
    struct ledger_intent in = want(1);
    assert_true(ledger_find(reader, fingerprint, &row, &found, NULL));
    assert_false(found);
    must(intend(f, &in));
    assert_true(ledger_find(reader, fingerprint, &row, &found, NULL));
    assert_true(found);
    purchase_row_free(&row);
    ledger_close(reader);
}

static void a_reader_makes_nothing(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    char *none = xasprintf("%s/none", f->dir);
    assert_false(ledger_exists(none));
    assert_null(ledger_open_read(none, &err));
    assert_int_equal(err.kind, ERR_DISK);
    assert_int_not_equal(access(none, F_OK), 0);
    free(none);
}

static void two_connections_make_one_attempt(void **state)
{
    struct fixture *f = *state;
    struct ledger *other = ledger_open(f->loop, f->dir, NULL);
    assert_non_null(other);
    for (int n = 0; n < 20; n++) {
        struct answer a = {0}, b = {0};
        struct ledger_intent in = want(n);
        ledger_intend(f->l, &in, on_intended, &a);
        in = want(n);
        ledger_intend(other, &in, on_intended, &b);
        assert_true(await(f->loop, &a) && await(f->loop, &b));
        must(a);
        must(b);
        assert_int_equal(a.result.taken + b.result.taken, 1);
        assert_int_equal((a.result.attempt > 0) + (b.result.attempt > 0), 1);
    }
    ledger_close(other);
}

// Whichever comes first is what the name means; the other is told, and writes
// nothing.
static void two_connections_give_a_gateway_one_origin(void **state)
{
    struct fixture *f = *state;
    struct ledger *other = ledger_open(f->loop, f->dir, NULL);
    assert_non_null(other);
    for (int n = 0; n < 20; n++) {
        char identity[16];
        struct answer a = {0}, b = {0}, again = {0}, moved = {0};
        snprintf(identity, sizeof(identity), "g%d", n);
        ledger_gateway(f->l, identity, "https://a.example", 1, on_done, &a);
        ledger_gateway(other, identity, "https://b.example", 1, on_done, &b);
        assert_true(await(f->loop, &a) && await(f->loop, &b));
        assert_int_equal(a.ok + b.ok, 1);
        assert_int_equal((a.ok ? b : a).err.kind, ERR_GATEWAY);
        const char *origins[] = {"https://a.example", "https://b.example"};
        ledger_gateway(f->l, identity, origins[b.ok], 1, on_done, &again);
        ledger_gateway(other, identity, origins[a.ok], 1, on_done, &moved);
        assert_true(await(f->loop, &again) && await(f->loop, &moved));
        must(again);
        assert_int_equal(moved.err.kind, ERR_GATEWAY);
    }
    ledger_close(other);
}

// --- other processes: no assertions there; what they say counts

#define RACERS 3
#define RACES 20

// How many of RACES purchases this process got, or 255.
static int race(const char *dir, int start, int me)
{
    char go;
    if (read(start, &go, 1) != 0) // until everybody closed the other end
        return 255;
    struct loop *loop = loop_new();
    struct err err = {0};
    struct ledger *l = ledger_open(loop, dir, &err);
    if (!l) {
        print_error("racer %d: %s\n", me, err.text);
        return 255;
    }
    int got = 0;
    for (int n = 0; n < RACES; n++) {
        struct ledger_intent in = want(n);
        char token[TOKEN_HEX];
        snprintf(token, sizeof(token), "racer-%d-%d", me, n);
        in.token = token;
        struct answer a = {0};
        ledger_intend(l, &in, on_intended, &a);
        if (!await(loop, &a) || !a.ok ||
            a.result.taken == (a.result.attempt > 0)) {
            print_error("racer %d, purchase %d: %s\n", me, n, a.err.text);
            return 255;
        }
        got += a.result.attempt > 0;
    }
    ledger_close(l);
    loop_free(loop);
    return got;
}

static void run_racer(const char *dir, int start, int said, int me)
{
    unsigned char got = (unsigned char)race(dir, start, me);
    if (write(said, &got, 1) != 1)
        _exit(1);
    _exit(0);
}

static void processes_make_one_attempt(void **state)
{
    struct fixture *f = *state;
    int start[2], said[2];
    assert_int_equal(pipe(start), 0);
    assert_int_equal(pipe(said), 0);
    pid_t racers[RACERS];
    for (int i = 0; i < RACERS; i++) {
        racers[i] = fork();
        assert_true(racers[i] >= 0);
        if (racers[i] == 0) {
            close(start[1]);
            run_racer(f->dir, start[0], said[1], i);
        }
    }
    close(start[0]);
    close(start[1]); // go
    close(said[1]);
    int sum = 0;
    for (int i = 0; i < RACERS; i++) {
        unsigned char got;
        assert_int_equal(read(said[0], &got, 1), 1);
        assert_int_not_equal(got, 255);
        sum += got;
    }
    assert_int_equal(sum, RACES);
    close(said[0]);
    for (int i = 0; i < RACERS; i++)
        assert_int_equal(waitpid(racers[i], NULL, 0), racers[i]);
}

static void die(void *arg, const struct err *err)
{
    (void)arg;
    if (!err)
        kill(getpid(), SIGKILL);
    _exit(1);
}

static void send_and_die(const char *dir)
{
    struct loop *loop = loop_new();
    struct ledger *l = ledger_open(loop, dir, NULL);
    struct ledger_intent in = want(1);
    struct answer a = {0};
    if (!l)
        _exit(2);
    ledger_intend(l, &in, on_intended, &a);
    if (!await(loop, &a) || !a.ok)
        _exit(3);
    struct ledger_move m = {
        .attempt = a.result.attempt,
        .from = ATTEMPT_INTENT,
        .to = ATTEMPT_SUBMITTING,
        .price = -1,
        .now_ms = 1100,
    };
    ledger_move(l, &m, die, NULL);
    struct answer never = {0};
    await(loop, &never);
    _exit(4);
}

static void what_was_done_survives_sigkill(void **state)
{
    struct fixture *f = *state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        send_and_die(f->dir);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);

    f->loop = loop_new();
    f->l = ledger_open(f->loop, f->dir, NULL);
    assert_non_null(f->l);
    struct purchase_row row = find(f, 1);
    assert_int_equal(row.attempt.state, ATTEMPT_SUBMITTING);
    assert_int_equal(row.attempt.sent_ms, 1100);
    purchase_row_free(&row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        // These fork, so they come before there are threads.
        FORKS(processes_make_one_attempt),
        FORKS(what_was_done_survives_sigkill),
        TEST(survives_being_opened_again),
        TEST(a_reader_sees_what_a_writer_does),
        TEST(a_reader_makes_nothing),
        TEST(two_connections_make_one_attempt),
        TEST(two_connections_give_a_gateway_one_origin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
