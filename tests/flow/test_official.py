"""Runway's own API at the built-in service: its routes, answers and errors.

TARMAC_BIN_DIR names the directory of the binaries.
"""

import base64
import datetime
import json
import re
import subprocess
import time

import pytest

from conftest import until
from test_gateway import DEADLINE, UNKNOWN, Gateway

VERSION = {"X-Runway-Version": "2024-11-06"}
TURBO = {"model": "gen4_turbo", "promptText": "a pier", "ratio": "1280:720", "duration": 5}
WORDS = {"model": "gen4.5", "promptText": "a pier", "ratio": "1280:720", "duration": 2}
DAY = 50  # what tier 1 allows the dearer models


@pytest.fixture(scope="session")
def media(tmp_path_factory):
    """A small picture and a small clip, as bytes."""
    folder = tmp_path_factory.mktemp("media")
    for name, more in (("a.png", ["-frames:v", "1"]),
                       ("a.mp4", ["-c:v", "libx264", "-pix_fmt", "yuv420p"])):
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i",
                        "testsrc=size=320x180:rate=24:duration=1", *more, folder / name],
                       check=True)
    return {"png": (folder / "a.png").read_bytes(), "mp4": (folder / "a.mp4").read_bytes()}


class Official(Gateway):
    def ask(self, method, path, body=None, headers=None):
        more = VERSION if headers is None else headers
        return super().ask(method, path, body, {"Content-Type": "application/json", **more})

    def call(self, method, path, body=None, headers=None):
        status, _, raw = self.ask(method, path, body, headers)
        return status, json.loads(raw) if raw else None

    def create(self, route, **body):
        status, answer = self.call("POST", f"/v1/{route}", body)
        assert status == 200, answer
        assert re.fullmatch(r"[0-9a-f-]{36}", answer["id"])
        return answer["id"]

    def task(self, task):
        status, answer = self.call("GET", f"/v1/tasks/{task}")
        assert status == 200, answer
        return answer

    def ended(self, task):
        done = ("SUCCEEDED", "FAILED", "CANCELLED")
        return until(lambda: (t := self.task(task))["status"] in done and t, task, DEADLINE)

    def output(self, task):
        answer = self.ended(task)
        assert answer["status"] == "SUCCEEDED", answer
        url, = answer["output"]
        assert url.startswith(f"{self.url}/assets/")
        status, headers, raw = self.ask("GET", url.removeprefix(self.url))
        assert status == 200
        return headers["Content-Type"], raw


@pytest.fixture
def start(tmp_path):
    running = []

    def begin(*options, **more):
        running.append(Official(tmp_path, *options, **more))
        return running[-1]

    yield begin
    for gateway in running:
        gateway.end()


def data_uri(media, kind):
    mime = {"png": "image/png", "mp4": "video/mp4"}[kind]
    return f"data:{mime};base64,{base64.b64encode(media[kind]).decode()}"


def probe(raw, tmp_path):
    path = tmp_path / "probed"
    path.write_bytes(raw)
    out = subprocess.run(["ffprobe", "-v", "error", "-show_entries",
                          "stream=width,height:format=duration", "-of", "json", path],
                         check=True, capture_output=True).stdout
    found = json.loads(out)
    stream = found["streams"][0]
    return stream["width"], stream["height"], float(found["format"].get("duration", 0))


# --- what is bought


def test_image_to_video(start, media, tmp_path):
    gateway = start()
    status, answer = gateway.call("POST", "/v1/image_to_video",
                                  {**TURBO, "promptImage": data_uri(media, "png")})
    assert status == 200
    assert answer["estimatedCost"] == {"credits": 25}
    kind, raw = gateway.output(answer["id"])
    assert kind == "video/mp4"
    width, height, seconds = probe(raw, tmp_path)
    assert (width, height) == (320, 180)
    assert abs(seconds - 5) < 0.1


