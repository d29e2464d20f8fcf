"""A run looked at in a browser while it goes on: what the page is told, what it may
ask for, and who may not look."""
import http.client
import json
import resource
import signal
import socket
import sqlite3
import threading
from contextlib import closing

import pytest

from conftest import until
from live_page import LivePage

SWEEP = """
tarmac: 1
name: orbit
gateway: h
request: {model: gen2, prompt: a lighthouse, seconds: 5}
sweep: {seed: [1, 2, 3, 4]}
limits: {in_flight: 1}
outputs: {name: "orbit/${seed}"}
"""


@pytest.fixture
def open_page(project, rogue):
    """Starts tarmac with a page, and ends it."""
    pages = []

    def start(*words):
        pages.append(LivePage(project.start(*words)))
        return pages[-1]

    project.configure(h={"url": rogue.url})
    project.write("orbit.yaml", SWEEP)
    yield start
    for page in pages:
        if page.child.poll() is None:
            page.child.kill()
        page.child.wait()
        page.child.stdout.close()
        print(*page.lines, sep="\n")  # shown where the test fails


def end(page, code=0):
    assert page.control("end") == {}
    assert page.child.wait(timeout=60) == code, page.lines


def held(rogue):
    """Tasks that go on until they are let go; the release."""
    rogue.phase = lambda task_id, n: "running"

    def release():
        rogue.phase = lambda task_id, n: "succeeded"
    return release


def test_the_page_is_told_how_every_cell_ends(open_page, project, rogue):
    release = held(rogue)
    page = open_page("run", "orbit.yaml", "--ui")
    until(lambda: page.states()[:1] == ["running"], "the first cell runs")
    data = page.data()
    assert [cell["nth"] for cell in data["cells"]] == [1, 2, 3, 4]
    head = data["head"]
    assert head["live"] is True and head["run"]["alive"] is True
    assert head["run"]["controls"] == ["pause", "cancel", "end"]
    events = page.listen(since=head["version"])
    release()
    until(lambda: [c["state"] for c in events.cells().values()].count("delivered") == 4,
          "every cell's end is told")
    ids = [version for _, _, version in events.all]
    assert ids == sorted(ids) and ids[0] > head["version"]

    clip = events.cells()[2]["clips"][0]
    status, headers, body = page.ask("GET", clip["file"])
    assert (status, body) == (200, rogue.clip)
    assert headers["Content-Type"] == "video/mp4"
    status, headers, body = page.ask("GET", clip["poster"])
    assert (status, body[:2]) == (200, b"\xff\xd8")
    # Who lost the connection is told what he missed, and no more.
    missed = page.listen(last=ids[-1])
    whole = page.listen(last=ids[0])
    until(lambda: len(whole.all) >= len({c["nth"] for c in events.of("cell")[1:]}), "what was missed")

    until(lambda: page.run()["controls"] == ["retry", "run", "end"], "the run is over")
    assert page.run()["exit"] == 0
    assert not missed.of("cell")
    # Others are not kept from the state meanwhile.
    project.run("run", "orbit.yaml")
    project.run("verify", "--fix")
    end(page)
    until(lambda: events.over and events.of("bye"), "goodbye is said")
    assert len(rogue.bought) == 4
    assert project.states() == ["delivered"] * 4


def test_nothing_is_bought_while_it_is_paused(open_page, rogue):
    release = held(rogue)
    page = open_page("run", "orbit.yaml", "--ui")
    until(lambda: len(rogue.bought) == 1, "the first purchase")
    assert page.control("pause") == {}
    assert page.run()["paused"] is True
    assert page.run()["controls"] == ["resume", "cancel", "end"]
    release()
    until(lambda: page.states()[:1] == ["delivered"], "what was bought is fetched")
    for _ in range(20):
        assert page.run()["paused"] is True
    assert len(rogue.bought) == 1
    assert "paused" in page.control("pause")["error"]
    assert page.control("resume") == {}
    until(lambda: page.states() == ["delivered"] * 4, "the rest is bought")
    assert len(rogue.bought) == 4
    end(page)


