// The ways out of the sandbox that somebody may try, a Lua text each, and what
// must come of it. What nobody would try on purpose is in test_sandbox.c.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../scratch.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "rig.h"

#define CELL(body) "return function(cell) do " body " end return {} end"
#define SECONDS_MAX 60 // for one try: then the test is killed

// A NULL error: it must work, its own assertions included.
struct attempt {
    const char *name, *source, *error;
};

static const struct attempt bombs[] = {
    {"repetition of a repetition",
     CELL("local s = ('x'):rep(100000):rep(100000)"),
     "memory that is left (limits.memory raises it)"},
    {"replacement that grows",
     CELL("('a'):rep(1 << 16):gsub('a', ('b'):rep(1 << 16))"),
     "not enough memory: the scripts of a run share 96 MB (limits.memory "
     "raises it)"},
    {"list that is longer than it is large",
     CELL("local t, s = {}, ('x'):rep(1 << 20) for i = 1, 1000 do t[i] = s "
          "end table.concat(t)"),
     "not enough memory"},
    {"separator", CELL("('x'):rep(1 << 20, ('y'):rep(1 << 20))"),
     "memory that is left"},
    {"format in a loop",
     CELL("local s = 'x' while true do s = ('%s%s'):format(s, s) end"),
     "not enough memory"},
    {"precision", CELL("assert(#('%99.99f'):format(1e308) < 500)"), NULL},
    {"packed text", CELL("string.pack('s1', ('x'):rep(300))"), "does not fit"},
    {"length that lies", CELL("string.unpack('s4', '\\255\\255\\255\\255')"),
     "too short"},
    {"values on the stack", CELL("('x'):rep(1 << 24):byte(1, -1)"), "too long"},
    {"arguments", CELL("print(table.unpack({}, 1, 2000000))"),
     "too many results"},
    {"nested tables in a text",
     CELL("assert(load('return ' .. ('{'):rep(10000)))"), "overflow"},
    {"deep recursion", CELL("local function f() return f() + 1 end f()"),
     "stack overflow"},
    {"recursion of C",
     CELL("local function f() return (('x'):gsub('x', f)) end f()"),
     "C stack overflow"},
    {"recursion of metamethods",
     CELL("local t = {} setmetatable(t, {__index = t}) local x = t.a"), "loop"},
    {"recursion of tostring",
     CELL("local t t = setmetatable({}, {__tostring = function() return "
          "tostring(t) end}) tostring(t)"),
     "C stack overflow"},
    {"captures", CELL("('x'):find(('('):rep(200))"), "too many captures"},
};

static const struct attempt json_bombs[] = {
    {"depth", CELL("runway.json.decode(('['):rep(100000))"), "nested deeper"},
    {"depth that is encoded",
     CELL("local t = {} for i = 1, 100 do t = {t} end runway.json.encode(t)"),
     "nested too deeply"},
    {"circle", CELL("local t = {} t.t = t runway.json.encode(t)"),
     "nested too deeply"},
    {"doubling",
     CELL("local t = 1 for i = 1, 40 do t = {t, t} end "
          "runway.json.encode(t)"),
     "too many values"},
    {"one text many times",
     CELL("local t, s = {}, ('x'):rep(1 << 20) for i = 1, 1000 do t[i] = s "
          "end runway.json.encode(t)"),
     "too much text"},
    {"one name many times",
     CELL("local t, s = {}, ('x'):rep(1 << 20) for i = 1, 1000 do "
          "t[i] = {[s] = 1} end runway.json.encode(t)"),
     "too much text"},
    {"long text",
     CELL("runway.json.decode('\"' .. ('x'):rep((16 << 20) + 1) .. '\"')"),
     "is too long"},
    {"many values",
     CELL("runway.json.decode('[' .. ('0,'):rep(1 << 20) .. '0]')"),
     "needs more memory than is left"},
    {"not a number", CELL("runway.json.encode {0 / 0}"), "not a finite number"},
    {"infinite", CELL("runway.json.encode {math.huge}"), "not a finite number"},
    {"NaN that is decoded", CELL("runway.json.decode '[NaN]'"), "invalid"},
    {"hexadecimal", CELL("runway.json.decode '[0x10]'"), "invalid"},
    {"twice the same name",
     CELL("assert(runway.json.decode '{\"a\": 1, \"a\": 2}'.a == 2)"), NULL},
    {"huge numbers",
     CELL("assert(runway.json.decode '[9007199254740993]'[1] == "
          "9007199254740993)"),
     NULL},
    {"function", CELL("runway.json.encode {print}"),
     "a function cannot be used"},
    {"endless decoding",
     CELL("local s = '\"' .. ('x'):rep(1 << 20) .. '\"' "
          "while true do runway.json.decode(s) end"),
     "used up its budget"},
};

