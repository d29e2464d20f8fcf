"""Where a rogue service keeps a clip: with ranges and an ETag, and with what can
go wrong on the way, an answer at a time.

    shelf = Shelf(rogue, clip)
    shelf.days = [shelf.cut(1000), shelf.serve]   # then it behaves
"""
import re
import threading

OVERLAP = 64 << 10  # what tarmac asks for twice, to compare


class Shelf:
    def __init__(self, rogue, clip):
        self.rogue, self.clip = rogue, clip
        self.etag, self.modified = '"one"', None
        self.days = []   # what the next answers do; it behaves after them
        self.asked = []  # the headers of each request
        self.sent = []   # bytes of clip that went out with each answer
        self.lock = threading.Lock()
        self.held = threading.Event()
        rogue.asset = self.give

    def give(self, call):
        with self.lock:
            day = self.days.pop(0) if self.days else self.serve
            self.asked.append(dict(call.headers))
            self.sent.append(0)
            call.turn = len(self.sent) - 1
        day(call)

    def send(self, call, data):
        call.wfile.write(data)
        self.sent[call.turn] += len(data)

    def start(self, call):
        """The first byte that is asked for, or None."""
        only_if = call.headers.get("If-Range")
        if only_if and only_if != self.etag:
            return None
        found = re.fullmatch(r"bytes=(\d+)-", call.headers.get("Range", ""))
        return int(found[1]) if found else None

    def begin(self, call, first, data=None, **more):
        """The headers of a true answer, but for `more`; the bytes it promises."""
        data = self.clip if data is None else data
        headers = {"Content-Type": "video/mp4", "ETag": self.etag,
                   "Last-Modified": self.modified,
                   "Content-Length": str(len(data) - (first or 0))}
        if first is not None:
            headers["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
        headers.update({k.replace("_", "-"): v for k, v in more.items()})
        call.send_response(200 if first is None else 206)
        for name, value in headers.items():
            if value is not None:
                call.send_header(name, value)
        call.end_headers()
        return data[first or 0:]

    # --- days
    def serve(self, call):
        self.send(call, self.begin(call, self.start(call)))

    def cut(self, n):
        """The connection is lost after `n` bytes."""
        def day(call):
            self.send(call, self.begin(call, self.start(call))[:n])
            self.rogue.hang_up(call)
        return day

    def hold(self, n):
        """Stands still after `n` bytes, until it is let go."""
        def day(call):
            self.send(call, self.begin(call, self.start(call))[:n])
            call.wfile.flush()
            self.held.wait(60)
            self.rogue.hang_up(call)
        return day

    def drip(self, n):
        """A byte at a time after `n` of them."""
        def day(call):
            rest = self.begin(call, self.start(call))
            self.send(call, rest[:n])
            for i in range(n, len(rest)):
                if self.rogue.closing.wait(0.1):
                    break
                self.send(call, rest[i:i + 1])
        return day

    def whole(self, data=None, upto=None, **more):
        """As if it had never heard of ranges; cut after `upto` bytes."""
        def day(call):
            self.send(call, self.begin(call, None, data, **more)[:upto])
            self.rogue.hang_up(call)
        return day

    def rest(self, data=None, shift=0, **more):
        """A 206 of other bytes, from elsewhere, or with other headers."""
        return lambda call: self.send(
            call, self.begin(call, (self.start(call) or 0) + shift, data, **more))

    def says(self, *words, **more):
        return self.rogue.says(*words, **more)
