"""Every recipe of recipes/ checks, plans, runs, and begins with what it shows; and so
does the dialect that the README has."""
import json
import re
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from conftest import SOURCE

RECIPES = sorted(p.name for p in (SOURCE / "recipes").glob("*.yaml"))
CLIPS = {"hello.yaml": 1, "orbit.yaml": 9, "dolly.yaml": 2, "chain.yaml": 6}


def test_each_recipe_is_counted_here():
    assert sorted(CLIPS) == RECIPES


@pytest.mark.parametrize("name", RECIPES)
def test_it_opens_with_what_it_shows_and_checks(project, name):
    text = (SOURCE / "recipes" / name).read_text()
    assert text.startswith("# ")
    shutil.copytree(SOURCE / "recipes", project.root / "recipes")
    assert project.run("check", f"recipes/{name}").stdout_text == f"recipes/{name}: ok\n"


@pytest.mark.parametrize("name", RECIPES)
def test_it_delivers_what_its_plan_says(project, gateway, name):
    shutil.copytree(SOURCE / "recipes", project.root / "recipes")
    project.configure(h={"url": gateway.url})
    plan = project.events("plan", f"recipes/{name}", "--gateway", "h")
    planned = sorted(o["path"] for e in plan if e["event"] == "cell" for o in e["outputs"])
    project.run("run", f"recipes/{name}", "--gateway", "h")
    assert project.outputs() == planned and len(planned) == CLIPS[name]
    assert len(gateway.tasks()) == plan[-1]["bought"]
    project.run("run", f"recipes/{name}", "--gateway", "h")
    assert len(gateway.tasks()) == plan[-1]["bought"]


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


def test_the_dialect_of_the_readme_works(project, clip):
    readme = (SOURCE / "README.md").read_text()
    [text] = [t for t in re.findall("```lua\n(.*?)```", readme, re.S) if "M.accepted" in t]
    project.write("mine.lua", text)
    with ThreadingHTTPServer(("127.0.0.1", 0), Videos) as server:
        server.clip, server.asked = clip, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        project.write("r.yaml", "tarmac: 1\ngateway: own\nrequest: {prompt: a pier}\n"
                      f"gateways: {{own: {{url: '{url}', dialect: mine.lua}}}}\n")
        project.run("run", "r.yaml")
        server.shutdown()
    assert server.asked == [{"text": "a pier", "duration": 4}]
    assert [(project.root / p).read_bytes() for p in project.outputs()] == [clip]
