#!/usr/bin/env python3
"""Counts the instructions of fixed scenarios with valgrind, and prints how they differ
from those that are recorded in counts.txt. A report: it has no opinion.

Usage: counts.py BUILD SCRATCH [--update] [--only NAME…]
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys

import callgrind

HERE = pathlib.Path(__file__).parent
RECORDED = HERE / "counts.txt"
REPEATS = 3          # of what threads and time move
FEW, MANY = 200, 400  # clips: what is between them is what a task costs
TASK_MS = 1000
# Small: valgrind knows no instructions for SHA-256, and hashing would be all.
CLIP = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=128x72:rate=8",
        "-t", "5", "-c:v", "libx264", "-crf", "50", "-pix_fmt", "yuv420p"]


class Bench:
    def __init__(self, build, scratch):
        self.build, self.scratch = build.resolve(), scratch.resolve()
        self.tarmac = self.build / "bin/tarmac"
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True)
        # Nothing of who counts, or where: a name's length is instructions, too.
        self.env = {"PATH": "/usr/bin:/bin", "HOME": str(self.scratch / "home"), "TZ": "UTC",
                    "LC_ALL": "C.UTF-8"}
        (self.scratch / "home").mkdir()

    def folder(self, name):
        path = self.scratch / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        return path

    def count(self, words, cwd):
        """The profile of one process; its children are not counted."""
        out = self.scratch / "callgrind.out"
        log = self.scratch / "valgrind.log"
        words = ["setarch", "-R", "valgrind", "--tool=callgrind", f"--log-file={log}",
                 f"--callgrind-out-file={out}", *map(str, words)]
        said = subprocess.run(words, cwd=cwd, env=self.env, capture_output=True, text=True,
                              check=False)
        if said.returncode != 0:
            sys.exit(f"failed: {' '.join(words)}\n{said.stderr[-2000:]}")
        with open(out, encoding="utf-8", errors="replace") as lines:
            return callgrind.read(lines)


def recipe(path, steps, *more):
    """A sweep of so many steps on each axis; `more` are its other lines."""
    lines = ["tarmac: 1", *(line for line in more if not line.startswith(" ")),
             "request: {prompt: \"a ${motion.x} of ${motion.y}\", seconds: 5}", "sweep:",
             *(f"  motion.{axis}: {{from: 0, to: 9, steps: {n}}}"
               for axis, n in zip(("x", "y", "z", "r", "bg_x_pan"), steps)),
             *(line for line in more if line.startswith(" "))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


# --- the scenarios: each gives its profiles, {name: [profile of each repeat]}
def plan(bench):
    """Pure: 100,000 cells through an expression and a sample, a plan of 500, and check."""
    here = bench.folder("plan")
    recipe(here / "many.yaml", [10] * 5, "  exclude: motion.x == 4 and motion.y > 2",
           "  sample: {count: 1000, seed: 7}")
    recipe(here / "some.yaml", [10, 50])
    words = [["plan", "many.yaml", "--count"], ["check", "many.yaml", "some.yaml"],
             ["plan", "some.yaml"]]
    return {"plan": [callgrind.together([bench.count([bench.tarmac, *w], here) for w in words])]}


def one_run(bench, clips, clip):
    """A run of so many clips at a responder of its own, its callbacks coming in."""
    here = bench.folder("run")
    words = [bench.build / "tests/bench/bench_responder", "--duration", str(TASK_MS), "--callbacks",
             "--seed", "1", "--clip", clip]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as responder:
        url = responder.stdout.readline().strip()
        recipe(here / "run.yaml", [10, clips // 10], "gateway: b",
               f"gateways: {{b: {{url: \"{url}\", dialect: reverse, in_flight: 100}}}}")
        try:
            return bench.count([bench.tarmac, "run", "run.yaml", "--plain"], here)
        finally:
            responder.terminate()


def runs(bench):
    clip = bench.scratch / "clip.mp4"
    subprocess.run([*CLIP, clip], check=True)
    few = [one_run(bench, FEW, clip) for _ in range(REPEATS)]
    many = [one_run(bench, MANY, clip) for _ in range(REPEATS)]
    tasks = [callgrind.each(a, b, MANY - FEW) for a, b in zip(few, many)]
    # Its page: what the ledger holds, read and spelt.
    report = bench.count([bench.tarmac, "report"], bench.scratch / "run")
    return {"run": few, "task": tasks, "report": [report]}


def render(bench):
    here = bench.folder("render")
    words = [bench.build / "tests/bench/bench_render", "scene", 320, 180, "a lighthouse at dusk",
             here]
    return {"render": [bench.count(words, here)]}


SCENARIOS = {"plan": plan, "run": runs, "render": render}


def versions():
    """What else the counts depend on."""
    yield "gcc", subprocess.run(["cc", "-dumpfullversion"], capture_output=True, text=True,
                                check=True).stdout.strip()
    yield "libc", os.confstr("CS_GNU_LIBC_VERSION").split()[1]
    for name in ("libcurl", "sqlite3", "lua5.4", "libuv", "libmicrohttpd", "libcrypto",
                 "libavcodec"):
        yield name, subprocess.run(["pkg-config", "--modversion", name], capture_output=True,
                                   text=True, check=True).stdout.strip()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("scratch", type=pathlib.Path)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--only", nargs="*", choices=SCENARIOS, default=list(SCENARIOS))
    args = parser.parse_args()
    bench = Bench(args.build, args.scratch)
    counts = {}
    for name in args.only:
        for part, profiles in SCENARIOS[name](bench).items():
            counts[part] = callgrind.Count.of(*callgrind.middle(profiles))
    made = list(versions())
    if RECORDED.exists():
        before, old = callgrind.parse(RECORDED.read_text(encoding="utf-8"))
        print("\n".join(callgrind.compare(old, counts)))
        for what, version in made:
            if dict(before).get(what) != version:
                print(f"recorded with {what} {dict(before).get(what)}, this is {version}")
        counts = {**old, **counts} if args.update else counts
    print("\n" + "\n".join(callgrind.shares(counts)))
    if args.update:
        RECORDED.write_text(callgrind.spell(made, counts), encoding="utf-8")


if __name__ == "__main__":
    main()
