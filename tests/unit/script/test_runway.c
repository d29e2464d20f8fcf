#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "data/json.h"
#include "fake_engine.h"
#include "rig.h"

// A program, and what must come of it: outputs, or the error.
struct program {
    const char *source;
    const char *outputs; // NULL: it fails
    const char *message; // of the error: a part of it
    const char *kind, *task_id;
    enum err_kind err;
};

#define CELL(body) "return function(cell) " body " end"

static const struct program programs[] = {
    {NULL, ":a pier:0", 0, 0, 0, 0},
    {CELL("return runway.clip {}"), ":a pier:0", 0, 0, 0, 0},
    {CELL("return runway.clip 'b'"), ":b:0", 0, 0, 0, 0},
    {CELL("return runway.wait(runway.generate {prompt = 'c'})"), ":c:0", 0, 0,
     0, 0},
    {CELL("return {}"), "", 0, 0, 0, 0},
    {CELL("local a, b = runway.clip 'a', runway.clip 'b' "
          "return {wide = b, close = a}"),
     "close:a:0 wide:b:0", 0, 0, 0, 0},
    {CELL("local l = runway.wait {runway.generate 'a', runway.generate 'b'} "
          "return {one = l[1], two = l[2]}"),
     "one:a:0 two:b:0", 0, 0, 0, 0},
    {CELL("return {x = runway.clip 'two'}"), "x:two:0 x:two:1", 0, 0, 0, 0},
    {CELL("return runway.clip('two').files[2]"), ":two:1", 0, 0, 0, 0},
    {CELL("local ok, e = pcall(runway.clip, 'fail') "
          "assert(not ok and e.kind == 'moderation') "
          "assert(e.task_id == 'task-fail-1') "
          "assert(tostring(e) == 'the prompt was flagged') "
          "return runway.clip 'b'"),
     ":b:0", 0, 0, 0, 0},
    {CELL("local ok, e = pcall(runway.wait, 'nobody') "
          "assert(e.kind == 'not_found' and e.task_id == 'nobody') return {}"),
     "", 0, 0, 0, 0},
    {CELL("runway.sleep(0.005) runway.sleep '1ms' return {}"), "", 0, 0, 0, 0},
    {CELL("runway.sleep(0) return {}"), "", 0, 0, 0, 0},
    {CELL("local c = runway.clip {prompt = 'q'} "
          "assert(c.width == 1280 and c.height == 768 and c.seconds == 5) "
          "assert(c.task_id == 'task-q-1' and c.n == 1 and #c.sha256 == 64) "
          "assert(c.request.motion.x == 1 and c.request.prompt == 'q') "
          "assert(c.path == nil and c.files == nil and c.bytes == 7) return c"),
     ":q:0", 0, 0, 0, 0},
    {CELL("assert(runway.now() == 1700000000) "
          "assert(runway.params.style == 'noir') "
          "assert(cell.motion.x == 1 and cell.index == 1) "
          "assert(cell.nothing == nil and #runway.params.list == 1) return {}"),
     "", 0, 0, 0, 0},
    {CELL("return runway.clip {take = 3}"), ":a pier:0", 0, 0, 0, 0},
    {CELL("return runway.clip {gateway = 'local'}"), ":a pier:0", 0, 0, 0, 0},
    {CELL("return runway.clip {prompt = runway.none}"), "::0", 0, 0, 0, 0},
    {CELL("return runway.clip {motion = cell.motion}"), ":a pier:0", 0, 0, 0,
     0},

    {CELL("return runway.clip 'fail'"), NULL, "the prompt was flagged",
     "moderation", "task-fail-1", ERR_NONE},
    {CELL("return runway.clip 'refuse'"), NULL, "not enough credits", "credits",
     NULL, ERR_GATEWAY},
    {CELL("return runway.clip 'wrong'"), NULL,
     "orbit.lua: prompt: not this one", "script", NULL, ERR_RECIPE},
    {CELL("\n\nlocal id = runway.generate 'wrong'"), NULL,
     "orbit.lua:3: prompt: not this one", "script", NULL, ERR_RECIPE},
    {CELL("local c = runway.clip 'disk'"), NULL, "the ledger cannot be read",
     "disk", NULL, ERR_DISK},
    {CELL("runway.wait 'broken'"), NULL, "the ledger cannot be read", "disk",
     NULL, ERR_DISK},
    {CELL("runway.wait(runway.generate 'never', {timeout = 0.005})"), NULL,
     "waited 0.005 s for task-never-1; the task goes on", "timeout",
     "task-never-1", ERR_NET},
    {CELL("runway.wait({runway.generate 'b', runway.generate 'never'}, "
          "{timeout = '5ms'})"),
     NULL, "running the recipe again picks it up", "timeout", "task-never-1",
     ERR_NET},
    {CELL("runway.wait 'nobody'"), NULL, "the gateway does not know this task",
     "not_found", "nobody", ERR_RECIPE},
    {CELL("return nil"), NULL,
     "orbit.lua: the function returned no clip; it returns a clip", "script",
     NULL, ERR_RECIPE},
    {CELL("return 5"), NULL, "returned a number", "script", NULL, ERR_RECIPE},
    {CELL("return {runway.clip {}}"), NULL, "clips that have no name", "script",
     NULL, ERR_RECIPE},
    {CELL("return {a = 5}"), NULL, "the output 'a' is a number, not a clip",
     "script", NULL, ERR_RECIPE},
    {CELL("return {A = runway.clip {}}"), NULL, "the output name 'A'", "script",
     NULL, ERR_RECIPE},
    {CELL("return {['../x'] = runway.clip {}}"), NULL, "the output name '../x'",
     "script", NULL, ERR_RECIPE},
    {"return 5", NULL, "must return a function", "script", NULL, ERR_RECIPE},
    {CELL("error {message = 'mine', kind = 'own'}"), NULL, "mine", "own", NULL,
     ERR_RECIPE},
    {CELL("error {}"), NULL, "not a text but a table", "script", NULL,
     ERR_RECIPE},
    {CELL("error()"), NULL, "not a text but a nil", "script", NULL, ERR_RECIPE},
    {CELL("\nlocal x = nil + 1"), NULL, "orbit.lua:2: attempt to perform",
     "script", NULL, ERR_RECIPE},
    {CELL("local id = runway.generate(5)"), NULL,
     "orbit.lua:1: runway.generate: expected a prompt or a table", "script",
     NULL, ERR_RECIPE},
    {CELL("local id = runway.generate {5}"), NULL, "expected fields with names",
     "script", NULL, ERR_RECIPE},
    {CELL("local c = runway.clip 'two' "
          "local v = runway.clip {route = 'video2video', video = c} "
          "assert(#v.request.video.clip == 64 and not v.request.video.file) "
          "v = runway.clip {character_video = c.files[2], take = 2} "
          "assert(v.request.character_video.file == 2) "
          "assert(c.files[1].request.video == nil) "
          "return runway.clip(v.request)"),
     ":a pier:0", 0, 0, 0, 0},
    {CELL("local c = runway.clip 'b' "
          "local x = runway.generate {extra = {film = c}}"),
     NULL, "orbit.lua:1: runway.generate.extra.film: a clip stands in a field",
     "script", NULL, ERR_RECIPE},
    {CELL("local c = runway.clip 'b' local x = runway.generate {video = {c}}"),
     NULL, "runway.generate.video[1]: a clip stands in a field", "script", NULL,
     ERR_RECIPE},
    {CELL("local c = runway.clip 'b' local x = runway.generate(c)"), NULL,
     "orbit.lua:1: runway.generate: a clip stands in a field", "script", NULL,
     ERR_RECIPE},
    {CELL("local c = runway.clip 'b' runway.collect('facts', c) return c"),
     ":b:0", 0, 0, 0, 0},
    {CELL("return runway.clip {prompt = runway.prompt {'${b}', b = 'b'}}"),
     ":b:0", 0, 0, 0, 0},
    {CELL("\nlocal p = runway.prompt {'${light}', ligth = 'b'}"), NULL,
     "orbit.lua:2: runway.prompt: there is no part 'light' for '${light}' (did "
     "you mean 'ligth'?)",
     "script", NULL, ERR_RECIPE},
    {CELL("local l = runway.prompts {cell.prompt, {'x', 'y'}} "
          "assert(#l == 2 and l[2] == 'a pier, y') "
          "return {b = runway.clip(l[1])}"),
     "b:a pier, x:0", 0, 0, 0, 0},
    {CELL("local id = runway.generate {motion = {x = 0 / 0}}"), NULL,
     "orbit.lua:1: runway.generate.motion.x: not a finite number", "script",
     NULL, ERR_RECIPE},
    {CELL("local id = runway.generate {take = 0}"), NULL,
     "'take' is an integer from 1", "script", NULL, ERR_RECIPE},
    {CELL("local id = runway.generate {gateway = 'comet'}"), NULL,
     "gateway 'comet' is not the recipe's, 'local'", "script", NULL,
     ERR_RECIPE},
    {CELL("local c = runway.wait(5)"), NULL,
     "expected a task_id or a list of them, found number", "script", NULL,
     ERR_RECIPE},
    {CELL("local c = runway.wait {5}"), NULL, "expected a task_id, found a",
     "script", NULL, ERR_RECIPE},
    {CELL("local c = runway.wait('x', {timeuot = 5})"), NULL,
     "unknown option 'timeuot'", "script", NULL, ERR_RECIPE},
    {CELL("local c = runway.wait('x', {timeout = 'soon'})"), NULL,
     "orbit.lua:1: runway.wait: timeout: expected seconds", "script", NULL,
     ERR_RECIPE},
    {CELL("runway.sleep(0 / 0)"), NULL, "runway.sleep: expected seconds from 0",
     "script", NULL, ERR_RECIPE},
    {CELL("runway.sleep(-1)"), NULL, "orbit.lua:1: runway.sleep: expected",
     "script", NULL, ERR_RECIPE},
    {CELL("cell.index = 2"), NULL, "orbit.lua:1: cell is read-only", "script",
     NULL, ERR_RECIPE},
    {CELL("cell.motion.x = 2"), NULL, "cell is read-only", "script", NULL,
     ERR_RECIPE},
    {CELL("runway.params.style = 2"), NULL, "runway.params is read-only",
     "script", NULL, ERR_RECIPE},
    {CELL("local c = runway.clip {} c.path = 'x'"), NULL, "a clip is read-only",
     "script", NULL, ERR_RECIPE},
    {CELL("runway.generate = nil"), NULL, "runway is read-only", "script", NULL,
     ERR_RECIPE},
    {CELL("local t <close> = setmetatable({}, {__close = function() "
          "runway.sleep(0.001) end}) error 'x'"),
     NULL, "orbit.lua:1: x", "script", NULL, ERR_RECIPE},
    {CELL("table.sort({1, 2}, function() runway.sleep(1) end)"), NULL,
     "where a cell may wait", "script", NULL, ERR_RECIPE},
};

