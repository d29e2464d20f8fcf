// Tasks: who runs next, what an end settles, what is left of what was removed,
// and of a database that an older gateway left.

#include "tasks.h"

#include "base/file.h"
#include "base/path.h"
#include "db/db.h"
#include "gateway/task_internal.h"
#include "gateway/tasks_db.h"

// --- what is settled at the end

static void note_task(void *arg, const struct task *task)
{
    struct task *out = arg;
    *out = *task; // its numbers; the texts go
}

static struct task look(struct fixture *f, const char *id)
{
    struct err err;
    struct task t = {0};
    assert_true(tasks_look(f->tasks, id, note_task, &t, &err));
    return t;
}

static int64_t spent(struct fixture *f, const char *api)
{
    struct err err;
    int64_t n;
    assert_true(tasks_spent(f->tasks, api, &n, &err));
    return n;
}

static void spending(void **state)
{
    struct fixture *f = *state;
    struct order order = usual_order();
    buy_order(f, "official", &order);
    task_succeed(f->tasks, tasks_next(f->tasks), 10, 50000);
    buy_order(f, "official", &order);
    task_set(f->tasks, tasks_next(f->tasks), TASK_FAILED, "no");
    order.cost_a_second = true;
    order.seconds = 0;
    buy_order(f, "official", &order);
    char last[TOKEN_UUID];
    memcpy(last, f->id, sizeof last);
    settle(f);
    assert_int_equal(spent(f, "official"), 50000);
    assert_int_equal(spent(f, "reverse"), 0);
    task_succeed(f->tasks, tasks_next(f->tasks), 3.25, 162500);
    settle(f);
    assert_int_equal(spent(f, "official"), 212500);
    assert_int_equal(look(f, last).cost, 162500);
    assert_true(look(f, last).seconds == 3.25);
    close_tasks(f);
    open_tasks(f);
    assert_int_equal(spent(f, "official"), 212500);
}

static int64_t bought(struct fixture *f, const char *model, int64_t since_ms)
{
    return tasks_bought_since(f->tasks, "official", model, since_ms);
}

static void ignore_added(void *arg, const struct task *task,
                         const struct err *err)
{
    (void)arg;
    (void)task;
    (void)err;
}

static void bought_since(void **state)
{
    struct fixture *f = *state;
    struct order order = usual_order();
    buy_order(f, "official", &order);
    buy_order(f, "reverse", &order); // of another api
    now_ms += 1000;
    tasks_add(f->tasks,
              &(struct task_new){.api = "official",
                                 .route = "generate",
                                 .host = HOST,
                                 .request = "{}",
                                 .order = &order},
              ignore_added, NULL);
    assert_int_equal(bought(f, "gen2", 0), 2); // what is not on disk yet, too
    settle(f);
    assert_int_equal(bought(f, "gen2", 0), 2);
    assert_int_equal(bought(f, "gen2", now_ms), 1);
    assert_int_equal(bought(f, "gen3", 0), 0);
    close_tasks(f);
    open_tasks(f);
    assert_int_equal(bought(f, "gen2", 0), 2);
    assert_int_equal(bought(f, "gen2", now_ms), 1);
    now_ms -= 1000;
}

// What is on disk already, and not reported yet.
static void bought_once(void **state)
{
    struct fixture *f = *state;
    struct order order = usual_order();
    char *path = xasprintf("%s/tasks.db", f->dir);
    struct err err;
    struct db *db = tasks_db_open(path, &err);
    assert_non_null(db);
    tasks_add(f->tasks,
              &(struct task_new){.api = "official",
                                 .route = "generate",
                                 .host = HOST,
                                 .request = "{}",
                                 .order = &order},
              ignore_added, NULL);
    int64_t n = 0;
    while (n == 0) // the loop stands still meanwhile
        assert_true(tasks_db_total(db, "official", &n, &err));
    assert_int_equal(bought(f, "gen2", 0), 1);
    settle(f);
    assert_int_equal(bought(f, "gen2", 0), 1);
    db_close(db);
    free(path);
}

// --- who runs next