static const struct attempt tables[] = {
    {"metatable of a text", CELL("getmetatable('').__add = print"),
     "index a boolean value"},
    {"library by a text", CELL("(''):dump()"), "a nil value (method 'dump')"},
    {"metatable of an environment", CELL("setmetatable(_ENV, nil)"),
     "cannot change a protected metatable"},
    {"what pairs gives away",
     CELL("for _, t in ipairs {string, _G, cell, runway} do "
          "local _, given = pairs(t) assert(given == t) "
          "assert(not pcall(function() given.x = 1 end)) end"),
     NULL},
    {"rawset of a cell", CELL("rawset(cell, 'index', 2)"), "cannot be written"},
    {"deep inside a cell", CELL("cell.motion.x = 2"), "cell is read-only"},
    {"insert into a cell", CELL("table.insert(cell, 1)"), "cell is read-only"},
    {"move into a cell", CELL("table.move({1}, 1, 1, 1, cell)"),
     "cell is read-only"},
    {"remove from a list", CELL("table.remove(runway.params.list)"),
     "runway.params is read-only"},
    {"rawget of a view",
     CELL("assert(rawget(cell, 'motion') == cell.motion) "
          "rawget(cell, 'motion').x = 2"),
     "cell is read-only"},
    {"next of a view",
     CELL("local k, v = next(cell, 'index') assert(k == 'motion') v.x = 3"),
     "cell is read-only"},
    {"library of another cell", CELL("math.random = nil"), "math is read-only"},
    {"finalizer by the back door",
     CELL("local mt = {} setmetatable({}, mt) mt.__gc = function() "
          "error 'ran' end for i = 1, 100000 do local t = {} end"),
     NULL},
    {"metatable of a null", CELL("getmetatable(runway.none).__index = 1"),
     "a nil value"},
    {"name with an address",
     CELL("local t = setmetatable({}, {__name = 'x'}) "
          "assert(tostring(t) == 'table') "
          "local _, e = pcall(table.concat, {t}) assert(not e:find '0x') "
          "_, e = pcall(string.rep, t) assert(not e:find '0x') "
          "_, e = pcall(function() return t < t end) "
          "assert(not e:find '0x')"),
     NULL},
};

static const struct attempt roads[] = {
    {"every road to a library",
     CELL("for _, n in ipairs {'io', 'os', 'debug', 'package', 'coroutine', "
          "'dofile', 'loadfile', 'loadstring', 'collectgarbage', 'warn', "
          "'module'} do "
          "assert(_G[n] == nil and _ENV[n] == nil and rawget(_G, n) == nil) "
          "assert(load('return ' .. n)() == nil) "
          "assert(string[n] == nil and runway[n] == nil) "
          "assert(not pcall(require, n)) end"),
     NULL},
    {"parent environment", CELL("return _G._G._ENV.x.y"), "a nil value"},
    {"bytecode in a text", CELL("assert(load('\\27LuaT\\0'))"),
     "attempt to load a binary chunk"},
    {"bytecode behind a comment", CELL("assert(load('#x\\n\\27Lua'))"),
     "unexpected symbol"},
    {"bytecode by require", CELL("require 'bytes'"),
     "attempt to load a binary chunk"},
    {"outside", CELL("require '../outside'"), "a module's name is"},
    {"outside by dots", CELL("require '...outside'"), "a module's name is"},
    {"absolute", CELL("require '/etc/passwd'"), "a module's name is"},
    {"backslash", CELL("require '..\\\\outside'"), "a module's name is"},
    {"NUL", CELL("require 'bytes\\0'"), "a module's name is"},
    {"link to a file", CELL("require 'link'"), "link.lua"},
    {"link to a folder", CELL("require 'up.outside'"), "up/outside.lua"},
    {"pipe", CELL("require 'pipe'"), "pipe.lua"},
    {"folder", CELL("require 'folder'"), "folder.lua"},
    {"primitives by an embedded module",
     CELL("local boot = require 'boot' local ok, e = pcall(boot, 1) "
          "assert(not ok) local r = require 'runway' "
          "assert(r ~= runway and r.json == nil and not pcall(r.clip, {}))"),
     NULL},
    {"name that is a table", CELL("require {}"), "string expected"},
    {"wait in a module's sort",
     CELL("table.sort({1, 2}, function() runway.sleep(1) end)"),
     "can only be called where a cell may wait"},
};

