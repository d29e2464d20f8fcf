// Dialects through the table that the engine calls: the built-in one, and a
// user's own.

#include "dialect_test.h"

#include "base/buf.h"

// --- the built-in one

static void reverse_has_its_tables(void **state)
{
    const struct dialect *d = reverse(*state);
    assert_string_equal(d->name, "reverse");
    assert_string_equal(d->version, "2026-03-13");
    assert_false(d->data_uri);
    assert_ptr_equal(d, reverse(*state)); // loaded once
    assert_json("{\"model\":\"gen2\",\"ratio\":\"16:9\",\"seconds\":5,"
                "\"style\":\"cinematic\"}",
                d->defaults(d->ctx, "generate"));
    assert_null(d->defaults(d->ctx, "upscale"));
    assert_null(d->fields(d->ctx, "upscale"));
    struct value *request = json("{\"prompt\":\"a\"}");
    assert_string_equal(d->as_of, "2026-03-13");
    assert_string_equal(d->routes[0], "act_one");
    int64_t least;
    assert_int_equal(d->price(d->ctx, "generate", request, &least), 320000);
    assert_int_equal(least, 320000);
    assert_int_equal(d->price(d->ctx, "aleph", request, &least), 1000000);
    value_set(request, "model", value_str("gen9"));
    assert_int_equal(d->price(d->ctx, "generate", request, &least), -1);
    assert_int_equal(least, -1);
    value_free(request);
}

static void check(const struct dialect *d, const char *request, size_t errors,
                  size_t warnings)
{
    const struct field_table *table = d->fields(d->ctx, "generate");
    assert_non_null(table);
    assert_string_equal(table->dialect, "reverse");
    struct value *v = json(request);
    struct problems problems;
    problems_init(&problems, "test");
    fields_check(table, v, &problems);
    size_t found[2] = {0, 0};
    for (size_t i = 0; i < problems.n; i++)
        found[problems.items[i].warning]++;
    if (found[0] != errors || found[1] != warnings)
        fail_msg("%s: %zu errors, %zu warnings", request, found[0], found[1]);
    problems_free(&problems);
    value_free(v);
}

static void reverse_checks_requests(void **state)
{
    const struct dialect *d = reverse(*state);
    check(d, "{\"prompt\":\"a\"}", 0, 0);
    check(d, "{\"model\":\"gen2\"}", 1, 0);
    check(d, "{\"prompt\":\"a\",\"model\":\"gen4_turbo\",\"ratio\":\"21:9\"}",
          0, 0);
    check(d, "{\"prompt\":\"a\",\"model\":\"anything\"}", 1, 0);
    check(d, "{\"prompt\":\"a\",\"ratio\":\"2:1\"}", 1, 0);
    check(d, "{\"prompt\":\"a\",\"ratio\":\"1280:720\"}", 0, 0);
    check(d, "{\"prompt\":\"a\",\"seconds\":10}", 0, 0);
    check(d, "{\"prompt\":\"a\",\"seconds\":7}", 1, 0);
    check(d, "{\"prompt\":\"a\",\"seed\":-1}", 1, 0);
    check(d, "{\"prompt\":\"a\",\"seed\":4294967295}", 0, 0);
    check(d, "{\"prompt\":\"a\",\"motion\":{\"x\":1.5}}", 0, 0);
    check(d, "{\"prompt\":\"a\",\"model\":\"gen4\",\"motion\":{\"x\":1}}", 0,
          1);
    check(d, "{\"prompt\":\"a\",\"extra\":{\"b\":[1,{\"c\":2}]}}", 0, 0);
    check(d, "{\"prompt\":\"a\",\"video\":\"https://h/a.mp4\"}", 1, 0);
}

