#include "ledger/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

static void records_an_intent_once(void **state)
{
    struct fixture *f = *state;
    struct ledger_intent in = want(1);
    in.callback_port = 4100;
    struct answer first = intend(f, &in);
    must(first);
    assert_true(first.result.attempt > 0);
    assert_false(first.result.taken);

    struct ledger_intent again = want(1);
    struct answer second = intend(f, &again);
    must(second);
    assert_true(second.result.taken);
    assert_int_equal(second.result.attempt, 0);

    struct purchase_row row = find(f, 1);
    assert_string_equal(row.gateway, "local");
    assert_string_equal(row.route, "generate");
    assert_string_equal(row.request, "{\"prompt\":\"a pier\"}");
    assert_string_equal(row.recipe, "orbit");
    assert_int_equal(row.take, 1);
    assert_int_equal(row.n_clips, 0);
    assert_null(row.clips_task_id);
    const struct attempt_row *a = &row.attempt;
    assert_int_equal(a->id, first.result.attempt);
    assert_int_equal(a->n, 1);
    assert_int_equal(a->state, ATTEMPT_INTENT);
    assert_string_equal(a->owner, RUN_A);
    assert_int_equal(a->callback_port, 4100);
    assert_int_equal(a->price, 25000);
    assert_int_equal(a->created_ms, 1000);
    assert_int_equal(a->sent_ms, 0);
    assert_null(a->task_id);
    purchase_row_free(&row);
    assert_null(row.gateway);
}

static void finds_nothing_where_nothing_is(void **state)
{
    struct fixture *f = *state;
    struct purchase_row row;
    bool found = true;
    assert_true(ledger_find(f->l, "0", &row, &found, NULL));
    assert_false(found);
    found = true;
    assert_true(ledger_find_task(f->l, "local", "t", &row, &found, NULL));
    assert_false(found);
    found = true;
    assert_true(ledger_find_token(f->l, "t", &row, &found, NULL));
    assert_false(found);
    purchase_row_free(&row);
}

static void copies_what_it_is_given(void **state)
{
    struct fixture *f = *state;
    struct ledger_intent in = want(1);
    char *request = xstrdup("{\"seed\":7}");
    in.request = request;
    struct answer a = {0};
    ledger_intend(f->l, &in, on_intended, &a);
    memset(request, 'x', strlen(request));
    free(request);
    assert_true(await(f->loop, &a));
    must(a);
    struct purchase_row row = find(f, 1);
    assert_string_equal(row.request, "{\"seed\":7}");
    purchase_row_free(&row);
}

static void delivers(void **state)
{
    struct fixture *f = *state;
    int64_t id = buy(f, 1);
    must(accept_as(f, id, "task-1"));
    fetch(f, id);
    must(deliver(f, id, 2));

    struct purchase_row row = find(f, 1);
    const struct attempt_row *a = &row.attempt;
    assert_int_equal(a->state, ATTEMPT_DELIVERED);
    assert_string_equal(a->task_id, "task-1");
    assert_string_equal(a->urls, "[\"http://h/a.mp4\"]");
    assert_string_equal(a->last_frame, "http://h/a.png");
    assert_int_equal(a->price, 20000); // as charged
    assert_int_equal(a->sent_ms, 1100);
    assert_int_equal(a->accepted_ms, 1200);
    assert_int_equal(a->ended_ms, 1600);
    assert_string_equal(row.cell, "orbit/x1");
    assert_string_equal(row.clips_task_id, "task-1");
    assert_int_equal(row.n_clips, 2);
    const struct clip_row *c = row.clips;
    assert_true(c[0].id > 0);
    assert_int_equal(c[0].n, 1);
    assert_int_equal(strspn(c[0].sha256, "d"), HASH_HEX - 1);
    assert_string_equal(c[0].ext, "mp4");
    assert_int_equal(c[0].size, 1234);
    assert_true(c[0].seconds > 5.0416666 && c[0].seconds < 5.0416667);
    assert_int_equal(c[0].width, 1280);
    assert_int_equal(c[0].height, 768);
    assert_string_equal(c[1].ext, "webm");
    assert_true(c[1].seconds == 5);
    purchase_row_free(&row);

    struct ledger_intent again = want(1);
    assert_true(intend(f, &again).result.taken);
}

static void same_clips(const struct told *told, const struct purchase_row *row)
{
    assert_int_equal(told->n, row->n_clips);
    for (size_t i = 0; i < told->n; i++) {
        const struct clip_row *a = &told->clips[i], *b = &row->clips[i];
        assert_int_equal(a->id, b->id);
        assert_int_equal(a->n, b->n);
        assert_string_equal(a->sha256, b->sha256);
        assert_string_equal(a->ext, b->ext);
        assert_int_equal(a->size, b->size);
        assert_true(a->seconds == b->seconds);
        assert_int_equal(a->width, b->width);
        assert_int_equal(a->height, b->height);
    }
}

