#!/usr/bin/env python3
"""tarmac beside Runway's SDK, a shell loop and the bare libcurl loop, at a service
that costs next to nothing and at the built-in one: prints the tables of
docs/performance.md. tools/bench.sh builds everything and starts it."""
import argparse
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess

import figures
import singles
from contest import Bench, adopt, many_files, measure, note
from singles import Scene

# Three polls a task, as of a task of 60 s that is asked for every 20 s; long
# enough that the slowest contestant's processor is not the limit.
SCENES = {
    "small": Scene(2000, 100, 400, 136),
    "wide": Scene(10000, 1000, 1000, 340),
    "all": Scene(10000, 10000, 6000, 2040),
}
QUICK = {"small": Scene(400, 100, 400, 136), "all": Scene(2000, 2000, 3000, 1020)}
SHELL, QUICK_SHELL = Scene(200, 100, 400, 136), Scene(40, 20, 400, 136)    # 80 ms each

TARMAC, CALLED, OFFICIAL = "tarmac", "tarmac, callbacks", "tarmac, official"
BARE, BARE_OFFICIAL, SDK, LOOP = "bare loop", "bare, official", "@runwayml/sdk", "curl + jq"
WHO = {TARMAC: Bench.tarmac, CALLED: Bench.callbacks, OFFICIAL: Bench.official,
       SDK: Bench.sdk, BARE: Bench.bare, BARE_OFFICIAL: Bench.bare_official,
       LOOP: Bench.shell}
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


def once(bench, service, who, scene):
    """One round of one contestant; None where it could not do it, and its words."""
    with service(scene, who == CALLED) as at:
        words, options = WHO[who](bench, at.url, scene)
        log = bench.scratch / "contestant.log"
        raw = measure(words, log, **options)
        raw["stats"], raw["tasks"] = at.stats(), scene.tasks
    if who == LOOP:     # all that it does is done by children
        raw.update(own=raw["own"] + raw["children"], children=0, rss_kb=0)
    if raw["code"] != 0:
        return None, figures.failure(log.read_text(errors="replace"), raw["code"])
    return figures.of_round(raw), None


def rounds(bench, service, scene, contestants, runs):
    """{who: [figures of each round]}, {who: why not}. The contestants take turns;
    the first round is not counted, unless it is the only one. Who cannot do it is
    not asked again."""
    got, why = {who: [] for who in contestants}, {}
    for number in range(runs + 1):
        for who in contestants:
            if who in why:
                continue
            figure, error = once(bench, service, who, scene)
            if error is not None:
                why[who] = error
            elif number > 0 or runs == 0:
                got[who].append(figure)
            if figure:
                note(f"  {scene.name}: {who}: {figure['cpu_ms']:.3f} ms a task, "
                     f"{figure['wall_s']:.1f} s")
            else:
                note(f"  {scene.name}: {who}: {error}")
    return got, why


def contestants_of(bench, key):
    """The official routes where the cost of the dialect can be seen best."""
    more = key == "small"
    return [TARMAC, CALLED, *[OFFICIAL] * more, *[SDK] * bool(bench.npm), BARE,
            *[BARE_OFFICIAL] * more]


def table(bench, service, scenes, runs):
    """Its rows, and {scene: {who: [figures of each round]}}."""
    rows, all_rounds = [], {}
    for key, scene in scenes.items():
        bench.empty()
        got, why = rounds(bench, service, scene, contestants_of(bench, key), runs)
        all_rounds[key] = got
        for who in got:
            same = BARE_OFFICIAL if who in (OFFICIAL, SDK, BARE_OFFICIAL) else BARE
            rows.append(figures.row(scene.name, who, got[who], got.get(same, got[BARE]),
                                    why.get(who)))
    return rows, all_rounds


def shell_row(bench, service, scene, runs):
    if not shutil.which("jq"):
        return []
    got, why = rounds(bench, service, scene, [LOOP, BARE], min(runs, 3))
    return [figures.row(scene.name, LOOP, got[LOOP], got[BARE], why.get(LOOP))]


def targets_of(scenes, got):
    """What the first table says about the promises."""
    rows = []
    for key, scene in scenes.items():
        for who in (TARMAC, CALLED):
            if who not in got[key] or BARE not in got[key]:
                continue
            ours, bare = got[key][who], got[key][BARE]
            for name, column, most in (("request", "request_us", 1.5), ("task", "cpu_ms", 1)):
                figure = figures.ratio(figures.column(ours, column),
                                       figures.column(bare, column))
                rows.append((f"CPU a {name}, {scene.name}, {who}",
                             f"≤ {most:g} × the bare loop's",
                             figures.times(figure), figures.verdict(figure, most)))
    return rows + memory_of(scenes, got) + callbacks_of(scenes, got)