static void check_program(const struct program *p)
{
    struct rig rig;
    rig_open(&rig, NULL);
    assert_non_null(rig.script);
    rig_check(&rig, p->source, p->outputs, p->message, p->kind);
    if (!p->outputs) {
        if (p->task_id)
            assert_string_equal(rig.task_id, p->task_id);
        else
            assert_null(rig.task_id);
        assert_int_equal(rig.failure, p->err);
    }
    rig_close(&rig);
}

static void programs_end_as_they_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++)
        check_program(&programs[i]);
}

// The second fails at once, but the first is the one that the list begins with.
static void a_list_fails_in_its_own_order(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    assert_true(rig_run(&rig, CELL("runway.wait({runway.generate 'never', "
                                   "runway.generate 'b'}, {timeout = 0.01})")));
    assert_string_equal(rig.task_id, "task-never-1");
    assert_true(rig_run(&rig, CELL("runway.wait {runway.generate 'b', "
                                   "runway.generate 'fail'}")));
    assert_string_equal(rig.task_id, "task-fail-1");
    rig_close(&rig);
}

static void a_take_and_merged_fields_reach_the_engine(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    assert_true(rig_run(
        &rig,
        CELL("return runway.clip {take = 2, motion = {r = 2.0}, "
             "gateway = 'local', extra = {list = runway.json.list {}}}")));
    assert_true(rig.ok);
    assert_int_equal(fake_engine_purchases(rig.engine), 1);
    struct purchase *p = fake_engine_purchase(rig.engine, 0);
    assert_int_equal(fake_purchase_take(p), 2);
    struct value *want =
        json_read("{\"prompt\":\"a pier\",\"motion\":{\"x\":1,\"r\":2},"
                  "\"extra\":{\"list\":[]}}",
                  strlen("{\"prompt\":\"a pier\",\"motion\":{\"x\":1,\"r\":2},"
                         "\"extra\":{\"list\":[]}}"),
                  JSON_STRICT, NULL);
    assert_true(value_equal(purchase_request(p), want));
    value_free(want);
    assert_string_equal(purchase_cell(p), "orbit/x");
    rig_close(&rig);
}