def test_the_life_of_a_task(start):
    gateway = start("--latency", "2")
    task = gateway.create("text_to_video", **WORDS)
    first = gateway.task(task)
    assert first["status"] in ("PENDING", "RUNNING")
    assert first["estimatedCost"] == {"credits": 24}
    assert "cost" not in first and "output" not in first
    made = datetime.datetime.fromisoformat(first["createdAt"].replace("Z", "+00:00"))
    age = datetime.datetime.now(datetime.timezone.utc) - made
    assert datetime.timedelta(0) <= age < datetime.timedelta(seconds=DEADLINE)
    running = until(lambda: (t := gateway.task(task))["status"] == "RUNNING" and t,
                    "running", DEADLINE)
    assert 0 <= running["progress"] <= 1
    last = gateway.ended(task)
    assert last["cost"] == {"credits": 24}
    assert set(last) == {"id", "status", "createdAt", "output", "cost"}
    assert last["createdAt"] == first["createdAt"]


def test_text_to_image(start, tmp_path):
    gateway = start()
    task = gateway.create("text_to_image", model="gen4_image", promptText="a pier",
                          ratio="720:1280")
    kind, raw = gateway.output(task)
    assert kind == "image/png"
    assert probe(raw, tmp_path)[:2] == (180, 320)
    assert gateway.task(task)["cost"] == {"credits": 5}


def test_films(start, media, tmp_path):
    gateway = start()
    film, picture = data_uri(media, "mp4"), data_uri(media, "png")
    restyled = gateway.create("video_to_video", model="aleph2", videoUri=film,
                              promptText="in snow")
    performed = gateway.create("character_performance", model="act_two", ratio="1280:720",
                               character={"type": "image", "uri": picture},
                               reference={"type": "video", "uri": film})
    larger = gateway.create("video_upscale", model="upscale_v1", videoUri=film)
    named = gateway.create("video_upscale", model="magnific_video_upscaler_creative",
                           videoUri=film, resolution="4k")
    for task, credits, size in ((restyled, 56, 320), (performed, 5, 320), (larger, 2, 640),
                                (named, 10, 640)):
        kind, raw = gateway.output(task)
        assert kind == "video/mp4"
        width, _, seconds = probe(raw, tmp_path)
        assert width == size
        assert abs(seconds - 1) < 0.1
        assert gateway.task(task)["cost"] == {"credits": pytest.approx(credits, abs=2)}


def test_one_result_is_the_next_input(start, tmp_path):
    gateway = start()
    first = gateway.create("text_to_video", **WORDS)
    url, = gateway.ended(first)["output"]
    last = url.replace(".mp4", "-last.png")
    task = gateway.create("image_to_video", **TURBO, promptImage=last)
    assert gateway.ended(task)["status"] == "SUCCEEDED"


def test_an_input_that_is_no_picture_fails_the_task(start):
    gateway = start()
    bad = base64.b64encode(b"not a picture").decode()
    task = gateway.create("image_to_video", **TURBO, promptImage=f"data:image/png;base64,{bad}")
    answer = gateway.ended(task)
    assert answer["status"] == "FAILED"
    assert answer["failureCode"] == "ASSET.INVALID"
    assert answer["failure"]
    assert answer["cost"] == {"credits": 0}


def test_the_camera_in_words_moves_it(start):
    gateway = start()
    still = gateway.create("text_to_video", **WORDS)
    moved = gateway.create("text_to_video",
                           **{**WORDS, "promptText": "a pier Camera: x 6, r 4."})
    assert gateway.output(still)[1] != gateway.output(moved)[1]


# --- what is refused


def test_validation(start):
    gateway = start()
    status, answer = gateway.call("POST", "/v1/image_to_video",
                                  {**TURBO, "promptImage": "x", "duration": 30, "colour": 1})
    assert status == 400
    assert answer["error"] == "Validation of body failed"
    assert answer["docUrl"] == f"{gateway.url}/openapi.json"
    found = {issue["code"]: issue for issue in answer["issues"]}
    assert found["too_big"]["path"] == ["duration"]
    assert found["too_big"]["maximum"] == 10
    assert found["unrecognized_keys"]["path"] == []
    assert "'colour'" in found["unrecognized_keys"]["message"]


@pytest.mark.parametrize("body, path", [
    ("{", []), ("[]", []), ({"model": "gen9"}, ["model"]),
    ({**TURBO, "promptImage": "http://example.com/a.png"}, ["promptImage"]),
    ({**TURBO, "promptImage": "https://192.0.2.1/a.png"}, ["promptImage"]),
    ({**TURBO, "promptImage": [{"uri": "data:image/gif;base64,AAAA", "position": "first"}]},
     ["promptImage", 0, "uri"])])