static void reverse_submits(void **state)
{
    const struct dialect *d = reverse(*state);
    struct dialect_call call;
    struct err err;
    struct value *request =
        json("{\"prompt\":\"cat\",\"model\":\"gen3\",\"seconds\":10,"
             "\"motion\":{\"y\":0.3999999999999999,\"r\":-6}}");
    assert_true(d->submit(d->ctx, "generate", request, &ctx, &call, &err));
    assert_string_equal(call.method, "POST");
    assert_string_equal(call.path, "/runway/pro/generate");
    assert_json("{\"X-Runway-Version\":\"2024-11-06\"}", call.headers);
    assert_json("{\"callback_url\":\"http://baidu.com\",\"ratio\":\"16:9\","
                "\"prompt\":\"cat\",\"style\":\"cinematic\",\"model\":\"gen3\","
                "\"options\":{\"seconds\":10,\"motion_vector\":{\"x\":0,"
                "\"y\":0.3999999999999999,\"z\":0,\"r\":-6,\"bg_x_pan\":0,"
                "\"bg_y_pan\":0}}}",
                call.body);
    dialect_call_free(&call);

    struct dialect_ctx v1 = ctx;
    v1.prefix = "/runway/v1";
    assert_true(d->poll(d->ctx, UUID, &v1, &call, &err));
    assert_string_equal(call.path, "/runway/v1/feed");
    assert_json("{\"task_id\":\"" UUID "\"}", call.body);
    dialect_call_free(&call);

    v1.prefix = "//elsewhere";
    assert_false(d->poll(d->ctx, UUID, &v1, &call, &err));
    assert_int_equal(err.kind, ERR_DEFECT);
    assert_false(d->submit(d->ctx, "upscale", request, &ctx, &call, &err));
    assert_non_null(strstr(err.text, "reverse has no route 'upscale'"));
    value_free(request);
}

static void reverse_reads_submit_answers(void **state)
{
    const struct dialect *d = reverse(*state);
    struct dialect_answer a = answer(
        200, "{\"code\":200,\"msg\":\"成功\",\"data\":{\"task_id\":\"" UUID
             "\"},\"exec_time\":0.67573}");
    assert_accepted(d, &a, UUID);
    a.len -= 10; // cut off
    assert_accepted(d, &a, UUID);
    a = answer(200, "{}");
    assert_accepted(d, &a, NULL);
    a = answer(200, "{\"task_id\":12345678901234567}");
    assert_accepted(d, &a, "12345678901234567");
    a = answer(200, "{\"task_id\":\"t\"}\0{");
    a.len += 2;
    assert_accepted(d, &a, "t");
    a = (struct dialect_answer){.status = 502};
    assert_accepted(d, &a, NULL);

    struct dialect_accepted accepted;
    struct err err;
    a = answer(403, "{\"code\":\"quota_not_enough\",\"message\":\"no\\nquota\","
                    "\"data\":null}");
    assert_true(d->accepted(d->ctx, &a, &accepted, &err));
    assert_int_equal(accepted.bought, DIALECT_NOT_BOUGHT);
    assert_string_equal(accepted.kind, "credits");
    assert_string_equal(accepted.reason, "HTTP 403: no quota");
    dialect_accepted_free(&accepted);
}

static void reverse_reads_poll_answers(void **state)
{
    const struct dialect *d = reverse(*state);
    struct dialect_status status;
    struct err err;
    struct dialect_answer a = answer(
        200, "{\"code\":200,\"data\":{\"task_id\":\"t\",\"status\":\"3\","
             "\"video_url\":\"https://h/a.mp4\",\"last_frame\":"
             "\"https://h/l.png\",\"point\":\"25\",\"refund\":\"0\"}}");
    assert_true(d->state(d->ctx, &a, &status, &err));
    assert_int_equal(status.phase, DIALECT_SUCCEEDED);
    assert_json("[\"https://h/a.mp4\"]", status.urls);
    assert_string_equal(status.last_frame, "https://h/l.png");
    assert_int_equal(status.charge, 25000);
    assert_true(status.progress < 0);
    dialect_status_free(&status);

    a = answer(200,
               "{\"code\":200,\"data\":{\"task_id\":\"t\",\"status\":\"1\","
               "\"progress\":37}}");
    assert_true(d->state(d->ctx, &a, &status, &err));
    assert_int_equal(status.phase, DIALECT_RUNNING);
    assert_true(status.progress == 0.37);
    assert_null(status.urls);
    assert_int_equal(status.charge, -1);
    dialect_status_free(&status);

    a = answer(400, "{\"code\":\"task_not_exist\",\"message\":\"\"}");
    assert_true(d->state(d->ctx, &a, &status, &err));
    assert_int_equal(status.phase, DIALECT_NOT_FOUND);
    dialect_status_free(&status);

    a = answer(502, "<html>");
    assert_true(d->state(d->ctx, &a, &status, &err));
    assert_int_equal(status.phase, DIALECT_NO_NEWS);
    dialect_status_free(&status);

    char *id = d->callback(d->ctx, "{\"task_id\":\"t\"}", 15);
    assert_string_equal(id, "t");
    free(id);
    assert_null(d->callback(d->ctx, "{}", 2));
}

