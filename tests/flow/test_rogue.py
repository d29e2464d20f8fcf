"""Services that misbehave: what was bought is counted at the server."""
import contextlib
import json
import socket
import sqlite3

import pytest

from conftest import until
from rogue import Rogue

RECIPE = """
tarmac: 1
name: pan
gateway: h
request: {{prompt: a pier, seconds: 5, motion: {{x: 1}}}}
sweep: {{seed: {seeds}}}
limits: {{in_flight: {in_flight}, unknown_wait: {wait}}}
outputs: {{name: "pan/${{seed}}", embed: false}}
"""


def write(project, rogue, seeds="[1]", in_flight=2, wait="0s", **entry):
    project.configure(h={"url": rogue.url, "dialect": "reverse", **entry})
    project.write("pan.yaml", RECIPE.format(seeds=seeds, in_flight=in_flight, wait=wait))


def test_what_is_sent_is_what_the_service_documents(project, rogue):
    write(project, rogue)
    project.run("run", "pan.yaml")
    [(headers, body)] = rogue.posts
    assert headers["X-Runway-Version"] == "2024-11-06"
    assert headers["Content-Type"] == "application/json"
    assert "Expect" not in headers and "Authorization" not in headers
    assert body.pop("callback_url").startswith("http://127.0.0.1:")
    assert body == {
        "prompt": "a pier", "model": "gen2", "ratio": "16:9", "style": "cinematic",
        "options": {"seconds": 5, "seed": 1, "motion_vector": {
            "x": 1, "y": 0, "z": 0, "r": 0, "bg_x_pan": 0, "bg_y_pan": 0}}}


@pytest.mark.parametrize("shape", ["native", "wrapper", "flat"])
@pytest.mark.parametrize("prefix", [None, "/runway/v1"])
def test_every_published_shape_and_both_path_families(project, rogue, shape, prefix):
    rogue.shape = shape
    rogue.phase = lambda task_id, n: "running" if n < 3 else "succeeded"
    write(project, rogue, seeds="[1, 2]", **({"prefix": prefix} if prefix else {}))
    project.run("run", "pan.yaml")
    assert len(rogue.bought) == 2 and len(project.outputs()) == 2
    assert all((project.root / p).read_bytes() == rogue.clip for p in project.outputs())


@pytest.mark.parametrize("shape", ["native", "wrapper", "flat"])
def test_I5_a_failed_task_is_told_and_not_bought_again(project, rogue, shape):
    rogue.shape = shape
    rogue.phase = lambda task_id, n: "failed"
    write(project, rogue)
    child = project.run("run", "pan.yaml", code=4)
    assert "no luck" in child.stderr_text
    polls = len(rogue.polls)
    again = project.run("run", "pan.yaml", code=4)
    assert "no luck" in again.stderr_text
    assert len(rogue.bought) == 1 and len(rogue.polls) == polls
    assert "--retry-failed" in again.stderr_text
    rogue.phase = lambda task_id, n: "succeeded"
    project.run("run", "pan.yaml", "--retry-failed")
    assert len(rogue.bought) == 2 and len(project.outputs()) == 1
    project.run("run", "pan.yaml", "--retry-failed")
    assert len(rogue.bought) == 2


def test_I3_a_lost_answer_is_one_purchase_and_never_sent_again(project, rogue):
    rogue.submit = rogue.buy_and_close
    write(project, rogue)
    child = project.run("run", "pan.yaml", code=6)
    assert "may" in child.stderr_text
    assert len(rogue.posts) == 1 and project.states() == ["unknown"]
    rogue.submit = rogue.buy
    project.run("run", "pan.yaml", code=6)
    assert len(rogue.posts) == 1 and project.states() == ["unknown"]


@pytest.mark.parametrize("first", ["delivered", "refused"])
def test_I3_a_reused_connection_that_dies_is_not_tried_again(project, rogue, first):
    """libcurl would repeat such a POST by itself; the server counts."""
    refuse = rogue.refuse(400, {"code": "callback_url_empty",
                                "message": "callback_url is empty", "data": None})
    ports = []

    def second_is_lost(call, body):
        ports.append(call.client_address[1])
        if len(rogue.posts) > 1:
            rogue.buy_and_close(call, body)
        elif first == "refused":
            refuse(call, body)
        else:
            rogue.buy(call, body)
    rogue.submit = second_is_lost
    write(project, rogue, seeds="[1, 2]", in_flight=1)
    project.run("run", "pan.yaml", code=6)
    assert len(rogue.posts) == 2 and ports[0] == ports[1]
    assert project.states() == [first, "unknown"]


def test_I3_the_callback_settles_a_lost_answer(project, rogue):
    rogue.submit = rogue.buy_and_close_then_call_back
    write(project, rogue, wait="60s")
    project.run("run", "pan.yaml")
    assert len(rogue.posts) == 1 and project.states() == ["delivered"]
    # The forged address in the callback was not believed: a poll was.
    assert rogue.polls and [path for _, path in rogue.fetched] == \
        [f"/assets/{next(iter(rogue.bought))}.mp4"]


