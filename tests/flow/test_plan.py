"""What a plan tells: prices, sharing, budgets, time, and why; that it is the
same each time, and that it neither writes nor asks anybody."""
import json
import os
import pathlib

import pytest

PLAIN = pathlib.Path(os.environ["TARMAC_PLAIN_BIN_DIR"])
NOBODY = "http://127.0.0.1:9"  # where nothing answers

PIER = """tarmac: 1
name: pier
gateway: h
request: {prompt: a pier, model: gen3, seconds: 5}
"""


def tree(root):
    return sorted((p.relative_to(root).as_posix(), p.stat().st_mtime_ns, p.stat().st_mode)
                  for p in pathlib.Path(root).rglob("*"))


def plan(project, *words, code=0):
    return project.run("plan", "r.yaml", *words, code=code).stdout_text.splitlines()


@pytest.fixture
def nobody(project):
    """A gateway that is configured, with a key, and that nobody answers for."""
    project.configure(h={"url": NOBODY, "key": "NO_SUCH_VARIABLE", "prices": {"*": 5}})
    return project


def test_it_writes_nothing_and_asks_nobody(nobody):
    nobody.write("r.yaml", PIER + "sweep: {seed: [1, 2, 3], takes: 2}\n")
    before = tree(nobody.root.parent)
    lines = plan(nobody)
    assert "6 to buy for 150 credits, 0 there already" in lines
    assert tree(nobody.root.parent) == before
    nobody.root.chmod(0o555)
    try:
        assert plan(nobody) == lines
    finally:
        nobody.root.chmod(0o755)


def test_prices_from_low_to_high(project):
    """Where the length is the given clip's, nobody knows the price beforehand."""
    project.configure(h={"url": NOBODY, "dialect": "official"})
    project.write("r.yaml", """tarmac: 1
gateway: h
route: video2video
request: {prompt: a pier, model: aleph2, video: 'https://h/a.mp4'}
sweep: {takes: 2}
limits: {budget: 1000}
""")
    lines = plan(project, code=7)
    assert any(line.startswith("  56–840 credits out/") for line in lines)
    assert any(line.startswith("2 to buy for 112–1680 credits (prices of 20") for line in lines)
    assert "limits.budget: 1680 of 1000 credits; 1680 would be needed for all of them" in lines
    events = project.events("plan", "r.yaml", code=7)
    [purchase] = events[0]["purchases"]
    assert (purchase["price_least"], purchase["price"]) == (56, 840)
    end = events[-1]
    assert (end["credits_least"], end["credits"], end["exit"]) == (112, 1680, 7)
    assert end["budget"] == {"credits": 1000, "spent": 0, "needed": 1680}
    assert end["prices_as_of"].startswith("20")


def test_cells_that_share_are_counted_once(nobody):
    nobody.write("r.yaml", PIER + """script: r.lua
sweep: {n: {from: 1, to: 5, by: 1}}
outputs: {name: "n${n}"}
""")
    nobody.write("r.lua", "return function() return runway.clip {} end\n")
    child = nobody.run("plan", "r.yaml")
    assert child.stdout_text.count("  25 credits ") == 1
    assert child.stdout_text.count("  shared ") == 4 and not child.stderr_text
    assert "5 cells share one purchase: takes: 5 buys each" in child.stdout_text.splitlines()
    end = nobody.events("plan", "r.yaml")[-1]
    assert [end[k] for k in ("bought", "shared", "shared_purchases")] == [1, 4, 1]
    nobody.write("r.lua", """return function(cell)
      return runway.clip {seed = cell.n % 2} end""")
    assert "2 purchases are shared: cells ask for them 5 times in all, and each is " \
           "bought once" in plan(nobody)


def test_others_that_a_script_needs_are_told_with_their_requests(nobody):
    nobody.write("r.yaml", PIER + "script: r.lua\n")
    nobody.write("r.lua", """return function()
      runway.clip {prompt = "only a try, which nobody sees but who pays for it"}
      return runway.clip {seed = 7}
    end""")
    lines = plan(nobody, "--requests")
    assert lines[1] == '  25 credits     needed by pier/pier: gen3 ' \
                       '"only a try, which nobody sees but who pa…"'
    assert lines[3] == "  25 credits     out/pier/pier.mp4"
    asked = [json.loads(lines[i]) for i in (2, 4)]
    assert asked[1] == {"model": "gen3", "prompt": "a pier", "seconds": 5, "seed": 7}
    events = nobody.events("plan", "r.yaml")
    assert [p["request"] for p in events[0]["purchases"]] == asked
    assert [p["plan"] for p in events[0]["purchases"]] == ["buy", "buy"]
    [output] = events[0]["outputs"]
    assert output["fingerprint"] == events[0]["purchases"][1]["fingerprint"]