// To the last digit, so that nobody has to read them again.
static void a_delivery_tells_its_rows(void **state)
{
    struct fixture *f = *state;
    for (int n = 1; n <= 2; n++) {
        char task[24];
        int64_t id = buy(f, n);
        snprintf(task, sizeof(task), "task-%d", n);
        must(accept_as(f, id, task));
        fetch(f, id);
        struct told told = deliver_told(f, id, (size_t)n);
        must(told.answer);
        assert_true(told.rows);
        struct purchase_row row = find(f, n);
        same_clips(&told, &row);
        purchase_row_free(&row);
    }
}

// Which rounds its fifteenth digit otherwise than printf().
static void a_delivery_tells_seconds_as_sqlite_does(void **state)
{
    struct fixture *f = *state;
    int64_t id = buy(f, 1);
    must(accept_as(f, id, "task-1"));
    fetch(f, id);
    struct clip_row clip = {
        .n = 1, .ext = "mp4", .size = 1, .seconds = 28.15293603242025};
    memset(clip.sha256, 'd', HASH_HEX - 1);
    struct told told = deliver_clips(f, id, &clip, 1, 1600);
    must(told.answer);
    assert_true(told.rows);
    struct purchase_row row = find(f, 1);
    same_clips(&told, &row);
    purchase_row_free(&row);
}

// One that came again, or with others than before: the ledger may hold more.
static void a_second_delivery_is_to_be_read(void **state)
{
    struct fixture *f = *state;
    int64_t id = buy(f, 1);
    must(accept_as(f, id, "task-1"));
    fetch(f, id);
    must(deliver(f, id, 1));
    for (size_t n = 2; n > 0; n--) {
        must(move(f, id, ATTEMPT_DELIVERED, ATTEMPT_READY, 2000));
        must(move(f, id, ATTEMPT_READY, ATTEMPT_FETCHING, 2100));
        struct told told = deliver_told(f, id, n);
        must(told.answer);
        assert_false(told.rows);
        struct purchase_row row = find(f, 1);
        assert_int_equal(row.n_clips, 2);
        purchase_row_free(&row);
    }
}

static void a_lost_clip_keeps_its_id(void **state)
{
    struct fixture *f = *state;
    int64_t id = buy(f, 1);
    must(accept_as(f, id, "task-1"));
    fetch(f, id);
    must(deliver(f, id, 1));
    struct purchase_row row = find(f, 1);
    int64_t clip = row.clips[0].id;
    purchase_row_free(&row);

    must(move(f, id, ATTEMPT_DELIVERED, ATTEMPT_READY, 2000));
    row = find(f, 1);
    assert_int_equal(row.attempt.ended_ms, 0);
    assert_int_equal(row.n_clips, 0);
    purchase_row_free(&row);
    struct ledger_intent again = want(1);
    assert_true(intend(f, &again).result.taken);

    must(move(f, id, ATTEMPT_READY, ATTEMPT_FETCHING, 2100));
    must(deliver(f, id, 1));
    row = find(f, 1);
    assert_int_equal(row.n_clips, 1);
    assert_int_equal(row.clips[0].id, clip);
    purchase_row_free(&row);
}

// A ledger from elsewhere: what is no hash would be a path out of the store.
static void a_clip_that_names_no_file(void **state)
{
    struct fixture *f = *state;
    int64_t id = buy(f, 1);
    must(accept_as(f, id, "task-1"));
    fetch(f, id);
    struct clip_row clip = {.n = 1, .ext = "mp4", .size = 1};
    for (size_t i = 0; i < HASH_HEX - 1; i++)
        clip.sha256[i] = "../"[i % 3];
    must(deliver_clips(f, id, &clip, 1, 1600).answer);
    char key[HASH_HEX];
    snprintf(key, sizeof(key), "%064d", 1);
    struct purchase_row row;
    bool found;
    struct err err = {0};
    assert_false(ledger_find(f->l, key, &row, &found, &err));
    assert_int_equal(err.kind, ERR_DISK);
}

