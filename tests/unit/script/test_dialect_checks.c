// Users' dialects with mistakes, or worse: each is named, and nothing of what
// it returned is used.

#include "dialect_test.h"

static void bad_modules_are_refused(void **state)
{
    static const struct {
        const char *lua, *why;
    } cases[] = {
        {"return", "a dialect returns its table, found nil"},
        {"return {", "mine.lua:1:"},
        {"error('no')", "mine.lua:1: no"},
        {"error({})", "table"},
        {"return {}", "the module has no function 'accepted'"},
        {"return {accepted = 1}", "'accepted' is a number, not a function"},
        {"io.write('x')", "io"},
        {"os.exit(0)", "os"},
        {"x = 1", "writing the global 'x'"},
        {"return require 'boot'", "a dialect can require 'json'"},
        {"return require 'dialect.nothing'", "a dialect can require 'json'"},
        {"return require('dialect.reverse\\0x')", "a dialect can require"},
        {"while true do end", "budget"},
        {"local t = {} for i = 1, 1e7 do t[i] = {i} end", "not enough memory"},
        {HEAD "M.name = '' " REST, "name: a short text is needed"},
        {HEAD "M.version = 3 " REST, "version: a short text is needed"},
        {HEAD "M.data_uri = 'no' " REST,
         "data_uri: true, false or \"never\" is"},
        {HEAD "M.cancel = true " REST, "'cancel' is a boolean, not a function"},
        {HEAD "M.list = function() end " REST,
         "'list' and 'listed' need each other"},
        {HEAD "M.account = function() end " REST,
         "'account' and 'accounted' need each other"},
        {HEAD "M.accounted = function() end " REST,
         "'account' and 'accounted' need each other"},
        {HEAD "M.fields = 'no' " REST, "fields: a list for each route"},
        {HEAD "M.fields = {generate = 1} " REST, "fields.generate: a list"},
        {HEAD "M.fields = {generate = {1}} " REST, "fields.generate[1]: a"},
        {HEAD "M.fields = {generate = {{name = 'x'}}} " REST,
         "fields.generate[1].name: no request has such a field"},
        {HEAD "M.fields = {generate = {{name = 'style', type = 'txt'}}} " REST,
         "fields.generate[1].type: it is one of text number integer boolean "
         "file any"},
        {HEAD "M.fields = {generate = {{name = 'style', type = 'text', "
              "choice = {}}}} " REST,
         "fields.generate[1]: a field has name type required"},
        {HEAD "M.fields = {generate = {{name = 'style', type = 'text', "
              "choices = {true}}}} " REST,
         "fields.generate[1].choices: a list of texts or numbers"},
        {HEAD "M.fields = {generate = {{name = 'seed', type = 'integer', "
              "min = 'a'}}} " REST,
         "fields.generate[1].min: a number is needed"},
        {HEAD "M.fields = {generate = {{name = 'seed', type = 'integer', "
              "required = 1}}} " REST,
         "fields.generate[1].required: true or false"},
        {HEAD "M.fields = {generate = {{name = 'image', type = 'file', "
              "bytes_max = 0}}} " REST,
         "fields.generate[1].bytes_max: a number of bytes"},
        {HEAD "M.models = 3 " REST, "models: a list for each route"},
        {HEAD "M.fields = {generate = {{name = 'seed', type = 'integer'}}} "
              "M.models = {generate = 1} " REST,
         "models.generate: a list of texts"},
        {HEAD "M.defaults = {generate = 5} " REST, "defaults: a table"},
        {HEAD "M.defaults = {f = function() end} " REST, "defaults.f"},
    };
    struct err err;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_null(mine(*state, cases[i].lua, &err));
        assert_int_equal(err.kind, ERR_RECIPE);
        if (!strstr(err.text, cases[i].why) ||
            !strstr(err.text, "dialect 'mine.lua'"))
            fail_msg("%s: %s", cases[i].lua, err.text);
    }
}

