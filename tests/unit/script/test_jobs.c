// Jobs, any, status, cancel, collect, image, frames, and the memory of calls.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "data/json.h"
#include "fake_engine.h"
#include "rig.h"

#define CELL(body) "return function(cell) " body " end"

// A program, and what must come of it: outputs, or a part of the error.
struct program {
    const char *source, *outputs, *message, *kind;
};

static const struct program jobs[] = {
    {CELL("local j = runway.spawn(function(a, b) return a + b, nil, 'x' end, "
          "1, 2) local s, n, x = j:await() "
          "assert(s == 3 and n == nil and x == 'x') "
          "assert(select('#', j:await()) == 3) return {}"),
     "", 0, 0},
    {CELL("local j = runway.spawn(runway.clip, 'a') "
          "local b = runway.clip 'b' return {a = j:await(), b = b}"),
     "a:a:0 b:b:0", 0, 0},
    {CELL("local l = runway.map({'a', 'slow', 'b'}, function(p, i) "
          "return {runway.clip(p), i} end) assert(#l == 3 and l[2][2] == 2) "
          "return {a = l[1][1], s = l[2][1], b = l[3][1]}"),
     "a:a:0 b:b:0 s:slow:0", 0, 0},
    {CELL("return runway.map({}, print)"), "", 0, 0},
    {CELL("assert(#runway.map(runway.params.list, tostring) == 1) return {}"),
     "", 0, 0},
    // the cell ends when its jobs have
    {CELL("runway.spawn(function() runway.clip 'slow' runway.collect('x', 1) "
          "end) return {}"),
     "", 0, 0},
    // a job of a job, and one that two await
    {CELL("local a = runway.spawn(function() return runway.spawn(function() "
          "return runway.clip 'slow' end):await() end) "
          "local b = runway.spawn(function() return a:await() end) "
          "return {a = a:await(), b = b:await()}"),
     "a:slow:0 b:slow:0", 0, 0},
    // two jobs on one purchase
    {CELL("local id = runway.generate 'q' local l = runway.map({1, 2, 3}, "
          "function() return runway.wait(id) end) "
          "return {a = l[1], b = l[3]}"),
     "a:q:0 b:q:0", 0, 0},
    // errors
    {CELL("local j = runway.spawn(runway.clip, 'fail') "
          "local ok, e = pcall(j.await, j) assert(not ok) "
          "assert(e.kind == 'moderation' and e.task_id == 'task-fail-1') "
          "local _, again = pcall(j.await, j) assert(rawequal(e, again)) "
          "return {}"),
     "", 0, 0},
    {CELL("local j = runway.spawn(function() error {kind = 'mine', "
          "message = 'no'} end) return j:await()"),
     NULL, "no", "mine"},
    {CELL("runway.spawn(runway.clip, 'fail') runway.clip 'slow' return {}"),
     NULL, "the prompt was flagged", "moderation"},
    {CELL("runway.spawn(error, 'b') runway.spawn(error, 'c') return {}"), NULL,
     "b", "script"},
    {CELL("runway.spawn(runway.clip, 'never') error 'x'"), NULL, "1: x",
     "script"},
    {CELL("runway.map({'slow', 'refuse', 'fail'}, runway.clip)"), NULL,
     "not enough credits", "credits"},
    {CELL("pcall(runway.map, {'fail', 'a'}, runway.clip) return {}"), "", 0, 0},
    {CELL("local a, b a = runway.spawn(function() return b:await() end) "
          "b = runway.spawn(function() return a:await() end) "
          "return a:await()"),
     NULL, "await: the job waits for itself", "script"},
    {CELL("local a a = runway.spawn(function() runway.sleep(0) "
          "local x = a:await() end) runway.sleep(0) local x = a:await()"),
     NULL, "orbit.lua:1: await: the job waits for itself", "script"},
    {CELL("local j = runway.spawn(print) local x = j.await()"), NULL,
     "await: expected a job, as in job:await()", "script"},
    {CELL("local x = runway.spawn 'x'"), NULL,
     "orbit.lua:1: runway.spawn: expected a function, found string", "script"},
    {CELL("local x = runway.map(5, print)"), NULL, "expected a list", "script"},
    {CELL("local x = runway.map({}, 5)"), NULL, "expected a function",
     "script"},
    {CELL("for i = 1, 10001 do runway.spawn(function() end) end"), NULL,
     "orbit.lua:1: a cell has more than 10000 jobs", "script"},
    {CELL("for i = 1, 10000 do runway.spawn(function() end) end return {}"), "",
     0, 0},
    {CELL("local function f() return runway.spawn(f):await() end f()"), NULL,
     "orbit.lua:1: too many jobs, each spawned by the one before", "script"},
    {CELL("table.sort({1, 2}, function() runway.spawn(print) end)"), NULL,
     "where a cell may wait", "script"},
    {CELL("for i = 1, 10001 do runway.generate 'a' end"), NULL,
     "a cell calls runway.generate more than 10000 times", "script"},
    {CELL("getmetatable(runway.spawn(print)).__index = nil"), NULL,
     "attempt to index a boolean", "script"},
};

