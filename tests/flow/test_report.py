"""tarmac report: a folder that needs nothing else, whole or as it was before,
whatever ends us."""
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess

import pytest

from conftest import Project, until
from permissions import plain_user
from rogue import Rogue

# The one whose number is 3 fails.
RECIPE = """
tarmac: 1
name: told
about: Four </script> piers.
gateway: h
request: {prompt: "</script><!-- ${shot} \\u2028 & pier", seconds: 5}
sweep: {shot: [1, 2, 3, 4]}
outputs: {name: "told/${shot}"}
limits: {unknown_wait: 0s}
"""


def own_clip(rogue):
    """Each task's clip has bytes of its own, which players skip."""
    def asset(call):
        tail = call.path.encode()
        box = (8 + len(tail)).to_bytes(4, "big") + b"free" + tail
        rogue.send_bytes(call, rogue.clip + box, "video/mp4")
    rogue.asset = asset
    rogue.phase = lambda task_id, n: \
        "failed" if "-- 3 " in json.dumps(rogue.bought[task_id]) else "succeeded"


@pytest.fixture(scope="module")
def bought(tmp_path_factory, clip):
    """A run of four cells, one of which failed; its service is gone."""
    project = Project(tmp_path_factory.mktemp("bought"))
    rogue = Rogue(clip)
    own_clip(rogue)
    project.configure(h={"url": rogue.url})
    project.write("told.yaml", RECIPE)
    project.run("run", "told.yaml", code=4)
    rogue.close()
    return project


@pytest.fixture
def told(bought, project):
    subprocess.run(["cp", "-a", f"{bought.root}/.", project.root], check=True)
    subprocess.run(["cp", "-a", f"{bought.home}/.", project.home], check=True)
    return project


def data_of(page):
    [data] = re.findall(r'<script type="application/json" id="data">(.*?)</script>',
                        page.read_text(encoding="utf-8"), re.S)
    return json.loads(data)


def change(project, statement):
    link = sqlite3.connect(project.root / ".tarmac/ledger.db")
    link.execute(statement)
    link.commit()
    link.close()


def files(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes()
            for p in folder.rglob("*") if p.is_file()}


def stored(project):
    return sorted((project.root / ".tarmac/store").glob("*/*"))


def hanging(project, root):
    """Workers that never answer, until nobody asks any more: a report that is not done
    until it is ended."""
    real = project.bin
    project.bin = root / "bin"
    project.bin.mkdir()
    shutil.copy(real / "tarmac", project.bin)
    media = project.bin / "tarmac-media"
    media.write_text("#!/bin/sh\nexec cat >/dev/null\n")
    media.chmod(0o755)
    return real


def test_it_holds_what_the_run_delivered_and_needs_nothing_else(told):
    child = told.run("report")
    assert child.stdout_text == "report/told/index.html\n"
    assert re.fullmatch(r"tarmac: 4 cells, 3 clips, \d+\.\d kB; open it in a browser, "
                        r"or copy the folder\n", child.stderr_text)
    folder = told.root / "report/told"
    first = files(folder)
    data = data_of(folder / "index.html")
    assert data["head"]["recipe"]["about"] == "Four </script> piers."
    assert [c["state"] for c in data["cells"]] == ["delivered"] * 2 + ["failed", "delivered"]
    assert data["cells"][0]["purchases"][0]["request"]["prompt"] == "</script><!-- 1 \u2028 & pier"
    named = {f for c in data["cells"] for clip in c["clips"] for f in (clip["file"], clip["poster"])}
    assert set(first) == named | {"index.html"} and len(named) == 6
    for path in stored(told):
        assert first[f"clips/{path.name[:32]}.mp4"] == path.read_bytes()
    assert all(first[n].startswith(b"\xff\xd8\xff") for n in named if n.startswith("posters/"))
    # The same ledger, the same bytes; and what is there is not made again.
    before = {p: p.stat().st_ino for p in folder.glob("*/*")}
    [event] = told.events("report", "told.yaml")
    assert event["path"] == "report/told/index.html" and event["missing"] == 0
    assert (event["cells"], event["clips"]) == (4, 3)
    assert event["bytes"] == sum(map(len, first.values()))
    assert files(folder) == first
    assert {p: p.stat().st_ino for p in folder.glob("*/*")} == before
    # Not all cells of a very large run are in the ledger.
    change(told, "UPDATE runs SET about = json_set(about, '$.cells', 90)")
    assert "tarmac: the first 4 of 90 cells, 3 clips, " in told.run("report").stderr_text


