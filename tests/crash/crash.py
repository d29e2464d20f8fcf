#!/usr/bin/env python3
"""Kill it, again and again: nothing is bought twice, nothing paid is lost.

A round is a sweep bought from the built-in gateway while something is killed
with SIGKILL at random moments, and at the named ones of src/base/crash.h where
they are compiled in; then it runs to its end and everything is counted: the
gateway's table of tasks is what was bought, the ledger what we know of it, the
files what we have. Nothing may stay unknown: a callback or the gateway's list
settles it. A seed repeats what is killed and how long is waited before, not
what the machine makes of it.

    crash.py --bin build/dev/bin --seed 7 --rounds 1 --cells 40
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from audit import Wrong, audit, purchases, states

# What is killed: a run (its gateway then ends by itself), a run whose gateway
# lives on, the gateway under a run, both at one moment, one of two runs.
MODES = ("run", "service", "gateway", "both", "pair")
MARK = "TARMAC_CRASH_ROUND"
DEADLINE = 240  # of one run that nobody kills; a proof takes a minute of it
LEAVE = 30  # for what a run started to end after it
WAIT_SHORTEST, WAIT_LONGEST = 0.01, 2.0  # seconds before a kill
AIMED = 0.6  # of all kills; these come at most so many seconds after a write
AIMED_AFTER = 0.004
GATEWAY_KILLS = 3  # under one run, which gives up at the third in a minute
SETTLING_RUNS = 4
NAMED = 0.3  # of all kills, at one of these, at its first to fourth passing
POINTS = ("before-intent", "after-intent", "before-submitting", "after-submitting",
          "mid-post", "after-answer", "before-accepted", "after-accepted",
          "before-running", "before-ready", "after-ready", "before-fetching",
          "after-fetching", "mid-download", "before-store", "after-store",
          "before-delivered", "after-delivered", "before-output", "after-output",
          "mid-commit", "after-task")
PASSINGS = 4

EXIT_OK, EXIT_UNKNOWN = 0, 6
# What a run may say that lost its gateway or left a purchase to another run.
EXITS = {EXIT_OK, 5, EXIT_UNKNOWN, 8}

RECIPE = """
tarmac: 1
name: sweep
gateway: {gateway}
request: {{model: gen2, seconds: 5, prompt: "cell ${{n}}"}}
sweep: {{n: {values}}}
limits: {{in_flight: 6, unknown_wait: 1s}}
outputs: {{name: "sweep/${{n}}"}}
"""

CONFIG = """
gateways:
  service: {{url: "{url}", dialect: reverse}}