@pytest.mark.parametrize("status,body,text,code", [
    (401, {"error": {"message": "invalid token", "type": "comet_api_error",
                     "code": "invalid_request"}}, "invalid token", 8),
    (403, {"code": "quota_not_enough", "message": "no credits left", "data": None},
     "no credits left", 8),
    (400, {"code": "callback_url_empty", "message": "callback_url is empty", "data": None},
     "callback_url", 4),
])
def test_I5_a_refusal_is_no_purchase_and_is_tried_on_the_next_run(project, rogue, status,
                                                                  body, text, code):
    rogue.submit = rogue.refuse(status, body)
    write(project, rogue)
    child = project.run("run", "pan.yaml", code=code)
    assert text in child.stderr_text and "nothing was bought" in child.stderr_text
    assert project.states() == ["refused"]
    rogue.submit = rogue.buy
    project.run("run", "pan.yaml")
    assert len(rogue.bought) == 1 and len(project.outputs()) == 1


def test_I3_too_many_requests_wait_and_go_on(project, rogue):
    def twice(call, body):
        if len(rogue.posts) <= 2:
            rogue.json(call, 429, {"error": {"message": "slow down", "code": "rate"}},
                       Retry_After="1")
        else:
            rogue.buy(call, body)
    rogue.submit = twice
    write(project, rogue)
    project.run("run", "pan.yaml")
    assert len(rogue.bought) == 1


def test_nobody_there_buys_nothing(project, rogue):
    write(project, rogue)
    rogue.close()
    child = project.run("run", "pan.yaml", code=8)
    assert "nothing was bought" in child.stderr_text
    assert set(project.states()) <= {"refused", "intent"}


def test_I8_a_task_may_be_invisible_at_first(project, rogue):
    rogue.phase = lambda task_id, n: "missing" if n < 3 else "succeeded"
    write(project, rogue)
    project.run("run", "pan.yaml")
    assert len(rogue.bought) == 1


def test_I4_a_page_instead_of_a_clip_is_kept_and_fetched_again(project, rogue):
    rogue.asset = lambda call: rogue.send_bytes(call, b"<html>expired</html>", "text/html")
    write(project, rogue)
    child = project.run("run", "pan.yaml", code=5)
    assert ".bad" in child.stderr_text
    [bad] = (project.root / ".tarmac").rglob("*.bad*")
    assert bad.read_bytes() == b"<html>expired</html>"
    rogue.asset = rogue.send_clip
    project.run("run", "pan.yaml")
    assert len(rogue.bought) == 1 and len(project.outputs()) == 1


