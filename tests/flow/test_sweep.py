"""A sweep as a language: what moves together, what is left out, added, drawn and taken
again; and that a million cells cost nothing to count."""
import json
import os
import shutil
import subprocess
import time

import pytest

HEAD = "tarmac: 1\nname: r\n"
SHOTS = HEAD + """request: {prompt: x, seconds: 5}
sweep:
  motion.z: [0, 4]
  shot: {zip: {prompt: [a pier, a cliff], seed: [11, null]}}
  exclude: ["motion.z == 4 and shot == 2"]
  include: [{motion.z: 8, shot: 1}]
  takes: 2
"""
TENS = "".join(f"  motion.{axis}: {{from: 0, to: 9, by: 1}}\n"
               for axis in ("x", "y", "z", "r", "bg_x_pan", "bg_y_pan"))


def cells(events):
    return [e for e in events if e["event"] == "cell"]


def names(events):
    return [c["name"].removeprefix("r/") for c in cells(events)]


def asked(cell):
    [purchase] = cell["purchases"]
    return purchase["request"]


def test_what_moves_together_is_left_out_and_added(project):
    project.write("r.yaml", SHOTS)
    plan = project.events("plan", "r.yaml")
    assert names(plan) == [f"z{z}_shot{shot}_t{take}" for z, shot in
                           ((0, 1), (0, 2), (4, 1), (8, 1)) for take in (1, 2)]
    assert [c["index"] for c in cells(plan)] == list(range(1, 9))
    first, second, *_, last = cells(plan)
    assert asked(first) == {"prompt": "a pier", "seconds": 5, "motion": {"z": 0}, "seed": 11}
    assert asked(cells(plan)[2]) == {"prompt": "a cliff", "seconds": 5, "motion": {"z": 0}}
    assert asked(last)["motion"] == {"z": 8}
    # The same request, bought again on purpose.
    assert asked(second) == asked(first)
    assert plan[-1]["bought"] == 8 and plan[-1]["shared"] == 0


def test_only_some_are_asked_for(project):
    project.write("r.yaml", SHOTS)
    plan = project.events("plan", "r.yaml", "--only", "take == 2 and motion.z < 8")
    assert names(plan) == ["z0_shot1_t2", "z0_shot2_t2", "z4_shot1_t2"]
    assert [c["index"] for c in cells(plan)] == [2, 4, 6]  # of all
    assert plan[-1]["cells"] == 3
    plan = project.events("plan", "r.yaml", "--only", "#prompt", code=2)
    assert plan == [{"event": "error", "message": "--only: it gives the number 6, where true "
                     "or false is wanted (cell 1, where motion.z=0 shot=1)"}]
    [said] = project.events("plan", "r.yaml", "--only", "math.abs(prompt) == 1", code=2)
    assert "unknown name" not in said["message"] and "bad argument #1" in said["message"]
    plan = project.events("plan", "r.yaml", "--only", "seed == nil", "--first", "1")
    assert names(plan) == ["z0_shot2_t1"]


def test_only_some_are_bought_and_then_the_rest(drafts):
    drafts.write("r.yaml", HEAD + "request: {prompt: a pier}\n"
                 "sweep: {seed: [1, 2, 3], takes: 2}\n")
    drafts.run("run", "r.yaml", "--only", "seed == 2")
    assert drafts.outputs() == ["out/r/seed2_t1.mp4", "out/r/seed2_t2.mp4"]
    assert drafts.local_tasks() == 2
    drafts.run("run", "r.yaml")
    assert len(drafts.outputs()) == 6 and drafts.local_tasks() == 6


def test_no_cell_leaves_nothing_behind(project):
    project.write("r.yaml", SHOTS)
    child = project.run("run", "r.yaml", "--only", "shot == 3", code=2)
    assert child.stderr_text == "tarmac: error: --only leaves no cell of the 8\n"
    assert not (project.root / ".tarmac").exists()


def sample(count, axes=TENS):
    return HEAD + f"request: {{prompt: a}}\nsweep:\n{axes}  sample: {{count: {count}, seed: 7}}\n"


def test_a_larger_sample_buys_only_what_is_new(drafts):
    axes = "  seed: {from: 1, to: 500, by: 1}\n"
    drafts.write("r.yaml", sample(2, axes))
    drafts.run("run", "r.yaml")
    before = drafts.outputs()
    drafts.write("r.yaml", sample(4, "  seed: {from: 1, to: 600, by: 1}\n"))
    drafts.run("run", "r.yaml")
    after = drafts.outputs()
    # A new point may be drawn, an old one goes only for such a one.
    assert len(before) == 2 and len(set(after) - set(before)) == drafts.local_tasks() - 2
    assert len(drafts.events("plan", "r.yaml")) == 5


def test_a_script_buys_its_own_take(project):
    project.write("r.yaml", HEAD + "script: r.lua\nrequest: {prompt: a}\nsweep: {takes: 3}\n")
    project.write("r.lua", "return function(cell)\n"
                  "  assert(cell.take == cell.index)\n"
                  "  return runway.clip {}\nend\n")
    plan = project.events("plan", "r.yaml")
    assert [c["purchases"][0]["take"] for c in cells(plan)] == [1, 2, 3]
    # One that is named is that one, in every cell.
    project.write("r.lua", "return function() return runway.clip { take = 2 } end\n")
    plan = project.events("plan", "r.yaml")
    assert [c["purchases"][0]["take"] for c in cells(plan)] == [2, 2, 2]
    assert plan[-1]["bought"] == 1


def test_collected_rows_have_every_column(drafts):
    drafts.write("r.yaml", SHOTS.replace("request:", "script: r.lua\nrequest:"))
    drafts.write("r.lua", "return function(cell)\n"
                 "  runway.collect('long', #cell.prompt)\n  return {}\nend\n")
    drafts.run("run", "r.yaml")
    table = (drafts.root / "out/r/results.csv").read_text().splitlines()
    assert table[0] == "cell,index,take,motion.z,shot,prompt,seed,name,value"
    assert table[4] == "r/z0_shot2_t2,4,2,0,2,a cliff,,long,7"
    rows = json.loads((drafts.root / "out/r/results.json").read_text())
    assert rows[3]["seed"] is None and rows[-1]["motion.z"] == 8


def test_letters_are_the_same_everywhere(project, tmp_path):
    """What Lua takes for a letter would otherwise be the locale's: another prompt, and
    another purchase."""
    if not shutil.which("localedef") or not os.path.exists("/usr/share/i18n/locales/tr_TR"):
        pytest.skip("there is nothing to make a locale of")
    subprocess.run(["localedef", "-i", "tr_TR", "-f", "ISO-8859-9", tmp_path / "tr"], check=False)
    project.env.update(LOCPATH=str(tmp_path), LC_ALL="tr",
                       ASAN_OPTIONS="detect_leaks=0")  # the C library's, of LOCPATH
    project.write("r.yaml", HEAD + "script: r.lua\nrequest: {prompt: É I}\n"
                  "sweep: {seed: [1, 2], exclude: prompt:lower() ~= 'É i'}\n")
    project.write("r.lua", "return function(cell)\n"
                  "  return runway.clip { prompt = cell.prompt:lower() }\nend\n")
    plan = project.events("plan", "r.yaml")
    assert [asked(c)["prompt"] for c in cells(plan)] == ["É i", "É i"]


# --- counting

def count(project, *words):
    """How many, in how many seconds, with how many kilobytes at most."""
    start = time.monotonic()
    child = project.start("plan", "r.yaml", "--count", *words)
    with child.stdout, child.stderr:
        said = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0, child.stderr.read()
    return int(said), time.monotonic() - start, usage.ru_maxrss


def test_a_million_cells_are_counted_at_once(project):
    project.write("r.yaml", HEAD + "request: {prompt: a}\nsweep:\n"
                  "  motion.x: {from: 0, to: 9, by: 1}\n")
    cells, _, few = count(project)
    assert cells == 10
    project.write("r.yaml", HEAD + "request: {prompt: a}\nsweep:\n" + TENS)
    cells, seconds, many = count(project)
    # Also with the sanitizers; tools/bench_plan.sh says what it is without.
    assert cells == 1_000_000 and seconds < 2 and many - few < 10 * 1024


@pytest.mark.parametrize("more, cells", [
    ("  exclude: motion.x == 4 and motion.y > 2\n", 930_000),
    ("  sample: {count: 20000, seed: 7}\n", 20_000),
    ("  takes: 9\n  include: [{motion.x: 10, motion.y: 0, motion.z: 0, motion.r: 0, "
     "motion.bg_x_pan: 0, motion.bg_y_pan: 0}]\n", 9_000_009),
])
def test_so_are_those_that_are_left(project, more, cells):
    project.write("r.yaml", HEAD + "request: {prompt: a}\nsweep:\n" + TENS + more)
    assert count(project)[0] == cells
    assert project.events("plan", "r.yaml", "--count") == [{"event": "count", "cells": cells}]


def test_counting_needs_neither_script_nor_ledger(project):
    project.write("r.yaml", SHOTS.replace("request:", "script: r.lua\nrequest:"))
    project.write("r.lua", "error('it was run')\n")
    assert count(project)[0] == 8
    assert count(project, "--only", "take == 1", "--first", "3")[0] == 3
    assert not (project.root / ".tarmac").exists()
    project.run("plan", "r.yaml", code=3)


# --- names of more cells than memory is for

MANY = HEAD + ("request: {prompt: a}\nsweep:\n  seed: {from: 1, to: 60000, by: 1}\n"
               "  style: [a_b, c]\n")


def test_names_that_the_template_does_not_prove_are_compared(project):
    project.write("r.yaml", MANY + "outputs: {name: '${recipe}/${style}${seed}'}\n")
    assert project.run("check", "r.yaml").stdout_text == "r.yaml: ok\n"
    project.write("r.yaml", MANY + "  takes: 2\noutputs: {name: '${recipe}/${style}${seed}'}\n")
    child = project.run("check", "r.yaml", code=3)
    assert child.stderr_text == (
        "r.yaml:8:17: error: cells 1 (seed=1 style=a_b take=1) and 2 (seed=1 style=a_b take=2) "
        "would both be named 'r/a_b1': add ${take} to outputs.name\n")
    project.write("r.yaml", MANY.replace("a_b, c", "'1', '11'") +
                  "outputs: {name: '${recipe}/${style}${seed}'}\n")
    child = project.run("check", "r.yaml", code=3)
    assert child.stderr_text == (
        "r.yaml:7:17: error: cells 2 (seed=1 style=11) and 21 (seed=11 style=1) would both be "
        "named 'r/111': add ${index} to outputs.name\n")
