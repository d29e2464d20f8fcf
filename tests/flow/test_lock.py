"""The lock beside a recipe: what is written, what --locked delivers elsewhere without
buying, what it refuses; and what plan and diff say of it."""
import hashlib
import json
import shutil

import pytest

from conftest import Project, until

RECIPE = """\
tarmac: 1
name: r
gateway: h
request: {model: gen2, prompt: a pier, seconds: 5, motion: {z: 0.5}}
sweep: {motion.x: [0, 4]}
"""
# The same, in other words.
SAME = """\
# What a pier looks like.
sweep:
  motion.x: [0.0, 4.0]      # from afar
request:
  motion: {z: 5e-1}
  seconds: 5.0
  prompt: "a pier"
  "model": 'gen2'
gateway: h
name: r
tarmac: 1
"""
SCRIPT = """
return function(cell)
  local first = runway.wait(runway.generate { prompt = "first" })
  local ok, err = pcall(function() return runway.wait(runway.generate { prompt = "bad" }) end)
  assert(not ok and err.kind == "failed", "a bad one that did not fail")
  local close = runway.wait(runway.generate { prompt = "close" })
  return { close = close }
end
"""


@pytest.fixture
def shop(project, rogue):
    """A project whose recipe was bought and locked."""
    project.configure(h={"url": rogue.url})
    project.write("r.yaml", RECIPE)
    project.run("run", "r.yaml", "--lock")
    assert len(rogue.bought) == 2
    return project


@pytest.fixture
def elsewhere(shop, rogue, tmp_path):
    """Another folder with the recipe and its lock, and nothing else."""
    root = tmp_path / "elsewhere"
    root.mkdir()
    other = Project(root)
    other.configure(h={"url": rogue.url})
    for name in ("r.yaml", "r.lock.yaml"):
        shutil.copy(shop.root / name, other.root)
    return other


def lock_of(project):
    return (project.root / "r.lock.yaml").read_text(encoding="utf-8")


def edit(project, name, old, new):
    path = project.root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def last_line(text):
    return text.splitlines()[-1]


# --- what is written
def test_a_lock_is_sorted_and_stays_as_it_is(shop, rogue):
    text = lock_of(shop)
    lines = [line for line in text.splitlines() if line.startswith(("recipe", "  r/"))]
    assert lines == ["recipe: r", "  r/x0:", "  r/x4:"]
    assert all(task in text for task in rogue.bought)
    path = shop.root / "r.lock.yaml"
    before = path.stat().st_mtime_ns, path.stat().st_ino
    events = shop.events("run", "r.yaml", "--lock")
    assert [e for e in events if e["event"] == "lock"] == [
        {"event": "lock", "file": "r.lock.yaml", "cells": 2, "changed": False}]
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before
    shop.write("r.yaml", SAME)
    shop.run("run", "r.yaml", "--lock")
    assert lock_of(shop) == text and len(rogue.bought) == 2


def test_params_that_were_given_stand_in_it(project, rogue):
    project.configure(h={"url": rogue.url})
    project.write("r.yaml", RECIPE.replace("a pier", '"${what}"') + "params: {what: a pier}\n")
    project.run("run", "r.yaml", "-p", "what=a: b", "--lock")
    assert 'given: ["what=a: b"]' in lock_of(project)
    project.run("run", "r.yaml", "-p", "what=a: b", "--locked")
    child = project.run("run", "r.yaml", "--locked", code=4)
    assert "r.lock.yaml was written by a run with what=a: b, and this run is another" in \
        child.stderr_text
    assert len(rogue.bought) == 2


def test_only_what_was_delivered_whole_is_locked(project, rogue):
    project.configure(h={"url": rogue.url})
    project.write("r.yaml", RECIPE)
    rogue.phase = lambda task_id, n: \
        "failed" if task_id == list(rogue.bought)[0] else "succeeded"
    child = project.run("run", "r.yaml", "--lock", code=4)
    assert "r.lock.yaml is not written: 1 of 2 cells are not delivered" in child.stderr_text
    assert not (project.root / "r.lock.yaml").exists()


# --- what it delivers
def test_another_folder_gets_the_same_and_buys_nothing(shop, elsewhere, rogue):
    posts = len(rogue.posts)
    child = elsewhere.run("run", "r.yaml", "--locked")
    assert last_line(child.stderr_text) == "2 of 2 cells delivered; nothing was bought"
    assert elsewhere.outputs() == shop.outputs() == ["out/r/x0.mp4", "out/r/x4.mp4"]
    assert elsewhere.states() == ["delivered"] * 2
    assert elsewhere.rows("SELECT DISTINCT price FROM attempts") == [(None,)]
    assert elsewhere.rows("SELECT fingerprint, request, cell FROM purchases ORDER BY cell") == \
        shop.rows("SELECT fingerprint, request, cell FROM purchases ORDER BY cell")
    asked = len(rogue.polls), len(rogue.fetched)
    elsewhere.run("run", "r.yaml", "--locked")
    elsewhere.run("run", "r.yaml")  # which has it now, too
    assert (len(rogue.polls), len(rogue.fetched)) == asked
    assert len(rogue.posts) == posts


