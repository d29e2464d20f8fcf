"""What can be wrong between a recipe and its lock."""
import shutil

from day import Bench, Day

LOCKED = ("run", "r.yaml", "--locked")


def edit(b, name, old, new):
    path = b.project.root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def locked(then):
    """Bought and locked, and then something is changed."""
    def when(b):
        b.project.run("run", "r.yaml", "--lock")
        then(b)
    return when


def elsewhere(then):
    """The same in another folder: the recipe and its lock, and nothing else."""
    def when(b):
        for name in (".tarmac", "out"):
            shutil.rmtree(b.project.root / name)
        then(b)
    return locked(when)


def other_clip(b):
    b.rogue.clip += b"\0\0\0\x08free"


def forgotten(b):
    b.rogue.phase = lambda task_id, n: "missing"


def one_fails(b):
    b.rogue.phase = lambda task_id, n: "failed"


def usage(what, words, says):
    return Day(what, lambda b: None, says, code=2, command=("run", "r.yaml", *words))


DAYS = [
    Day("--locked, and there is no lock", lambda b: None,
        "tarmac: error: there is no r.lock.yaml; tarmac run RECIPE --lock writes it",
        code=3, command=LOCKED),
    Day("--locked, and the recipe asks for something else",
        locked(lambda b: edit(b, "r.yaml", "a pier", "a cliff")),
        "✗ r/r: this purchase is not in r.lock.yaml (prompt 'a pier' → 'a cliff'); nothing was "
        "spent; run without --locked to buy it, with --lock to lock it",
        code=4, ledger=("delivered",), bought=1, command=LOCKED),
    Day("--locked, and the recipe has other cells",
        locked(lambda b: b.recipe(Bench.RECIPE + "sweep: {seed: [1]}\n")),
        ("✗ r/seed1: this purchase is not in r.lock.yaml (it has no cell r/seed1); nothing was spent; "
         "run without --locked to buy it, with --lock to lock it",
         "tarmac: error: r/r is in r.lock.yaml, and the recipe has no such cell; nothing was "
         "spent; run with --lock to lock what it has"),
        code=4, ledger=("delivered",), bought=1, command=LOCKED),
    Day("--locked, and the service has forgotten the task", elsewhere(forgotten),
        "✗ r/r: 'h' does not know task …, and the ledger neither; nothing was spent; without "
        "--locked it is bought anew",
        code=4, bought=1, command=LOCKED),
    Day("--locked, and the task's clip is another one", elsewhere(other_clip),
        "✗ r/r: the clip of task … is another one than r.lock.yaml says (sha256 …, not …); it "
        "is kept, no output was placed, nothing was spent; tarmac show … tells where it is",
        code=4, ledger=("delivered",), bought=1, command=LOCKED),
    Day("The lock is a newer tarmac's",
        locked(lambda b: edit(b, "r.lock.yaml", "tarmac_lock: 1", "tarmac_lock: 2")),
        "r.lock.yaml:2:14: error: this lock has format 2, and this tarmac reads 1: a newer tarmac "
        "wrote it",
        code=3, ledger=("delivered",), bought=1, command=LOCKED),
    Day("The lock has a key that it should not have",
        locked(lambda b: edit(b, "r.lock.yaml", "cells:", "cell:")),
        "r.lock.yaml:4:1: error: unknown key 'cell' (did you mean 'cells'?)",
        code=3, ledger=("delivered",), bought=1, command=LOCKED),
    Day("--lock, and a cell failed", one_fails,
        "tarmac: error: r.lock.yaml is not written: 1 of 1 cells are not delivered",
        code=4, ledger=("failed",), bought=1, command=("run", "r.yaml", "--lock")),
    usage("--lock and --locked at once", ("--lock", "--locked"),
          "tarmac: error: --lock writes the lock, --locked holds to it: say one of them"),
    usage("--lock of some cells", ("--lock", "--first", "1"),
          "tarmac: error: --lock wants every cell: leave --first and --only out"),
    usage("--locked is to buy again", ("--locked", "--retry-failed"),
          "tarmac: error: --locked buys nothing: leave --retry-failed out"),
    Day("diff is given what is neither lock nor recipe nor run", lambda b: None,
        "tarmac: error: nowhere is no lock, recipe or run; tarmac log --json tells the runs",
        code=2, command=("diff", "nowhere", "r.yaml")),
]