// A long answer, and one nested too deeply: read or not, but never an end.
static void reverse_bears_large_answers(void **state)
{
    const struct dialect *d = reverse(*state);
    struct buf body;
    buf_init(&body, (size_t)16 << 20);
    buf_str(&body, "{\"task_id\":\"t\",\"status\":\"1\",\"x\":[0");
    for (int i = 0; i < 2000000; i++)
        buf_str(&body, ",1");
    buf_str(&body, "]}");
    struct dialect_answer a = answer(200, body.data);
    assert_accepted(d, &a, "t");
    struct dialect_status status;
    struct err err;
    if (d->state(d->ctx, &a, &status, &err)) {
        assert_true(status.phase == DIALECT_RUNNING ||
                    status.phase == DIALECT_NO_NEWS);
        dialect_status_free(&status);
    }
    buf_clear(&body);
    for (int i = 0; i < 100000; i++)
        buf_str(&body, "{\"data\":");
    a = answer(200, body.data);
    assert_accepted(d, &a, NULL);
    buf_free(&body);
}

static void names_are_known_or_not(void **state)
{
    struct fixture *f = *state;
    struct err err;
    static const char *const names[] = {"x", "", "reverse/answer", "../boot"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        assert_null(dialects_get(f->dialects, names[i], f->dir, &err));
        char *text = xasprintf(
            "no dialect is called '%s'; built in: official, reverse", names[i]);
        assert_string_equal(err.text, text);
        assert_int_equal(err.kind, ERR_RECIPE);
        free(text);
    }
}

// --- a user's

static void a_file_beside_the_recipe(void **state)
{
    struct fixture *f = *state;
    struct err err = {.text = ""};
    const struct dialect *d = mine_with(
        f,
        "M.data_uri = true "
        "M.fields = {generate = {{name = 'prompt', type = 'text', "
        "required = true}, {name = 'seconds', type = 'integer', "
        "choices = {5, 7.5}, min = 1, max = 10, models = {'m'}}, "
        "{name = 'extra', type = 'any'}}} "
        "M.defaults = {generate = {seconds = 5}} "
        "M.price = function(_, r) return r.seconds * 0.0125, 0.01 end",
        &err);
    if (!d)
        fail_msg("%s", err.text);
    assert_string_equal(d->name, "mine");
    assert_true(d->data_uri);
    assert_false(d->never_data_uri);
    assert_null(d->cancel);
    const struct field_table *table = d->fields(d->ctx, "generate");
    assert_int_equal(table->n, 3);
    assert_true(table->fields[0].required);
    assert_int_equal(table->fields[1].type, FIELD_INTEGER);
    assert_string_equal(table->fields[1].choices[1], "7.5");
    assert_null(table->fields[1].choices[2]);
    assert_string_equal(table->fields[1].models[0], "m");
    assert_true(table->fields[1].has_min && table->fields[1].max == 10);
    struct value *request = json("{\"seconds\":5,\"list\":[],\"map\":{}}");
    int64_t least;
    assert_int_equal(d->price(d->ctx, "generate", request, &least), 63);
    assert_int_equal(least, 10);
    struct dialect_call call;
    assert_true(d->submit(d->ctx, "generate", request, &ctx, &call, &err));
    assert_json("{\"seconds\":5,\"list\":[],\"map\":{}}", call.body);
    assert_null(call.headers);
    dialect_call_free(&call);
    assert_null(d->callback(d->ctx, "{}", 2)); // it has no such function
    assert_ptr_equal(d, dialects_get(f->dialects, "./mine.lua", f->dir, &err));
    value_free(request);
}

