"""A run as one picture and as one film: each cell at its place, in its colours, and
whatever goes wrong on the way costs nothing that was there."""
import json
import os
import pathlib
import shutil
import signal
import subprocess

import pytest

from conftest import BIN, Project, until

TILE = (320, 180)  # what --draft renders at 16:9
PICTURES = 24  # of each clip
GAP, MARGIN = 8, 16
COLUMNS, ROWS = 3, 2
MEDIA = f"""#!/bin/sh
[ "$1" = gateway ] && set -- "$@" --draft
[ "$1" = "$FULL" ] && trap '' XFSZ && ulimit -f 8
[ "$1" = "$SLOW" ] && while kill -0 "$PPID" 2>/dev/null; do sleep 0.1; done
exec "{BIN}/tarmac-media" "$@"
"""


def recipe():
    """Two prompts that are filmed, and one that is refused: it is too long."""
    prompts = json.dumps(["a lighthouse at dusk", "x" * 10001, "a desert"])
    return ("tarmac: 1\nname: shots\nabout: Three prompts.\nrequest: {prompt: x, seconds: 5}\n"
            f"sweep:\n  prompt: {prompts}\n  motion.r: [-6, 6]\n"
            "limits: {in_flight: 4}\noutputs: {name: \"${recipe}/${index}\"}\n")


def pictures(path, *words):
    """(width, height, RGB bytes) of the pictures that ffmpeg picks."""
    shown = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
         "stream=width,height", "-of", "csv=p=0", path],
        capture_output=True, text=True, check=True).stdout
    width, height = (int(n) for n in shown.strip().split(","))
    rgb = subprocess.run(["ffmpeg", "-v", "error", "-i", path, *words, "-f", "rawvideo",
                          "-pix_fmt", "rgb24", "-"], capture_output=True, check=True).stdout
    return width, height, rgb


def at(index):
    return "-vf", f"select=eq(n\\,{index}),scale=in_color_matrix=auto:flags=accurate_rnd"


def region(picture, x, y, width, height):
    across, _, rgb = picture
    return b"".join(rgb[3 * (row * across + x):3 * (row * across + x + width)]
                    for row in range(y, y + height))


def corner(picture, column, row):
    """Where a cell's tile begins."""
    width, height, _ = picture
    return (width - MARGIN - (COLUMNS - column) * (TILE[0] + GAP) + GAP,
            height - MARGIN - (ROWS - row) * (TILE[1] + GAP) + GAP)


def tile(picture, column, row):
    return region(picture, *corner(picture, column, row), *TILE)


def difference(a, b):
    assert len(a) == len(b)
    return sum(abs(p - q) for p, q in zip(a, b)) / len(a)


def is_written(rgb):
    """Some of it is far brighter than the paper, most is not."""
    bright = sum(v > 120 for v in rgb)
    return 0.005 * len(rgb) < bright < 0.5 * len(rgb)


@pytest.fixture(scope="module")
def shots(tmp_path_factory):
    root = tmp_path_factory.mktemp("montage")
    project = Project(root)
    project.bin = root / "bin"
    project.bin.mkdir()
    shutil.copy(BIN / "tarmac", project.bin)
    media = project.bin / "tarmac-media"
    media.write_text(MEDIA)
    media.chmod(0o755)
    project.write("r.yaml", recipe())
    project.run("run", "r.yaml", code=4)
    for path in project.root.glob(".tarmac/store/*/*.mp4"):
        shorten(path)
    return project


def shorten(path):
    """As if it had been bought so: a second is enough to see."""
    os.chmod(path, 0o644)
    whole = path.rename(path.with_suffix(".whole"))
    subprocess.run(["ffmpeg", "-v", "error", "-i", whole, "-frames:v", str(PICTURES), path],
                   check=True)
    whole.unlink()


def clip(shots, prompt, roll):
    """The file in the store that a cell shows."""
    [(sha256,)] = shots.rows(
        "SELECT json_extract(outputs, '$[0].fingerprint') FROM cells WHERE "
        f"nth = {1 + 2 * prompt + roll}")
    [(sha256, ext)] = shots.rows(
        "SELECT c.sha256, c.ext FROM clips c JOIN attempts a ON a.id = c.attempt "
        f"JOIN purchases p ON p.id = a.purchase WHERE p.fingerprint = '{sha256}'")
    return shots.root / ".tarmac/store" / sha256[:2] / f"{sha256}.{ext}"


def left(shots):
    return [p for p in shots.root.glob(".tarmac/montage/*") if p.name != "lock"]


def test_a_sheet_shows_how_each_ended(shots):
    [said] = shots.events("report", "--montage", "sheet.jpg")
    assert said == {"event": "montage", "path": "sheet.jpg", "cells": 6, "pictures": 4}
    sheet = pictures(shots.root / "sheet.jpg")
    for prompt in (0, 2):
        for roll in (0, 1):
            last = pictures(clip(shots, prompt, roll), *at(PICTURES - 1))[2]
            assert difference(tile(sheet, prompt, roll), last) < 5
    x, y = corner(sheet, 1, 0)
    assert is_written(region(sheet, x, y, TILE[0], 60))  # why it was refused
    assert not is_written(region(sheet, x, y + 140, TILE[0], 40))
    assert is_written(region(sheet, x, y - 22, TILE[0], 20))  # cut, above its column
    assert is_written(region(sheet, MARGIN, y, x - 2 * MARGIN - TILE[0] - GAP, TILE[1])) or \
        is_written(region(sheet, MARGIN, y + 80, 100, 20))  # beside its row
    shots.run("report", "--montage", "first.jpeg", "--at", "first", "--columns", "motion.r")
    first = pictures(shots.root / "first.jpeg")
    assert first[0] < sheet[0] and first[1] > sheet[1]
    assert not left(shots)