"""

# Programs of our own, because the gateway that a run starts takes no wish.
WRAPPER = """#!/bin/sh
if [ "$1" = gateway ]; then set -- "$@" --draft {wishes}; fi
exec "{media}" "$@"
"""

Outcome = collections.namedtuple("Outcome", "seed mode kills seconds problem folder")


def stamp(path):
    try:
        now = path.stat()
    except FileNotFoundError:
        return None
    return now.st_mtime_ns, now.st_size


class Round:
    """One seed: its folder, its processes, what was done to them."""

    def __init__(self, bin_dir, seed, cells, kills_max, mode, options=(), wishes=""):
        self.seed, self.cells, self.kills_max = seed, cells, kills_max
        self.options = options  # of every run
        self.wishes = wishes  # of the gateway
        self.rng = random.Random(seed)
        self.mode = mode or MODES[seed % len(MODES)]
        self.top = pathlib.Path(tempfile.mkdtemp(prefix=f"tarmac-crash-{seed}-"))
        self.root = self.top / "a project"
        self.state = self.root / ".tarmac"
        self.data = self.state / "gateway"
        self.kills, self.story, self.service = 0, [], None
        self.points = b"TARMAC_CRASH_AT" in (bin_dir / "tarmac").read_bytes()
        self.prepare(bin_dir)

    def prepare(self, bin_dir):
        own = self.top / "bin"
        own.mkdir()
        self.root.mkdir()
        # Not written by this process: a child that another round forks meanwhile
        # would hold them open for writing, and they could not be started.
        subprocess.run(["cp", bin_dir / "tarmac", own], check=True)
        subprocess.run(["install", "-m", "755", "/dev/stdin", own / "tarmac-media"],
                       input=WRAPPER.format(media=bin_dir / "tarmac-media",
                                            wishes=self.wishes),
                       text=True, check=True)
        self.program = own / "tarmac"
        self.env = {k: v for k, v in os.environ.items()
                    if k in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TMPDIR")}
        self.env.update({"HOME": str(self.top), "LC_ALL": "C.UTF-8",
                         "XDG_CONFIG_HOME": str(self.top / "home"),
                         MARK: str(self.top)})
        gateway = "local"
        if self.mode == "service":
            gateway = "service"
            self.start_service()
        (self.root / "sweep.yaml").write_text(RECIPE.format(
            gateway=gateway, values=list(range(self.cells))))

    def start_service(self):
        self.data = self.top / "service"
        self.service = subprocess.Popen(
            [self.program, "gateway", "--listen", "127.0.0.1:0", "--data", self.data],
            env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=open(self.top / "service.log", "wb"), text=True)
        line = self.service.stdout.readline()
        if "http://" not in line:
            raise Wrong(f"the gateway did not start: {line!r}")
        home = self.top / "home/tarmac"
        home.mkdir(parents=True)
        (home / "config.yaml").write_text(CONFIG.format(url=line.split()[2]))

    # --- processes

    def start(self, point=None):
        name = f"run-{len(list(self.top.glob('run-*.log')))}.log"
        child = subprocess.Popen(
            [self.program, "run", "sweep.yaml", "--plain", *self.options], cwd=self.root,
            env={**self.env, **({"TARMAC_CRASH_AT": point} if point else {})},
            stdin=subprocess.DEVNULL, stdout=open(self.top / name, "wb"),
            stderr=subprocess.STDOUT)
        child.log = self.top / name
        return child

    def ours(self):
        """(pid, command line) of what runs for this round."""
        mark = f"{MARK}={self.top}".encode()
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                env = pathlib.Path("/proc", name, "environ").read_bytes()
                line = pathlib.Path("/proc", name, "cmdline").read_bytes()
            except OSError:
                continue
            if mark in env.split(b"\0"):
                yield int(name), line.replace(b"\0", b" ").decode(errors="replace")

    def kill_gateway(self):
        for pid, line in self.ours():
            if " gateway " in line:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
                return True
        return False

    def wait_for(self, child, seconds=DEADLINE):
        try:
            return child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Wrong(f"hang: a run did not end within {seconds:g} s; "
                        f"{states(self.state)}; {self.said(child)}") from None

    def ended(self, child):
        """A run's exit code, one that it may have."""
        code = self.wait_for(child)
        self.story.append(f"exit {code}")
        if code not in EXITS:
            raise Wrong(f"exit {code}: {self.said(child)}")
        return code

    @staticmethod
    def said(child):
        text = child.log.read_text(encoding="utf-8", errors="replace")
        return " | ".join(text.splitlines()[-3:])

    # --- kills

    def pause(self, child):
        """Wait as long as the seed says; false when the run ended meanwhile."""
        if self.rng.random() < AIMED:
            return self.pause_for_write(child)
        wait = WAIT_SHORTEST * (WAIT_LONGEST / WAIT_SHORTEST) ** self.rng.random()
        try:
            child.wait(wait)
            return False
        except subprocess.TimeoutExpired:
            return True

    def pause_for_write(self, child):
        """To the moment at which the gateway writes a task down: it is bought,
        and the run may not have heard of it."""
        log = self.data / "tasks.db-wal"
        before, more = stamp(log), self.rng.random() * AIMED_AFTER
        end = time.monotonic() + WAIT_LONGEST
        while stamp(log) in (before, None) and time.monotonic() < end:
            if child.poll() is not None:
                return False
            time.sleep(0.0002)
        time.sleep(more)
        return child.poll() is None

    def kill(self, child, what):
        self.kills += 1
        self.story.append(f"{what} with {states(self.state)}")
        child.kill()
        child.wait()

    def kill_gateway_under(self, child):
        """At a moment at which there is one; not at all when the run has ended."""
        while self.pause(child):
            if self.kill_gateway():
                self.kills += 1
                self.story.append(f"gateway with {states(self.state)}")
                return

    def crash(self, point):
        """A run that ends itself there; true when it came to its end."""
        child = self.start(point)
        code = self.wait_for(child)
        if code != -signal.SIGKILL:
            self.story.append(f"{point} was passed by, or by the gateway")
            return self.ended(child) == EXIT_OK
        self.kills += 1
        self.story.append(f"{point} with {states(self.state)}")
        if self.mode == "both":
            self.kill_gateway()
        return False

    def once(self):
        """One run with what this mode does to it; true when it came to its end."""
        if self.points and self.rng.random() < NAMED:
            return self.crash(f"{self.rng.choice(POINTS)}:{self.rng.randint(1, PASSINGS)}")
        child = self.start()
        if self.mode == "gateway":
            for _ in range(self.rng.randint(1, GATEWAY_KILLS)):
                self.kill_gateway_under(child)
            return self.ended(child) == EXIT_OK
        other = self.start() if self.mode == "pair" else None
        victim = self.rng.choice((child, other)) if other else child
        killed = self.pause(victim)
        if killed and self.mode == "both" and self.rng.random() < 0.5:
            self.kill(child, "run, gateway")
            self.kill_gateway()
        elif killed and self.mode == "both":
            self.kill_gateway()
            self.kill(child, "gateway, run")
        elif killed:
            self.kill(victim, "run")
        if other:
            self.outlive(other if victim is child else child)
        return not killed and self.ended(victim) == EXIT_OK

    def outlive(self, rest):
        """The one that lives adopts what the dead one began; or dies, too."""
        if self.rng.random() < 0.8 and self.pause(rest):
            self.kill(rest, "the other run")
        else:
            self.ended(rest)

    def storm(self):
        """Until a run comes to its end, or it is enough."""
        while self.kills < self.kills_max and not self.once():
            pass

    def settle(self):
        """Run until everything is delivered."""
        for _ in range(SETTLING_RUNS):
            child = self.start()
            if self.ended(child) == EXIT_OK:
                return
        raise Wrong(f"exit {child.returncode} after {SETTLING_RUNS} runs in peace: "
                    f"{states(self.state)}; {self.said(child)}")

    # --- the end

    def nothing_runs(self):
        end = time.monotonic() + LEAVE
        if self.service:
            self.service.send_signal(signal.SIGTERM)
            self.service.wait(LEAVE)
            self.service.stdout.close()
        left = list(self.ours())
        while left and time.monotonic() < end:
            time.sleep(0.05)
            left = list(self.ours())
        if left:
            raise Wrong(f"hang: still there after {LEAVE} s: {left}")

    def again(self):
        """One more run buys nothing."""
        before = len(purchases(self.data))
        code = self.ended(self.start())
        if code != EXIT_OK:
            raise Wrong(f"exit {code} with everything delivered")
        if len(purchases(self.data)) != before:
            raise Wrong("bought twice: one more run bought again")

    def rest(self):
        """What every round ends with: no kills, and the accounts."""
        self.settle()
        self.again()
        self.nothing_runs()
        audit(self.root, self.data, {f"cell {n}" for n in range(self.cells)})

    def play(self):
        self.storm()
        self.rest()

    def clear(self):
        """End what a failed round left; a whole one leaves nothing."""
        for pid, _ in self.ours():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def play(seed, args):
    began = time.monotonic()
    one = Round(args.bin, seed, args.cells, args.kills, args.mode)
    problem = None
    try:
        one.play()
    except Exception as error:  # of one round; the others are still to be told
        problem = str(error) if isinstance(error, Wrong) else repr(error)
        (one.top / "story.txt").write_text("\n".join(one.story) + "\n")
    finally:
        one.clear()
    if not problem:
        shutil.rmtree(one.top)
    return Outcome(seed, one.mode, one.kills, time.monotonic() - began, problem,
                   one.top)