static void it_may_cancel(void **state)
{
    struct fixture *f = *state;
    struct err err = {.text = ""};
    assert_null(reverse(f)->cancel);
    const struct dialect *d =
        mine_with(f,
                  "M.data_uri = 'never' M.cancel = function(id, c) return "
                  "{method = 'DELETE', path = c.prefix .. '/tasks/' .. id} end",
                  &err);
    if (!d)
        fail_msg("%s", err.text);
    assert_true(d->never_data_uri);
    assert_false(d->data_uri);
    struct dialect_ctx v1 = {.prefix = "/v1", .callback_url = ""};
    struct dialect_call call;
    assert_true(d->cancel(d->ctx, UUID, &v1, &call, &err));
    assert_string_equal(call.method, "DELETE");
    assert_string_equal(call.path, "/v1/tasks/" UUID);
    assert_null(call.body);
    dialect_call_free(&call);
}

static void it_lists_what_it_has(void **state)
{
    struct fixture *f = *state;
    struct err err = {.text = ""};
    const struct dialect *d = reverse(f);
    struct dialect_ctx v1 = {.prefix = "/v1", .callback_url = ""};
    struct dialect_call call;
    assert_true(d->list(d->ctx, 2, &v1, &call, &err));
    assert_string_equal(call.path, "/v1/list?page=2&limit=100");
    dialect_call_free(&call);
    static const char body[] =
        "{\"data\":{\"page\":1,\"limit\":1,\"total\":2,\"complete\":true,"
        "\"uptime_ms\":5,\"tasks\":[{\"task_id\":\"t\",\"callback_url\":"
        "\"http://h/cb/1\"}]}}";
    struct dialect_answer answer = {
        .status = 200, .body = body, .len = sizeof(body) - 1};
    struct dialect_list list;
    assert_true(d->listed(d->ctx, &answer, &list, &err));
    assert_true(list.read && list.complete && list.more);
    assert_int_equal(list.total, 2);
    assert_int_equal(list.uptime_ms, 5);
    assert_int_equal(list.n, 1);
    assert_string_equal(list.tasks[0].task_id, "t");
    assert_string_equal(list.tasks[0].callback_url, "http://h/cb/1");
    dialect_list_free(&list);
    answer.status = 502;
    assert_true(d->listed(d->ctx, &answer, &list, &err));
    assert_false(list.read || list.complete);
    d = mine_with(f,
                  "M.list_complete = false M.list = error "
                  "M.listed = function() end",
                  &err);
    assert_non_null(d);
    assert_true(!d->list && !d->listed);
}

static void it_tells_what_the_account_allows(void **state)
{
    struct fixture *f = *state;
    struct err err = {.text = ""};
    struct dialect_call call;
    struct dialect_account account;
    struct dialect_answer said = answer(200, "{}");
    const struct dialect *d =
        mine_with(f,
                  "M.account = function(ctx) return {method = 'GET', path = "
                  "ctx.prefix .. '/me'} end M.accounted = function(status) "
                  "return status == 200 and {balance = 2.5, models = {m = "
                  "{in_flight = 3}, n = {left_today = 0}}} or nil end",
                  &err);
    if (!d)
        fail_msg("%s", err.text);
    struct dialect_ctx v1 = {.prefix = "/v1", .callback_url = ""};
    assert_true(d->account(d->ctx, &v1, &call, &err));
    assert_string_equal(call.path, "/v1/me");
    dialect_call_free(&call);
    assert_true(d->accounted(d->ctx, &said, &account, &err));
    assert_true(account.read);
    assert_int_equal(account.balance, 2500);
    assert_int_equal(account.n, 2);
    assert_string_equal(account.models[0].name, "m");
    assert_int_equal(account.models[0].in_flight, 3);
    assert_int_equal(account.models[0].left_today, -1);
    assert_string_equal(account.models[1].name, "n");
    assert_int_equal(account.models[1].left_today, 0);
    dialect_account_free(&account);
    said.status = 401;
    assert_true(d->accounted(d->ctx, &said, &account, &err));
    assert_false(account.read);
    d = reverse(f);
    assert_true(!d->account && !d->accounted);
}

