"""The live display on a terminal: whatever its size, its letters and its end, it
shows how the run stands, and leaves nothing behind."""
import json
import re
import signal

import pytest

from stage import Stage
from terminal import Terminal

HEAD = re.compile(r"(\d+)/(\d+) cells")


@pytest.fixture
def stage(project, rogue):
    stage = Stage(project, rogue)
    stage.cells(8, in_flight=3)
    rogue.phase = lambda task_id, n: "running"
    yield stage
    stage.heal()


def heads(rows):
    return [row for row in rows if HEAD.search(row)]


def shows(*words):
    return lambda rows: all(any(word in row for row in rows) for word in words)


def test_shows_how_the_run_stands_and_survives_every_size(stage, rogue):
    terminal = Terminal(stage.project, "run", "r.yaml")
    terminal.until(shows("0/8 cells", "3 running", "5 queued", "960 reserved", "waiting"),
                   "three tasks run")
    for columns, lines in ((50, 10), (20, 5), (8, 3), (31, 7), (120, 40), (80, 24)):
        seen = len(terminal.data)
        terminal.resize(columns, lines)
        terminal.until(lambda rows: len(terminal.data) > seen and len(heads(rows)) == 1
                       or columns < 12, f"one picture at {columns}x{lines}")
        assert all(len(row) <= columns for row in terminal.screen.rows)
    terminal.until(shows("5 queued", "r/seed1", "r/seed5"), "everything fits again")
    rogue.phase = lambda task_id, n: "succeeded"
    code, text = terminal.end()
    assert code == 0
    assert not heads(terminal.screen.rows), text  # smaller, its top has scrolled away
    assert "8 of 8 cells delivered; 8 bought for 2560 credits" in text
    assert sum(line.startswith("✓ out/r/seed") for line in text.splitlines()) == 8
    assert terminal.screen.x == 0 and not terminal.screen.held
    assert b"\x1b[?25l" not in terminal.data


def test_tells_how_long_it_takes_from_what_the_ledger_knows(stage, rogue):
    rogue.heal()
    stage.cells(1)
    stage.project.run("run", "r.yaml")
    stage.cells(3)
    rogue.phase = lambda task_id, n: "running"
    terminal = Terminal(stage.project, "run", "r.yaml")
    terminal.until(shows("1/3 cells · 2 running · 0:0", " · about ", "320 credits spent · 640 res"),
                   "what is left")
    terminal.press(b"\x03")
    assert terminal.end()[0] == 130


@pytest.mark.parametrize("how", ["Ctrl-C", "SIGTERM"])
def test_whoever_ends_it_finds_a_clean_terminal(stage, how):
    terminal = Terminal(stage.project, "run", "r.yaml")
    terminal.until(shows("3 running"), "three tasks run")
    if how == "Ctrl-C":
        terminal.press(b"\x03")
    else:
        terminal.child.send_signal(signal.SIGTERM)
    code, text = terminal.end()
    assert code == 130
    assert not heads(text.splitlines()), text
    assert "Nothing is lost; go on with: tarmac run r.yaml" in text
    assert terminal.screen.x == 0 and not terminal.screen.held


def test_letters_of_the_locale_and_nothing_that_acts_on_it(stage, rogue):
    """A service's words reach a terminal that shows ASCII only."""
    rogue.submit = rogue.says(json.dumps(
        {"code": 400, "message": "é \x1b[2J\x1b]0;title\x07 \u202e…"}), 400)
    terminal = Terminal(stage.project, "run", "r.yaml", LC_ALL="C")
    terminal.until(shows("0/8 cells, ", "[2J", "1920 unknown", "unknown    0:"), "what was said")
    terminal.press(b"\x03")
    code, text = terminal.end()
    assert code == 130
    assert terminal.data.isascii()
    assert "(HTTP 400: ? " in text and "..." in text


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"NO_COLOR": "1"}, {"CI": "true"}, None])
def test_lines_where_a_picture_is_not_wanted(stage, rogue, env):
    stage.cells(1)
    rogue.heal()
    words = ["--plain"] if env is None else []
    terminal = Terminal(stage.project, "run", "r.yaml", *words, **(env or {}))
    code, text = terminal.end()
    assert code == 0 and b"\x1b" not in terminal.data
    assert "r/seed1: accepted" in text and "1 of 1 cell delivered" in text