def test_I4_a_clip_cut_in_the_middle_is_not_delivered(project, rogue):
    half = rogue.clip[:len(rogue.clip) // 2]
    rogue.asset = lambda call: rogue.send_bytes(call, half, "video/mp4")
    write(project, rogue)
    project.run("run", "pan.yaml", code=5)
    assert project.outputs() == []
    rogue.asset = rogue.send_clip
    project.run("run", "pan.yaml")
    assert len(rogue.bought) == 1 and len(project.outputs()) == 1


def test_I10_the_key_goes_to_the_api_and_to_nobody_else(project, rogue):
    project.env["H_KEY"] = "canary-key"
    write(project, rogue, key="H_KEY")
    project.run("run", "pan.yaml")
    assert rogue.posts[0][0]["Authorization"] == "Bearer canary-key"
    assert all(h["Authorization"] == "Bearer canary-key" for h, _ in rogue.polls)
    assert rogue.fetched and all("Authorization" not in h for h, _ in rogue.fetched)


@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_I10_a_key_that_the_service_echoes_stays_out_of_everything(project, rogue, status):
    key = "canary/key+1234=="
    project.env["H_KEY"] = key

    def echo(call, body):
        said = f"bad header: {call.headers['Authorization']}"
        data = (json.dumps({"error": {"message": said, "code": "invalid_request"}})
                .replace("/", "\\/" if status == 401 else "/"))
        rogue.send_bytes(call, data.encode(), "application/json", status)
    rogue.submit = echo
    write(project, rogue, key="H_KEY")
    child = project.start("run", "pan.yaml", "-v")
    out, said = child.communicate(timeout=60)
    assert child.returncode in (4, 6, 8), out + said
    assert rogue.posts[0][0]["Authorization"] == f"Bearer {key}"
    wire = project.rows("SELECT wire, reason FROM attempts")
    assert "bad header" in wire[0][0], "the raw body is kept"
    files = [p for p in (project.root / ".tarmac").rglob("*") if p.is_file()]
    sinks = [out.encode(), said.encode(), json.dumps(wire).encode()]
    sinks += [p.read_bytes() for p in files]
    for spelt in (key, key.replace("/", "\\/"), "canary"):
        assert not [s for s in sinks if spelt.encode() in s]


def test_I10_secret_headers_stay_out_of_everything_and_others_are_read(project, rogue):
    """A project's name may be a part of a clip's address, a secret may not."""
    secrets = {"X-Api-Key": "canary/one+1234", "Cookie": "sid=canary-two; theme=canary-three"}
    write(project, rogue, headers={**secrets, "X-Project": "assets-of-orbit"})
    rogue.shape = lambda task_id, phase: {"code": 200, "data": {
        "task_id": task_id, "status": "2", "state": "failed",
        "msg": f"{rogue.posts[0][0]['X-Api-Key']} {rogue.posts[0][0]['Cookie']}, sid=canary-two"}}
    child = project.run("run", "pan.yaml", "-v", code=4)
    sinks = [child.stdout_text.encode(), child.stderr_text.encode()]
    sinks += [p.read_bytes() for p in (project.root / ".tarmac").rglob("*") if p.is_file()]
    assert not [s for s in sinks if b"canary" in s]
    rogue.heal()
    rogue.video = lambda task_id: f"{rogue.url}/assets-of-orbit/{task_id}.mp4"
    project.run("run", "pan.yaml", "--retry-failed")
    assert rogue.fetched[0][1].startswith("/assets-of-orbit/")
    assert all(h.get("X-Api-Key") is None for h, _ in rogue.fetched)


def test_I10_the_key_does_not_follow_a_redirect(project, rogue):
    project.env["H_KEY"] = "canary-key"
    rogue.submit = rogue.says("", 307, Location=f"{rogue.url}/elsewhere")
    write(project, rogue, key="H_KEY")
    project.run("run", "pan.yaml", code=6)
    assert len(rogue.posts) == 1 and not rogue.fetched and not rogue.strays


def test_I10_a_question_does_not_follow_a_redirect(project, rogue):
    project.env["H_KEY"] = "canary-key"
    asked = []

    def poll(call, task_id):
        asked.append(task_id)
        rogue.says("", 307, Location=f"{rogue.url}/elsewhere")(call)

    rogue.poll = poll
    write(project, rogue, key="H_KEY", poll_min=0.1)
    recipe = project.root / "pan.yaml"
    recipe.write_text(recipe.read_text().replace("limits: {", "limits: {timeout: 1s, "))
    project.run("run", "pan.yaml", code=5)
    assert asked and not rogue.fetched and not rogue.strays


def private_host():
    """An address of this machine in a private network, or None."""
    for family, there in ((socket.AF_INET, "10.255.255.255"), (socket.AF_INET6, "fdff::1")):
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as s:
            s.connect((there, 9))
            here = s.getsockname()[0]
            if here.startswith(("10.", "192.168.", "fc", "fd")):
                return here
    return None


def test_I10_a_gateway_of_a_private_network_has_its_clips_there(project, clip):
    host = private_host()
    if not host:
        pytest.skip("this machine is in no private network")
    with contextlib.closing(Rogue(clip, host=host)) as nas:
        write(project, nas, insecure=True, poll_min=0.1)
        project.run("run", "pan.yaml")
        assert len(project.outputs()) == 1
        # What is on this machine itself is not theirs to name.
        nas.video = lambda task_id: f"http://127.0.0.1:{nas.server.server_port}/x.mp4"
        write(project, nas, seeds="[2]", insecure=True, poll_min=0.1)
        child = project.run("run", "pan.yaml", code=5)
        assert "private address" in child.stderr_text


def test_I6_a_timeout_leaves_the_task_to_the_next_run(project, rogue):
    rogue.phase = lambda task_id, n: "running"
    write(project, rogue)
    recipe = project.root / "pan.yaml"
    recipe.write_text(recipe.read_text().replace("limits: {", "limits: {timeout: 1s, "))
    child = project.run("run", "pan.yaml", code=5)
    assert "tarmac run pan.yaml" in child.stderr_text
    rogue.phase = lambda task_id, n: "succeeded"
    project.run("run", "pan.yaml")
    assert len(rogue.bought) == 1 and len(project.outputs()) == 1


def test_a_second_run_delivers_what_a_first_is_waiting_for(project, rogue):
    rogue.phase = lambda task_id, n: "running"
    write(project, rogue)
    first = project.start("run", "pan.yaml")
    until(lambda: rogue.polls, "a first poll")
    first.kill()
    first.communicate()
    rogue.phase = lambda task_id, n: "succeeded"
    project.run("run", "pan.yaml")
    assert len(rogue.bought) == 1 and len(project.outputs()) == 1


def test_a_task_that_is_done_and_shows_no_clip_fails_only_after_an_hour(project, rogue):
    shows = rogue.video
    rogue.video = lambda task_id: ""
    write(project, rogue, poll_min=0.1)
    child = project.run("run", "pan.yaml", code=5)
    assert "run again to ask for it" in child.stderr_text
    with sqlite3.connect(project.root / ".tarmac/ledger.db") as ledger:
        ledger.execute("UPDATE attempts SET accepted_ms = accepted_ms - 3600000")
    ledger.close()
    child = project.run("run", "pan.yaml", code=4)
    assert "gives no output; --retry-failed buys it again" in child.stderr_text
    assert project.states() == ["failed"] and len(rogue.bought) == 1
    rogue.video = shows
    project.run("run", "pan.yaml", "--retry-failed")
    assert len(rogue.bought) == 2 and len(project.outputs()) == 1
