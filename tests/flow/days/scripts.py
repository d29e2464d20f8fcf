"""What is wrong with scripts."""
from day import Day

ABOUT = ("A script runs in a sandbox: it reaches no file, no network, no clock and no key,\n"
         "has a budget of instructions and one of memory, and cannot change what other cells\n"
         "see. A mistake ends its own cell and no other; what the cell had bought by then\n"
         "stays bought, and the next run finds it. Where more than one call of the script\n"
         "led there, they are told below the message.")


def script(text, limits=""):
    """The function of a cell, and perhaps lines before it."""
    def when(bench):
        bench.script(text, recipe=bench.RECIPE + (limits and f"limits: {limits}\n"))
    return when


def tests(text):
    """Beside the recipe."""
    def when(bench):
        bench.recipe(text, name="r_test.lua")
    return when


def outside(bench):
    (bench.project.root.parent / "secret.png").write_bytes(b"secret")
    script("return function() return runway.clip {image = '../secret.png'} end\n")(bench)


def modules(**texts):
    """A script that needs lib/a.lua, and what stands in the folder lib."""
    def when(bench):
        for name, text in texts.items():
            bench.project.write(f"lib/{name}.lua", text)
        script("local a = require 'lib.a'\nreturn function() return runway.clip {} end\n")(bench)
    return when


def mended(bench):
    script("return function() return runway.clip {} end\n")(bench)