// A question that would buy is none.
static void the_account_is_only_asked_for(void **state)
{
    struct err err = {.text = ""};
    struct dialect_call call;
    const struct dialect *d =
        mine_with(*state,
                  "M.account = function() return {method = 'POST', path = "
                  "'/generate'} end M.accounted = error",
                  &err);
    if (!d)
        fail_msg("%s", err.text);
    assert_false(d->account(d->ctx, &ctx, &call, &err));
    assert_non_null(strstr(err.text, "account(): method: \"GET\" is needed"));
    assert_null(call.path);
}

static void it_can_build_on_another(void **state)
{
    struct err err = {.text = ""};
    const struct dialect *d =
        mine(*state,
             "local M = require 'dialect.reverse' M.name = 'mine' "
             "assert(require 'dialect.reverse' == M) "
             "local old = M.submit M.submit = function(...) "
             "local call = old(...) call.path = '/other' return call end "
             "return M",
             &err);
    if (!d)
        fail_msg("%s", err.text);
    struct value *request = json("{\"prompt\":\"a\"}");
    struct dialect_call call;
    assert_true(d->submit(d->ctx, "generate", request, &ctx, &call, &err));
    assert_string_equal(call.path, "/other");
    dialect_call_free(&call);
    value_free(request);
    // and spoils nothing
    assert_string_equal(reverse(*state)->name, "reverse");
}

static void refuse_file(struct fixture *f, const char *name, const char *why)
{
    struct err err;
    assert_null(dialects_get(f->dialects, name, f->dir, &err));
    assert_int_equal(err.kind, ERR_RECIPE);
    if (!strstr(err.text, why))
        fail_msg("expected '%s' in: %s", why, err.text);
}

static void files_are_confined(void **state)
{
    struct fixture *f = *state;
    struct err err;
    refuse_file(f, "missing.lua", "no such file beside the recipe");
    refuse_file(f, "../../../../../../etc/missing.lua", "missing.lua");
    char *link = path_join(f->dir, "link.lua");
    assert_int_equal(symlink("/etc/passwd", link), 0);
    refuse_file(f, "link.lua", "leads out of");
    free(link);
    assert_null(dialects_get(f->dialects, "mine.lua", NULL, &err));
    assert_non_null(strstr(err.text, "there is no recipe"));

    char *large = xmalloc(DIALECT_SOURCE_MAX + 1);
    memset(large, ' ', DIALECT_SOURCE_MAX + 1);
    write_file(f->dir, "mine.lua", large, DIALECT_SOURCE_MAX + 1);
    refuse_file(f, "mine.lua", "dialect 'mine.lua'");
    free(large);
    write_file(f->dir, "mine.lua", "\x1bLua\x54", 5);
    refuse_file(f, "mine.lua", "binary chunk");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reverse_has_its_tables, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(reverse_checks_requests, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(reverse_submits, setup, teardown),
        cmocka_unit_test_setup_teardown(reverse_reads_submit_answers, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(reverse_reads_poll_answers, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(reverse_bears_large_answers, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(names_are_known_or_not, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_file_beside_the_recipe, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(it_may_cancel, setup, teardown),
        cmocka_unit_test_setup_teardown(it_lists_what_it_has, setup, teardown),
        cmocka_unit_test_setup_teardown(it_tells_what_the_account_allows, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_account_is_only_asked_for, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(it_can_build_on_another, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(files_are_confined, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
