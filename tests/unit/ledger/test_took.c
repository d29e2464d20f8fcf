// How long purchases took, of which a plan says how long it will take.

#include "ledger/ledger.h"

#include "fixture.h"

#define ACCEPTED 1200

static void begin(struct fixture *f, const char *run, int64_t now_ms)
{
    struct answer a = {0};
    ledger_run_begin(f->l, run, "orbit", "[]", now_ms, on_done, &a);
    assert_true(await(f->loop, &a));
    must(a);
}

// Number n, which `run` ends: it took `ms` from its acceptance.
static void bought(struct fixture *f, int n, const char *request,
                   const char *run, int64_t ms)
{
    char task[24];
    struct ledger_intent in = want(n);
    in.request = request;
    struct answer made = intend(f, &in), a = {0};
    must(made);
    int64_t attempt = made.result.attempt;
    snprintf(task, sizeof(task), "task-%d", n);
    must(accept_as(f, attempt, task));
    if (strcmp(run, RUN_A) != 0) {
        ledger_adopt(f->l, attempt, RUN_A, run, 0, on_done, &a);
        assert_true(await(f->loop, &a));
        must(a);
    }
    fetch(f, attempt);
    struct clip_row clip = {.n = 1, .ext = "mp4", .size = 1, .seconds = 5};
    memset(clip.sha256, 'd', HASH_HEX - 1);
    must(deliver_clips(f, attempt, &clip, 1, ACCEPTED + ms).answer);
}

static int64_t took(struct fixture *f, const char *model, double seconds)
{
    struct ledger_kind kind = {"local", "generate", model, seconds};
    struct err err = {0};
    int64_t ms = 0;
    if (!ledger_took(f->l, &kind, &ms, &err))
        fail_msg("%s", err.text);
    return ms;
}

static void the_median_of_its_kind(void **state)
{
    struct fixture *f = *state;
    const char *gen3 = "{\"model\":\"gen3\",\"prompt\":\"a\",\"seconds\":5}";
    begin(f, RUN_A, 1);
    assert_int_equal(took(f, "gen3", 5), -1);
    bought(f, 1, gen3, RUN_A, 9000);
    bought(f, 2, gen3, RUN_A, 400);
    bought(f, 3, gen3, RUN_A, 5000);
    bought(f, 4, "{\"model\":\"gen3\",\"prompt\":\"a\",\"seconds\":10}", RUN_A,
           70000);
    bought(f, 5, "{\"prompt\":\"a\",\"seconds\":2.5}", RUN_A, 800);
    assert_int_equal(took(f, "gen3", 5), 5000);
    assert_int_equal(took(f, "gen3", 10), 70000);
    assert_int_equal(took(f, "gen3", 7), -1);
    assert_int_equal(took(f, "gen3", -1), 9000);
    assert_int_equal(took(f, "gen4", -1), -1);
    assert_int_equal(took(f, NULL, 2.5), 800);
    struct ledger_kind elsewhere = {"comet", "generate", "gen3", 5};
    int64_t ms;
    assert_true(ledger_took(f->l, &elsewhere, &ms, NULL));
    assert_int_equal(ms, -1);
}

static void what_lay_about_is_no_measure(void **state)
{
    struct fixture *f = *state;
    const char *request = "{\"model\":\"gen3\",\"seconds\":5}";
    begin(f, RUN_A, 1);
    begin(f, RUN_B, ACCEPTED + 80000000);
    bought(f, 1, request, RUN_B, 90000000);
    assert_int_equal(took(f, "gen3", 5), -1);
    bought(f, 2, request, RUN_A, 700);
    assert_int_equal(took(f, "gen3", 5), 700);
}

static void one_that_never_came_is_none(void **state)
{
    struct fixture *f = *state;
    begin(f, RUN_A, 1);
    must(accept_as(f, buy(f, 1), "task-1"));
    assert_int_equal(took(f, NULL, -1), -1);
}

struct taken {
    struct ledger_took each[2 * LEDGER_TOOK_MAX];
    int n;
};

static void on_took(void *arg, const struct ledger_took *took)
{
    struct taken *taken = arg;
    assert_true(taken->n < 2 * LEDGER_TOOK_MAX);
    taken->each[taken->n++] = *took;
}

static void take_each(struct fixture *f, double seconds, struct taken *taken)
{
    struct ledger_kind kind = {"local", "generate", "gen3", seconds};
    struct err err = {0};
    taken->n = 0;
    if (!ledger_took_each(f->l, &kind, on_took, taken, &err))
        fail_msg("%s", err.text);
}

// What polls saw, without the download; else half of it may have been that.
static void each_as_it_was_seen(void **state)
{
    struct fixture *f = *state;
    const char *request = "{\"model\":\"gen3\",\"seconds\":5}";
    struct taken taken;
    begin(f, RUN_A, 1);
    bought(f, 1, request, RUN_A, 9000);
    struct ledger_intent in = want(2);
    in.request = request;
    struct answer made = intend(f, &in), a = {0};
    must(accept_as(f, made.result.attempt, "task-2"));
    struct ledger_move move = {.attempt = made.result.attempt,
                               .from = ATTEMPT_ACCEPTED,
                               .to = ATTEMPT_READY,
                               .price = -1,
                               .took = {3000, 4000},
                               .now_ms = 6000};
    ledger_move(f->l, &move, on_done, &a);
    assert_true(await(f->loop, &a));
    must(a);
    take_each(f, 5, &taken);
    assert_int_equal(taken.n, 1); // the other is not delivered yet
    assert_int_equal(taken.each[0].least, 4500);
    assert_int_equal(taken.each[0].most, 9000);
    move.from = ATTEMPT_READY;
    move.to = ATTEMPT_FETCHING;
    move.took = (struct ledger_took){0}; // says nothing of it
    a = (struct answer){0};
    ledger_move(f->l, &move, on_done, &a);
    assert_true(await(f->loop, &a));
    must(a);
    struct clip_row clip = {.n = 1, .ext = "mp4", .size = 1, .seconds = 5};
    memset(clip.sha256, 'd', HASH_HEX - 1);
    must(deliver_clips(f, move.attempt, &clip, 1, 9999).answer);
    take_each(f, 5, &taken);
    assert_int_equal(taken.n, 2);
    assert_int_equal(taken.each[1].least, 3000);
    assert_int_equal(taken.each[1].most, 4000);
    take_each(f, 10, &taken);
    assert_int_equal(taken.n, 0);
    take_each(f, -1, &taken);
    assert_int_equal(taken.n, 2);
}

static void no_more_than_the_newest(void **state)
{
    struct fixture *f = *state;
    const char *request = "{\"model\":\"gen3\",\"seconds\":5}";
    struct taken taken;
    begin(f, RUN_A, 1);
    for (int i = 1; i <= LEDGER_TOOK_MAX + 5; i++)
        bought(f, i, request, RUN_A, 1000 * i);
    take_each(f, 5, &taken);
    assert_int_equal(taken.n, LEDGER_TOOK_MAX);
    assert_int_equal(taken.each[0].most, 6000);
    assert_int_equal(taken.each[LEDGER_TOOK_MAX - 1].most,
                     1000 * (LEDGER_TOOK_MAX + 5));
}

int main(void)
{
#define EACH(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(the_median_of_its_kind),      EACH(what_lay_about_is_no_measure),
        EACH(one_that_never_came_is_none), EACH(each_as_it_was_seen),
        EACH(no_more_than_the_newest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