def test_the_budget_counts_what_was_spent_before(project, gateway):
    project.configure(h={"url": gateway.url, "prices": {"*": 5}, "budget": 200})
    project.write("r.yaml", PIER + "limits: {budget: 100}\nsweep: {seed: [1, 2, 3]}\n")
    project.run("run", "r.yaml", "--first", "2")
    lines = plan(project)
    assert "1 to buy for 25 credits, 2 there already (saves 50 credits)" in lines
    assert "limits.budget: 25 of 100 credits, 50 spent before" in lines
    assert "the gateway's budget: 25 of 200 credits, 50 spent before" in lines
    recipe = project.root / "r.yaml"
    recipe.write_text(recipe.read_text().replace("[1, 2, 3]", "[1, 3, 4, 5]"))
    lines = plan(project, code=7)
    assert "limits.budget: 75 of 100 credits, 50 spent before; " \
           "125 would be needed for all of them" in lines
    assert "needed" in project.run("run", "r.yaml", code=7).stderr_text
    assert len(gateway.tasks()) == 4, "as the plan says: 100 are enough for four"


def test_why_a_cell_is_bought_again(project, gateway):
    project.configure(h={"url": gateway.url, "prices": {"*": 5}})
    recipe = PIER + 'sweep: {n: [1, 2]}\noutputs: {name: "n${n}"}\n'
    script = "script: r.lua\n"
    project.write("r.lua", "return function(c) return runway.clip {seed = c.n} end")
    project.write("r.yaml", recipe + script)
    project.run("run", "r.yaml")
    project.write("r.yaml", recipe.replace("seconds: 5", "seconds: 10, motion: {x: 4}") + script)
    lines = plan(project)
    assert "  50 credits     out/n1.mp4 (motion.x 4 added, seconds 5 → 10)" in lines
    [purchase] = project.events("plan", "r.yaml")[1]["purchases"]
    assert purchase["why"] == "motion.x 4 added, seconds 5 → 10" and purchase["plan"] == "buy"
    project.write("r.yaml", recipe + script)
    assert "nothing to buy, 2 there already (saves 50 credits)" in plan(project)
    project.write("r.yaml", recipe.replace("[1, 2]", "[1, 9]") + script)
    assert "  25 credits     out/n9.mp4" in plan(project), "it is new: there is no why"


def test_time_is_that_of_what_was_bought_before(project, gateway):
    project.configure(h={"url": gateway.url, "prices": {"*": 5}})
    project.write("r.yaml", PIER + "sweep: {seed: [1, 2, 3, 4, 5]}\nlimits: {in_flight: 2}\n")
    assert "time unknown: nothing of gen3 was bought at 'h' yet" in plan(project)
    assert project.events("plan", "r.yaml")[-1]["time_unknown"] == "gen3"
    project.run("run", "r.yaml", "--first", "1")
    [(took,)] = project.rows("SELECT ended_ms - accepted_ms FROM attempts")
    end = project.events("plan", "r.yaml")[-1]
    assert end["seconds"] == pytest.approx(2 * took / 1000), "four more, two at once"
    assert end["in_flight"] == 2 and "time_unknown" not in end
    assert plan(project)[-1].startswith("about ") and plan(project)[-1].endswith(", with 2 at once")


def test_scripts_wait_in_virtual_time(project):
    project.write("r.yaml", "tarmac: 1\nname: r\nscript: r.lua\nrequest: {prompt: a}\n"
                            "limits: {in_flight: 1}\n")
    project.write("r.lua", """return function()
      runway.sleep "7h"
      local ids = {runway.generate {seed = 1}, runway.generate {seed = 2}}
      local ok, e = pcall(runway.wait, ids[2], {timeout = 0.5})
      runway.log(ok, e.kind, runway.status(ids[2]).state)
      local first, i = runway.any {ids[2], ids[1]}
      runway.log(i, first.task_id == ids[1])
      return runway.wait(ids[2])
    end""")
    child = project.run("plan", "r.yaml", timeout=60)
    said = [line.split(": ", 2)[2] for line in child.stderr_text.splitlines()]
    # The second waits for the place of the first, and so for its task_id.
    assert said[0].startswith("false timeout accepted") and said[1] == "2 true"
    assert "about 7 h, with 1 at once" in child.stdout_text


