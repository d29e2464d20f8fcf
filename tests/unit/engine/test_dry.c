// A dry engine: virtual time, places, answers, and what it lets go of.

#include "engine_test.h"

#include "engine/dry.h"

#define TOOK 10000
#define MEMOS 8

// What is remembered of those that were let go of.
struct memos {
    struct memo {
        char fingerprint[HASH_HEX];
        struct dry_memo memo;
    } items[MEMOS];
    size_t n;
    int finds;
    bool full;
};

struct dry {
    struct loop *loop;
    struct dry_hooks hooks;
    struct dry_seen seen;
    struct memos memos;
    int asked, accepted;
    const char *kind; // what becomes of the first order; NULL: delivered
    int fails;        // the first so many of each
    struct recipe_retry retry;
};

static void note_accepted(void *arg, enum engine_note note,
                          const struct purchase *p, const char *text)
{
    struct dry *dry = arg;
    (void)text;
    dry->accepted += note == ENGINE_CHANGED && !purchase_settled(p) &&
                     purchase_was_bought_now(p) &&
                     purchase_state(p) == ATTEMPT_ACCEPTED;
}

static void answer(void *arg, const struct dry_question *question,
                   struct dry_answer *answer)
{
    struct dry *dry = arg;
    dry->asked++;
    assert_int_equal(answer->took_ms, -1);
    assert_true(answer->seconds == 5.0);
    answer->took_ms = TOOK;
    if (dry->kind && question->n <= dry->fails) {
        answer->kind = dry->kind;
        answer->message = "as the test says";
    }
}

static bool find_memo(void *ctx, const char *fingerprint, bool *found,
                      struct dry_memo *memo, struct err *err)
{
    struct memos *memos = ctx;
    (void)err;
    memos->finds++;
    *found = false;
    for (size_t i = 0; i < memos->n && !*found; i++) {
        *found = strcmp(memos->items[i].fingerprint, fingerprint) == 0;
        if (*found)
            *memo = memos->items[i].memo;
    }
    return true;
}

static bool note_memo(void *ctx, const char *fingerprint,
                      const struct dry_memo *memo, struct err *err)
{
    struct memos *memos = ctx;
    if (memos->full)
        return err_set(err, ERR_DISK, "no room");
    struct memo *item = &memos->items[memos->n++];
    memcpy(item->fingerprint, fingerprint, HASH_HEX);
    item->memo = *memo;
    return true;
}

// The fixture's engine becomes a dry one, `in_flight` orders at a time.
static struct dry *begin_dry(struct fixture *f, struct dry *dry, int in_flight)
{
    engine_free(f->engine);
    dry->loop = loop_new_virtual();
    dry->hooks.arg = dry;
    dry->seen = (struct dry_seen){&dry->memos, find_memo, note_memo};
    f->config.loop = dry->loop;
    f->config.clock = loop_clock(dry->loop);
    f->config.in_flight = in_flight;
    f->config.dry = true;
    f->config.hooks = &dry->hooks;
    f->config.note = note_accepted;
    f->config.arg = dry;
    start_engine(f);
    return dry;
}

static void end_dry(struct fixture *f, struct dry *dry)
{
    engine_free(f->engine);
    f->engine = NULL;
    loop_free(dry->loop);
}

static int64_t now(const struct dry *dry)
{
    return clock_mono_ms(loop_clock(dry->loop));
}

static void until_done(struct fixture *f, struct dry *dry,
                       const struct purchase *p)
{
    engine_step(f->engine);
    while (!purchase_settled(p) && loop_leap(dry->loop))
        engine_step(f->engine);
    assert_true(purchase_settled(p));
}