static const struct attempt budgets[] = {
    {"equality",
     CELL("local mt = {__eq = function() while true do end end} "
          "return setmetatable({}, mt) == setmetatable({}, mt)"),
     "used up its budget"},
    {"order",
     CELL("local mt = {__lt = function() while true do end end} "
          "return setmetatable({}, mt) < setmetatable({}, mt)"),
     "used up its budget"},
    {"concatenation",
     CELL("return 'x' .. setmetatable({}, {__concat = function() "
          "while true do end end})"),
     "used up its budget"},
    {"length",
     CELL("return #setmetatable({}, {__len = function() while true "
          "do end end})"),
     "used up its budget"},
    {"tostring in a log",
     CELL("runway.log(setmetatable({}, {__tostring = function() while true do "
          "end end}))"),
     "used up its budget"},
    {"pairs",
     CELL("pairs(setmetatable({}, {__pairs = function() while true "
          "do end end}))"),
     "used up its budget"},
    {"comparison", CELL("table.sort({1, 2}, function() while true do end end)"),
     "used up its budget"},
    {"replacement", CELL("('a'):gsub('a', function() while true do end end)"),
     "used up its budget"},
    {"iterator", CELL("for _ in function() return 1 end do end"),
     "used up its budget"},
    {"goto", CELL("::a:: goto a"), "used up its budget"},
    {"closers",
     CELL("local mt = {__close = function() error 'again' end} "
          "while true do pcall(function() local t <close> = "
          "setmetatable({}, mt) end) end"),
     "used up its budget"},
    {"error values",
     CELL("while true do pcall(error, setmetatable({}, {__tostring = error})) "
          "end"),
     "used up its budget"},
    {"compiling", CELL("while true do load('return 1') end"),
     "used up its budget"},
    {"sort of many in C",
     CELL("local t = {} for i = 1, 1 << 19 do t[i] = 0 end "
          "table.sort(t, rawequal)"),
     "used up its budget"},
    {"long names",
     CELL("local t, s = {}, ('x'):rep(1 << 16) for i = 1, 200 do t[s .. i] = i "
          "end while true do pairs(t) end"),
     "used up its budget"},
    {"tonumber",
     CELL("local s = ('1'):rep(1 << 20) while true do tonumber(s) end"),
     "used up its budget"},
    {"utf8.len",
     CELL("local s = ('x'):rep(1 << 20) while true do utf8.len(s) end"),
     "used up its budget"},
    {"utf8.offset",
     CELL("local s = ('x'):rep(1 << 20) while true do utf8.offset(s, -#s) end"),
     "used up its budget"},
    {"string.packsize",
     CELL("local s = ('b'):rep(1 << 20) while true do s:packsize() end"),
     "used up its budget"},
    {"memory, caught again and again",
     CELL("while true do pcall(string.rep, 'x', 1 << 26) pcall(function() "
          "local s = ('x'):rep(1 << 20) while true do s = s .. s end end) end"),
     "used up its budget"},
};

