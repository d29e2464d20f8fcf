"""A run that is put to sleep, by Ctrl-Z or SIGSTOP, for longer than anything it
waits for: when it goes on, that time does not count."""
import pathlib
import signal
import threading
import time

import pytest

from conftest import until
from stage import Running, Stage


@pytest.fixture
def stage(project, rogue):
    stage = Stage(project, rogue)
    yield stage
    stage.heal()


def asleep(run, seconds, meanwhile):
    run.press(signal.SIGSTOP)
    until(lambda: state_of(run.child.pid) == "T", "that it is stopped")
    meanwhile()
    time.sleep(seconds)  # what it had meant to wait for is long over
    run.press(signal.SIGCONT)


def state_of(pid):
    text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    return text.rsplit(")", 1)[1].split()[0]


def test_an_answer_that_came_while_we_slept_is_in_time(stage):
    stage.gateway(timeout="2s")
    held = stage.hold("submit")
    run = Running(stage.project)
    run.until(lambda: held.waiting == 1 and stage.state("submitting"), "a POST")
    asleep(run, 6, held.open.set)
    assert run.end(60) == 0, run.said()
    assert stage.bought() == len(stage.rogue.posts) == 1


def test_a_request_that_is_not_answered_after_all_ends_in_its_time(stage):
    stage.gateway(timeout="2s")
    held = stage.hold("poll")
    run = Running(stage.project)
    run.until(lambda: held.waiting == 1, "a poll")
    asleep(run, 5, lambda: None)
    until(lambda: held.waiting == 2, "that it is asked again", 30)
    stage.heal()
    assert run.end(60) == 0, run.said()


def test_a_task_that_was_done_while_we_slept_is_in_time(stage):
    recipe = stage.project.root / "r.yaml"
    recipe.write_text(recipe.read_text().replace("limits: {", "limits: {timeout: 6s, "))
    stage.gateway(poll_min="1s")
    stage.rogue.phase = lambda task_id, n: "running"
    run = Running(stage.project)
    run.until(lambda: stage.state("running"), "running")
    asleep(run, 8, stage.rogue.heal)
    assert run.end(60) == 0, run.said()


def test_a_callback_that_came_while_we_slept_is_heard(stage):
    recipe = stage.project.root / "r.yaml"
    recipe.write_text(recipe.read_text().replace("unknown_wait: 60s", "unknown_wait: 4s"))
    lost = []

    def submit(call, body):
        lost.append(body)
        stage.rogue.hang_up(call)
    stage.rogue.submit = submit
    run = Running(stage.project)
    run.until(lambda: stage.state("unknown"), "a lost answer")
    [body] = lost

    def meanwhile():
        task = stage.rogue.record(body)
        threading.Thread(target=stage.rogue.call_back, args=(body["callback_url"], task),
                         daemon=True).start()
    asleep(run, 8, meanwhile)
    assert run.end(60) == 0, run.said()
    assert stage.bought() == len(stage.rogue.posts) == 1


def test_half_a_clip_is_waited_for_after_a_sleep(stage):
    stage.gateway(timeout="2s")
    there = stage.half_a_clip()
    run = Running(stage.project)
    run.until(there, "half a clip")
    asleep(run, 6, stage.let_go)
    assert run.end(60) == 0, run.said()
    assert len(stage.rogue.fetched) == 1


def test_no_storm_when_it_wakes_up(stage):
    """Ten tasks were to be asked for many times meanwhile: each is, once."""
    stage.cells(10, in_flight=10)
    stage.gateway(poll_min="2s")
    stage.rogue.phase = lambda task_id, n: "running"
    run = Running(stage.project)
    run.until(lambda: stage.state(*["running"] * 10), "all running")
    run.press(signal.SIGSTOP)
    until(lambda: state_of(run.child.pid) == "T", "that it is stopped")
    before = dict(stage.rogue.counts)
    time.sleep(9)
    run.press(signal.SIGCONT)
    begun = time.monotonic()
    until(lambda: len(stage.rogue.counts) == 10
          and all(n > before[t] for t, n in stage.rogue.counts.items()), "a poll of each")
    allowed = 1 + (time.monotonic() - begun) / 2
    assert all(n - before[t] <= allowed for t, n in stage.rogue.counts.items())
    stage.rogue.heal()
    assert run.end(60) == 0, run.said()
    assert stage.bought() == len(stage.rogue.posts) == 10