static const struct program tasks[] = {
    {CELL("local c, i = runway.any {runway.generate 'slow', "
          "runway.generate 'b'} assert(i == 2) return c"),
     ":b:0", 0, 0},
    {CELL("local c, i = runway.any {runway.generate 'fail', "
          "runway.generate 'slow'} assert(i == 2) return c"),
     ":slow:0", 0, 0},
    // all are there: the one that came first
    {CELL("local ids = {runway.generate 'slow', runway.generate 'b'} "
          "runway.wait(ids) local c, i = runway.any(ids) assert(i == 2) "
          "return c"),
     ":b:0", 0, 0},
    {CELL("return (runway.any {runway.generate 'fail', "
          "runway.generate 'fail'})"),
     NULL, "the prompt was flagged", "moderation"},
    {CELL("local c = runway.any({runway.generate 'fail', "
          "runway.generate 'never'}, {timeout = 0.005})"),
     NULL, "waited 0.005 s for task-never-1", "timeout"},
    {CELL("local c = runway.any {}"), NULL, "the list of task_ids is empty",
     "script"},
    {CELL("local c = runway.any 'x'"), NULL, "expected a list of task_ids",
     "script"},
    {CELL("local c = runway.any({'x'}, {gateway = 5})"), NULL,
     "runway.any: 'gateway' is a name, not a number", "script"},

    {CELL("return runway.wait 'elsewhere'"), "::0", 0, 0},
    {CELL("local s = runway.status(runway.generate 'never') "
          "assert(s.state == 'running' and s.progress == 0.25) "
          "assert(s.task_id == 'task-never-1' and s.kind == nil) return {}"),
     "", 0, 0},
    {CELL("local c = runway.clip 'a' local s = runway.status(c.task_id) "
          "assert(s.state == 'delivered' and s.progress == 1) return c"),
     ":a:0", 0, 0},
    {CELL("local id = runway.generate 'fail' pcall(runway.wait, id) "
          "local s = runway.status(id) assert(s.state == 'failed') "
          "assert(s.kind == 'moderation') "
          "assert(s.message == 'the prompt was flagged') return {}"),
     "", 0, 0},
    {CELL("local s = runway.status 'nobody'"), NULL,
     "the gateway does not know this task", "not_found"},
    {CELL("local s = runway.status(5)"), NULL,
     "runway.status: expected a task_id, found number", "script"},

    {CELL("local id = runway.generate 'never' assert(runway.cancel(id)) "
          "assert(runway.cancel(id)) "
          "assert(runway.status(id).state == 'cancelled') return {}"),
     "", 0, 0},
    {CELL("local c = runway.clip 'a' assert(not runway.cancel(c.task_id)) "
          "return c"),
     ":a:0", 0, 0},
    {CELL("local x = runway.cancel(runway.generate 'slow')"), NULL,
     "this gateway has no way to cancel a task", "unsupported"},
    {CELL("local x = runway.cancel(runway.generate 'stubborn')"), NULL,
     "the gateway did not say", "not_cancelled"},
    {CELL("local x = runway.cancel 'nobody'"), NULL, "does not know",
     "not_found"},
};

