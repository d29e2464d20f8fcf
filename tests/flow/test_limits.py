"""What is waited for, how long, how often, and for how much: 429s, limits of the
day, timeouts, budgets, retries, and runs that share a gateway."""
import email.utils
import itertools
import re
import signal
import threading
import time

import pytest

from conftest import until

RECIPE = """
tarmac: 1
name: pan
gateway: h
request: {{prompt: a pier, seconds: 5}}
sweep: {{seed: {seeds}}}
limits: {{unknown_wait: 0s, {limits}}}
retry: {retry}
{more}
"""


def write(project, rogue, seeds="[1]", limits="", retry="", more="", **entry):
    project.configure(h={"url": rogue.url, "poll_min": 0.1, **entry})
    project.write("r.yaml", RECIPE.format(seeds=seeds, limits=limits, retry=retry, more=more))


class Busy:
    """Answers the first `n` calls with 429, and keeps when each came."""

    def __init__(self, rogue, n, then, **headers):
        self.rogue, self.n, self.then, self.headers = rogue, n, then, headers
        self.times, self.lock = [], threading.Lock()

    def __call__(self, call, what):
        with self.lock:
            self.times.append(time.monotonic())
            busy = len(self.times) <= self.n
        if not busy:
            self.then(call, what)
            return
        headers = {name: value() if callable(value) else value
                   for name, value in self.headers.items()}
        self.rogue.json(call, 429, {"error": {"message": "slow down"}}, **headers)

    @property
    def gaps(self):
        return [b - a for a, b in zip(self.times, self.times[1:])]


def in_3_s():
    return email.utils.formatdate(time.time() + 3, usegmt=True)


# --- 429
@pytest.mark.parametrize("value", ["2", in_3_s], ids=["seconds", "date"])
def test_a_submit_waits_as_long_as_it_is_told(project, rogue, value):
    write(project, rogue)
    rogue.submit = Busy(rogue, 2, rogue.buy, Retry_After=value)
    project.run("run", "r.yaml")
    # A date has whole seconds, and so has the answer's own.
    assert all(1.99 <= gap < 4.5 for gap in rogue.submit.gaps), rogue.submit.gaps
    assert len(rogue.bought) == 1


def test_retry_after_0_is_no_busy_loop(project, rogue):
    write(project, rogue)
    rogue.submit = Busy(rogue, 4, rogue.buy, Retry_After="0")
    project.run("run", "r.yaml")
    gaps = rogue.submit.gaps
    assert len(gaps) == 4 and gaps[0] >= 0.25
    assert all(b > a for a, b in zip(gaps, gaps[1:])), gaps


def test_polls_wait_too_and_nothing_is_wrong(project, rogue):
    write(project, rogue, seeds="[1, 2]", limits="in_flight: 2")
    rogue.poll = Busy(rogue, 7, rogue.feed, Retry_After="1")
    child = project.run("run", "r.yaml")
    assert "warning" not in child.stderr_text
    times = [t - rogue.poll.times[0] for t in rogue.poll.times]
    # Two tasks: what was under way when the first 429 came, and then no more.
    assert len([t for t in times if t < 0.9]) <= 2, times
    assert project.states() == ["delivered"] * 2 and len(rogue.bought) == 2


def adopt_it(project, task_id):
    project.write("r.lua", f"""
return function()
  runway.collect("adopted", {{seconds = runway.wait("{task_id}").seconds}})
  return {{}}
end
""")


def test_questions_of_what_was_bought_elsewhere_wait_too(project, rogue):
    """However many they are: only four answers that are none end it."""
    write(project, rogue, more="script: r.lua\n")
    adopt_it(project, rogue.record({}))
    rogue.poll = Busy(rogue, 7, rogue.feed, Retry_After="0")
    project.run("run", "r.yaml")
    assert not rogue.posts and project.states() == ["delivered"]


def test_questions_after_a_lost_answer_wait_too(project, rogue):
    write(project, rogue, limits="timeout: 120s")
    recipe = (project.root / "r.yaml").read_text().replace("unknown_wait: 0s", "unknown_wait: 2s")
    (project.root / "r.yaml").write_text(recipe)
    rogue.submit = rogue.buy_and_close_then_call_back
    rogue.poll = Busy(rogue, 11, rogue.feed, Retry_After="1")
    child = project.run("run", "r.yaml")
    assert "does not know" not in child.stderr_text
    assert project.states() == ["delivered"] and len(rogue.bought) == 1
    assert all(gap > 0.9 for gap in rogue.poll.gaps[:10]), rogue.poll.gaps


def test_ctrl_c_does_not_wait_for_a_link_that_may_not_be_asked_for(project, rogue):
    write(project, rogue, seeds="[1, 2]", limits="in_flight: 2")
    held, turn = threading.Event(), itertools.count()

    def submit(call, body):
        if next(turn):  # but for the first
            held.wait(60)
        rogue.buy(call, body)

    def poll(call, task_id):
        if not rogue.fetched:
            rogue.feed(call, task_id)
            return
        rogue.json(call, 429, {"error": {"message": "slow down"}}, Retry_After="600")
        held.set()
    rogue.submit, rogue.poll = submit, poll
    rogue.asset = rogue.says("gone", 403, "text/plain")
    child = project.start("run", "r.yaml")
    # What was answered after the 429 is on disk: so that was read, too.
    until(lambda: project.states() == ["accepted", "ready"], "one waits for its link")
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    assert child.returncode == 130 and project.states() == ["accepted", "ready"]
    rogue.heal()
    project.run("run", "r.yaml")
    assert len(rogue.bought) == 2 and project.states() == ["delivered"] * 2


# --- limits that take long
def daily(rogue, message="daily limit reached", **headers):
    def submit(call, body):
        rogue.json(call, 429, {"error": {"message": message}}, **headers)
    return submit


@pytest.mark.parametrize("message", ["daily limit reached", "too many requests"])
def test_a_long_limit_says_when_to_come_back(project, rogue, message):
    write(project, rogue, seeds="[1, 2, 3]", limits="in_flight: 1")
    rogue.submit = daily(rogue, message, Retry_After="18720")
    child = project.run("run", "r.yaml", code=8)
    when = r"run again (?:on \w+ +\d+ \w+ )?at \d\d:\d\d \(in 5 h 12 min\)"
    lines = [line for line in child.stderr_text.splitlines() if line.startswith("✗")]
    assert len(lines) == 3, child.stderr_text
    # What is said of the one that was sent may stand between the others.
    told = [line for line in lines if not line.endswith(": the same")]
    assert len(told) >= 2, child.stderr_text
    assert all(re.search(when, line) and "nothing was bought" in line for line in told)
    assert len(rogue.posts) == 1 and not rogue.bought

    rogue.heal()
    project.run("run", "r.yaml")
    assert len(rogue.bought) == 3


# --- budgets
def test_what_a_budget_lacks_is_told_once_a_purchase(project, rogue):
    write(project, rogue, seeds="[1, 2, 3, 4]", limits="in_flight: 1, budget: 60",
          prices={"*": 5})
    child = project.run("run", "r.yaml", code=7)
    assert "2 cells not bought; limits.budget: 100 would be needed for all of them\n" \
        in child.stderr_text
    assert len(rogue.bought) == 2
    write(project, rogue, seeds="[1, 2, 3, 4]", limits="budget: 100", prices={"*": 5})
    project.run("run", "r.yaml")
    assert len(rogue.bought) == 4


def test_two_cells_of_one_purchase_lack_it_once(project, rogue):
    write(project, rogue, seeds="[1]", limits="budget: 10", prices={"*": 5})
    recipe = (project.root / "r.yaml").read_text().replace("seed: [1]", "variant: [1, 2]")
    (project.root / "r.yaml").write_text(recipe)
    child = project.run("run", "r.yaml", code=7)
    assert "2 cells not bought; limits.budget: 25 would be needed for all of them\n" \
        in child.stderr_text