def test_a_recipe_is_looked_at_before_it_is_bought(open_page, rogue):
    page = open_page("ui", "orbit.yaml")
    assert page.run()["controls"] == ["cancel", "run", "end"]
    assert "press Run" in page.run()["told"]
    assert page.control("cancel", 3) == {}
    until(lambda: page.states()[2:3] == ["cancelled"], "cell 3 is cancelled")
    assert not rogue.posts
    assert page.control("run") == {}
    until(lambda: page.states() == ["delivered", "delivered", "cancelled", "delivered"],
          "the others are bought")
    assert len(rogue.posts) == 3
    assert "too late" in page.control("cancel", 1)["error"]
    # Another round brings what was left out.
    until(lambda: not page.run()["alive"], "the round has ended")
    assert page.control("run") == {}
    until(lambda: page.states() == ["delivered"] * 4, "all is there")
    assert len(rogue.posts) == 4
    end(page)


def test_it_is_left_without_buying(open_page, rogue):
    page = open_page("ui", "orbit.yaml")
    until(lambda: len(page.states()) == 4, "its cells are recorded")
    end(page)
    assert not rogue.posts


def test_what_failed_is_bought_again_on_the_same_page(open_page, rogue):
    rogue.phase = lambda task_id, n: "succeeded" if len(rogue.bought) > 2 else "failed"
    page = open_page("run", "orbit.yaml", "--ui")
    until(lambda: not page.run()["alive"], "the first round has ended")
    assert page.states() == ["failed", "failed", "delivered", "delivered"]
    assert page.run()["exit"] == 4
    first = page.run()["id"]
    events = page.listen(since=page.data()["head"]["version"])
    assert page.control("retry") == {}
    seen = [page.states() for _ in range(20)]
    until(lambda: seen.append(page.states()) or seen[-1] == ["delivered"] * 4, "they are bought again")
    assert {len(states) for states in seen} == {4}  # no cell is away while it begins
    until(lambda: not page.run()["alive"], "the second round has ended")
    assert page.run()["id"] != first
    until(lambda: all(events.cells().get(nth, {}).get("state") == "delivered" for nth in (1, 2)),
          "the listening page is told")
    # What was there is not taken away meanwhile, and the page need not load anew.
    assert {cell["state"] for cell in events.of("cell") if cell["nth"] > 2} <= {"delivered"}
    assert not events.of("reload")
    assert len(rogue.bought) == 6
    end(page)


def test_ctrl_c_stops_a_round_and_ends_between_rounds(open_page, rogue):
    release = held(rogue)
    page = open_page("run", "orbit.yaml", "--ui")
    until(lambda: len(rogue.bought) == 1, "the first purchase")
    page.child.send_signal(signal.SIGINT)
    until(lambda: any("stopping" in line for line in page.lines), "it stops")
    release()
    assert page.child.wait(timeout=60) == 130
    assert len(rogue.bought) == 1

    page = open_page("run", "orbit.yaml", "--ui")
    until(lambda: page.states() == ["delivered"] * 4, "the rest")
    until(lambda: not page.run()["alive"], "the round has ended")
    page.child.send_signal(signal.SIGINT)
    assert page.child.wait(timeout=60) == 0


def test_the_page_is_told_of_a_round_that_did_not_begin(open_page, project):
    page = open_page("run", "orbit.yaml", "--ui")
    until(lambda: not page.run()["alive"], "the first round has ended")
    [[version]] = project.rows("PRAGMA user_version")
    with closing(sqlite3.connect(project.root / ".tarmac/ledger.db")) as ledger:
        ledger.execute("PRAGMA user_version = 99")  # as of a tarmac to come
        assert page.control("retry") == {}
        until(lambda: "did not begin" in page.run().get("told", ""), "what became of it")
        assert page.states() == ["delivered"] * 4
        ledger.execute(f"PRAGMA user_version = {version}")
    first = page.run()["id"]
    assert page.control("retry") == {}
    until(lambda: page.run()["id"] != first and not page.run()["busy"], "the second round")
    assert "told" not in page.run()
    end(page)


