"""I1 to I3: what is on disk before something leaves, and what may be sent again.
What these cannot see (DNS, TLS, libcurl's own repeat) is in unit.net.test_broken."""
import socket
import types

import pytest

from conftest import until
from days.gateways import own_certificate
from pier import Gate, kill, killed_while_put_off, locked, offer, row_of, said, script
from rogue import Rogue


# --- I1: `submitting` is on disk before the POST leaves
def test_I1_submitting_is_on_disk_before_the_post_leaves(project, rogue):
    seen = []

    def submit(call, body):
        seen.append(row_of(project, body))
        rogue.buy(call, body)
    rogue.submit = submit
    offer(project, rogue, seeds="[1, 2, 3]")
    project.run("run", "pan.yaml")
    assert seen == ["submitting"] * 3


def test_I1_an_intent_was_not_sent_and_may_be(project, rogue):
    """Put off by the service, and killed: the next run sends it."""
    killed_while_put_off(project, rogue)
    rogue.heal()
    project.run("run", "pan.yaml")
    assert len(rogue.posts) == 2 and len(rogue.bought) == 1
    assert project.states() == ["delivered"]


def test_I1_submitting_may_have_arrived(project, rogue):
    """Killed before the answer came: nobody sends it again."""
    with Gate() as gate:
        rogue.submit = gate.before(rogue.buy)
        offer(project, rogue)
        child = project.start("run", "pan.yaml")
        until(gate.arrived.is_set, "the POST")
        kill(child)
        assert project.states() == ["submitting"]
        project.run("run", "pan.yaml", code=6)
    assert len(rogue.posts) == 1 and project.states() == ["unknown"]


# --- I2: a task_id is on disk before anything else is done with it
def test_I2_a_task_id_is_on_disk_before_the_first_poll(project, rogue):
    seen = []

    def poll(call, task_id):
        seen.append(project.rows("SELECT state, task_id FROM attempts")[0] + (task_id,))
        rogue.feed(call, task_id)
    rogue.poll = poll
    offer(project, rogue)
    project.run("run", "pan.yaml")
    state, on_disk, asked = seen[0]
    assert state == "accepted" and on_disk == asked == next(iter(rogue.bought))


def test_I2_a_run_killed_at_its_first_poll_has_lost_nothing(project, rogue):
    with Gate() as gate:
        rogue.poll = gate.before(rogue.feed)
        offer(project, rogue)
        child = project.start("run", "pan.yaml")
        until(gate.arrived.is_set, "the first poll")
        kill(child)
    rogue.heal()
    project.run("run", "pan.yaml")
    assert len(rogue.bought) == 1 and project.states() == ["delivered"]


def test_I2_nothing_is_done_with_a_task_id_while_it_is_not_on_disk(project, rogue):
    """Not a poll, and not a word to the script, while the ledger is held."""
    with Gate() as gate:
        rogue.submit = gate.before(rogue.buy)
        script(project, rogue, "return function() local id = runway.generate {}\n"
                               "  runway.log('told ' .. id) return runway.wait(id) end\n")
        child = project.start("run", "pan.yaml", "--verbose")
        until(gate.arrived.is_set, "the POST")
        with locked(project):
            gate.opened.set()
            assert "told" not in said(child, "another process keeps it locked")
            assert not rogue.polls and project.states() == ["submitting"]
        assert rogue.bought and next(iter(rogue.bought)) in said(child, "told")
        child.communicate(timeout=60)
    assert child.returncode == 0 and project.states() == ["delivered"]


# --- I3: a POST is repeated only if it provably did not arrive
def test_I3_what_was_refused_is_sent_again_once_somebody_is_there(project, rogue, clip):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    rogue.url = f"http://127.0.0.1:{port}"
    offer(project, rogue)
    child = project.start("run", "pan.yaml")
    said(child, "trying again")
    later = Rogue(clip, port=port)
    try:
        _, rest = child.communicate(timeout=60)
        assert child.returncode == 0, rest
        assert len(later.posts) == len(later.bought) == 1
        assert project.states() == ["delivered"]
    finally:
        later.close()


