"""What I1 and I4 say of the disk: in which order things get there. The calls of
the program are written down by tests/flow/fault, which lets them all pass."""
import os
import pathlib

import pytest

from conftest import BIN, Project
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
    folder = [i for i, (name, path) in enumerate(calls)
              if name in SYNCS and i > store and path.startswith("/.tarmac/store")]
    recorded = [i for i, (name, path) in enumerate(calls)
                if name == "pwrite" and path == WAL and i > store]
    assert folder and recorded and folder[0] < recorded[0], "its name is on disk before its row"
