// Fail every allocation of Lua, one after the other: nothing leaks, nothing
// ends the process, and no answer is taken for a refusal or a failure that it
// is not.

#include "dialect_test.h"

struct memory {
    bool limited;
    long left; // allocations that are still granted
    bool refused;
};

static bool may_grow(void *arg)
{
    struct memory *m = arg;
    if (!m->limited || m->left-- > 0)
        return true;
    m->refused = true;
    return false; // from now on: the collector asks again
}

// One operation, done with ever more memory until it needs no more.
static void each_allocation(struct memory *m, bool (*one)(void *arg), void *arg)
{
    for (long n = 0;; n++) {
        *m = (struct memory){.limited = true, .left = n};
        bool ok = one(arg);
        m->limited = false;
        if (!m->refused) {
            assert_true(ok);
            assert_true(n > 0);
            return;
        }
    }
}

struct rig {
    struct memory memory;
    struct machine_config config;
    struct dialects *dialects;
    const struct dialect *d;
};

static int setup_rig(void **state)
{
    struct rig *rig = xcalloc(1, sizeof(*rig));
    struct err err;
    rig->config =
        (struct machine_config){.may_grow = may_grow, .arg = &rig->memory};
    rig->dialects = dialects_new_in(NULL, &rig->config);
    rig->d = dialects_get(rig->dialects, "reverse", NULL, &err);
    assert_non_null(rig->d);
    *state = rig;
    return 0;
}

static int teardown_rig(void **state)
{
    struct rig *rig = *state;
    dialects_free(rig->dialects);
    free(rig);
    return 0;
}

static bool load(void *arg)
{
    struct rig *rig = arg;
    struct err err = {.text = ""};
    struct dialects *dialects = dialects_new_in(NULL, &rig->config);
    const struct dialect *d = dialects_get(dialects, "reverse", NULL, &err);
    if (d)
        assert_string_equal(d->name, "reverse");
    else
        assert_non_null(strstr(err.text, "memory"));
    dialects_free(dialects);
    return d != NULL;
}

static void loading(void **state)
{
    struct rig *rig = *state;
    each_allocation(&rig->memory, load, rig);
}

static bool send(void *arg)
{
    struct rig *rig = arg;
    const struct dialect *d = rig->d;
    struct dialect_call submit, poll;
    struct err err;
    struct value *request =
        json("{\"prompt\":\"a\",\"motion\":{\"x\":1},\"extra\":{\"options\":"
             "{\"flip\":true}}}");
    bool ok = d->submit(d->ctx, "generate", request, &ctx, &submit, &err) &&
              d->poll(d->ctx, "t", &ctx, &poll, &err);
    value_free(request);
    if (ok) {
        assert_string_equal(submit.path, "/runway/pro/generate");
        assert_int_equal(value_count(value_get(submit.body, "options")), 3);
        assert_string_equal(poll.path, "/runway/feed");
        dialect_call_free(&poll);
    }
    dialect_call_free(&submit);
    return ok;
}

static void sending(void **state)
{
    struct rig *rig = *state;
    each_allocation(&rig->memory, send, rig);
}

static bool accept(void *arg)
{
    struct rig *rig = arg;
    const struct dialect *d = rig->d;
    struct dialect_answer a =
        answer(200, "{\"code\":200,\"msg\":\"成功\",\"data\":{\"task_id\":"
                    "\"" UUID "\"},\"exec_time\":0.67573}");
    struct dialect_accepted out;
    struct err err;
    bool ok = d->accepted(d->ctx, &a, &out, &err);
    assert_int_not_equal(out.bought, DIALECT_NOT_BOUGHT);
    if (!ok)
        assert_int_equal(out.bought, DIALECT_BOUGHT_UNKNOWN);
    if (out.bought == DIALECT_BOUGHT)
        assert_string_equal(out.task_id, UUID);
    else
        ok = false;
    dialect_accepted_free(&out);
    return ok;
}

static void accepting(void **state)
{
    struct rig *rig = *state;
    each_allocation(&rig->memory, accept, rig);
}

static bool read_state(void *arg)
{
    struct rig *rig = arg;
    const struct dialect *d = rig->d;
    struct dialect_answer a =
        answer(200, "{\"code\":\"success\",\"data\":{\"task_id\":\"t\","
                    "\"status\":\"SUCCESS\",\"progress\":\"100%\",\"data\":"
                    "{\"output\":[\"https://h/a.mp4\"]}}}");
    struct dialect_status out;
    struct err err;
    bool ok = d->state(d->ctx, &a, &out, &err);
    if (!ok)
        assert_int_equal(out.phase, DIALECT_NO_NEWS);
    assert_true(out.phase == DIALECT_NO_NEWS || out.phase == DIALECT_SUCCEEDED);
    if (out.phase == DIALECT_SUCCEEDED)
        assert_json("[\"https://h/a.mp4\"]", out.urls);
    else
        ok = false;
    dialect_status_free(&out);
    return ok;
}

static void reading_states(void **state)
{
    struct rig *rig = *state;
    each_allocation(&rig->memory, read_state, rig);
}

static bool hear(void *arg)
{
    struct rig *rig = arg;
    static const char body[] = "{\"task_id\":\"t\",\"status\":\"3\"}";
    char *id = rig->d->callback(rig->d->ctx, body, sizeof(body) - 1);
    bool ok = id != NULL;
    if (ok)
        assert_string_equal(id, "t");
    free(id);
    return ok;
}

static void hearing(void **state)
{
    struct rig *rig = *state;
    each_allocation(&rig->memory, hear, rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(loading, setup_rig, teardown_rig),
        cmocka_unit_test_setup_teardown(sending, setup_rig, teardown_rig),
        cmocka_unit_test_setup_teardown(accepting, setup_rig, teardown_rig),
        cmocka_unit_test_setup_teardown(reading_states, setup_rig,
                                        teardown_rig),
        cmocka_unit_test_setup_teardown(hearing, setup_rig, teardown_rig),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
