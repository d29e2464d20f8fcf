"""A bad day: what goes wrong, what tarmac says of it, and what it costs.

Each is a row of the table that test_errors.py runs and docs/errors.md prints.
"""
import dataclasses
import re
import typing


@dataclasses.dataclass(frozen=True)
class Day:
    """`says` are lines on stderr, in order, each there once, each whole; "…" in
    them stands for anything that differs from day to day."""
    what: str                                # "The key is refused"
    when: typing.Callable                    # (bench): makes it so
    says: str | tuple[str, ...]
    code: int                                # exit code
    ledger: tuple[str, ...] = ()             # states of the attempts afterwards
    bought: int = 0                          # purchases at the service by then
    command: tuple[str, ...] = ("run", "r.yaml")
    mend: typing.Callable | None = None      # (bench): puts it right; the same
    total: int = 1                           # command then ends with 0, and so
    #                                          many purchases were made in all

    @property
    def lines(self):
        return (self.says,) if isinstance(self.says, str) else self.says


class Bench:
    """What a day is arranged on: a project with r.yaml, and the service that it
    names, which does as it is told."""

    RECIPE = "tarmac: 1\nname: r\ngateway: h\nrequest: {prompt: a pier, seconds: 5}\n"
    LOCAL = "tarmac: 1\nname: r\nrequest: {prompt: a pier, seconds: 5}\n"

    def __init__(self, project, rogue):
        self.project, self.rogue = project, rogue
        self.undo = []  # what must be put back however the day ends
        self.gateway()
        self.recipe(self.RECIPE)

    def recipe(self, text, name="r.yaml"):
        """Text, or bytes for what is no text."""
        path = self.project.root / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def script(self, text, recipe=LOCAL):
        self.recipe(recipe + "script: r.lua\n")
        return self.project.write("r.lua", text)

    def gateway(self, **entry):
        """The gateway 'h' of the configuration; the rogue server unless `url` says."""
        self.project.configure(h={"url": self.rogue.url, **entry})

    def bought(self):
        return len(self.rogue.bought) + self.project.local_tasks()

    def end(self):
        while self.undo:
            self.undo.pop()()


def matches(pattern, line):
    return re.fullmatch(".*".join(map(re.escape, pattern.split("…"))), line)


def check(day, bench):
    day.when(bench)
    child = bench.project.run(*day.command, code=day.code)
    said = child.stderr_text.splitlines()
    found = []
    for pattern in day.lines:
        hits = [i for i, line in enumerate(said) if matches(pattern, line)]
        assert len(hits) == 1, f"{pattern!r} stands {len(hits)} times in\n{child.stderr_text}"
        found += hits
    assert found == sorted(found), child.stderr_text
    assert bench.project.states() == sorted(day.ledger)
    assert bench.bought() == day.bought
    if day.mend:
        day.mend(bench)
        bench.project.run(*day.command)
        assert bench.bought() == day.total
