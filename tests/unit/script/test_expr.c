#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "data/value.h"
#include "script/expr.h"

// A cell: its names and values, which the scope is.
static const struct value *get(void *scope, const char *name)
{
    return value_get(scope, name);
}

static struct value *cell(void)
{
    struct value *v = value_map();
    value_set(v, "motion", value_map());
    value_set(v, "motion.z", value_int(4));
    value_set(v, "motion.x", value_real(0.5));
    value_set(v, "shot", value_int(2));
    value_set(v, "prompt", value_str("a pier in fog"));
    value_set(v, "flip", value_bool(true));
    value_set(v, "seed", value_null());
    value_set(v, "type", value_str("a name that the library has, too"));
    return v;
}

// What the expression says of the cell: "true", "false", or its error; owned.
static char *says(const char *text)
{
    struct exprs *exprs = exprs_new();
    const struct recipe_exprs *table = exprs_table(exprs);
    struct value *scope = cell();
    struct err err = {0};
    char out[ERR_TEXT_MAX + 16];
    int expr = table->compile(table->ctx, text, &err);
    int answer =
        expr < 0 ? -1 : table->test(table->ctx, expr, get, scope, &err);
    snprintf(out, sizeof(out), "%s%s",
             expr < 0       ? "compile: "
             : answer == -2 ? "none: "
             : answer == -1 ? ""
             : answer       ? "true"
                            : "false",
             answer < 0 ? err.text : "");
    value_free(scope);
    exprs_free(exprs);
    return strdup(out);
}

struct row {
    const char *text, *says;
};

static void check(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *said = says(rows[i].text);
        if (!strstr(said, rows[i].says) ||
            (strlen(rows[i].says) < 6 && strcmp(said, rows[i].says) != 0))
            fail_msg("%s\n  says %s\n  not  %s", rows[i].text, said,
                     rows[i].says);
        free(said);
    }
}
#define CHECK(rows) check(rows, sizeof(rows) / sizeof(*(rows)))

static void a_cells_names_are_read(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"motion.z == 4 and shot == 2", "true"},
        {"motion.z == 4 and shot == 1", "false"},
        {"motion.x + motion.z > 4.4 and motion['z'] == 4", "true"},
        {"prompt:find('fog', 1, true) ~= nil", "true"},
        {"#prompt > 20", "false"},
        {"flip", "true"},
        {"not flip", "false"},
        {"seed == nil", "true"},
        {"math.abs(-motion.z) == 4", "true"},
        {"string.rep('a', 3) == 'aaa' and tonumber('4') == motion.z", "true"},
        {"type == 'a name that the library has, too'", "true"},
        {"shot == 2 -- which is one", "true"},
        {"shot == 2 or nonsense", "true"}, // which is not asked for
        {"(function() local n = 0 for i = 1, 9 do n = n + i end return n "
         "end)() == 45",
         "true"},
    };
    CHECK(rows);
}

static void mistakes_are_said(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"motion.z = 4", "compile: '=' sets, '==' compares"},
        {"motion.z ==", "compile: the expression ends too early"},
        {"motion.z == )", "compile: unexpected symbol near ')'"},
        {"shot == '2", "compile: "},
        {"shot ==\n2 2", "compile: line 2: unexpected '2'"},
        {"", "it gives 0 values"},
        {"shot == 2, flip", "it gives 2 values, where true or false is wanted"},
        {"shot == 2; flip", "compile: unexpected 'flip'"},
        {"shot == 2 flip", "compile: unexpected 'flip'"},
        {"(shot == 2", "compile: the expression ends too early"},
        {"true) return (false", "compile: "},
        {"\x1bLua", "compile: "},
        {"nonsense == 2", "none: unknown name 'nonsense'"},
        {"motion.zz == 2", "none: unknown name 'motion.zz'"},
        {"motion.z", "it gives the number 4, where true or false is wanted"},
        {"seed", "it gives nil, where true or false is wanted"},
        {"prompt", "it gives a string, where true or false is wanted"},
        {"seed > 4", "attempt to compare"},
        {"nonsense2 or string.rep()", "none: unknown name 'nonsense2'"},
        {"string.rep() == ''", "bad argument #1 to 'rep'"},
        {"prompt + 1 == 2", "attempt to add a 'string'"},
    };
    CHECK(rows);
}