static void delivers_all_or_nothing(void **state)
{
    struct fixture *f = *state;
    int64_t id = buy(f, 1);
    must(accept_as(f, id, "task-1"));
    assert_int_equal(deliver(f, id, 1).err.kind, ERR_DISK); // not fetching
    fetch(f, id);
    assert_int_equal(deliver(f, id, 0).err.kind, ERR_DEFECT);

    struct clip_row clips[2] = {{.n = 1, .ext = "mp4"}, {.n = 2, .ext = ""}};
    memset(clips[0].sha256, 'd', HASH_HEX - 1);
    memset(clips[1].sha256, 'd', HASH_HEX - 1);
    struct told told = deliver_clips(f, id, clips, 2, 1600);
    assert_false(told.answer.ok); // the second has no extension
    assert_false(told.rows);
    struct purchase_row row = find(f, 1);
    assert_int_equal(row.attempt.state, ATTEMPT_FETCHING);
    assert_int_equal(row.n_clips, 0);
    purchase_row_free(&row);
    must(deliver(f, id, 1));
}

static void moves_only_from_where_it_is(void **state)
{
    struct fixture *f = *state;
    int64_t id = buy(f, 1);
    must(move(f, id, ATTEMPT_INTENT, ATTEMPT_SUBMITTING, 1100));
    struct answer a = move(f, id, ATTEMPT_INTENT, ATTEMPT_SUBMITTING, 1101);
    assert_int_equal(a.err.kind, ERR_DISK);
    assert_non_null(strstr(a.err.text, "another process"));
    assert_non_null(strstr(a.err.text, "'submitting'"));
    a = move(f, 4711, ATTEMPT_INTENT, ATTEMPT_SUBMITTING, 1101);
    assert_int_equal(a.err.kind, ERR_DISK);
    assert_non_null(strstr(a.err.text, "no attempt 4711"));
    struct purchase_row row = find(f, 1);
    assert_int_equal(row.attempt.sent_ms, 1100);
    purchase_row_free(&row);
}

static void illegal_moves_are_defects(void **state)
{
    struct fixture *f = *state;
    int64_t id = buy(f, 1);
    struct answer a = move(f, id, ATTEMPT_INTENT, ATTEMPT_ACCEPTED, 1100);
    assert_int_equal(a.err.kind, ERR_DEFECT);
    assert_non_null(strstr(a.err.text, "'intent'"));
    assert_non_null(strstr(a.err.text, "'accepted'"));
    must(move(f, id, ATTEMPT_INTENT, ATTEMPT_SUBMITTING, 1100));
    a = move(f, id, ATTEMPT_SUBMITTING, ATTEMPT_ACCEPTED, 1200); // as nothing
    assert_int_equal(a.err.kind, ERR_DEFECT);
    struct purchase_row row = find(f, 1);
    assert_int_equal(row.attempt.state, ATTEMPT_SUBMITTING);
    purchase_row_free(&row);
}

static void an_unsent_attempt_goes_back(void **state)
{
    struct fixture *f = *state;
    int64_t id = buy(f, 1);
    must(move(f, id, ATTEMPT_INTENT, ATTEMPT_SUBMITTING, 1100));
    must(move(f, id, ATTEMPT_SUBMITTING, ATTEMPT_INTENT, 1150));
    struct purchase_row row = find(f, 1);
    assert_int_equal(row.attempt.state, ATTEMPT_INTENT);
    assert_int_equal(row.attempt.sent_ms, 0);
    purchase_row_free(&row);
}

static void a_task_is_never_replaced_nor_shared(void **state)
{
    struct fixture *f = *state;
    int64_t one = buy(f, 1), two = buy(f, 2);
    must(accept_as(f, one, "task-1"));
    struct answer a = accept_as(f, two, "task-1");
    assert_int_equal(a.err.kind, ERR_GATEWAY);
    assert_non_null(strstr(a.err.text, "different purchases"));
    struct purchase_row row = find(f, 2);
    assert_int_equal(row.attempt.state, ATTEMPT_SUBMITTING);
    assert_null(row.attempt.task_id);
    purchase_row_free(&row);

    struct ledger_move m = {
        .attempt = one,
        .from = ATTEMPT_ACCEPTED,
        .to = ATTEMPT_RUNNING,
        .task_id = "task-9",
        .price = -1,
        .now_ms = 1300,
    };
    assert_int_equal(move_with(f, &m).err.kind, ERR_GATEWAY);
    m.task_id = "task-1";
    must(move_with(f, &m));
}

