#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

#define CELL(body) "return function(cell) " body " return {} end"

// What a hostile or careless script tries, and the error that it gets; a NULL
// error: it must work.
struct attempt {
    const char *name, *source, *error;
};

static const struct attempt attempts[] = {
    // by omission
    {"io", CELL("io.open('/etc/passwd')"), "global 'io'"},
    {"os", CELL("os.execute('true')"), "global 'os'"},
    {"debug", CELL("debug.getregistry()"), "global 'debug'"},
    {"package", CELL("package.loadlib('x', 'y')"), "global 'package'"},
    {"coroutine", CELL("coroutine.create(print)"), "global 'coroutine'"},
    {"dofile", CELL("dofile('/etc/passwd')"), "global 'dofile'"},
    {"loadfile", CELL("loadfile('/etc/passwd')"), "global 'loadfile'"},
    {"collectgarbage", CELL("collectgarbage()"), "global 'collectgarbage'"},
    {"warn", CELL("warn('@on')"), "global 'warn'"},
    {"string.dump", CELL("string.dump(print)"), "field 'dump'"},

    // code that is not text
    {"load binary", CELL("assert(load('\\27Lua'))"),
     "attempt to load a binary chunk"},
    {"load binary by mode", CELL("assert(load('\\27Lua', 'x', 'b'))"),
     "attempt to load a binary chunk"},
    {"load a function", CELL("load(function() end)"), "string expected"},
    {"load sees no other globals",
     CELL("assert(load('return io')() == nil) "
          "assert(load('return runway')() == runway) "
          "assert(load('return x', 'n', 't', {x = 5})() == 5)"),
     NULL},
    {"load writes no global", CELL("assert(load('y = 1'))()"),
     "writing the global 'y' is an error: use 'local y'"},
    {"load reports",
     CELL("local f, e = load('(') assert(f == nil and "
          "type(e) == 'string')"),
     NULL},

    // what is shared
    {"global", CELL("x = 1"),
     "orbit.lua:1: writing the global 'x' is an error: use 'local x'"},
    {"_G", CELL("_G.x = 1"), "writing the global 'x'"},
    {"_G[1]", CELL("_G[1] = 1"), "the globals are read-only"},
    {"rawset of _G", CELL("rawset(_G, 'x', 1)"), "cannot be written"},
    {"rawset of string", CELL("rawset(string, 'rep', 1)"), "cannot be written"},
    {"string", CELL("string.rep = nil"), "string is read-only"},
    {"table", CELL("table.x = 1"), "table is read-only"},
    {"math", CELL("math.pi = 3"), "math is read-only"},
    {"insert into a shared table", CELL("table.insert(runway.params.list, 2)"),
     "runway.params is read-only"},
    {"sort a shared table",
     CELL("table.sort(runway.params.list, function() return true end)"),
     "runway.params is read-only"},
    {"metatable of texts", CELL("getmetatable('').__index = nil"),
     "index a boolean value"},
    {"metatable of a view", CELL("getmetatable(runway).__index = nil"),
     "index a boolean value"},
    {"setmetatable of a view", CELL("setmetatable(runway, {})"),
     "cannot change a protected metatable"},
    {"setmetatable of _G", CELL("setmetatable(_G, {})"),
     "cannot change a protected metatable"},
    {"metatable of a list",
     CELL("getmetatable(runway.json.decode '[1]').x = 1"),
     "index a boolean value"},
    {"metatable of an error",
     CELL("local _, e = pcall(runway.wait, 'no') getmetatable(e).x = 1"),
     "index a boolean value"},
    {"own environment", CELL("local _ENV = {} x = 1"), NULL},

    // what no budget would see
    {"finalizer", CELL("setmetatable({}, {__gc = function() end})"),
     "'__gc' is not available"},
    {"weak table", CELL("setmetatable({}, {__mode = 'k'})"),
     "'__mode' is not available"},
    {"endless", CELL("while true do end"),
     "orbit.lua:1: the cell used up its budget of 3000000 Lua instructions"},
    {"endless in pcall", CELL("while true do pcall(error) end"),
     "used up its budget"},
    {"endless that catches",
     CELL("while true do pcall(function() while true do end end) end"),
     "used up its budget"},
    {"endless that handles",
     CELL("local function f() while true do end end "
          "while true do xpcall(f, f) end"),
     "used up its budget"},
    {"endless closer",
     CELL("local t <close> = setmetatable({}, {__close = function() "
          "while true do end end}) error 'first'"),
     "used up its budget"},
    {"endless closer of an endless cell",
     CELL("local t <close> = setmetatable({}, {__close = function() "
          "while true do end end}) while true do end"),
     "used up its budget"},
    {"xpcall",
     CELL("local function h(e) return 'h ' .. tostring(e) end "
          "local ok, e = xpcall(error, h, 'x') assert(not ok and e == 'h x') "
          "assert(select('#', xpcall(function(...) return ... end, h, 1, nil)) "
          "== 3) ok, e = xpcall(error, error, 'y') assert(not ok and e == 'y') "
          "ok, e = xpcall(function() runway.sleep(0) error('z', 0) end, "
          "function(m) runway.sleep(0) return m end) "
          "assert(not ok and e == 'z')"),
     NULL},
    {"xpcall without a handler", CELL("xpcall(print)"), "function expected"},
    {"endless main chunk", "while true do end", "used up its budget"},
    {"endless __index",
     CELL("local t = setmetatable({}, {__index = function(t, k) "
          "return t[k .. 'x'] end}) local x = t.a"),
     "overflow"},
    // Each of these would take a hundred thousand calls as long as ten.
    {"endless repetition",
     CELL("while true do local s = ('x'):rep(1 << 20) end"),
     "used up its budget"},
    {"endless concatenation",
     CELL("local s = ('x'):rep(1 << 20) while true do local t = s .. 'y' end"),
     "used up its budget"},
    {"endless pairs",
     CELL("local t = {} for i = 1, 1e5 do t[i] = i end while true do pairs(t) "
          "end"),
     "used up its budget"},
    {"endless next",
     CELL("local t = {} for i = 1, 1e5 do t[i] = i end while next(t) do end"),
     "used up its budget"},
    {"endless move", CELL("while true do table.move({}, 1, 1000000, 2) end"),
     "used up its budget"},
    {"endless unpack", CELL("while true do table.unpack({}, 1, 100000) end"),
     "used up its budget"},
    {"endless sort",
     CELL("local t = {} for i = 1, 1e5 do t[i] = i end "
          "while true do table.sort(t, rawequal) end"),
     "used up its budget"},
    {"generate where no cell may wait",
     CELL("table.sort({1, 2}, function() return runway.generate 'x' end)"),
     "orbit.lua:1: this can only be called where a cell may wait"},
    {"repetition of nothing", CELL("assert((''):rep(1 << 60) == '')"), NULL},
    {"long repetition", CELL("local s = ('x'):rep(1 << 40)"),
     "is more than the memory that is left"},
    {"repetition with an overflow", CELL("('x'):rep(math.maxinteger, 'yy')"),
     "is more than the memory that is left"},
    {"table.move", CELL("table.move({}, 1, math.maxinteger - 1, 2)"),
     "more than 10000000 elements at once"},
    {"table.concat",
     CELL("table.concat({}, '', math.mininteger, math.maxinteger)"),
     "more than 10000000 elements at once"},
    {"table.insert with a length",
     CELL("table.insert(setmetatable({}, {__len = function() "
          "return 1 << 60 end}), 1, 'x')"),
     "more than 10000000 elements at once"},
    {"table.remove with a length",
     CELL("table.remove(setmetatable({}, {__len = function() "
          "return 1 << 60 end}), 1)"),
     "more than 10000000 elements at once"},
    {"table.sort with a length",
     CELL("table.sort(setmetatable({}, {__len = function() "
          "return 1 << 60 end}))"),
     "more than 10000000 elements at once"},
    {"table.unpack", CELL("table.unpack({}, 1, 1 << 30)"),
     "more than 10000000 elements at once"},
    {"string.format width", CELL("('%999d'):format(1)"), "invalid conversion"},

    // patterns
    {"pattern that explodes", CELL("('a'):rep(60):find(('a*'):rep(8) .. 'b')"),
     "a text of 60 bytes is too long for a pattern with 8 repetitions"},
    {"pattern with many repetitions", CELL("('a'):find(('a?'):rep(9))"),
     "a pattern with 9 repetitions has too many (8)"},
    {"long pattern", CELL("('a'):match(('a'):rep(257))"),
     "a pattern of 257 bytes is too long (256)"},
    {"long subject", CELL("('a'):rep((1 << 20) + 1):gsub('b', '')"),
     "is too long for a pattern"},
    {"gmatch", CELL("('a'):rep(60):gmatch(('a-'):rep(8) .. 'b')"),
     "is too long for a pattern"},
    {"one repetition from every start",
     CELL("('a'):rep(1 << 20):gsub('a*b', '')"),
     "a text of 1048576 bytes is too long for a pattern with 1 repetitions"},
    {"balance from every start", CELL("('('):rep(1 << 20):find '%b()'"),
     "is too long for a pattern"},
    {"copies of a capture", CELL("('a'):rep(1 << 12):find '(a*)%1b'"),
     "is too long for a pattern"},
    {"options", CELL("('a'):rep(1 << 20):find(('a?'):rep(8) .. 'aaaaab')"),
     "is too long for a pattern"},
    {"plain find of a long text",
     CELL("('a'):rep(1 << 20):find(('a'):rep(1 << 19) .. 'b', 1, true)"),
     "is too long to find one of 524289 bytes in"},
    {"long texts and ordinary patterns",
     CELL(
         "local s = ('ab '):rep(1 << 17) assert(#s:gsub('%s+', '') == 1 << 18) "
         "assert(s:find('c', 1, true) == nil and s:match '^%w+' == 'ab') "
         "local n = 0 for _ in s:gmatch '(%a+)' do n = n + 1 end "
         "assert(n == 1 << 17)"),
     NULL},
    {"plain find has no pattern",
     CELL("assert(('*'):rep(300):find(('*'):rep(300), 1, true) == 1)"), NULL},
    {"escaped and sets are no repetitions",
     CELL("assert(('*'):rep(9):match('%*%*%*%*%*%*%*%*%*') == "
          "('*'):rep(9)) assert(('+'):find '[]*+?-]' == 1)"),
     NULL},
    {"ordinary patterns",
     CELL("local k, v = ('key = some value '):match '^(%w+)%s*=%s*(.-)%s*$' "
          "assert(k == 'key' and v == 'some value') "
          "assert(('a b c'):gsub('%s+', '-') == 'a-b-c') "
          "local n = 0 for w in ('x y'):gmatch '%a' do n = n + 1 end "
          "assert(n == 2)"),
     NULL},

    // the same in every process
    {"no addresses",
     CELL("assert(tostring({}) == 'table') "
          "assert(tostring(print) == 'function') "
          "assert(('%s %5s|%%s'):format({}, 'x') == 'table     x|%s') "
          "assert(tostring(runway.none) == 'null')"),
     NULL},
    {"address by format", CELL("('%p'):format({})"), "shows an address"},
    {"address behind a NUL", CELL("('\\0%-5p'):format({})"),
     "shows an address"},
    {"randomseed without a number", CELL("math.randomseed()"),
     "number expected"},
    {"randomseed",
     CELL("math.randomseed(7) local a = math.random(1 << 30) "
          "math.randomseed(7) "
          "assert(a == math.random(1 << 30)) "
          "math.randomseed(7, 8)"),
     NULL},
    {"pairs in order",
     CELL("local t, s = {b = 1, a = 2, [10] = 3, [2] = 4, [2.5] = 5, "
          "[true] = 6, [false] = 7, [-1] = 8, ['a\\0'] = 9}, '' "
          "for k in pairs(t) do s = s .. tostring(k) .. ' ' end "
          "assert(s == '-1 2 2.5 10 a a\\0 b false true ', s) "
          "local k, n = nil, '' repeat k = next(t, k) "
          "if k ~= nil then n = n .. tostring(k) .. ' ' end until k == nil "
          "assert(n == s, n)"),
     NULL},
    {"pairs with a table as key", CELL("for k in pairs {[{}] = 1} do end"),
     "a table with table key has no order"},
    {"pairs while clearing",
     CELL("local t, n = {a = 1, b = 2, c = 3}, 0 "
          "for k in pairs(t) do n = n + 1 t.c = nil t[k] = nil end "
          "assert(n == 2 and next(t) == nil)"),
     NULL},
    {"pairs of a view",
     CELL("local s = '' for k, v in pairs(cell) do s = s .. k .. ' ' end "
          "assert(s == 'index motion name prompt ', s) "
          "assert(#runway.params.list == 1 and "
          "rawlen(runway.params.list) == 1 and "
          "rawget(cell, 'index') == 1 and next(cell) == 'index')"),
     NULL},
    {"__pairs",
     CELL("local t = setmetatable({}, {__pairs = function() "
          "return function(_, k) if not k then return 1, 2 end end end}) "
          "for k, v in pairs(t) do assert(k == 1 and v == 2) end"),
     NULL},
    {"sort is stable",
     CELL("local t = {} for i = 1, 300 do t[i] = {i % 3, i} end "
          "table.sort(t, function(a, b) return a[1] < b[1] end) "
          "for i = 2, 300 do local a, b = t[i - 1], t[i] "
          "assert(a[1] < b[1] or a[1] == b[1] and a[2] < b[2]) end "
          "local s = {3, 1, 2} table.sort(s) "
          "assert(s[1] == 1 and s[2] == 2 and s[3] == 3) "
          "table.sort({}) table.sort {1}"),
     NULL},
    {"sort of what has no order", CELL("table.sort {1, 'a'}"),
     "attempt to compare"},
};

