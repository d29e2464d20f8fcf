#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

static const struct {
    const char *name, *source;
    const char *trace; // NULL: none
} cases[] = {
    {"the cell's function alone", "return function() error 'x' end", NULL},
    {"calls",
     "local function f(x)\n"
     "  return x.y.z\n"
     "end\n"
     "local m = {go = function(x) local r = f(x) return r end}\n"
     "return function()\n"
     "  local v = m.go({})\n"
     "end",
     "orbit.lua:2: in upvalue 'f'\n"
     "orbit.lua:4: in field 'go'\n"
     "orbit.lua:6: in the cell's function"},
    {"after a wait",
     "local function f() runway.sleep(0) error 'x' end\n"
     "return function() f() runway.sleep(0) end",
     "orbit.lua:1: in upvalue 'f'\n"
     "orbit.lua:2: in the cell's function"},
    {"our own Lua is not shown",
     "local function f() runway.wait('x', {no = 1}) return 1 end\n"
     "return function() return f() + 1 end",
     "orbit.lua:1: in upvalue 'f'\n"
     "orbit.lua:2: in the cell's function"},
    {"the error that was caught is not the one",
     "local function f() local function g() error 'x' end g() end\n"
     "return function() pcall(f) error 'y' end",
     NULL},
    {"main chunk", "local function f() error 'x' end\nlocal x = f()",
     "orbit.lua:1: in local 'f'\n"
     "orbit.lua:2: in the main chunk"},
    {"a budget",
     "local function f() while true do end end\n"
     "return function() f() return 1 end",
     "orbit.lua:1: in upvalue 'f'\n"
     "orbit.lua:2: in the cell's function"},
    {"the middle of many is left out",
     "local function f(n) if n == 0 then error 'x' end return 1 + f(n - 1) "
     "end\nreturn function() f(1000) end",
     "orbit.lua:1: in upvalue 'f'\n"
     "orbit.lua:1: in upvalue 'f'\n"
     "orbit.lua:1: in upvalue 'f'\n"
     "orbit.lua:1: in upvalue 'f'\n"
     "orbit.lua:1: in upvalue 'f'\n"
     "orbit.lua:1: in upvalue 'f'\n"
     "\xe2\x80\xa6 992 more\n"
     "orbit.lua:1: in upvalue 'f'\n"
     "orbit.lua:1: in upvalue 'f'\n"
     "orbit.lua:1: in upvalue 'f'\n"
     "orbit.lua:2: in the cell's function"},
    {"a name that is none",
     "return function()\n"
     "  local f = load(\"local function f() error 'x' end f()\", "
     "'@a\\nb\\27[2J')\n"
     "  f()\n"
     "end",
     "a?b?[2J:1: in local 'f'\n"
     "a?b?[2J:1: in the main chunk\n"
     "orbit.lua:3: in the cell's function"},
    {"an error of the world",
     "local function f() error {kind = 'mine'} end\n"
     "return function() f() end",
     NULL},
};

static void the_calls_are_told(void **state)
{
    (void)state;
    struct rig_options options = {.steps = 1000000};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct rig rig;
        rig_open(&rig, &options);
        assert_true(rig_run(&rig, cases[i].source));
        assert_false(rig.ok);
        bool same =
            cases[i].trace
                ? rig.traceback && strcmp(rig.traceback, cases[i].trace) == 0
                : !rig.traceback;
        if (!same)
            fail_msg("%s: %s\n%s", cases[i].name, rig.message,
                     rig.traceback ? rig.traceback : "(none)");
        rig_close(&rig);
    }
}

static void overflow_is_told(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    assert_true(rig_run(&rig, "local function f() return 1 + f() end\n"
                              "return function() f() end"));
    assert_non_null(strstr(rig.message, "stack overflow"));
    assert_non_null(strstr(rig.traceback, "more\norbit.lua:1: in upvalue 'f'"));
    assert_non_null(strstr(rig.traceback, "in the cell's function"));
    rig_close(&rig);
}

static void a_check_is_told_too(void **state)
{
    (void)state;
    static const char source[] = "local function f() error 'x' end\nf()";
    struct rig rig;
    rig_open(&rig, NULL);
    assert_true(
        script_load(rig.script, source, strlen(source), "a.lua", &rig.err));
    char *trace = NULL;
    assert_false(script_try(rig.script, &trace, &rig.err));
    assert_string_equal(rig.err.text, "a.lua:1: x");
    assert_string_equal(trace, "a.lua:1: in local 'f'\n"
                               "a.lua:2: in the main chunk");
    free(trace);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_calls_are_told),
        cmocka_unit_test(overflow_is_told),
        cmocka_unit_test(a_check_is_told_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