static void bad_calls_are_refused(void **state)
{
    static const struct {
        const char *result, *why;
    } cases[] = {
        {"nil", "a table of method, path"},
        {"'x'", "a table of method, path"},
        {"{method = 'POST', path = '/', url = ''}", "a table of method, path"},
        {"{path = '/'}", "method:"},
        {"{method = 'DELETE', path = '/'}", "method:"},
        {"{method = 'GET'}", "path:"},
        {"{method = 'GET', path = ''}", "path:"},
        {"{method = 'GET', path = 'a'}", "path:"},
        {"{method = 'GET', path = '//host/a'}", "path:"},
        {"{method = 'GET', path = '/\\\\host/a'}", "path:"},
        {"{method = 'GET', path = '/a b'}", "path:"},
        {"{method = 'GET', path = '/a\\r\\nHost: b'}", "path:"},
        {"{method = 'GET', path = '/a\\0b'}", "path:"},
        {"{method = 'GET', path = ('/'):rep(1) .. ('a'):rep(5000)}", "path:"},
        {"{method = 'GET', path = '/', headers = 'x'}", "headers:"},
        {"{method = 'GET', path = '/', headers = {'x'}}", "headers:"},
        {"{method = 'GET', path = '/', headers = {Authorization = 'x'}}",
         "a dialect may not set 'Authorization'"},
        {"{method = 'GET', path = '/', headers = {AUTHORIZATION = 'x'}}",
         "a dialect may not set 'AUTHORIZATION'"},
        {"{method = 'GET', path = '/', headers = {hOST = 'x'}}",
         "a dialect may not set 'hOST'"},
        {"{method = 'GET', path = '/', headers = {['a: b'] = 'x'}}",
         "a name that is none"},
        {"{method = 'GET', path = '/', headers = {['Host '] = 'x'}}",
         "a name that is none"},
        {"{method = 'GET', path = '/', headers = {A = 'x\\r\\nHost: b'}}",
         "'A' is not a text of one line"},
        {"{method = 'GET', path = '/', headers = {A = 1}}",
         "'A' is not a text of one line"},
        {"{method = 'POST', path = '/', body = 'x'}", "body:"},
        {"{method = 'POST', path = '/', body = {1}}", "body:"},
        {"{method = 'POST', path = '/', body = {f = tostring}}", "result"},
        {"{method = 'POST', path = '/', body = {x = 0/0}}", "finite"},
        {"error('lost')", "mine.lua:1: lost"},
        {"error(nil)", "submit()"},
        {"(function() while true do end end)()", "budget"},
        {"(function() while true do pcall(function() while true do end end) "
         "end end)()",
         "budget"},
        {"('x'):rep(1e10)", "memory"},
    };
    struct dialect_call call;
    struct err err = {.text = ""};
    struct value *request = json("{\"prompt\":\"a\"}");
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char *middle =
            xasprintf("M.submit = function() return %s end", cases[i].result);
        const struct dialect *d = mine_with(*state, middle, &err);
        if (!d)
            fail_msg("%s: %s", middle, err.text);
        bool ok = d->submit(d->ctx, "generate", request, &ctx, &call, &err);
        if (ok || err.kind != ERR_RECIPE || !strstr(err.text, cases[i].why) ||
            !strstr(err.text, "dialect 'mine.lua', submit(): "))
            fail_msg("%s: %s", middle, ok ? "taken" : err.text);
        assert_true(!call.path && !call.headers && !call.body);
        free(middle);
    }
    value_free(request);
}

static void bad_cancels_are_refused(void **state)
{
    static const struct {
        const char *result, *why;
    } cases[] = {
        {"nil", "a table of method, path"},
        {"{method = 'GET', path = '/'}",
         "method: \"DELETE\" or \"POST\" is needed"},
        {"{method = 'DELETE', path = '//host/a'}", "path:"},
        {"{method = 'DELETE', path = '/', headers = {Host = 'x'}}",
         "a dialect may not set 'Host'"},
        {"error('lost')", "mine.lua:1: lost"},
    };
    struct dialect_call call;
    struct err err = {.text = ""};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char *middle =
            xasprintf("M.cancel = function() return %s end", cases[i].result);
        const struct dialect *d = mine_with(*state, middle, &err);
        if (!d)
            fail_msg("%s: %s", middle, err.text);
        bool ok = d->cancel(d->ctx, UUID, &ctx, &call, &err);
        if (ok || err.kind != ERR_RECIPE || !strstr(err.text, cases[i].why) ||
            !strstr(err.text, "dialect 'mine.lua', cancel(): "))
            fail_msg("%s: %s", middle, ok ? "taken" : err.text);
        free(middle);
    }
}

// A list that is not quite one proves nothing.
static void bad_lists_are_errors(void **state)
{
    static const struct {
        const char *result, *why;
    } cases[] = {
        {"true", "a table of complete, more, total"},
        {"{}", "complete and more: true or false"},
        {"{complete = 1}", "complete and more: true or false"},
        {"{complete = true, more = 'no'}", "complete and more: true or false"},
        {"{complete = true, tasks = {}}", "total: a whole number"},
        {"{complete = true, total = -1, tasks = {}}", "total: a whole number"},
        {"{complete = true, total = 0}", "tasks: a list of at most"},
        {"{complete = true, total = 0, uptime_ms = 0.5, tasks = {}}",
         "uptime_ms: a whole number"},
        {"{complete = true, total = 1, tasks = {'t'}}", "tasks: a list of"},
        {"{complete = true, total = 1, tasks = {{task_id = ''}}}",
         "tasks: a list of"},
        {"{complete = true, total = 1, tasks = {{task_id = 't', "
         "callback_url = 1}}}",
         "a callback_url is a text"},
    };
    struct err err = {.text = ""};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char *middle = xasprintf("M.list_complete = true M.list = error "
                                 "M.listed = function() return %s end",
                                 cases[i].result);
        const struct dialect *d = mine_with(*state, middle, &err);
        if (!d)
            fail_msg("%s: %s", middle, err.text);
        struct dialect_answer answer = {.status = 200};
        struct dialect_list list;
        bool ok = d->listed(d->ctx, &answer, &list, &err);
        if (ok || !strstr(err.text, cases[i].why) ||
            !strstr(err.text, "dialect 'mine.lua', listed(): "))
            fail_msg("%s: %s", middle, ok ? "taken" : err.text);
        assert_true(!list.tasks && !list.n && !list.complete);
        free(middle);
    }
}

