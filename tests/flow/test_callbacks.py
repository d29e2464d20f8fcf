"""Callbacks of the built-in service: to whom, in which order, how often.

The receiver writes down what came, and when; it answers as a test wants it.
"""

import http.server
import json
import queue
import signal
import threading
import time

import pytest

from conftest import until
from test_gateway import DEADLINE, start  # noqa: F401 (a fixture)

FINAL = "23"


class Receiver(http.server.ThreadingHTTPServer):
    """`answer(data, n)` gives the status of the n-th callback (from 0) of all,
    or of None to close the connection without one."""

    daemon_threads = True
    request_queue_size = 200

    def __init__(self, answer=lambda data, n: 204, host="127.0.0.1"):
        self.answer = answer
        self.lock = threading.Lock()
        self.got = queue.Queue()
        self.n = 0
        self.now = self.most = 0
        super().__init__((host, 0), Post)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path="/", host="127.0.0.1"):
        return f"http://{host}:{self.server_port}{path}"

    def next(self):
        return self.got.get(timeout=DEADLINE)

    def end(self):
        self.shutdown()
        self.server_close()


class Post(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        at = time.monotonic()
        server = self.server
        data = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with server.lock:
            n = server.n
            server.n += 1
            server.now += 1
            server.most = max(server.most, server.now)
        status = server.answer(data, n)
        with server.lock:
            server.now -= 1
        server.got.put((at, self.path, data, status))
        if status is None:
            self.close_connection = True
            return
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", server.url("/elsewhere"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def receive():
    running = []

    def begin(*args, **more):
        running.append(Receiver(*args, **more))
        return running[-1]

    yield begin
    for receiver in running:
        receiver.end()


def until_end(receiver, task):
    """All callbacks of a task up to the first end that was taken."""
    news = []
    while True:
        at, _, data, status = receiver.next()
        if data["task_id"] != task:
            continue
        news.append((at, data, status))
        if data["status"] in FINAL and status == 204:
            return news


def log_of(gateway):
    return (gateway.data.parent / "gateway.log").read_text()


def test_each_change_is_told_in_order(start, receive):
    receiver = receive()
    gateway = start("--latency", "1500")
    task = gateway.buy(callback_url=receiver.url("/hook?a=1"))
    news = [data for _, data, _ in until_end(receiver, task)]
    assert news[0]["status"] == "1" and news[0]["progress"] < 25
    quarters = [data["progress"] // 25 for data in news[1:-1]]
    assert quarters == sorted(set(quarters)) and len(quarters) >= 2
    assert news[-1] == gateway.feed(task) and news[-1]["status"] == "3"


def test_a_failure_is_told(start, receive):
    receiver = receive()
    gateway = start()
    task = gateway.buy(callback_url=receiver.url(), image=receiver.url("/none.png"))
    news = [data for _, data, _ in until_end(receiver, task)]
    assert news[-1]["status"] == "2" and news[-1]["refund"] == "1"
    assert "image" in news[-1]["msg"]


def test_while_one_is_under_way_only_the_latest_state_waits(start, receive):
    """The first callback is held until the task is over: what comes next is its
    end, and nothing between."""
    gate = threading.Event()

    def slow(data, n):
        if n == 0:
            gate.wait(DEADLINE)
        return 204

    receiver = receive(slow)
    gateway = start("--latency", "800")
    task = gateway.buy(callback_url=receiver.url())
    gateway.finished(task)
    assert receiver.n == 1  # one at a time for a task
    gate.set()
    news = [data["status"] for _, data, _ in until_end(receiver, task)]
    assert news == ["1", "3"]


def test_progress_that_does_not_arrive_is_not_told_again(start, receive):
    receiver = receive(lambda data, n: 204 if data["status"] in FINAL else 500)
    gateway = start("--latency", "1500")
    task = gateway.buy(callback_url=receiver.url())
    news = [data for _, data, _ in until_end(receiver, task)]
    told = [data["progress"] for data in news]
    assert len(told) == len(set(told)) >= 3


def test_an_end_is_told_again_later_and_later(start, receive):
    failures = iter([500, None, 302])
    receiver = receive(
        lambda data, n: 204 if data["status"] not in FINAL else next(failures, 204))
    gateway = start()
    task = gateway.buy(callback_url=receiver.url())
    ends = [(at, data) for at, data, _ in until_end(receiver, task)
            if data["status"] in FINAL]
    assert len(ends) == 4 and all(data == ends[0][1] for _, data in ends)
    waits = [b[0] - a[0] for a, b in zip(ends, ends[1:])]
    for wait, least in zip(waits, (1, 2, 4)):
        assert wait >= least - 0.05
    assert waits[0] < waits[1] < waits[2]
    assert receiver.got.empty()  # taken once, told no more


def test_an_owed_end_is_told_after_a_restart(start, receive):
    well = threading.Event()
    receiver = receive(
        lambda data, n: 204 if data["status"] not in FINAL or well.is_set() else 503)
    gateway = start()
    task = gateway.buy(callback_url=receiver.url())
    want = gateway.finished(task)
    until(lambda: receiver.n >= 2, "the end was told once", DEADLINE)
    gateway.end(signal.SIGKILL)
    well.set()
    again = start()
    assert until_end(receiver, task)[-1][1] == want
    again.end()
    before = receiver.n
    start().feed(task)
    assert receiver.n == before  # it is owed no more


def test_at_most_sixteen_at_once(start, receive):
    gate = threading.Event()

    def slow(data, n):
        gate.wait(DEADLINE)
        return 204

    receiver = receive(slow)
    gateway = start()
    broken = "data:image/png;base64,*"  # nothing is rendered
    tasks = {gateway.buy(callback_url=receiver.url(), image=broken)
             for _ in range(24)}
    for task in tasks:
        gateway.finished(task)
    until(lambda: receiver.now >= 16, "sixteen are under way", DEADLINE)
    assert receiver.most == 16
    gate.set()
    ended = set()
    while ended != tasks:
        _, _, data, _ = receiver.next()
        if data["status"] in FINAL:
            ended.add(data["task_id"])
    assert receiver.most == 16


@pytest.mark.parametrize("url", [
    "http://example.com/hook", "http://10.0.0.1/hook", "http://169.254.169.254/",
    "http://hooks.localhost:9/", "http://[fd00::1]/"])
def test_other_machines_are_not_called(start, receive, url):
    gateway = start()
    for _ in range(2):
        assert gateway.finished(gateway.buy(callback_url=url))["status"] == "3"
    said = [line for line in log_of(gateway).splitlines() if "--callback-hosts" in line]
    assert len(said) == 1 and "callbacks to other machines are not sent" in said[0]


def test_machines_that_are_allowed_are_called(start, receive):
    receiver = receive()
    gateway = start("--callback-hosts", "*.localhost")
    near = gateway.buy(callback_url=receiver.url("/near"))
    far = gateway.buy(callback_url=receiver.url("/far", "hooks.localhost"))
    assert until_end(receiver, far)[-1][1]["status"] == "3"
    gateway.finished(near)
    gateway.end()
    assert all(path == "/far" for _, path, _, _ in list(receiver.got.queue))


def test_a_name_that_leads_inside_is_not_called(start, receive):
    """"public" takes any name; where it leads to is looked at on the way."""
    receiver = receive()
    gateway = start("--callback-hosts", "public")
    task = gateway.buy(callback_url=receiver.url("/", "hooks.localhost"))
    assert gateway.finished(task)["status"] == "3"
    until(lambda: "was never answered" in log_of(gateway), "it is given up", DEADLINE)
    assert receiver.n == 0


def test_an_owed_end_is_given_up_where_its_machine_is_allowed_no_more(start, receive):
    receiver = receive(lambda data, n: 500)
    gateway = start()
    task = gateway.buy(callback_url=receiver.url())
    gateway.finished(task)
    until(lambda: receiver.n >= 2, "the end was told once", DEADLINE)
    gateway.end(signal.SIGKILL)
    before = receiver.n
    again = start("--callback-hosts", "none")
    until(lambda: "was never answered" in log_of(again), "it is given up", DEADLINE)
    assert receiver.n == before and again.feed(task)["status"] == "3"
