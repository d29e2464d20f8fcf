// What cells asked for and were told, tasks that were bought elsewhere, and a
// ledger of the time before there were any of these.

#include "base/path.h"
#include "fixture.h"
#include "ledger/internal.h"

#define CONTEXT                                                                \
    "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define HEX "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
#define HEX_2 "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"

static const struct ledger_call first = {CONTEXT, "orbit/x1", "1"};

static struct answer set_call(struct fixture *f, const struct ledger_call *call,
                              const struct call_row *row)
{
    struct answer a = {0};
    ledger_set_call(f->l, call, row, on_done, &a);
    assert_true(await(f->loop, &a));
    return a;
}

static bool find_call(struct ledger *l, const struct ledger_call *call,
                      struct call_row *row)
{
    bool found;
    struct err err;
    if (!ledger_find_call(l, call, row, &found, &err))
        fail_msg("%s", err.text);
    return found;
}

static void calls_are_kept_by_their_place(void **state)
{
    struct fixture *f = *state;
    struct call_row row, in = {HEX, "", HEX_2};
    assert_false(find_call(f->l, &first, &row));
    must(set_call(f, &first, &in));
    assert_true(find_call(f->l, &first, &row));
    assert_memory_equal(&row, &in, sizeof(in));
    struct ledger_call others[] = {
        {HEX, "orbit/x1", "1"},
        {CONTEXT, "orbit/x2", "1"},
        {CONTEXT, "orbit/x1", "1/1"},
    };
    for (size_t i = 0; i < 3; i++)
        assert_false(find_call(f->l, &others[i], &row));
    in = (struct call_row){HEX_2, HEX, HEX};
    must(set_call(f, &first, &in)); // in its place
    assert_true(find_call(f->l, &first, &row));
    assert_memory_equal(&row, &in, sizeof(in));
    in = (struct call_row){HEX, "short", HEX};
    assert_false(set_call(f, &first, &in).ok);
}

static char *outcome(struct ledger *l, const char *cell)
{
    char *text;
    struct err err;
    if (!ledger_find_outcome(l, CONTEXT, cell, HEX, &text, &err))
        fail_msg("%s", err.text);
    return text;
}

static void set_outcome(struct fixture *f, const char *text)
{
    struct answer a = {0};
    ledger_set_outcome(f->l, CONTEXT, "orbit/x1", HEX, text, on_done, &a);
    assert_true(await(f->loop, &a));
    must(a);
}

static void outcomes_are_kept(void **state)
{
    struct fixture *f = *state;
    assert_null(outcome(f->l, "orbit/x1"));
    set_outcome(f, "timeout");
    set_outcome(f, "delivered");
    char *text = outcome(f->l, "orbit/x1");
    assert_string_equal(text, "delivered");
    free(text);
    assert_null(outcome(f->l, "orbit/x2"));
}

// --- tasks that were bought elsewhere
static struct answer adopt(struct fixture *f, int n, const char *task_id)
{
    struct ledger_intent in = want(n);
    in.route = "adopted";
    in.budget = 1; // which says nothing here
    struct answer a = {0};
    ledger_adopt_task(f->l, &in, task_id, on_intended, &a);
    assert_true(await(f->loop, &a));
    return a;
}

static void a_task_becomes_a_purchase(void **state)
{
    struct fixture *f = *state;
    struct answer a = adopt(f, 1, "task-1");
    must(a);
    assert_true(a.result.attempt > 0);
    assert_false(a.result.taken);
    struct purchase_row row = find(f, 1);
    assert_int_equal(row.attempt.state, ATTEMPT_ACCEPTED);
    assert_string_equal(row.attempt.task_id, "task-1");
    assert_string_equal(row.attempt.owner, RUN_A);
    assert_string_equal(row.route, "adopted");
    assert_int_equal(row.attempt.price, -1);
    assert_int_equal(row.attempt.accepted_ms, 1000);
    purchase_row_free(&row);
    assert_int_equal(open_count(f, NULL), 1);
    assert_int_equal(spent(f), 0);
    fetch(f, a.result.attempt);
    must(deliver(f, a.result.attempt, 1));
}

static void a_task_that_is_known_is_left_alone(void **state)
{
    struct fixture *f = *state;
    must(accept_as(f, buy(f, 1), "task-1"));
    struct answer a = adopt(f, 2, "task-1");
    must(a);
    assert_true(a.result.taken);
    assert_int_equal(a.result.attempt, 0);
    assert_int_equal(open_count(f, NULL), 1);
}

static void a_purchase_that_is_under_way_takes_no_other_task(void **state)
{
    struct fixture *f = *state;
    int64_t id = buy(f, 1);
    struct answer a = adopt(f, 1, "task-2");
    must(a);
    assert_true(a.result.taken);
    must(accept_as(f, id, "task-1"));
    fetch(f, id);
    must(deliver(f, id, 1));
    a = adopt(f, 1, "task-2");
    must(a);
    assert_true(a.result.taken);
    struct purchase_row row = find(f, 1);
    assert_string_equal(row.attempt.task_id, "task-1");
    purchase_row_free(&row);
}

// --- versions
static void make_old_one(struct fixture *f)
{
    char *path = path_join(f->dir, "ledger.db");
    struct err err;
    struct db *db =
        db_open(path, LEDGER_APPLICATION_ID, ledger_migrations, 1, &err);
    if (!db)
        fail_msg("%s", err.text);
    struct db_stmt *s = db_stmt(
        db, "INSERT INTO purchases(fingerprint, gateway, route, request, take,"
            " recipe, created_ms) VALUES(:f, 'local', 'generate', '{}', 1,"
            " 'orbit', 5)");
    struct ledger_intent in = want(1);
    db_bind_text(s, ":f", in.fingerprint);
    assert_true(db_run(s, &err));
    db_close(db);
    free(path);
}

static void an_old_ledger_is_brought_up_to_date(void **state)
{
    struct fixture *f = *state;
    make_old_one(f);
    struct err err = {.text = ""};
    struct call_row row, in = {HEX, "", HEX_2};
    struct ledger *reader = ledger_open_read(f->dir, &err);
    if (!reader)
        fail_msg("%s", err.text);
    assert_false(find_call(reader, &first, &row)); // it changes nothing
    assert_null(outcome(reader, "orbit/x1"));
    ledger_close(reader);

    f->loop = loop_new();
    f->l = ledger_open(f->loop, f->dir, &err);
    if (!f->l)
        fail_msg("%s", err.text);
    struct purchase_row old = find(f, 1);
    assert_string_equal(old.recipe, "orbit");
    purchase_row_free(&old);
    must(set_call(f, &first, &in));
    set_outcome(f, "delivered");
    reader = ledger_open_read(f->dir, &err);
    assert_true(find_call(reader, &first, &row));
    ledger_close(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(calls_are_kept_by_their_place),
        TEST(outcomes_are_kept),
        TEST(a_task_becomes_a_purchase),
        TEST(a_task_that_is_known_is_left_alone),
        TEST(a_purchase_that_is_under_way_takes_no_other_task),
        FORKS(an_old_ledger_is_brought_up_to_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
