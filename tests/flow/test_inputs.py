"""The pictures and films that requests bring: from where, how large, how long;
and what an input that cannot be had does to its task.
"""

import base64
import contextlib
import http.server
import json
import signal
import socket
import sqlite3
import struct
import threading
import time
import zlib

import pytest

from conftest import until
from test_gateway import DEADLINE, start  # noqa: F401 (a fixture)


def png(width, height, rgb=(200, 40, 40)):
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))
    packer = zlib.compressobj(9)
    row = b"\0" + bytes(rgb) * width
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", packed) + chunk(b"IEND", b""))


SMALL = png(64, 36)
CLAIMS = (SMALL[:16] + struct.pack(">II", 60000, 60000) + SMALL[24:])  # a bomb


class Shelf(http.server.ThreadingHTTPServer):
    """Gives what a test puts there; counts who is served at once."""

    daemon_threads = True
    request_queue_size = 200

    def __init__(self):
        self.pages = {}
        self.asked = []
        self.now = self.most = 0
        self.lock = threading.Lock()
        self.hold = threading.Event()
        super().__init__(("127.0.0.1", 0), Get)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path="/a.png", host="127.0.0.1"):
        return f"http://{host}:{self.server_port}{path}"


class Get(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        shelf = self.server
        with shelf.lock:
            shelf.asked.append(self.path)
            shelf.now += 1
            shelf.most = max(shelf.most, shelf.now)
        if self.path.startswith("/held"):
            shelf.hold.wait(DEADLINE)
        with shelf.lock:  # who has the answer may ask for the next one at once
            shelf.now -= 1
        self.give(shelf)

    def give(self, shelf):
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", shelf.url("/a.png"))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(bytes(65536))
            return
        body = shelf.pages.get(self.path, SMALL if self.path != "/none" else None)
        self.send_response(200 if body is not None else 404)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body or b"")

    def log_message(self, *args):
        pass


@pytest.fixture
def shelf():
    server = Shelf()
    yield server
    server.hold.set()
    server.shutdown()
    server.server_close()


def failed(gateway, **fields):
    data = gateway.finished(gateway.buy(**fields))
    assert data["status"] == "2" and data["refund"] == "1", data
    return data["msg"]


def succeeded(gateway, **fields):
    data = gateway.finished(gateway.buy(**fields))
    assert data["status"] == "3", data
    return data


def refused(gateway, **fields):
    status, answer = gateway.post("/runway/pro/generate",
                                  {"prompt": "a cat", "model": "gen2", **fields})
    assert status == 400, answer
    return answer["message"]


def parts(gateway):
    return [p.name for p in (gateway.data / "assets").iterdir()
            if p.name.startswith("part.")]


def test_a_picture_by_its_address(start, shelf):
    gateway = start()
    task = succeeded(gateway, image=shelf.url())
    _, _, poster = gateway.ask("GET", task["poster"].removeprefix(gateway.url))
    assert poster.startswith(b"\x89PNG")
    assert shelf.asked == ["/a.png"]


def test_a_picture_that_is_not_there(start, shelf):
    gateway = start()
    assert failed(gateway, image=shelf.url("/none")) == "image: answered HTTP 404"


def test_redirects_are_not_followed(start, shelf):
    gateway = start()
    assert "redirects are not followed" in failed(gateway, image=shelf.url("/moved"))
    assert shelf.asked == ["/moved"]


def test_not_a_picture(start, shelf):
    shelf.pages["/a.png"] = b"<html>no</html>"
    gateway = start()
    assert failed(gateway, image=shelf.url())
    shelf.pages["/a.png"] = b""
    assert failed(gateway, image=shelf.url()) == "image: answered nothing"


def test_a_picture_bomb(start, shelf):
    shelf.pages["/a.png"] = CLAIMS
    gateway = start()
    assert failed(gateway, image=shelf.url())
    uri = "data:image/png;base64," + base64.b64encode(CLAIMS).decode()
    assert failed(gateway, image=uri)
    succeeded(gateway)  # and it lives


def test_too_large(start, shelf):
    gateway = start()
    assert failed(gateway, image=shelf.url("/endless")) == "image: is larger than 16 MiB"


