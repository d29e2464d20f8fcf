#include "ledger/upkeep.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/path.h"
#include "fixture.h"
#include "ledger/runs.h"

static char sha_d[HASH_HEX], sha_e[HASH_HEX];
static const struct ledger_scope everything = {0};

static void names(void)
{
    memset(sha_d, 'd', HASH_HEX - 1);
    memset(sha_e, 'e', HASH_HEX - 1);
}

// Purchase `n`, delivered as two clips; the attempt.
static int64_t bring(struct fixture *f, int n, const char *task_id)
{
    int64_t attempt = buy(f, n);
    must(accept_as(f, attempt, task_id));
    fetch(f, attempt);
    must(deliver(f, attempt, 2));
    return attempt;
}

static void place_made(struct fixture *f, const char *path, int n,
                       const char *run, const char *sha256, const char *made_of)
{
    struct purchase_row row = find(f, n);
    struct output_row output = {
        .clip = row.clips[0].id, .size = 7, .mtime_ns = 123456789012};
    memcpy(output.sha256, sha256, HASH_HEX);
    snprintf(output.made_of, sizeof(output.made_of), "%s", made_of);
    struct answer a = {0};
    ledger_set_output(f->l, path, run, "orbit/x1", &output, on_done, &a);
    assert_true(await(f->loop, &a));
    must(a);
    purchase_row_free(&row);
}

static void place(struct fixture *f, const char *path, int n, const char *run,
                  const char *sha256)
{
    place_made(f, path, n, run, sha256, "");
}

static void on_row(void *arg, const struct value *row)
{
    value_add(arg, value_copy(row));
}

static const char *text_at(const struct value *rows, size_t i, const char *key)
{
    return value_get_text(value_at(rows, i), key);
}

static void clips_come_in_pages(void **state)
{
    struct fixture *f = *state;
    names();
    bring(f, 1, "t-1");
    bring(f, 2, "t-2");
    struct value *all = value_list();
    const char *after = "";
    int64_t clip = 0;
    for (size_t i = 1; i <= 4; i++) {
        assert_true(ledger_list_clips(f->l, &everything, after, clip, 1, on_row,
                                      all, NULL));
        assert_int_equal(value_count(all), i);
        after = text_at(all, i - 1, "sha256");
        clip = value_integer(value_get(value_at(all, i - 1), "clip"), 0);
    }
    assert_true(ledger_list_clips(f->l, &everything, after, clip, 9, on_row,
                                  all, NULL));
    assert_int_equal(value_count(all), 4);
    assert_string_equal(text_at(all, 0, "sha256"), sha_d);
    assert_string_equal(text_at(all, 1, "task_id"), "t-2");
    assert_string_equal(text_at(all, 3, "sha256"), sha_e);
    assert_string_equal(text_at(all, 3, "ext"), "webm");
    assert_int_equal(value_integer(value_get(value_at(all, 3), "bytes"), 0),
                     99);
    value_free(all);
}

static void files_count_once_and_outputs_each(void **state)
{
    struct fixture *f = *state;
    struct ledger_kept kept;
    names();
    assert_true(ledger_sum_kept(f->l, &everything, &kept, NULL));
    assert_int_equal(kept.clips + kept.outputs + kept.bytes, 0);
    bring(f, 1, "t-1");
    bring(f, 2, "t-2"); // the same two files
    place(f, "out/a.mp4", 1, RUN_A, sha_d);
    place(f, "out/b.mp4", 2, RUN_A, sha_e);
    assert_true(ledger_sum_kept(f->l, &everything, &kept, NULL));
    assert_int_equal(kept.clips, 4);
    assert_int_equal(kept.outputs, 2);
    assert_int_equal(kept.bytes, 1234 + 99 + 2 * 7);
}

static size_t outputs(struct fixture *f, struct ledger_scope scope)
{
    struct value *rows = value_list();
    assert_true(ledger_list_outputs(f->l, &scope, "", 100, on_row, rows, NULL));
    size_t n = value_count(rows);
    if (n > 0) {
        const struct value *row = value_at(rows, 0);
        assert_string_equal(value_get_text(row, "clip_sha256"), sha_d);
        assert_int_equal(value_integer(value_get(row, "mtime_ns"), 0),
                         123456789012);
    }
    value_free(rows);
    return n;
}