static void a_cell_that_waits_can_be_left(void **state)
{
    (void)state;
    static const char *const waiting[] = {
        CELL("return runway.clip 'never'"),
        CELL("return runway.clip 'deaf'"),
        CELL("runway.sleep(3600)"),
        CELL("local t <close> = setmetatable({}, {__close = function() "
             "runway.sleep(1) end}) runway.clip 'never'"),
        CELL("pcall(runway.sleep, 3600)"),
    };
    for (size_t i = 0; i < sizeof(waiting) / sizeof(*waiting); i++)
        rig_leave(waiting[i]);
}

static void a_dry_run_waits_for_nothing(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_options options = {.dry = true};
    rig_open(&rig, &options);
    rig_check(&rig,
              CELL("runway.sleep '2h' local c = runway.clip 'never' assert("
                   "c.sha256 == nil and c.bytes == nil and c.seconds == 5) "
                   "return c"),
              ":never:0", NULL, NULL);
    assert_int_equal(clock_mono_ms(loop_clock(rig.loop)), 2 * 3600 * 1000);
    rig_close(&rig);
}

static void on_second(void *arg, const struct script_result *result)
{
    assert_true(result->ok);
    assert_int_equal(result->n, 1);
    *(const struct purchase **)arg = result->outputs[0].purchase;
}

