"""The built-in gateway rehearses bad days: whatever it is told to get wrong,
nothing is bought twice, and what was bought is delivered. Every fault that it
knows is crossed with the audit of tests/crash."""
import re
import subprocess
import sys

import pytest

from conftest import BIN, SOURCE, Gateway, until

sys.path.append(str(SOURCE / "tests/crash"))
from audit import audit, bought_once, close_lipped, known  # noqa: E402

CANARY = "canary-4f1d"
RECIPE = """
tarmac: 1
name: pan
gateway: %s
request: {prompt: "cell ${n}", seconds: 5, motion: {x: 1}}
sweep: {n: %s}
limits: {in_flight: 8}
outputs: {name: "pan/${n}"}
"""

# Told wrongly for a while, and delivered by the same run.
DELIVERED = ("429=0.5:1", "slow=0.5:0.3", "unknown-state=1:2", "invisible=1:1",
             "backwards=1", "stuck=1:2", "no-url=1:2", "length=1:1", "no-range=1:1",
             "other-offset=1:1", "expired=1:1", "callback-lost=1", "callback-twice=1",
             "callback-late=1:1", "callback-forged=1")
# Bought, though the answer did not say so: the callback does, or the list.
TOLD_LATER = ("lost=1", "truncated=1:1", "html=1:1", "empty=1:1", "types=1:1",
              "lost=1,callback-lost=1")
# Bought, and not to be had while it lasts.
HELD_BACK = ("expired=1", "length=1", "cut=1", "page=1")
# Not bought, and only the list can prove it, which takes a minute: all at once.
NOT_BOUGHT = "500=0.2:1,502=0.25:1,503=0.33:1,504=0.5:1,refuse=1:1"
# The service's word, and final.
FAILED = "failed-with-url=1"


def recipe(cells=4, gateway="local", prompt="cell"):
    return RECIPE.replace("cell", prompt) % (gateway, list(range(cells)))


def prompts(cells=4):
    return {f"cell {n}" for n in range(cells)}


class Rehearsal:
    """A gateway with faults, then one without, at one address with one ledger."""

    def __init__(self, folder, project):
        self.folder, self.project, self.gateway = folder, project, None
        project.env["CANARY"] = CANARY
        self.sweep(4)

    def sweep(self, cells):
        self.wanted = prompts(cells)
        self.project.write("pan.yaml", recipe(cells, "h"))

    def start(self, *options):
        port = self.gateway.url.rsplit(":", 1)[1] if self.gateway else "0"
        self.stop()
        self.gateway = Gateway(self.folder / "service", "--listen", f"127.0.0.1:{port}",
                               *options, key=CANARY)
        self.project.configure(h={"url": self.gateway.url, "poll_min": "100ms",
                                  "prices": {"*": 5}, "key": "CANARY"})

    def stop(self):
        if self.gateway:
            self.gateway.stop()

    def run(self, code=0, **options):
        child = self.project.run("run", "pan.yaml", code=code, **options)
        assert CANARY not in child.stdout_text + child.stderr_text
        return child.stderr_text

    def hold_accounts(self, damaged=False):
        audit(self.project.root, self.folder / "service", self.wanted, secret=CANARY,
              damaged=damaged)

    def hold_accounts_of(self, end):
        """Nothing is delivered yet; each cell is bought once, and known."""
        bought_once(self.folder / "service", self.wanted)
        known(self.project.root / ".tarmac", self.folder / "service", end)
        close_lipped(self.project.root, CANARY)
        assert self.project.outputs() == []


@pytest.fixture
def rehearsal(tmp_path, project):
    played = Rehearsal(tmp_path, project)
    yield played
    played.stop()


@pytest.mark.parametrize("spec", (*DELIVERED, *TOLD_LATER))
def test_all_is_delivered_and_bought_once(rehearsal, spec):
    rehearsal.start("--faults", spec)
    rehearsal.run()
    rehearsal.hold_accounts()
    rehearsal.start()
    rehearsal.run()
    rehearsal.hold_accounts()


def test_what_was_not_bought_is_proven_and_bought(rehearsal):
    rehearsal.sweep(8)
    rehearsal.start("--faults", NOT_BOUGHT)
    said = rehearsal.run(timeout=300)
    for answer in ("HTTP 500", "HTTP 502", "HTTP 503", "HTTP 504", "Empty reply"):
        assert answer in said
    assert said.count("the service's list shows that it did not arrive") == 8
    rehearsal.hold_accounts()


@pytest.mark.parametrize("spec", HELD_BACK)
def test_what_is_bought_is_fetched_by_the_next_run(rehearsal, spec):
    rehearsal.start("--faults", spec)
    rehearsal.run(code=5)
    rehearsal.hold_accounts_of("ready")
    rehearsal.start()
    rehearsal.run()
    rehearsal.hold_accounts(damaged=True)


