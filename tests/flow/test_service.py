"""The built-in gateway as a service: its options, its access log, its page.

TARMAC_BIN_DIR names the directory of the binaries.
"""

import http.client
import json
import re
import resource
import selectors
import socket
import subprocess
import urllib.request

import pytest

from conftest import BIN, Gateway, until

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z 127\.0\.0\.1 "
                  r"(\S+) (\S+) (\d{3}|-) (\d+)( cut)? (\d+)ms \"([^\"]*)\"")
KEY = "a-key-nobody-logs"


@pytest.fixture
def start(tmp_path):
    started = []

    def begin(*options, **more):
        gateway = Gateway(tmp_path / f"g{len(started)}", *options, **more)
        started.append(gateway)
        return gateway

    yield begin
    for gateway in started:
        gateway.stop()


def ask(gateway, path, method="GET", body=None, **headers):
    link = http.client.HTTPConnection(gateway.url.removeprefix("http://"), timeout=60)
    link.request(method, path, body, headers)
    answer = link.getresponse()
    read = answer.read()
    link.close()
    return answer, read


def buy(gateway, prompt="a cat", **headers):
    body = json.dumps({"prompt": prompt, "model": "gen2", "options": {"seconds": 5}})
    answer, read = ask(gateway, "/runway/pro/generate", "POST", body, **headers)
    assert answer.status == 200, read
    return json.loads(read)["data"]["task_id"]


def logged(path, n):
    """The first `n` lines, in parts, once they are there."""
    lines = until(lambda: len(found := path.read_text().splitlines()) >= n and found,
                  f"{n} lines", 20)
    for line in lines:
        assert LINE.fullmatch(line), line
    return [LINE.fullmatch(line).groups() for line in lines]


# --- the access log


def test_a_line_for_each_request_and_no_secrets(start, tmp_path):
    log = tmp_path / "access.log"
    log.write_text("")
    gateway = start("--access-log", log, key=KEY)
    bearer = {"Authorization": f"Bearer {KEY}"}
    buy(gateway, "a secret prompt", **bearer, **{"User-Agent": 'x "y"\\'})
    ask(gateway, f"/tasks.json?key={KEY}", **bearer)
    ask(gateway, "/runway/feed", "POST", "{}", Authorization="Bearer wrong-key")
    ask(gateway, "/healthz", "HEAD")
    ask(gateway, "/no%20such%0Apath/%E6%97%A5")
    rows = logged(log, 5)
    assert [(row[0], row[1], row[2]) for row in rows] == [
        ("POST", "/runway/pro/generate", "200"), ("GET", "/tasks.json", "200"),
        ("POST", "/runway/feed", "401"), ("HEAD", "/healthz", "200"),
        ("GET", "/no%20such%0Apath/%E6%97%A5", "404")]
    assert rows[0][6] == "x ?y??" and rows[0][4] is None
    assert int(rows[1][3]) > 100 and rows[3][3] == "0"
    for secret in (KEY, "wrong-key", "a secret prompt"):
        assert secret not in log.read_text()


def test_a_log_that_is_moved_away_begins_anew(start, tmp_path):
    log, old = tmp_path / "access.log", tmp_path / "access.log.1"
    gateway = start("--access-log", log)
    ask(gateway, "/healthz")
    logged(log, 1)
    log.rename(old)

    def asked():
        ask(gateway, "/healthz")
        return log.exists() and log.stat().st_size > 0
    until(asked, "a new log", 20)
    logged(log, 1)


def test_the_log_on_stdout(start):
    gateway = start("--access-log", "-")
    ask(gateway, "/healthz")
    assert LINE.fullmatch(gateway.child.stdout.readline().rstrip("\n"))


