// What the tests of this folder share: a ledger in a folder of its own, writes
// that wait for their answer, and the steps of a purchase.

#pragma once

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../scratch.h"
#include "base/mem.h"
#include "ledger/ledger.h"

#define DEADLINE_MS 20000
#define RUN_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define RUN_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

struct fixture {
    char *dir;
    struct loop *loop;
    struct ledger *l;
};

// --- waiting for writes

struct answer {
    bool come;
    bool ok;
    struct err err;
    struct ledger_intent_result result;
};

static inline void on_done(void *arg, const struct err *err)
{
    struct answer *a = arg;
    assert_false(a->come);
    a->come = true;
    a->ok = !err;
    if (err)
        a->err = *err;
}

// What a delivery said of its clips, beside what it came to.
struct told {
    struct answer answer; // first: await() looks at it
    bool rows;
    struct clip_row clips[2];
    size_t n;
};

static inline void on_delivered(void *arg, const struct err *err,
                                const struct clip_row *clips)
{
    struct told *told = arg;
    on_done(&told->answer, err);
    told->rows = clips != NULL;
    if (clips)
        memcpy(told->clips, clips, told->n * sizeof(*clips));
}

static inline void on_intended(void *arg, const struct err *err,
                               const struct ledger_intent_result *result)
{
    on_done(arg, err);
    ((struct answer *)arg)->result = *result;
}

static inline void too_late(void *arg)
{
    *(bool *)arg = true;
}

static inline bool await(struct loop *loop, const struct answer *a)
{
    bool late = false;
    struct loop_timer *timer = loop_timer_new(loop, too_late, &late);
    loop_timer_start(timer, DEADLINE_MS);
    while (!a->come && !late)
        loop_once(loop, true);
    loop_timer_free(timer);
    return a->come;
}

static inline struct answer intend(struct fixture *f,
                                   const struct ledger_intent *in)
{
    struct answer a = {0};
    ledger_intend(f->l, in, on_intended, &a);
    assert_true(await(f->loop, &a));
    return a;
}

static inline struct answer move_with(struct fixture *f,
                                      const struct ledger_move *m)
{
    struct answer a = {0};
    ledger_move(f->l, m, on_done, &a);
    assert_true(await(f->loop, &a));
    return a;
}

static inline struct answer move(struct fixture *f, int64_t attempt,
                                 enum attempt_state from, enum attempt_state to,
                                 int64_t now_ms)
{
    struct ledger_move m = {
        .attempt = attempt,
        .from = from,
        .to = to,
        .price = -1,
        .now_ms = now_ms,
    };
    return move_with(f, &m);
}

static inline void must(struct answer a)
{
    if (!a.ok)
        fail_msg("%s", a.err.text);
}

// --- what is bought in these tests

static char fingerprint[HASH_HEX];

// The intent of request number `n`, with a token of its own each time.
static inline struct ledger_intent want(int n)
{
    static char token[TOKEN_HEX];
    static int tokens;
    snprintf(fingerprint, sizeof(fingerprint), "%064d", n);
    snprintf(token, sizeof(token), "token-%d", ++tokens);
    return (struct ledger_intent){
        .fingerprint = fingerprint,
        .gateway = "local",
        .route = "generate",
        .request = "{\"prompt\":\"a pier\"}",
        .recipe = "orbit",
        .run = RUN_A,
        .token = token,
        .cell = "orbit/x1",
        .take = 1,
        .price = 25000,
        .budget = -1,
        .gateway_budget = -1,
        .now_ms = 1000,
    };
}

static inline int64_t buy(struct fixture *f, int n)
{
    struct ledger_intent in = want(n);
    struct answer a = intend(f, &in);
    must(a);
    assert_true(a.result.attempt > 0);
    return a.result.attempt;
}

