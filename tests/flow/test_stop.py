"""Ctrl-C at every state of a purchase, once and twice; and the other ways in which
a run is told to stop, or loses its terminal. Nothing is lost,
nothing is bought again, and it leaves soon."""
import os
import pathlib
import shutil
import signal
import sqlite3
import threading

import pytest

from conftest import BIN, Project, until
from stage import Running, Stage

PLAIN = pathlib.Path(os.environ["TARMAC_PLAIN_BIN_DIR"])
# A name without a folder: LD_PRELOAD splits its paths at spaces.
SHIM = {"LD_PRELOAD": "libfault.so", "LD_LIBRARY_PATH": str(BIN.parent / "tests/fault")}
LOCKED = 60     # the ledger is waited for
FETCHES = 16    # downloads at once
CHAIN = """
return function()
    local wide = runway.clip { prompt = "wide" }
    %sreturn wide
end
"""
SECOND = 'if true then return runway.clip { prompt = "close", image = wide:frame("last") } end\n'
HELD_KEY = """#!/bin/sh
while [ -e hold.key ]; do
    : > held.key
    sleep 0.02
done
echo sk-0123456789
"""


@pytest.fixture
def stage(project, rogue):
    stage = Stage(project, rogue)
    yield stage
    stage.heal()


# --- the states: each arranges its own, and gives what is true once it is reached
def waiting_in_line(s):
    s.cells(2, in_flight=1)
    s.rogue.phase = lambda task_id, n: "running"
    return lambda: len(s.rogue.bought) == 1 and s.state("running")


def row_being_written(s):
    """Somebody else keeps the ledger from being written; the POST is answered."""
    s.slow = LOCKED
    held = s.hold("submit")
    link = None

    def there():
        nonlocal link
        if link is None and held.waiting and s.state("submitting"):
            link = sqlite3.connect(s.project.root / ".tarmac/ledger.db",
                                   check_same_thread=False)
            link.execute("BEGIN IMMEDIATE")
            s.holds.append(link.rollback)
            held.open.set()
        return link is not None and s.bought() == 1
    return there


def post_under_way(s):
    """It is bought, and the answer is not there yet."""
    s.settled = False
    buy, let_go = s.rogue.record, threading.Event()
    s.holds.append(let_go.set)

    def submit(call, body):
        task_id = buy(body)
        let_go.wait(120)
        s.rogue.json(call, 200, {"code": 200, "data": {"task_id": task_id}})
    s.rogue.submit = submit
    return lambda: s.bought() == 1 and s.state("submitting")


def accepted(s):
    held = s.hold("poll")
    return lambda: held.waiting == 1 and s.state("accepted")


def running(s):
    s.rogue.phase = lambda task_id, n: "running"
    return lambda: s.state("running")


def failing_polls(s):
    s.rogue.phase = lambda task_id, n: "broken"
    return lambda: sum(s.rogue.counts.values()) >= 3


def ready(s):
    """As many others as may be are being fetched."""
    s.cells(FETCHES + 1, in_flight=FETCHES + 1)
    held = s.hold("asset")
    return lambda: (held.waiting == FETCHES
                    and s.state("ready", *["fetching"] * FETCHES))


def half_a_clip(s):
    return s.half_a_clip()


def failing_downloads(s):
    s.rogue.asset = lambda call, *_: call.send_error(500)
    return lambda: len(s.rogue.fetched) >= 2


def being_checked(s):
    held = s.hold_program("worker")
    return held.exists


def frame_being_cut(s):
    s.project.write("r.lua", CHAIN % "")
    recipe = s.project.root / "r.yaml"
    recipe.write_text(recipe.read_text() + "script: r.lua\n")
    s.project.run("run", "r.yaml")
    s.project.write("r.lua", CHAIN % SECOND)
    shutil.rmtree(s.project.root / "out")
    s.n = 2
    held = s.hold_program("worker")
    return held.exists


def unknown_waiting(s):
    s.settled = False
    s.rogue.submit = s.rogue.buy_and_close
    return lambda: s.state("unknown")


def key_command_asking(s):
    program = s.project.write("key.sh", HELD_KEY)
    program.chmod(0o755)
    path = s.project.home / "tarmac/config.yaml"
    path.write_text('keys: {"%s": {command: ["%s"], timeout: 10m}}\n'
                    'gateways: {h: {url: "%s", dialect: reverse}}\n'
                    % (s.rogue.url, program, s.rogue.url))
    held = s.hold_file("key")
    return held.exists


def gateway_starting(s):
    recipe = s.project.root / "r.yaml"
    recipe.write_text(recipe.read_text().replace("gateway: h\n", ""))
    held = s.hold_program("gateway")
    return held.exists


def told_to_wait(s):
    s.rogue.submit = lambda call, _: s.rogue.json(
        call, 429, {"error": {"message": "too many", "type": "rate_limit"}},
        Retry_After="600")
    return lambda: len(s.rogue.posts) == 1 and s.state("intent")


