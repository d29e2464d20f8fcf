#include "fixture.h"

#include "data/json.h"
#include "ledger/internal.h"
#include "ledger/list.h"

// The rows of a list, in order.
struct rows {
    struct value *all;
};

static void on_row(void *arg, const struct value *row)
{
    value_add(((struct rows *)arg)->all, value_copy(row));
}

static const char *text_at(const struct rows *rows, size_t i, const char *key)
{
    const char *text = value_get_text(value_at(rows->all, i), key);
    return text ? text : "(none)";
}

typedef bool list_fn(struct ledger *l, const char *recipe, int64_t max,
                     ledger_row *row, void *arg, struct err *err);

static struct rows list(struct fixture *f, list_fn *fn, const char *recipe,
                        int64_t max)
{
    struct rows rows = {value_list()};
    struct err err = {0};
    if (!fn(f->l, recipe, max, on_row, &rows, &err))
        fail_msg("%s", err.text);
    return rows;
}

static struct rows matches(struct fixture *f, const char *word, bool prefix)
{
    struct rows rows = {value_list()};
    struct err err = {0};
    if (!ledger_match(f->l, word, prefix, 10, on_row, &rows, &err))
        fail_msg("%s", err.text);
    return rows;
}

static void expect(struct rows rows, size_t n)
{
    assert_int_equal(value_count(rows.all), n);
    value_free(rows.all);
}

static void gateway_known(struct fixture *f)
{
    struct answer a = {0};
    ledger_gateway(f->l, "local", "local", 1000, on_done, &a);
    assert_true(await(f->loop, &a));
    must(a);
}

static void run_begun(struct fixture *f, const char *run, const char *recipe,
                      int64_t now_ms)
{
    struct answer a = {0};
    ledger_run_begin(f->l, run, recipe, "[\"tarmac\",\"run\",\"r.yaml\"]",
                     now_ms, on_done, &a);
    assert_true(await(f->loop, &a));
    must(a);
}

static void end_as(struct fixture *f, int64_t attempt, enum attempt_state to,
                   const char *kind, const char *reason)
{
    must(move(f, attempt, ATTEMPT_INTENT, ATTEMPT_SUBMITTING, 1100));
    struct ledger_move m = {
        .attempt = attempt,
        .from = ATTEMPT_SUBMITTING,
        .to = to,
        .kind = kind,
        .reason = reason,
        .price = -1,
        .now_ms = 1200,
    };
    must(move_with(f, &m));
}

static void delivered(struct fixture *f, int n, const char *task_id)
{
    int64_t attempt = buy(f, n);
    must(accept_as(f, attempt, task_id));
    fetch(f, attempt);
    must(deliver(f, attempt, 2));
}

// --- totals

static void totals_count_purchases_and_money(void **state)
{
    struct fixture *f = *state;
    delivered(f, 1, "task-1"); // settled at 20 credits
    end_as(f, buy(f, 2), ATTEMPT_UNKNOWN, "unknown", "no answer");
    end_as(f, buy(f, 3), ATTEMPT_REFUSED, "auth", "the key is wrong");
    buy(f, 3); // again: one purchase, whose newest attempt is an intent
    struct ledger_intent other = want(4);
    other.recipe = "other";
    other.price = -1;
    must(intend(f, &other));

    struct ledger_totals t;
    assert_true(ledger_totals(f->l, NULL, &t, NULL));
    assert_int_equal(t.purchases[ATTEMPT_DELIVERED], 1);
    assert_int_equal(t.purchases[ATTEMPT_UNKNOWN], 1);
    assert_int_equal(t.purchases[ATTEMPT_REFUSED], 0);
    assert_int_equal(t.purchases[ATTEMPT_INTENT], 2);
    assert_int_equal(t.spent, 20000);
    assert_int_equal(t.unknown, 25000);
    assert_int_equal(t.reserved, 25000);
    assert_int_equal(t.unpriced, 1);

    assert_true(ledger_totals(f->l, "orbit", &t, NULL));
    assert_int_equal(t.purchases[ATTEMPT_INTENT], 1);
    assert_int_equal(t.unpriced, 0);
    assert_int_equal(t.spent + t.reserved + t.unknown, spent(f));
    assert_true(ledger_totals(f->l, "nobody", &t, NULL));
    assert_int_equal(t.purchases[ATTEMPT_INTENT] + t.spent, 0);
}