def test_other_words_for_the_same_change_nothing(elsewhere, rogue):
    posts = len(rogue.posts)
    elsewhere.write("r.yaml", SAME)
    elsewhere.run("run", "r.yaml", "--locked")
    assert len(rogue.posts) == posts


def test_a_killed_run_goes_on(elsewhere, rogue):
    posts = len(rogue.posts)
    rogue.phase = lambda task_id, n: "running"
    child = elsewhere.start("run", "r.yaml", "--locked")
    until(lambda: elsewhere.states() == ["running"] * 2, "both tasks recorded")
    child.kill()
    child.communicate()
    rogue.heal()
    elsewhere.run("run", "r.yaml", "--locked")
    assert len(elsewhere.outputs()) == 2 and len(rogue.posts) == posts


def test_what_a_script_asked_for_besides(project, rogue, tmp_path):
    """A purchase that is no output is locked too, and so is one that failed."""
    project.configure(h={"url": rogue.url})
    project.write("r.yaml", RECIPE.replace("sweep: {motion.x: [0, 4]}\n", "script: r.lua\n"))
    project.write("r.lua", SCRIPT)
    rogue.phase = lambda task_id, n: \
        "failed" if "bad" in rogue.bought[task_id].values() else "succeeded"
    project.run("run", "r.yaml", "--lock")
    posts = len(rogue.posts)
    assert posts == 3
    text = lock_of(project)
    assert text.count("- {output: close, ") == 1 and text.count("- {gateway: h, ") == 2
    assert text.count("failed: ") == 1 and text.count("sha256: ") == 2
    (tmp_path / "elsewhere").mkdir()
    other = Project(tmp_path / "elsewhere")
    other.configure(h={"url": rogue.url})
    for name in ("r.yaml", "r.lua", "r.lock.yaml"):
        shutil.copy(project.root / name, other.root)
    other.run("run", "r.yaml", "--locked")
    assert other.outputs() == ["out/r/r.close.mp4"] and len(rogue.posts) == posts


# --- what it refuses
def test_a_changed_request_is_told_by_its_field(shop, rogue):
    shop.write("r.yaml", RECIPE.replace("z: 0.5", "z: 2"))
    child = shop.run("run", "r.yaml", "--locked", code=4)
    assert "r/x0: this purchase is not in r.lock.yaml (motion.z 0.5 → 2); nothing was spent; " \
        "run without --locked to buy it, with --lock to lock it" in child.stderr_text
    assert len(rogue.bought) == 2


def test_cells_that_came_and_went(shop, rogue):
    shop.write("r.yaml", RECIPE.replace("[0, 4]", "[0, 5]"))
    child = shop.run("run", "r.yaml", "--locked", code=4)
    assert "r/x5: this purchase is not in r.lock.yaml (it has no cell r/x5)" in child.stderr_text
    assert "r/x4 is in r.lock.yaml, and the recipe has no such cell" in child.stderr_text
    shop.run("run", "r.yaml", "--locked", "--first", "1")
    shop.run("run", "r.yaml", "--locked", "--only", "motion.x == 0")
    assert len(rogue.bought) == 2


def test_another_clip_is_kept_and_not_placed(elsewhere, rogue):
    rogue.clip += b"\0\0\0\x08free"
    other = hashlib.sha256(rogue.clip).hexdigest()
    child = elsewhere.run("run", "r.yaml", "--locked", code=4)
    assert f"is another one than r.lock.yaml says (sha256 {other[:12]}…, not " in \
        child.stderr_text
    assert elsewhere.outputs() == []
    kept = list((elsewhere.root / ".tarmac/store").glob(f"*/{other}.mp4"))
    assert len(kept) == 1
    assert len(rogue.bought) == 2


def test_a_task_that_the_gateway_does_not_know(elsewhere, rogue):
    posts = len(rogue.posts)
    rogue.bought.clear()
    child = elsewhere.run("run", "r.yaml", "--locked", code=4)
    assert "'h' does not know task " in child.stderr_text
    assert elsewhere.states() == [] and len(rogue.posts) == posts
    elsewhere.run("run", "r.yaml")  # not locked, it is bought
    assert len(rogue.bought) == 2


BROKEN = [
    ("sha256: ", "sha_256: 2, sha256: ", "unknown key 'sha_256' (did you mean 'sha256'?)"),
    ("tarmac_lock: 1", "tarmac_lock: 2", "r.lock.yaml:2:14: error: this lock has format 2, and "
     "this tarmac reads 1: a newer tarmac wrote it"),
    ("sha256: ", "sha256: x", "error: 'sha256' is 64 hex digits"),
    ("cells:", "cells: [", "r.lock.yaml:"),
    ("recipe: r", "recipe: \x01", "r.lock.yaml:3:"),
]


