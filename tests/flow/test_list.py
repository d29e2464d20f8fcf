"""What may have been bought is settled by the service's own list: a row names its
task, or a whole list proves that it did not arrive, and it is sent again."""
import json
import os
import signal
import sqlite3
import subprocess
import time

import pytest

from conftest import BIN, Gateway, until
from rogue import Rogue

RECIPE = """
tarmac: 1
name: pan
gateway: GATEWAY
request: {prompt: a pier, seconds: 5, motion: {x: 1}}
sweep: {seed: [1, 2]}
limits: {in_flight: 4, unknown_wait: 0s}
outputs: {name: "pan/${seed}"}
"""


@pytest.fixture
def shop(project, rogue):
    """A service whose list is complete, and one cell to buy there."""
    rogue.list = rogue.all_tasks
    project.configure(h={"url": rogue.url, "poll_min": "100ms"})
    project.write("pan.yaml", RECIPE.replace("GATEWAY", "h").replace("[1, 2]", "[1]"))
    return rogue


def leave_unknown(project, seconds=61):
    """A run that learns nothing, and is stopped; and then time passes."""
    child = project.start("run", "pan.yaml")
    until(lambda: project.states() == ["unknown"], "a lost answer")
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    pass_time(project, seconds)


def pass_time(project, seconds):
    link = sqlite3.connect(project.root / ".tarmac/ledger.db", timeout=10)
    with link:
        link.execute("UPDATE runs SET ended_ms = ended_ms - ?", (seconds * 1000,))
    link.close()


def test_I3_a_list_names_what_was_bought(project, shop):
    shop.submit = shop.buy_and_close
    project.run("run", "pan.yaml")
    assert len(shop.posts) == 1 and project.states() == ["delivered"]


def test_I3_two_lists_prove_that_it_did_not_arrive(project, shop):
    shop.submit = lambda call, body: shop.hang_up(call)
    leave_unknown(project)
    shop.submit = shop.buy
    before = len(shop.lists)
    project.run("run", "pan.yaml")
    assert len(shop.lists) - before == 2
    assert len(shop.posts) == 2 and len(shop.bought) == 1
    assert project.states() == ["delivered"]


def test_I1_what_a_list_let_be_sent_again_was_not_lost(project, shop):
    """Sent by one run; another learns that it did not arrive, and is killed before it
    sends it: no ledger lacks anything."""
    shop.submit = lambda call, body: shop.hang_up(call)
    leave_unknown(project)
    shop.submit = shop.says('{"error": {"message": "slow down", "code": "rate"}}', 429,
                            Retry_After="600")
    child = project.start("run", "pan.yaml")
    until(lambda: len(shop.posts) == 2 and project.states() == ["intent"], "it is put off")
    child.kill()
    child.communicate()
    assert list((project.root / ".tarmac/runs").glob("*.sent"))
    shop.heal()
    project.run("run", "pan.yaml")
    assert len(shop.posts) == 3 and len(shop.bought) == 1


def test_I3_a_post_that_arrives_late_is_not_bought_twice(project, shop):
    late = []

    def keep(call, body):
        late.append(body)
        shop.hang_up(call)

    def first_without(call, page):
        shop.all_tasks(call, page)
        if late:
            shop.record(late.pop())

    shop.submit = keep
    leave_unknown(project)
    shop.list = first_without
    project.run("run", "pan.yaml")
    assert len(shop.posts) == 1 and project.states() == ["delivered"]


def nameless(call, page):
    Rogue.json(call, 200, {"code": 200, "data": {
        "page": page, "limit": 100, "total": 1, "complete": True,
        "tasks": [{"task_id": "theirs"}]}})


@pytest.mark.parametrize("spoil", [
    lambda shop: lambda call, page: shop.all_tasks(call, page, complete=False),
    lambda shop: lambda call, page: nameless(call, page),
    lambda shop: shop.says("{}"),
    lambda shop: shop.html(502),
    lambda shop: shop.record({}) and (lambda call, page: shop.all_tasks(call, page, limit=0))],
    ids=["incomplete", "without callbacks", "of no shape", "broken", "endless"])
def test_I3_a_list_that_proves_nothing_sends_nothing_again(project, shop, spoil):
    shop.submit = lambda call, body: shop.hang_up(call)
    leave_unknown(project)
    shop.list = spoil(shop)
    project.run("run", "pan.yaml", code=6)
    assert len(shop.posts) == 1 and project.states() == ["unknown"]


def test_I3_a_task_with_the_token_of_another_is_not_taken(project, shop):
    shop.submit = lambda call, body: shop.hang_up(call)
    leave_unknown(project)
    shop.submit = shop.buy
    theirs = shop.record({"callback_url": "http://127.0.0.1:9/cb/" + "0" * 32})
    project.run("run", "pan.yaml")
    (task_id,), = project.rows("SELECT task_id FROM attempts")
    assert task_id != theirs and len(shop.posts) == 2


def test_I3_ctrl_c_does_not_wait_for_the_list(project, shop):
    shop.submit = lambda call, body: shop.hang_up(call)
    child = project.start("run", "pan.yaml", "--plain")
    for line in child.stderr:
        if "its list of tasks will tell" in line:
            break
    began = time.monotonic()
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    assert child.returncode in (6, 130) and time.monotonic() - began < 20
    assert len(shop.posts) == 1 and project.states() == ["unknown"]


def test_I3_answer_and_callback_lost_and_listed(project, tmp_path):
    gateway = Gateway(tmp_path / "service", "--faults", "lost=1:1,callback-lost=1")
    project.configure(h={"url": gateway.url, "poll_min": "100ms"})
    project.write("pan.yaml", RECIPE.replace("GATEWAY", "h"))
    project.run("run", "pan.yaml")
    assert len(gateway.tasks()) == 2 and project.states() == ["delivered"] * 2
    gateway.stop()


# --- the built-in gateway
class Held:
    """The local gateway, started as a run starts it, and then stopped."""

    def __init__(self, project):
        folder = project.root / ".tarmac/gateway"
        folder.mkdir(parents=True)
        os.mkfifo(folder / "users")
        both = os.open(folder / "users", os.O_RDWR)
        self.child = subprocess.Popen(
            [BIN / "tarmac-media", "gateway", "--draft", "--users", folder / "users", "--lock",
             folder / "lock", "--address", folder / "address", "--data", folder],
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        assert b"http://" in self.child.stdout.readline()
        self.fd = os.open(folder / "users", os.O_WRONLY)
        os.close(both)
        self.child.send_signal(signal.SIGSTOP)

    def end(self, signum):
        os.close(self.fd)
        self.child.send_signal(signum)
        self.child.wait(timeout=60)
        self.child.stdout.close()


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGCONT], ids=["lost", "late"])
def test_I3_killed_while_it_sent_to_the_local_gateway(project, signum):
    """Whether the gateway dies with the POST in its socket, or takes it when nobody
    waits for the answer any more: the next run knows at once, and it is bought once."""
    project.write("pan.yaml", RECIPE.replace("GATEWAY", "local").replace("[1, 2]", "[1]"))
    held = Held(project)
    child = project.start("run", "pan.yaml")
    until(lambda: project.states() == ["submitting"], "the row of a POST")
    time.sleep(0.3)  # so that it is sent, which no row tells
    child.kill()
    child.communicate()
    held.end(signum)
    child = project.start("run", "pan.yaml")
    until(lambda: project.local_tasks() == 1, "what was sent again, or found", 40)
    assert child.wait(timeout=120) == 0
    child.communicate()
    assert project.local_tasks() == 1 and project.states() == ["delivered"]