static void places(void **state)
{
    struct fixture *f = *state;
    struct order narrow = usual_order(), wide = usual_order();
    narrow.at_once = 1;
    char first[TOKEN_UUID], second[TOKEN_UUID], third[TOKEN_UUID];
    buy_order(f, "official", &narrow);
    memcpy(first, f->id, sizeof first);
    buy_order(f, "official", &narrow);
    memcpy(second, f->id, sizeof second);
    buy_order(f, "reverse", &wide);
    memcpy(third, f->id, sizeof third);
    assert_false(look(f, first).throttled); // waits for a renderer alone
    assert_true(look(f, second).throttled);
    assert_false(look(f, third).throttled);

    struct task *running = tasks_next(f->tasks);
    assert_string_equal(running->id, first);
    assert_string_equal(tasks_next(f->tasks)->id, third); // overtakes
    assert_null(tasks_next(f->tasks));
    task_succeed(f->tasks, running, 10, 1);
    settle(f);
    assert_false(look(f, second).throttled);
    assert_string_equal(tasks_next(f->tasks)->id, second);
}

// --- removal

static void note_removal(void *arg, enum task_removal removal,
                         const struct err *err)
{
    assert_null(err);
    *(enum task_removal *)arg = removal;
}

static enum task_removal cancel(struct fixture *f, const char *id)
{
    enum task_removal removal = TASK_REMOVAL_NONE;
    tasks_cancel(f->tasks, id, note_removal, &removal);
    settle(f);
    return removal;
}

static void cancelled_stays_so(void **state)
{
    struct fixture *f = *state;
    buy(f, NULL);
    assert_int_equal(cancel(f, f->id), TASK_REMOVED_OPEN);
    assert_null(tasks_next(f->tasks));
    expect_field(f, "state", "failed");
    expect_field(f, "status", "2");
    expect_field(f, "msg", "cancelled");
    assert_int_equal(tasks_count(f->tasks, TASK_CANCELLED), 1);
    assert_int_equal(tasks_count(f->tasks, TASK_QUEUED), 0);
    assert_int_equal(spent(f, "reverse"), 0);
    close_tasks(f);
    open_tasks(f);
    assert_null(tasks_next(f->tasks));
    assert_int_equal(look(f, f->id).state, TASK_CANCELLED);
    assert_int_equal(cancel(f, UNKNOWN), TASK_REMOVAL_NONE);
}

// The render came to its end while the cancelling was on its way to the disk,
// and the other way round: the first one on disk counts.
static void the_first_end_counts(void **state)
{
    struct fixture *f = *state;
    enum task_removal removal;
    buy(f, NULL);
    struct task *t = tasks_next(f->tasks);
    tasks_cancel(f->tasks, f->id, note_removal, &removal);
    task_succeed(f->tasks, t, 10, 50000);
    settle(f);
    assert_int_equal(removal, TASK_REMOVED_OPEN);
    assert_int_equal(look(f, f->id).state, TASK_CANCELLED);
    buy(f, NULL);
    t = tasks_next(f->tasks);
    task_succeed(f->tasks, t, 10, 50000);
    tasks_cancel(f->tasks, f->id, note_removal, &removal);
    settle(f);
    assert_int_equal(removal, TASK_REMOVED_HIDDEN);
    assert_int_equal(look(f, f->id).state, TASK_SUCCEEDED);
    assert_true(look(f, f->id).hidden);
    assert_int_equal(tasks_count(f->tasks, TASK_SUCCEEDED), 1);
    assert_int_equal(tasks_count(f->tasks, TASK_CANCELLED), 1);
}

static char *make_asset(struct fixture *f, const char *suffix)
{
    struct err err;
    char *path = xasprintf("%s/assets/%s%s", f->dir, f->id, suffix);
    char *dir = xasprintf("%s/assets", f->dir);
    assert_true(path_mkdirs(dir, &err));
    assert_true(file_write(path, "x", 1, 0644, &err));
    free(dir);
    return path;
}

