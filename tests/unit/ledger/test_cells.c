// Cells of runs: written as they go, read in order, and dropped with age.

#include "fixture.h"
#include "ledger/cells.h"

static void begin(struct fixture *f, const char *run, const char *recipe,
                  const char *about)
{
    struct answer a = {0}, b = {0};
    ledger_run_begin(f->l, run, recipe, "[]", 1000, on_done, &a);
    assert_true(await(f->loop, &a));
    ledger_run_about(f->l, run, recipe, about, on_done, &b);
    assert_true(await(f->loop, &b));
    must(a);
    must(b);
}

static struct answer queue(struct fixture *f, const char *run, uint64_t from,
                           uint64_t to)
{
    struct answer a = {0};
    struct ledger_cells *cells = ledger_cells_new(run);
    for (uint64_t nth = from; nth <= to; nth++) {
        char name[32];
        snprintf(name, sizeof(name), "r/%d", (int)nth);
        ledger_cells_add(cells, nth, 10 * nth, name, 1, "{\"seed\":1}");
    }
    assert_int_equal(ledger_cells_count(cells), to - from + 1);
    ledger_write_cells(f->l, cells, on_done, &a);
    assert_true(await(f->loop, &a));
    return a;
}

static struct answer begun(struct fixture *f, const char *run, uint64_t nth)
{
    struct answer a = {0};
    struct ledger_cells *cells = ledger_cells_new(run);
    ledger_cells_began(cells, nth, 2000);
    ledger_write_cells(f->l, cells, on_done, &a);
    assert_true(await(f->loop, &a));
    return a;
}

static struct answer ended(struct fixture *f, const struct ledger_cell_end *end)
{
    struct answer a = {0};
    struct ledger_cells *cells = ledger_cells_new(RUN_A);
    ledger_cells_ended(cells, end);
    ledger_write_cells(f->l, cells, on_done, &a);
    assert_true(await(f->loop, &a));
    return a;
}

static void on_row(void *arg, const struct value *row)
{
    value_add(arg, value_copy(row));
}

static struct value *rows(struct ledger *l, const char *run, uint64_t after,
                          int64_t max)
{
    struct value *list = value_list();
    assert_true(ledger_list_cells(l, run, after, max, on_row, list, NULL));
    return list;
}

static size_t count(struct fixture *f, const char *run)
{
    struct value *list = rows(f->l, run, 0, -1);
    size_t n = value_count(list);
    value_free(list);
    return n;
}

static void assert_text(const struct value *row, const char *key,
                        const char *wanted)
{
    const char *text = value_get_text(row, key);
    if (!wanted)
        assert_null(text);
    else
        assert_string_equal(text, wanted);
}

static void as_they_go(void **state)
{
    struct fixture *f = *state;
    begin(f, RUN_A, "r", "{\"cells\":3}");
    must(queue(f, RUN_A, 1, 3));
    must(begun(f, RUN_A, 1));
    must(begun(f, RUN_A, 2));
    struct ledger_cell_end end = {.nth = 1,
                                  .delivered = true,
                                  .outputs = "[{\"path\":\"out/a.mp4\"}]",
                                  .purchases = "[\"f\"]",
                                  .now_ms = 3000};
    must(ended(f, &end));
    end = (struct ledger_cell_end){.nth = 2,
                                   .kind = "moderation",
                                   .message = "flagged",
                                   .task_id = "t",
                                   .outputs = "[]",
                                   .purchases = "[]",
                                   .now_ms = 3000};
    must(ended(f, &end));
    struct value *list = rows(f->l, RUN_A, 0, -1);
    assert_int_equal(value_count(list), 3);
    const struct value *row = value_at(list, 0);
    assert_text(row, "state", "delivered");
    assert_int_equal(value_integer(value_get(row, "n"), 0), 10);
    assert_int_equal(value_integer(value_get(row, "began_ms"), 0), 2000);
    assert_int_equal(value_integer(value_get(row, "ended_ms"), 0), 3000);
    assert_int_equal(
        value_integer(value_get(value_get(row, "axes"), "seed"), 0), 1);
    assert_text(value_at(value_get(row, "outputs"), 0), "path", "out/a.mp4");
    row = value_at(list, 1);
    assert_text(row, "state", "failed");
    assert_text(row, "kind", "moderation");
    assert_text(row, "message", "flagged");
    assert_text(row, "task_id", "t");
    row = value_at(list, 2);
    assert_text(row, "state", "queued");
    assert_null(value_get(row, "began_ms"));
    value_free(list);
    list = rows(f->l, RUN_A, 1, 1);
    assert_int_equal(value_count(list), 1);
    assert_text(value_at(list, 0), "name", "r/2");
    value_free(list);
}

