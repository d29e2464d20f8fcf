"""tarmac test: what the tests beside a recipe find, without money, network or files."""
import json
import re

RECIPE = """
tarmac: 1
name: orbit
gateway: h
params: {prompt: a pier}
request: {model: gen2, prompt: "${prompt}", seconds: 5}
sweep: {motion.x: [-4, 0, 4]}
"""
NOBODY = "http://127.0.0.1:1"  # where nobody listens


def arrange(project, test, recipe=RECIPE, script=None, name="orbit_test.lua"):
    project.configure(h={"url": NOBODY, "key": "NO_SUCH_KEY"})
    project.write("orbit.yaml", recipe + ("script: s.lua\n" if script else ""))
    if script:
        project.write("s.lua", script)
    project.write(name, test)


def files(project):
    return sorted(p.name for p in project.root.rglob("*"))


def passes(project, test, **options):
    arrange(project, f"test('t', function()\n{test}\nend)", **options)
    before = files(project)
    child = project.run("test", "orbit.yaml")
    assert child.stdout_text == "orbit_test.lua\n  ok      t\n1 test, 0 failed; nothing was bought\n"
    assert files(project) == before
    return child


def test_it_runs_the_recipe_without_key_network_or_files(project):
    passes(project, """
    local run = recipe()
    expect(run.ok and run.bought == 3 and run.failed == 0)
    expect(run.credits == run.credits_least and run.credits > 0)
    same(run.names, { "orbit/x-4", "orbit/x0", "orbit/x4" })
    same(run.cells[3], {
        index = 3, name = "orbit/x4", ok = true, outputs = { "orbit/x4" }, rows = {},
        purchases = { {
            request = { model = "gen2", prompt = "a pier", seconds = 5, motion = { x = 4 } },
            route = "generate", gateway = "h", take = 1, shared = false, output = "orbit/x4",
            credits = run.credits / 3,
        } },
    })
    same(run.rows, {}) same(run.log, {}) same(run.warnings, {})
""", recipe=RECIPE + "outputs: {name: '${recipe}/x${motion.x}'}\n")


def test_what_is_in_the_ledger_does_not_count(project, gateway):
    arrange(project, "test('t', function() same(recipe().bought, 3) end)")
    project.configure(h={"url": gateway.url})
    project.run("run", "orbit.yaml")
    stamp = (project.root / ".tarmac/ledger.db").stat().st_mtime_ns
    project.run("test", "orbit.yaml")
    assert len(gateway.tasks()) == 3
    assert (project.root / ".tarmac/ledger.db").stat().st_mtime_ns == stamp


def test_params_overrides_and_cells_are_as_the_test_says(project):
    passes(project, """
    local run = recipe {
        params = { prompt = "a 'cliff': 5" }, overrides = { "motion.x=[1, 2]", "request.seconds=10" },
        first = 1, gateway = "local",
    }
    same(run.cells[1].purchases[1].request,
        { model = "gen2", prompt = "a 'cliff': 5", seconds = 10, motion = { x = 1 } })
    same({ run.bought, run.cells[1].purchases[1].gateway }, { 1, "local" })
    same(#recipe { only = "motion.x > 0" }.cells, 1)
    raises(function() recipe { params = { promt = "x" } } end, "prompt")
    raises(function() recipe { gateway = "nobody" } end, "nobody")
""")


SCRIPT = """
return function(cell)
    local ok, clip = pcall(runway.clip, {})
    if not ok then
        runway.log("failed:", clip.kind, clip.message)
        clip = runway.clip { prompt = "softer" }
    end
    runway.collect("seconds", clip.seconds)
    return clip
end
"""


def test_answers_come_to_the_script(project):
    passes(project, """
    local run = recipe { answer = function(purchase)
        if purchase.cell == "orbit/x0" and purchase.n == 1 and purchase.request.prompt == "a pier" then
            return { fail = "moderation", message = "no piers" }
        elseif purchase.request.prompt == "softer" then
            return { seconds = 4.5 }
        end
    end }
    same({ run.bought, run.failed }, { 4, 0 })
    local cell = run.cells[2]
    same(cell.purchases[1].fail, "moderation")
    same(cell.purchases[2].output, "orbit/x0")
    expect(run.log[1]:find "^orbit/x0: failed: moderation .*no piers")
    same(run.rows[2], { cell = "orbit/x0", name = "seconds", value = 4.5 })
""", recipe=RECIPE + "outputs: {name: '${recipe}/x${motion.x}'}\n", script=SCRIPT)


def test_retries_are_counted(project):
    passes(project, """
    local run = recipe { answer = function(purchase)
        if purchase.n == 1 then return { fail = "moderation" } end
    end }
    same({ run.bought, run.failed, #run.names }, { 6, 0, 3 })
    run = recipe { answer = function() return { fail = "moderation" } end }
    same({ run.bought, run.failed }, { 6, 3 })
    same(run.cells[1].error.kind, "moderation")
    run = recipe { answer = function() return { fail = "failed" } end }
    same({ run.bought, run.failed }, { 3, 3 })
""", recipe=RECIPE + "retry: {count: 1, kinds: [moderation]}\n")


