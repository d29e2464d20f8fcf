"""A ledger that an earlier tarmac wrote: it can be read as it is, the next run
brings it up to date and goes on, and nothing is bought again."""
import os
import pathlib
import sqlite3

import pytest

OLDER = pathlib.Path(__file__).with_name("older")
VERSIONS = sorted(int(p.stem.split("_")[1]) for p in OLDER.glob("version_*.sql"))
APPLICATION = 0x54524D43
RECIPE = """
tarmac: 1
name: r
gateway: h
request: {prompt: a pier, seconds: 5}
sweep: {seed: {from: 1, to: 12, by: 1}}
limits: {in_flight: 12, unknown_wait: 0s}
"""
# What the twelve cells are, in order, and what the next run makes of them: what
# is not sent yet, or was not bought, is bought then.
STATES = ["delivered", "accepted", "running", "ready", "fetching", "intent", "refused",
          "submitting", "unknown", "failed", "cancelled", "forgotten"]
AFTER = ["delivered"] * 7 + ["refused", "unknown", "unknown", "failed", "cancelled", "forgotten"]
ENDED = ("delivered", "refused", "failed", "cancelled", "forgotten")
NO_TASK = ("intent", "refused", "submitting", "unknown")


def write_older(project, version):
    """The ledger of `project`, as `version` would have written it."""
    path = project.root / ".tarmac/ledger.db"
    older = path.with_name("older.db")
    link = sqlite3.connect(older)
    link.executescript((OLDER / f"version_{version}.sql").read_text(encoding="utf-8"))
    link.execute("ATTACH ? AS now", (str(path),))
    tables = [row[0] for row in link.execute(
        "SELECT name FROM main.sqlite_master WHERE type = 'table'"
        " AND name NOT IN ('spent', 'in_flight')")]  # triggers fill these
    for table in tables:
        columns = ", ".join(row[1] for row in link.execute(f"PRAGMA main.table_info({table})"))
        link.execute(f"INSERT INTO main.{table}({columns}) SELECT {columns} FROM now.{table}")
    spread(link)
    link.commit()
    link.execute("DETACH now")
    link.execute(f"PRAGMA main.application_id = {APPLICATION}")
    link.execute(f"PRAGMA main.user_version = {version}")
    link.execute("PRAGMA main.journal_mode = WAL")
    link.close()
    for tail in ("-wal", "-shm"):
        path.with_name(path.name + tail).unlink(missing_ok=True)
    os.replace(older, path)


def spread(link):
    """Each delivered row of the first cells into another state."""
    rows = link.execute("SELECT a.id FROM main.attempts a JOIN main.purchases p"
                        " ON p.id = a.purchase ORDER BY length(p.cell), p.cell").fetchall()
    for (attempt,), state in zip(rows, STATES, strict=True):
        if state != "delivered":
            link.execute("DELETE FROM main.outputs WHERE clip IN"
                         " (SELECT id FROM main.clips WHERE attempt = ?)", (attempt,))
            link.execute("DELETE FROM main.clips WHERE attempt = ?", (attempt,))
        link.execute(
            "UPDATE main.attempts SET state = :state, urls = NULL,"
            " ended_ms = CASE WHEN :ended THEN ended_ms END,"
            " task_id = CASE WHEN :task THEN task_id END WHERE id = :id",
            {"state": state, "ended": state in ENDED, "task": state not in NO_TASK,
             "id": attempt})


@pytest.mark.parametrize("version", VERSIONS)
def test_an_older_ledger_goes_on(project, rogue, version):
    project.configure(h={"url": rogue.url})
    project.write("r.yaml", RECIPE)
    project.run("run", "r.yaml")
    assert len(rogue.bought) == 12
    write_older(project, version)
    for output in project.outputs():
        (project.root / output).unlink()

    for words in (("status",), ("log",)):
        project.run(*words)
    project.run("settle", code=6)
    report = project.run("report", code=2 if version < 5 else 0)
    assert version >= 5 or "an earlier tarmac" in report.stderr_text
    project.run("plan", "r.yaml", code=4)
    assert project.rows("PRAGMA user_version") == [(version,)]
    assert project.states() == sorted(STATES)

    project.run("run", "r.yaml", code=6)
    assert project.rows("PRAGMA user_version")[0][0] >= max(VERSIONS)
    assert project.rows("PRAGMA integrity_check") == [("ok",)]
    assert project.states() == sorted(AFTER)
    assert len(project.outputs()) == 7
    assert len(rogue.bought) == 12 + 2
    assert "sound, version" in project.run("doctor").stdout_text

    project.run("run", "r.yaml", code=6)
    assert len(rogue.bought) == 12 + 2


def test_every_version_has_its_text():
    """A new version of the ledger comes with the text of the one before it."""
    assert VERSIONS == list(range(1, len(VERSIONS) + 1))


def allowed(version):
    """Every state with and without an end and a task, as far as that version takes it."""
    link = sqlite3.connect(":memory:")
    link.executescript((OLDER / f"version_{version}.sql").read_text(encoding="utf-8"))
    link.execute("INSERT INTO purchases(id, fingerprint, gateway, route, request, take, recipe,"
                 " created_ms) VALUES(1, ?, 'h', 'r', '{}', 1, 'r', 1)", ("f" * 64,))
    taken = set()
    for state in (*STATES, "queued", "Intent", "", None):
        for ended in (None, 5):
            for task in (None, "t"):
                try:
                    link.execute(
                        "INSERT INTO attempts(purchase, n, state, owner, token, callback_port,"
                        " gateway, recipe, created_ms, ended_ms, task_id)"
                        " VALUES(1, 1, ?, 'o', 't', 0, 'h', 'r', 1, ?, ?)", (state, ended, task))
                    link.execute("DELETE FROM attempts")
                    taken.add((state, ended, task))
                except sqlite3.IntegrityError:
                    pass
    return taken


@pytest.mark.parametrize("version", VERSIONS[1:])
def test_a_version_promises_what_the_first_did(version):
    """What an attempt may be is said anew by version 7, and is the same."""
    assert len(allowed(1)) == 12 + 5
    assert allowed(version) == allowed(1)