// Limits that are none would stop a run, or let it buy too much.
static void bad_accounts_are_errors(void **state)
{
    static const struct {
        const char *result, *why;
    } cases[] = {
        {"true", "a table of balance and models is"},
        {"{1}", "a table of balance and models is"},
        {"{credits = 5}", "a table of balance and models is"},
        {"{balance = '5'}", "balance: a number of credits"},
        {"{balance = -1}", "balance: a number of credits"},
        {"{balance = 1e13}", "balance: a number of credits"},
        {"{models = 5}", "models: a table from at most 1000 names"},
        {"{models = {{}}}", "models: a table from at most 1000 names"},
        {"{models = {['a b'] = {}}}", "models: a name that is none"},
        {"{models = {[('x'):rep(129)] = {}}}", "models: a name that is none"},
        {"{models = {m = 5}}", "models: 'm': a table of in_flight"},
        {"{models = {m = {left = 5}}}", "models: 'm': a table of in_flight"},
        {"{models = {m = {in_flight = -1}}}", "models: 'm': a table of"},
        {"{models = {m = {in_flight = 1.5}}}", "models: 'm': a table of"},
        {"{models = {m = {left_today = '5'}}}", "models: 'm': a table of"},
        {"{models = {m = {left_today = 1 << 40}}}", "models: 'm': a table of"},
        {"{models = {a = {in_flight = 1}, m = {in_flight = true}}}",
         "models: 'm': a table of"},
    };
    struct err err = {.text = ""};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char *middle = xasprintf("M.account = error "
                                 "M.accounted = function() return %s end",
                                 cases[i].result);
        const struct dialect *d = mine_with(*state, middle, &err);
        if (!d)
            fail_msg("%s: %s", middle, err.text);
        struct dialect_answer answer = {.status = 200};
        struct dialect_account account;
        bool ok = d->accounted(d->ctx, &answer, &account, &err);
        if (ok || !strstr(err.text, cases[i].why) ||
            !strstr(err.text, "dialect 'mine.lua', accounted(): "))
            fail_msg("%s: %s", middle, ok ? "taken" : err.text);
        assert_true(!account.read && !account.models && !account.n);
        free(middle);
    }
}

// What a dialect cannot say about money is not guessed.
static void bad_answers_are_errors(void **state)
{
    static const char *const accepted[] = {
        "''",
        "('x'):rep(513)",
        "'a\\nb'",
        "'a\\0b'",
        "'\\xff'",
        "42",
        "{}",
        "true",
        "nil, 'no'",
        "nil, {bought = 'yes'}",
        "nil, {bought = false}",
        "nil, {bought = 'no', kind = 'Auth!'}",
        "nil, {bought = 'no', kind = ''}",
        "nil, {bought = 'no', reason = 1}",
        "nil, {bought = 'no', why = 'x'}",
        "nil, {bought = 'no', retry_after = '5'}",
        "nil, {bought = 'no', retry_after = -1}",
        "nil, {bought = 'no', retry_after = 1e9}",
        "nil, {bought = 'no', retry_after = 0/0}",
        "nil, {bought = 'no', reason = '\\xff'}",
        "error('x')",
        "(function() while true do end end)()",
    };
    struct dialect_answer a = answer(400, "{}");
    struct dialect_accepted out;
    struct err err = {.text = ""};
    for (size_t i = 0; i < sizeof(accepted) / sizeof(*accepted); i++) {
        char *middle =
            xasprintf("M.accepted = function() return %s end", accepted[i]);
        const struct dialect *d = mine_with(*state, middle, &err);
        assert_non_null(d);
        if (d->accepted(d->ctx, &a, &out, &err))
            fail_msg("%s", middle);
        assert_int_equal(out.bought, DIALECT_BOUGHT_UNKNOWN);
        assert_null(out.task_id);
        assert_non_null(strstr(err.text, "dialect 'mine.lua', accepted(): "));
        dialect_accepted_free(&out);
        free(middle);
    }
    const struct dialect *d =
        mine_with(*state, "M.accepted = function() end", &err);
    assert_true(d->accepted(d->ctx, &a, &out, &err));
    assert_int_equal(out.bought, DIALECT_BOUGHT_UNKNOWN);
    assert_int_equal(out.retry_after_ms, 0);
    dialect_accepted_free(&out);
    d = mine_with(*state,
                  "M.accepted = function() return nil, {bought = 'no', "
                  "kind = 'daily', retry_after = 90.5} end",
                  &err);
    assert_true(d->accepted(d->ctx, &a, &out, &err));
    assert_int_equal(out.bought, DIALECT_NOT_BOUGHT);
    assert_int_equal(out.retry_after_ms, 90500);
    dialect_accepted_free(&out);
}