static const struct program values[] = {
    {CELL("local x = runway.collect('x')"), NULL,
     "orbit.lua:1: runway.collect: 'x' has no value", "script"},
    {CELL("local x = runway.collect('x', runway.none)"), NULL,
     "'x' has no value", "script"},
    {CELL("local x = runway.collect('', 1)"), NULL, "the name is a text of 1",
     "script"},
    {CELL("local x = runway.collect(5, 1)"), NULL, "the name is a text of 1",
     "script"},
    {CELL("local x = runway.collect('x', {print})"), NULL,
     "runway.collect[1]: a function cannot be used", "script"},
    {CELL("local s = ('x'):rep(1 << 20) for i = 1, 64 do "
          "runway.collect('x', s) end"),
     NULL, "a run collects no more than 64 MB", "script"},
    {CELL("local t = {} for i = 1, 190000 do t[i] = 1 end "
          "for i = 1, 3 do runway.collect('x', t) end"),
     NULL, "a run collects no more than 64 MB", "script"},

    {CELL("local c = runway.clip 'two' "
          "for k in pairs(c) do assert(k ~= 'frame') end "
          "assert(not runway.json.encode(c):find 'frame') "
          "local f = c:frame 'last' assert(f.frame == 'last' and #f.of == 64) "
          "assert(f.file == nil and c.files[2]:frame(2.0).file == 2) "
          "assert(c:frame(5).frame == 5 and c:frame(0).frame == 0) return {}"),
     "", 0, 0},
    {CELL("local x = runway.clip('a'):frame 'middle'"), NULL,
     "orbit.lua:1: frame: expected \"first\", \"last\" or seconds", "script"},
    {CELL("local x = runway.clip('a'):frame(5.01)"), NULL,
     "frame: the clip has the seconds 0 to 5.0", "script"},
    {CELL("local x = runway.clip('a'):frame(-1)"), NULL, "seconds 0 to 5.0",
     "script"},
    {CELL("local x = runway.clip('a'):frame(0 / 0)"), NULL, "seconds 0 to 5.0",
     "script"},
    {CELL("local x = runway.clip('a'):frame()"), NULL, "expected \"first\"",
     "script"},
    {CELL("local x = runway.clip('a').frame({}, 'last')"), NULL,
     "frame: expected a clip", "script"},
    {CELL("runway.clip('a'):frame('last').frame = 1"), NULL,
     "an image is read-only", "script"},
    {CELL("runway.clip('a').frame = 1"), NULL, "a clip is read-only", "script"},

    {CELL("assert(runway.image 'https://a/b.png' == 'https://a/b.png') "
          "return {}"),
     "", 0, 0},
    {CELL("local x = runway.image(5)"), NULL, "expected the path of a picture",
     "script"},
};

static void check(const struct program *list, size_t n)
{
    for (const struct program *p = list; p < list + n; p++) {
        struct rig rig;
        rig_open(&rig, NULL);
        rig_check(&rig, p->source, p->outputs, p->message, p->kind);
        rig_close(&rig);
    }
}

static void jobs_end_as_they_should(void **state)
{
    (void)state;
    check(jobs, sizeof(jobs) / sizeof(*jobs));
}

static void tasks_are_asked_about(void **state)
{
    (void)state;
    check(tasks, sizeof(tasks) / sizeof(*tasks));
}

static void values_are_checked(void **state)
{
    (void)state;
    check(values, sizeof(values) / sizeof(*values));
}

static void a_cell_with_jobs_can_be_left(void **state)
{
    (void)state;
    static const char *const waiting[] = {
        CELL("runway.map({'never', 'deaf', 'never'}, runway.clip)"),
        CELL("runway.spawn(runway.sleep, 3600) return {}"),
        CELL("local j = runway.spawn(function() local t <close> = "
             "setmetatable({}, {__close = function() j:await() end}) "
             "runway.sleep(3600) end) j:await()"),
        CELL("runway.any {runway.generate 'never', runway.generate "
             "'stubborn'}"),
    };
    for (size_t i = 0; i < sizeof(waiting) / sizeof(*waiting); i++)
        rig_leave(waiting[i]);
}