def tell(outcome, args, lock):
    o = outcome
    words = f"seed {o.seed}: {o.mode}, {o.kills} kills, {o.seconds:.1f} s"
    with lock:
        print(words + (f": FAILED: {o.problem}" if o.problem else ""))
        if o.problem:
            print(f"  kept in {o.folder}; to repeat: {sys.argv[0]} --bin {args.bin}"
                  f" --seed {o.seed} --rounds 1 --cells {args.cells} --kills {args.kills}"
                  f" --mode {o.mode}")
        sys.stdout.flush()


def table(outcomes):
    def failed(word):
        return sum(bool(o.problem) and o.problem.startswith(word) for o in outcomes)

    kinds = ("bought twice", "paid and lost", "hang")
    rows = [("seeds", len(outcomes)), ("kills", sum(o.kills for o in outcomes))]
    rows += [(kind, failed(kind)) for kind in kinds]
    rows += [("other failures",
              sum(bool(o.problem) and not o.problem.startswith(kinds)
                  for o in outcomes))]
    print("\n".join(f"{name:18}{n:6}" for name, n in rows))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True,
                        help="where tarmac and tarmac-media are")
    parser.add_argument("--seed", type=int, default=1, help="the first (1)")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--cells", type=int, default=40)
    parser.add_argument("--kills", type=int, default=30, help="at most, a round (30)")
    parser.add_argument("--jobs", type=int, default=1, help="rounds side by side")
    parser.add_argument("--seconds", type=float, default=float("inf"),
                        help="begin no round later than this")
    parser.add_argument("--mode", choices=MODES, help="by the seed if not given")
    args = parser.parse_args()
    args.bin = args.bin.resolve()
    return args


def main():
    args = arguments()
    end = time.monotonic() + args.seconds
    lock = threading.Lock()

    def one(seed):
        if time.monotonic() > end:
            return None
        outcome = play(seed, args)
        tell(outcome, args, lock)
        return outcome

    seeds = range(args.seed, args.seed + args.rounds)
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        outcomes = [o for o in pool.map(one, seeds) if o]
    table(outcomes)
    return 1 if any(o.problem for o in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
