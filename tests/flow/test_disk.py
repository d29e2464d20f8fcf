"""A disk that fails at every call that changes it, in turn: nothing is lost,
nothing is bought twice, and the same command delivers once it is mended."""
import hashlib
import os
import pathlib
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from conftest import BIN, Project
from rogue import Rogue

PLAIN = pathlib.Path(os.environ["TARMAC_PLAIN_BIN_DIR"])
# A name without a folder: LD_PRELOAD splits its paths at spaces.
SHIM = {"LD_PRELOAD": "libfault.so", "LD_LIBRARY_PATH": str(BIN.parent / "tests/fault")}
EVERY = bool(os.environ.get("TARMAC_FAULT_EVERY"))
RECIPE = ("tarmac: 1\nname: r\ngateway: h\nrequest: {prompt: a pier, seconds: 5}\n"
          "limits: {unknown_wait: 1s}\n")
MODES = {"full": {"FAULT_MODE": "full"},
         "dead": {"FAULT_MODE": "dead"},
         "once": {"FAULT_MODE": "dead", "FAULT_ONCE": "1"}}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A clip of a few kilobytes: what is written is few calls."""
    path = tmp_path_factory.mktemp("small") / "clip.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i",
                    "color=size=64x36:rate=24:duration=5", "-c:v", "libx264",
                    "-pix_fmt", "yuv420p", path], check=True)
    return path.read_bytes()


def pictures(clip):
    """What an MP4 holds, without what it says of it."""
    at = clip.index(b"mdat")
    return clip[at + 4:at - 4 + int.from_bytes(clip[at - 4:at], "big")]


class Case:
    """One project, one service, one failure."""

    def __init__(self, root, clip):
        root.mkdir()
        self.root = root
        self.rogue = Rogue(clip)
        self.project = Project(root, PLAIN)
        self.project.configure(h={"url": self.rogue.url})
        self.project.write("r.yaml", RECIPE)
        self.healthy = dict(self.project.env)

    def run(self, fault, log=None):
        self.project.env = dict(
            self.healthy, **SHIM, FAULT_DIR=str(self.project.root),
            FAULT_PROGRAM="tarmac", **fault)
        if log:
            self.project.env["FAULT_LOG"] = str(log)
        return self.end()

    def mended(self):
        self.project.env = dict(self.healthy)
        return self.end()

    def end(self):
        child = self.project.start("run", "r.yaml")
        _, said = child.communicate(timeout=120)
        return child.returncode, said


def calls(root, clip, fault):
    """The calls that count of a run in which nothing fails: [(call, file)]."""
    case = Case(root, clip)
    log = root / "calls"
    code, said = case.run(fault, log)
    case.rogue.close()
    assert code == 0, said
    return [tuple(line.split(" ")[1:3]) for line in log.read_text().splitlines()]


def points(found):
    """The first and the last of each row of calls of one kind, or all."""
    n = len(found)
    ends = [i for i in range(n)
            if i in (0, n - 1) or found[i] != found[i - 1] or found[i] != found[i + 1]]
    return [i + 1 for i in (range(n) if EVERY else ends)]


def wrong(root, clip, fault, at):
    """What is not as it should be with the `at`th call failing; or None."""
    case = Case(root, clip)
    project, rogue = case.project, case.rogue
    dead = fault["FAULT_MODE"] == "dead" and "FAULT_ONCE" not in fault
    try:
        code, said = case.run(dict(fault, FAULT_AT=str(at)))
        bought = len(rogue.bought)
        failed = [line for line in said.splitlines()
                  if "No space left" in line or "Input/output error" in line
                  or "disk" in line]
        if code not in (0, 9):
            return f"exit {code}\n{said}"
        if code == 9 and not failed:
            return f"it does not say why\n{said}"
        again, later = case.mended()
        if again == 6 and dead and honest(case, said):
            return None
        if len(rogue.bought) != 1:
            return f"bought {bought}, then {len(rogue.bought)}\n{said}\n{later}"
        if again != 0:
            return f"exit {code}, then {again}\n{said}\n{later}"
        [output] = project.outputs()
        [(kept,)] = project.rows("SELECT sha256 FROM clips")
        [(told,)] = project.rows("SELECT sha256 FROM outputs")
        data = (project.root / output).read_bytes()
        if hashlib.sha256(clip).hexdigest() != kept or pictures(clip) not in data:
            return "the output is not the clip"
        if hashlib.sha256(data).hexdigest() != told:
            return "the output is not what the ledger says"
        # On a dead disk nothing can be removed either.
        names = (".part",) if dead else (".part", ".tmp-", ".tarmac-")
        left = [p for p in project.root.rglob("*") if any(n in p.name for n in names)]
        return f"left behind: {left}" if left else None
    finally:
        rogue.close()
        shutil.rmtree(root)


def honest(case, said):
    """Two moments of a disk that dies for good leave a question behind: when the
    row that announces the POST got there although the disk said no (nothing was
    bought then), and between the service's answer and its row. Then the task is
    told, to be asked for by hand; and it is not bought again."""
    states, bought = case.project.states(), case.rogue.bought
    return states == ["unknown"] and all(
        f'runway.wait("{task_id}")' in said and "1 bought" in said for task_id in bought)


def sweep(root, clip, fault, found):
    """Each of the calls fails in a run of its own."""
    at = points(found)
    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda i: wrong(root / str(i), clip, fault, i), at))
    bad = [f"--- {i}: {' '.join(found[i - 1])}: {text}"
           for i, text in zip(at, outcomes) if text]
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize("name", MODES)
def test_every_write_may_fail(tmp_path, small, name):
    found = calls(tmp_path / "whole", small, MODES[name])
    assert len(found) > 100
    sweep(tmp_path, small, MODES[name], found)


@pytest.mark.parametrize("name", MODES)
def test_I4_every_change_of_a_part_and_its_note_may_fail(tmp_path, small, name):
    room = 2 << 20  # an empty box makes it large enough to have a note
    clip = small + room.to_bytes(4, "big") + b"free" + bytes(room - 8)
    fault = {**MODES[name], "FAULT_ONLY": "/parts/"}
    found = calls(tmp_path / "whole", clip, fault)
    assert any(file.endswith(".part.json") for _, file in found)
    sweep(tmp_path, clip, fault, found)


def test_I4_what_does_not_play_and_cannot_be_kept_either_is_said_and_stays(tmp_path):
    case = Case(tmp_path / "bad", b"no clip")
    code, said = case.run(dict(MODES["once"], FAULT_AT="1", FAULT_ONLY=".bad"))
    assert code == 9 and "cannot keep" in said and "kept as" not in said
    assert "is bought: run again to fetch it" in said
    code, said = case.mended()
    assert code == 5 and "kept as" in said and len(case.rogue.bought) == 1
    case.rogue.close()


def report(case, **fault):
    """(exit code, what was said, the folder's files)"""
    case.project.env = dict(case.healthy, **fault)
    child = case.project.start("report")
    _, said = child.communicate(timeout=120)
    folder = case.project.root / "report/r"
    return child.returncode, said, {p.relative_to(folder).as_posix(): p.read_bytes()
                                    for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("name", ["full", "dead"])
def test_every_write_of_a_report_may_fail(tmp_path, small, name):
    """The page is the old one or the new, and names nothing that is not there."""
    case = Case(tmp_path / "case", small)
    case.end()
    case.rogue.close()
    project, fault = case.project, {**SHIM, "FAULT_PROGRAM": "tarmac",
                                    "FAULT_DIR": str(case.root), **MODES[name]}
    code, _, whole = report(case, FAULT_LOG=str(tmp_path / "calls"), **fault)
    n = len((tmp_path / "calls").read_text().splitlines())
    assert code == 0 and len(whole) == 3 and n > 10
    old = tmp_path / "old"  # of another run
    shutil.copytree(project.root / "report", old)
    (old / "r/index.html").write_bytes(whole["index.html"] + b"<!-- old -->")
    (old / f"r/clips/{'0' * 32}.mp4").write_bytes(b"old")
    for before in (None, old):
        for at in range(1, n + 1):
            shutil.rmtree(project.root / "report", ignore_errors=True)
            if before:
                shutil.copytree(before, project.root / "report")
            code, said, left = report(case, FAULT_AT=str(at), **fault)
            page = left.get("index.html", b"")
            assert code in (0, 9), f"{at}: {said}"
            assert code == 0 or said.count("tarmac: error") == 1, f"{at}: {said}"
            assert page in (whole["index.html"], whole["index.html"] + b"<!-- old -->", b"")
            assert page or not before
            if page == whole["index.html"]:
                assert whole.items() <= left.items(), at
            elif page:
                assert left[f"clips/{'0' * 32}.mp4"] == b"old", at
            assert code != 0 or page == whole["index.html"]
            code, said, left = report(case)
            assert code == 0 and left == whole, f"{at}: {said}"


def test_a_network_file_system_is_refused(tmp_path, small):
    case = Case(tmp_path / "nfs", small)
    code, said = case.run({"FAULT_STATFS": "6969"})
    assert code == 9 and "network file system" in said and "nothing was bought" in said
    assert not case.rogue.bought
    assert case.mended()[0] == 0
    case.rogue.close()


def built_in(tmp_path, below, **fault):
    """A project with a full disk under a folder of its gateway's."""
    project = Project(tmp_path, PLAIN)
    project.write("r.yaml", RECIPE.replace("gateway: h\n", ""))
    project.env.update(**SHIM, FAULT_DIR=str(project.root / below),
                       FAULT_PROGRAM="tarmac-media", FAULT_MODE="full", **fault)
    return project


def test_a_full_disk_of_the_built_in_gateway_ends_the_run(tmp_path):
    project = built_in(tmp_path, ".tarmac/gateway", FAULT_AT="10")  # it does not start
    assert "gateway.log; nothing was bought" in project.run("run", "r.yaml", code=9).stderr_text
    del project.env["LD_PRELOAD"]
    project.run("run", "r.yaml", "--retry-failed")
    assert len(project.outputs()) == 1


def test_a_render_waits_for_room_on_the_disk(tmp_path):
    project = built_in(tmp_path, ".tarmac/gateway/assets", FAULT_AT="2", FAULT_ONCE="1")
    project.run("run", "r.yaml")
    assert len(project.outputs()) == 1 and project.local_tasks() == 1
    assert waits_in_log(project) == 1


def waits_in_log(project):
    """How often the gateway says that it waits for room."""
    log = (project.root / ".tarmac/gateway/gateway.log").read_text()
    return sum("tried again until it can" in line and "No space left" in line
               for line in log.splitlines())


def test_a_task_outlives_a_disk_that_stays_full(tmp_path):
    project = built_in(tmp_path, ".tarmac/gateway/assets", FAULT_AT="2")
    project.write("r.yaml", RECIPE.replace("gateway: h\n", "").replace(
        "limits: {", "limits: {run_timeout: 12s, "))
    assert project.start("run", "r.yaml").wait(120) != 0
    assert waits_in_log(project) == 1  # tried three times, said once
    assert project.local_tasks() == 1 and project.outputs() == []
    del project.env["LD_PRELOAD"]
    project.write("r.yaml", RECIPE.replace("gateway: h\n", ""))
    project.run("run", "r.yaml")
    assert len(project.outputs()) == 1 and project.local_tasks() == 1  # the same task