def test_what_is_wrong_is_named(start, body, path):
    status, answer = start().call("POST", "/v1/image_to_video", body)
    assert status == 400
    assert answer["issues"][0]["path"] == path, answer
    assert answer["issues"][0]["message"]


def test_nothing_refused_is_bought(start):
    gateway = start()
    gateway.call("POST", "/v1/image_to_video", {**TURBO, "promptImage": "x"})
    assert gateway.call("GET", "/tasks.json")[1]["total"] == 0


def test_headers(start):
    gateway = start()
    for headers in ({}, {"X-Runway-Version": "2023-01-01"}):
        for method, path in (("POST", "/v1/text_to_video"), ("GET", f"/v1/tasks/{UNKNOWN}")):
            status, answer = gateway.call(method, path, WORDS, headers)
            assert status == 400
            assert "X-Runway-Version" in answer["error"]


def test_key(start):
    gateway = start("--key-env", "THE_KEY", env={"THE_KEY": "key_123"})
    for given in ({}, {"Authorization": "Bearer key_124"}, {"Authorization": "key_123"}):
        status, answer = gateway.call("GET", "/v1/organization", None, {**VERSION, **given})
        assert status == 401
        assert isinstance(answer["error"], str)
    right = {**VERSION, "Authorization": "Bearer key_123"}
    assert gateway.call("GET", "/v1/organization", None, right)[0] == 200


@pytest.mark.parametrize("method, path, allowed", [
    ("GET", "/v1/image_to_video", "POST"), ("POST", f"/v1/tasks/{UNKNOWN}", "GET, HEAD, DELETE"),
    ("DELETE", "/v1/organization", "GET, HEAD"), ("ELETE", f"/v1/tasks/{UNKNOWN}", "GET, HEAD, DELETE")])
def test_methods(start, method, path, allowed):
    status, headers, raw = start().ask(method, path)
    assert status == 405
    assert headers["Allow"] == allowed
    assert isinstance(json.loads(raw)["error"], str)


def test_no_such_task(start):
    gateway = start()
    bought = gateway.buy()  # of the other API
    for task in (UNKNOWN, "x", "../organization", bought):
        for method in ("GET", "DELETE"):
            assert gateway.call(method, f"/v1/tasks/{task}") == (
                404, {"error": "Could not find Task", "docUrl": f"{gateway.url}/openapi.json"})


def test_no_such_endpoint(start):
    status, answer = start().call("POST", "/v1/text_to_speech", {})
    assert status == 404
    assert isinstance(answer["error"], str)


def test_a_rehearsed_submit_is_lost_and_bought(start):
    gateway = start("--faults", "lost=1")
    with pytest.raises(Exception):
        gateway.call("POST", "/v1/text_to_video", WORDS)
    assert gateway.call("GET", "/tasks.json")[1]["total"] == 1


def test_a_rehearsed_submit_is_told_late(start):
    gateway = start("--faults", "slow=1:1")
    begin = time.monotonic()
    gateway.create("text_to_video", **WORDS)
    assert time.monotonic() - begin >= 0.9


# --- the end of a task


def test_cancel(start):
    gateway = start("--latency", "60")
    task = gateway.create("text_to_video", **WORDS)
    until(lambda: gateway.task(task)["status"] == "RUNNING", "running", DEADLINE)
    status, headers, raw = gateway.ask("DELETE", f"/v1/tasks/{task}")
    assert (status, raw) == (204, b"")
    answer = gateway.task(task)
    assert answer["status"] == "CANCELLED"
    assert answer["cost"] == {"credits": 0}


def test_delete(start):
    gateway = start()
    task = gateway.create("text_to_video", **WORDS)
    url, = gateway.ended(task)["output"]
    assert gateway.ask("DELETE", f"/v1/tasks/{task}")[0] == 204
    assert gateway.call("GET", f"/v1/tasks/{task}")[0] == 404
    assert gateway.call("DELETE", f"/v1/tasks/{task}")[0] == 404
    assert gateway.ask("GET", url.removeprefix(gateway.url))[0] == 404
    assert not list((gateway.data / "assets").glob(f"{task}*"))