// --- lists

static void runs_come_newest_first(void **state)
{
    struct fixture *f = *state;
    run_begun(f, RUN_A, "orbit", 5000);
    run_begun(f, RUN_B, "dolly", 4000); // a clock that was set back
    struct answer a = {0};
    ledger_run_end(f->l, RUN_A, 4, 9000, on_done, &a);
    assert_true(await(f->loop, &a));

    struct rows rows = list(f, ledger_list_runs, NULL, -1);
    assert_int_equal(value_count(rows.all), 2);
    assert_string_equal(text_at(&rows, 0, "run"), RUN_B);
    assert_null(value_get(value_at(rows.all, 0), "ended_ms"));
    const struct value *ended = value_at(rows.all, 1);
    assert_int_equal(value_integer(value_get(ended, "exit"), -1), 4);
    assert_int_equal(value_count(value_get(ended, "argv")), 3);
    value_free(rows.all);
    expect(list(f, ledger_list_runs, NULL, 1), 1);
    expect(list(f, ledger_list_runs, "orbit", -1), 1);
    expect(list(f, ledger_list_runs, "nobody", -1), 0);
}

static void open_ones_are_not_those_that_need_the_user(void **state)
{
    struct fixture *f = *state;
    run_begun(f, RUN_A, "orbit", 1000);
    int64_t running = buy(f, 1);
    must(accept_as(f, running, "task-1"));
    end_as(f, buy(f, 2), ATTEMPT_REFUSED, "auth", "the key is wrong");
    end_as(f, buy(f, 3), ATTEMPT_UNKNOWN, "unknown", "no answer");
    end_as(f, buy(f, 4), ATTEMPT_REFUSED, "credits", "no credits");
    buy(f, 4); // tried again: its refusal is history
    delivered(f, 5, "task-5");

    struct rows open = list(f, ledger_list_open, NULL, -1);
    assert_int_equal(value_count(open.all), 2);
    assert_string_equal(text_at(&open, 0, "task_id"), "task-1");
    assert_string_equal(text_at(&open, 0, "state"), "accepted");
    assert_string_equal(text_at(&open, 0, "cell"), "orbit/x1");
    assert_string_equal(text_at(&open, 1, "state"), "intent");
    value_free(open.all);
    expect(list(f, ledger_list_open, "orbit", 1), 1);
    expect(list(f, ledger_list_open, "other", -1), 0);

    struct rows bad = list(f, ledger_list_troubles, NULL, -1);
    assert_int_equal(value_count(bad.all), 2);
    assert_string_equal(text_at(&bad, 0, "state"), "unknown");
    assert_string_equal(text_at(&bad, 1, "reason"), "the key is wrong");
    assert_int_equal(value_count(value_get(value_at(bad.all, 1), "argv")), 3);
    value_free(bad.all);
    expect(list(f, ledger_list_troubles, NULL, 1), 1);
    expect(list(f, ledger_list_troubles, "other", -1), 0);
}

static void every_recipe_is_named_once(void **state)
{
    struct fixture *f = *state;
    run_begun(f, RUN_A, "orbit", 1000);
    run_begun(f, RUN_B, "empty", 1000);
    buy(f, 1);
    struct rows rows = {value_list()};
    assert_true(ledger_list_recipes(f->l, on_row, &rows, NULL));
    expect(rows, 2);
}