def test_end_clicked_twice_still_fetches_what_is_ready(open_page, project, rogue):
    asked, go_on = threading.Event(), threading.Event()

    def send_late(call):
        asked.set()
        go_on.wait(60)
        rogue.send_clip(call)
    rogue.asset = send_late
    page = open_page("run", "orbit.yaml", "--ui")
    assert asked.wait(60)
    assert page.control("end") == {}
    assert page.control("end") == {}
    assert page.run()["told"].startswith("stopping")
    go_on.set()
    assert page.child.wait(timeout=60) == 130
    # The next cell may have taken its place at the service meanwhile.
    states = project.states()
    assert "delivered" in states and not {"ready", "fetching"} & set(states)


def test_another_process_is_followed_without_a_say(open_page, project, rogue):
    release = held(rogue)
    runner = project.start("run", "orbit.yaml")
    until(lambda: len(rogue.bought) == 1, "the first purchase")
    page = open_page("ui")
    assert page.run()["controls"] == [] and page.run()["alive"] is True
    assert "another process" in page.control("pause")["error"]
    events = page.listen(since=page.data()["head"]["version"])
    release()
    until(lambda: [c["state"] for c in events.cells().values()].count("delivered") == 4,
          "what the other does is told")
    until(lambda: not page.run()["alive"], "and that it ended")
    runner.communicate()
    first = page.run()["id"]
    # One that is killed leaves cells that nobody will finish.
    held(rogue)
    project.write("orbit.yaml", SWEEP.replace("[1, 2, 3, 4]", "[5, 6]"))
    runner = project.start("run", "orbit.yaml")
    until(lambda: page.run()["id"] != first, "the page goes over to the next run")
    until(lambda: events.of("reload"), "the listening page is told to")
    until(lambda: page.states() == ["running", "queued"], "its cells")
    runner.kill()
    runner.communicate()
    until(lambda: page.states() == ["unfinished"] * 2, "the killed run's cells")
    page.child.send_signal(signal.SIGTERM)
    assert page.child.wait(timeout=60) == 0


def test_json_tells_the_address(project):
    project.write("orbit.yaml", SWEEP.replace("gateway: h", "gateway: local"))
    child = project.start("ui", "orbit.yaml", "--json")
    event = json.loads(child.stdout.readline())
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    assert event["event"] == "ui" and event["url"].startswith("http://127.0.0.1:")


def test_without_a_page_nothing_is_bought(project):
    project.write("orbit.yaml", SWEEP.replace("gateway: h", "gateway: local"))
    text = ""
    for files in range(12, 40):  # enough for a run, and not for its page
        child = project.start("ui", "orbit.yaml", preexec_fn=lambda most=files: resource.setrlimit(
            resource.RLIMIT_NOFILE, (most, most)))
        text = child.communicate(timeout=60)[1]
        if "there is no page" in text:
            break
    assert "there is no page" in text and child.returncode == 9, (child.returncode, text)
    assert project.states() == []


# --- who may look

def raw(page, text):
    """The status of a request that no client would send."""
    with socket.create_connection(("127.0.0.1", page.port), timeout=30) as link:
        link.sendall(text.encode("latin-1"))
        answer = link.recv(65536)
    return int(answer.split()[1]) if answer else 0


