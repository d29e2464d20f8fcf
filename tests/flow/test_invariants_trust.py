"""I9 and I10: a callback is a hint, and the key goes to the API and to nobody else."""
import contextlib
import json
import signal
import urllib.error
import urllib.request

import pytest

from conftest import until
from pier import offer, script
from rogue import Rogue

KEY = "canary/key+1234=="


def call_back(url, body):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


# --- I9: what a callback says is believed only after a poll
def test_I9_a_forged_callback_moves_no_task(project, rogue):
    rogue.phase = lambda task_id, n: "running"
    project.env["H_KEY"] = KEY
    offer(project, rogue, key="H_KEY")
    child = project.start("run", "pan.yaml")
    until(lambda: project.states() == ["running"], "the task is under way")
    url = rogue.posts[0][1]["callback_url"]
    task_id = next(iter(rogue.bought))
    forged = f"{rogue.url}/forged.mp4"
    for body in ({"task_id": task_id, "status": "3", "video_url": forged},
                 {"task_id": task_id, "status": "2", "fail_reason": "forged"},
                 {"task_id": "another", "status": "3", "video_url": forged},
                 {"code": "task_not_exist"}, b"\0<html>"):
        polls = len(rogue.polls)
        assert call_back(url, body) == 200
        until(lambda: len(rogue.polls) >= polls + 2, "a poll after it")
        assert project.states() == ["running"]
    rogue.phase = lambda task_id, n: "succeeded"
    _, said = child.communicate(timeout=60)
    assert child.returncode == 0, said
    assert [path for _, path in rogue.fetched] == [f"/assets/{task_id}.mp4"]
    assert {asked for _, asked in rogue.polls} == {task_id}
    assert all(h["Authorization"] == f"Bearer {KEY}" for h, _ in rogue.polls)


def test_I9_a_callback_with_no_token_of_ours_is_nobodys(project, rogue):
    rogue.phase = lambda task_id, n: "running"
    offer(project, rogue)
    child = project.start("run", "pan.yaml")
    until(lambda: project.states() == ["running"], "the task is under way")
    url = rogue.posts[0][1]["callback_url"]
    wrong = url[:-1] + ("0" if url[-1] != "0" else "1")
    assert call_back(wrong, {"task_id": next(iter(rogue.bought)), "status": "3"}) == 404
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)


def test_I9_an_unknown_purchase_is_not_settled_by_a_forged_task(project, rogue):
    """The service is asked, and does not know it."""
    rogue.submit = rogue.buy_and_close
    offer(project, rogue, wait="60s")
    child = project.start("run", "pan.yaml")
    until(lambda: project.states() == ["unknown"], "the answer is lost")
    assert call_back(rogue.posts[0][1]["callback_url"], {"task_id": "forged", "status": "3"}) == 503
    until(lambda: [t for _, t in rogue.polls].count("forged") > 1, "the service is asked, twice")
    assert project.states() == ["unknown"]
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    assert project.rows("SELECT state, task_id FROM attempts") == [("unknown", None)]
    assert len(rogue.posts) == 1


# --- I10: the key
def hops(rogue, n, end=None):
    """An asset that is `n` redirects away, at `end` or here."""
    def asset(call):
        at = int(call.path.rsplit("/", 1)[1].split(".")[0])
        if at == 0:
            rogue.send_clip(call)
        else:
            there = end or rogue.url
            rogue.says("", 302, Location=f"{there}/hop/{at - 1}.mp4")(call)
    rogue.video = lambda task_id: f"{rogue.url}/hop/{n}.mp4"
    rogue.asset = asset


@pytest.mark.parametrize("n,code", [(5, 0), (6, 5)])
def test_I10_a_clip_is_five_redirects_away_at_most(project, rogue, n, code):
    project.env["H_KEY"] = KEY
    hops(rogue, n)
    offer(project, rogue, key="H_KEY")
    project.run("run", "pan.yaml", code=code)
    assert rogue.fetched and all("Authorization" not in h for h, _ in rogue.fetched)


