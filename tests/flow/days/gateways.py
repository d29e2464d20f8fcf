"""What a service, and the way to it, can do to a purchase."""
import contextlib
import dataclasses
import socket
import ssl
import subprocess
import threading

from day import Bench, Day
from rogue import Rogue

ABOUT = ("A POST is sent again only if it provably did not arrive, or if the service\n"
         "said that nothing was bought: that is `refused`, and the next run tries it again.\n"
         "An answer that proves neither leaves the purchase `unknown`: it is not sent again,\n"
         "and its price stays reserved. Once a task_id is known, nothing that a service says\n"
         "or serves makes tarmac buy again: the next run goes on asking and downloading, and\n"
         "a task that failed is bought anew by --retry-failed only.")

PAGE = "<!doctype html><html><body><h1>Not Found</h1></body></html>"
WRONG = '{"code": [200], "msg": {"a": 1}, "data": [{"task_id": true}], "task_id": {}}'
NOISE = "\x1b[31m\x1b]0;title\x07 red\nnew\rline " + "x" * 10000
HTTP = b"HTTP/1.1 200 OK\r\n"
MIB = b"\0" * (1 << 20)
VIDEO = HTTP + b"Content-Type: video/mp4\r\n"


# --- what is arranged
def recipe(bench, limits):
    bench.recipe(Bench.RECIPE + f"limits: {{{limits}}}\n")


def submits(how, **gateway):
    """`how` makes of the rogue what its submits do."""
    def when(bench):
        recipe(bench, "unknown_wait: 0s")
        bench.rogue.submit = how(bench.rogue)
        bench.gateway(**gateway)
    return when


def polls(how, limits="timeout: 2s", **gateway):
    def when(bench):
        recipe(bench, limits)
        bench.rogue.poll = how(bench.rogue)
        bench.gateway(**gateway)
    return when


def shapes(how, limits="timeout: 2s"):
    """`how` makes of the rogue and a task_id what a poll says of it."""
    def when(bench):
        recipe(bench, limits)
        bench.rogue.shape = lambda task_id, phase: how(bench.rogue, task_id)
    return when


def assets(how, **gateway):
    def when(bench):
        bench.rogue.asset = how(bench.rogue)
        bench.gateway(**gateway)
    return when


def busy(call, body):
    Rogue.json(call, 429, {"error": {"message": "slow down", "code": "rate"}}, Retry_After="0")


def too_busy(bench):
    recipe(bench, "timeout: 3s")
    bench.rogue.submit = busy


def retries(bench):
    bench.recipe(Bench.RECIPE + "retry: {count: 1, kinds: [failed]}\n")
    bench.rogue.shape = lambda task_id, phase: native(
        task_id, status="2", state="failed", msg="no luck")


def lacks(bench):
    bench.recipe(Bench.RECIPE + "sweep: {seed: [1, 2, 3]}\nlimits: {budget: 25}\n")
    bench.gateway(prices={"*": 5})


def enough(bench):
    bench.recipe(Bench.RECIPE + "sweep: {seed: [1, 2, 3]}\nlimits: {budget: 75}\n")


def never_done(limits):
    def when(bench):
        recipe(bench, limits)
        bench.rogue.phase = lambda task_id, n: "running"
    return when


def vanishes(bench):
    bench.gateway(poll_min=0.1)
    bench.rogue.phase = lambda task_id, n: "running" if n < 2 else "missing"


def heal(bench):
    bench.rogue.heal()
    bench.gateway()


def at(url):
    def when(bench):
        recipe(bench, "unknown_wait: 0s")
        bench.gateway(url=url(bench) if callable(url) else url)
    return when


def read_little(bench):
    """What came of an endless answer was not taken for long."""
    assert 0 < bench.rogue.sent < 200 << 20
    heal(bench)


def native(task_id, **task):
    return {"code": 200, "msg": "", "data": {"task_id": task_id, **task}}


# --- servers that speak no HTTP
def listener(bench, backlog=16):
    server = socket.create_server(("127.0.0.1", 0), backlog=backlog)
    bench.undo.append(server.close)
    return server, f"http://127.0.0.1:{server.getsockname()[1]}"


def nobody(bench):
    server, url = listener(bench)
    server.close()
    return url


def full(bench):
    """A listener whose queue is full: connections to it are not answered."""
    server, url = listener(bench, backlog=0)
    for _ in range(4):
        waiting = socket.socket()
        waiting.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            waiting.connect(server.getsockname())
        bench.undo.append(waiting.close)
    return url


def full_queue(bench):
    recipe(bench, "unknown_wait: 0s")
    bench.gateway(url=full(bench), timeout=1)