def test_strangers_see_nothing_and_have_no_say(open_page, project, rogue):
    held(rogue)
    page = open_page("run", "orbit.yaml", "--ui")
    until(lambda: len(rogue.bought) == 1, "the first purchase")
    host, body = f"127.0.0.1:{page.port}", '{"action":"end"}'
    other = ("0" if page.token[-1] != "0" else "1")
    for path in ("/", "/data.json", f"/{page.token[:-1]}{other}/", f"/{page.token[:-1]}",
                 f"/{'0' * 32}/events", f"//{page.token}/", "/control"):
        assert page.ask("GET", path)[0] == 404, path
    for wrong in ("evil.example", f"evil.example:{page.port}", "127.0.0.1", f"127.0.0.1:{page.port}.x",
                  f"[::1]:{page.port}"):
        assert page.ask("GET", "data.json", Host=wrong)[0] == 403, wrong
    assert page.ask("GET", "data.json", Host=f"localhost:{page.port}")[0] == 200
    assert raw(page, f"GET {page.path}data.json HTTP/1.0\r\n\r\n") == 403
    for wrong in ("http://evil.example", "null", f"https://{host}", f"http://localhost:{page.port}",
                  f"http://{host}.evil.example"):
        assert page.ask("GET", "events", Origin=wrong)[0] == 403, wrong
        assert page.ask("POST", "control", body, Origin=wrong)[0] == 403, wrong
    assert page.ask("POST", "control", body)[0] == 403  # nobody says who asks
    assert page.ask("POST", f"/{'0' * 32}/control", body, Origin=page.origin)[0] == 404
    for method in ("GET", "PUT", "DELETE", "OPTIONS"):
        assert page.ask(method, "control")[0] == 405, method
    assert page.ask("POST", "data.json", body, Origin=page.origin)[0] == 405
    for wrong in ("", "{", "[]", '{"action":"buy"}', '{"action":"cancel"}', '{"action":"end","cell":1}',
                  '{"action":"cancel","cell":-1}', '{"action":"end","action":"end"}'):
        assert page.ask("POST", "control", wrong, Origin=page.origin)[0] == 400, wrong
    assert page.ask("POST", "control", "x" * 5000, Origin=page.origin)[0] == 413
    for path in ("clips/../../ledger.db", "clips/..%2f..%2fledger.db", "clips//etc/passwd", "clips/",
                 "page/../live.c", "page/main", "posters/" + "0" * 32 + ".mp4", "clips/%00", "nothing",
                 "clips/" + "0" * 32 + ".mp4", "clips/" + "0" * 32 + "/x"):
        assert page.ask("GET", path)[0] == 404, path
    assert page.run()["controls"] == ["pause", "cancel", "end"]  # nothing of it had an effect

    _, headers, html = page.ask("GET", "")
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    nonce = headers["Content-Security-Policy"].split("'nonce-")[1].split("'")[0]
    assert nonce.encode() in html
    assert nonce not in page.ask("GET", "")[1]["Content-Security-Policy"]
    assert page.ask("GET", page.path[:-1])[0] == 308
    # The address is the terminal's alone.
    for path in project.root.rglob("*"):
        if path.is_file():
            assert page.token.encode() not in path.read_bytes(), path


def test_many_and_slow_clients(open_page, rogue):
    held(rogue)
    page = open_page("run", "orbit.yaml", "--ui")
    until(lambda: len(rogue.bought) == 1, "the first purchase")
    links = [socket.create_connection(("127.0.0.1", page.port)) for _ in range(100)]
    for link in links:  # each asks for something, and none reads, or asks to the end
        link.sendall(f"GET {page.path}events HTTP/1.1\r\n".encode())
    assert page.run()["alive"] is True
    for link in links:
        link.close()
    events = [page.listen() for _ in range(16)]
    link = http.client.HTTPConnection("127.0.0.1", page.port, timeout=30)
    link.request("GET", page.path + "events")
    assert link.getresponse().status == 503  # a page too many
    link.close()
    for one in events:
        one.close()
    rogue.heal()
    until(lambda: page.states() == ["delivered"] * 4, "the run goes on")
    end(page)


def test_a_page_that_is_loaded_again_and_again_is_told_all(open_page):
    page = open_page("ui", "orbit.yaml")
    for _ in range(40):
        page.listen(since=page.data()["head"]["version"]).close()
    assert page.listen().answer.status == 200
    end(page)
