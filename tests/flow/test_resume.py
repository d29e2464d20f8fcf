"""Whatever ends a run: the same command delivers the rest and buys nothing twice."""
import os
import signal

import pytest

from conftest import DEADLINE, SOURCE, until
from grid import GRID

SWEEP = GRID % "[-6, 0, 6]"


def clips(project):
    return [p for p in project.outputs("out/grid/*.mp4")]


def quiet(project, delivered):
    """So many delivered, something under way, and no POST at this moment: what a
    kill during the POST itself leaves is settled by evidence, in its own tests."""
    states = project.states()
    return (states and states.count("delivered") >= delivered
            and not {"intent", "submitting"} & set(states))


def kill_local_gateway(project):
    for pid in [int(p) for p in os.listdir("/proc") if p.isdigit()]:
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                line = file.read()
            if b"--users" in line and os.fsencode(str(project.root)) in line:
                os.kill(pid, signal.SIGKILL)
        except OSError:
            pass  # it has ended meanwhile


@pytest.mark.parametrize("delivered", [0, 1, 4, 8])
def test_kill_9_in_the_middle(project, gateway, delivered):
    project.configure(h={"url": gateway.url})
    project.write("grid.yaml", SWEEP)
    child = project.start("run", "grid.yaml")
    until(lambda: quiet(project, delivered), f"{delivered} clips")
    child.kill()
    child.communicate()
    project.run("run", "grid.yaml")
    assert len(clips(project)) == 9
    assert len(gateway.tasks()) == 9
    assert project.states() == ["delivered"] * 9
    assert list((project.root / ".tarmac").rglob("*.part")) == []


def test_kill_9_of_run_and_local_gateway_together(drafts):
    project = drafts
    recipe = (SOURCE / "recipes/orbit.yaml").read_text()
    project.write("orbit.yaml", recipe)
    child = project.start("run", "orbit.yaml", "--first", "3")
    until(lambda: project.local_tasks() == 3 and quiet(project, 0), "three purchases")
    kill_local_gateway(project)
    child.kill()
    child.communicate()
    project.run("run", "orbit.yaml", "--first", "3")
    assert len(project.outputs()) == 3
    assert project.local_tasks() == 3


def test_the_local_gateway_ends_with_the_run_that_was_killed(drafts):
    project = drafts
    project.write("hello.yaml", (SOURCE / "recipes/hello.yaml").read_text())
    child = project.start("run", "hello.yaml")
    address = project.root / ".tarmac/gateway/address"
    until(lambda: address.exists() and quiet(project, 0), "a purchase")
    child.kill()
    child.communicate()
    until(lambda: not address.exists(), "the gateway's end")
    project.run("run", "hello.yaml")
    assert project.local_tasks() == 1 and len(project.outputs()) == 1


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_loses_nothing(project, gateway, times):
    project.configure(h={"url": gateway.url})
    project.write("grid.yaml", SWEEP)
    child = project.start("run", "grid.yaml")
    until(lambda: project.states().count("delivered") >= 1, "a first clip")
    child.send_signal(signal.SIGINT)
    if times == 2:
        child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 130, said
    assert "tarmac run grid.yaml" in said, "it says what to type next"
    before = len(gateway.tasks())
    assert before < 9
    project.run("run", "grid.yaml")
    assert len(gateway.tasks()) == 9 and len(clips(project)) == 9


def test_I5_two_runs_side_by_side_buy_each_cell_once(project, gateway):
    project.configure(h={"url": gateway.url})
    project.write("grid.yaml", SWEEP)
    pair = [project.start("run", "grid.yaml"), project.start("run", "grid.yaml")]
    for child in pair:
        out, said = child.communicate(timeout=120)
        assert child.returncode == 0, out + said
    assert len(gateway.tasks()) == 9 and len(clips(project)) == 9


def test_a_killed_local_gateway_is_started_again(drafts):
    project = drafts
    project.write("hello.yaml", "tarmac: 1\nrequest: {prompt: a paper boat, seconds: 10}\n")
    child = project.start("run", "hello.yaml")
    until(lambda: project.local_tasks() == 1, "a purchase")
    kill_local_gateway(project)
    out, said = child.communicate(timeout=DEADLINE)
    assert child.returncode == 0, out + said
    assert said.count("the built-in gateway renders") == 2, said
    assert project.local_tasks() == 1 and len(project.outputs()) == 1
