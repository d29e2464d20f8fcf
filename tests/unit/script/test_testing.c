// Tests of recipes: what they can call, what a failure says, and that nothing
// they do gets out.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../scratch.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "data/json.h"
#include "script/testing.h"

struct bench {
    struct testing *testing;
    struct buf said;  // a line a test, and its lines
    bool refuses;     // the recipe does not load
    size_t purchases; // that each recipe asks answers for
};

// The order, and what each purchase was answered.
static struct value *on_recipe(void *arg, const struct value *order,
                               struct err *err)
{
    struct bench *bench = arg;
    if (bench->refuses) {
        err_set(err, ERR_RECIPE, "r.yaml:3:1: error: unknown key 'sweeps'");
        return NULL;
    }
    struct value *run = value_map();
    struct value *answers = value_list();
    for (size_t i = 0; i < bench->purchases; i++) {
        struct value *purchase = value_map();
        value_set(purchase, "n", value_int((int64_t)i + 1));
        struct value *answer = testing_answer(bench->testing, purchase);
        value_add(answers, answer ? answer : value_bool(false));
        value_free(purchase);
    }
    value_set(run, "order", value_copy(order));
    value_set(run, "answers", answers);
    value_set(run, "bought", value_int(9));
    return run;
}

static void on_ended(void *arg, const struct testing_end *end)
{
    struct bench *bench = arg;
    buf_printf(&bench->said, "%s%s%s\n", end->name, end->message ? ": " : "",
               end->message ? end->message : "");
    for (size_t i = 0; i < value_count(end->lines); i++)
        buf_printf(&bench->said, "  %s\n", value_text(value_at(end->lines, i)));
    if (end->traceback)
        buf_printf(&bench->said, "  %s\n", end->traceback);
}

// What is said of a file's tests, in order; or why it does not load.
static char *say(struct bench *bench, const char *source, const char *dir,
                 const char *only)
{
    struct testing_config config = {.recipe_dir = dir,
                                    .only = only,
                                    .recipe = on_recipe,
                                    .ended = on_ended,
                                    .arg = bench};
    struct err err;
    char *traceback;
    buf_init(&bench->said, 1 << 20);
    bench->testing = testing_new(&config, &err);
    assert_non_null(bench->testing);
    if (testing_load(bench->testing, source, strlen(source), "r_test.lua",
                     &traceback, &err))
        testing_run(bench->testing);
    else
        buf_printf(&bench->said, "not loaded: %s\n", err.text);
    free(traceback);
    testing_free(bench->testing);
    return buf_take(&bench->said);
}

static void check(const char *source, const char *said)
{
    struct bench bench = {.purchases = 2};
    char *found = say(&bench, source, "/nonexistent", NULL);
    assert_string_equal(found, said);
    free(found);
}

static void tests_run_in_their_order(void **state)
{
    (void)state;
    check("test('b', function() end) test('a', function() expect(true) end)",
          "b\na\n");
    check("local n = 0\n"
          "test('one', function() n = n + 1 error 'no' end)\n"
          "test('two', function() n = n + 1 same(n, 2) end)\n",
          "one: r_test.lua:2: no\ntwo\n");
    check("for i = 1, 2 do test('t' .. i, function() expect(i == 2) end) end",
          "t1: r_test.lua:1: for i = 1, 2 do test('t' .. i, function() "
          "expect(i == 2) end) end\n  i is 1\nt2\n");
}

static void only_some_run(void **state)
{
    (void)state;
    struct bench bench = {0};
    char *said = say(&bench,
                     "test('buys nine', function() end) "
                     "test('names', function() end)",
                     "/nonexistent", "nine");
    assert_string_equal(said, "buys nine\n");
    free(said);
}

static void an_expectation_tells_what_it_is_about(void **state)
{
    (void)state;
    check("test('t', function()\n"
          "    local run = {bought = 9, names = {'a', 'b'}, ok = false}\n"
          "    expect(run.bought == 8 and run.bought > 1 and\n"
          "        #run.names == 2 and not run.ok and run.nope == nil)\n"
          "end)\n",
          "t: r_test.lua:3: expect(run.bought == 8 and run.bought > 1 and "
          "#run.names == 2 and not run.ok and run.nope == nil)\n"
          "  run.bought is 9\n  #run.names is 2\n  run.ok is false\n"
          "  run.nope is nil\n");
    check("local up = {{name = 'x\\n\"y\"'}}\n"
          "test('t', function()\n"
          "    local s, f = 'run.s', function() end\n"
          "    expect(up[1].name == 'up.x' or f(s) or s:find 'q')\n"
          "end)\n",
          "t: r_test.lua:4: expect(up[1].name == 'up.x' or f(s) or s:find "
          "'q')\n  up[1].name is \"x\\n\\\"y\\\"\"\n  s is \"run.s\"\n");
    check("test('t', function() local a = 1\nexpect(a == 2, 'two') end)",
          "t: r_test.lua:2: two\n  a is 1\n");
    check("test('t', function() return expect(false) end)",
          "t: r_test.lua: expect\n");
}

