// Refuse the Nth growth of Lua's memory, for every N, once and from then on:
// whatever happens, a cell ends or the script could not be made, and nothing is
// left behind (the rig and the sanitizers look).

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "rig.h"

#define CELL(body) "return function(cell) " body " end"

struct torture {
    long left;  // growths until the first refusal
    bool again; // refuse all later ones as well
    bool hit;
};

static bool may_grow(void *arg)
{
    struct torture *t = arg;
    if (t->left > 0) {
        t->left--;
        return true;
    }
    bool refuse = t->again || !t->hit;
    t->hit = true;
    return !refuse;
}

struct program {
    const char *name, *source;
    int turns; // leave the cell after so many; 0: run it to its end
};

static const struct program programs[] = {
    {"default", NULL, 0},
    {"generate", CELL("return runway.wait(runway.generate 'b')"), 0},
    {"fields",
     CELL("return runway.clip {motion = {x = 2.0}, take = 2, "
          "extra = {list = {1, 2, {a = 'b'}}}}"),
     0},
    {"list",
     CELL("local l = runway.wait {runway.generate 'a', "
          "runway.generate 'b'} return {one = l[1], two = l[2]}"),
     0},
    {"files",
     CELL("local c = runway.clip 'two' return {x = c.files[2], y = c}"), 0},
    {"failure", CELL("return runway.clip 'fail'"), 0},
    {"refusal", CELL("return runway.clip 'refuse'"), 0},
    {"mistake", CELL("local id = runway.generate {x = print}"), 0},
    {"wrong", CELL("local id = runway.generate 'wrong'"), 0},
    {"caught",
     CELL("local ok, e = pcall(runway.clip, 'fail') "
          "return runway.clip(tostring(e))"),
     0},
    {"timeout", CELL("runway.wait(runway.generate 'never', {timeout = 0})"), 0},
    {"not found", CELL("runway.wait 'nobody'"), 0},
    {"sleep", CELL("runway.sleep(0) runway.sleep '0s' return {}"), 0},
    {"log", CELL("runway.log('a', 1, {}, runway.now()) return {}"), 0},
    {"decode",
     CELL("local t = runway.json.decode '{\"a\":[1,2.5,{\"b\":\"c\"}],"
          "\"d\":\"e\"}' return {}"),
     0},
    {"decode exactly",
     CELL("local t = runway.json.decode '{\"a\":[],\"b\":12345678901234567}' "
          "return {}"),
     0},
    {"decode nonsense", CELL("return runway.json.decode '{\"a\":[1,'"), 0},
    {"encode",
     CELL("local s = runway.json.encode {a = {1, 2}, "
          "b = runway.json.list {}} return {}"),
     0},
    {"params",
     CELL("local s = '' for k, v in pairs(runway.params) do "
          "s = s .. k end for k in pairs(cell) do s = s .. k end "
          "return {}"),
     0},
    {"library",
     CELL("local t = {3, 1, 2} table.sort(t) table.insert(t, 1) "
          "local s = ('%s %d'):format({}, #t):rep(3):gsub('t', 'u') "
          "return {load('return 1')(), math.random(5), next {}} "
          "and {}"),
     0},
    {"closer",
     CELL("local t <close> = setmetatable({}, {__close = function() "
          "runway.sleep(0) end}) error 'x'"),
     0},
    {"error table", CELL("error {kind = 'mine', message = 'no'}"), 0},
    {"require", CELL("return require 'nobody'"), 0},
    {"embedded", CELL("return require 'default'()"), 0},
    {"any",
     CELL("local c, i = runway.any {runway.generate 'a', "
          "runway.generate 'slow'} return c"),
     0},
    {"adopt", CELL("return runway.wait 'elsewhere'"), 0},
    {"status",
     CELL("local s = runway.status(runway.generate 'fail') return {}"), 0},
    {"cancel", CELL("assert(runway.cancel(runway.generate 'never')) return {}"),
     0},
    {"no cancel", CELL("runway.cancel(runway.generate 'stubborn')"), 0},
    {"collect",
     CELL("runway.collect('x', {a = {1, 'b'}}) runway.collect('y', 'z') "
          "return {}"),
     0},
    {"image", CELL("return {runway.image 'nothing.png'}"), 0},
    {"frame",
     CELL("return runway.clip {prompt = 'b', image = "
          "runway.clip('two').files[2]:frame(2)}"),
     0},
    {"film",
     CELL("return runway.clip {prompt = 'b', route = 'video2video', video = "
          "runway.clip('two').files[2]}"),
     0},
    {"prompts",
     CELL("local l = runway.prompts {'${b}', b = {'b', {'x', weight = 0}}} "
          "return runway.clip(l[1])"),
     0},
    {"job",
     CELL("local j = runway.spawn(function(...) return ..., 'x' end, 1, {}) "
          "return {j:await()} and {}"),
     0},
    {"map",
     CELL("local l = runway.map({'a', 'b', 'two'}, runway.clip) "
          "return {a = l[1], b = l[3]}"),
     0},
    {"failing jobs",
     CELL("local ok, e = pcall(runway.map, {'fail', 'refuse'}, runway.clip) "
          "runway.spawn(error, {message = 'x'}) return {}"),
     0},
    {"random in jobs",
     CELL("runway.map({1, 2, 3}, function() runway.sleep(0) "
          "return math.random(5) end) return {}"),
     0},
    {"jobs that wait for each other",
     CELL("local a, b a = runway.spawn(function() return b:await() end) "
          "b = runway.spawn(function() return a:await() end) "
          "return a:await()"),
     0},
    {"jobs left waiting", CELL("runway.map({'never', 'deaf'}, runway.clip)"),
     8},
    {"left while sleeping", CELL("runway.sleep(3600)"), 5},
    {"left while waiting", CELL("return runway.clip 'never'"), 8},
    {"left while buying", CELL("return runway.clip 'deaf'"), 5},
};

