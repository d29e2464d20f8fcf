"""Every recipe of recipes/ checks, plans, runs, and begins with what it shows; and so
does the dialect that the README has."""
import json
import re
import shlex
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from conftest import SOURCE

FOLDER = SOURCE / "recipes"
# How many clips each buys, as its comment says, and how many it leaves.
CLIPS = {
    "actor": (2, 2), "best": (1, 1), "between": (3, 3), "chain": (4, 6), "dolly": (2, 2),
    "explore": (8, 8), "hello": (1, 1), "matrix": (5, 5), "orbit": (9, 9), "path": (5, 5),
    "ratios": (3, 3), "restyle": (4, 3), "scenes": (6, 6), "seeds": (6, 6), "series": (2, 2),
    "shots": (4, 4),
    "softer": (2, 2), "story": (3, 3), "storyboard": (4, 4), "styles": (3, 3), "takes": (4, 4),
    "words": (4, 4),
}
WORDS = "one two three four five six seven eight nine".split()
# Bought for real: each has something that no other one has.
BOUGHT = ["actor", "between", "chain", "restyle", "shots", "storyboard"]


@pytest.fixture
def cookbook(project):
    shutil.copytree(FOLDER, project.root / "recipes")
    return project


def test_each_recipe_is_counted_here():
    assert sorted(CLIPS) == sorted(p.stem for p in FOLDER.glob("*.yaml"))


def test_each_has_its_line_in_the_table():
    rows = re.findall(r"^\| \[`(\w+)`\]\(\1\.yaml\) \|", (FOLDER / "README.md").read_text(), re.M)
    assert sorted(rows) == sorted(CLIPS)


@pytest.mark.parametrize("name", sorted(CLIPS))
def test_it_says_what_it_shows_and_how_much_it_buys(name):
    text = (FOLDER / f"{name}.yaml").read_text()
    comment = " ".join(re.match("(?:#.*\n)+", text).group().replace("#", " ").split())
    assert comment.startswith(f"{name.capitalize()}: ")
    assert "Shows" in comment or name == "hello"
    assert f"tarmac run recipes/{name}.yaml" in comment or name in ("chain", "dolly", "orbit")
    bought, _ = CLIPS[name]
    assert re.search(rf"\b{WORDS[bought - 1]}\b", comment, re.I) or name == "dolly"


def test_they_check_without_a_word(cookbook):
    files = [f"recipes/{name}.yaml" for name in sorted(CLIPS)]
    child = cookbook.run("check", *files)
    assert child.stdout_text == "".join(f"{file}: ok\n" for file in files)
    assert child.stderr_text == ""


@pytest.mark.parametrize("name", sorted(CLIPS))
def test_what_its_comment_tells_to_type_can_be_typed(cookbook, name):
    cookbook.configure(comet={"url": "https://api.cometapi.com"})
    for picture in ("a", "b", "me"):
        shutil.copy(FOLDER / "pictures/dawn.png", cookbook.root / f"{picture}.png")
    shutil.copy(FOLDER / "lists/shots.csv", cookbook.root / "mine.csv")
    text = (FOLDER / f"{name}.yaml").read_text()
    lines = re.findall(r"^# {5}tarmac (.*)", text, re.M)
    assert lines or name in ("chain", "dolly")
    for line in lines:
        verb, *words = shlex.split(line)
        cookbook.run("plan" if verb == "run" else verb, *words)


@pytest.mark.parametrize("name", sorted(CLIPS))
def test_its_plan_is_what_its_comment_says(cookbook, name):
    events = cookbook.events("plan", f"recipes/{name}.yaml")
    left = [o for e in events if e["event"] == "cell" for o in e["outputs"]]
    assert (events[-1]["bought"], len(left)) == CLIPS[name]


@pytest.mark.parametrize("name", sorted(set(CLIPS) - {"hello"}))
def test_its_tests_pass(cookbook, name):
    before = sorted(cookbook.root.rglob("*"))
    cookbook.run("test", f"recipes/{name}.yaml")
    assert sorted(cookbook.root.rglob("*")) == before


@pytest.mark.parametrize("name", BOUGHT)
def test_it_delivers_what_its_plan_says(cookbook, gateway, name):
    cookbook.configure(h={"url": gateway.url})
    words = (f"recipes/{name}.yaml", "--gateway", "h")
    planned = sorted(o["path"] for e in cookbook.events("plan", *words) if e["event"] == "cell"
                     for o in e["outputs"])
    cookbook.run("run", *words)
    assert cookbook.outputs() == planned
    assert (len(gateway.tasks()), len(planned)) == CLIPS[name]
    again = cookbook.run("run", *words)
    assert "nothing was bought" in again.stderr_text
    assert len(gateway.tasks()) == CLIPS[name][0]


class Videos(BaseHTTPRequestHandler):
    """The service that the README's dialect speaks to."""

    def log_message(self, *args):
        pass

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        self.server.asked.append(json.loads(self.rfile.read(length)))
        self.answer(b'{"id": "one"}')

    def do_GET(self):
        url = f"http://127.0.0.1:{self.server.server_port}/one.mp4"
        self.answer(self.server.clip if self.path == "/one.mp4" else json.dumps(
            {"status": "done" if self.path == "/videos/one" else "lost",
             "video": url}).encode())


def test_the_dialect_of_the_manual_works(project, clip):
    page = (SOURCE / "docs/man/tarmac-dialect.md").read_text(encoding="utf-8")
    [text] = re.findall("```lua\n(.*?)```", page, re.S)
    project.write("mine.lua", text)
    with ThreadingHTTPServer(("127.0.0.1", 0), Videos) as server:
        server.clip, server.asked = clip, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        project.write("r.yaml", "tarmac: 1\ngateway: own\nrequest: {prompt: a pier}\n"
                      f"gateways: {{own: {{url: '{url}', dialect: mine.lua}}}}\n"
                      "outputs: {embed: false}\n")
        project.run("run", "r.yaml")
        server.shutdown()
    assert server.asked == [{"text": "a pier", "duration": 4}]
    assert [(project.root / p).read_bytes() for p in project.outputs()] == [clip]