def test_a_cheaper_one_may_still_fit(project, rogue):
    write(project, rogue, limits="budget: 35, in_flight: 1", prices={"*": 5})
    recipe = (project.root / "r.yaml").read_text().replace("seed: [1]", "seconds: [10, 5]")
    (project.root / "r.yaml").write_text(recipe.replace(", seconds: 5", "").replace(
        "budget: 35", "budget: 25"))
    child = project.run("run", "r.yaml", code=7)
    assert "1 cell not bought; limits.budget: 75 would be needed for it\n" in child.stderr_text
    assert [body["options"]["seconds"] for _, body in rogue.posts] == [5]


def test_a_gateways_budget_is_named(project, rogue):
    write(project, rogue, seeds="[1, 2, 3]", prices={"*": 5}, budget=25)
    child = project.run("run", "r.yaml", code=7)
    assert "2 cells not bought; the gateway's budget: 75 would be needed for all of them\n" \
        in child.stderr_text


# --- timeouts
def test_a_cell_has_its_time(project, rogue):
    write(project, rogue, limits="cell_timeout: 1s", more="script: r.lua\n")
    project.write("r.lua", """
return function()
  local one = runway.wait(runway.generate {})
  return {one = one, two = runway.clip {seed = 2}}
end
""")
    rogue.phase = lambda task_id, n: "running"
    child = project.run("run", "r.yaml", code=5)
    assert ("✗ pan/seed1: took longer than limits.cell_timeout (1 s); its tasks go on at the "
            "gateway, and running the recipe again picks them up\n") in child.stderr_text
    assert project.states() == ["running"]
    rogue.heal()
    project.run("run", "r.yaml")
    assert len(rogue.bought) == 2


def test_a_cell_that_only_sleeps_owes_nothing(project, rogue):
    write(project, rogue, limits="cell_timeout: 0.3", more="script: r.lua\n")
    project.write("r.lua", "return function() runway.sleep(60) return {} end\n")
    child = project.run("run", "r.yaml", code=4)
    assert "took longer than limits.cell_timeout (0.3 s); it had asked for nothing yet" \
        in child.stderr_text
    assert not rogue.posts


def test_a_run_has_its_time(project, rogue):
    write(project, rogue, seeds="[1, 2, 3, 4]", limits="run_timeout: 1s, in_flight: 2")
    rogue.phase = lambda task_id, n: "running"
    child = project.run("run", "r.yaml", code=5)
    assert "limits.run_timeout is over; go on with: tarmac run r.yaml\n" in child.stderr_text
    assert "4 still open" in child.stderr_text
    assert len(rogue.bought) == 2
    rogue.heal()
    project.run("run", "r.yaml")
    assert len(rogue.bought) == 4


def test_a_run_whose_time_is_over_and_that_bought_nothing(project, rogue):
    write(project, rogue, limits="run_timeout: 1s")
    rogue.submit = daily(rogue, "slow down", Retry_After="60")
    child = project.run("run", "r.yaml", code=4)
    assert "limits.run_timeout is over; go on with: tarmac run r.yaml\n" in child.stderr_text
    assert "nothing was bought" in child.stderr_text
    assert not rogue.bought


# --- retries
def fails_first(rogue, m, kind="no luck"):
    """The first `m` tasks fail."""
    def shape(task_id, phase):
        fails = list(rogue.bought).index(task_id) < m
        answer = rogue.native(task_id, "failed" if fails else phase)
        if fails:
            answer["data"]["msg"] = kind
        return answer
    return shape


