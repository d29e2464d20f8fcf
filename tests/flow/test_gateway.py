"""The built-in service from outside: `tarmac-media gateway`, by HTTP alone.

TARMAC_BIN_DIR names the directory of the binaries.
"""

import base64
import contextlib
import http.client
import http.server
import json
import os
import pathlib
import queue
import signal
import sqlite3
import subprocess
import threading
import time

import pytest

from conftest import until

DEADLINE = 60
UNKNOWN = "0ab3bfe2-be23-4635-8c35-890fb2c1732d"
CAT = {"prompt": "a cat", "model": "gen2", "options": {"seconds": 5}}


def program():
    return str(pathlib.Path(os.environ["TARMAC_BIN_DIR"]) / "tarmac-media")


class Gateway:
    def __init__(self, folder, *options, env=None):
        self.data = folder / "data"
        self.address = folder / "address.json"
        self.log = open(folder / "gateway.log", "ab")
        self.process = subprocess.Popen(
            [program(), "gateway", "--listen", "127.0.0.1:0", "--draft",
             "--data", self.data, "--address", self.address, *options],
            stdout=subprocess.PIPE, stderr=self.log,
            env={**os.environ, **(env or {})})
        self.line = self.process.stdout.readline().decode()
        assert self.line, (folder / "gateway.log").read_text()
        self.url = json.loads(self.address.read_text())["url"]
        self.authority = self.url.removeprefix("http://")

    def ask(self, method, path, body=None, headers=None):
        link = http.client.HTTPConnection(self.authority, timeout=DEADLINE)
        with contextlib.closing(link):
            if body is not None and not isinstance(body, (bytes, str)):
                body = json.dumps(body)
            link.request(method, path, body, headers or {})
            answer = link.getresponse()
            return answer.status, answer.headers, answer.read()

    def post(self, path, body, headers=None):
        status, _, raw = self.ask("POST", path, body, headers)
        return status, json.loads(raw)

    def buy(self, prefix="/runway", **fields):
        status, answer = self.post(f"{prefix}/pro/generate", {**CAT, **fields})
        assert status == 200, answer
        return answer["data"]["task_id"]

    def feed(self, task, prefix="/runway"):
        status, answer = self.post(f"{prefix}/feed", {"task_id": task})
        assert status == 200, answer
        return answer["data"]

    def finished(self, task):
        return until(lambda: (d := self.feed(task))["status"] in "23" and d, task, DEADLINE)

    def end(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(DEADLINE)
        self.process.stdout.close()
        self.log.close()
        return code


@pytest.fixture
def start(tmp_path):
    running = []

    def begin(*options, **more):
        running.append(Gateway(tmp_path, *options, **more))
        return running[-1]

    yield begin
    for gateway in running:
        gateway.end()


class Hook(http.server.ThreadingHTTPServer):
    """Gathers callbacks; answers 500 to the first `refuse` of a final one."""

    def __init__(self, refuse=0):
        self.got = queue.Queue()
        self.refuse = refuse
        super().__init__(("127.0.0.1", 0), HookHandler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path="/hook"):
        return f"http://127.0.0.1:{self.server_port}{path}"


class HookHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        data = json.loads(body)
        final = data["status"] in "23"
        refused = final and self.server.refuse > 0
        self.server.refuse -= refused
        self.server.got.put((self.path, data, refused))
        self.send_response(500 if refused else 204)
        self.end_headers()

    def do_GET(self):
        self.send_response(404)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def hook():
    server = Hook()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("prefix", ["/runway", "/runway/v1"])
def test_buy_poll_fetch(start, prefix):
    gateway = start()
    status, answer = gateway.post(f"{prefix}/pro/generate", CAT)
    assert status == 200
    assert answer["code"] == 200 and answer["msg"] == "成功"
    assert isinstance(answer["exec_time"], (int, float))
    task = answer["data"]["task_id"]
    data = gateway.feed(task, prefix)
    assert data["task_id"] == task and data["status"] in "013"
    data = gateway.finished(task)
    assert data["status"] == "3" and data["state"] == "succeeded"
    assert data["point"] == "25" and data["refund"] == "0"
    assert data["progress"] == 100 and data["msg"] is None
    assert data["video_url"] == f"{gateway.url}/assets/{task}.mp4"
    for url, kind, magic in (
            (data["video_url"], "video/mp4", b"ftyp"),
            (data["poster"], "image/png", b"\x89PNG"),
            (data["last_frame"], "image/png", b"\x89PNG")):
        status, headers, raw = gateway.ask(
            "GET", url.removeprefix(gateway.url))
        assert status == 200 and headers["Content-Type"] == kind
        assert magic in raw[:12]


def test_range(start):
    gateway = start()
    task = gateway.buy()
    gateway.finished(task)
    path = f"/assets/{task}.mp4"
    _, _, whole = gateway.ask("GET", path)
    status, headers, raw = gateway.ask(
        "GET", path, headers={"Range": "bytes=100-199"})
    assert status == 206 and raw == whole[100:200]
    assert headers["Content-Range"] == f"bytes 100-199/{len(whole)}"
    status, _, raw = gateway.ask("GET", path, headers={"Range": "bytes=100-"})
    assert status == 206 and raw == whole[100:]
    status, headers, _ = gateway.ask(
        "GET", path, headers={"Range": f"bytes={len(whole)}-"})
    assert status == 416
    status, headers, raw = gateway.ask("HEAD", path)
    assert status == 200 and raw == b""
    assert int(headers["Content-Length"]) == len(whole)


def test_asset_names(start):
    gateway = start()
    for path in ("/assets/", "/assets/../tasks.db", "/assets/%2e%2e/tasks.db",
                 "/assets/..%2ftasks.db", f"/assets/{UNKNOWN}.mp4",
                 f"/assets/part.{UNKNOWN}.mp4"):
        status, _, raw = gateway.ask("GET", path)
        assert status == 404, path
        assert b"SQLite" not in raw


def test_asset_urls_follow_the_host(start):
    gateway = start("--key", "k")
    key = {"Authorization": "Bearer k"}
    _, answer = gateway.post("/runway/pro/generate", CAT, key)
    task = answer["data"]["task_id"]

    def fed(host):
        return gateway.post("/runway/feed", {"task_id": task}, {**key, "Host": host})[1]["data"]
    until(lambda: fed("box")["status"] == "3", task, DEADLINE)
    assert fed("box.example:99")["video_url"] == f"http://box.example:99/assets/{task}.mp4"
    url = fed("a/b")["video_url"]
    assert url == f"{gateway.url}/assets/{task}.mp4"


def test_errors(start):
    gateway = start()
    for prefix in ("/runway", "/runway/v1"):
        status, answer = gateway.post(f"{prefix}/feed", {"task_id": UNKNOWN})
        assert status == 400
        assert answer == {"code": "task_not_exist",
                          "message": "task_not_exist", "data": None}
    assert gateway.post("/runway/feed", {"task_id": "../x"})[1]["code"] \
        == "task_not_exist"
    assert gateway.post("/runway/feed", {})[1]["code"] == "invalid_request"
    status, answer = gateway.post("/runway/pro/generate",
                                  {**CAT, "ratio": "5:7"})
    assert status == 400 and answer["code"] == "invalid_request"
    assert answer["data"] is None
    assert "ratio" in answer["message"] and "16:9" in answer["message"]
    status, answer = gateway.post("/runway/pro/generate", "not json")
    assert status == 400 and answer["code"] == "invalid_request"
    status, answer = gateway.post("/runway/pro/other", {})
    assert status == 404 and answer["error"]["code"] == "invalid_request"
    status, _, raw = gateway.ask("GET", "/runway/feed")
    assert status == 405 and "error" in json.loads(raw)
    status, _, _ = gateway.ask(
        "POST", "/runway/pro/generate",
        headers={"Content-Length": str(24 * 1024 * 1024 + 1)})
    assert status == 413
    with sqlite3.connect(f"file:{gateway.data}/tasks.db?mode=ro",
                         uri=True) as db:
        assert db.execute("SELECT count(*) FROM tasks").fetchone() == (0,)


def test_key(start):
    gateway = start("--key-env", "THE_KEY", env={"THE_KEY": "s3cret"})
    for headers in ({}, {"Authorization": "s3cret"},
                    {"Authorization": "Bearer s3cre"},
                    {"Authorization": "Bearer s3cret2"}):
        for path in ("/runway/pro/generate", "/runway/v1/feed"):
            status, answer = gateway.post(path, CAT, headers)
            assert status == 401
            assert "request id" in answer["error"]["message"]
    status, answer = gateway.post("/runway/pro/generate", CAT,
                                  {"Authorization": "Bearer s3cret"})
    assert status == 200
    # Assets and health need no key.
    assert gateway.ask("GET", "/healthz")[0] == 200
    assert gateway.ask("GET", f"/assets/{UNKNOWN}.mp4")[0] == 404
    assert gateway.end() == 0
    for path in gateway.data.parent.rglob("*"):
        assert path.is_dir() or b"s3cret" not in path.read_bytes(), path


def test_list(start):
    gateway = start()
    bought = [gateway.buy(prompt=f"cat {n}", callback_url=f"http://127.0.0.1:9/cb/{n}")
              for n in range(3)]
    bought.append(gateway.buy())
    seen = []
    for page, n in ((1, 3), (2, 1), (3, 0)):
        status, answer = gateway.post(f"/runway/list?page={page}&limit=3", {})
        data = answer["data"]
        assert status == 200 and (answer["code"], data["complete"]) == (200, True)
        assert (data["page"], data["limit"], data["total"], len(data["tasks"])) == (page, 3, 4, n)
        assert 0 <= data["uptime_ms"] < 600_000
        seen += data["tasks"]
    assert [row["task_id"] for row in seen] == bought[::-1]
    assert [row["callback_url"] for row in seen[1:]] == [
        f"http://127.0.0.1:9/cb/{n}" for n in (2, 1, 0)]
    assert seen[0]["callback_url"] == ""
    assert set(seen[0]["status"]) <= set("0123") and int(seen[0]["create_time"]) > 1e9
    for query, limit in (("", 50), ("?limit=1000", 100), ("?limit=x&page=-1", 50)):
        data = gateway.post(f"/runway/v1/list{query}", {})[1]["data"]
        assert (data["page"], data["limit"], len(data["tasks"])) == (1, limit, 4)
    assert gateway.ask("GET", "/runway/list")[0] == 405


def test_health(start):
    gateway = start()
    task = gateway.buy()
    gateway.finished(task)
    _, _, raw = gateway.ask("GET", "/healthz")
    answer = json.loads(raw)
    assert answer["ok"] is True and answer["version"]
    assert answer["tasks"] == {"queued": 0, "running": 0, "succeeded": 1,
                               "failed": 0, "cancelled": 0}


def test_latency(start):
    gateway = start("--latency", "1500")
    begin = time.monotonic()
    task = gateway.buy()
    seen = set()
    while (data := gateway.feed(task))["status"] not in "23":
        seen.add(data["progress"])
        assert data["video_url"] is None
        assert data["progress"] < 100
        assert time.monotonic() < begin + DEADLINE
        time.sleep(0.02)
    assert time.monotonic() - begin >= 1.5
    assert len(seen) > 3


def told(hook, path="/hook"):
    """The callbacks, until a final one is accepted."""
    news = []
    while True:
        where, data, refused = hook.got.get(timeout=DEADLINE)
        assert where == path
        news.append(data)
        if data["status"] in "23" and not refused:
            return news


def test_callbacks(start, hook):
    gateway = start("--latency", "1000")
    task = gateway.buy(callback_url=hook.url("/hook"))
    news = told(hook)
    assert {data["task_id"] for data in news} == {task}
    assert [data["status"] for data in news] == \
        sorted(data["status"] for data in news)
    progress = [data["progress"] for data in news]
    assert progress == sorted(progress) and len(progress) >= 3
    assert news[-1] == gateway.feed(task)
    assert "code" not in news[-1]


def test_final_callback_is_tried_again(start, hook):
    hook.refuse = 1
    gateway = start()
    gateway.buy(callback_url=hook.url())
    finals = [data for data in told(hook) if data["status"] in "23"]
    assert len(finals) == 2 and finals[0] == finals[1]


def test_owed_callback_survives_a_restart(start, hook):
    hook.refuse = 1000
    gateway = start()
    task = gateway.buy(callback_url=hook.url())
    gateway.finished(task)
    gateway.end(signal.SIGKILL)
    while not hook.got.empty():
        hook.got.get()
    hook.refuse = 0
    start()
    news = told(hook)
    assert news[-1]["task_id"] == task and news[-1]["status"] == "3"


def test_callbacks_stay_on_this_machine(start):
    gateway = start()
    task = gateway.buy(callback_url="http://baidu.com")
    assert gateway.finished(task)["status"] == "3"
    gateway.end()
    log = (gateway.data.parent / "gateway.log").read_text()
    assert log.count("callbacks to other machines are not sent") == 1


def test_image(start, hook):
    gateway = start()
    first = gateway.buy()
    last = gateway.finished(first)["last_frame"]
    second = gateway.buy(image=last)
    _, _, png = gateway.ask("GET", last.removeprefix(gateway.url))
    uri = "data:image/png;base64," + base64.b64encode(png).decode()
    third = gateway.buy(image=uri)
    for task in (second, third):
        data = gateway.finished(task)
        assert data["status"] == "3", data["msg"]
    pictures = [gateway.ask("GET", f"/assets/{task}-last.png")[2]
                for task in (second, third)]
    assert pictures[0] == pictures[1] == png  # nothing moves: the image as it is


def test_bad_images_fail_and_are_refunded(start, hook):
    gateway = start()
    for image in (hook.url("/none.png"), "http://127.0.0.1:1/a.png",
                  "data:image/png;base64,Zm9v", "data:image/png;base64,*",
                  f"{gateway.url}/assets/{UNKNOWN}-last.png"):
        data = gateway.finished(gateway.buy(image=image))
        assert data["status"] == "2" and data["state"] == "failed"
        assert data["refund"] == "1" and data["video_url"] is None
        assert "image" in data["msg"]
    status, answer = gateway.post("/runway/pro/generate",
                                  {**CAT, "image": "https://10.0.0.1/a"})
    assert status == 400 and "image" in answer["message"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_restart_keeps_tasks(start, how):
    gateway = start()
    done = gateway.buy()
    gateway.finished(done)
    tasks = [gateway.buy(prompt=f"cat {i}") for i in range(5)]
    code = gateway.end(how)
    assert code == (0 if how == signal.SIGTERM else -how)
    assert gateway.address.exists() == (how == signal.SIGKILL)
    again = start()
    assert again.feed(done)["status"] == "3"
    for task in tasks:
        assert again.finished(task)["status"] == "3"
    names = sorted(p.name for p in (again.data / "assets").iterdir())
    assert names == sorted(task + suffix for task in [done, *tasks]
                           for suffix in (".mp4", "-poster.png", "-last.png"))


def test_one_gateway_for_one_folder(start, tmp_path):
    gateway = start()
    second = subprocess.run(
        [program(), "gateway", "--listen", "127.0.0.1:0", "--data",
         gateway.data], capture_output=True, text=True, timeout=DEADLINE)
    assert second.returncode == 9
    assert "another gateway uses this folder" in second.stderr
    assert "--data" in second.stderr


def test_port_taken_by_hand(start, tmp_path):
    gateway = start()
    second = subprocess.run(
        [program(), "gateway", "--listen", gateway.authority, "--data",
         tmp_path / "other"], capture_output=True, text=True, timeout=DEADLINE)
    assert second.returncode == 9
    assert "--listen" in second.stderr


def test_by_hand_says_where_it_is(start):
    gateway = start()
    assert gateway.line.startswith(f"tarmac gateway: {gateway.url} (data in ")


def test_usage():
    for arguments, code in ((["gateway", "--help"], 0), (["--version"], 0),
                            ([], 2), (["gateway", "--nonsense"], 2),
                            (["gateway", "--listen", "0.0.0.0:0"], 2)):
        done = subprocess.run([program(), *arguments], capture_output=True,
                              text=True, timeout=DEADLINE)
        assert done.returncode == code
        assert (done.stderr == "") == (code == 0)