static void makes_the_next_attempt_after_a_closed_one(void **state)
{
    struct fixture *f = *state;
    int64_t first = buy(f, 1);
    must(accept_as(f, first, "task-1"));
    struct ledger_move m = {
        .attempt = first,
        .from = ATTEMPT_ACCEPTED,
        .to = ATTEMPT_FAILED,
        .kind = "moderation",
        .reason = "not this",
        .price = -1,
        .now_ms = 1300,
    };
    must(move_with(f, &m));
    struct purchase_row row = find(f, 1);
    assert_string_equal(row.attempt.kind, "moderation");
    assert_string_equal(row.attempt.reason, "not this");
    assert_int_equal(row.attempt.ended_ms, 1300);
    purchase_row_free(&row);

    int64_t second = buy(f, 1);
    assert_int_not_equal(first, second);
    must(accept_as(f, second, "task-2"));
    fetch(f, second);
    must(deliver(f, second, 1));
    row = find(f, 1);
    assert_int_equal(row.attempt.n, 2);
    assert_int_equal(row.n_clips, 1);
    purchase_row_free(&row);

    // The first task still names the first attempt.
    bool found;
    assert_true(ledger_find_task(f->l, "local", "task-1", &row, &found, NULL));
    assert_true(found);
    assert_int_equal(row.attempt.id, first);
    assert_int_equal(row.attempt.state, ATTEMPT_FAILED);
    assert_int_equal(row.n_clips, 0);
    purchase_row_free(&row);
}

static void finds_by_task_and_token(void **state)
{
    struct fixture *f = *state;
    buy(f, 1);
    int64_t id = buy(f, 2);
    struct purchase_row row = find(f, 2);
    char token[TOKEN_HEX];
    memcpy(token, row.attempt.token, sizeof(token));
    purchase_row_free(&row);
    must(accept_as(f, id, "task-2"));

    bool found;
    assert_true(ledger_find_token(f->l, token, &row, &found, NULL));
    assert_true(found);
    assert_int_equal(row.attempt.id, id);
    assert_string_equal(row.attempt.task_id, "task-2");
    purchase_row_free(&row);
    assert_true(ledger_find_task(f->l, "local", "task-2", &row, &found, NULL));
    assert_true(found);
    assert_int_equal(row.attempt.id, id);
    purchase_row_free(&row);
    assert_true(ledger_find_task(f->l, "other", "task-2", &row, &found, NULL));
    assert_false(found);

    fetch(f, id);
    must(deliver(f, id, 2));
    assert_true(ledger_find_task(f->l, "local", "task-2", &row, &found, NULL));
    assert_int_equal(row.n_clips, 2);
    assert_string_equal(row.clips_task_id, "task-2");
    purchase_row_free(&row);
}

static int64_t last_of(struct fixture *f, const char *recipe, const char *cell,
                       const char *route)
{
    struct purchase_row row;
    struct err err = {0};
    bool found;
    if (!ledger_find_last(f->l, recipe, cell, route, &row, &found, &err))
        fail_msg("%s", err.text);
    int64_t n = found ? strtoll(row.fingerprint, NULL, 10) : 0;
    purchase_row_free(&row);
    return n;
}

static void ask(struct fixture *f, int n, const char *cell, const char *route)
{
    struct ledger_intent in = want(n);
    in.cell = cell;
    in.route = route;
    must(intend(f, &in));
}

static void finds_what_a_cell_asked_for_last(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(last_of(f, "orbit", "orbit/x1", NULL), 0);
    ask(f, 1, "orbit/x1", "generate");
    ask(f, 2, "orbit/x1", "video2video");
    ask(f, 3, "orbit/x2", "generate");
    ask(f, 4, NULL, "generate");
    assert_int_equal(last_of(f, "orbit", "orbit/x1", "generate"), 1);
    assert_int_equal(last_of(f, "orbit", "orbit/x1", NULL), 2);
    ask(f, 5, "orbit/x1", "generate");
    assert_int_equal(last_of(f, "orbit", "orbit/x1", "generate"), 5);
    assert_int_equal(last_of(f, "orbit", "orbit/x1", "adopted"), 0);
    assert_int_equal(last_of(f, "other", "orbit/x1", NULL), 0);
    assert_int_equal(last_of(f, "orbit", "orbit/X1", NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(records_an_intent_once),
        TEST(finds_nothing_where_nothing_is),
        TEST(copies_what_it_is_given),
        TEST(delivers),
        TEST(a_delivery_tells_its_rows),
        TEST(a_delivery_tells_seconds_as_sqlite_does),
        TEST(a_second_delivery_is_to_be_read),
        TEST(a_lost_clip_keeps_its_id),
        TEST(a_clip_that_names_no_file),
        TEST(delivers_all_or_nothing),
        TEST(moves_only_from_where_it_is),
        TEST(illegal_moves_are_defects),
        TEST(an_unsent_attempt_goes_back),
        TEST(a_task_is_never_replaced_nor_shared),
        TEST(makes_the_next_attempt_after_a_closed_one),
        TEST(finds_by_task_and_token),
        TEST(finds_what_a_cell_asked_for_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
