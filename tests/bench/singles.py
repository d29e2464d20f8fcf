"""The rows of bench.py that stand alone: each measures one promise and gives
(what, target, figure, verdict)."""
import dataclasses
import subprocess
import time

import figures
from contest import measure


@dataclasses.dataclass
class Scene:
    """What all contestants are given."""
    tasks: int
    in_flight: int
    duration: int    # ms of the median task
    poll: int        # ms between two polls of one task
    sigma: float = 0.1

    @property
    def name(self):
        return f"{self.tasks:,}, {self.in_flight:,}"


def run(bench, scene, callbacks=False, clip=None):
    """One run of tarmac at a responder of its own."""
    with bench.responder(scene.duration, scene.sigma, callbacks, clip) as service:
        words, options = (bench.callbacks if callbacks else bench.tarmac)(service.url, scene)
        raw = measure(words, bench.scratch / "tarmac.log", **options)
        raw["stats"], raw["tasks"] = service.stats(), scene.tasks
    if raw["code"] != 0:
        raise RuntimeError(f"tarmac ended with {raw['code']}: see {bench.scratch}/tarmac.log")
    return raw


def makespan(bench, quick):
    scene = Scene(*((200, 50, 2000, 680) if quick else (1000, 100, 4000, 1000)), sigma=0)
    waves = figures.waves(scene.tasks, scene.in_flight)
    ideal = figures.ideal_ms(scene.tasks, scene.in_flight, scene.duration) / 1e3
    what = f"{scene.name}, tasks of {scene.duration / 1e3:g} s, ideal {ideal:g} s"
    called = run(bench, scene, callbacks=True)["wall"]
    polled = run(bench, scene)["wall"]
    most = ideal + waves * scene.poll / 1e3
    return [
        (f"makespan with callbacks ({what})", "≤ 1.02 × the ideal",
         f"{called:.2f} s: {called / ideal:.3f} ×", figures.verdict(called / ideal, 1.02)),
        (f"makespan by polling (the same, poll_min {scene.poll / 1e3:g} s)",
         f"≤ {most:g} s, ideal + poll_min a wave", f"{polled:.2f} s",
         figures.verdict(polled, most)),
    ]


def scale(bench, quick):
    """Cost of a task, by the number of cells; the first is the measure."""
    sizes = (1000, 10000) if quick else (1000, 10000, 100000)
    costs = []
    for cells in sizes:
        scene = Scene(cells, 1000, 200, 100, sigma=0)
        # The smallest more than once: it is short.
        raws = [run(bench, scene, clip=bench.small) for _ in range(3 if cells < 10000 else 1)]
        costs.append(figures.median([r["own"] * 1e3 / cells for r in raws]))
    said = ", ".join(f"{c:.3f} ms at {n:,}" for n, c in zip(sizes, costs))
    worst = max(costs) / costs[0]
    return [("cost of a task by the number of cells (1,000 in flight, tasks of 0.2 s)",
             "≤ 1.25 × that at 1,000", f"{said}: {worst:.2f} ×", figures.verdict(worst, 1.25))]


def one_clip(bench, quick):
    """The wall time of a run of one clip in a new project, whose task ends at once;
    less the time until the first poll came, as the service counted it, because when
    to ask is poll_min's matter; less the bare loop's for the same requests, whose
    poll comes after 1 ms."""
    scene = Scene(1, 1, 0, 1, sigma=0)
    ours, bare = [], []
    for _ in range(5 if quick else 21):
        raw = run(bench, scene)
        ours.append(raw["wall"] * 1e3 - raw["stats"]["lag"]["mean_ms"])
        with bench.responder(0) as service:
            words, options = bench.bare(service.url, scene)
            wall = measure(words, bench.scratch / "bare.log", **options)["wall"] * 1e3
            bare.append(wall - service.stats()["lag"]["mean_ms"])
    more = figures.median([a - b for a, b in zip(ours, bare)])
    return [("own overhead of a run of one clip (its wall time less the wait for its first poll, "
             "less the bare loop's; new project)", "≤ 30 ms",
             f"{figures.median(ours):.1f} ms − {figures.median(bare):.1f} ms: {more:.1f} ms",
             figures.verdict(more, 30))]


def version(bench, quick):
    del quick

    def wall(words):
        start = time.monotonic()
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        return (time.monotonic() - start) * 1e3
    ours, nothing = [], []
    for _ in range(41):
        ours.append(wall([bench.bin / "tarmac", "--version"]))
        nothing.append(wall(["/bin/true"]))
    figure = figures.median(ours)
    return [("tarmac --version", "≤ 8 ms",
             f"{figure:.1f} ms (/bin/true: {figures.median(nothing):.1f} ms)",
             figures.verdict(figure, 8))]


def counting(bench, quick):
    del quick
    said = subprocess.run(["sh", bench.here.parents[1] / "tools/bench_plan.sh",
                           bench.bin / "tarmac"], check=True, capture_output=True, text=True)
    rows = {line.split()[0]: line.split() for line in said.stdout.splitlines()}
    seconds = float(rows["million"][3])
    more = float(rows["million"][5]) - float(rows["ten"][5])
    met = max(seconds / 2, more / 10)
    return [("plan --count of a million cells", "≤ 2 s, ≤ 10 MB more than ten cells",
             f"{seconds:.2f} s, {more:.1f} MB more", figures.verdict(met, 1))]


ALL = {"makespan": makespan, "scale": scale, "one": one_clip, "version": version,
       "count": counting}
