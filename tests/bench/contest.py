"""The contestants of bench.py and the services that they are measured at: programs
that are started, watched through /proc, and waited for."""
import ctypes
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request

TICK = os.sysconf("SC_CLK_TCK")
EVERY = 0.01     # seconds between two looks at the peak of memory
# For so many seconds ext4 gives nobody the inode of a file that was removed (for
# five minutes more, while that is not written), and who makes files searches past
# all of them: that was a third of a run's CPU.
REMEMBERED = 60
LIMIT = 900      # seconds that anything may take
PR_SET_CHILD_SUBREAPER = 36


def many_files():
    """As many as the system allows, for all that is started from here."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def adopt():
    """Children that a contestant leaves behind come to us: their CPU counts."""
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError("prctl")


def children_of_ours():
    pids = set()
    for path in pathlib.Path("/proc/self/task").glob("*/children"):
        try:
            pids |= {int(pid) for pid in path.read_text().split()}
        except (FileNotFoundError, ProcessLookupError):
            pass    # a thread that has just ended: its children went to another
    return pids


def wait_for_orphans(known):
    """Seconds of CPU of what was left behind."""
    seconds = 0
    for pid in children_of_ours() - known:
        usage = os.wait4(pid, 0)[2]
        seconds += usage.ru_utime + usage.ru_stime
    return seconds


def peak_kb(pid):
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0     # a zombie has no memory


def watch(pid, peak, over):
    while not over.wait(EVERY):
        peak[0] = max(peak[0], peak_kb(pid))


def ticks_of(pid):
    """Seconds of CPU: its own, and of the children that it waited for."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    user, system, children_user, children_system = (int(n) / TICK for n in stat[11:15])
    return user + system, children_user + children_system


def measure(words, log, **options):
    """Run to the end. {own, children: s of CPU; wall: s; rss_kb; code}"""
    known = children_of_ours()
    with open(log, "wb") as out:
        start = time.monotonic()
        child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                 **options)
        peak, over = [0], threading.Event()
        looker = threading.Thread(target=watch, args=(child.pid, peak, over))
        timer = threading.Timer(LIMIT, child.kill)
        looker.start()
        timer.start()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        wall = time.monotonic() - start
        timer.cancel()
        over.set()
        looker.join()
        own, children = ticks_of(child.pid)
        code = child.wait()
    children += wait_for_orphans(known)
    return {"own": own, "children": children, "wall": wall, "rss_kb": peak[0], "code": code}