def test_a_log_that_cannot_be_written(tmp_path):
    done = subprocess.run(
        [BIN / "tarmac", "gateway", "--data", tmp_path / "d", "--listen", "127.0.0.1:0",
         "--access-log", tmp_path / "none" / "log"],
        capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 9
    assert "--access-log" in done.stderr and "No such file" in done.stderr
    assert len(done.stderr.splitlines()) == 1


# --- the page


def test_the_page_needs_no_key_and_its_tasks_do(start):
    gateway = start(key=KEY)
    answer, page = ask(gateway, "/")
    assert answer.status == 200 and b"<title>tarmac gateway</title>" in page
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none';")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert ask(gateway, "/tasks.json")[0].status == 401
    assert ask(gateway, "/tasks.json", Authorization=f"Bearer {KEY}")[0].status == 200
    assert KEY.encode() not in page


def test_the_pages_tasks_newest_first_and_in_pages(start):
    gateway = start("--latency", "1h")
    bought = [buy(gateway, f"cat {n}") for n in range(25)]
    answer, read = ask(gateway, "/tasks.json")
    first = json.loads(read)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert [t["id"] for t in first["tasks"]] == bought[:0:-1]
    assert (first["page"], first["pages"], first["total"], first["open"]) == (1, 2, 25, 25)
    second = json.loads(ask(gateway, "/tasks.json?page=2")[1])
    assert [t["id"] for t in second["tasks"]] == bought[:1]
    assert json.loads(ask(gateway, "/tasks.json?page=3")[1])["tasks"] == []
    for wrong in ("0", "-1", "x", "1x", "", "99999999999999999999"):
        assert ask(gateway, f"/tasks.json?page={wrong}")[0].status == 400, wrong


def test_what_the_page_shows_of_a_task(start):
    gateway = start()
    task = buy(gateway, "日" * 700)

    def made():
        row = json.loads(ask(gateway, "/tasks.json")[1])["tasks"][0]
        return row["status"] == "succeeded" and row
    row = until(made, "a clip", 60)
    assert row["id"] == task and row["model"] == "gen2" and row["progress"] == 100
    assert row["seconds"] == 5 and row["credits"] == 25 and row["picture"] is False
    assert row["prompt"] == "日" * 200 + "…"  # cut between characters
    assert row["output"] == f"assets/{task}.mp4"
    for path, kind in ((row["output"], "video/mp4"), (row["poster"], "image/png")):
        answer, _ = ask(gateway, f"/{path}")
        assert answer.status == 200 and answer.headers["Content-Type"] == kind


# --- who is served without a key


ELSEWHERE = [{"Host": "rebound.example"}, {"Origin": "https://rebound.example"},
             {"Origin": "null"}]


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_a_web_page_of_elsewhere_is_refused(start, headers):
    gateway = start()
    body = json.dumps({"prompt": "a cat", "model": "gen2", "options": {"seconds": 5}})
    for path in ("/runway/pro/generate", "/v1/text_to_video", "/runway/uploads", "/nothing"):
        answer, read = ask(gateway, path, "POST", body, **{"Content-Type": "text/plain"}, **headers)
        assert answer.status == 403, path
        assert b"--key-env" in read
    for path in ("/", "/tasks.json", "/openapi.json", "/healthz"):
        assert ask(gateway, path, **headers)[0].status == 403, path
    assert not gateway.tasks()


def test_this_machine_is_served(start):
    gateway = start()
    port = gateway.url.rsplit(":", 1)[1]
    buy(gateway, Host=f"localhost:{port}")
    buy(gateway, Origin=gateway.url)


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_with_a_key_anybody_may_ask(start, headers):
    gateway = start(key=KEY)
    buy(gateway, Authorization=f"Bearer {KEY}", **headers)


def test_a_large_body_without_the_key(start):
    gateway = start(key=KEY)
    body = b"x" * (4 << 20)
    for path in ("/runway/pro/generate", "/v1/text_to_video", "/runway/uploads"):
        assert ask(gateway, path, "POST", body)[0].status == 401, path
    assert ask(gateway, "/uploads/" + "0" * 32, "POST", body)[0].status == 404


# --- the description


def test_the_description_is_of_the_address_that_was_asked(start):
    gateway = start(key=KEY)
    said = json.loads(ask(gateway, "/openapi.json", Host="studio.example:8787")[1])
    assert said["openapi"] == "3.1.0"
    assert said["servers"] == [{"url": "http://studio.example:8787"}]
    assert "/runway/v1/pro/generate" in said["paths"]
    assert ask(gateway, "/openapi.json", "POST", "{}")[0].status == 405


# --- the command line, through tarmac


@pytest.mark.parametrize("words, says", [
    (["--profile", "comte"], "comet, apifox, v1 or lenient (did you mean 'comet'?)"),
    (["--shape", "flatt"], "native, wrapper or flat (did you mean 'flat'?)"),
    (["--tier", "6"], "--tier 6: a whole number from 1 to 5"),
    (["--credits", "x"], "--credits x: a whole number from 0"),
    (["--renders", "0"], "--renders 0: a whole number from 1"),
    (["--key", "a", "--key", "b"], "--key or --key-env, and only once"),
    (["--callback-hosts", "http://x/"], "--callback-hosts: host names,"),
    (["--input-hosts", "none,public"], "--input-hosts: host names,"),
    (["--listen", "0.0.0.0:0"], "only loopback addresses"),
    (["--profil", "v1", "--tiers", "1"], "did you mean '--tier'?"),
])
def test_a_mistake_is_one_line(tmp_path, words, says):
    done = subprocess.run(
        [BIN / "tarmac", "gateway", "--data", tmp_path / "d", *words],
        capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_key_on_the_command_line(start):
    gateway = start("--key", KEY)
    assert ask(gateway, "/tasks.json")[0].status == 401
    assert ask(gateway, "/tasks.json", Authorization=f"Bearer {KEY}")[0].status == 200


# --- clients that are no good


def test_a_connection_that_says_nothing_is_in_nobodys_way(start):
    gateway = start()
    place = gateway.url.removeprefix("http://").split(":")
    silent = [socket.create_connection((place[0], int(place[1]))) for _ in range(50)]
    for one in silent[:25]:
        one.sendall(b"GET /healthz HTTP/1.1\r\nHost: x")
    with urllib.request.urlopen(f"{gateway.url}/healthz", timeout=5) as answer:
        assert json.load(answer)["ok"] is True
    for one in silent:
        one.close()


def few_files():
    resource.setrlimit(resource.RLIMIT_NOFILE, (1000, 1000))


def test_a_crowd_at_a_clip_is_let_in_as_far_as_there_are_descriptors(start):
    """Each connection reads a file: none is told that there is no such clip."""
    gateway = start(preexec_fn=few_files)
    clip = "11111111-1111-4111-8111-111111111111.mp4"
    with open(gateway.data / "assets" / clip, "wb") as file:
        file.truncate(64 << 20)
    host, port = gateway.url.removeprefix("http://").split(":")
    statuses = []
    with selectors.DefaultSelector() as looked_at:
        for _ in range(600):
            one = socket.create_connection((host, int(port)))
            one.sendall(f"GET /assets/{clip} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            looked_at.register(one, selectors.EVENT_READ)
        inside = []
        while len(statuses) < 600:
            ready = looked_at.select(timeout=2 if inside else 60)
            assert ready or inside, f"{len(statuses)} answers"
            for key, _ in ready:
                looked_at.unregister(key.fileobj)
                statuses.append(key.fileobj.recv(12))
                inside.append(key.fileobj)
            while not ready and inside:  # all who may are in
                inside.pop().close()
    assert set(statuses) == {b"HTTP/1.1 200"}