static void two_cells_share_one_purchase(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    assert_true(rig_start(&rig, NULL));
    struct cell cell = {.index = 2, .take = 1, .name = (char[]){"y"}};
    cell.vars = value_map();
    cell.request = value_copy(rig.script->cells->request);
    const struct purchase *second = NULL;
    assert_true(script_start(rig.script, &cell, on_second, &second, &rig.err));
    value_free(cell.vars);
    value_free(cell.request);
    for (int turn = 0; turn < 10; turn++)
        rig_turn(&rig);
    assert_true(rig.ok);
    assert_int_equal(fake_engine_purchases(rig.engine), 1);
    assert_ptr_equal(second, fake_engine_purchase(rig.engine, 0));
    rig_close(&rig);
}

static char seen[256];

static void keep_line(void *ctx, enum log_level level, const char *line)
{
    (void)ctx, (void)level;
    snprintf(seen, sizeof(seen), "%s", line);
}

static void log_writes_one_clean_line(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    log_set_sink(keep_line, NULL);
    assert_true(rig_run(&rig, CELL("runway.log('a', 1, nil, {}, runway.none, "
                                   "'\\27[2J') return {}")));
    assert_string_equal(seen, "orbit/x: a 1 nil table null ?[2J");
    assert_true(rig_run(&rig, CELL("print(1.5) return {}")));
    assert_string_equal(seen, "orbit/x: 1.5");
    log_set_sink(NULL, NULL);
    rig_close(&rig);
}

static void random_numbers_depend_on_the_cell_alone(void **state)
{
    (void)state;
    char first[256] = "";
    for (int i = 0; i < 3; i++) {
        struct rig rig;
        rig_open(&rig, NULL);
        log_set_sink(keep_line, NULL);
        assert_true(rig_run(&rig, CELL("print(math.random(1 << 40), "
                                       "math.random(1 << 40)) return {}")));
        log_set_sink(NULL, NULL);
        assert_true(rig.ok);
        if (i == 0)
            memcpy(first, seen, sizeof(first));
        assert_string_equal(seen, first);
        rig_close(&rig);
    }
}

static void a_script_that_does_not_parse_is_refused(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    assert_false(rig_start(&rig, "return function(\n"));
    assert_non_null(strstr(rig.err.text, "orbit.lua:2:"));
    assert_int_equal(rig.err.kind, ERR_RECIPE);
    assert_false(rig_start(&rig, "\x1bLua"));
    assert_non_null(strstr(rig.err.text, "attempt to load a binary chunk"));
    assert_true(
        rig_run(&rig, "\xEF\xBB\xBF#!/usr/bin/lua\n" CELL("return {}")));
    assert_true(rig.ok);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_end_as_they_should),
        cmocka_unit_test(a_list_fails_in_its_own_order),
        cmocka_unit_test(a_take_and_merged_fields_reach_the_engine),
        cmocka_unit_test(a_cell_that_waits_can_be_left),
        cmocka_unit_test(a_dry_run_waits_for_nothing),
        cmocka_unit_test(two_cells_share_one_purchase),
        cmocka_unit_test(log_writes_one_clean_line),
        cmocka_unit_test(random_numbers_depend_on_the_cell_alone),
        cmocka_unit_test(a_script_that_does_not_parse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