static void a_job_that_nobody_awaits_still_ends_first(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    assert_true(rig_start(&rig, CELL("runway.spawn(runway.clip, 'slow') "
                                     "return {}")));
    rig_turn(&rig);
    assert_false(rig.ended);
    for (int turn = 0; turn < 10; turn++)
        rig_turn(&rig);
    assert_true(rig.ended);
    assert_true(rig.ok);
    rig_close(&rig);
}

static void jobs_share_the_budget_of_their_cell(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_options options = {.steps = 100000};
    rig_open(&rig, &options);
    assert_true(rig_run(&rig, CELL("for i = 1, 100 do runway.spawn(function() "
                                   "for j = 1, 5000 do end end) end "
                                   "return {}")));
    assert_false(rig.ok);
    assert_non_null(strstr(rig.message, "used up its budget"));
    rig_close(&rig);
}

// --- random numbers

static char seen[512];

static void keep_line(void *ctx, enum log_level level, const char *line)
{
    (void)ctx, (void)level;
    size_t used = strlen(seen);
    snprintf(seen + used, sizeof(seen) - used, "%s\n", line);
}

// The numbers that the root and two jobs draw, whatever runs between.
static void draw(const char *between, char *out, size_t size)
{
    char *source = xasprintf(
        "return function() local function two(pause) "
        "local a = math.random(1 << 60) %s "
        "return a .. ' ' .. math.random(1 << 60) end "
        "local j, k = runway.spawn(two), runway.spawn(two) "
        "local own = two() print(own) print(j:await()) print(k:await()) "
        "return {} end",
        between);
    struct rig rig;
    rig_open(&rig, NULL);
    seen[0] = '\0';
    log_set_sink(keep_line, NULL);
    assert_true(rig_run(&rig, source));
    log_set_sink(NULL, NULL);
    assert_true(rig.ok);
    rig_close(&rig);
    snprintf(out, size, "%s", seen);
    free(source);
}

static void each_job_has_its_own_random_numbers(void **state)
{
    (void)state;
    char straight[512], mixed[512];
    draw("", straight, sizeof(straight));
    draw("runway.sleep(0)", mixed, sizeof(mixed));
    assert_string_equal(straight, mixed);
    char *second = strchr(straight, '\n') + 1;
    char *third = strchr(second, '\n') + 1;
    assert_string_not_equal(second, third);
    assert_true(strncmp(straight, second, 30) != 0);
    assert_true(strncmp(second, third, 30) != 0);
}

// --- rows, pictures, memory

static void rows_keep_their_order_and_types(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    assert_true(rig_run(&rig, CELL("runway.collect('a', 1.0) "
                                   "runway.collect('b', {x = {'y', 2.5}}) "
                                   "runway.collect('a', true) error 'x'")));
    assert_false(rig.ok);
    char *text = json_text(rig.rows);
    assert_string_equal(text, "[{\"name\":\"a\",\"value\":1},{\"name\":\"b\","
                              "\"value\":{\"x\":[\"y\",2.5]}},{\"name\":"
                              "\"a\",\"value\":true}]");
    free(text);
    rig_close(&rig);
}

static void write_file(const char *dir, const char *name, const char *bytes)
{
    char *path = path_join(dir, name);
    assert_true(file_write(path, bytes, strlen(bytes), 0600, NULL));
    free(path);
}