static void same_tells_the_differences(void **state)
{
    (void)state;
    check("test('t', function() same({1, {x = 'a'}}, {1.0, {x = 'a'}}) end)",
          "t\n");
    check("test('t', function() local names = {'a', 'c'}\n"
          "  same(names, {'a', 'b', 'c'})\nend)",
          "t: r_test.lua:2: same(names, {'a', 'b', 'c'})\n"
          "  #found: expected 3, found 2\n"
          "  found[2]: expected \"b\", found \"c\"\n"
          "  found[3]: expected \"c\", found nil\n");
    check("test('t', function()\n  same({a = {b = {1}}}, {a = {b = 2}}, 'm')\n"
          "end)",
          "t: r_test.lua:2: m\n  found.a.b: expected 2, found {1}\n");
    check("test('t', function() local a, b = {}, {}\n"
          "  for i = 1, 13 do a[i], b[i] = i, -i end\n  same(a, b) end)",
          "t: r_test.lua:3: same(a, b) end)\n"
          "  found[1]: expected -1, found 1\n"
          "  found[2]: expected -2, found 2\n"
          "  found[3]: expected -3, found 3\n"
          "  found[4]: expected -4, found 4\n"
          "  found[5]: expected -5, found 5\n"
          "  found[6]: expected -6, found 6\n"
          "  found[7]: expected -7, found 7\n"
          "  found[8]: expected -8, found 8\n"
          "  found[9]: expected -9, found 9\n"
          "  found[10]: expected -10, found 10\n  and 3 more\n");
}

static void raises_wants_an_error(void **state)
{
    (void)state;
    check("test('t', function()\n"
          "  local e = raises(function() error {message = 'a b'} end, 'a b')\n"
          "  expect(e.message == 'a b')\n"
          "  raises(function() end)\nend)",
          "t: r_test.lua:4: raises: it raised nothing\n");
    check("test('t', function()\n  raises(function() error 'x' end, 'y')\nend)",
          "t: r_test.lua:2: raises: it said something else\n"
          "  expected \"y\"\n  found \"r_test.lua:2: x\"\n");
}

static void a_recipe_is_run_as_asked(void **state)
{
    (void)state;
    check("test('t', function()\n"
          "  local run = recipe {params = {a = 1}, overrides = {'b=2'},\n"
          "    gateway = 'g', first = 3, only = 'x == 1'}\n"
          "  same(run.order, {params = {a = 1}, overrides = {'b=2'},\n"
          "    gateway = 'g', first = 3, only = 'x == 1'})\n"
          "  same(recipe().order, {})\n"
          "  same(run.answers, {false, false})\nend)",
          "t\n");
    check("test('t', function() recipe {param = {}} end)",
          "t: r_test.lua:1: recipe: unknown key 'param' (answer, first, "
          "gateway, only, overrides, params)\n");
    check("test('t', function() recipe {params = 'x'} end)",
          "t: r_test.lua:1: recipe: 'params' is a table, not a string\n");
    check("test('t', function() recipe {params = {f = print}} end)",
          "t: r_test.lua:1: recipe.params.f: a function cannot be used\n");
}

static void purchases_are_answered(void **state)
{
    (void)state;
    check("test('t', function()\n"
          "  local seen = 0\n"
          "  local run = recipe {answer = function(p)\n"
          "    seen = seen + 1\n"
          "    if p.n == 1 then return {fail = 'moderation'} end\n"
          "  end}\n"
          "  same(run.answers, {{fail = 'moderation'}, false})\n"
          "  same(seen, 2)\n"
          "  same(recipe().answers, {false, false})\n" // and no longer
          "end)",
          "t\n");
    check("test('t', function()\n"
          "  recipe {answer = function(p)\n    error 'oh'\n  end}\nend)",
          "t: r_test.lua:3: oh\n");
    check("test('t', function() recipe {answer = function() return 5 end}\n"
          "end)",
          "t: answer: expected a table, or nothing, found a number\n");
    check("local function with(answer)\n"
          "  return function() recipe {answer = function() return answer end} "
          "end\nend\n"
          "test('t', function()\n"
          "  raises(with {failed = 'x'}, \"unknown key 'failed' (fail, \")\n"
          "  raises(with {fail = 5}, \"'fail' is a string, not a number\")\n"
          "  raises(with {seconds = 1 / 0}, 'answer.seconds: not a finite')\n"
          "  raises(function() recipe {first = 0} end, 'cells from 1')\n"
          "end)",
          "t\n");
}