// True when nothing was refused, which ends the series.
static bool try(const struct program *p, long n, bool again)
{
    struct torture t = {n, again, false};
    struct machine_config machine = {.may_grow = may_grow, .arg = &t};
    struct rig_options options = {.machine = &machine};
    struct rig rig;
    log_set_level(LOG_ERROR);
    rig_open(&rig, &options);
    if (rig.script && p->turns) {
        bool started = rig_start(&rig, p->source);
        for (int i = 0; started && !rig.ended && i < p->turns; i++)
            rig_turn(&rig);
        if (started && rig.ended)
            assert_false(rig.ok);
    } else if (rig.script && rig_run(&rig, p->source)) {
        assert_true(rig.ended);
        if (!rig.ok) {
            assert_non_null(rig.message);
            assert_non_null(rig.kind);
            assert_int_not_equal(rig.message[0], '\0');
        }
    }
    rig_close(&rig);
    return !t.hit;
}

// Only refusals after the script was made differ between the programs.
static long growths_of_a_start(void)
{
    struct torture t = {1000000, false, false};
    struct machine_config machine = {.may_grow = may_grow, .arg = &t};
    struct rig_options options = {.machine = &machine};
    struct rig rig;
    rig_open(&rig, &options);
    rig_close(&rig);
    return 1000000 - t.left;
}

static void no_memory_while_starting(void **state)
{
    (void)state;
    long end = growths_of_a_start();
    assert_in_range(end, 100, 100000);
    for (long n = 0; n < end; n++) {
        try(&programs[0], n, false);
        try(&programs[0], n, true);
    }
}

static void no_memory_while_running(void **state)
{
    (void)state;
    // a little earlier, because tables grow at other moments in every process
    long first = growths_of_a_start() - 5;
    long runs = 0;
    for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
        for (int again = 0; again < 2; again++) {
            long n = first;
            while (!try(&programs[i], n, again))
                n++;
            runs += n - first;
            // what buys and no more grows in no Lua of its own
            if (programs[i].source && n - first < 20)
                fail_msg("%s: only %ld growths", programs[i].name, n - first);
        }
    }
    print_message("%ld runs\n", runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_while_starting),
        cmocka_unit_test(no_memory_while_running),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