static void bad_states_are_errors(void **state)
{
    static const char *const states[] = {
        "nil",
        "'running'",
        "{}",
        "{state = 'done'}",
        "{state = 3}",
        "{state = 'running', progress = 2}",
        "{state = 'running', progress = '1'}",
        "{state = 'succeeded', urls = 'https://h/a'}",
        "{state = 'succeeded', urls = {'file:///a'}}",
        "{state = 'succeeded', urls = {'https://h/a b'}}",
        "{state = 'succeeded', urls = {a = 'https://h/a'}}",
        "{state = 'succeeded', urls = {1}}",
        "{state = 'succeeded', last_frame = 'a.png'}",
        "{state = 'failed', kind = 'a b'}",
        "{state = 'failed', reason = {}}",
        "{state = 'succeeded', charge = -1}",
        "{state = 'succeeded', charge = 1e300}",
        "{state = 'running', percent = 1}",
        "error('x')",
    };
    struct dialect_answer a = answer(200, "{}");
    struct dialect_status out;
    struct err err = {.text = ""};
    for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
        char *middle =
            xasprintf("M.state = function() return %s end", states[i]);
        const struct dialect *d = mine_with(*state, middle, &err);
        assert_non_null(d);
        if (d->state(d->ctx, &a, &out, &err))
            fail_msg("%s", middle);
        assert_int_equal(out.phase, DIALECT_NO_NEWS);
        assert_null(out.urls);
        assert_non_null(strstr(err.text, "dialect 'mine.lua', state(): "));
        dialect_status_free(&out);
        free(middle);
    }
    const struct dialect *d = mine_with(*state,
                                        "M.state = function() return {state = "
                                        "'succeeded', urls = {}, charge = "
                                        "0.0005} end",
                                        &err);
    assert_true(d->state(d->ctx, &a, &out, &err));
    assert_null(out.urls);
    assert_int_equal(out.charge, 1);
    dialect_status_free(&out);
}

static void a_bad_least_price_is_the_price(void **state)
{
    static const char *const leasts[] = {"nil", "'5'", "-1", "8", "{}"};
    struct err err;
    struct value *request = json("{}");
    for (size_t i = 0; i < sizeof(leasts) / sizeof(*leasts); i++) {
        char *middle =
            xasprintf("M.price = function() return 7, %s end", leasts[i]);
        const struct dialect *d = mine_with(*state, middle, &err);
        int64_t least;
        assert_int_equal(d->price(d->ctx, "generate", request, &least), 7000);
        assert_int_equal(least, 7000);
        free(middle);
    }
    value_free(request);
}

static void bad_prices_are_unknown(void **state)
{
    static const char *const prices[] = {"nil",       "'5'",   "-1", "0/0",
                                         "math.huge", "1e300", "{}", "error()"};
    struct err err;
    struct value *request = json("{}");
    for (size_t i = 0; i < sizeof(prices) / sizeof(*prices); i++) {
        char *middle =
            xasprintf("M.price = function() return %s end", prices[i]);
        const struct dialect *d = mine_with(*state, middle, &err);
        int64_t least;
        assert_int_equal(d->price(d->ctx, "generate", request, &least), -1);
        assert_int_equal(least, -1);
        free(middle);
    }
    value_free(request);
}

// After all that, the machine still works.
static void a_mistake_does_not_last(void **state)
{
    struct err err;
    const struct dialect *d = mine_with(
        *state,
        "M.accepted = function(status) if status == 1 then while true do end "
        "end if status == 2 then local t = {} for i = 1, 1e8 do t[i] = {} end "
        "end return 't' end",
        &err);
    for (int i = 0; i < 3; i++) {
        struct dialect_accepted out;
        struct dialect_answer a = answer(1 + i % 2, "");
        assert_false(d->accepted(d->ctx, &a, &out, &err));
        a.status = 200;
        assert_accepted(d, &a, "t");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bad_modules_are_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(bad_calls_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_lists_are_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_accounts_are_errors, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(bad_cancels_are_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(bad_answers_are_errors, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(bad_states_are_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(a_bad_least_price_is_the_price, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(bad_prices_are_unknown, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_mistake_does_not_last, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