DAYS = [
    Day("A loop has no end",
        script("local function f() while true do end end\n"
               "return function()\n  f()\nend\n", "{instructions: 2000000}"),
        ("✗ r/r: r.lua:1: the cell used up its budget of 2000000 Lua instructions "
         "(limits.instructions raises it)",
         "    r.lua:1: in upvalue 'f'",
         "    r.lua:3: in the cell's function"),
        code=4, mend=mended),
    Day("The script takes too much memory",
        script("return function()\n  local s = 'x'\n  while true do s = s .. s end\nend\n"),
        "✗ r/r: not enough memory: the scripts of a run share 256 MB (limits.memory raises it)",
        code=4, mend=mended),
    Day("The script computes for ever in a single operation",
        script("return function()\n  local clip = runway.clip {}\n  local f = print\n"
               "  for i = 1, 3e5 do f = setmetatable({}, {__call = f}) end\n  f()\nend\n"),
        "tarmac: error: r/r: the cell is stuck in one operation for 10 s; it cannot be "
        "stopped alone, so tarmac ends. Nothing that was bought is lost: mend the script, "
        "then: tarmac run r.yaml",
        code=4, ledger=("delivered",), bought=1, mend=mended),
    Day("The script writes a global",
        script("return function()\n  clip = runway.clip {}\n  return clip\nend\n"),
        "✗ r/r: r.lua:2: writing the global 'clip' is an error: use 'local clip'",
        code=4, ledger=("delivered",), bought=1, mend=mended),
    Day("The script returns no function",
        script("local clip = 5\n"),
        "tarmac: error: r.lua: the script must return a function, as in 'return "
        "function(cell) … end'",
        code=3, mend=mended),
    Day("The function returns no clip",
        script("return function() end\n"),
        "✗ r/r: r.lua: the function returned no clip; it returns a clip, a table of named "
        "clips, or {} for none",
        code=4, mend=mended),
    Day("The script asks for a file outside",
        outside,
        "✗ r/r: r.lua: image: ../secret.png leads out of …; put a copy beside the recipe, or "
        "give it as a param of the type file (-p NAME=PATH)",
        code=4, mend=mended),
    Day("The script gives a clip where a picture is wanted",
        script("return function()\n  local clip = runway.clip {}\n"
               "  local more = runway.clip {image = clip}\n  return more\nend\n"),
        "✗ r/r: r.lua:3: 'image': a clip is no picture; a script takes one out of it: "
        'clip:frame "last"',
        code=4, ledger=("delivered",), bought=1, mend=mended),
    Day("The script gives a picture where a clip is wanted",
        script("return function()\n  local clip = runway.clip {}\n  local more = runway.clip "
               "{route = 'video2video', video = clip:frame 'last'}\n  return more\nend\n"),
        "✗ r/r: r.lua:3: 'video': a frame is a picture; give the clip itself",
        code=4, ledger=("delivered",), bought=1, mend=mended),
    Day("A prompt's template names a part that is not there",
        script("return function()\n  local prompt = runway.prompt {'a pier, ${light}', "
               "ligth = 'dusk'}\n  return runway.clip(prompt)\nend\n"),
        "✗ r/r: r.lua:2: runway.prompt: there is no part 'light' for '${light}' (did you mean "
        "'ligth'?)",
        code=4, mend=mended),
    Day("A prompt is asked for, of parts that are lists",
        script("return function()\n  local prompt = runway.prompt {light = {'dusk', 'noon'}}\n"
               "  return runway.clip(prompt)\nend\n"),
        "✗ r/r: r.lua:2: runway.prompt: 'light' is a list of 2 texts; runway.prompts makes a "
        "prompt of each",
        code=4, mend=mended),
    Day("A module of the script has a mistake",
        modules(a="local words = {}\nwords.of.light = 'dusk'\nreturn words\n"),
        "tarmac: error: lib/a.lua:2: attempt to index a nil value (field 'of')",
        code=3, mend=mended),
    Day("A module of the script is missing",
        modules(),
        "tarmac: error: r.lua:1: require 'lib.a': there is no lib/a.lua beside the recipe",
        code=3, mend=mended),
    Day("Two modules need each other",
        modules(a="local b = require 'lib.b'\nreturn b\n",
                b="local a = require 'lib.a'\nreturn a\n"),
        "tarmac: error: lib/b.lua:1: require: 'lib.a' needs itself",
        code=3, mend=mended),
    Day("The script asks for what the sandbox has not",
        script("return function()\n  local f = io.open('/etc/passwd')\nend\n"),
        "✗ r/r: r.lua:2: attempt to index a nil value (global 'io')",
        code=4, mend=mended),
    Day("tarmac test finds no tests",
        lambda b: b.recipe(b.RECIPE),
        "tarmac: error: there is no r_test.lua beside r.yaml; it begins as in: test(\"it buys "
        "one clip\", function() same(recipe().bought, 1) end)",
        code=3, command=("test", "r.yaml"), mend=tests("test('t', recipe)\n"), total=0),
    Day("A file of tests has a mistake",
        tests("test('it buys one clip', function()\n  same(recipe().bought, 1)\n"),
        "tarmac: error: r_test.lua:3: 'end' expected (to close 'function' at line 1) near <eof>",
        code=3, command=("test", "r.yaml"), mend=tests("test('t', recipe)\n"), total=0),
    Day("A file of tests has none",
        tests("same(recipe().bought, 1)\n"),
        "tarmac: error: r_test.lua:1: a recipe is run by a test, and not inside a function that "
        "cannot wait",
        code=3, command=("test", "r.yaml"), mend=tests("test('t', recipe)\n"), total=0),
    Day("tarmac test is given a field",
        tests("test('t', recipe)\n"),
        "tarmac: error: test takes a recipe and Lua files, not 'motion.x=2'; a test itself says "
        "recipe {params = …, overrides = …}",
        code=2, command=("test", "r.yaml", "motion.x=2")),
    Day("No test is called so",
        tests("test('it buys one clip', recipe)\n"),
        "tarmac: error: no test has 'two' in its name",
        code=2, command=("test", "r.yaml", "--match", "two")),
    Day("An error two calls deep",
        script("local function name(shot)\n  return shot.title:upper()\nend\n"
               "return function()\n  local prompt = name {}\nend\n"),
        ("✗ r/r: r.lua:2: attempt to index a nil value (field 'title')",
         "    r.lua:2: in upvalue 'name'",
         "    r.lua:5: in the cell's function"),
        code=4),
]