// A folder with what `require` must not follow.
static char *trap(void)
{
    static const char outside[] = "return 'outside'";
    char *dir = xstrdup("/tmp/tarmac-escape-XXXXXX");
    assert_non_null(mkdtemp(dir));
    char *recipe = path_join(dir, "recipe");
    assert_int_equal(mkdir(recipe, 0755), 0);
    char *path = path_join(dir, "outside.lua");
    assert_true(file_write(path, outside, strlen(outside), 0644, NULL));
    free(path);
    path = path_join(recipe, "bytes.lua");
    assert_true(file_write(path, "\x1bLuaT", 5, 0644, NULL));
    free(path);
    static const char *const links[][2] = {{"link.lua", "../outside.lua"},
                                           {"up", ".."}};
    for (size_t i = 0; i < 2; i++) {
        path = path_join(recipe, links[i][0]);
        assert_int_equal(symlink(links[i][1], path), 0);
        free(path);
    }
    path = path_join(recipe, "pipe.lua");
    assert_int_equal(mkfifo(path, 0644), 0);
    free(path);
    path = path_join(recipe, "folder.lua");
    assert_int_equal(mkdir(path, 0755), 0);
    free(path);
    free(dir);
    return recipe;
}

static bool came_out(const struct attempt *a, const struct rig *rig)
{
    if (a->error ? !rig->ok && strstr(rig->message, a->error) : rig->ok)
        return true;
    print_error("%s: %s, not %s\n", a->name,
                rig->ok ? "it worked" : rig->message,
                a->error ? a->error : "that it works");
    return false;
}

static bool try_one(const struct attempt *a, const struct rig_options *options)
{
    struct rig rig;
    rig_open(&rig, options);
    alarm(SECONDS_MAX);
    bool good = rig_run(&rig, a->source) && came_out(a, &rig);
    // The next cell of the same run finds everything as it was, and delivers.
    good &= rig_run(&rig, "return function(cell) assert(string.rep and "
                          "math.pi and cell.index == 1 and "
                          "cell.motion.x == 1 and #runway.params.list == 1) "
                          "return runway.clip {} end") &&
            rig.ok && rig.n == 1;
    alarm(0);
    if (!good)
        print_error("in %s: %s%s\n", a->name, rig.err.text,
                    rig.message ? rig.message : "");
    rig_close(&rig);
    return good;
}

static void try_all(const struct attempt *all, size_t n, int64_t steps)
{
    char *recipe = trap();
    struct machine_config machine = {.memory_max = 96u << 20,
                                     .memory_setting = "limits.memory"};
    struct rig_options options = {
        .machine = &machine, .steps = steps, .recipe_dir = recipe};
    size_t good = 0;
    for (size_t i = 0; i < n; i++)
        good += try_one(&all[i], &options);
    assert_int_equal(good, n);
    char *dir = path_dir(recipe);
    assert_int_equal(scratch_remove(dir), 0);
    free(dir);
    free(recipe);
}

#define TRY(attempts, steps)                                                   \
    try_all(attempts, sizeof(attempts) / sizeof((attempts)[0]), steps)

static void bombs_do_not_go_off(void **state)
{
    (void)state;
    TRY(bombs, 40000000);
}

static void json_is_bounded(void **state)
{
    (void)state;
    TRY(json_bombs, 40000000);
}

static void what_is_shared_stays_as_it_is(void **state)
{
    (void)state;
    TRY(tables, 4000000);
}

static void no_road_leads_out(void **state)
{
    (void)state;
    TRY(roads, 4000000);
}

static void every_budget_ends(void **state)
{
    (void)state;
    TRY(budgets, 4000000);
}

// The script's file itself.
static void bytecode_is_no_script(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, NULL);
    assert_false(rig_run(&rig, "\x1bLuaT"));
    assert_non_null(strstr(rig.err.text, "attempt to load a binary chunk"));
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bombs_do_not_go_off),
        cmocka_unit_test(json_is_bounded),
        cmocka_unit_test(what_is_shared_stays_as_it_is),
        cmocka_unit_test(no_road_leads_out),
        cmocka_unit_test(every_budget_ends),
        cmocka_unit_test(bytecode_is_no_script),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