static void deleted(void **state)
{
    struct fixture *f = *state;
    buy(f, NULL);
    task_succeed(f->tasks, tasks_next(f->tasks), 10, 50000);
    settle(f);
    char *clip = make_asset(f, ".mp4"), *last = make_asset(f, "-last.png");
    assert_int_equal(cancel(f, f->id), TASK_REMOVED_HIDDEN);
    assert_false(path_exists(clip));
    assert_false(path_exists(last));
    struct err err;
    assert_null(tasks_feed(f->tasks, f->id, HOST, &err));
    assert_int_equal(err.kind, ERR_NONE);
    assert_int_equal(spent(f, "reverse"), 50000); // it was made all the same
    assert_int_equal(cancel(f, f->id), TASK_REMOVAL_NONE);
    free(clip);
    free(last);
    // Whoever died before its files were gone has them removed at last.
    clip = make_asset(f, ".mp4");
    buy(f, NULL);
    assert_int_equal(cancel(f, f->id), TASK_REMOVED_OPEN);
    last = make_asset(f, "-last.png"); // of a render that ended all the same
    close_tasks(f);
    open_tasks(f);
    assert_false(path_exists(clip));
    assert_false(path_exists(last));
    free(clip);
    free(last);
}

// --- a database of the first version, as its gateway left it

static const struct db_migration first_version[] = {
    {"CREATE TABLE tasks("
     " id TEXT PRIMARY KEY NOT NULL,"
     " created_ms INTEGER NOT NULL,"
     " updated_ms INTEGER NOT NULL,"
     " status INTEGER NOT NULL CHECK (status BETWEEN 0 AND 3),"
     " seconds INTEGER NOT NULL,"
     " host TEXT NOT NULL,"
     " callback_url TEXT,"
     " callback_done INTEGER NOT NULL CHECK (callback_done BETWEEN 0 AND 2),"
     " msg TEXT,"
     " prompt TEXT NOT NULL,"
     " request TEXT NOT NULL"
     ") STRICT;"
     "CREATE INDEX tasks_status ON tasks(status);"
     "CREATE INDEX tasks_owed ON tasks(callback_done)"
     " WHERE callback_done = 0;"
     "INSERT INTO tasks VALUES"
     " ('00000000-0000-4000-8000-000000000001', 1000, 2000, 3, 10, 'h:1',"
     "  NULL, 2, NULL, 'one', '{\"n\":1}'),"
     " ('00000000-0000-4000-8000-000000000002', 1001, 1001, 1, 5, 'h:1',"
     "  'http://127.0.0.1:1/x', 0, NULL, 'two', '{\"n\":2}'),"
     " ('00000000-0000-4000-8000-000000000003', 1002, 1002, 2, 5, 'h:1',"
     "  NULL, 2, 'why', 'three', '{\"n\":3}');"},
};

static void an_old_database_opens(void **state)
{
    struct fixture *f = *state;
    close_tasks(f);
    char *path = xasprintf("%s/tasks.db", f->dir);
    empty(f->dir);
    struct err err;
    assert_true(path_mkdirs(f->dir, &err));
    struct db *db = db_open(path, TASKS_DB_ID, first_version, 1, &err);
    assert_non_null(db);
    db_close(db);
    free(path);
    open_tasks(f);

    memcpy(f->id, "00000000-0000-4000-8000-000000000001", sizeof f->id);
    expect_field(f, "status", "3");
    expect_field(f, "point", "50");
    memcpy(f->id, "00000000-0000-4000-8000-000000000003", sizeof f->id);
    expect_field(f, "msg", "why");
    assert_int_equal(spent(f, "reverse"), 75000);
    struct task *t = tasks_next(f->tasks);
    assert_string_equal(t->id, "00000000-0000-4000-8000-000000000002");
    assert_string_equal(t->api, "reverse");
    assert_string_equal(t->route, "generate");
    assert_string_equal(t->profile, "lenient");
    assert_true(t->seconds == 5);
    assert_int_equal(t->callback, TASK_CALLBACK_OWED);
    char *request = tasks_request(f->tasks, t->id, &err);
    assert_string_equal(request, "{\"n\":2}");
    free(request);
    struct value *list = tasks_list(f->tasks, "reverse", 1, 10, &err);
    assert_string_equal(
        value_get_text(value_at(value_get(list, "tasks"), 0), "task_id"),
        f->id);
    value_free(list);
}

static void count(void *arg, const struct task *task)
{
    assert_false(task->hidden);
    ++*(int *)arg;
}