static void an_image_is_looked_at_now(void **state)
{
    (void)state;
    static const struct program pictures[] = {
        {CELL("assert(runway.image 'a.png' == 'a.png') "
              "assert(runway.image 'b.jpg' == 'b.jpg') return {}"),
         "", 0, 0},
        {CELL("local x = runway.image 'c.txt'"), NULL,
         "orbit.lua:1: runway.image: 'c.txt' is not a PNG, JPEG or WebP",
         "script"},
        {CELL("local x = runway.image 'd.png'"), NULL, "there is no d.png",
         "script"},
        {CELL("local x = runway.image '../a.png'"), NULL, "../a.png", "script"},
        {CELL("local x = runway.image '/etc/passwd'"), NULL, "/etc/passwd",
         "script"},
        {CELL("local x = runway.image '.'"), NULL, "runway.image: ", "script"},
        {CELL("local x = runway.image 'a\\0.png'"), NULL, "expected the path",
         "script"},
    };
    char dir[] = "/tmp/tarmac-image-XXXXXX";
    assert_non_null(mkdtemp(dir));
    write_file(dir, "a.png", "\x89PNG\r\n\x1a\nxxxx");
    write_file(dir, "b.jpg", "\xff\xd8\xff");
    write_file(dir, "c.txt", "hello");
    for (size_t i = 0; i < sizeof(pictures) / sizeof(*pictures); i++) {
        const struct program *p = &pictures[i];
        struct rig rig;
        struct rig_options options = {.recipe_dir = dir};
        rig_open(&rig, &options);
        rig_check(&rig, p->source, p->outputs, p->message, p->kind);
        rig_close(&rig);
    }
    static const char *const names[] = {"a.png", "b.jpg", "c.txt"};
    for (size_t i = 0; i < 3; i++) {
        char *path = path_join(dir, names[i]);
        unlink(path);
        free(path);
    }
    rmdir(dir);
}

static void a_frame_reaches_the_engine(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    assert_true(rig_run(&rig, CELL("local a = runway.clip 'two' return "
                                   "runway.clip {prompt = 'b', image = "
                                   "a.files[2]:frame(2.0), last_image = "
                                   "a:frame 'last'}")));
    assert_true(rig.ok);
    const char *of = purchase_fingerprint(fake_engine_purchase(rig.engine, 0));
    const struct value *request =
        purchase_request(fake_engine_purchase(rig.engine, 1));
    char *image = json_text(value_get(request, "image"));
    char *want = xasprintf("{\"file\":2,\"frame\":2,\"of\":\"%s\"}", of);
    assert_string_equal(image, want);
    free(image);
    free(want);
    image = json_text(value_get(request, "last_image"));
    want = xasprintf("{\"frame\":\"last\",\"of\":\"%s\"}", of);
    assert_string_equal(image, want);
    free(image);
    free(want);
    rig_close(&rig);
}

static void calls_are_remembered_by_their_path(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_options options = {.context = "00"};
    rig_open(&rig, &options);
    assert_true(rig_run(
        &rig, CELL("local function two(p) runway.clip(p) pcall(runway.clip, "
                   "'fail') end "
                   "local j = runway.spawn(function() "
                   "runway.spawn(two, 'c'):await() two 'b' end) "
                   "j:await() two 'a' return {}")));
    assert_true(rig.ok);
    assert_string_equal(fake_engine_paths(rig.engine),
                        "1.1/1:c 1.1/2:fail 1/1:b 1/2:fail 1:a 2:fail ");
    assert_non_null(strstr(fake_engine_told(rig.engine),
                           "delivered:c moderation:fail delivered:b "));
    assert_true(rig_run(&rig, CELL("return runway.clip 'diverge'")));
    assert_string_equal(rig.kind, "diverged");
    assert_int_equal(rig.failure, ERR_RECIPE);
    rig_close(&rig);

    rig_open(&rig, &options); // the script of a recipe that has none
    assert_true(rig_run(&rig, NULL));
    assert_string_equal(fake_engine_told(rig.engine), "");
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_end_as_they_should),
        cmocka_unit_test(tasks_are_asked_about),
        cmocka_unit_test(values_are_checked),
        cmocka_unit_test(a_cell_with_jobs_can_be_left),
        cmocka_unit_test(a_job_that_nobody_awaits_still_ends_first),
        cmocka_unit_test(jobs_share_the_budget_of_their_cell),
        cmocka_unit_test(each_job_has_its_own_random_numbers),
        cmocka_unit_test(rows_keep_their_order_and_types),
        cmocka_unit_test(an_image_is_looked_at_now),
        cmocka_unit_test(a_frame_reaches_the_engine),
        cmocka_unit_test(calls_are_remembered_by_their_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