@pytest.mark.parametrize("fails,count,bought,code", [(2, 2, 3, 0), (2, 1, 2, 4), (9, 3, 4, 4)])
def test_I5_what_fails_is_bought_again(project, rogue, fails, count, bought, code):
    write(project, rogue, retry=f"{{count: {count}}}")
    rogue.shape = fails_first(rogue, fails)
    child = project.run("run", "r.yaml", code=code)
    assert len(rogue.bought) == len(rogue.posts) == bought
    assert child.stderr_text.count("buying it again") == bought - 1
    assert f"buying it again, retry 1 of {count}" in child.stderr_text
    project.run("run", "r.yaml", code=code)  # it counts over all runs
    assert len(rogue.bought) == bought


def test_I5_only_kinds_that_are_named(project, rogue):
    write(project, rogue, retry="{count: 3, kinds: [moderation]}")
    rogue.shape = fails_first(rogue, 1)
    project.run("run", "r.yaml", code=4)
    assert len(rogue.bought) == 1
    rogue.shape = fails_first(rogue, 3, "blocked by moderation")
    project.run("run", "r.yaml", "--retry-failed")
    assert len(rogue.bought) == 4


def test_I5_without_retry_nothing_is_bought_again_and_a_later_one_is(project, rogue):
    write(project, rogue)
    rogue.shape = fails_first(rogue, 1)
    project.run("run", "r.yaml", code=4)
    project.run("run", "r.yaml", code=4)
    assert len(rogue.bought) == 1
    write(project, rogue, retry="{count: 1}")
    project.run("plan", "r.yaml")
    project.run("run", "r.yaml")
    assert project.states() == ["delivered", "failed"] and len(rogue.bought) == 2


def test_I5_what_fails_is_bought_again_though_it_called_back(project, rogue):
    """The callback of the first says nothing of the second."""
    write(project, rogue, retry="{count: 1}")
    rogue.shape = fails_first(rogue, 1)
    rogue.phase = lambda task_id, n: "running" if n < 3 else "succeeded"
    buy = rogue.submit

    def submit(call, body):
        buy(call, body)
        rogue.call_back(body["callback_url"], list(rogue.bought)[-1])
    rogue.submit = submit
    project.run("run", "r.yaml")
    assert project.states() == ["delivered", "failed"] and len(rogue.posts) == 2


def test_I5_what_failed_and_shows_a_clip_is_not_bought_again_by_itself(project, rogue):
    write(project, rogue, retry="{count: 3}")

    def shape(task_id, phase):
        fails = list(rogue.bought).index(task_id) == 0
        answer = rogue.native(task_id, "failed" if fails else phase)
        answer["data"]["video_url"] = rogue.own_video(task_id)
        return answer
    rogue.shape = shape
    for _ in range(2):
        child = project.run("run", "r.yaml", code=4)
        first = list(rogue.bought)[0]
        assert (f"(no luck); but a clip was named for it, and tarmac show {first} tells where "
                "it is; --retry-failed buys it again\n") in child.stderr_text
        assert len(rogue.bought) == 1 and project.states() == ["failed"]
    assert rogue.own_video(first) in project.run("show", first).stdout_text
    project.run("run", "r.yaml", "--retry-failed")
    assert project.states() == ["delivered", "failed"] and len(rogue.bought) == 2


def test_a_clip_that_was_ready_is_fetched_though_its_task_failed_later(project, rogue):
    write(project, rogue, retry="{count: 1}")
    rogue.asset = rogue.says("later", 503, "text/plain")
    project.run("run", "r.yaml", code=5)
    assert project.states() == ["ready"]
    rogue.heal()
    rogue.shape = fails_first(rogue, 1)
    project.run("run", "r.yaml")
    assert project.states() == ["delivered"] and len(rogue.bought) == 1


def test_a_refused_retry_does_not_count(project, rogue):
    write(project, rogue, retry="{count: 1}")
    rogue.shape = fails_first(rogue, 1)
    buy = rogue.submit
    rogue.submit = lambda call, body: (
        daily(rogue)(call, body) if len(rogue.posts) == 2 else buy(call, body))
    project.run("run", "r.yaml", code=8)
    project.run("run", "r.yaml")
    assert project.states() == ["delivered", "failed", "refused"]
    assert len(rogue.bought) == 2