// What takes much of the budget, because memory counts.
static const struct attempt greedy[] = {
    {"endless recursion", CELL("local function f() return 1 + f() end f()"),
     "stack overflow"},
    {"memory",
     CELL("local t = {} for i = 1, 100000 do "
          "t[i] = ('x'):rep(1 << 10):rep(1 << 10) .. i end"),
     "is more than the memory that is left"},
    {"memory by concatenation",
     CELL("local s = 'x' while true do s = s .. s end"), "not enough memory"},
    {"memory caught",
     CELL("local s = 'x' "
          "pcall(function() while true do s = s .. s end end) s = nil"),
     NULL},
};

static void try_all(const struct attempt *all, size_t n, int64_t steps)
{
    struct machine_config machine = {.memory_max = 96u << 20};
    struct rig_options options = {.machine = &machine, .steps = steps};
    for (size_t i = 0; i < n; i++) {
        const struct attempt *a = &all[i];
        struct rig rig;
        rig_open(&rig, &options);
        if (!rig_run(&rig, a->source))
            fail_msg("%s: %s", a->name, rig.err.text);
        if (!a->error && !rig.ok)
            fail_msg("%s: %s", a->name, rig.message);
        if (a->error && (rig.ok || !strstr(rig.message, a->error)))
            fail_msg("%s: '%s' is not in '%s'", a->name, a->error,
                     rig.ok ? "(it worked)" : rig.message);
        // and the next cell finds everything as it was
        assert_true(rig_run(&rig, NULL));
        if (!rig.ok)
            fail_msg("after %s: %s", a->name, rig.message);
        rig_close(&rig);
    }
}

static void nothing_gets_out(void **state)
{
    (void)state;
    try_all(attempts, sizeof(attempts) / sizeof(*attempts), 3000000);
    try_all(greedy, sizeof(greedy) / sizeof(*greedy), 50000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_gets_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