def test_the_same_twice_is_the_same(nobody):
    nobody.write("r.yaml", PIER + """script: r.lua
sweep: {seed: {from: 1, to: 30, by: 1}, n: [1, 2]}
outputs: {name: "s${seed}_n${n}"}
""")
    nobody.write("r.lua", """return function(c)
      if c.seed % 3 == 0 then runway.sleep(100 - c.seed) end
      return runway.clip {seed = c.seed // c.n}
    end""")
    lines = plan(nobody)
    names = [line.split()[-1] for line in lines if " out/" in line]
    assert names == [f"out/s{s}_n{n}.mp4" for s in range(1, 31) for n in (1, 2)], \
        "in the order of the cells, whichever ends first"
    assert plan(nobody) == lines
    events = nobody.events("plan", "r.yaml")
    assert [e["index"] for e in events[:-1]] == list(range(1, 61))
    assert events == nobody.events("plan", "r.yaml")


def peak(project, *words):
    """Its largest size, in MB."""
    child = project.start(*words)
    child.stdout.read()
    child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return usage.ru_maxrss / 1024


def test_a_long_plan_holds_no_more_than_a_short_one(nobody):
    nobody.bin = PLAIN  # whose memory is its own
    nobody.write("r.yaml", PIER + "sweep: {seed: {from: 1, to: 10, by: 1}, takes: 1}\n")
    short = peak(nobody, "plan", "r.yaml", "--json")
    nobody.write("r.yaml", PIER + "sweep: {seed: {from: 1, to: 20000, by: 1}, takes: 1}\n")
    assert peak(nobody, "plan", "r.yaml", "--json") < short + 10


def test_sharing_is_known_long_afterwards(nobody):
    nobody.write("r.yaml", PIER + """script: r.lua
sweep: {n: {from: 1, to: 400, by: 1}}
outputs: {name: "n${n}"}
""")
    nobody.write("r.lua", "return function(c) return runway.clip {seed = c.n % 200} end\n")
    end = nobody.events("plan", "r.yaml")[-1]
    assert [end[k] for k in ("bought", "shared", "shared_purchases")] == [200, 200, 200]


def test_a_cell_that_fails_is_told_and_the_others_are_planned(nobody):
    nobody.write("r.yaml", PIER + """script: r.lua
sweep: {n: [1, 2]}
outputs: {name: "n${n}"}
""")
    nobody.write("r.lua", """return function(c)
      local clip = runway.clip {seed = c.n}
      if c.n == 1 then error "not this one" end
      return clip
    end""")
    child = nobody.run("plan", "r.yaml", code=4)
    assert "n1: r.lua:3: not this one" in child.stderr_text
    assert '  25 credits     needed by n1: gen3 "a pier"' in child.stdout_text
    assert "2 to buy for 50 credits, 0 there already" in child.stdout_text


def test_a_script_that_waits_for_ever_does_not_make_the_plan_wait(nobody):
    nobody.write("r.yaml", PIER + "script: r.lua\n")
    nobody.write("r.lua", "return function() while true do runway.sleep(1) end end\n")
    child = nobody.run("plan", "r.yaml", code=3)
    assert "a cell waits for something that never comes" in child.stderr_text


def test_what_a_script_leaves_behind_is_let_go_of(nobody):
    """Tasks that nobody waits for, times that are over, ids that nobody knows."""
    nobody.write("r.yaml", PIER + """script: r.lua
sweep: {n: {from: 1, to: 40, by: 1}}
outputs: {name: "n${n}"}
limits: {cell_timeout: 1h, in_flight: 3}
""")
    nobody.write("r.lua", """local kinds = {
  function(c) runway.generate {seed = c.n} runway.sleep "2h" end,
  function(c) local id = runway.generate {seed = c.n}
    pcall(runway.cancel, id)
    while runway.status(id).state ~= "delivered" do end
    return runway.wait(id) end,
  function(c) local ids = runway.map({1, 2, 3}, function(i)
      return runway.generate {seed = 100 + i} end)
    return (runway.any(ids)) end,
  function(c) runway.spawn(function() runway.sleep(1) runway.generate {seed = c.n} end)
    return {} end,
  function(c) pcall(runway.wait, "nobody knows it") pcall(runway.status, "nor this")
    return runway.clip {} end,
}
return function(c) return kinds[c.n % 5 + 1](c) end
""")
    child = nobody.run("plan", "r.yaml", code=5)
    assert child.stderr_text.count("took longer than limits.cell_timeout") == 8
    # 8 of the first kind, the second and the fourth; 3 and 1 that they share.
    assert "28 to buy for 700 credits, 0 there already" in child.stdout_text
