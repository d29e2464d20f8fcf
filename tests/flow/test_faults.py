"""The built-in gateway rehearses bad days: whatever it is told to get wrong,
nothing is bought twice, and what was bought is delivered."""
import subprocess

import pytest

from conftest import BIN, Gateway

RECIPE = """
tarmac: 1
name: pan
gateway: h
request: {prompt: a pier, seconds: 5, motion: {x: 1}}
sweep: {seed: [1, 2, 3, 4]}
limits: {in_flight: 4, unknown_wait: 2s}
outputs: {name: "pan/${seed}"}
"""

# Told wrongly for a while, and delivered by the same run.
DELIVERED = ("429=0.5:1", "slow=0.5:0.3", "unknown-state=1:2", "invisible=1:1",
             "backwards=1", "stuck=1:2", "no-url=1:2", "length=1:1", "no-range=1:1",
             "other-offset=1:1", "expired=1:1", "callback-lost=1", "callback-twice=1",
             "callback-late=1:1", "callback-forged=1")
# Bought, though the answer did not say so: the callback does.
CALLED_BACK = ("lost=1", "truncated=1:1", "html=1:1", "empty=1:1", "types=1:1")
# Bought, and not to be had while it lasts.
HELD_BACK = ("expired=1", "length=1", "cut=1", "page=1")
# Not bought, and nothing proves it: these wait for the user's word.
UNKNOWN = ("500=1:1", "502=1:1", "504=1:1", "refuse=1:1")


@pytest.fixture
def rehearse(tmp_path, project):
    started = []

    def start(*options):
        for gateway in started:
            gateway.stop()
        port = started[0].url.rsplit(":", 1)[1] if started else "0"
        started[:] = [Gateway(tmp_path / "service", "--listen", f"127.0.0.1:{port}", *options)]
        project.configure(h={"url": started[0].url, "poll_min": "100ms"})
        return started[0]

    project.write("pan.yaml", RECIPE)
    yield start
    for gateway in started:
        gateway.stop()


@pytest.mark.parametrize("spec", DELIVERED + CALLED_BACK)
def test_all_is_delivered_and_bought_once(project, rehearse, spec):
    gateway = rehearse("--faults", spec)
    project.run("run", "pan.yaml")
    assert len(gateway.tasks()) == 4 and len(project.outputs()) == 4
    gateway = rehearse()
    project.run("run", "pan.yaml")
    assert len(gateway.tasks()) == 4


@pytest.mark.parametrize("spec", HELD_BACK)
def test_what_is_bought_is_fetched_by_the_next_run(project, rehearse, spec):
    gateway = rehearse("--faults", spec)
    project.run("run", "pan.yaml", code=5)
    assert len(gateway.tasks()) == 4 and project.outputs() == []
    gateway = rehearse()
    project.run("run", "pan.yaml")
    assert len(gateway.tasks()) == 4 and len(project.outputs()) == 4


@pytest.mark.parametrize("spec", UNKNOWN)
def test_what_is_not_known_is_never_sent_again(project, rehearse, spec):
    gateway = rehearse("--faults", spec)
    project.run("run", "pan.yaml", code=6)
    assert gateway.tasks() == [] and project.states() == ["unknown"] * 4
    gateway = rehearse()
    project.run("run", "pan.yaml", code=6)
    assert gateway.tasks() == [] and project.states() == ["unknown"] * 4


def test_the_same_seed_is_the_same_day(project, rehearse, tmp_path):
    told = []
    for n in range(2):
        child = subprocess.run(
            [BIN / "tarmac", "gateway", "--faults", "lost=0.5,429=0.25:1", "--faults-seed", "3",
             "--faults-check"], capture_output=True, text=True, check=True, timeout=60)
        told.append(child.stdout)
    assert told == ["429=0.25:1,lost=0.5@3\n"] * 2


@pytest.mark.parametrize("words, says", [
    (["--faults", "lots=1"], "did you mean 'lost'?"),
    (["--faults", "@nowhere"], "nowhere"),
    (["--faults-check"], "goes with --faults"),
    (["--faults-seed", "x"], "a whole number")])
def test_a_mistake_is_usage(tmp_path, words, says):
    child = subprocess.run([BIN / "tarmac", "gateway", *words], capture_output=True, text=True,
                           cwd=tmp_path, timeout=60, check=False)
    assert child.returncode == 2 and says in child.stderr