static void time_is_that_of_the_places(void **state)
{
    struct fixture *f = *state;
    struct dry dry = {.hooks.answer = answer};
    begin_dry(f, &dry, 2);
    struct purchase *all[5];
    const char *const prompts[] = {"a", "b", "c", "d", "e"};
    for (size_t i = 0; i < 5; i++)
        all[i] = buy(f, prompts[i]);
    engine_step(f->engine);
    assert_int_equal(dry.accepted, 2);
    assert_null(purchase_task_id(all[2]));
    until_done(f, &dry, all[1]);
    assert_int_equal(now(&dry), TOOK);
    until_done(f, &dry, all[4]);
    assert_int_equal(now(&dry), 3 * TOOK);
    assert_int_equal(dry.accepted, 5);
    for (size_t i = 1; i < 5; i++)
        assert_true(purchase_arrival(all[i]) > purchase_arrival(all[i - 1]));
    end_dry(f, &dry);
}

static void of_what_nobody_knows_it_takes_no_time_and_says_so(void **state)
{
    struct fixture *f = *state;
    struct dry dry = {0};
    begin_dry(f, &dry, 2);
    assert_null(engine_time_unknown(f->engine));
    until_done(f, &dry, buy(f, "a pier"));
    assert_int_equal(now(&dry), 0);
    assert_non_null(engine_time_unknown(f->engine));
    end_dry(f, &dry);
}

static void of_what_was_delivered_before_it_takes_as_long(void **state)
{
    struct fixture *f = *state;
    until_settled(f, buy(f, "a pier"));
    struct ledger_kind kind = {"shop", "generate", NULL, 5};
    int64_t took;
    assert_true(ledger_took(f->ledger, &kind, &took, NULL));
    assert_true(took >= 0);
    struct dry dry = {0};
    begin_dry(f, &dry, 1);
    until_done(f, &dry, buy(f, "a cliff"));
    until_done(f, &dry, buy(f, "a beach"));
    assert_int_equal(now(&dry), 2 * took);
    assert_null(engine_time_unknown(f->engine));
    end_dry(f, &dry);
}

static void a_failure_is_bought_again_as_often_as_the_recipe_wants(void **state)
{
    struct fixture *f = *state;
    struct dry dry = {.hooks.answer = answer,
                      .kind = "moderation",
                      .fails = 1,
                      .retry = {.count = 2}};
    f->config.retry = &dry.retry;
    begin_dry(f, &dry, 1);
    struct purchase *p = buy(f, "a pier");
    until_done(f, &dry, p);
    assert_delivered(p);
    assert_int_equal(dry.accepted, 2);
    assert_int_equal(now(&dry), 2 * TOOK);
    dry.fails = 9;
    p = buy(f, "a cliff");
    until_done(f, &dry, p);
    assert_failure(p, "moderation", ERR_NONE);
    assert_non_null(strstr(purchase_failure(p), "as the test says"));
    assert_int_equal(dry.accepted, 2 + 3);
    end_dry(f, &dry);
}

static void what_is_refused_is_not_bought(void **state)
{
    struct fixture *f = *state;
    struct dry dry = {.hooks.answer = answer, .kind = "credits", .fails = 1};
    begin_dry(f, &dry, 1);
    struct purchase *p = buy(f, "a pier");
    until_done(f, &dry, p);
    assert_failure(p, "credits", ERR_GATEWAY);
    assert_int_equal(dry.accepted, 0);
    assert_false(purchase_was_bought_now(p));
    end_dry(f, &dry);
}

static bool cancels(void *ctx, const char *task_id,
                    const struct dialect_ctx *gateway,
                    struct dialect_call *call, struct err *err)
{
    (void)ctx, (void)task_id, (void)gateway, (void)call;
    return err_set(err, ERR_DEFECT, "a dry engine calls nobody");
}