def memory_of(scenes, got):
    rows = []
    for key, scene in scenes.items():
        if scene.tasks == scene.in_flight:
            peak = figures.median(figures.column(got[key].get(TARMAC, []), "rss_mb"))
            rows.append((f"peak RSS, {scene.name}", "≤ 40 MB", figures.number(peak, 1) + " MB",
                         figures.verdict(peak, 40)))
    return rows


def callbacks_of(scenes, got):
    key = next(iter(scenes))
    called = got[key].get(CALLED, [])
    polls = figures.median(figures.column(called, "polls"))
    lag = figures.median(figures.column(called, "lag_ms"))
    return [(f"polls a task with callbacks, {scenes[key].name}", "1 (≤ 1.02)",
             figures.number(polls, 3), figures.verdict(polls, 1.02)),
            (f"lag with callbacks, {scenes[key].name}", "< 50 ms",
             figures.number(lag, 1) + " ms", figures.verdict(lag, 50))]


def said(*words):
    try:
        return subprocess.run(words, capture_output=True, text=True,
                              check=True).stdout.strip().splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "none"


def machine(bench, runs, files):
    cpu = next((line.split(":", 1)[1].strip()
                for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    cores = len([1 for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                 if line.startswith("processor")])
    sdk = json.loads((bench.npm / "node_modules/@runwayml/sdk/package.json").read_text())[
        "version"] if bench.npm else "none"
    return (f"{cpu}, {cores} cores, Linux {platform.release().split('-')[0]}, {files:,} open files; "
            f"{said(bench.bin / 'tarmac', '--version')}; "
            f"{said('curl', '--version').split(' (')[0]}, "
            f"SQLite {said('sqlite3', '--version').split(' ')[0]}, {said('lua5.4', '-v')[:9]}, "
            f"Node {said('node', '--version')}, SDK {sdk}; "
            f"commit {said('git', 'rev-parse', '--short', 'HEAD')}; "
            f"{f'medians of {runs} after a warm-up' if runs else 'one round'}, "
            "contestants in turns; "
            f"load before: {os.getloadavg()[0]:.1f}.\n")


def options():
    parser = argparse.ArgumentParser(prog="bench.sh", description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--tools", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--npm", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--scratch", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true",
                        help="fewer tasks, once: whether all is well, not a figure")
    parser.add_argument("--runs", type=int, help="how often each is measured (5)")
    parser.add_argument("--only", action="append", choices=[*SCENES, "gateway", *singles.ALL],
                        help="only this part; can be given again")
    parser.add_argument("--markdown", type=pathlib.Path, metavar="FILE",
                        help=f"put the tables into FILE, between {BEGIN} and {END}")
    return parser.parse_args()


def measured(bench, args, wanted, files):
    """All that was asked for, as the text of a page."""
    runs = args.runs or (0 if args.quick else 5)
    scenes = {k: v for k, v in (QUICK if args.quick else SCENES).items() if k in wanted}
    parts, targets = [machine(bench, runs, files)], []
    if scenes:
        def service(scene, called):
            return bench.responder(scene.duration, scene.sigma, called)
        rows, got = table(bench, service, scenes, runs)
        if "small" in scenes:
            rows += shell_row(bench, service, QUICK_SHELL if args.quick else SHELL, runs)
        parts += ["At the bare responder:\n", figures.markdown(figures.HEAD, rows)]
        targets += targets_of(scenes, got)
    if "gateway" in wanted and bench.has_same_clip():
        scene = (QUICK if args.quick else SCENES)["small"]
        rows, _ = table(bench, lambda s, called: bench.gateway(s.duration), {"gateway": scene},
                        min(runs, 3))
        parts += ["At the built-in gateway, rendering off:\n",
                  figures.markdown(figures.HEAD, rows)]
    for name, single in singles.ALL.items():
        if name in wanted:
            note(f"  {name}")
            bench.empty()
            targets += single(bench, args.quick)
    parts += ["Targets:\n", figures.markdown(("what", "target", "figure", ""), targets)]
    return "\n".join(parts)


def main():
    args = options()
    wanted = args.only or [*SCENES, "gateway", *singles.ALL]
    files = many_files()
    adopt()
    signal.signal(signal.SIGTERM, signal.default_int_handler)    # as ^C: tidied up
    with Bench(args.bin.resolve(), args.tools.resolve(), args.npm and args.npm.resolve(),
               args.scratch.resolve()) as bench:
        if not args.quick:
            bench.wait_for_ext4()
        text = measured(bench, args, wanted, files)
    print(text)
    if args.markdown:
        page = args.markdown.read_text(encoding="utf-8")
        args.markdown.write_text(figures.between(page, BEGIN, END, text), encoding="utf-8")


if __name__ == "__main__":
    main()
