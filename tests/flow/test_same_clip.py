"""A gateway for load tests: one clip for all tasks, which are tasks as ever.

TARMAC_BIN_DIR names the directory of the binaries.
"""

import json
import os
import signal
import time
import urllib.request

from test_gateway import DEADLINE, hook, start  # noqa: F401
from conftest import until

SUFFIXES = (".mp4", "-poster.png", "-last.png")
OFFICIAL = {"X-Runway-Version": "2024-11-06"}


def asset(gateway, task, suffix=".mp4"):
    status, _, raw = gateway.ask("GET", f"/assets/{task}{suffix}")
    assert status == 200
    return raw


def files(gateway):
    return {path.name: path.stat().st_ino for path in (gateway.data / "assets").iterdir()}


def test_each_kind_is_drawn_once(start):
    gateway = start("--same-clip")
    first = [gateway.buy(prompt=f"cat {n}") for n in range(3)]
    long = gateway.buy(options={"seconds": 10})
    for task in [*first, long]:
        assert gateway.finished(task)["status"] == "3"
    later = gateway.buy(prompt="a dog")
    assert gateway.finished(later)["point"] == "25"
    clips = {asset(gateway, task) for task in [*first, later]}
    assert len(clips) == 1 and clips != {asset(gateway, long)}
    found = files(gateway)
    for suffix in SUFFIXES:
        alike = {found[task + suffix] for task in [*first, later]}
        assert len(alike) == 1 and found[long + suffix] not in alike
    assert gateway.end() == 0
    assert sorted(files(gateway)) == sorted(
        task + suffix for task in [*first, later, long] for suffix in SUFFIXES)


def test_the_clip_does_not_hang_on_who_came_first(start, tmp_path):
    clips = set()
    for prompt in ("a cat", "a harbour at dawn"):
        folder = tmp_path / prompt.replace(" ", "-")
        gateway = start("--same-clip", "--data", folder)
        gateway.data = folder
        task = gateway.buy(prompt=prompt)
        gateway.finished(task)
        clips.add(asset(gateway, task))
        gateway.end()
    assert len(clips) == 1


def test_time_callbacks_and_restarts_are_as_ever(start, hook):
    gateway = start("--same-clip", "--latency", "1s")
    began = time.monotonic()
    tasks = [gateway.buy(callback_url=hook.url(f"/{n}")) for n in range(3)]
    seen = set()
    while (data := gateway.feed(tasks[0]))["status"] not in "23":
        seen.add(data["progress"])
        assert data["video_url"] is None and time.monotonic() < began + DEADLINE
    assert time.monotonic() - began >= 1 and len(seen) > 3
    ended = [hook.got.get(timeout=DEADLINE) for _ in range(3)]
    until(lambda: all(gateway.feed(task)["status"] == "3" for task in tasks), "all", DEADLINE)
    assert {data["task_id"] for _, data, _ in ended} <= set(tasks)
    open_one = gateway.buy()
    gateway.end(signal.SIGKILL)
    again = start("--same-clip", "--latency", "1s")
    assert again.finished(open_one)["status"] == "3"
    assert asset(again, open_one) == asset(again, tasks[0])


def test_what_has_no_one_clip(start):
    """Films have their own size and length; what is cancelled has no files."""
    gateway = start("--same-clip", "--latency", "1s")
    source = gateway.buy()
    url = gateway.finished(source)["video_url"]
    status, answer = gateway.post("/runway/pro/video2video",
                                  {"prompt": "in snow", "model": "gen3", "video": url,
                                   "options": {"structure_transformation": 0.5}})
    assert status == 200, answer
    made = answer["data"]["task_id"]
    assert gateway.finished(made)["status"] == "3"
    assert files(gateway)[made + ".mp4"] != files(gateway)[source + ".mp4"]
    request = urllib.request.Request(
        f"{gateway.url}/v1/text_to_video", headers=OFFICIAL, data=json.dumps(
            {"promptText": "a cat", "model": "gen4.5", "ratio": "1280:720",
             "duration": 5}).encode())
    task = json.load(urllib.request.urlopen(request))["id"]
    until(lambda: os.path.exists(gateway.data / "assets" / f"{task}.mp4"), "drawn", DEADLINE)
    assert gateway.ask("DELETE", f"/v1/tasks/{task}", headers=OFFICIAL)[0] == 204
    assert not [name for name in files(gateway) if name.startswith(task)]
