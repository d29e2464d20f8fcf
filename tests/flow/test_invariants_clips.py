"""I4, I6 and I8: how a clip is brought home, and what does not end a task."""
import pytest

from conftest import until
from pier import Gate, kill, offer, script


# --- I4: staged, checked to its end, and only then a clip
def halves(rogue, gate):
    """The first half at once, the second when it is let."""
    def asset(call):
        half = len(rogue.clip) // 2
        call.send_response(200)
        call.send_header("Content-Type", "video/mp4")
        call.send_header("Content-Length", str(len(rogue.clip)))
        call.end_headers()
        call.wfile.write(rogue.clip[:half])
        gate.arrived.set()
        gate.opened.wait(60)
        call.wfile.write(rogue.clip[half:])
    return asset


def kept(project, pattern):
    return [p for p in project.root.rglob(pattern) if p.stat().st_size]


def test_I4_a_clip_is_a_part_until_it_is_whole(project, rogue):
    with Gate() as gate:
        rogue.asset = halves(rogue, gate)
        offer(project, rogue)
        child = project.start("run", "pan.yaml")
        [part] = until(lambda: kept(project, "*.part"), "half of it")
        assert kept(project, "*.mp4") == [] and project.states() == ["fetching"]
        gate.opened.set()
        child.communicate(timeout=60)
    assert child.returncode == 0 and not part.exists()
    assert project.states() == ["delivered"] and len(kept(project, "*.mp4")) == 2


def test_I4_a_download_that_was_killed_is_taken_up_again(project, rogue):
    with Gate() as gate:
        rogue.asset = halves(rogue, gate)
        offer(project, rogue)
        child = project.start("run", "pan.yaml")
        until(lambda: kept(project, "*.part"), "half of it")
        kill(child)
    rogue.heal()
    project.run("run", "pan.yaml")
    [output] = project.outputs()
    assert (project.root / output).read_bytes() == rogue.clip
    assert len(rogue.bought) == 1 and kept(project, "*.part") == []


def test_I4_an_expired_link_is_renewed_by_reading_the_task_again(project, rogue):
    shown = []

    def video(task_id):
        shown.append(f"{rogue.url}/link{len(shown)}.mp4")
        return shown[-1]

    def asset(call):
        if call.path == "/link0.mp4":
            rogue.says("<Error><Code>AccessDenied</Code></Error>", 403, "application/xml")(call)
        else:
            rogue.send_clip(call)
    rogue.video, rogue.asset = video, asset
    offer(project, rogue)
    project.run("run", "pan.yaml")
    assert [path for _, path in rogue.fetched] == ["/link0.mp4", "/link1.mp4"]
    assert len(rogue.bought) == 1 and project.states() == ["delivered"]


def test_I4_a_clip_of_another_length_is_delivered_with_a_warning(project, rogue):
    offer(project, rogue)
    recipe = project.root / "pan.yaml"
    recipe.write_text(recipe.read_text().replace("seconds: 5", "seconds: 10"))
    child = project.run("run", "pan.yaml")
    assert "takes 5.00 s where 10 s were asked for" in child.stderr_text
    assert project.states() == ["delivered"] and len(project.outputs()) == 1


def test_I4_what_does_not_play_is_kept_each_time_and_the_row_stays_ready(project, rogue):
    offer(project, rogue)
    for page in (b"<html>one</html>", b"<html>two</html>"):
        rogue.asset = lambda call, page=page: rogue.send_bytes(call, page, "video/mp4")
        project.run("run", "pan.yaml", code=5)
        assert project.states() == ["ready"] and project.outputs() == []
    bad = [p.read_bytes() for p in (project.root / ".tarmac").rglob("*.bad*")]
    assert sorted(bad) == [b"<html>one</html>", b"<html>two</html>"]
    rogue.heal()
    project.run("run", "pan.yaml")
    assert len(rogue.bought) == 1 and project.states() == ["delivered"]


# --- I6: giving up waiting is not giving up the task
def test_I6_a_script_that_gives_up_waiting_leaves_the_task(project, rogue):
    rogue.phase = lambda task_id, n: "running"
    script(project, rogue, "return function() local id = runway.generate {}\n"
                           "  local ok, e = pcall(runway.wait, id, {timeout = 0.3})\n"
                           "  runway.log('gave up: ' .. tostring(ok) .. ' ' .. (e.kind or ''))\n"
                           "  return runway.wait(id) end\n", limits="timeout: 1s")
    child = project.run("run", "pan.yaml", "--verbose", code=5)
    assert "gave up: false timeout" in child.stderr_text
    assert project.states() == ["running"]
    rogue.heal()
    project.run("run", "pan.yaml")
    assert len(rogue.bought) == 1 and project.states() == ["delivered"]


# --- I8: what does not end a task
NO_NEWS = {
    "500": lambda r: r.refuse(500, {"oops": True}),
    "502 page": lambda r: r.html(502),
    "200 page": lambda r: r.html(200),
    "404 page": lambda r: r.html(404),
    "{}": lambda r: r.refuse(200, {}),
    "error envelope": lambda r: r.refuse(200, {"status": "error", "message": "busy"}),
    "failed to ask": lambda r: r.refuse(200, {"code": 500, "message": "get task failed"}),
    "429": lambda r: r.refuse(429, {"error": {"message": "slow down"}}),
    "closed": lambda r: lambda call, _: r.hang_up(call),
}


@pytest.mark.parametrize("how", NO_NEWS)
def test_I8_a_failed_poll_is_not_a_failed_task(project, rogue, how):
    def poll(call, task_id):
        rogue.polls.append((dict(call.headers), task_id))
        (NO_NEWS[how](rogue) if len(rogue.polls) < 3 else rogue.feed)(call, task_id)
    rogue.poll = poll
    offer(project, rogue)
    project.run("run", "pan.yaml")
    assert len(rogue.bought) == 1 and project.states() == ["delivered"]


STILL_RUNNING = {
    "unknown word": {"status": "TELEPORTING", "state": "teleporting"},
    "unknown number": {"status": "17", "state": ""},
    "throttled": {"status": "THROTTLED", "state": "THROTTLED"},
    "100 %": {"status": "IN_PROGRESS", "state": "", "progress": "100%"},
    "100 % and a link": {"status": "IN_PROGRESS", "state": "", "progress": "100%",
                         "video_url": "http://127.0.0.1:9/early.mp4"},
    "no word": {"status": "", "state": ""},
}


@pytest.mark.parametrize("how", STILL_RUNNING)
def test_I8_what_is_not_success_is_still_running(project, rogue, how):
    seen = []

    def shape(task_id, phase):
        if phase == "succeeded":
            return rogue.native(task_id, phase)
        seen.extend(project.states())
        return {"code": 200, "data": {"task_id": task_id, **STILL_RUNNING[how]}}
    rogue.shape = shape
    rogue.phase = lambda task_id, n: "running" if n < 4 else "succeeded"
    offer(project, rogue)
    project.run("run", "pan.yaml")
    assert seen == ["accepted", "running", "running"]
    assert project.states() == ["delivered"] and len(rogue.fetched) == 1


def test_I8_a_task_that_is_gone_is_forgotten_and_not_failed(project, rogue):
    rogue.phase = lambda task_id, n: "running" if n < 2 else "missing"
    offer(project, rogue)
    child = project.run("run", "pan.yaml", code=4)
    assert "no longer knows task" in child.stderr_text
    assert project.states() == ["forgotten"]
    project.run("run", "pan.yaml", code=4)
    assert len(rogue.bought) == 1 and project.states() == ["forgotten"]
