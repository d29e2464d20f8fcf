"""I1 where the ledger is not what it was: a run was killed, and the end of the
-wal file, or all of it, is lost; or an older copy was put back."""
import shutil
import struct

import pytest

from conftest import until
from pier import kill, killed_while_put_off, offer

FRAME_HEAD, WAL_HEAD = 24, 32


def killed(project, rogue, seeds="[1]", states=("running",)):
    """A run was killed while its tasks were under way."""
    rogue.phase = lambda task_id, n: "running"
    offer(project, rogue, seeds=seeds)
    child = project.start("run", "pan.yaml")
    until(lambda: project.states() == list(states), "tasks that run")
    kill(child)
    rogue.phase = lambda task_id, n: "succeeded"


def log(project):
    return project.root / ".tarmac/ledger.db-wal"


def sent(project):
    return sorted((project.root / ".tarmac/runs").glob("*.sent"))


def frames(data):
    """Where each frame of the log begins, and whether it ends a commit."""
    size = FRAME_HEAD + struct.unpack(">I", data[8:12])[0]
    return [(at, struct.unpack(">I", data[at + 4:at + 8])[0] > 0)
            for at in range(WAL_HEAD, len(data) - size + 1, size)], size


def cut(data, at):
    return data[:at]


def flip(data, at):
    return data[:at + 40] + bytes([data[at + 40] ^ 0xff]) + data[at + 41:]


@pytest.mark.parametrize("damage", [cut, flip])
def test_I1_a_log_that_lost_its_end_buys_nothing_again(project, rogue, damage):
    """After every commit: what left is missed, or is still known to have left."""
    killed(project, rogue)
    state, copy = project.root / ".tarmac", project.root / "copy"
    shutil.copytree(state, copy)
    whole = log(project).read_bytes()
    places, size = frames(whole)
    codes = []
    for at in [WAL_HEAD] + [at + size for at, ends in places if ends]:
        shutil.rmtree(state)
        shutil.copytree(copy, state)
        log(project).write_bytes(damage(whole, at) if at < len(whole) else whole)
        child = project.start("run", "pan.yaml")
        _, words = child.communicate(timeout=60)
        codes.append(child.returncode)
        assert len(rogue.bought) == 1, words
        if child.returncode == 9:
            assert "nothing was bought" in words
            assert sent(project)
            assert log(project).read_bytes() == damage(whole, at)
            log(project).write_bytes(whole)
            project.run("run", "pan.yaml")
    assert codes == sorted(codes, key=[9, 6, 0].index), codes
    assert set(codes) == {9, 6, 0}
    assert len(rogue.bought) == len(rogue.posts) == 1


def test_I1_an_older_copy_of_the_ledger_buys_nothing_again(project, rogue):
    offer(project, rogue)
    project.run("run", "pan.yaml")
    ledger = project.root / ".tarmac/ledger.db"
    older = ledger.read_bytes()
    assert not sent(project)
    killed(project, rogue, "[1, 2, 3]", ("delivered", "running", "running"))
    log(project).unlink()
    ledger.with_name("ledger.db-shm").unlink()
    ledger.write_bytes(older)
    child = project.run("run", "pan.yaml", code=9)
    [path] = sent(project)
    assert "lacks 2 purchases that were sent" in child.stderr_text
    assert f"remove {path}" in child.stderr_text
    assert len(rogue.posts) == 3
    assert len(project.outputs()) == 1

    path.unlink()  # "buy them again"
    project.run("run", "pan.yaml")
    assert len(rogue.posts) == 5
    assert len(project.outputs()) == 3
    assert not sent(project)


def test_I1_a_ledger_that_has_all_of_it_goes_on(project, rogue):
    """Put off, killed, taken over and killed: nobody is accused."""
    # Once: after more, only one at a time would be sent.
    answers = [rogue.says('{"error": {"message": "slow down", "code": "rate"}}', 429,
                          Retry_After="0")]
    rogue.submit = lambda call, body: (answers.pop() if answers else rogue.buy)(call, body)
    for _ in range(3):
        killed(project, rogue, "[1, 2]", ("running", "running"))
        assert sent(project)
    project.run("run", "pan.yaml")
    assert len(rogue.bought) == 2
    assert not sent(project)


def test_I1_what_was_put_off_when_its_run_was_killed_is_sent(project, rogue):
    killed_while_put_off(project, rogue)
    [path] = sent(project)
    assert [line.split()[0] for line in path.read_text().splitlines()] == ["sent", "back"]
    rogue.heal()
    project.run("run", "pan.yaml")
    assert len(rogue.posts) == 2 and len(rogue.bought) == 1


def test_I1_where_nothing_can_be_noted_all_goes_on(project, rogue):
    """The note is a net below the ledger: without it the run is what it was."""
    offer(project, rogue, seeds="[1, 2]", limits="in_flight: 1")

    def submit(call, body):
        for path in sent(project):
            if path.is_file():
                path.unlink()
                path.mkdir()
        rogue.buy(call, body)
    rogue.submit = submit
    project.run("run", "pan.yaml")
    assert len(rogue.bought) == 2 and len(project.outputs()) == 2
