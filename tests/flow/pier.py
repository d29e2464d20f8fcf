"""What the tests of the invariants buy: one pan a cell, at a rogue, for 25 credits."""
import contextlib
import sqlite3
import threading

from conftest import until

RECIPE = """tarmac: 1
name: pan
gateway: h
request: {{prompt: a pier, seconds: 5}}
sweep: {{seed: {seeds}}}
limits: {{unknown_wait: {wait}{limits}}}
outputs: {{name: "pan/${{seed}}", embed: false}}
{more}"""


def offer(project, rogue, seeds="[1]", wait="0s", limits="", more="", **entry):
    """`entry`: more of the gateway; `limits` and `more`: of the recipe."""
    project.configure(h={"url": rogue.url, "prices": {"*": 5}, "poll_min": 0.1, **entry})
    limits = f", {limits}" if limits else ""
    project.write("pan.yaml", RECIPE.format(seeds=seeds, wait=wait, limits=limits,
                                          more=more))


def script(project, rogue, lua, **options):
    project.write("pan.lua", lua)
    offer(project, rogue, more="script: pan.lua\n", **options)


def row_of(project, body, column="state"):
    """What the ledger holds, at this moment, of the attempt whose POST this is."""
    token = body["callback_url"].rsplit("/", 1)[1]
    rows = project.rows(f"SELECT {column} FROM attempts WHERE token = '{token}'")
    return rows[0][0] if rows else None


class Gate:
    """What a service does only when it is let; everything is let go at its end."""

    def __init__(self):
        self.arrived, self.opened = threading.Event(), threading.Event()

    def before(self, answer):
        def wait(call, body=None):
            self.arrived.set()
            self.opened.wait(60)
            return answer(call, body) if body is not None else answer(call)
        return wait

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.opened.set()


def kill(child):
    child.kill()
    child.communicate()


def killed_while_put_off(project, rogue):
    """The service wants it later, and the run does not live to send it."""
    rogue.submit = rogue.says('{"error": {"message": "slow down", "code": "rate"}}', 429,
                              Retry_After="600")
    offer(project, rogue)
    child = project.start("run", "pan.yaml")
    until(lambda: rogue.posts and project.states() == ["intent"], "it is put off")
    kill(child)


def edit(project, sql):
    """What somebody does to the ledger behind the program's back."""
    ledger = sqlite3.connect(project.root / ".tarmac/ledger.db", isolation_level=None, timeout=10)
    try:
        ledger.execute(sql)
    finally:
        ledger.close()


@contextlib.contextmanager
def locked(project):
    """Somebody else writes into the ledger; undone at the end."""
    ledger = sqlite3.connect(project.root / ".tarmac/ledger.db", isolation_level=None, timeout=10)
    ledger.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        ledger.execute("ROLLBACK")
        ledger.close()


def said(child, words):
    """Read what a run says until it says this; all of it."""
    lines = []
    for line in child.stderr:
        lines.append(line)
        if words in line:
            break
    assert lines and words in lines[-1], "".join(lines)
    return "".join(lines)