static void a_scope_holds_what_a_recipe_bought_or_shows(void **state)
{
    struct fixture *f = *state;
    names();
    struct answer a = {0};
    ledger_run_begin(f->l, RUN_B, "guest", "[]", 1, on_done, &a);
    assert_true(await(f->loop, &a));
    bring(f, 1, "t-1");
    bring(f, 2, "t-2");
    place(f, "out/a.mp4", 1, RUN_B, sha_d);
    place(f, "out/b.mp4", 2, RUN_A, sha_d);
    struct purchase_row row = find(f, 2);
    assert_int_equal(outputs(f, everything), 2);
    assert_int_equal(outputs(f, (struct ledger_scope){.recipe = "orbit"}), 2);
    assert_int_equal(outputs(f, (struct ledger_scope){.recipe = "guest"}), 1);
    assert_int_equal(outputs(f, (struct ledger_scope){.recipe = "other"}), 0);
    assert_int_equal(outputs(f, (struct ledger_scope){.purchase = row.id}), 1);
    purchase_row_free(&row);
}

static void copies_have_the_content_of_the_clip(void **state)
{
    struct fixture *f = *state;
    names();
    bring(f, 1, "t-1");
    place_made(f, "out/made.mp4", 1, RUN_A, sha_e, sha_e);
    place(f, "out/other.mp4", 1, RUN_A, sha_e);
    place(f, "out/same.mp4", 1, RUN_A, sha_d);
    struct value *rows = value_list();
    assert_true(ledger_list_copies(f->l, sha_d, on_row, rows, NULL));
    assert_int_equal(value_count(rows), 2);
    assert_string_equal(text_at(rows, 0, "path"), "out/same.mp4");
    assert_string_equal(text_at(rows, 1, "path"), "out/made.mp4");
    value_free(rows);
}

static size_t delivered(struct fixture *f, int64_t attempt, const char *task)
{
    struct value *rows = value_list();
    assert_true(
        task ? ledger_list_delivered_local(f->l, task, on_row, rows, NULL)
             : ledger_list_delivered(f->l, attempt, INT64_MAX, on_row, rows,
                                     NULL));
    size_t n = value_count(rows);
    value_free(rows);
    return n;
}

static void only_what_is_delivered_now_counts(void **state)
{
    struct fixture *f = *state;
    struct answer a = {0};
    ledger_gateway(f->l, "local", "local", 1, on_done, &a);
    assert_true(await(f->loop, &a));
    int64_t attempt = bring(f, 1, "t-1");
    int64_t open = buy(f, 2);
    must(accept_as(f, open, "t-2"));
    assert_int_equal(delivered(f, attempt, NULL), 2);
    assert_int_equal(delivered(f, open, NULL), 0);
    assert_int_equal(delivered(f, 999, NULL), 0);
    assert_int_equal(delivered(f, 0, "t-1"), 2);
    assert_int_equal(delivered(f, 0, "t-2"), 0);
    must(move(f, attempt, ATTEMPT_DELIVERED, ATTEMPT_READY, 2000));
    assert_int_equal(delivered(f, attempt, NULL), 0); // it is fetched again
    assert_int_equal(delivered(f, 0, "t-1"), 0);
}

static void a_file_older_than_its_attempt_is_another_ones(void **state)
{
    struct fixture *f = *state;
    int64_t attempt = bring(f, 1, "t-1");
    struct purchase_row row = find(f, 1);
    int64_t made_ms = row.attempt.created_ms;
    struct value *rows = value_list();
    assert_true(
        ledger_list_delivered(f->l, attempt, made_ms - 1, on_row, rows, NULL));
    assert_int_equal(value_count(rows), 0);
    assert_true(
        ledger_list_delivered(f->l, attempt, made_ms, on_row, rows, NULL));
    assert_int_equal(value_count(rows), 2);
    value_free(rows);
    purchase_row_free(&row);
}

static void another_gateways_task_is_not_local(void **state)
{
    struct fixture *f = *state;
    struct answer a = {0};
    ledger_gateway(f->l, "local", "https://api.example.com", 1, on_done, &a);
    assert_true(await(f->loop, &a));
    bring(f, 1, "t-1");
    assert_int_equal(delivered(f, 0, "t-1"), 0);
}

static void files_are_known_by_content_and_kind(void **state)
{
    struct fixture *f = *state;
    bool knows;
    names();
    bring(f, 1, "t-1");
    assert_true(ledger_knows_file(f->l, sha_d, "mp4", &knows, NULL));
    assert_true(knows);
    assert_true(ledger_knows_file(f->l, sha_d, "webm", &knows, NULL));
    assert_false(knows);
}