def test_a_lock_that_is_none(shop, rogue):
    text = lock_of(shop)
    for old, new, says in BROKEN:
        shop.write("r.lock.yaml", text.replace(old, new))
        assert says in shop.run("run", "r.yaml", "--locked", code=3).stderr_text
    assert len(rogue.bought) == 2


def test_a_lock_among_recipes(shop):
    assert shop.run("check", "r.lock.yaml", "r.yaml").stdout_text == \
        "r.lock.yaml: ok\nr.yaml: ok\n"
    child = shop.run("plan", "r.lock.yaml", code=2)
    assert "r.lock.yaml is a lock: name the recipe that it stands beside" in child.stderr_text
    edit(shop, "r.lock.yaml", "cells:", "cell:")
    child = shop.run("check", "r.lock.yaml", code=3)
    assert "r.lock.yaml:4:1: error: unknown key 'cell' (did you mean 'cells'?)" in \
        child.stderr_text


def test_no_lock_at_all(shop):
    (shop.root / "r.lock.yaml").unlink()
    child = shop.run("run", "r.yaml", "--locked", code=3)
    assert "there is no r.lock.yaml; tarmac run RECIPE --lock writes it" in child.stderr_text


def test_the_tables_of_another_tarmac_are_told(shop):
    text = lock_of(shop)
    at = text.index("dialect: ") + len("dialect: ")
    dialect = text[at:text.index(",", at)]
    edit(shop, "r.lock.yaml", f"dialect: {dialect}", "dialect: reverse 2020-01-01")
    child = shop.run("run", "r.yaml", "--locked")
    assert "r.lock.yaml was written with the dialect reverse 2020-01-01, this is " \
        f"{dialect}; the purchases are the same" in child.stderr_text


def test_what_cannot_be_meant(shop):
    for words in (("--lock", "--locked"), ("--lock", "--first", "1"),
                  ("--lock", "--only", "motion.x == 0"), ("--locked", "--retry-failed")):
        shop.run("run", "r.yaml", *words, code=2)


# --- what plan and diff say
def test_plan_says_how_it_stands(shop):
    assert last_line(shop.run("plan", "r.yaml").stdout_text) == "r.lock.yaml: as locked"
    edit(shop, "r.yaml", "a pier", "a cliff")
    text = shop.run("plan", "r.yaml").stdout_text
    assert "r.lock.yaml: 2 cells not as locked\n  r/x0: prompt 'a pier' → 'a cliff', " in text
    lock = [e for e in shop.events("plan", "r.yaml") if e["event"] == "lock"]
    assert len(lock) == 1 and not lock[0]["same"] and lock[0]["gone"] == []
    assert [d["cell"] for d in lock[0]["differ"]] == ["r/x0", "r/x4"]
    assert all(d["credits"] > 0 for d in lock[0]["differ"])
    shop.write("r.yaml", RECIPE.replace("[0, 4]", "[0]"))
    assert last_line(shop.run("plan", "r.yaml").stdout_text) == \
        "  r/x4: the recipe has no such cell any more"


def test_diff_of_locks_and_runs(shop):
    shutil.copy(shop.root / "r.lock.yaml", shop.root / "old.lock.yaml")
    assert shop.run("diff", "r.yaml", "old.lock.yaml").stdout_text == "the same: 2 cells\n"
    edit(shop, "r.yaml", "[0, 4]", "[4, 8]")
    edit(shop, "r.yaml", "z: 0.5", "z: 1")
    shop.run("run", "r.yaml", "--lock")
    told = ("r/x0: only in old.lock.yaml\nr/x4: motion.z 0.5 → 1\nr/x8: only in {}\n")
    assert shop.run("diff", "old.lock.yaml", "r.yaml", code=4).stdout_text == \
        told.format("r.yaml")
    runs = [row[0] for row in shop.rows("SELECT id FROM runs ORDER BY rowid")]
    assert shop.run("diff", "old.lock.yaml", runs[1][:12], code=4).stdout_text == \
        told.format(runs[1][:12])
    assert shop.run("diff", runs[1], "r.yaml").stdout_text == "the same: 2 cells\n"
    events = shop.events("diff", "old.lock.yaml", "r.yaml", code=4)
    assert [(e["cell"], e["in"]) for e in events[:-1]] == \
        [("r/x0", "a"), ("r/x4", "both"), ("r/x8", "b")]
    assert events[-1] == {"event": "end", "exit": 4, "differ": 3}
    child = shop.run("diff", "nothing", "r.yaml", code=2)
    assert "nothing is no lock, recipe or run" in child.stderr_text
    assert json.loads(shop.run("diff", "nothing", "r.yaml", "--json", code=2)
                      .stdout_text)["event"] == "error"