def test_the_run_is_the_one_that_the_word_means(told):
    [(run,)] = told.rows("SELECT id FROM runs")
    told.run("report", run[:6], "--out", "by id")
    told.run("report", "told", "--out", "by name")
    assert files(told.root / "by id") == files(told.root / "by name")
    assert f"run began    told  {run[:8]}\n" in told.run("log", "--all").stdout_text
    said = told.run("report", "tolt", code=2).stderr_text
    assert "did you mean 'told'?" in said
    said = told.run("report", "told", "more", code=2).stderr_text
    assert "takes one run, one recipe or none" in said
    other = run[:-1] + ("0" if run[-1] != "0" else "1")
    change(told, f"INSERT INTO runs SELECT '{other}', recipe, argv, started_ms + 1, ended_ms,"
                " exit_code, version, about FROM runs")
    said = told.run("report", run[:6], code=2).stderr_text
    assert run in said and other in said
    said = told.run("report", other, code=2).stderr_text
    assert "are not kept" in said and "tarmac run told.yaml" in said
    assert told.run("report").stdout_text == "report/told/index.html\n"  # the one with cells
    change(told, "DELETE FROM cells")
    change(told, "UPDATE runs SET about = NULL")
    assert "an earlier tarmac made it" in told.run("report", code=2).stderr_text


def test_only_a_report_is_written_over(told, tmp_path):
    theirs = told.root / "films"
    (theirs / "clips").mkdir(parents=True)
    (theirs / "clips/holiday.mp4").write_bytes(b"mine")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (told.root / "report").symlink_to(elsewhere)
    for words, why in ((["--out", "films"], "no report of tarmac's"), ([], "symbolic link")):
        assert why in told.run("report", *words, code=2 if words else 9).stderr_text
    assert files(theirs) == {"clips/holiday.mp4": b"mine"} and not list(elsewhere.iterdir())
    (theirs / "index.html").write_text("<html>my films</html>")
    told.run("report", "--out", "films", code=2)
    (told.root / "report").unlink()
    (told.root / "report").mkdir()
    (told.root / "report/told").symlink_to(elsewhere)
    assert "cannot open" in told.run("report", code=9).stderr_text
    assert not list(elsewhere.iterdir())
    (told.root / "report/told").unlink()
    told.run("report")
    folder = told.root / "report/told"
    whole = files(folder)
    # Of an earlier report, of one that was killed, and of somebody else.
    for name in ("clips/" + "0" * 32 + ".mp4", "posters/" + "a" * 32 + ".jpg.part"):
        (folder / name).write_bytes(b"old")
    (folder / "clips/notes.txt").write_text("mine")
    (folder / "posters/0").symlink_to(stored(told)[0])
    told.run("report")
    assert {n for n in files(folder) if n not in whole} == {"clips/notes.txt", "posters/0"}
    shutil.rmtree(folder / "clips")
    (folder / "clips").symlink_to(elsewhere)
    assert "cannot write into" in told.run("report", code=9).stderr_text
    assert not list(elsewhere.iterdir())