static void a_recipe_that_does_not_load_raises(void **state)
{
    (void)state;
    struct bench bench = {.refuses = true};
    char *said = say(&bench,
                     "test('a', function()\n"
                     "  local e = raises(recipe, 'unknown key')\n"
                     "  same(e.kind, 'recipe')\nend)\n"
                     "test('b', function() recipe() end)",
                     "/nonexistent", NULL);
    assert_string_equal(
        said, "a\nb: r_test.lua:5: r.yaml:3:1: error: unknown key 'sweeps'\n");
    free(said);
}

static void what_a_file_may_not_do(void **state)
{
    (void)state;
    check("test('t', function()", "not loaded: r_test.lua:1: 'end' expected "
                                  "near <eof>\n");
    check("local x = 1",
          "not loaded: r_test.lua has no test, as in test(\"…\", "
          "function() … end)\n");
    check("recipe()", "not loaded: r_test.lua:1: a recipe is run by a test, "
                      "and not inside a function that cannot wait\n");
    check("return recipe()", "not loaded: a recipe is run by a test, and not "
                             "inside a function that cannot wait\n");
    check("test('', function() end)",
          "not loaded: r_test.lua:1: test: its name is a text of 1 to 200 "
          "bytes\n");
    check("test('t')", "not loaded: r_test.lua:1: test 't' has no function\n");
    check("test('t', function() test('u', function() end) end)",
          "t: r_test.lua:1: test 'u' is inside another one\n");
    check("test('t', function() x = 1 end)",
          "t: r_test.lua:1: writing the global 'x' is an error: use 'local "
          "x'\n");
    check("test('t', function() expect(io == nil and os == nil and\n"
          "  runway == nil and debug == nil and coroutine == nil) end)",
          "t\n");
    check("test('t', function()\n"
          "  local t = {{}, {}}\n"
          "  return table.sort(t, recipe)\nend)",
          "t: r_test.lua:3: a recipe is run by a test, and not inside a "
          "function that cannot wait\n");
}

static void a_test_that_has_no_end_is_ended(void **state)
{
    (void)state;
    check("test('t', function()\n"
          "  pcall(function() while true do end end)\nend)\n"
          "test('u', function() end)",
          "t: r_test.lua:3: the test used up its budget of 100000000 Lua "
          "instructions\nu\n");
    check("while true do end",
          "not loaded: r_test.lua:1: the file of tests used up its budget of "
          "100000000 Lua instructions\n");
}

static void an_error_tells_the_calls_that_led_there(void **state)
{
    (void)state;
    check("local function f() error 'x' end\n"
          "test('t', function()\n  f()\nend)",
          "t: r_test.lua:1: x\n  r_test.lua:1: in upvalue 'f'\nr_test.lua:3: "
          "in the test's function\n");
    check("test('t', function() error(nil) end)",
          "t: an error that is not a text but a nil\n");
}

static void modules_beside_the_recipe_can_be_tested(void **state)
{
    (void)state;
    char dir[] = "/tmp/tarmac-testing-XXXXXX";
    assert_non_null(mkdtemp(dir));
    char *path = path_join(dir, "words.lua");
    const char *text = "return {upper = function(s) return s:upper() end}";
    assert_true(file_write(path, text, strlen(text), 0644, NULL));
    struct bench bench = {0};
    char *said = say(&bench,
                     "local words = require 'words'\n"
                     "test('t', function()\n"
                     "  same(words.upper 'a', 'A')\n"
                     "  raises(function() require 'nobody' end, 'beside')\n"
                     "  expect(require 'words' == words)\nend)",
                     dir, NULL);
    assert_string_equal(said, "t\n");
    free(said);
    free(path);
    assert_int_equal(scratch_remove(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tests_run_in_their_order),
        cmocka_unit_test(only_some_run),
        cmocka_unit_test(an_expectation_tells_what_it_is_about),
        cmocka_unit_test(same_tells_the_differences),
        cmocka_unit_test(raises_wants_an_error),
        cmocka_unit_test(a_recipe_is_run_as_asked),
        cmocka_unit_test(purchases_are_answered),
        cmocka_unit_test(a_recipe_that_does_not_load_raises),
        cmocka_unit_test(what_a_file_may_not_do),
        cmocka_unit_test(a_test_that_has_no_end_is_ended),
        cmocka_unit_test(an_error_tells_the_calls_that_led_there),
        cmocka_unit_test(modules_beside_the_recipe_can_be_tested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
