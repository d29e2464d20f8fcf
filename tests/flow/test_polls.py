"""How often tasks are asked for, as the gateway's own log counts it. One task is
under way at a time, so that it is plain whose each question is; or all at once."""
import pytest

from conftest import Gateway

RECIPE = """
tarmac: 1
name: pan
gateway: h
request: {prompt: "%s ${n}", seconds: 5}
sweep: {n: {from: 1, to: %d, steps: %d}}
limits: {in_flight: %d}
"""
WAVE = 200


class Shop:
    def __init__(self, folder, project, *options, poll_min):
        self.project = project
        self.log = folder / "access.log"
        self.gateway = Gateway(folder / "service", "--same-clip", "--access-log", self.log,
                               *options)
        project.configure(h={"url": self.gateway.url, "poll_min": poll_min})

    def run(self, n, prompt="a pier"):
        """One run; how often each of its tasks was asked for, in their order."""
        self.log.write_text("")
        self.project.write("pan.yaml", RECIPE % (prompt, n, n, 1))
        self.project.run("run", "pan.yaml")
        polls = []
        for line in self.log.read_text().splitlines():
            if "/generate 200" in line:
                polls.append(0)
            elif "/feed 200" in line:
                polls[-1] += 1
        assert len(polls) == n
        return polls

    def wave(self, n):
        """One run of all at once; how many polls."""
        self.log.write_text("")
        self.project.write("pan.yaml", RECIPE % ("a pier", n, n, n))
        self.project.run("run", "pan.yaml")
        lines = self.log.read_text().splitlines()
        assert sum("/generate 200" in line for line in lines) == n
        return sum("/feed 200" in line for line in lines)


@pytest.fixture
def shop(tmp_path, project):
    shops = []

    def begin(*options, latency=800, poll_min="100ms"):
        shops.append(Shop(tmp_path, project, "--latency", str(latency), *options,
                          poll_min=poll_min))
        return shops[-1]

    yield begin
    for one in shops:
        one.gateway.stop()


def test_a_task_that_calls_back_is_asked_for_once(shop):
    polls = shop().run(5)
    assert polls[0] > 1  # nothing is known of its callbacks yet
    assert polls[1:] == [1] * 4


def test_without_callbacks_it_is_learned_how_long_they_take(shop, project):
    here = shop("--faults", "callback-lost=1")
    first = here.run(5)
    assert min(first[:3]) >= 4  # nothing is known yet
    later = here.run(5, "a cliff")  # another run, which has it from the ledger
    assert sum(later) <= sum(first[:3])
    rows = project.rows("SELECT took_least_ms, took_most_ms, ended_ms - accepted_ms"
                        " FROM attempts")
    assert len(rows) == 10
    for least, most, whole in rows:
        assert 0 <= least < most <= whole
        assert most >= 300


def test_a_wave_is_asked_for_by_its_scouts(shop):
    polls = shop(latency=4000, poll_min="1s").wave(WAVE)
    assert WAVE <= polls <= 2 * WAVE    # four each, if all were asked for


def test_a_wave_that_nobody_calls_for_is_asked_for_once_that_is_seen(shop, project):
    polls = shop("--faults", "callback-lost=1", latency=4000, poll_min="1s").wave(WAVE)
    assert WAVE <= polls <= 3 * WAVE
    rows = project.rows("SELECT took_most_ms FROM attempts WHERE state = 'delivered'")
    assert len(rows) == WAVE