STATES = [waiting_in_line, row_being_written, post_under_way, accepted, running,
          failing_polls, ready, half_a_clip, failing_downloads, being_checked,
          frame_being_cut, unknown_waiting, key_command_asking, gateway_starting,
          told_to_wait]


def stop(s, run, times, number=signal.SIGINT):
    """Ctrl-C so many times. What is held is let go after the first, if there is
    only one: what is under way may end then."""
    run.press(number)
    if s.disk:
        if times == 2:
            run.press(signal.SIGTERM)  # a second SIGINT may be one with the first
        s.let_go()
        return run.end()
    until(lambda: "stopping: " in run.said() or run.child.poll() is not None,
          "that it stops", s.slow)
    if times == 1:
        s.let_go()
    elif run.child.poll() is None:
        run.press(number)
    return run.end(s.slow)


def finish(s):
    """The same command goes on; what was lost on the way is told by its callback."""
    s.heal()
    late = [t for t, body in s.rogue.bought.items()
            if not s.project.rows(f"SELECT 1 FROM attempts WHERE task_id = '{t}'")]
    run = Running(s.project)
    for task_id in late:
        s.rogue.call_back(s.rogue.bought[task_id]["callback_url"], task_id)
    assert run.end(60) == 0, run.said()
    assert s.bought() == s.n, run.said()
    assert set(s.project.states()) == {"delivered"}
    assert len(s.project.outputs()) == len(s.project.rows("SELECT 1 FROM outputs"))
    assert s.project.outputs()
    assert list((s.project.root / ".tarmac").rglob("*.part")) == []


def check_stop(stage, run, times, number=signal.SIGINT):
    code = stop(stage, run, times, number)
    # It may have told its end already when the second comes, and hears nobody.
    late = times == 2 and code == -number
    assert code == 130 or late, run.said()
    assert "Nothing is lost; go on with: tarmac run r.yaml" in run.said()
    if times == 1 and stage.settled:
        assert "unknown" not in stage.project.states(), run.said()
    assert stage.bought() <= stage.n
    finish(stage)


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_ctrl_c(stage, state, times):
    there = state(stage)
    run = Running(stage.project)
    run.until(there, state.__name__)
    check_stop(stage, run, times)


# The disk takes its time over one call, which cannot be left half done.
CALLS = {"the clip": "write /.tarmac/parts",
         "into the store": "rename /.tarmac/store",
         "the output": "mkdir /out"}


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_ctrl_c_while_the_disk_is_slow(tmp_path, rogue, call, times):
    stage = Stage(Project(tmp_path, PLAIN), rogue)
    held = stage.project.root / "held"
    healthy = dict(stage.project.env)
    stage.project.env.update(**SHIM, FAULT_DIR=str(stage.project.root), FAULT_HOLD=call,
                             FAULT_PROGRAM="tarmac", FAULT_HELD=str(held))
    run = Running(stage.project)
    run.until(held.exists, call)
    stage.project.env = healthy
    stage.disk = True
    stage.holds.append(lambda: held.write_text("go on"))
    check_stop(stage, run, times)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
@pytest.mark.parametrize("state", [running, post_under_way], ids=lambda state: state.__name__)
def test_the_other_signals_that_end_a_run(stage, state, number):
    there = state(stage)
    run = Running(stage.project)
    run.until(there, state.__name__)
    check_stop(stage, run, 1, number)


def test_a_terminal_that_goes_says_so_twice_and_is_one_ctrl_c(stage):
    """What is ready is still fetched."""
    there = stage.half_a_clip()
    run = Running(stage.project)
    run.until(there, "half a clip")
    for _ in range(3):
        run.press(signal.SIGHUP)
        until(lambda: "stopping: " in run.said(), "that it stops")
    stage.let_go()
    assert run.end() == 130, run.said()
    assert stage.state("delivered") and len(stage.project.outputs()) == 1


def test_nohup_outlives_its_terminal(stage):
    there = running(stage)
    run = Running(stage.project,
                  preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    run.until(there, "running")
    run.press(signal.SIGHUP)
    stage.rogue.heal()
    assert run.end(60) == 0, run.said()


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_nobody_listens_any_more(stage, name):
    """tarmac run | head -1, or a terminal that is gone: the clips are bought, so
    they are fetched."""
    stage.cells(3, in_flight=1)
    held = stage.hold("submit")
    child = stage.project.start("run", "r.yaml")
    until(lambda: held.waiting == 1, "a POST")
    getattr(child, name).close()
    stage.let_go()
    assert child.wait(60) == 0
    assert stage.bought() == 3 and len(stage.project.outputs()) == 3
    assert set(stage.project.states()) == {"delivered"}


def test_a_key_command_that_the_terminal_ends_with_us(stage):
    """Ctrl-C reaches every process of the terminal's group, and the command is one."""
    there = key_command_asking(stage)
    run = Running(stage.project, start_new_session=True)
    run.until(there, "the key's command")
    os.killpg(run.child.pid, signal.SIGINT)
    assert run.end() == 130, run.said()
    assert stage.bought() == 0
    finish(stage)