def test_I3_an_unreachable_name_is_not_bought_and_not_unknown(project, rogue):
    rogue.url = "https://api.example.invalid"
    offer(project, rogue)
    child = project.run("run", "pan.yaml", code=8)
    assert "nothing was bought" in child.stderr_text and project.states() == ["refused"]


def test_I3_a_service_that_cannot_prove_who_it_is_was_sent_nothing(project, rogue):
    bench = types.SimpleNamespace(project=project, undo=[])
    rogue.url = own_certificate(bench)
    offer(project, rogue)
    child = project.run("run", "pan.yaml", code=8)
    bench.undo.pop()()
    assert "nothing was bought" in child.stderr_text and project.states() == ["refused"]


LOST = {
    "500": lambda r: r.refuse(500, {"code": "do_request_failed", "message": "oops"}),
    "500 with a reason": lambda r: r.refuse(500, {"error": {
        "message": "invalid token", "code": "invalid_request"}}),
    "500 page": lambda r: r.html(500),
    "502 page": lambda r: r.html(502),
    "504 page": lambda r: r.html(504),
    "200 page": lambda r: r.html(200),
    "{}": lambda r: r.refuse(200, {}),
    "empty": lambda r: r.says(""),
    "cut": lambda r: r.says('{"code": 200, "data": {"task_'),
    "another shape": lambda r: r.refuse(200, {"ok": True, "job": 7}),
    "closed": lambda r: lambda call, _: r.hang_up(call),
}


@pytest.mark.parametrize("how", LOST)
def test_I3_an_answer_that_proves_nothing_is_never_sent_again(project, rogue, how):
    def submit(call, body):
        rogue.record(body)
        LOST[how](rogue)(call, body)
    rogue.submit = submit
    offer(project, rogue)
    project.run("run", "pan.yaml", code=6)
    assert len(rogue.posts) == 1 and project.states() == ["unknown"]
    rogue.heal()
    project.run("run", "pan.yaml", "--retry-failed", code=6)
    assert len(rogue.posts) == 1 and project.states() == ["unknown"]


DIALECT = """local M = {}
for k, v in pairs(require "dialect.reverse") do M[k] = v end
M.name = "mine"
function M.accepted(status, headers, body) %s end
return M
"""


@pytest.mark.parametrize("says", [
    "return nil", 'return nil, {bought = "unknown"}', 'return nil, {reason = "hm"}', 'error "hm"',
])
def test_I3_unknown_is_what_a_dialect_says_by_default(project, rogue, says):
    project.write("mine.lua", DIALECT % says)
    offer(project, rogue, dialect="mine.lua")
    project.run("run", "pan.yaml", code=6)
    assert len(rogue.posts) == 1 and project.states() == ["unknown"]


def test_I3_a_dialect_that_says_no_lets_it_be_sent_again(project, rogue):
    project.write("mine.lua", DIALECT % (
        'if status == 555 then return nil, {bought = "no", kind = "rate"} end\n'
        '  return require("dialect.reverse").accepted(status, headers, body)'))

    def busy_first(call, body):
        if len(rogue.posts) == 1:
            rogue.says("{}", 555, Retry_After="0")(call)
        else:
            rogue.buy(call, body)
    rogue.submit = busy_first
    offer(project, rogue, dialect="mine.lua")
    project.run("run", "pan.yaml")
    assert len(rogue.posts) == 2 and len(rogue.bought) == 1


def test_I3_an_unknown_purchase_keeps_its_budget(project, rogue):
    rogue.submit = rogue.buy_and_close
    offer(project, rogue, limits="budget: 40")
    project.run("run", "pan.yaml", code=6)
    rogue.heal()
    offer(project, rogue, seeds="[2]", limits="budget: 40")
    assert "budget" in project.run("run", "pan.yaml", code=7).stderr_text
    assert len(rogue.posts) == 1
