"""What I1 and I4 say of the disk: in which order things get there. The calls of
the program are written down by tests/flow/fault, which lets them all pass."""
import os
import pathlib
import shutil

import pytest

from conftest import BIN, Project, until
from pier import offer

PLAIN = pathlib.Path(os.environ["TARMAC_PLAIN_BIN_DIR"])
SYNCS = ("fsync", "fdatasync")
WAL = "/.tarmac/ledger.db-wal"


@pytest.fixture
def watched(tmp_path):
    """A project whose calls are in `watched.calls()`: [(call, file)]."""
    project = Project(tmp_path, PLAIN)
    log = tmp_path / "calls"
    project.env.update(LD_PRELOAD="libfault.so", LD_LIBRARY_PATH=str(BIN.parent / "tests/fault"),
                       FAULT_DIR=str(project.root), FAULT_PROGRAM="tarmac", FAULT_LOG=str(log))
    project.calls = lambda: [tuple(line.split(" ", 2)[1:])
                             for line in log.read_text().splitlines()]
    return project


def test_I1_submitting_is_synced_before_the_post_leaves(watched, rogue):
    last = []

    def submit(call, body):
        last.append([name for name, path in watched.calls() if path == WAL][-1])
        rogue.buy(call, body)
    rogue.submit = submit
    offer(watched, rogue)
    watched.run("run", "pan.yaml")
    assert last[0] in SYNCS, "what was written into the ledger is not on disk"


def test_I1_a_new_ledger_is_on_disk_before_the_post_leaves(watched, rogue):
    """Without its first page SQLite throws the log away, and without its name there is none."""
    seen = []

    def submit(call, body):
        seen.extend(watched.calls())
        rogue.buy(call, body)
    rogue.submit = submit
    offer(watched, rogue)
    watched.run("run", "pan.yaml")
    page = [name for name, path in seen if path == WAL.removesuffix("-wal")]
    assert page[-1] in SYNCS, "its first page is not on disk"
    log = [i for i, (name, path) in enumerate(seen) if name in SYNCS and path == WAL]
    assert any(name in SYNCS and path == "/.tarmac" for name, path in seen[log[0]:])


def test_I4_a_clip_is_synced_then_renamed_then_recorded(watched, rogue):
    rogue.submit = rogue.buy
    offer(watched, rogue)
    watched.run("run", "pan.yaml")
    calls = watched.calls()

    def last(names, part):
        return max(i for i, (name, path) in enumerate(calls) if name in names and part in path)
    store = last(("rename", "link"), "/.tarmac/store/")
    written = last(("write",), ".part")
    synced = [i for i, (name, path) in enumerate(calls)
              if name in SYNCS and ".part" in path and written < i < store]
    assert synced, "its bytes may be missing after a power cut"
    recorded = [i for i, (name, path) in enumerate(calls)
                if name == "pwrite" and path == WAL and i > store]
    assert recorded
    for folder in (os.path.dirname(calls[store][1]), "/.tarmac/store"):
        named = [i for i, (name, path) in enumerate(calls)
                 if name in SYNCS and i > store and path == folder]
        assert named and named[0] < recorded[0], f"{folder} is on disk before its row"


def test_I4_a_folder_that_somebody_removes_is_synced_again(watched, rogue):
    """What a process knows to be on disk is forgotten when it makes it anew."""
    def submit(call, body):
        if rogue.bought:
            until(watched.outputs, "the first clip")
            shutil.rmtree(watched.root / ".tarmac/store")
        rogue.buy(call, body)
    rogue.submit = submit
    watched.configure(h={"url": rogue.url, "in_flight": 1})
    watched.write("two.yaml", "tarmac: 1\nname: two\ngateway: h\nrequest: {prompt: a pier}\n"
                  "sweep: {seed: [1, 2]}\n")
    watched.run("run", "two.yaml")
    stored = [i for i, (name, path) in enumerate(watched.calls())
              if name in ("rename", "link") and "/.tarmac/store/" in path]
    synced = [i for i, (name, path) in enumerate(watched.calls())
              if name in SYNCS and path == "/.tarmac/store"]
    assert len(stored) == 4, "each of them is moved, in vain, before its folder is made"
    assert len({watched.calls()[i][1] for i in stored}) == 1
    assert any(i > stored[-1] for i in synced), "a power cut takes the folder, and the clip in it"