def test_an_hour_is_over_at_once(project):
    passes(project, """
    local run = recipe { answer = function() return { took = 3600 } end }
    expect(run.seconds >= 2 * 3600 and run.seconds < 3 * 3600)
""", recipe=RECIPE + "limits: {in_flight: 2, timeout: 2h}\n")


FAILING = """
local function deep(run)
    return run.nothing.here
end

test("names", function()
    local run = recipe()
    same(run.names, { "orbit/motion.x-4", "b" })
end)

test("at most 10 credits", function()
    local run = recipe()
    expect(run.credits <= 10)
end)

test("an error", function()
    deep(recipe())
end)

test("no end", function()
    while true do end
end)

test("no such param", function()
    recipe { params = { promt = "a" } }
end)

test("fine", function() end)
"""


def test_what_fails_is_told_with_its_line_and_values(project):
    arrange(project, FAILING, recipe=RECIPE + "outputs: {name: '${recipe}/x${motion.x}'}\n")
    said = project.run("test", "orbit.yaml", code=4).stdout_text
    start, credits = said.split("run.credits is ")
    assert start == """orbit_test.lua
  failed  names
          orbit_test.lua:8: same(run.names, { "orbit/motion.x-4", "b" })
            #found: expected 2, found 3
            found[1]: expected "orbit/motion.x-4", found "orbit/x-4"
            found[2]: expected "b", found "orbit/x0"
            found[3]: expected nil, found "orbit/x4"
  failed  at most 10 credits
          orbit_test.lua:13: expect(run.credits <= 10)
            """
    traced, refused, fine = re.split("(?<=failed  no such param\n)(.*\n)",
                                     credits.split("\n", 1)[1])
    assert traced == """  failed  an error
          orbit_test.lua:3: attempt to index a nil value (field 'nothing')
            orbit_test.lua:3: in upvalue 'deep'
            orbit_test.lua:17: in the test's function
  failed  no end
          orbit_test.lua:21: the test used up its budget of 100000000 Lua instructions
  failed  no such param
"""
    assert refused.startswith("          orbit_test.lua:25: ") and "did you mean 'prompt'" in refused
    assert fine == "  ok      fine\n6 tests, 5 failed; nothing was bought\n"


def test_json_says_the_same(project):
    arrange(project, FAILING)
    events = project.events("test", "orbit.yaml", "--match", "e", code=4)
    assert [(e["event"], e.get("name"), e.get("ok")) for e in events] == [
        ("test", "names", False), ("test", "at most 10 credits", False),
        ("test", "an error", False), ("test", "no end", False), ("test", "fine", True),
        ("end", None, None)]
    assert events[2]["traceback"] == ["orbit_test.lua:3: in upvalue 'deep'",
                                      "orbit_test.lua:17: in the test's function"]
    assert events[-1] == {"event": "end", "exit": 4, "tests": 5, "passed": 1, "failed": 4}


def names(project, *words, code=0):
    return [e.get("name") or e["message"] for e in project.events("test", *words, code=code)
            if e["event"] != "end"]


def test_which_files_are_a_recipes(project):
    arrange(project, "test('a', function() end)")
    for name in ("orbit_names", "orbit_wide", "orbital", "other"):
        project.write(f"{name}_test.lua", f"test('{name}', function() end)")
    project.write("orbit_wide.yaml", RECIPE)
    assert names(project, "orbit.yaml") == ["orbit_names", "a"]
    assert names(project, "orbit_wide.yaml") == ["orbit_wide"]
    assert names(project, "orbit.yaml", "other_test.lua") == ["other"]
    project.write("below/other_test.lua", "test(require 'word', function() end)")
    project.write("word.lua", "return 'from beside the recipe'")
    assert names(project, f"{project.root}/orbit.yaml", "below/other_test.lua") == [
        "from beside the recipe"]


def test_a_file_that_does_not_load_stops_no_other(project):
    arrange(project, "test('a', function() end)")
    project.write("orbit_b_test.lua", "test('b', ")
    said = names(project, "orbit.yaml", code=3)
    assert said[0].startswith("orbit_b_test.lua:1: ") and said[1:] == ["a"]
    child = project.run("test", "orbit.yaml", code=3)
    assert "1 test, 0 failed, 1 file not read; nothing was bought" in child.stdout_text


def test_a_test_reaches_nothing_outside(project):
    passes(project, """
    expect(not io and not os and not package and not debug and not runway)
    raises(function() require "os" end, "beside the recipe")
    raises(function() load("\\27Lua")() end)
""")


def test_too_many_cells_are_not_held(project):
    many = RECIPE.replace("[-4, 0, 4]", "{from: 1, to: 20000, by: 1}")
    passes(project, """
    raises(recipe, "20000 cells are too many for a test")
    same(recipe { first = 2 }.bought, 2)
""", recipe=many)


def test_the_recipe_comes_first(project):
    arrange(project, "test('a', function() end)", recipe=RECIPE + "sweeps: {}\n")
    child = project.run("test", "orbit.yaml", code=3)
    assert "unknown key 'sweeps'" in child.stderr_text and child.stdout_text == ""
    events = project.events("test", "orbit.yaml", code=3)
    assert json.dumps(events).count("unknown key 'sweeps'") == 1
