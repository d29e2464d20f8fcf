"""A Runway-format service that misbehaves as a test tells it, and counts.

    rogue.submit = rogue.buy_and_close     # what the next POSTs do
    rogue.shape = "wrapper"                # how feed answers
    rogue.poll = rogue.says("<html>")      # or what it does instead
    rogue.heal()                           # and it behaves again
"""
import itertools
import json
import socket
import threading
import time
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """A client that hangs up is what many of these days are about."""


class Server6(Server):
    address_family = socket.AF_INET6


class Rogue:
    """`tls`: an ssl.SSLContext to serve https with."""

    def __init__(self, clip, host="127.0.0.1", port=0, tls=None):
        self.clip = clip
        self.lock = threading.Lock()
        self.posts = []      # every submit that arrived whole: (headers, body)
        self.bought = {}     # task_id -> request body
        self.polls = []      # (headers, task_id)
        self.fetched = []    # (headers, path)
        self.lists = []      # bodies of what asked for the list
        self.strays = []     # paths of POSTs to anything else
        self.sent = 0        # bytes of endless answers
        self.counts = {}     # task_id -> polls so far
        self.closing = threading.Event()
        self.heal()
        self.server = (Server6 if ":" in host else Server)((host, port), self.handler())
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        host = f"[{host}]" if ":" in host else host
        self.url = f"{'https' if tls else 'http'}://{host}:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def heal(self):
        self.submit = self.buy
        self.poll = self.feed
        self.list = self.says("<html>no such page</html>", 404, "text/html")
        self.asset = self.send_clip
        self.video = self.own_video
        self.shape = self.native
        self.phase = lambda task_id, n: "succeeded"

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    def handler(self):
        rogue = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if "/pro/" in self.path:
                    with rogue.lock:
                        rogue.posts.append((dict(self.headers), json.loads(body)))
                    rogue.submit(self, json.loads(body))
                elif self.path.endswith("/feed"):
                    rogue.poll(self, json.loads(body)["task_id"])
                elif self.path.split("?")[0].endswith("/list"):
                    rogue.lists.append(json.loads(body))
                    rogue.list(self, json.loads(body)["page"])
                else:
                    rogue.strays.append(self.path)
                    self.send_error(404)

            def do_GET(self):
                with rogue.lock:
                    rogue.fetched.append((dict(self.headers), self.path))
                rogue.asset(self)

        return Handler

    # --- answers
    @staticmethod
    def json(call, status, body, **headers):
        data = json.dumps(body).encode()
        call.send_response(status)
        call.send_header("Content-Type", "application/json")
        call.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            call.send_header(name.replace("_", "-"), value)
        call.end_headers()
        call.wfile.write(data)

    @staticmethod
    def hang_up(call):
        call.connection.shutdown(socket.SHUT_RDWR)
        call.close_connection = True

    # --- answers to anything: a submit, a poll, an asset's address
    def says(self, data, status=200, kind="application/json", **headers):
        """A whole answer with this body, text or bytes."""
        data = data if isinstance(data, bytes) else data.encode()

        def answer(call, _=None):
            call.send_response(status)
            call.send_header("Content-Type", kind)
            call.send_header("Content-Length", str(len(data)))
            for name, value in headers.items():
                call.send_header(name.replace("_", "-"), value)
            call.end_headers()
            call.wfile.write(data)
        return answer

    def raw(self, data):
        """These bytes, and the connection is closed."""
        def answer(call, _=None):
            call.wfile.write(data)
            self.hang_up(call)
        return answer

    def endless(self, head, piece, pause=0.0):
        """Begins with `head` and goes on with `piece` until nobody listens."""
        def answer(call, _=None):
            call.close_connection = True
            call.wfile.write(head)
            for _ in itertools.count():
                if self.closing.wait(pause):
                    return
                call.wfile.write(piece)
                self.sent += len(piece)
        return answer

    def after_buying(self, answer):
        """A submit that buys, and then answers so."""
        def submit(call, body):
            self.record(body)
            answer(call)
        return submit

    # --- what a submit may do
    def record(self, body):
        task_id = str(uuid.uuid4())
        with self.lock:
            self.bought[task_id] = body
        return task_id

    def buy(self, call, body):
        self.json(call, 200, {"code": 200, "msg": "成功", "exec_time": 0.1,
                              "data": {"task_id": self.record(body)}})

    def buy_and_close(self, call, body):
        self.record(body)
        self.hang_up(call)

    def buy_and_close_then_call_back(self, call, body):
        task_id = self.record(body)
        self.hang_up(call)
        threading.Thread(target=self.call_back, args=(body["callback_url"], task_id),
                         daemon=True).start()

    def call_back(self, url, task_id):
        data = json.dumps({"task_id": task_id, "status": "3",
                           "video_url": "http://127.0.0.1:9/forged.mp4"}).encode()
        for _ in range(100):  # the runner may still be learning of the loss
            request = urllib.request.Request(
                url, data, {"Content-Type": "application/json"}, method="POST")
            try:
                urllib.request.urlopen(request, timeout=5).close()
                return
            except OSError:
                time.sleep(0.05)

    def refuse(self, status, body):
        return lambda call, _: self.json(call, status, body)

    def html(self, status):
        return self.says("<html><body>502 Bad Gateway</body></html>", status, "text/html")

    # --- what a list says
    def all_tasks(self, call, page, limit=100, complete=True):
        """As the built-in gateway has it: the newest first."""
        with self.lock:
            rows = [{"task_id": task_id, "callback_url": body.get("callback_url"), "status": "1"}
                    for task_id, body in reversed(self.bought.items())]
        self.json(call, 200, {"code": 200, "msg": "成功", "data": {
            "page": page, "limit": limit, "total": len(rows), "complete": complete,
            "tasks": rows[(page - 1) * limit:page * limit]}})

    # --- what a poll says
    def feed(self, call, task_id):
        with self.lock:
            self.polls.append((dict(call.headers), task_id))
            self.counts[task_id] = self.counts.get(task_id, 0) + 1
            known = task_id in self.bought
            phase = self.phase(task_id, self.counts[task_id]) if known else "missing"
        if phase == "missing":
            self.json(call, 400, {"code": "task_not_exist", "message": "task_not_exist",
                                  "data": None})
        elif phase == "broken":
            self.json(call, 500, {"oops": True})
        else:
            shape = self.shape if callable(self.shape) else getattr(self, self.shape)
            self.json(call, 200, shape(task_id, phase))

    def own_video(self, task_id):
        return f"{self.url}/assets/{task_id}.mp4"

    def native(self, task_id, phase):
        status = {"running": "1", "failed": "2", "succeeded": "3"}[phase]
        return {"code": 200, "msg": "成功", "exec_time": 0,
                "data": {"task_id": task_id, "state": phase if phase != "running" else "",
                         "status": status, "prompt": "", "raw_video_url": None,
                         "video_url": self.video(task_id) if status == "3" else None,
                         "msg": "no luck" if status == "2" else None,
                         "create_time": "1734078348", "update_time": "1734078452"}}

    def wrapper(self, task_id, phase):
        done = phase == "succeeded"
        return {"code": "success", "message": "",
                "data": {"task_id": task_id, "action": "generate",
                         "status": {"running": "IN_PROGRESS", "failed": "FAILURE",
                                    "succeeded": "SUCCESS"}[phase],
                         "fail_reason": "no luck" if phase == "failed" else "",
                         "progress": "100%" if done else "40%",
                         "result_url": self.video(task_id) if done else "",
                         "data": {"id": task_id, "status": "PENDING"}}}

    def flat(self, task_id, phase):
        done = phase == "succeeded"
        answer = {"task_id": task_id}
        if phase != "running":
            answer.update(status={"failed": "FAILURE", "succeeded": "SUCCESS"}[phase],
                          fail_reason="no luck" if phase == "failed" else "",
                          video_url=self.video(task_id) if done else None)
        return answer

    # --- what an asset's address gives
    def send_clip(self, call):
        self.send_bytes(call, self.clip, "video/mp4")

    @staticmethod
    def send_bytes(call, data, kind, status=200):
        call.send_response(status)
        call.send_header("Content-Type", kind)
        call.send_header("Content-Length", str(len(data)))
        call.end_headers()
        call.wfile.write(data)