def test_too_slow(start):
    """One that takes the connection and says nothing: 15 s in all."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        gateway = start()
        begin = time.monotonic()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/a.png"
        assert failed(gateway, image=address).startswith("image: ")
        assert 14 < time.monotonic() - begin < 40


@pytest.mark.parametrize("url", [
    "http://10.0.0.1/a.png", "http://169.254.169.254/latest/", "http://[fd00::1]/a.png",
    "http://0.0.0.0/a.png", "http://[::ffff:192.168.1.1]/a.png"])
def test_inner_addresses_are_refused_at_once(start, url):
    gateway = start()
    assert "--input-hosts" in refused(gateway, image=url)


def test_a_name_that_leads_inside_is_refused_on_the_way(start, shelf):
    gateway = start()  # takes any name
    said = failed(gateway, image=shelf.url(host="pictures.localhost"))
    assert "--input-hosts" in said and shelf.asked == []


def test_a_name_that_is_allowed(start, shelf):
    gateway = start("--input-hosts", "pictures.localhost")
    succeeded(gateway, image=shelf.url(host="pictures.localhost"))
    assert "--input-hosts" in refused(gateway, image="http://example.com/a.png")


def test_no_proxy_is_asked_whose_reach_is_not_ours(start, shelf):
    gateway = start(env={"http_proxy": shelf.url("")})
    said = failed(gateway, image="http://pictures.invalid/a.png")
    assert "resolve" in said and shelf.asked == []


def test_nothing_is_fetched_where_nothing_may_be(start, shelf):
    gateway = start("--input-hosts", "none")
    last = succeeded(gateway)["last_frame"]
    succeeded(gateway, image=last)  # its own is not fetched
    assert "image" in failed_or_refused(gateway, image=shelf.url())
    assert shelf.asked == []


def failed_or_refused(gateway, **fields):
    status, answer = gateway.post("/runway/pro/generate",
                                  {"prompt": "a cat", "model": "gen2", **fields})
    if status == 400:
        return answer["message"]
    data = gateway.finished(answer["data"]["task_id"])
    assert data["status"] == "2"
    return data["msg"]


def test_a_slow_address_holds_up_nobody_else(start, shelf):
    """Four fetch at once; renders and other tasks go on meanwhile."""
    gateway = start("--renders", "1")
    slow = [gateway.buy(image=shelf.url(f"/held/{i}")) for i in range(6)]
    until(lambda: shelf.now == 4, "four are fetched", DEADLINE)
    succeeded(gateway, prompt="another")
    assert shelf.most == 4 and gateway.feed(slow[0])["status"] == "1"
    shelf.hold.set()
    for task in slow:
        assert gateway.finished(task)["status"] == "3"
    assert shelf.most == 4


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_inputs_are_fetched_again_after_a_restart(start, shelf, how):
    gateway = start()
    task = gateway.buy(image=shelf.url("/held"))
    until(lambda: shelf.now == 1, "it is fetched", DEADLINE)
    gateway.end(how)
    shelf.hold.set()
    again = start()
    assert again.finished(task)["status"] == "3"
    assert shelf.asked == ["/held", "/held"] and parts(again) == []


def test_what_a_killed_gateway_was_writing_is_removed(start):
    gateway = start()
    gateway.end(signal.SIGKILL)
    for name in ("part.x.mp4", ".tmp-0123"):
        (gateway.data / "assets" / name).write_bytes(b"half")
    assert list((start().data / "assets").iterdir()) == []


def clip(gateway):
    url = succeeded(gateway)["video_url"]
    return url, gateway.ask("GET", url.removeprefix(gateway.url))[2]


def restyled(gateway, **fields):
    status, answer = gateway.post("/runway/pro/video2video",
                                  {"prompt": "a castle", "model": "gen3", **fields})
    assert status == 200, answer
    return gateway.finished(answer["data"]["task_id"])


def test_a_film_of_ours_by_address_and_in_the_request(start, shelf):
    gateway = start()
    url, film = clip(gateway)
    shelf.pages["/a.mp4"] = film
    uri = "data:video/mp4;base64," + base64.b64encode(film).decode()
    made = [restyled(gateway, video=video) for video in (url, shelf.url("/a.mp4"), uri)]
    assert [data["status"] for data in made] == ["3"] * 3, made
    clips = {gateway.ask("GET", data["video_url"].removeprefix(gateway.url))[2]
             for data in made}
    assert len(clips) == 1  # the same film, however it came
    assert parts(gateway) == [] and shelf.asked == ["/a.mp4"]


def test_a_film_that_is_none(start, shelf):
    shelf.pages["/a.mp4"] = b"no film"
    gateway = start()
    for path, why in (("/a.mp4", ""), ("/none", "video: answered HTTP 404"),
                      ("/endless", "video: is larger than 64 MiB")):
        data = restyled(gateway, video=shelf.url(path))
        assert data["status"] == "2" and why in data["msg"]
    assert parts(gateway) == []


def official(gateway, method, path, body=None):
    return gateway.ask(method, path, body, {"X-Runway-Version": "2024-11-06",
                                            "Content-Type": "application/json"})


def tasks(gateway):
    with contextlib.closing(sqlite3.connect(
            f"file:{gateway.data}/tasks.db?mode=ro", uri=True)) as db:
        return dict(db.execute("SELECT id, status FROM tasks"))


def buy_official(gateway, **fields):
    status, _, raw = official(gateway, "POST", "/v1/image_to_video", {
        "model": "gen4_turbo", "promptText": "a cat", "ratio": "1280:720",
        "duration": 5, **fields})
    assert status == 200, raw
    return json.loads(raw)["id"]


def test_cancelling_stops_the_work_and_stays(start, shelf):
    gateway = start("--renders", "1", "--latency", "60000")
    uri = "data:image/png;base64," + base64.b64encode(SMALL).decode()
    drawn = buy_official(gateway, promptImage=uri)
    fetching = buy_official(gateway, promptImage=shelf.url("/held"))
    until(lambda: shelf.now == 1, "it is fetched", DEADLINE)
    until(lambda: (gateway.data / "assets" / f"{drawn}.mp4").exists(), "drawn", DEADLINE)
    for task in (drawn, fetching):
        assert official(gateway, "DELETE", f"/v1/tasks/{task}")[0] == 204
    assert tasks(gateway) == {drawn: 4, fetching: 4}
    until(lambda: list((gateway.data / "assets").iterdir()) == [], "nothing is left",
          DEADLINE)
    gateway.end(signal.SIGKILL)
    shelf.hold.set()
    again = start()
    succeeded(again)
    assert tasks(again)[drawn] == tasks(again)[fetching] == 4
