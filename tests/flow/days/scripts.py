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


def outside(bench):
    (bench.project.root.parent / "secret.png").write_bytes(b"secret")
    script("return function() return runway.clip {image = '../secret.png'} end\n")(bench)


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
        "✗ r/r: r.lua: image: ../secret.png leads out of …; put a copy beside the recipe",
        code=4, mend=mended),
    Day("The script asks for what the sandbox has not",
        script("return function()\n  local f = io.open('/etc/passwd')\nend\n"),
        "✗ r/r: r.lua:2: attempt to index a nil value (global 'io')",
        code=4, mend=mended),
    Day("An error two calls deep",
        script("local function name(shot)\n  return shot.title:upper()\nend\n"
               "return function()\n  local prompt = name {}\nend\n"),
        ("✗ r/r: r.lua:2: attempt to index a nil value (field 'title')",
         "    r.lua:2: in upvalue 'name'",
         "    r.lua:5: in the cell's function"),
        code=4),
]