// --- locks

static bool may_go(struct fixture *f, const char *notes)
{
    char *path = xasprintf("%s/runs/%s.lock", f->dir, RUN_B);
    char *dir = path_dir(path);
    assert_true(path_mkdirs(dir, NULL));
    char *bytes = xcalloc(100, 1);
    memcpy(bytes, notes, strlen(notes));
    assert_true(file_write(path, bytes, 100, 0600, NULL));
    bool may;
    assert_true(run_file_may_go(f->dir, RUN_B, f->l, &may, NULL));
    free(bytes);
    free(dir);
    free(path);
    return may;
}

static void a_lock_goes_when_the_ledger_has_its_notes(void **state)
{
    struct fixture *f = *state;
    bring(f, 1, "t-1");
    struct purchase_row row = find(f, 1);
    char *known = xasprintf("%s t-1\n", row.attempt.token);
    char *other = xasprintf("%s t-9\n", row.attempt.token);
    char *both = xasprintf("%snobody t-1\n", known);
    char *cut = xasprintf("%s%s t", known, row.attempt.token);
    assert_true(may_go(f, ""));
    assert_true(may_go(f, known));
    assert_false(may_go(f, other));
    assert_false(may_go(f, both));
    assert_false(may_go(f, cut));
    assert_false(may_go(f, "no note at all\n"));
    free(known);
    free(other);
    free(both);
    free(cut);
    purchase_row_free(&row);
}

static void a_lock_of_a_run_that_is_alive_stays(void **state)
{
    struct fixture *f = *state;
    struct run_lock run;
    bool may;
    assert_true(run_lock_take(&run, f->dir, NULL));
    assert_true(run_file_may_go(f->dir, run.id, f->l, &may, NULL));
    assert_false(may);
    char *alive = run_alive(f->dir);
    assert_string_equal(alive, run.id);
    free(alive);
    run_lock_drop(&run);
    assert_null(run_alive(f->dir));
}

static void upkeep_and_runs_keep_each_other_out(void **state)
{
    struct fixture *f = *state;
    struct run_lock run;
    struct err err = {0};
    int fd, again;
    char *alive;
    assert_true(run_lock_take(&run, f->dir, &err));
    assert_false(upkeep_lock_take(f->dir, &fd, &alive, &err));
    assert_string_equal(alive, run.id);
    free(alive);
    run_lock_drop(&run);

    assert_true(upkeep_lock_take(f->dir, &fd, &alive, &err));
    assert_false(upkeep_lock_take(f->dir, &again, &alive, &err));
    assert_string_equal(alive, "");
    free(alive);
    assert_false(run_lock_take(&run, f->dir, &err));
    assert_int_equal(err.kind, ERR_DISK);
    assert_non_null(strstr(err.text, "prune"));
    close(fd);
    assert_true(run_lock_take(&run, f->dir, &err));
    run_lock_drop(&run);
    assert_null(run_alive(f->dir)); // the refused one left nothing
}

static void a_lock_that_cannot_be_asked_is_not_free(void **state)
{
    struct fixture *f = *state;
    struct run_lock run;
    struct err err = {0};
    char *runs = path_join(f->dir, "runs");
    char *path = path_join(runs, "upkeep");
    assert_true(path_mkdirs(runs, NULL));
    assert_int_equal(symlink("elsewhere", path), 0);
    assert_false(run_lock_take(&run, f->dir, &err));
    assert_non_null(strstr(err.text, "runs/upkeep"));
    assert_int_equal(unlink(path), 0);
    free(path);
    free(runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(clips_come_in_pages),
        TEST(files_count_once_and_outputs_each),
        TEST(a_scope_holds_what_a_recipe_bought_or_shows),
        TEST(copies_have_the_content_of_the_clip),
        TEST(only_what_is_delivered_now_counts),
        TEST(a_file_older_than_its_attempt_is_another_ones),
        TEST(another_gateways_task_is_not_local),
        TEST(files_are_known_by_content_and_kind),
        TEST(a_lock_goes_when_the_ledger_has_its_notes),
        TEST(a_lock_of_a_run_that_is_alive_stays),
        TEST(upkeep_and_runs_keep_each_other_out),
        TEST(a_lock_that_cannot_be_asked_is_not_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
