"""The live page as a browser without a screen sees it: its address, its data, its
events, what it may ask for."""
import http.client
import json
import socket
import threading
import urllib.parse

from conftest import until


class LivePage:
    """`child`: a tarmac that serves one, started with its stderr in a pipe. What it
    says is read for as long as it lives."""

    def __init__(self, child, lines=None):
        self.child = child
        self.lines = [] if lines is None else lines
        threading.Thread(target=self.read_lines, daemon=True).start()
        self.url = until(self.find_url, "the page's address")
        parts = urllib.parse.urlsplit(self.url)
        self.port, self.path = parts.port, parts.path
        self.token = self.path.strip("/")
        self.origin = f"http://127.0.0.1:{self.port}"

    def read_lines(self):
        for line in self.child.stderr:
            self.lines.append(line.rstrip("\n"))

    def find_url(self):
        found = [line.split()[-1] for line in list(self.lines) if "look at http" in line]
        assert found or self.child.poll() is None, self.lines
        return found and found[0]

    def ask(self, method, path, body=None, **headers):
        """(status, headers, body) of `path` below the page's own, or of an absolute one."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            whole = path if path.startswith("/") else self.path + path
            link.request(method, whole, body, {k.replace("_", "-"): v for k, v in headers.items()})
            answer = link.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            link.close()

    def data(self):
        status, _, body = self.ask("GET", "data.json")
        assert status == 200, body
        return json.loads(body)

    def states(self):
        return [cell["state"] for cell in self.data()["cells"]]

    def run(self):
        return self.data()["head"]["run"]

    def control(self, action, cell=None):
        """What it answers; {} is yes."""
        body = {"action": action} if cell is None else {"action": action, "cell": cell}
        status, _, text = self.ask("POST", "control", json.dumps(body), Origin=self.origin,
                                   Content_Type="application/json")
        answer = json.loads(text)
        assert (status == 200) == (answer == {}), (status, answer)
        return answer

    def listen(self, **words):
        return Events(self, **words)


class Events:
    """Server-sent events from version `since` on; None: whatever is new since the
    board was made."""

    def __init__(self, page, since=None, last=None):
        self.link = http.client.HTTPConnection("127.0.0.1", page.port, timeout=60)
        query = "" if since is None else f"?since={since}"
        self.link.request("GET", page.path + "events" + query,
                          headers={} if last is None else {"Last-Event-ID": str(last)})
        self.answer = self.link.getresponse()
        assert self.answer.status == 200, self.answer.read()
        assert self.answer.headers["Content-Type"] == "text/event-stream"
        self.all = []  # (type, data, id)
        self.over = False
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        event = {}
        try:
            for line in self.answer:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name:
                    event[name] = value
                elif "event" in event:
                    self.all.append((event["event"], json.loads(event["data"]),
                                     int(event.get("id", 0))))
                    event = {}
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass  # closed, by either side
        self.over = True

    def of(self, kind):
        return [data for event, data, _ in list(self.all) if event == kind]

    def cells(self):
        """The newest that was told of each cell."""
        return {cell["nth"]: cell for cell in self.of("cell")}

    def close(self):
        self.link.sock.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads
