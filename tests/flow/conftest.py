"""What every flow needs: the program in a folder of its own, a gateway that
renders small, and a server that misbehaves as it is told."""
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import time

import pytest

from events import strange
from rogue import Rogue

BIN = pathlib.Path(os.environ["TARMAC_BIN_DIR"])
SOURCE = pathlib.Path(os.environ["TARMAC_SOURCE_DIR"])
DEADLINE = float(os.environ.get("TARMAC_DEADLINE", "120"))  # seconds


def until(condition, what, seconds=DEADLINE):
    """Poll `condition` until it is true; its value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


class Project:
    """A folder with recipes, a home of its own, and the ledger to look into."""

    def __init__(self, root, bin_dir=BIN):
        self.root = root / "a project"  # a space, as people have them
        self.home = root / "home"
        self.bin = bin_dir
        self.options = {}  # of every start, as subprocess.Popen() has them
        self.root.mkdir()
        (self.home / "tarmac").mkdir(parents=True)
        self.env = {k: v for k, v in os.environ.items()
                    if k in ("PATH", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS",
                             "LSAN_OPTIONS")}
        self.env.update(HOME=str(root), XDG_CONFIG_HOME=str(self.home), LC_ALL="C.UTF-8")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def configure(self, **gateways):
        """gateways: name -> {url, …, key=the environment's variable}."""
        config = {"gateways": {}, "keys": {}}
        for name, entry in gateways.items():
            entry = {"dialect": "reverse", **entry}
            key = entry.pop("key", None)
            if key:
                config["keys"][entry["url"]] = {"env": key}
            config["gateways"][name] = entry
        (self.home / "tarmac/config.yaml").write_text(json.dumps(config))

    def start(self, *words, **options):
        options = {"cwd": self.root, **self.options, **options}
        return subprocess.Popen([self.bin / "tarmac", *words], env=self.env,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, **options)

    def run(self, *words, code=0, timeout=DEADLINE, **options):
        """Run to its end and expect an exit code."""
        child = self.start(*words, **options)
        try:
            child.stdout_text, child.stderr_text = child.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            child.kill()
            out, err = child.communicate()
            raise AssertionError(f"{words} did not end\n{out}\n{err}") from None
        assert child.returncode == code, \
            f"{words}: exit {child.returncode}, not {code}\n{child.stdout_text}\n{child.stderr_text}"
        return child

    def events(self, *words, code=0):
        child = self.run(*words, "--json", code=code)
        events = [json.loads(line) for line in child.stdout_text.splitlines()]
        for event in events:
            assert not strange(event), f"the manual does not tell of {strange(event)}: {event}"
        return events

    def outputs(self, pattern="out/**/*.mp4"):
        return sorted(p.relative_to(self.root).as_posix() for p in self.root.glob(pattern))

    def rows(self, sql, database=".tarmac/ledger.db"):
        path = self.root / database
        if not path.exists():
            return []
        link = None
        try:
            link = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
            return link.execute(sql).fetchall()
        except sqlite3.DatabaseError:  # damaged, or its tables are just being made
            return []
        finally:
            if link:
                link.close()

    def states(self):
        return sorted(row[0] for row in self.rows("SELECT state FROM attempts"))

    def local_tasks(self):
        """How many purchases the built-in gateway of this folder has made."""
        return len(self.rows("SELECT 1 FROM tasks", ".tarmac/gateway/tasks.db"))


class Gateway:
    """The built-in service started by hand, small pictures, with a key or not."""

    def __init__(self, root, *options, key=None, **more):
        self.data = root
        root.parent.mkdir(exist_ok=True)
        env = dict(os.environ, GATEWAY_KEY=key or "")
        words = ["--key-env", "GATEWAY_KEY"] if key else []
        self.child = subprocess.Popen(
            [BIN / "tarmac", "gateway", "--listen", "127.0.0.1:0", "--draft",
             "--data", root, *words, *options],
            env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=open(root.with_suffix(".log"), "a", encoding="utf-8"), text=True, **more)
        line = self.child.stdout.readline()
        assert "http://" in line, line
        self.url = line.split()[2]

    def tasks(self):
        link = sqlite3.connect(f"file:{self.data}/tasks.db?mode=ro", uri=True, timeout=10)
        try:
            return link.execute("SELECT * FROM tasks").fetchall()
        finally:
            link.close()

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        assert self.child.wait(timeout=30) == 0
        self.child.stdout.close()


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture
def drafts(tmp_path, project):
    """A project whose own gateway renders small pictures."""
    project.bin = tmp_path / "bin"
    project.bin.mkdir()
    shutil.copy(BIN / "tarmac", project.bin)
    media = project.bin / "tarmac-media"
    media.write_text('#!/bin/sh\n[ "$1" = gateway ] && set -- "$@" --draft\n'
                     f'exec "{BIN}/tarmac-media" "$@"\n')
    media.chmod(0o755)
    return project


@pytest.fixture
def gateway(tmp_path):
    service = Gateway(tmp_path / "service")
    yield service
    service.stop()


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """A real MP4 of five seconds, as bytes."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i",
                    "testsrc=size=320x180:rate=24:duration=5", "-c:v", "libx264",
                    "-pix_fmt", "yuv420p", "-movflags", "+faststart", path], check=True)
    return path.read_bytes()


@pytest.fixture
def rogue(clip):
    server = Rogue(clip)
    yield server
    server.close()


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """One browser for all tests of a file: it takes longer to start than a test."""
    from browser import Browser  # only these tests need selenium
    browser = Browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


@pytest.fixture
def browser(chromium, request):
    chromium.begin(request.node.name)
    yield chromium
    chromium.end()