def test_a_clip_that_is_gone_is_told_and_one_that_was_given_stays(told):
    told.run("report", "--out", "a")
    stored(told)[0].unlink()
    assert told.events("report", "--out", "a")[0]["missing"] == 0
    [warning, event] = told.events("report", "--out", "b")
    assert "1 clip is not in the store" in warning["message"]
    assert (event["missing"], event["clips"]) == (1, 2)
    clips = [clip for cell in data_of(told.root / "b/index.html")["cells"]
             for clip in cell["clips"]]
    assert sorted("missing" in clip for clip in clips) == [False, False, True]
    assert len(list((told.root / "b/posters").iterdir())) == 3


def test_a_ledger_that_cannot_be_written_is_enough(told, tmp_path):
    for path in [told.root, *told.root.rglob("*")]:
        path.chmod(path.stat().st_mode & 0o555)
    (tmp_path / "out").mkdir()
    told.options["preexec_fn"] = plain_user
    told.run("report", "--out", tmp_path / "out/told")
    assert len(files(tmp_path / "out/told")) == 7
    assert "cannot" in told.run("report", code=9).stderr_text
    for path in [told.root, *told.root.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200)


def test_a_run_is_seen_while_it_goes_on(project, rogue):
    own_clip(rogue)
    rogue.phase = lambda task_id, n: \
        "running" if "-- 4 " in json.dumps(rogue.bought[task_id]) else "succeeded"
    project.configure(h={"url": rogue.url})
    project.write("told.yaml", RECIPE)
    child = project.start("run", "told.yaml")
    until(lambda: len(project.outputs()) == 3, "three outputs")
    project.run("report")
    data = data_of(project.root / "report/told/index.html")
    assert data["head"]["run"]["alive"] and data["head"]["made_ms"]
    assert data["cells"][3]["state"] == "running"
    rogue.phase = lambda task_id, n: "succeeded"
    child.communicate()
    project.run("report")
    data = data_of(project.root / "report/told/index.html")
    assert [c["state"] for c in data["cells"]] == ["delivered"] * 4


def test_ctrl_c_leaves_the_page_and_a_second_report_waits_for_none(told, tmp_path):
    told.run("report")
    folder = told.root / "report/told"
    whole = files(folder)
    real = hanging(told, tmp_path)
    for folder_of in (folder, told.root / ".tarmac"):
        shutil.rmtree(folder_of / "posters")
    child = told.start("report", "--plain")
    until(lambda: (folder / "posters").exists(), "a report at work")
    assert "another tarmac is just writing" in told.run("report", code=2).stderr_text
    child.send_signal(signal.SIGINT)
    assert child.communicate(timeout=60)[0] == "" and child.returncode == 130
    left = files(folder)
    assert {n: left[n] for n in left} == {n: b for n, b in whole.items() if n in left}
    assert "index.html" in left
    told.bin = real
    told.run("report")
    assert files(folder) == whole


def test_killed_at_any_moment_it_goes_on(told, tmp_path):
    told.run("report", "--out", "whole")
    whole = files(told.root / "whole")
    folder = told.root / "report/told"
    real = hanging(told, tmp_path)
    shutil.rmtree(told.root / ".tarmac/posters")
    moments = (lambda: folder.exists(), lambda: (folder / ".index.html.part").exists(),
               lambda: (folder / "clips").exists() and os.listdir(folder / "clips"),
               lambda: (folder / "clips").exists() and len(os.listdir(folder / "clips")) == 3)
    for moment in moments:
        child = told.start("report")
        until(moment, "that moment")
        child.kill()
        child.communicate()
        assert not (folder / "index.html").exists()
        for path in (folder / "clips").glob("*.mp4"):
            assert path.read_bytes() == whole[f"clips/{path.name}"]
    told.bin = real
    told.run("report")
    assert files(folder) == whole


def test_nothing_to_report_yet(project):
    said = project.run("report", code=2).stderr_text
    assert "nothing was run here yet" in said and "tarmac run RECIPE" in said
    assert not pathlib.Path(project.root / ".tarmac").exists()