static void nothing_else_is_within_reach(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"io == nil", "unknown name 'io'"},
        {"os.exit()", "unknown name 'os'"},
        {"load('return true')()", "unknown name 'load'"},
        {"require 'x'", "unknown name 'require'"},
        {"getmetatable('').x", "unknown name 'getmetatable'"},
        {"pcall(error)", "unknown name 'pcall'"},
        {"_G.x", "unknown name '_G'"},
        {"string.dump(tostring) == ''", "field 'dump'"},
        {"math.random() < 2", "field 'random'"},
        {"(function() x = 1 return true end)()",
         "an expression changes nothing"},
        {"(function() motion.z = 1 return true end)()",
         "an expression changes nothing"},
        {"(function() math.pi = 3 return true end)()", "math is read-only"},
        {"(function() while true do end end)()",
         "used up its budget of 1000000 Lua instructions"},
        {"#('x'):rep(1e9) > 0", "more than the memory that is left"},
        {"('a'):rep(60):find(('a*'):rep(9)..'b')", "repetitions"},
        {"(function() local t = {} for i = 1, 1e9 do t[i] = {i, i, i} end end)"
         "()",
         "budget"},
    };
    CHECK(rows);
}

static void one_does_not_disturb_another(void **state)
{
    (void)state;
    struct exprs *exprs = exprs_new();
    const struct recipe_exprs *table = exprs_table(exprs);
    struct value *scope = cell();
    struct err err;
    int two = table->compile(table->ctx, "shot == 2", &err);
    int bad = table->compile(table->ctx, "shot == = 2", &err);
    int wrong = table->compile(table->ctx, "shot < 'a'", &err);
    int three = table->compile(table->ctx, "shot == 3", &err);
    assert_true(two == 0 && bad == -1 && wrong == 1 && three == 2);
    for (int i = 0; i < 3000; i++) {
        value_set(scope, "shot", value_int(2 + i % 2));
        assert_int_equal(table->test(table->ctx, two, get, scope, &err),
                         i % 2 == 0);
        assert_int_equal(table->test(table->ctx, wrong, get, scope, &err), -1);
        assert_int_equal(table->test(table->ctx, three, get, scope, &err),
                         i % 2 == 1);
    }
    value_free(scope);
    exprs_free(exprs);
}

static void too_much_is_refused(void **state)
{
    (void)state;
    struct exprs *exprs = exprs_new();
    const struct recipe_exprs *table = exprs_table(exprs);
    struct err err;
    char *text = malloc(5001);
    memset(text, ' ', 5000);
    text[5000] = '\0';
    assert_int_equal(table->compile(table->ctx, text, &err), -1);
    assert_string_equal(err.text, "an expression of more than 4000 bytes");
    free(text);
    exprs_free(exprs);
    exprs_free(NULL);
}

// What is charged for such a pattern is what it might take, nearly all of one
// test's budget.
static void all_tests_together_have_an_end(void **state)
{
    (void)state;
    struct exprs *exprs = exprs_new();
    const struct recipe_exprs *table = exprs_table(exprs);
    struct value *scope = cell();
    struct err err;
    int expr =
        table->compile(table->ctx, "('a'):rep(650):find('x*y*z') == nil", &err);
    int tests = 0;
    while (tests < 10000 &&
           table->test(table->ctx, expr, get, scope, &err) == 1)
        tests++;
    assert_in_range(tests, 2000, 9000);
    assert_string_equal(err.text, "the sweep used up its budget of 2000000000 "
                                  "Lua instructions");
    value_free(scope);
    exprs_free(exprs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cells_names_are_read),
        cmocka_unit_test(mistakes_are_said),
        cmocka_unit_test(nothing_else_is_within_reach),
        cmocka_unit_test(one_does_not_disturb_another),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(all_tests_together_have_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
