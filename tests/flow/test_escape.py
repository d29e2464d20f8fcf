"""Ways out of the sandbox that need the whole program: files, names, the key,
and what one cell could do to the others."""
import json
import os

import pytest

RECIPE = "tarmac: 1\nname: r\ngateway: h\nrequest: {prompt: a pier, seconds: 5}\n"
KEY = "canary-2b7e1c40-key"

# A function that says every text it can find, wherever a script can get.
WALK = """
local seen = {}
local function walk(v, path)
  if seen[v] or #path > 200 then return end
  if type(v) == "string" then
    if #v < 500 then runway.log(path, v) end
  elseif type(v) == "table" then
    seen[v] = true
    local ok, step, t = pcall(pairs, v)
    if not ok then return end
    for k, x in step, t do
      walk(k, path .. "[key]")
      walk(x, path .. "." .. tostring(k))
    end
    walk(getmetatable(v), path .. "[meta]")
  end
end
return function(cell)
  local clip = runway.clip {}
  local _, failed = pcall(runway.wait, "no-such-task")
  walk(_G, "G") walk(cell, "cell") walk(clip, "clip") walk(failed, "failed")
  for _, name in ipairs {"boot", "runway", "default", "dialect.reverse"} do
    local ok, module = pcall(require, name)
    walk(module, name)
  end
  return clip
end
"""


@pytest.fixture
def escape(project, rogue):
    """A recipe with a script, at a service that counts."""
    project.configure(h={"url": rogue.url})

    def arrange(script, more=""):
        project.write("r.yaml", RECIPE + "script: r.lua\n" + more)
        project.write("r.lua", script)
        return project
    return arrange


def ended(project, code):
    """cell's number -> its event, of a run."""
    events = project.events("run", "r.yaml", code=code)
    return {e["index"]: e for e in events if e["event"] == "cell"}


def test_images_come_from_below_the_recipe_only(escape, rogue, tmp_path):
    (tmp_path / "secret.png").write_bytes(b"\x89PNG secret")
    names = ["../secret.png", "./../secret.png", "pictures/../../secret.png",
             str(tmp_path / "secret.png"), "link.png", "up/secret.png",
             "..\\secret.png", "~/secret.png", f"file://{tmp_path}/secret.png",
             "secret.png\0.jpg", "pipe.png", "pictures", "/dev/zero", ""]
    project = escape(
        "local names = runway.json.decode(" + json.dumps(json.dumps(names)) + ")\n"
        "return function(cell) return runway.clip {image = names[cell.n]} end\n",
        f"sweep: {{n: {{from: 1, to: {len(names) + 1}, by: 1}}}}\n")
    (project.root / "pictures").mkdir()
    (project.root / "link.png").symlink_to("../secret.png")
    (project.root / "up").symlink_to("..")
    os.mkfifo(project.root / "pipe.png")
    cells = ended(project, 4)
    for i, name in enumerate(names, 1):
        assert not cells[i]["ok"], name
    assert cells[len(names) + 1]["ok"]
    assert len(rogue.bought) == 1  # the last cell's, which names no image


@pytest.mark.parametrize("line, says", [
    ("request: {prompt: x, image: ../x.png}", "image"),
    ("script: ../x.lua", "'script' takes a file beside the recipe"),
    ("script: /etc/passwd", "'script' takes a file beside the recipe"),
    ("include: ../other.yaml", "'include' takes files beside the recipe or below"),
    ("outputs: {dir: ../x}", "is not a plain relative path"),
    ("outputs: {dir: /tmp}", "is not a plain relative path"),
    ("outputs: {name: ../x}", ""),
    ("outputs: {name: /tmp/x}", ""),
    ("outputs: {name: 'a\\b'}", ""),
])
def test_a_recipe_names_nothing_outside(project, rogue, line, says):
    project.configure(h={"url": rogue.url})
    base = RECIPE if not line.startswith("request") else RECIPE[:RECIPE.index("request")]
    project.write("r.yaml", base + line + "\n")
    before = sorted(project.root.parent.glob("*"))
    child = project.run("run", "r.yaml", code=3)
    assert says in child.stderr_text
    assert not rogue.bought and sorted(project.root.parent.glob("*")) == before


