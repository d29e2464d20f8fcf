"""A run on a stage: what its service answers is held up until a test lets it go,
and so are the programs that it starts."""
import shutil
import signal
import subprocess
import threading

from conftest import until

SOON = 20       # seconds, of programs with sanitizers on a busy machine
RECIPE = """
tarmac: 1
name: r
gateway: h
request: {prompt: a pier, seconds: 5}
sweep: {seed: [%s]}
limits: {in_flight: %d, unknown_wait: 60s}
outputs: {embed: false}
"""
# Stands where tarmac-media is looked for, and holds it up before it starts.
HELD_MEDIA = """#!/bin/sh
while [ -e "{root}/hold.$1" ]; do
    : > "{root}/held.$1"
    sleep 0.02
done
exec "{bin}/tarmac-media" "$@"
"""


class Held:
    """Holds the answers to calls of a service until it is let go."""

    def __init__(self, answer):
        self.answer, self.waiting, self.open = answer, 0, threading.Event()

    def __call__(self, *args):
        self.waiting += 1
        self.open.wait(120)
        self.answer(*args)


class Running:
    """A run under way, and what it has said so far."""

    def __init__(self, project, *words, **options):
        self.project = project
        self.child = project.start(*(words or ("run", "r.yaml")), **options)
        self.lines = []
        self.readers = [threading.Thread(target=self.read, args=(stream,), daemon=True)
                        for stream in (self.child.stderr, self.child.stdout)]
        for reader in self.readers:
            reader.start()

    def read(self, stream):
        for line in stream:
            self.lines.append(line)

    def said(self):
        return "".join(self.lines)

    def until(self, condition, what):
        until(lambda: condition() or self.child.poll() is not None, what)
        assert self.child.poll() is None, f"it ended before: {what}\n{self.said()}"

    def press(self, number=signal.SIGINT):
        self.child.send_signal(number)

    def end(self, seconds=SOON):
        """Its exit code."""
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            raise AssertionError(f"it does not end\n{self.said()}") from None
        for reader in self.readers:
            reader.join(10)
        return self.child.returncode


class Stage:
    """A project, its service, and how many clips its recipe wants."""

    def __init__(self, project, rogue):
        self.project, self.rogue = project, rogue
        self.holds = []       # let go after the first Ctrl-C, or when all is over
        self.undo = []
        self.slow = SOON
        self.disk = False     # what is held is the disk, which cannot be left
        self.settled = True   # nothing is unknown after one of them
        self.gateway()
        self.cells(1)

    def gateway(self, **entry):
        self.project.configure(h={"url": self.rogue.url, **entry})

    def cells(self, n, in_flight=4):
        self.n = n
        seeds = ", ".join(str(i + 1) for i in range(n))
        self.project.write("r.yaml", RECIPE % (seeds, in_flight))

    def hold(self, name):
        """`name` of the service: submit, poll, asset."""
        held = Held(getattr(self.rogue, name))
        setattr(self.rogue, name, held)
        self.holds.append(held.open.set)
        return held

    def hold_program(self, word):
        """tarmac-media WORD does not start until it is let go."""
        root = self.project.root
        place = root / "programs"
        place.mkdir()
        shutil.copy2(self.project.bin / "tarmac", place)
        (place / "tarmac-media").write_text(HELD_MEDIA.format(root=root, bin=self.project.bin))
        (place / "tarmac-media").chmod(0o755)
        self.project.bin = place
        return self.hold_file(word)

    def hold_file(self, word):
        path = self.project.root / f"hold.{word}"
        path.write_text("")
        self.holds.append(lambda: path.unlink(missing_ok=True))
        return self.project.root / f"held.{word}"

    def half_a_clip(self):
        """It comes, and not all of it until it is let go."""
        answer, wait = self.rogue.send_clip, threading.Event()
        self.holds.append(wait.set)
        reached = []

        def asset(call, *_):
            clip = self.rogue.clip
            call.send_response(200)
            call.send_header("Content-Type", "video/mp4")
            call.send_header("Content-Length", str(len(clip)))
            call.end_headers()
            call.wfile.write(clip[:len(clip) // 2])
            reached.append(1)
            wait.wait(120)
            self.rogue.asset = answer
            call.wfile.write(clip[len(clip) // 2:])
        self.rogue.asset = asset
        return lambda: reached and self.state("fetching")

    def let_go(self):
        while self.holds:
            self.holds.pop()()

    def heal(self):
        self.let_go()
        while self.undo:
            self.undo.pop()()
        self.rogue.heal()

    def state(self, *states):
        return self.project.states() == sorted(states)

    def bought(self):
        return len(self.rogue.bought) + self.project.local_tasks()