class Service:
    """Something that listens, says its URL in its first line, and is ended."""

    def __init__(self, words, log, **options):
        self.log = open(log, "wb")
        self.child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=self.log, text=True, **options)
        self.url = ""
        while not self.url:
            line = self.child.stdout.readline()
            if not line:
                raise RuntimeError(f"{words[0]} does not start: see {log}")
            self.url = next((w for w in line.split() if w.startswith("http:")), "").rstrip("/.,;")

    def stats(self):
        """What it counted."""
        with urllib.request.urlopen(self.url + "/stats", timeout=30) as answer:
            return json.load(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.send_signal(signal.SIGTERM)
        self.child.wait(60)
        self.child.stdout.close()
        self.log.close()


class Gateway(Service):
    """The built-in one, which counts nothing, but logs."""

    def __init__(self, words, log, access):
        self.access = access
        super().__init__([*words, "--access-log", access], log)

    def stats(self):
        lines = self.access.read_text(encoding="utf-8").splitlines()
        polls = sum("/feed " in line or " GET /v1/tasks/" in line for line in lines)
        return {"requests": len(lines), "polls": polls}


RECIPE = """tarmac: 1
name: r
gateway: b
request: {{prompt: a pier, seconds: 5}}
sweep: {{seed: {seeds}}}
limits: {{in_flight: {in_flight}}}
outputs: {{embed: false}}
"""


def note(words):
    print(words, file=sys.stderr, flush=True)


class Bench:
    """Where the programs are, and a new folder for each round of each contestant.
    None is removed before all is over, or the next round would pay for it: see
    REMEMBERED. As a context, it removes them at its end, whatever that is."""

    def __init__(self, bin_dir, tools, npm, scratch):
        self.bin, self.tools, self.npm = bin_dir, tools, npm
        self.scratch, self.folders = scratch, 0
        self.here = pathlib.Path(__file__).parent
        self.clip = scratch / "clip.mp4"
        scratch.mkdir(parents=True, exist_ok=True)
        self.draw(self.clip, "testsrc2=size=320x180:rate=24")
        self.removed = scratch / "removed"    # its time: when a bench was last over
        if (scratch / "runs").exists():       # one that was killed
            self.remove()
        self.small = scratch / "small.mp4"
        self.draw(self.small, "color=size=64x64:rate=24")

    @staticmethod
    def draw(path, source):
        """Five seconds, as all recipes here ask for; a few kB."""
        if not path.exists():
            subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-f", "lavfi", "-i", source,
                            "-t", "5", "-c:v", "libx264", "-crf", "51", "-pix_fmt", "yuv420p",
                            path], check=True)

    def folder(self, name):
        self.folders += 1
        path = self.scratch / "runs" / f"{self.folders}-{name}"
        path.mkdir(parents=True)
        return path

    def wait_for_ext4(self):
        """Until it has forgotten what the bench before this one removed."""
        try:
            left = REMEMBERED + self.removed.stat().st_mtime - time.time()
        except FileNotFoundError:
            return
        if 0 < left <= REMEMBERED:
            note(f"  waiting {left:.0f} s: ext4 makes files slowly after others were removed")
            time.sleep(left)

    def empty(self):
        """Give the room on the disk back, but keep the files: their inodes are
        not free, so nobody searches past them."""
        for path in (self.scratch / "runs").rglob("*"):
            if path.is_file() and not path.is_symlink():
                path.chmod(0o600)
                os.truncate(path, 0)
        os.sync()

    def remove(self):
        shutil.rmtree(self.scratch / "runs", ignore_errors=True)
        # What is still to be written would be written while something is measured.
        os.sync()
        self.removed.touch()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def responder(self, duration, sigma=0, callbacks=False, clip=None):
        words = [self.tools / "bench_responder", "--clip", clip or self.clip,
                 "--duration", str(duration), "--sigma", str(sigma), "--seed", "7"]
        return Service(words + ["--callbacks"] * callbacks, self.scratch / "responder.log")

    def gateway(self, duration):
        data = self.folder("gateway")
        words = [self.bin / "tarmac", "gateway", "--same-clip", "--listen", "127.0.0.1:0",
                 "--latency", f"{duration}ms", "--data", data]
        return Gateway(words, self.scratch / "gateway.log", data / "access.log")

    def has_same_clip(self):
        said = subprocess.run([self.bin / "tarmac", "gateway", "--help"], capture_output=True,
                              text=True, check=True)
        return "--same-clip" in said.stdout

    def project(self, url, tasks, in_flight, poll, dialect="reverse", callbacks=False):
        """A folder with a recipe and a home of its own, and what to start in it."""
        root = self.folder("tarmac")
        (root / "home/tarmac").mkdir(parents=True)
        entry = {"url": url, "dialect": dialect, "in_flight": in_flight, "prices": {"*": 5},
                 "poll_min": f"{poll}ms"}
        if callbacks:
            entry["callback_listen"] = "127.0.0.1:0"
        (root / "home/tarmac/config.yaml").write_text(json.dumps({"gateways": {"b": entry}}))
        seeds = f"{{from: 1, to: {tasks}, steps: {tasks}}}" if tasks > 1 else "[1]"
        (root / "r.yaml").write_text(RECIPE.format(seeds=seeds, in_flight=in_flight))
        env = {"PATH": os.environ["PATH"], "HOME": str(root), "LC_ALL": "C.UTF-8",
               "XDG_CONFIG_HOME": str(root / "home")}
        return [self.bin / "tarmac", "run", "r.yaml"], {"cwd": root, "env": env}

    # Each contestant: (words, options) of one run at a service.

    def tarmac(self, url, scene):
        return self.project(url, scene.tasks, scene.in_flight, scene.poll)

    def official(self, url, scene):
        return self.project(url, scene.tasks, scene.in_flight, scene.poll, "official")

    def callbacks(self, url, scene):
        return self.project(url, scene.tasks, scene.in_flight, scene.poll, callbacks=True)

    def bare(self, url, scene, dialect=()):
        return [self.tools / "bench_bare", url, "--tasks", str(scene.tasks),
                "--in-flight", str(scene.in_flight), "--poll", str(scene.poll),
                "--out", self.folder("bare"), *dialect], {}

    def bare_official(self, url, scene):
        return self.bare(url, scene, ["--official"])

    def sdk(self, url, scene):
        # Beside the packages, where Node looks for them.
        script = shutil.copy(self.here / "sdk.mjs", self.npm)
        return ["node", script, url, str(scene.tasks), str(scene.in_flight),
                str(scene.poll), self.folder("sdk")], {}

    def shell(self, url, scene):
        return ["sh", self.here / "shell.sh", url, str(scene.tasks), str(scene.in_flight),
                str(scene.poll / 1000), self.folder("shell")], {}