def hangs_up(bench):
    server, url = listener(bench)

    def serve():
        with contextlib.suppress(OSError):
            while True:
                server.accept()[0].close()
    threading.Thread(target=serve, daemon=True).start()
    return url


def own_certificate(bench):
    key, cert = (bench.project.root.parent / name for name in ("key.pem", "cert.pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
                    "-subj", "/CN=localhost", "-keyout", key, "-out", cert],
                   check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    server = Rogue(b"", tls=tls)
    bench.undo.append(server.close)
    return server.url


def of_this_machine(bench):
    """A service that is not of this machine (0.0.0.0 leads to it all the same),
    and clips that are said to be on it."""
    url = f"http://0.0.0.0:{bench.rogue.server.server_port}"
    bench.gateway(url=url, insecure=True, poll_min=0.1)
    bench.rogue.video = lambda task_id: f"{bench.rogue.url}/private.mp4"


def one_task_for_two(bench):
    bench.recipe(Bench.RECIPE + "sweep: {seed: [1, 2]}\nlimits: {unknown_wait: 0s}\n")
    bench.rogue.submit = lambda call, body: bench.rogue.json(
        call, 200, {"code": 200, "data": {"task_id": "one-and-the-same"}})
    bench.rogue.bought["one-and-the-same"] = {}


def with_a_warning(rogue):
    """The task is named, in what is not JSON."""
    def submit(call, body):
        rogue.says('Warning: line 7\n{"data": {"task_id": "%s"' % rogue.record(body))(call)
    return submit


# --- kinds of days
def unreachable(what, when, why):
    return Day(what, when,
               (f"tarmac: warning: could not reach 'h' ({why}); trying again",
                f"✗ r/r: could not reach 'h' ({why}); nothing was bought; check its url, or "
                "run again when it is up"),
               code=8, ledger=("refused",), mend=heal)


def refused(what, how, why, next_step, code=8):
    return Day(what, submits(how),
               f"✗ r/r: 'h' refused it ({why}); nothing was bought; {next_step}",
               code, ledger=("refused",), mend=heal)


def unknown(what, when, why, bought=0):
    """Cannot be mended by running again."""
    return Day(what, when,
               f"tarmac: warning: r/r: 'h' did not say whether it was bought ({why}); it is "
               "not sent again",
               code=6, ledger=("unknown",), bought=bought)


def unread(what, when, state="accepted"):
    """Polls that come to nothing, however often."""
    return Day(what, when,
               "✗ r/r: waited 1 s for …; the task goes on at the gateway, and running the "
               "recipe again picks it up",
               code=5, ledger=(state,), bought=1, mend=heal)


def lost(what, when, why, mend=heal):
    """The clip could not be downloaded."""
    return Day(what, when,
               f"✗ r/r: could not download the clip of task … ({why}); it is bought: run "
               "again to fetch it",
               code=5, ledger=("ready",), bought=1, mend=mend)


def bad(what, when, why):
    return Day(what, when,
               f"✗ r/r: the clip of task … does not play ({why}); it is bought and kept as "
               "….bad: run again to fetch it anew",
               code=5, ledger=("ready",), bought=1, mend=heal)


def failed(what, how, why, kind="failed", clip=""):
    return Day(what, shapes(how, "timeout: 30s"),
               f"✗ r/r: 'h' failed at task … ({why}){clip}; --retry-failed buys it again",
               code=4, ledger=(kind,), bought=1)


def too_large(what, when, mega, mend=heal):
    return Day(what, when,
               f"✗ r/r: the clip of task … is larger than clip_max ({mega} MB); it is "
               "bought: raise clip_max of gateway 'h' and run again",
               code=5, ledger=("ready",), bought=1, mend=mend)


WAY = [
    unreachable("Nobody listens at its address", at(nobody),
                "could not connect to 127.0.0.1:…: Connection refused"),
    unreachable("Its name has no address", at("https://api.example.invalid"),
                "api.example.invalid:443: Could not resolve host: api.example.invalid"),
    unreachable("It does not take the connection in time", full_queue,
                "127.0.0.1:…: Connection timed out after … milliseconds"),
    unreachable("It made its certificate itself", at(own_certificate),
                "127.0.0.1:…: SSL certificate problem: self-signed certificate"),
    unreachable("https: is said where http: is spoken",
                at(lambda b: b.rogue.url.replace("http:", "https:")), "127.0.0.1:…"),
    unknown("It hangs up on everyone", at(hangs_up), "127.0.0.1:…"),
]

REFUSALS = [
    refused("The key is refused",
            lambda r: r.refuse(401, {"error": {"message": "invalid token",
                                               "code": "invalid_request"}}),
            "HTTP 401: invalid token", "check the key in the configuration and run again"),
    refused("The key may not do this",
            lambda r: r.refuse(403, {"error": {"message": "gen2 is not in your plan"}}),
            "HTTP 403: gen2 is not in your plan",
            "check the key in the configuration and run again"),
    refused("There are no credits left",
            lambda r: r.refuse(403, {"code": "quota_not_enough", "data": None,
                                     "message": "no credits left"}),
            "HTTP 403: no credits left", "add credits there and run again"),
    refused("The day's limit is reached",
            lambda r: r.refuse(429, {"error": {"message": "daily limit reached"}}),
            "HTTP 429: daily limit reached", "run again tomorrow"),
    refused("The day's limit is reached, and it says until when",
            lambda r: r.says('{"error": {"message": "daily limit reached"}}', 429,
                             Retry_After="18720"),
            "HTTP 429: daily limit reached", "run again …at … (in 5 h 12 min)"),
    refused("It wants to be left alone for longer than a wait may take",
            lambda r: r.says('{"error": {"message": "slow down"}}', 429, Retry_After="7200"),
            "HTTP 429: slow down", "run again …at … (in 2 h)"),
    Day("It is too busy, however long we wait", too_busy,
        ("tarmac: warning: 'h' puts it off again and again (HTTP 429: slow down); still trying",
         "✗ r/r: 'h' refused it (HTTP 429: slow down); nothing was bought; run again later"),
        code=8, ledger=("refused",), mend=heal),
    refused("It does not like the request",
            lambda r: r.refuse(400, {"error": {"message": "5 seconds are not offered"}}),
            "HTTP 400: 5 seconds are not offered", "mend the request and run again", code=4),
    refused("It has no such route",
            lambda r: r.refuse(404, {"error": {"message": "no such route"}}),
            "HTTP 404: no such route", "check the gateway's url and prefix and run again"),
]

UNKNOWN = [unknown(what, submits(how), why) for what, how, why in (
    ("It answers 404 with a web page", lambda r: r.says(PAGE, 404, "text/html"),
     "HTTP 404: a web page, not JSON"),
    ("A proxy answers in its place", lambda r: r.html(502),
     "HTTP 502: a web page, not JSON"),
    ("It has an error inside", lambda r: r.refuse(500, {"error": {"message": "oops"}}),
     "HTTP 500: oops"),
    ("It answers 200 with a web page", lambda r: r.html(200),
     "HTTP 200: a web page, not JSON"),
    ("It sends us elsewhere, where the key must not go",
     lambda r: r.says("", 302, Location=f"{r.url}/runway/feed"),
     "HTTP 302: an empty answer"),
    ("It answers nothing", lambda r: r.says(""), "HTTP 200: an empty answer"),
    ("It answers {}", lambda r: r.says("{}"), "HTTP 200: no task_id in it"),
    ("It answers null", lambda r: r.says("null"), "HTTP 200: not JSON"),
    ("It answers JSON of other types", lambda r: r.says(WRONG), "HTTP 200: no task_id in it"),
    ("It answers half of its JSON", lambda r: r.says('{"code": 200, "data": {"task_'),
     "HTTP 200: not JSON"),
    ("It answers in no encoding", lambda r: r.says(b'\xff\xfe{"a": "\xc3\x28"}'),
     "HTTP 200: not JSON"),
    ("It answers 100,000 brackets", lambda r: r.says("[" * 100000), "HTTP 200: not JSON"),
    ("It hangs up in its headers", lambda r: r.raw(HTTP + b"Content-Ty"),
     "HTTP 200: an empty answer"),
    ("It hangs up in its answer", lambda r: r.raw(HTTP + b'Content-Length: 99\r\n\r\n{"code"'),
     "127.0.0.1:…: transfer closed with 92 bytes remaining to read"),
    ("What it speaks is not HTTP", lambda r: r.raw(b"220 mail.example.com ESMTP\r\n"),
     "127.0.0.1:…: what it answers is not HTTP"),
    ("Its answer has no end", lambda r: r.endless(HTTP + b"\r\n", MIB),
     "the answer is larger than 8388608 bytes"),
    ("Its headers have no end", lambda r: r.endless(HTTP, b"X-More: and more\r\n" * 1000),
     "the answer has more than 256 headers or 65536 bytes of them"),
    ("One of its headers has no end", lambda r: r.endless(HTTP + b"X-More: ", MIB),
     "the answer has more than 256 headers or 65536 bytes of them"),
    ("It says things that would hurt a terminal",
     lambda r: r.refuse(500, {"error": {"message": NOISE}}),
     "HTTP 500:  [31m ]0;title red new line xxx…x"),
    ("Its task_id has 10,000 letters",
     lambda r: r.refuse(200, {"code": 200, "data": {"task_id": "x" * 10000}}),
     "HTTP 200: no task_id in it"),
    ("Its task_id has two lines",
     lambda r: r.refuse(200, {"code": 200, "data": {"task_id": "a\nb"}}),
     "HTTP 200: no task_id in it"),
    ("Its task_id holds a NUL",
     lambda r: r.refuse(200, {"code": 200, "data": {"task_id": "a\0b"}}),
     "HTTP 200: no task_id in it"),
)] + [
    unknown("It buys, and hangs up", submits(lambda r: r.buy_and_close),
            "127.0.0.1:…: Empty reply from server", bought=1),
    unknown("Its answer comes a byte at a time",
            submits(lambda r: r.endless(HTTP + b"\r\n", b" ", 0.2), timeout=1),
            "127.0.0.1:…: Operation timed out after … milliseconds with … bytes received"),
    Day("It names one task for two purchases", one_task_for_two,
        "tarmac: error: r/seed…: task one-and-the-same: gateway 'h' named one task for "
        "attempts … and …, which are different purchases",
        code=6, ledger=("delivered", "unknown"), bought=1),
    Day("It names the task in what is not JSON", submits(with_a_warning),
        "1 of 1 cell delivered; 1 bought for 320 credits",
        code=0, ledger=("delivered",), bought=1),
]

POLLS = [
    Day("It refuses the key while a task is under way",
        polls(lambda r: r.says('{"error": {"message": "invalid token"}}', 401), "timeout: 30s"),
        "✗ r/r: 'h' does not let us ask for task … (HTTP 401); it is bought: check the key "
        "and run again",
        code=8, ledger=("accepted",), bought=1, mend=heal),
    Day("It says nothing about a task",
        polls(lambda r: r.html(502), "timeout: 6s"),
        ("tarmac: warning: 'h' says nothing about task … (HTTP 502); still asking",
         "✗ r/r: waited 6 s for …; the task goes on at the gateway, and running the recipe "
         "again picks it up"),
        code=5, ledger=("accepted",), bought=1, mend=heal),
    unread("It answers 200 with a web page to a question",
           polls(lambda r: r.html(200), "timeout: 1s")),
    unread("It answers brackets to a question",
           polls(lambda r: r.says("[" * 100000), "timeout: 1s")),
    unread("It answers a question with other types", polls(lambda r: r.says(
        '{"code": 200, "data": {"task_id": [], "status": {}, "state": true}}'), "timeout: 1s")),
    unread("It hangs up on a question",
           polls(lambda r: r.raw(HTTP + b"Content-Length: 99\r\n\r\n{"), "timeout: 1s")),
    dataclasses.replace(
        unread("Its answer to a question has no end",
               polls(lambda r: r.endless(HTTP + b"\r\n", MIB), "timeout: 1s")),
        mend=read_little),
    unread("It says words that nobody knows", shapes(
        lambda r, t: native(t, status="9", state="marinating"), "timeout: 1s"), "running"),
    unread("It is at 100 % and says no more", shapes(
        lambda r, t: native(t, status="IN_PROGRESS", progress="100%"), "timeout: 1s"), "running"),
    unread("Its progress goes back", shapes(
        lambda r, t: native(t, status="1", progress=f"{90 - r.counts[t]}%"), "timeout: 1s"),
        "running"),
    Day("It calls a task done and shows no clip",
        shapes(lambda r, t: native(t, status="3", state="succeeded"), "timeout: 30s"),
        "✗ r/r: 'h' calls task … done, and shows no clip yet; it is bought: run again "
        "to ask for it",
        code=5, ledger=("accepted",), bought=1, mend=heal),
    Day("It says that the clip is a file of ours",
        shapes(lambda r, t: native(t, status="3", video_url="file:///etc/passwd"),
               "timeout: 30s"),
        "✗ r/r: 'h' calls task … done, and shows no clip yet; it is bought: run again "
        "to ask for it",
        code=5, ledger=("accepted",), bought=1, mend=heal),
    failed("The task fails", lambda r, t: native(t, status="2", state="failed", msg="no luck"),
           "no luck"),
    failed("A task fails and shows a clip", lambda r, t: native(
        t, status="2", state="failed", msg="no luck", video_url=r.own_video(t)), "no luck",
        clip="; but a clip was named for it, and tarmac show … tells where it is"),
    failed("A task fails for reasons that would hurt a terminal", lambda r, t: native(
        t, status="2", state="failed", msg=NOISE), " [31m ]0;title red new line xxx…x"),
    Day("A task fails, is bought again as the recipe says, and fails again", retries,
        ("tarmac: warning: r/r: task … of 'h' failed (no luck); buying it again, retry 1 of 1",
         "✗ r/r: 'h' failed at task … (no luck); --retry-failed buys it again"),
        code=4, ledger=("failed", "failed"), bought=2),
    Day("The budget is not enough for all", lacks,
        ("2 cells not bought; limits.budget: 75 would be needed for all of them",
         "The budget is reached; raise it, then run again: tarmac run r.yaml"),
        code=7, ledger=("delivered",), bought=1, mend=enough, total=3),
    Day("A cell takes longer than it may", never_done("cell_timeout: 1s"),
        "✗ r/r: took longer than limits.cell_timeout (1 s); its tasks go on at the gateway, "
        "and running the recipe again picks them up",
        code=5, ledger=("running",), bought=1, mend=heal),
    Day("The run takes longer than it may", never_done("run_timeout: 1s"),
        ("tarmac: limits.run_timeout is over: nothing more is bought, what is ready is "
         "still fetched",
         "limits.run_timeout is over; go on with: tarmac run r.yaml"),
        code=5, ledger=("running",), bought=1, mend=heal),
    Day("A task vanishes", vanishes,
        "✗ r/r: 'h' no longer knows task …, which was bought; --retry-failed buys it again",
        code=4, ledger=("forgotten",), bought=1),
]

CLIPS = [
    lost("The link of a clip has expired, and stays so",
         assets(lambda r: r.says("expired", 403, "text/plain")),
         "HTTP 403: its link has expired"),
    lost("There is no clip at its link", assets(lambda r: r.says(PAGE, 404, "text/html")),
         "HTTP 404"),
    lost("The server of clips is broken", assets(lambda r: r.html(500)), "HTTP 500"),
    lost("The clip is empty", assets(lambda r: r.says("", 200, "video/mp4")), "it is empty"),
    lost("The clip ends before its length",
         assets(lambda r: r.raw(VIDEO + b"Content-Length: %d\r\n\r\n" % (len(r.clip) + 9)
                                + r.clip)),
         "127.0.0.1:…: transfer closed with 9 bytes remaining to read"),
    lost("The links to the clip go in a circle",
         assets(lambda r: r.says("", 302, Location="/assets/round")),
         "127.0.0.1:…: Maximum (5) redirects followed"),
    lost("The link to the clip leads to a file of ours",
         assets(lambda r: r.says("", 302, Location="file:///etc/passwd")),
         "file:///etc/passwd: Protocol \"file\" not supported or disabled in libcurl"),
    lost("The link to the clip leads to one with a password",
         assets(lambda r: r.says("", 302, Location="http://user:secret@127.0.0.1:1/x")),
         "http://@127.0.0.1:1/x: a name or password in the address is not accepted"),
    lost("The link to the clip leads into this machine", of_this_machine,
         "127.0.0.1:… is at a private address, which is not allowed here", mend=None),
    lost("The clip stands still on its way",
         assets(lambda r: r.endless(VIDEO + b"\r\n", b"x", 0.2), timeout=1),
         "127.0.0.1:…: Operation too slow. Less than 1024 bytes/sec transferred the last 1 "
         "seconds"),
    bad("The clip is a web page", assets(lambda r: r.html(200)), "…"),
    bad("The clip is a picture",
        assets(lambda r: r.says(b"\x89PNG\r\n\x1a\n" + b"\0" * 100, 200, "image/png")), "…"),
    bad("Its length is said too short",
        assets(lambda r: r.raw(VIDEO + b"Content-Length: %d\r\n\r\n" % (len(r.clip) // 2)
                               + r.clip)), "…"),
    bad("The clip is cut, and nobody says its length",
        assets(lambda r: r.raw(VIDEO + b"\r\n" + r.clip[:len(r.clip) // 2])), "…"),
    too_large("The clip is said to have 10 GB",
              assets(lambda r: r.raw(VIDEO + b"Content-Length: 10000000000\r\n\r\n")), 2048),
    too_large("The clip has no end",
              assets(lambda r: r.endless(VIDEO + b"\r\n", MIB), clip_max="16MB"), 16,
              mend=read_little),
    Day("The clip is called a text, and plays",
        assets(lambda r: r.says(r.clip, 200, "text/plain")),
        "1 of 1 cell delivered; 1 bought for 320 credits",
        code=0, ledger=("delivered",), bought=1),
]

DAYS = WAY + REFUSALS + UNKNOWN + POLLS + CLIPS
