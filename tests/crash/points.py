#!/usr/bin/env python3
"""Killed at every named moment of src/base/crash.h, a sweep of three cells is
whole after the next run, and each cell was bought once.

    points.py --bin build/dev/bin --jobs 2 --only after-answer --mode service
"""
import argparse
import concurrent.futures
import itertools
import pathlib
import shutil
import signal
import sys

from crash import MODES, POINTS, Round

CELLS = 3
STARTED = "the built-in gateway renders"
# Passed more often than once a cell: all of its passings are played.
MANY = {"mid-commit"}
# Where callbacks come, the first poll finds a task ended: this needs one that is
# late, and says nothing.
RUNNING = "before-running"
LATE = "--faults callback-lost=1 --latency 6s"


def died(one, child):
    """The run ended there; or the gateway, which is then started again."""
    if one.wait_for(child) == -signal.SIGKILL:
        return True
    one.ended(child)
    return child.log.read_text(encoding="utf-8").count(STARTED) > 1


def play(args, point, n):
    """(was anything killed?, what was wrong)"""
    wishes = LATE if point == RUNNING else ""
    one = Round(args.bin, 1, CELLS, 0, args.mode, wishes=wishes)
    killed, problem = False, None
    try:
        killed = died(one, one.start(f"{point}:{n}"))
        one.rest()
    except Exception as error:  # of one point; the others are still to be told
        problem = f"{point}:{n}: {error!r}; kept in {one.top}"
    finally:
        one.clear()
    if not problem:
        shutil.rmtree(one.top)
    return killed, problem


def play_all(args, point):
    """At each passing of one point: how many there were, and what was wrong."""
    problems, kills = [], 0
    passings = itertools.count(1, args.every)
    for n in passings if point in MANY else range(1, CELLS + 1, args.every):
        killed, problem = play(args, point, n)
        kills += killed
        if problem:
            problems.append(problem)
        if not killed and point in MANY:
            break
    if not kills:
        problems.append(f"{point}: was never passed")
    print(f"{point:20}{kills:4} kills" + "".join(f"\n  FAILED: {p}" for p in problems))
    sys.stdout.flush()
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", choices=POINTS)
    parser.add_argument("--every", type=int, default=1,
                        help="play the first passing, and then every so many (1)")
    parser.add_argument("--mode", choices=MODES, default="run")
    args = parser.parse_args()
    args.bin = args.bin.resolve()
    if b"TARMAC_CRASH_AT" not in (args.bin / "tarmac").read_bytes():
        sys.exit("points.py: built without -DTARMAC_CRASH_POINTS=ON")
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        points = [args.only] if args.only else POINTS
        problems = sum(pool.map(lambda p: play_all(args, p), points), [])
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