def test_a_failure_is_final(rehearsal):
    for options in (("--faults", FAILED), ()):
        rehearsal.start(*options)
        rehearsal.run(code=4)
        rehearsal.hold_accounts_of("failed")


def test_every_fault_is_rehearsed():
    told = subprocess.run([BIN / "tarmac", "gateway", "--help"], capture_output=True,
                          text=True, check=True, timeout=60).stdout
    told = told[told.index("Faults, each"):]
    names = {name for line in re.findall(r"^    (\S.*?)  ", told, re.M)
             for name in re.sub(r"\[:S\]", "", line).split()}
    played = {word.split("=")[0] for spec in (*DELIVERED, *TOLD_LATER, *HELD_BACK, NOT_BOUGHT,
                                              FAILED) for word in spec.split(",")}
    assert len(names) > 20 and played == names


def test_slow_delays_the_answer_and_not_the_purchase(rehearsal):
    rehearsal.start("--faults", "slow=1:30")
    child = rehearsal.project.start("run", "pan.yaml")
    until(lambda: len(rehearsal.gateway.tasks()) == 4, "bought before it is told")
    assert rehearsal.project.states() == ["submitting"] * 4
    child.kill()
    child.communicate()
    rehearsal.start()
    rehearsal.run()
    rehearsal.hold_accounts()


def test_the_same_seed_is_the_same_day():
    told = []
    for _ in range(2):
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


# --- of one's own recipe


def test_a_run_rehearses_with_its_own_gateway(drafts):
    project = drafts
    project.write("pan.yaml", recipe())
    project.write("days.txt", "lost=1:1\nbackwards=1\n")
    child = project.run("run", "pan.yaml", "--faults", "@days.txt", "--faults-seed", "7")
    assert "tarmac: rehearsing lost=1:1,backwards=1@7" in child.stderr_text
    assert child.stderr_text.count("did not say whether it was bought") == 4
    audit(project.root, project.root / ".tarmac/gateway", prompts())
    child = project.run("run", "pan.yaml")
    assert "did not say" not in child.stderr_text
    audit(project.root, project.root / ".tarmac/gateway", prompts())


@pytest.mark.parametrize("words, says", [
    (["--faults", "lots=1"], "there is no fault 'lots' (did you mean 'lost'?)"),
    (["--faults", "lost=2"], "lost takes a probability above 0 and at most 1"),
    (["--faults", "@nowhere"], "cannot open nowhere"),
    (["--faults", "lost=1", "--faults-seed", "x"], "--faults-seed x: a whole number from 0"),
    (["--faults-seed", "1"], "--faults-seed goes with --faults"),
    (["--faults", "lost=1", "--gateway", "h"], "'h' is another")])
@pytest.mark.parametrize("what", (["run", "pan.yaml"], ["generate", "a pier"]))
def test_a_wrong_rehearsal_opens_and_buys_nothing(project, what, words, says):
    project.configure(h={"url": "http://127.0.0.1:9"})
    project.write("pan.yaml", recipe())
    child = project.run(*what, *words, code=2)
    assert says in child.stderr_text and child.stderr_text.count("\n") == 1
    (event,) = project.events(*what, *words, code=2)
    assert event["event"] == "error" and says in event["message"]
    assert not (project.root / ".tarmac").exists()


def test_a_rehearsal_keeps_its_gateway_to_itself(drafts):
    project = drafts
    project.write("pan.yaml", recipe())
    project.write("other.yaml", recipe(prompt="other"))
    first = project.start("run", "pan.yaml", "--faults", "slow=1:4")
    until(lambda: project.local_tasks() == 4, "the rehearsal has begun")
    for words in ([], ["--faults", "slow=1:5"]):
        child = project.run("run", "other.yaml", *words, code=2)
        assert "serves another run, which rehearses slow=1:4@0" in child.stderr_text
        assert "nothing was bought" in child.stderr_text
        assert project.local_tasks() == 4
    out, err = first.communicate(timeout=120)
    assert first.returncode == 0, out + err
    # Its gateway is just going: one without faults takes its place.
    child = project.run("run", "other.yaml")
    assert "4 of 4 cells delivered" in child.stderr_text
    assert project.local_tasks() == 8


def test_a_dropped_connection_is_no_lost_gateway(drafts):
    drafts.write("pan.yaml", recipe(8).replace("in_flight: 8", "in_flight: 1"))
    child = drafts.run("run", "pan.yaml", "--faults", "lost=1:1")
    assert child.stderr_text.count("the built-in gateway renders") == 1
    audit(drafts.root, drafts.root / ".tarmac/gateway", prompts(8))