@pytest.mark.parametrize("value", ["../../x", "/..", "/tmp/x",
                                   ".tarmac/ledger", "a\\..\\b"])
def test_a_value_in_a_name_is_made_safe(project, rogue, value):
    project.configure(h={"url": rogue.url})
    project.write("r.yaml", RECIPE + 'outputs: {name: "c/x${p}"}\nparams: {p: {default: x}}\n')
    before = sorted(project.root.parent.glob("*"))
    project.run("run", "r.yaml", "-p", f"p={value}")
    assert len(project.outputs("out/c/*.mp4")) == 1
    assert sorted(project.root.parent.glob("*")) == before


def test_scripts_name_outputs_by_words_only(escape, rogue):
    names = ["../x", "a/b", "/tmp/x", "A", "", "a.b", "x\0", "a\\b", "x" * 65, "ü"]
    project = escape(
        "local names = runway.json.decode(" + json.dumps(json.dumps(names)) + ")\n"
        "return function(cell) local clip = runway.clip {}\n"
        "  return {[names[cell.n] or 'good'] = clip} end\n",
        f"sweep: {{n: {{from: 1, to: {len(names) + 1}, by: 1}}}}\n")
    cells = ended(project, 4)
    for i, name in enumerate(names, 1):
        assert not cells[i]["ok"], name
        assert "output name" in cells[i]["error"]["message"]
    assert project.outputs() == [f"out/r/n{len(names) + 1}.good.mp4"]


def test_I10_the_key_is_on_no_road(escape, rogue):
    project = escape(WALK, "params: {secret: {default: x}}\n")
    project.configure(h={"url": rogue.url, "key": "H_KEY"})
    project.env["H_KEY"] = KEY
    child = project.run("run", "r.yaml", "--verbose")
    assert "G.runway" in child.stderr_text and "clip" in child.stderr_text
    assert KEY not in child.stderr_text + child.stdout_text
    for path in project.root.rglob("*"):
        if path.is_file():
            assert KEY.encode() not in path.read_bytes(), path


def test_one_cell_cannot_hurt_another(escape, rogue):
    project = escape(
        "local tries = {\n"
        "  function() while true do end end,\n"
        "  function() local s = 'x' while true do s = s .. s end end,\n"
        "  function() string.rep = nil end,\n"
        "  function() local _, t = pairs(string) t.rep = nil end,\n"
        "  function() error(setmetatable({}, {__tostring = error})) end,\n"
        "  function() for i = 1, 1e5 do runway.log 'x' end end,\n"
        "}\n"
        "return function(cell)\n"
        "  if tries[cell.n] then tries[cell.n]() end\n"
        "  return runway.clip {prompt = ('x'):rep(3)} end\n",
        "sweep: {n: [1, 2, 3, 4, 5, 6, 7]}\n"
        "limits: {memory: 32MB, instructions: 10000000, in_flight: 6}\n")
    cells = ended(project, 4)
    assert [cells[i]["ok"] for i in range(1, 8)] == [False] * 6 + [True]
    assert cells[1]["error"]["message"] == (
        "r.lua:2: the cell used up its budget of 10000000 Lua instructions "
        "(limits.instructions raises it)")
    assert cells[1]["error"]["traceback"] == [
        "r.lua:2: in field '?'", "r.lua:10: in the cell's function"]
    assert cells[2]["error"]["message"] == (
        "not enough memory: the scripts of a run share 32 MB (limits.memory raises it)")
    assert len(rogue.bought) == 1


def test_what_is_stuck_ends_the_program(escape, rogue):
    project = escape(
        "return function(cell)\n"
        "  local clip = runway.clip {}\n"
        "  local f = print\n"
        "  for i = 1, 3e5 do f = setmetatable({}, {__call = f}) end\n"
        "  f()\n"
        "end\n")
    child = project.run("run", "r.yaml", "--json", code=4)
    last = json.loads(child.stdout_text.splitlines()[-1])
    assert last["event"] == "error"
    assert last["message"].startswith("r/r: the cell is stuck in one operation for 10 s")
    assert project.states() == ["delivered"] and len(rogue.bought) == 1
    project.write("r.lua", "return function() return runway.clip {} end\n")
    project.run("run", "r.yaml")
    assert len(rogue.bought) == 1