static void shown(void **state)
{
    struct fixture *f = *state;
    buy(f, NULL);
    buy(f, NULL);
    buy(f, NULL);
    assert_int_equal(cancel(f, f->id), TASK_REMOVED_OPEN);
    assert_int_equal(tasks_shown(f->tasks), 3);
    assert_int_equal(cancel(f, f->id), TASK_REMOVED_HIDDEN);
    for (int i = 0; i < 2; i++) {
        struct err err;
        int n = 0;
        assert_int_equal(tasks_shown(f->tasks), 2);
        assert_true(tasks_each(f->tasks, 0, 10, count, &n, &err));
        assert_int_equal(n, 2);
        close_tasks(f);
        open_tasks(f);
    }
}

// A list that lacks a task says that it was never bought.
static void listed_by_api(void **state)
{
    struct fixture *f = *state;
    struct order order = usual_order();
    buy_order(f, "reverse", &order);
    buy_order(f, "official", &order);
    buy_order(f, "reverse", &order);
    assert_int_equal(cancel(f, f->id), TASK_REMOVED_OPEN);
    assert_int_equal(cancel(f, f->id), TASK_REMOVED_HIDDEN);
    struct err err;
    struct value *first = tasks_list(f->tasks, "reverse", 1, 1, &err);
    struct value *second = tasks_list(f->tasks, "reverse", 2, 1, &err);
    assert_int_equal(value_integer(value_get(first, "total"), 0), 2);
    assert_int_equal(value_integer(value_get(second, "total"), 0), 2);
    assert_int_equal(value_count(value_get(first, "tasks")), 1);
    assert_int_equal(value_count(value_get(second, "tasks")), 1);
    assert_string_equal(
        value_get_text(value_at(value_get(first, "tasks"), 0), "task_id"),
        f->id);
    value_free(first);
    value_free(second);
}

static void ends(struct fixture *f)
{
    struct task *t;
    while ((t = tasks_next(f->tasks)) != NULL)
        task_succeed(f->tasks, t, 10, 50000);
    settle(f);
}

// The first has left the memory, the last has not: nobody sees a difference.
static void remembered_or_not(void **state)
{
    struct fixture *f = *state;
    struct order order = usual_order();
    const struct task_new new = {.api = "reverse",
                                 .route = "generate",
                                 .host = HOST,
                                 .request = "{}",
                                 .order = &order};
    char first[TOKEN_UUID];
    buy(f, NULL);
    ends(f);
    memcpy(first, f->id, sizeof first);
    assert_non_null(tasks_find_live(f->tasks, first));
    for (int i = 0; i < TASKS_OVER_MAX; i++)
        tasks_add(f->tasks, &new, on_added, f);
    settle(f);
    ends(f);
    assert_int_equal(f->tasks->n_over, TASKS_OVER_MAX);
    assert_null(tasks_find_live(f->tasks, first));
    assert_non_null(tasks_find_live(f->tasks, f->id));
    const char *const ids[] = {first, f->id};
    for (size_t i = 0; i < 2; i++) {
        struct err err;
        struct value *v = tasks_feed(f->tasks, ids[i], HOST, &err);
        assert_string_equal(value_get_text(v, "state"), "succeeded");
        value_free(v);
        assert_int_equal(cancel(f, ids[i]), TASK_REMOVED_HIDDEN);
        assert_null(tasks_feed(f->tasks, ids[i], HOST, &err));
        assert_int_equal(cancel(f, ids[i]), TASK_REMOVAL_NONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(spending, setup, teardown),
        cmocka_unit_test_setup_teardown(bought_since, setup, teardown),
        cmocka_unit_test_setup_teardown(bought_once, setup, teardown),
        cmocka_unit_test_setup_teardown(places, setup, teardown),
        cmocka_unit_test_setup_teardown(cancelled_stays_so, setup, teardown),
        cmocka_unit_test_setup_teardown(the_first_end_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(deleted, setup, teardown),
        cmocka_unit_test_setup_teardown(remembered_or_not, setup, teardown),
        cmocka_unit_test_setup_teardown(shown, setup, teardown),
        cmocka_unit_test_setup_teardown(listed_by_api, setup, teardown),
        cmocka_unit_test_setup_teardown(an_old_database_opens, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