// What was never queued stays unknown, and that is no failure.
static void one_that_is_not_there(void **state)
{
    struct fixture *f = *state;
    begin(f, RUN_A, "r", "{}");
    must(begun(f, RUN_A, 7));
    assert_int_equal(count(f, RUN_A), 0);
    must(queue(f, RUN_A, 1, 2));
    struct answer a = queue(f, RUN_A, 2, 3); // one of them again: none of them
    assert_false(a.ok);
    assert_int_equal(count(f, RUN_A), 2);
}

static void a_run_and_what_it_is_about(void **state)
{
    struct fixture *f = *state;
    struct err err = {.kind = ERR_DISK};
    begin(f, RUN_A, "r", "{\"cells\":3}");
    must(queue(f, RUN_A, 1, 3));
    struct value *run = ledger_run(f->l, RUN_A, &err);
    assert_text(run, "recipe", "r");
    assert_int_equal(value_integer(value_get(run, "cells"), 0), 3);
    assert_int_equal(
        value_integer(value_get(value_get(run, "about"), "cells"), 0), 3);
    value_free(run);
    assert_null(ledger_run(f->l, RUN_B, &err));
    assert_int_equal(err.kind, ERR_NONE);
}

static void the_newest_runs_keep_theirs(void **state)
{
    struct fixture *f = *state;
    char run[TOKEN_HEX];
    begin(f, RUN_A, "other", "{}");
    must(queue(f, RUN_A, 1, 2));
    for (int i = 1; i <= LEDGER_RUNS_KEPT + 2; i++) {
        snprintf(run, sizeof(run), "%032d", i);
        begin(f, run, "r", "{}");
        must(queue(f, run, 1, 2));
    }
    for (int i = 1; i <= LEDGER_RUNS_KEPT + 2; i++) {
        snprintf(run, sizeof(run), "%032d", i);
        assert_int_equal(count(f, run), i <= 2 ? 0 : 2);
    }
    assert_int_equal(count(f, RUN_A), 2); // of another recipe
}

// Another process writes meanwhile.
static void one_moment(void **state)
{
    struct fixture *f = *state;
    begin(f, RUN_A, "r", "{}");
    must(queue(f, RUN_A, 1, 2));
    struct ledger *reader = ledger_open_read(f->dir, NULL);
    assert_true(ledger_moment_begin(reader, NULL));
    struct value *before = rows(reader, RUN_A, 0, -1);
    must(begun(f, RUN_A, 1));
    struct value *after = rows(reader, RUN_A, 0, -1);
    assert_true(value_equal(before, after));
    value_free(after);
    ledger_moment_end(reader);
    after = rows(reader, RUN_A, 0, -1);
    assert_false(value_equal(before, after));
    value_free(before);
    value_free(after);
    ledger_close(reader);
}

static void on_fingerprint(void *arg, const struct value *row)
{
    snprintf(arg, HASH_HEX, "%s", value_get_text(row, "fingerprint"));
}

// Of a cell that has not ended, by who owns the attempt.
static void what_it_has_bought(void **state)
{
    struct fixture *f = *state;
    char bought[HASH_HEX] = "", wanted[HASH_HEX];
    buy(f, 5); // by RUN_A, for orbit/x1
    snprintf(wanted, sizeof(wanted), "%064d", 5);
    assert_true(ledger_list_bought(f->l, RUN_B, "orbit", "orbit/x1",
                                   on_fingerprint, bought, NULL));
    assert_string_equal(bought, "");
    assert_true(ledger_list_bought(f->l, RUN_A, "orbit", "orbit/x1",
                                   on_fingerprint, bought, NULL));
    assert_string_equal(bought, wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(as_they_go),
        TEST(one_that_is_not_there),
        TEST(a_run_and_what_it_is_about),
        TEST(the_newest_runs_keep_theirs),
        TEST(one_moment),
        TEST(what_it_has_bought),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