static void cancelled_where_it_stands(void **state)
{
    struct fixture *f = *state;
    struct dialect dialect = test_dialect;
    struct dry dry = {.hooks.answer = answer};
    dialect.cancel = cancels;
    f->gateway.dialect = &dialect;
    begin_dry(f, &dry, 1);
    struct purchase *sent = buy(f, "a pier"), *waits = buy(f, "a cliff");
    engine_step(f->engine);
    purchase_cancel(sent);
    purchase_cancel(waits);
    engine_step(f->engine);
    assert_int_equal(purchase_cancelled(waits), CANCEL_DONE);
    assert_failure(waits, "cancelled", ERR_NONE);
    assert_false(purchase_was_bought_now(waits));
    assert_int_equal(purchase_cancelled(sent), CANCEL_DONE);
    assert_true(purchase_was_bought_now(sent));
    struct purchase *next = buy(f, "a beach");
    until_done(f, &dry, next);
    assert_delivered(next);
    assert_int_equal(now(&dry), TOOK); // its place was free
    assert_int_equal(dry.accepted, 2);
    end_dry(f, &dry);
}

// Asking takes time, too: who asks in a circle comes to its end.
static void a_read_takes_its_time(void **state)
{
    struct fixture *f = *state;
    struct dry dry = {.hooks.answer = answer};
    f->gateway.poll_min_ms = 4000;
    begin_dry(f, &dry, 1);
    struct purchase *p = buy(f, "a pier");
    engine_step(f->engine);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(purchase_reads(p), i);
        purchase_hasten(p);
        engine_step(f->engine);
        assert_true(loop_leap(dry.loop));
        engine_step(f->engine);
    }
    assert_int_equal(purchase_reads(p), 2);
    assert_int_equal(now(&dry), 8000);
    until_done(f, &dry, p);
    assert_int_equal(now(&dry), TOOK);
    end_dry(f, &dry);
}

static void what_nobody_keeps_is_let_go_of_and_known_again(void **state)
{
    struct fixture *f = *state;
    struct dry dry = {0};
    dry.hooks.seen = &dry.seen;
    begin_dry(f, &dry, 1);
    struct purchase *p = buy(f, "a pier");
    purchase_keep(p);
    purchase_asked_by(p);
    until_done(f, &dry, p);
    engine_step(f->engine);
    assert_int_equal(dry.memos.n, 0); // it is kept
    int64_t arrival = purchase_arrival(p);
    purchase_drop(p);
    engine_step(f->engine);
    assert_int_equal(dry.memos.n, 1);
    assert_int_equal(dry.memos.items[0].memo.arrival, arrival);

    p = buy(f, "a pier");
    assert_true(purchase_is_again(p));
    assert_true(purchase_settled(p)); // it is no news
    assert_delivered(p);
    assert_int_equal(purchase_arrival(p), arrival);
    assert_int_equal(purchase_cells(p), 1);
    assert_false(purchase_was_bought_now(p));
    assert_int_equal(dry.accepted, 1);
    assert_false(purchase_is_again(buy(f, "a cliff")));
    end_dry(f, &dry);
}

static void where_there_is_no_room_to_remember_it_stays(void **state)
{
    struct fixture *f = *state;
    struct dry dry = {.memos.full = true};
    dry.hooks.seen = &dry.seen;
    begin_dry(f, &dry, 1);
    struct purchase *p = buy(f, "a pier");
    purchase_keep(p);
    until_done(f, &dry, p);
    purchase_drop(p);
    engine_step(f->engine);
    assert_ptr_equal(buy(f, "a pier"), p);
    end_dry(f, &dry);
}

int main(void)
{
#define EACH(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(time_is_that_of_the_places),
        EACH(of_what_nobody_knows_it_takes_no_time_and_says_so),
        EACH(of_what_was_delivered_before_it_takes_as_long),
        EACH(a_failure_is_bought_again_as_often_as_the_recipe_wants),
        EACH(what_is_refused_is_not_bought),
        EACH(cancelled_where_it_stands),
        EACH(a_read_takes_its_time),
        EACH(what_nobody_keeps_is_let_go_of_and_known_again),
        EACH(where_there_is_no_room_to_remember_it_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
