"""What test_tmpfs.py runs where it may mount."""
import errno
import shutil
import subprocess

import pytest

from conftest import Project
from stage import Running, Stage


class Disk:
    """A file system of a few megabytes."""

    def __init__(self, path, megabytes=64):
        self.path, self.filler = path, path / "filler"
        path.mkdir()
        self.mount("-t", "tmpfs", "-o", f"size={megabytes}m", "none")

    def mount(self, *words):
        subprocess.run(["mount", *words, self.path], check=True)

    def fill(self, leave=0):
        free = shutil.disk_usage(self.path).free
        with open(self.filler, "ab", buffering=0) as file:
            try:
                while free > leave:
                    free -= file.write(bytes(min(65536, free - leave)))
            except OSError as e:
                assert e.errno == errno.ENOSPC

    def empty(self):
        self.filler.unlink(missing_ok=True)


@pytest.fixture
def disk(tmp_path):
    disk = Disk(tmp_path / "disk")
    yield disk
    subprocess.run(["umount", "-l", disk.path], check=True)


@pytest.fixture
def stage(disk, rogue):
    stage = Stage(Project(disk.path), rogue)
    yield stage
    stage.heal()


def before_it_starts(s):
    assert not s.project.states()
    return None, 0


def before_another_run(s):
    s.project.run("run", "r.yaml")
    s.project.write("r.yaml", (s.project.root / "r.yaml").read_text().replace(
        "a pier", "a dune"))
    s.n = 2
    return None, 0


def while_it_is_bought(s):
    held = s.hold("submit")
    return lambda: held.waiting == 1 and s.state("submitting"), 0


def while_it_runs(s):
    held = s.hold("poll")
    return lambda: held.waiting == 1 and s.state("accepted"), 0


def in_the_middle_of_the_clip(s):
    return s.half_a_clip(), 0


def while_the_clip_is_checked(s):
    """What is full by then is in the way of its row."""
    return s.hold_program("worker").exists, 0


def when_the_clip_is_in_the_store(s):
    """There is no room for a second one, which the output is."""
    return s.half_a_clip(), len(s.rogue.clip) // 2 + 65536


FULL = [before_it_starts, before_another_run, while_it_is_bought, while_it_runs,
        in_the_middle_of_the_clip, while_the_clip_is_checked, when_the_clip_is_in_the_store]


@pytest.mark.parametrize("moment", FULL, ids=lambda moment: moment.__name__)
def test_a_full_disk(stage, disk, moment):
    there, leave = moment(stage)
    before = stage.bought()
    if there:
        run = Running(stage.project)
        run.until(there, moment.__name__)
        disk.fill(leave)
        stage.let_go()
    else:
        disk.fill()
        run = Running(stage.project)
    code = run.end(120)
    told = [line for line in run.said().splitlines() if "No space left" in line
            or "disk is full" in line or "look at the room on the disk" in line]
    # What had its blocks already could be written all the same.
    assert (code == 9 and told) or (code == 0 and there), run.said()
    assert stage.bought() == before + (1 if there else 0)
    if not there:
        assert "nothing was bought" in run.said()
    disk.empty()
    stage.heal()
    stage.project.run("run", "r.yaml")
    assert stage.bought() == len(stage.rogue.posts) == stage.n
    assert set(stage.project.states()) == {"delivered"}
    assert (stage.project.root / "out/r/seed1.mp4").read_bytes() == stage.rogue.clip
    assert list((stage.project.root / ".tarmac").rglob("*.part")) == []


READERS = [("plan", "r.yaml"), ("status",), ("log",), ("settle",), ("show", "out/r/seed1.mp4")]


@pytest.mark.parametrize("words", READERS, ids=lambda words: words[0])
def test_a_read_only_disk_can_be_read(stage, disk, words):
    stage.project.run("run", "r.yaml")
    before = stage.project.run(*words).stdout_text
    disk.mount("-o", "remount,ro")
    assert stage.project.run(*words).stdout_text == before
    assert stage.bought() == 1


def test_a_read_only_disk_buys_nothing(stage, disk):
    stage.project.run("run", "r.yaml")
    (stage.project.root / "out/r/seed1.mp4").unlink()
    disk.mount("-o", "remount,ro")
    for words in (("run", "r.yaml"), ("generate", "a dune", "--gateway", "h")):
        child = stage.project.run(*words, code=9)
        assert len(child.stderr_text.splitlines()) == 1, child.stderr_text
        assert "Read-only file system" in child.stderr_text
        assert "nothing was bought" in child.stderr_text
    disk.mount("-o", "remount,rw")
    stage.project.run("run", "r.yaml")
    assert stage.bought() == 1 and stage.project.outputs() == ["out/r/seed1.mp4"]


def test_a_read_only_disk_with_what_a_kill_left(stage, disk):
    """The newest rows are in the log beside the ledger, which reading has to
    bring together: it tells them, or says that it cannot; never older ones."""
    held = stage.hold("poll")
    run = Running(stage.project)
    run.until(lambda: held.waiting == 1 and stage.state("accepted"), "accepted")
    run.child.kill()
    run.end()
    disk.mount("-o", "remount,ro")
    [task_id] = stage.rogue.bought
    child = stage.project.start("log", "--json")
    out, said = child.communicate(timeout=60)
    assert child.returncode in (0, 9), said
    assert (task_id in out) if child.returncode == 0 else ("ledger.db" in said), said
    stage.project.run("run", "r.yaml", code=9)
    disk.mount("-o", "remount,rw")
    stage.heal()
    stage.project.run("run", "r.yaml")
    assert stage.state("delivered") and stage.bought() == 1