def test_I10_the_key_follows_no_redirect_of_a_clip_to_another_host(project, rogue, clip):
    project.env["H_KEY"] = KEY
    with contextlib.closing(Rogue(clip)) as other:
        hops(rogue, 1, other.url)
        offer(project, rogue, key="H_KEY", headers={"X-Api-Key": KEY})
        project.run("run", "pan.yaml")
        assert len(other.fetched) == 1
        assert KEY not in str(other.fetched) + str(rogue.fetched)


def test_I10_a_public_gateway_names_no_private_address(project, rogue):
    project.env["H_KEY"] = KEY
    home, rogue.url = rogue.url, rogue.url.replace("127.0.0.1", "0.0.0.0")
    rogue.video = lambda task_id: f"{home}/private.mp4"
    offer(project, rogue, insecure=True, key="H_KEY")
    child = project.run("run", "pan.yaml", code=5)
    assert "private address" in child.stderr_text and rogue.fetched == []


DIALECT = """local M = {}
for k, v in pairs(require "dialect.reverse") do M[k] = v end
M.name = "mine"
local function dump(t)
    local said = ""
    for k, v in pairs(t) do
        said = said .. tostring(k) .. "=" .. (type(v) == "table" and dump(v) or tostring(v)) .. ";"
    end
    return said
end
local submit = M.submit
function M.submit(route, request, ctx)
    local call = submit(route, request, ctx)
    call.body.dump = dump(ctx) .. dump(request)
    return call
end
return M
"""


def test_I10_a_dialect_is_not_given_the_key(project, rogue):
    project.env["H_KEY"] = KEY
    project.write("mine.lua", DIALECT)
    offer(project, rogue, dialect="mine.lua", key="H_KEY", headers={"X-Api-Key": KEY})
    project.run("run", "pan.yaml")
    [(headers, body)] = rogue.posts
    assert KEY in headers["Authorization"] and KEY in headers["X-Api-Key"]
    assert "callback_url=" in body["dump"] and KEY not in str(body)


def test_I10_no_command_and_no_file_tells_the_key(project, rogue):
    """A service that says the key back, in a refusal, a failure and a reason."""
    def echo(call, body):
        if body["options"]["seed"] == 1:
            rogue.refuse(400, {"error": {"message": KEY, "code": "invalid_request"}})(call, body)
        elif body["options"]["seed"] == 2:
            rogue.says(f"<html>{KEY}</html>", 502)(call)
        else:
            rogue.buy(call, body)

    def shape(task_id, phase):
        answer = rogue.native(task_id, phase)
        answer["data"]["msg"] = f"no luck, {KEY}"
        return answer
    project.env["H_KEY"] = KEY
    rogue.submit, rogue.shape = echo, shape
    rogue.phase = lambda task_id, n: "failed"
    script(project, rogue, "return function(cell)\n"
                           "  local ok, e = pcall(runway.clip, {})\n"
                           "  runway.collect('said', e.message) runway.log(e.message)\n"
                           "  error(e) end\n", seeds="[1, 2, 3]", key="H_KEY")
    children = [project.run("run", "pan.yaml", "--verbose", code=6)]
    task = next(iter(rogue.bought))
    for words in (("status", "--all"), ("log",), ("show", task), ("plan", "pan.yaml"),
                  ("run", "pan.yaml", "--json", "--verbose"), ("settle",), ("doctor",)):
        child = project.start(*words)
        child.stdout_text, child.stderr_text = child.communicate(timeout=60)
        assert child.stdout_text or child.stderr_text, words
        children.append(child)
    assert rogue.posts and all(h["Authorization"] == f"Bearer {KEY}" for h, _ in rogue.posts)
    sinks = [c.stdout_text + c.stderr_text for c in children]
    sinks += [p.read_bytes().decode("latin-1") for p in project.root.rglob("*") if p.is_file()]
    assert [s for s in sinks if "canary" in s.replace("\\/", "/")] == []
    assert any("****" in s for s in sinks), "it was there, and is hidden"