def test_a_retry_has_its_price(project, rogue):
    """A failed one costs nothing; what is gone may have."""
    write(project, rogue, retry="{count: 3, kinds: [forgotten]}", limits="budget: 50",
          prices={"*": 5})
    rogue.phase = lambda task_id, n: "running" if n < 2 else "missing"
    child = project.run("run", "r.yaml", code=7)
    assert len(rogue.bought) == 2
    assert "limits.budget: 75 would be needed for it" in child.stderr_text


def test_a_kill_before_the_retry_loses_none_and_adds_none(project, rogue):
    write(project, rogue, retry="{count: 2}")
    rogue.shape = fails_first(rogue, 2)
    held = threading.Event()
    buy = rogue.submit

    def submit(call, body):
        if len(rogue.posts) == 2:
            held.wait(30)  # until the run is dead
            rogue.posts.pop()
            rogue.hang_up(call)
        else:
            buy(call, body)
    rogue.submit = submit
    child = project.start("run", "r.yaml")
    until(lambda: len(rogue.posts) == 2, "the retry is sent")
    child.kill()
    child.communicate()
    held.set()
    until(lambda: len(rogue.posts) == 1, "the connection is closed")
    rogue.submit = buy
    project.run("run", "r.yaml", code=6)  # it may have arrived
    assert project.states() == ["failed", "unknown"] and len(rogue.bought) == 1


def test_a_killed_run_leaves_its_retry_to_the_next(project, rogue):
    write(project, rogue, retry="{count: 1}")
    rogue.shape = fails_first(rogue, 1)
    buy = rogue.submit
    rogue.submit = lambda call, body: (
        daily(rogue, "slow down", Retry_After="60") if rogue.bought else buy)(call, body)
    child = project.start("run", "r.yaml")
    until(lambda: len(rogue.posts) == 2 and "intent" in project.states(), "the retry is put off")
    child.kill()
    child.communicate()
    rogue.submit = buy
    project.run("run", "r.yaml")
    assert project.states() == ["delivered", "failed"] and len(rogue.bought) == 2


# --- two runs, one ledger
def test_two_runs_share_in_flight(project, rogue):
    most, done, asked = [0], set(), {}
    released = threading.Event()

    def phase(task_id, n):  # under rogue.lock
        asked[rogue.bought[task_id]["prompt"]] = n
        if not released.is_set():
            return "running"
        done.add(task_id)
        return "succeeded"

    def buy(call, body):
        task_id = rogue.record(body)
        with rogue.lock:
            most[0] = max(most[0], len(rogue.bought) - len(done))
        rogue.json(call, 200, {"code": 200, "msg": "", "data": {"task_id": task_id}})

    def bought():
        with rogue.lock:
            prompts = [body["prompt"] for body in rogue.bought.values()]
        return prompts.count("a pier"), prompts.count("a cliff")
    rogue.phase, rogue.submit = phase, buy
    write(project, rogue, seeds="{from: 1, to: 6, by: 1}", limits="in_flight: 3")
    project.write("s.yaml", (project.root / "r.yaml").read_text().replace("a pier", "a cliff"))
    runs = [project.start("run", "r.yaml")]
    until(lambda: bought() == (3, 0), "the first run has all that may be in flight")
    # A run that has none under way may always have one, and then waits: it asks
    # for that one again and again, and buys no other.
    runs.append(project.start("run", "s.yaml"))
    until(lambda: asked.get("a cliff", 0) >= 15, "the second run asks for its only one")
    assert bought() == (3, 1)
    released.set()
    for run in runs:
        _, text = run.communicate(timeout=120)
        assert run.returncode == 0, text
    assert bought() == (6, 6) and most[0] == 3 + 1
