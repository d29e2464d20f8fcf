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
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "rig.h"

#define CELL(body) "return function(cell) " body " end"

static char *folder(void)
{
    char *dir = xstrdup("/tmp/tarmac-script-XXXXXX");
    assert_non_null(mkdtemp(dir));
    return dir;
}

static void put(const char *dir, const char *name, const char *text)
{
    char *path = path_join(dir, name);
    char *parent = path_dir(path);
    assert_true(path_mkdirs(parent, NULL));
    assert_true(file_write(path, text, strlen(text), 0644, NULL));
    free(parent);
    free(path);
}

static void require_finds_files_beside_the_recipe(void **state)
{
    (void)state;
    char *dir = folder();
    put(dir, "recipe/words.lua",
        "local M = {n = 0} function M.next() M.n = M.n + 1 return M.n end "
        "return M");
    put(dir, "recipe/lib/deep.lua", "return require 'words'");
    put(dir, "recipe/loop.lua", "return require 'loop'");
    put(dir, "recipe/bad.lua", "return (");
    put(dir, "recipe/global.lua", "x = 1");
    put(dir, "recipe/waits.lua", "runway.sleep(0.001) return 7");
    put(dir, "recipe/slow.lua", "runway.sleep(0.05) return 7");
    put(dir, "recipe/a.lua", "return require 'lib.b'");
    put(dir, "recipe/lib/b.lua", "local a = require 'a' return a");
    put(dir, "recipe/fails.lua", "local x\nerror 'on purpose'");
    put(dir, "recipe/nothing.lua", "");
    put(dir, "recipe/none.lua", "return runway.none");
    put(dir, "recipe/lib/loud.lua", "return function(s) return s .. '!' end");
    put(dir, "outside.lua", "return 1");
    char *recipe = path_join(dir, "recipe");
    char *out = path_join(dir, "recipe/out.lua");
    assert_int_equal(symlink("../outside.lua", out), 0);
    struct {
        const char *source, *message;
    } cases[] = {
        {CELL("local w = require 'words' assert(w.next() == 1) "
              "assert(require('words') == w and w.next() == 2) return {}"),
         NULL},
        {CELL("assert(require('words').next() == 1) return {}"), NULL},
        {CELL("assert(require('lib.deep') == require 'words') return {}"),
         NULL},
        {CELL("assert(require 'waits' == 7) return {}"), NULL},
        {"local n = require 'waits' " CELL("assert(n == 7) return {}"), NULL},
        {CELL("assert(require 'lib.loud' 'a' == 'a!') return {}"), NULL},
        {CELL("assert(require 'nothing' and require 'none' == runway.none "
              "and require 'none' == runway.none) return {}"),
         NULL},
        {CELL("local _, one = pcall(require, 'fails') "
              "local _, two = pcall(require, 'fails') "
              "assert(one == two and one:find 'fails.lua:2: on purpose') "
              "_, one = pcall(require, 'bad') _, two = pcall(require, 'bad') "
              "assert(one == two and one:find 'bad.lua:1:') return {}"),
         NULL},
        {CELL("local job = runway.spawn(function() return require 'slow' end) "
              "runway.sleep(0) local ok, e = pcall(require, 'slow') "
              "assert(not ok and e:find('another job of this cell still loads "
              "\\'slow\\'', 1, true)) "
              "assert(job:await() == 7 and require 'slow' == 7) return {}"),
         NULL},
        {CELL("require 'loop'"), "loop.lua:1: require: 'loop' needs itself"},
        {CELL("require 'a'"), "lib/b.lua:1: require: 'a' needs itself"},
        {CELL("require 'fails'"), "fails.lua:2: on purpose"},
        {CELL("require 'bad'"), "bad.lua:1:"},
        {CELL("require 'global'"), "global.lua:1: writing the global 'x'"},
        {CELL("require 'nobody'"),
         "orbit.lua:1: require 'nobody': there is no nobody.lua beside"},
        {CELL("require '../outside'"), "a module's name is letters"},
        {CELL("require '..outside'"), "a module's name is letters"},
        {CELL("require '/etc/passwd'"), "a module's name is letters"},
        {CELL("require 'out'"), "out.lua leads out of"},
        {CELL("require ''"), "a module's name is letters"},
        {CELL("require 'lib'"), "there is no lib.lua"},
        {CELL("require {}"), "bad argument #1 to 'require'"},
    };
    struct rig rig;
    struct rig_options options = {.recipe_dir = recipe};
    rig_open(&rig, &options);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_true(rig_run(&rig, cases[i].source));
        if (!cases[i].message && !rig.ok)
            fail_msg("%s: %s", cases[i].source, rig.message);
        if (cases[i].message && !strstr(rig.message, cases[i].message))
            fail_msg("%s: %s", cases[i].source, rig.message);
    }
    rig_close(&rig);
    assert_int_equal(scratch_remove(dir), 0);
    free(out);
    free(recipe);
    free(dir);
}

static void a_clip_knows_its_path_in_the_store(void **state)
{
    (void)state;
    char *dir = folder();
    char *inner = path_join(dir, ".tarmac");
    assert_true(path_mkdirs(inner, NULL));
    struct store *store = store_open(dir, inner, NULL);
    assert_non_null(store);
    struct rig rig;
    struct rig_options options = {.store = store};
    rig_open(&rig, &options);
    assert_true(rig_run(
        &rig, CELL("local c = runway.clip 'two' "
                   "assert(c.path:find(c.sha256 .. '.mp4', 1, true)) "
                   "assert(c.files[2].path ~= c.path and c.files[2].n == 2) "
                   "return c")));
    if (!rig.ok)
        fail_msg("%s", rig.message);
    assert_string_equal(rig.outputs, ":two:0 :two:1");
    rig_close(&rig);
    store_free(store);
    assert_int_equal(scratch_remove(dir), 0);
    free(inner);
    free(dir);
}

static void lua_dir_overrides_what_is_embedded(void **state)
{
    (void)state;
    struct rig rig;
    struct rig_options options = {.lua_dir = LUA_DIR};
    rig_open(&rig, &options);
    assert_non_null(rig.script);
    assert_true(rig_run(&rig, NULL));
    assert_string_equal(rig.outputs, ":a pier:0");
    rig_close(&rig);
    options.lua_dir = "/nonexistent";
    rig_open(&rig, &options);
    assert_null(rig.script);
    assert_int_equal(rig.err.kind, ERR_DEFECT);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(require_finds_files_beside_the_recipe),
        cmocka_unit_test(a_clip_knows_its_path_in_the_store),
        cmocka_unit_test(lua_dir_overrides_what_is_embedded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