def test_a_film_plays_them_all(shots):
    shots.write("wall.mp4", "an older one")
    child = shots.run("report", "r.yaml", "--montage", "wall.mp4")
    assert child.stdout_text == "wall.mp4\n"
    assert child.stderr_text == \
        "tarmac: 6 cells, 2 of them without a picture; it says why\n"
    wall = shots.root / "wall.mp4"
    said = json.loads(subprocess.run(
        ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", wall],
        capture_output=True, check=True).stdout)["streams"]
    assert [(s["codec_name"], s["nb_read_frames"], s["r_frame_rate"]) for s in said] == \
        [("h264", str(PICTURES), "24/1")]
    for moment in (0, PICTURES // 2):
        picture = pictures(wall, *at(moment))
        for prompt, roll in ((0, 0), (2, 1)):
            shown = pictures(clip(shots, prompt, roll), *at(moment))[2]
            assert difference(tile(picture, prompt, roll), shown) < 5
    assert not left(shots)


def test_a_clip_that_does_not_play_costs_its_cell(shots, tmp_path):
    path = clip(shots, 0, 0)
    whole = path.read_bytes()
    try:
        path.write_bytes(whole[:2000])
        for name in ("a.jpg", "a.mp4"):
            [said] = shots.events("report", "--montage", name)
            assert said["pictures"] == 3
        sheet = pictures(shots.root / "a.jpg")
        x, y = corner(sheet, 0, 0)
        assert is_written(region(sheet, x, y, TILE[0], 60))
        path.unlink()
        [said] = shots.events("report", "--montage", "a.jpg")
        assert said["pictures"] == 3
    finally:
        path.write_bytes(whole)


def test_what_was_there_stays_until_the_new_one_is_whole(shots):
    old = shots.write("kept.mp4", "an older one")
    shots.env["SLOW"] = "wall"  # there is no end to it
    # kill -9 leaves something behind, for the next one to take away.
    for signum, code in ((signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)):
        before = set(left(shots))
        child = shots.start("report", "--montage", "kept.mp4")
        until(lambda: child.poll() is not None or
              [p for d in set(left(shots)) - before for p in d.glob("*.mp4")], "it has begun")
        child.send_signal(signum)
        _, said = child.communicate()
        assert child.returncode == code
        assert old.read_text() == "an older one"
        assert len(left(shots)) == (1 if signum == signal.SIGKILL else 0)
    del shots.env["SLOW"]
    assert said == "tarmac: warning: stopped: kept.mp4 is as it was\n"
    for full in ("worker", "wall"):
        shots.env["FULL"] = full
        child = shots.run("report", "--montage", "kept.mp4", code=9)
        assert "File too large" in child.stderr_text and child.stderr_text.count("\n") == 1
        assert old.read_text() == "an older one" and not left(shots)
    del shots.env["FULL"]


def test_a_link_leads_nobody_astray(shots, tmp_path):
    """Leftovers are cleared below .tarmac, never where a link leads."""
    left_there = tmp_path / ("0123456789abcdef" * 2) / "a file"
    left_there.parent.mkdir()
    left_there.write_text("of somebody else")
    home = shots.root / ".tarmac/montage"
    shutil.rmtree(home)
    home.symlink_to(tmp_path)
    child = shots.run("report", "--montage", "x.jpg", code=9)
    assert child.stderr_text == \
        f"tarmac: error: {home} is a link, where a folder is needed\n"
    assert left_there.exists() and len(list(tmp_path.iterdir())) == 1
    home.unlink()


@pytest.mark.parametrize("words, says", [
    (["--montage", "x.png"], "--montage: x.png ends neither in .jpg, for a sheet, nor in "
                             ".mp4, for a film"),
    (["--montage", "x.jpg", "--columns", "motion.x"],
     "--columns: no axis 'motion.x' (did you mean 'motion.r'?)"),
    (["--montage", "x.jpg", "--at", "middle"],
     "--at takes first, last or seconds, not 'middle'"),
    (["--montage", "x.mp4", "--at", "last"], "--at is for a .jpg: a film shows all"),
    (["--montage", "x.jpg", "--out", "x"], "--montage names its file itself: leave --out away"),
    (["--columns", "prompt"], "--columns is of a montage; add, for example: --montage sheet.jpg"),
])
def test_mistakes_make_nothing(shots, words, says):
    child = shots.run("report", *words, code=2)
    assert child.stderr_text == f"tarmac: error: {says}\n"
    assert not list(pathlib.Path(shots.root).glob("x*"))


def test_where_nothing_can_be_written(shots):
    child = shots.run("report", "--montage", "none/x.jpg", code=9)
    assert child.stderr_text == \
        "tarmac: error: --montage: none: No such file or directory\n"
    (shots.root / "pipe.jpg").mkdir()
    child = shots.run("report", "--montage", "pipe.jpg", code=2)
    assert child.stderr_text == "tarmac: error: --montage: pipe.jpg is no regular file\n"
    name = "x" * 300 + ".jpg"
    child = shots.run("report", "--montage", name, code=9)
    assert child.stderr_text == f"tarmac: error: --montage: {name}: File name too long\n"