static void a_run_is_found_by_how_its_id_begins(void **state)
{
    struct fixture *f = *state;
    run_begun(f, RUN_A, "orbit", 1000);
    run_begun(f, RUN_B, "dolly", 1000);
    static const struct {
        const char *word;
        size_t n;
    } cases[] = {{"aaaa", 1}, {RUN_B, 1}, {"", 2}, {"ab", 0}, {RUN_A "a", 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rows rows = {value_list()};
        assert_true(
            ledger_match_run(f->l, cases[i].word, -1, on_row, &rows, NULL));
        expect(rows, cases[i].n);
    }
}

static void place(struct fixture *f, const char *path, const char *run,
                  const char *cell, int64_t clip)
{
    struct output_row row = {.clip = clip, .size = 9};
    struct answer a = {0};
    memset(row.sha256, 'f', HASH_HEX - 1);
    ledger_set_output(f->l, path, run, cell, &row, on_done, &a);
    assert_true(await(f->loop, &a));
    must(a);
}

static struct rows made(struct fixture *f, const char *run)
{
    struct rows rows = {value_list()};
    assert_true(ledger_list_made(f->l, run, on_row, &rows, NULL));
    return rows;
}

static void a_run_has_made_what_it_bought_or_wrote(void **state)
{
    struct fixture *f = *state;
    run_begun(f, RUN_A, "orbit", 1000);
    run_begun(f, RUN_B, "orbit", 2000);
    delivered(f, 1, "task-1"); // two clips, of RUN_A
    buy(f, 2);
    struct purchase_row bought = find(f, 1);
    place(f, "out/a.mp4", RUN_A, "orbit/x1", bought.clips[0].id);
    place(f, "out/b.mp4", RUN_B, "orbit/x2", bought.clips[1].id);
    purchase_row_free(&bought);

    struct rows rows = made(f, RUN_A);
    assert_int_equal(value_count(rows.all), 2);
    assert_string_equal(text_at(&rows, 0, "cell"), "orbit/x1");
    assert_string_equal(text_at(&rows, 0, "task_id"), "task-1");
    assert_int_equal(value_integer(value_get(value_at(rows.all, 1), "file"), 0),
                     2);
    assert_int_equal(strspn(text_at(&rows, 0, "sha256"), "d"), HASH_HEX - 1);
    value_free(rows.all);
    rows = made(f, RUN_B);
    assert_int_equal(value_count(rows.all), 1);
    assert_string_equal(text_at(&rows, 0, "cell"), "orbit/x2");
    value_free(rows.all);
    expect(made(f, "nobody"), 0);
}

// --- one purchase

static void every_name_of_a_purchase_finds_it(void **state)
{
    struct fixture *f = *state;
    gateway_known(f);
    delivered(f, 7, "task-seven");
    delivered(f, 8, "task-eight");
    char first[HASH_HEX], clip[HASH_HEX];
    snprintf(first, sizeof(first), "%064d", 7);
    memset(clip, 'd', sizeof(clip));
    clip[HASH_HEX - 1] = 0;

    expect(matches(f, first, false), 1);
    expect(matches(f, "task-seven", false), 1);
    expect(matches(f, "task-s", false), 0);
    expect(matches(f, "task-s", true), 1);
    expect(matches(f, "task-", true), 2);
    expect(matches(f, "000000", true), 2);
    expect(matches(f, clip, false), 2); // two purchases with one content
    expect(matches(f, "dddddd", true), 2);
    expect(matches(f, "nothing", true), 0);

    struct rows rows = matches(f, "task-seven", false);
    assert_string_equal(text_at(&rows, 0, "fingerprint"), first);
    assert_string_equal(text_at(&rows, 0, "state"), "delivered");
    value_free(rows.all);
}

static void put_output(struct fixture *f, const char *path, int64_t clip)
{
    struct output_row row = {.clip = clip, .size = 5, .mtime_ns = 6};
    memset(row.sha256, 'f', HASH_HEX - 1);
    struct answer a = {0};
    ledger_set_output(f->l, path, RUN_A, "orbit/x1", &row, on_done, &a);
    assert_true(await(f->loop, &a));
    must(a);
}

static void an_output_leads_to_its_purchase(void **state)
{
    struct fixture *f = *state;
    delivered(f, 7, "task-7");
    delivered(f, 8, "task-8");
    struct purchase_row row = find(f, 8);
    put_output(f, "out/a.mp4", row.clips[0].id);
    purchase_row_free(&row);
    struct rows rows = {value_list()};
    assert_true(ledger_match_output(f->l, "out/a.mp4", on_row, &rows, NULL));
    assert_int_equal(value_count(rows.all), 1);
    assert_string_equal(text_at(&rows, 0, "task_id"), "task-8");
    value_free(rows.all);
    rows.all = value_list();
    assert_true(ledger_match_output(f->l, "a.mp4", on_row, &rows, NULL));
    expect(rows, 0);
    char tagged[HASH_HEX]; // an output's own content
    memset(tagged, 'f', sizeof(tagged));
    tagged[HASH_HEX - 1] = 0;
    expect(matches(f, tagged, false), 1);
}

static const struct value *at(const struct value *map, const char *list,
                              size_t i)
{
    return value_at(value_get(map, list), i);
}

static void a_description_has_everything(void **state)
{
    struct fixture *f = *state;
    run_begun(f, RUN_A, "orbit", 1000);
    end_as(f, buy(f, 7), ATTEMPT_REFUSED, "credits", "no credits");
    delivered(f, 7, "task-7");
    struct purchase_row row = find(f, 7);
    put_output(f, "out/b.mp4", row.clips[0].id);
    put_output(f, "out/a.mp4", row.clips[0].id);
    struct value *tree = ledger_describe(f->l, row.id, NULL);
    purchase_row_free(&row);

    assert_non_null(tree);
    assert_string_equal(value_get_text(value_get(tree, "request"), "prompt"),
                        "a pier");
    assert_int_equal(value_count(value_get(tree, "attempts")), 2);
    const struct value *first = at(tree, "attempts", 0);
    assert_string_equal(value_get_text(first, "reason"), "no credits");
    assert_int_equal(value_count(value_get(first, "clips")), 0);
    assert_int_equal(value_count(value_get(first, "argv")), 3);
    const struct value *second = at(tree, "attempts", 1);
    assert_string_equal(value_get_text(second, "task_id"), "task-7");
    assert_int_equal(value_integer(value_get_path(second, "wire.status"), 0),
                     200);
    assert_int_equal(value_count(value_get(second, "clips")), 2);
    const struct value *clip = at(second, "clips", 0);
    assert_int_equal(value_count(value_get(clip, "outputs")), 2);
    assert_string_equal(value_text(at(clip, "outputs", 0)), "out/a.mp4");
    assert_int_equal(value_count(value_get(at(second, "clips", 1), "outputs")),
                     0);
    value_free(tree);
    struct err err = {0};
    assert_null(ledger_describe(f->l, 999, &err));
    assert_int_equal(err.kind, ERR_DISK);
}

static void a_sound_ledger_is_found_sound(void **state)
{
    struct fixture *f = *state;
    delivered(f, 7, "task-7");
    int64_t version = 0;
    assert_true(ledger_check(f->l, &version, NULL));
    assert_int_equal(version, ledger_n_migrations);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(totals_count_purchases_and_money),
        TEST(runs_come_newest_first),
        TEST(open_ones_are_not_those_that_need_the_user),
        TEST(every_recipe_is_named_once),
        TEST(a_run_is_found_by_how_its_id_begins),
        TEST(a_run_has_made_what_it_bought_or_wrote),
        TEST(every_name_of_a_purchase_finds_it),
        TEST(an_output_leads_to_its_purchase),
        TEST(a_description_has_everything),
        TEST(a_sound_ledger_is_found_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
