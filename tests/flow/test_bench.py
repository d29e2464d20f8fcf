"""tools/bench.sh measures what it says: its figures, its service, the bare loop."""
import os
import sys

import pytest

from conftest import BIN, SOURCE

sys.path.insert(0, str(SOURCE / "tests/bench"))

import bench as program
import contest
import figures
from singles import Scene

FEW = Scene(20, 8, 200, 100, sigma=0)


def test_a_ratio_is_of_rounds_that_stood_side_by_side():
    # A machine that was twice as slow in the second round slowed both.
    assert figures.ratio([2, 4, 6], [1, 2, 2]) == 2
    assert figures.ratio([2, None, 9], [1, 2, 3]) == 2.5
    assert figures.ratio([None], [1]) is None
    assert figures.ratio([1], [0]) is None
    assert figures.median([3, None, 1]) == 2
    assert figures.median([]) is None


def test_the_ideal_is_in_whole_waves():
    assert figures.ideal_ms(2000, 100, 500) == 10000
    assert figures.ideal_ms(2001, 100, 500) == 10500
    assert figures.ideal_ms(1, 100, 500) == 500


def test_a_verdict():
    assert figures.verdict(1.5, 1.5) == "met"
    assert figures.verdict(1.51, 1.5) == "**not met**"
    assert figures.verdict(None, 1.5) == "not measured"


def test_a_round_is_counted_by_task_and_by_request():
    stats = {"requests": 50, "polls": 30, "running_max": 4, "lag": {"mean_ms": 4, "p95_ms": 9}}
    figure = figures.of_round({"tasks": 10, "own": 0.02, "children": 0.01, "wall": 3,
                               "rss_kb": 2048, "stats": stats})
    assert figure == pytest.approx({
        "cpu_ms": 2, "media_ms": 1, "request_us": 400, "wall_s": 3, "rss_mb": 2,
        "requests": 5, "polls": 3, "at_once": 4, "lag_ms": 4, "lag95_ms": 9})


def test_a_row_says_who_could_not():
    log = "node:internal\n    ^\n[Error: EMFILE: too many open files, open '/a'] {\n"
    why = figures.failure(log, 1)
    assert why == "failed: Error: EMFILE: too many open files"
    assert figures.failure("", 3) == "failed with exit code 3"
    row = figures.row("10, 10", "x", [], None, why)
    assert row[:2] == ["10, 10", f"x ({why})"]
    assert len(row) == len(figures.HEAD)
    assert figures.markdown(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |\n"


def test_the_page_keeps_what_stands_around_the_table():
    assert figures.between("x [old] y", "[", "]", "new") == "x [\nnew\n] y"
    with pytest.raises(ValueError):
        figures.between("no marks", "[", "]", "new")


@pytest.fixture(name="bench")
def fixture_bench(tmp_path):
    contest.many_files()
    return contest.Bench(BIN, BIN.parent / "tests/bench", None, tmp_path)


@pytest.mark.parametrize("who", [program.BARE, program.BARE_OFFICIAL])
def test_the_bare_loop_buys_and_fetches(bench, who):
    with bench.responder(FEW.duration) as service:
        words, options = program.WHO[who](bench, service.url, FEW)
        raw = contest.measure(words, bench.scratch / "log", **options)
        stats = service.stats()
    assert raw["code"] == 0, (bench.scratch / "log").read_text()
    assert (stats["submits"], stats["clips"]) == (20, 20)
    assert stats["polls"] >= 40
    assert stats["running_max"] == 8
    clips = sorted((bench.scratch / "runs").glob("*-bare/*.mp4"))
    assert len(clips) == 20
    assert {clip.read_bytes() for clip in clips} == {bench.clip.read_bytes()}


@pytest.mark.parametrize("who", [program.TARMAC, program.OFFICIAL, program.CALLED])
def test_tarmac_runs_at_the_responder(bench, who):
    counted = []

    def service(scene, callbacks):
        at = bench.responder(scene.duration, scene.sigma, callbacks)
        stats = at.stats
        at.stats = lambda: counted.append(stats()) or counted[-1]
        return at
    figure, error = program.once(bench, service, who, FEW)
    assert error is None
    assert figure["requests"] >= 3
    assert figure["polls"] >= 1
    assert figure["cpu_ms"] > 0 and figure["rss_mb"] > 1
    assert counted[0]["submits"] == counted[0]["clips"] == 20
    assert counted[0]["callbacks"] == (20 if who == program.CALLED else 0)
    assert counted[0]["callbacks_unanswered"] == 0


def test_what_a_round_has_made_stays_until_all_is_over(bench):
    at = bench.folder("tarmac")
    (at / "clip").write_bytes(b"clip")
    (at / "clip").chmod(0o400)
    inode = (at / "clip").stat().st_ino
    bench.empty()
    assert (at / "clip").stat().st_ino == inode
    assert (at / "clip").stat().st_size == 0
    assert bench.folder("tarmac") != at
    with pytest.raises(KeyboardInterrupt), bench:
        raise KeyboardInterrupt
    assert not (bench.scratch / "runs").exists()


def test_the_next_bench_waits_until_ext4_has_forgotten(bench, monkeypatch):
    slept = []
    monkeypatch.setattr(contest.time, "sleep", slept.append)
    bench.wait_for_ext4()
    assert not slept
    bench.remove()
    bench.wait_for_ext4()
    assert slept and contest.REMEMBERED - 10 < slept[0] <= contest.REMEMBERED
    os.utime(bench.removed, (0, 0))
    bench.wait_for_ext4()
    assert len(slept) == 1


def test_a_thread_that_ends_meanwhile_is_no_failure(tmp_path, monkeypatch):
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "children").write_text("12 13 ")
    paths = [tmp_path / "gone" / "children", tmp_path / "1" / "children"]
    monkeypatch.setattr(contest.pathlib.Path, "glob", lambda *_: iter(paths))
    assert contest.children_of_ours() == {12, 13}