# --- the account


def test_organization(start):
    gateway = start("--tier", "3", "--credits", "100")
    gateway.ended(gateway.create("text_to_video", **WORDS))
    status, answer = gateway.call("GET", "/v1/organization")
    assert status == 200
    assert answer["creditBalance"] == 100 - 24
    assert answer["tier"]["maxMonthlyCreditSpend"] == 200000
    assert answer["tier"]["models"]["gen4_turbo"] == {"maxConcurrentGenerations": 5,
                                                      "maxDailyGenerations": 2000}
    assert answer["usage"]["models"]["gen4.5"] == {"dailyGenerations": 1}
    assert answer["usage"]["models"]["gen4_turbo"] == {"dailyGenerations": 0}
    assert answer["usage"]["models"].keys() == answer["tier"]["models"].keys()


def test_usage(start):
    gateway = start()
    for _ in range(2):
        gateway.ended(gateway.create("text_to_video", **WORDS))
    gateway.ended(gateway.create("text_to_image", model="gen4_image", promptText="x",
                                 ratio="720:720"))
    today = datetime.datetime.now(datetime.timezone.utc).date()
    days = [(today + datetime.timedelta(n)).isoformat() for n in (-1, 2)]
    status, answer = gateway.call("POST", "/v1/organization/usage",
                                  {"startDate": days[0], "beforeDate": days[1]})
    assert status == 200
    assert answer["models"] == ["gen4.5", "gen4_image"]
    used = [entry for day in answer["results"] for entry in day["usedCredits"]]
    assert sum(entry["amount"] for entry in used) == 2 * 24 + 5
    none = (200, {"models": [], "results": []})
    assert gateway.call("POST", "/v1/organization/usage",
                        {"startDate": "2026-01-01", "beforeDate": "2026-01-31"}) == none
    assert gateway.call("POST", "/v1/organization/usage")[0] == 200
    for body in ({"startDate": "2026-02-30"}, {"startDate": "yesterday"}, {"since": "x"},
                 {"startDate": "2026-01-01", "beforeDate": "2026-04-02"},
                 {"startDate": "2026-01-02", "beforeDate": "2026-01-01"}):
        assert gateway.call("POST", "/v1/organization/usage", body)[0] == 400, body


def test_credits(start):
    gateway = start("--credits", "30")
    gateway.create("text_to_video", **WORDS)
    status, answer = gateway.call("POST", "/v1/text_to_video", WORDS)
    assert status == 400
    assert answer["error"] == "You do not have enough credits to run this task."
    assert "issues" not in answer


def test_throttled(start):
    gateway = start("--tier", "1", "--latency", "3")
    first = gateway.create("text_to_video", **WORDS)
    second = gateway.create("text_to_video", **WORDS)
    other = gateway.create("image_to_video", **TURBO, promptImage="runway://upload/" + "0" * 32)
    assert gateway.task(second)["status"] == "THROTTLED"
    assert gateway.task(other)["status"] != "THROTTLED"  # of another model
    assert gateway.ended(first)["status"] == "SUCCEEDED"
    assert gateway.ended(second)["status"] == "SUCCEEDED"


def test_a_day_is_full(start):
    gateway = start("--tier", "1", "--latency", "60")
    for _ in range(DAY):
        gateway.create("text_to_video", **WORDS)
    status, answer = gateway.call("POST", "/v1/text_to_video", WORDS)
    assert status == 429
    assert answer["error"] == "Your daily task limit has been reached."
    gateway.create("text_to_image", model="gen4_image", promptText="x", ratio="720:720")


def test_tasks_outlive_the_gateway(start):
    gateway = start("--tier", "1", "--latency", "60")
    tasks = [gateway.create("text_to_video", **WORDS) for _ in range(3)]
    assert gateway.ask("DELETE", f"/v1/tasks/{tasks[0]}")[0] == 204
    gateway.end()
    gateway = start("--tier", "1", "--latency", "1")
    assert gateway.task(tasks[0])["status"] == "CANCELLED"
    assert gateway.task(tasks[2])["status"] in ("THROTTLED", "PENDING")
    for task in tasks[1:]:
        assert gateway.ended(task)["status"] == "SUCCEEDED"
