#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <lauxlib.h>

#include "data/json.h"
#include "script/convert.h"
#include "script/freeze.h"
#include "script/json.h"
#include "script/machine.h"
#include "script/sandbox.h"

static int open_all(lua_State *L)
{
    (void)L;
    sandbox_open(L);
    convert_open(L);
    return 0;
}

static struct machine *machine(void)
{
    struct machine *m = machine_new(NULL);
    struct err err;
    if (machine_call(m, open_all, NULL, NULL, &err) != MACHINE_DONE)
        fail_msg("%s", err.text);
    return m;
}

struct run {
    const char *source;
    struct value *value; // of the chunk's result
    struct err err;
};

// Run a chunk with `json` in its environment and read what it returns.
static int run_chunk(lua_State *L)
{
    struct run *run = lua_touserdata(L, 1);
    lua_newtable(L);     // own
    json_facade_push(L); // own json
    lua_setfield(L, -2, "json");
    sandbox_environment(L); // env
    if (!sandbox_load(L, run->source, strlen(run->source), "=test", -1))
        return lua_error(L);
    lua_call(L, 0, 1); // env result
    run->value = convert_read(L, -1, "value", &run->err);
    return 0;
}

static void run(struct machine *m, const char *source, struct run *out)
{
    *out = (struct run){.source = source};
    machine_call(m, run_chunk, out, NULL, &out->err);
}

struct reading {
    const char *source, *json; // canonical
    const char *error;
};

static const struct reading readings[] = {
    {"return 5", "5", 0},
    {"return 5.0", "5", 0},
    {"return -0.0", "0", 0},
    {"return 2^53", "9007199254740992", 0},
    {"return math.maxinteger", "9223372036854775807", 0},
    {"return 0.1", "0.1", 0},
    {"return 'a\\0b'", "\"a\\u0000b\"", 0},
    {"return true", "true", 0},
    {"return json.null", "null", 0},
    {"return {}", "{}", 0},
    {"return json.list {}", "[]", 0},
    {"return json.list(json.list {})", "[]", 0},
    {"return {1, 2, {3}}", "[1,2,[3]]", 0},
    {"return {b = 1, a = {c = 'x'}}", "{\"a\":{\"c\":\"x\"},\"b\":1}", 0},
    {"return {[1.0] = 'x'}", "[\"x\"]", 0},
    {"return {1, nil, 3}", NULL, "value: a list with holes"},
    {"return {[2] = 1}", NULL, "value: a list with holes"},
    {"return {1, a = 2}", NULL,
     "value: a table with both a list and named fields"},
    {"return {[1.5] = 1}", NULL, "neither a text nor a place in a list"},
    {"return {[0] = 1}", NULL, "neither a text nor a place in a list"},
    {"return {[true] = 1}", NULL, "neither a text nor a place in a list"},
    {"return {a = {b = {0 / 0}}}", NULL, "value.a.b[1]: not a finite number"},
    {"return {x = math.huge}", NULL, "value.x: not a finite number"},
    {"return {f = tostring}", NULL, "value.f: a function cannot be used"},
    {"return nil", NULL, "value: a nil cannot be used"},
    {"return '\\xff'", NULL, "value: a text that is not UTF-8"},
    {"return {['a\\0'] = 1}", NULL, "value: a key that is not a text"},
    {"return {['\\xff'] = 1}", NULL, "value: a key that is not a text"},
    {"local t = {} t.t = t return t", NULL, "nested too deeply"},
    // One more than what is read again from the ledger.
    {"local t = 1 for _ = 1, 65 do t = {t} end return t", NULL,
     "nested too deeply"},
    {"local t = {} for i = 1, 300000 do t[i] = i end return t", NULL,
     "too many values"},

    {"return json.decode '{\"a\":[1,2.5,\"x\",null,true]}'",
     "{\"a\":[1,2.5,\"x\",null,true]}", 0},
    {"return json.decode '[]'", "[]", 0},
    {"return json.decode '{\"a\":[ ],\"b\":{}}'", "{\"a\":[],\"b\":{}}", 0},
    {"assert(math.type(json.decode '[3]'[1]) == 'integer') "
     "assert(math.type(json.decode '3') == 'integer') "
     "assert(math.type(json.decode '3.5') == 'float') return {}",
     "{}", 0},
    {"return json.decode '[12345678901234567,1234567890123456789]'",
     "[12345678901234567,1234567890123456789]", 0},
    {"return json.decode '[\"a\\\\u0000b\",\"\\\\ud83d\\\\ude00\"]'",
     "[\"a\\u0000b\",\"\xf0\x9f\x98\x80\"]", 0},
    {"return json.decode '\"[[[[\"'", "\"[[[[\"", 0},
    {"return json.encode {b = 1.0, a = json.list {}, c = 'x/y'}",
     "\"{\\\"a\\\":[],\\\"b\\\":1,\\\"c\\\":\\\"x/y\\\"}\"", 0},
    {"return json.decode(json.encode {1, {x = 0.1}})", "[1,{\"x\":0.1}]", 0},
    {"return json.decode '[NaN]'", NULL, "test:1: Expected value"},
    {"return json.decode '0x10'", NULL, "test:1: Expected"},
    {"return json.decode '{'", NULL, "test:1: Expected"},
    {"return json.decode '[1] x'", NULL, "test:1: Expected the end"},
    {"return json.decode ''", NULL, "test:1: Expected value"},
    {"return json.decode(('['):rep(65))", NULL,
     "JSON nested deeper than 64 levels"},
    {"return json.decode(('['):rep(64) .. (']'):rep(64))",
     "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
     "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
     0},
    {"return json.decode((' '):rep((16 << 20) + 1))", NULL, "is too long"},
    {"return json.decode('[' .. ('0,'):rep(2 << 20) .. '0]')", NULL,
     "needs more memory than is left"},
    {"return json.decode {}", NULL, "string expected"},
    {"return json.encode(print)", NULL, "json.encode: a nil cannot be used"},
    {"return json.encode(tostring)", NULL,
     "test:1: json.encode: a function cannot be used"},
    {"return json.encode()", NULL, "value expected"},
    {"return json.list(5)", NULL, "table expected"},
};

