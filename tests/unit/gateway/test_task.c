// Tasks: durable before visible, the shape of the feed, and what a restart
// finds.

#include "tasks.h"

#include "data/json.h"

static void expect_feed(struct fixture *f, const char *id, const char *want)
{
    struct err err;
    struct value *v = tasks_feed(f->tasks, id, "host:1", &err);
    assert_non_null(v);
    char *text = json_text(v);
    assert_string_equal(text, want);
    free(text);
    value_free(v);
}

#define FEED(id, state, digit, percent, tail)                                  \
    xasprintf("{\"task_id\":\"%s\",\"state\":\"" state                         \
              "\",\"status\":\"" digit "\",\"progress\":" percent              \
              ",\"prompt\":\"a \\\"pier\\\"\",\"prompt_en\":null," tail,       \
              id)

static void a_life(void **state)
{
    struct fixture *f = *state;
    buy(f, NULL);
    assert_int_equal(f->added, 1);
    assert_int_equal(tasks_count(f->tasks, TASK_QUEUED), 1);
    char *want = FEED(f->id, "", "0", "0",
                      "\"video_url\":null,\"raw_video_url\":null,"
                      "\"poster\":null,\"last_frame\":null,\"msg\":null,"
                      "\"point\":\"50\",\"refund\":\"0\","
                      "\"create_time\":\"1734078348\","
                      "\"update_time\":\"1734078348\"}");
    expect_feed(f, f->id, want);
    free(want);

    struct task *t = tasks_next(f->tasks);
    assert_string_equal(t->id, f->id);
    assert_null(tasks_next(f->tasks));
    struct err err;
    char *request = tasks_request(f->tasks, t->id, &err);
    assert_string_equal(request, "{\"body\":1}");
    free(request);

    task_set(f->tasks, t, TASK_RUNNING, NULL);
    assert_true(tasks_idle(f->tasks)); // a restart would begin it anew
    expect_field(f, "state", "processing");

    now_ms += 5000;
    task_set(f->tasks, t, TASK_SUCCEEDED, NULL);
    expect_field(f, "status", "1");
    settle(f);
    want = xasprintf("{\"task_id\":\"%s\",\"state\":\"succeeded\","
                     "\"status\":\"3\",\"progress\":100,"
                     "\"prompt\":\"a \\\"pier\\\"\",\"prompt_en\":null,"
                     "\"video_url\":\"http://host:1/assets/%s.mp4\","
                     "\"raw_video_url\":null,"
                     "\"poster\":\"http://host:1/assets/%s-poster.png\","
                     "\"last_frame\":\"http://host:1/assets/%s-last.png\","
                     "\"msg\":null,\"point\":\"50\",\"refund\":\"0\","
                     "\"create_time\":\"1734078348\","
                     "\"update_time\":\"1734078353\"}",
                     f->id, f->id, f->id, f->id);
    expect_feed(f, f->id, want);
    free(want);
    now_ms -= 5000;
}

static void a_failure(void **state)
{
    struct fixture *f = *state;
    buy(f, NULL);
    task_set(f->tasks, tasks_next(f->tasks), TASK_FAILED, "no \"image\"");
    settle(f);
    expect_field(f, "state", "failed");
    expect_field(f, "status", "2");
    expect_field(f, "msg", "no \"image\"");
    expect_field(f, "refund", "1");
    assert_int_equal(tasks_count(f->tasks, TASK_FAILED), 1);
    assert_int_equal(tasks_count(f->tasks, TASK_QUEUED), 0);
}

static void unknown(void **state)
{
    struct fixture *f = *state;
    struct err err;
    assert_null(tasks_feed(f->tasks, UNKNOWN, HOST, &err));
    assert_int_equal(err.kind, ERR_NONE);
}

static void quarters(void **state)
{
    struct fixture *f = *state;
    buy(f, NULL);
    struct task *t = tasks_next(f->tasks);
    task_progress(f->tasks, t, 50); // not running: nothing to tell
    assert_int_equal(t->percent, 0);
    task_set(f->tasks, t, TASK_RUNNING, NULL);
    settle(f);
    int before = f->changes;
    for (int percent = 0; percent <= 99; percent++)
        task_progress(f->tasks, t, percent);
    task_progress(f->tasks, t, 10); // never back
    assert_int_equal(t->percent, 99);
    assert_int_equal(f->changes - before, 3);
}

static void count_owed(void *arg, struct task *task)
{
    (void)task;
    ++*(int *)arg;
}

static void restart(void **state)
{
    struct fixture *f = *state;
    buy(f, "http://127.0.0.1:1/first");
    char first[TOKEN_UUID];
    memcpy(first, f->id, sizeof first);
    buy(f, NULL);
    char second[TOKEN_UUID];
    memcpy(second, f->id, sizeof second);
    buy(f, "http://127.0.0.1:1/third");

    task_set(f->tasks, tasks_next(f->tasks), TASK_RUNNING, NULL);
    tasks_next(f->tasks); // the second stays queued
    task_set(f->tasks, tasks_next(f->tasks), TASK_SUCCEEDED, NULL);
    settle(f);
    close_tasks(f);
    open_tasks(f);

    assert_int_equal(tasks_count(f->tasks, TASK_QUEUED), 2);
    assert_int_equal(tasks_count(f->tasks, TASK_RUNNING), 0);
    assert_int_equal(tasks_count(f->tasks, TASK_SUCCEEDED), 1);
    assert_string_equal(tasks_next(f->tasks)->id, first);
    assert_string_equal(tasks_next(f->tasks)->id, second);
    assert_null(tasks_next(f->tasks));
    expect_field(f, "status", "3");
    int owed = 0;
    tasks_each_owed(f->tasks, count_owed, &owed);
    assert_int_equal(owed, 1);
}

static void callbacks(void **state)
{
    struct fixture *f = *state;
    buy(f, "http://example.com/hook"); // another machine: never owed
    assert_int_equal(f->seen->callback, TASK_CALLBACK_NONE);
    tasks_next(f->tasks);
    buy(f, "http://127.0.0.1:1/hook");
    assert_int_equal(f->seen->callback, TASK_CALLBACK_OWED);
    struct task *t = tasks_next(f->tasks);
    task_set(f->tasks, t, TASK_SUCCEEDED, NULL);
    settle(f);
    task_callback(f->tasks, t, TASK_CALLBACK_DELIVERED);
    settle(f);
    expect_field(f, "status", "3"); // from the database now
    close_tasks(f);
    open_tasks(f);
    int owed = 0;
    tasks_each_owed(f->tasks, count_owed, &owed);
    assert_int_equal(owed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_life, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(unknown, setup, teardown),
        cmocka_unit_test_setup_teardown(quarters, setup, teardown),
        cmocka_unit_test_setup_teardown(restart, setup, teardown),
        cmocka_unit_test_setup_teardown(callbacks, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