static inline struct answer accept_as(struct fixture *f, int64_t attempt,
                                      const char *task_id)
{
    must(move(f, attempt, ATTEMPT_INTENT, ATTEMPT_SUBMITTING, 1100));
    struct ledger_move m = {
        .attempt = attempt,
        .from = ATTEMPT_SUBMITTING,
        .to = ATTEMPT_ACCEPTED,
        .task_id = task_id,
        .wire = "{\"status\":200}",
        .price = -1,
        .now_ms = 1200,
    };
    return move_with(f, &m);
}

static inline void fetch(struct fixture *f, int64_t attempt)
{
    must(move(f, attempt, ATTEMPT_ACCEPTED, ATTEMPT_RUNNING, 1300));
    struct ledger_move m = {
        .attempt = attempt,
        .from = ATTEMPT_RUNNING,
        .to = ATTEMPT_READY,
        .urls = "[\"http://h/a.mp4\"]",
        .last_frame = "http://h/a.png",
        .price = 20000,
        .now_ms = 1400,
    };
    must(move_with(f, &m));
    must(move(f, attempt, ATTEMPT_READY, ATTEMPT_FETCHING, 1500));
}

static inline struct told deliver_clips(struct fixture *f, int64_t attempt,
                                        const struct clip_row *clips, size_t n,
                                        int64_t now_ms)
{
    struct told told = {.n = n};
    ledger_deliver(f->l, attempt, clips, n, now_ms, on_delivered, &told);
    assert_true(await(f->loop, &told.answer));
    return told;
}

static inline struct told deliver_told(struct fixture *f, int64_t attempt,
                                       size_t n)
{
    struct clip_row clips[2] = {
        {.n = 1, .ext = "mp4", .size = 1234, .seconds = 5.041666666666667},
        {.n = 2, .ext = "webm", .size = 99, .seconds = 5},
    };
    clips[0].width = clips[1].width = 1280;
    clips[0].height = clips[1].height = 768;
    memset(clips[0].sha256, 'd', HASH_HEX - 1);
    memset(clips[1].sha256, 'e', HASH_HEX - 1);
    struct told told = {.n = n};
    ledger_deliver(f->l, attempt, clips, n, 1600, on_delivered, &told);
    memset(clips, 0, sizeof(clips)); // the ledger has its own
    assert_true(await(f->loop, &told.answer));
    return told;
}

static inline struct answer deliver(struct fixture *f, int64_t attempt,
                                    size_t n)
{
    return deliver_told(f, attempt, n).answer;
}

static inline struct purchase_row find(struct fixture *f, int n)
{
    char key[HASH_HEX];
    snprintf(key, sizeof(key), "%064d", n);
    struct purchase_row row;
    bool found;
    struct err err = {0};
    if (!ledger_find(f->l, key, &row, &found, &err))
        fail_msg("%s", err.text);
    assert_true(found);
    return row;
}

static inline int64_t spent(struct fixture *f)
{
    int64_t sum;
    assert_true(ledger_spent(f->l, "orbit", &sum, NULL));
    return sum;
}

static inline int64_t open_count(struct fixture *f, const char *except)
{
    int64_t n;
    assert_true(ledger_count_open(f->l, "local", except, &n, NULL));
    return n;
}

// --- fixtures

static inline int setup_dir(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    *state = f;
    f->dir = mkdtemp(xstrdup("/tmp/tarmac-ledger-XXXXXX"));
    return f->dir ? 0 : -1;
}

static inline int setup(void **state)
{
    if (setup_dir(state) != 0)
        return -1;
    struct fixture *f = *state;
    f->loop = loop_new();
    struct err err = {0};
    f->l = ledger_open(f->loop, f->dir, &err);
    if (!f->l)
        print_error("%s\n", err.text);
    return f->l ? 0 : -1;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    ledger_close(f->l);
    if (f->loop)
        loop_free(f->loop);
    int rc = scratch_remove(f->dir);
    free(f->dir);
    free(f);
    return rc;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define FORKS(f) cmocka_unit_test_setup_teardown(f, setup_dir, teardown)