static void values_are_read(void **state)
{
    (void)state;
    struct machine *m = machine();
    for (size_t i = 0; i < sizeof(readings) / sizeof(*readings); i++) {
        const struct reading *r = &readings[i];
        struct run out;
        run(m, r->source, &out);
        if (r->json && !out.value)
            fail_msg("%s: %s", r->source, out.err.text);
        if (!r->json && out.value)
            fail_msg("%s: it worked", r->source);
        if (r->json) {
            struct buf text;
            buf_init(&text, 1 << 20);
            json_canonical(out.value, &text);
            assert_string_equal(text.data, r->json);
            buf_free(&text);
        } else if (!strstr(out.err.text, r->error)) {
            fail_msg("%s: '%s' is not in '%s'", r->source, r->error,
                     out.err.text);
        }
        value_free(out.value);
    }
    machine_free(m);
}

struct round {
    const struct value *in;
    struct value *plain, *frozen;
    struct err err;
};

static int push_and_read(lua_State *L)
{
    struct round *round = lua_touserdata(L, 1);
    convert_push(L, round->in); // v
    round->plain = convert_read(L, -1, "value", &round->err);
    convert_push_frozen(L, round->in, "it"); // v view
    round->frozen = convert_read(L, -1, "value", &round->err);
    convert_push(L, NULL);
    if (!lua_isnil(L, -1))
        return luaL_error(L, "NULL is not nil");
    return 0;
}

static void a_tree_survives_the_way_there_and_back(void **state)
{
    (void)state;
    static const char text[] =
        "{\"a\":[1,2.5,[],{}],\"b\":{\"c\":true,\"d\":\"x\"},\"e\":-7}";
    struct value *v = json_read(text, strlen(text), JSON_STRICT, NULL);
    struct machine *m = machine();
    struct round round = {.in = v};
    assert_int_equal(machine_call(m, push_and_read, &round, NULL, &round.err),
                     MACHINE_DONE);
    assert_non_null(round.plain);
    assert_non_null(round.frozen);
    assert_true(value_equal(v, round.plain));
    assert_true(value_equal(v, round.frozen));
    value_free(round.plain);
    value_free(round.frozen);
    value_free(v);
    machine_free(m);
}

static const char tag_key;
static const char other_key;

static int tag(lua_State *L)
{
    int *here = lua_touserdata(L, 1);
    lua_newtable(L);
    freeze(L, "it");
    freeze_tag(L, &tag_key, here, 7);
    void *pointer = NULL;
    lua_Integer n = 0;
    *here = freeze_tagged(L, -1, &tag_key, &pointer, &n) && pointer == here &&
            n == 7 && !freeze_tagged(L, -1, &other_key, &pointer, &n);
    lua_newtable(L);
    *here = *here && !freeze_tagged(L, -1, &tag_key, &pointer, &n) &&
            !freeze_behind(L, -1);
    return 0;
}

static void a_view_remembers_its_tag(void **state)
{
    (void)state;
    struct machine *m = machine();
    int ok = 0;
    struct err err;
    assert_int_equal(machine_call(m, tag, &ok, NULL, &err), MACHINE_DONE);
    assert_true(ok);
    machine_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read),
        cmocka_unit_test(a_tree_survives_the_way_there_and_back),
        cmocka_unit_test(a_view_remembers_its_tag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
