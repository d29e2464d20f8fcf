"""Break every invariant on purpose, and see its test fail.

    python3 tests/mutants/mutants.py --at DIR [FILTER…]   break, build, test
    python3 tests/mutants/mutants.py --check              does the table fit the tree?
    python3 tests/mutants/mutants.py --doc                print docs/invariants.md

The breaks stand in table.py. In DIR a copy of the tree is kept and built; there
each named test passes first, and then fails for each of its breaks, or that is
told and the exit is 1. FILTER: parts of an invariant's, a file's or a test's name.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import textwrap

from table import MUTANTS, PROMISES

HERE = pathlib.Path(__file__).resolve()
ROOT = HERE.parent.parent.parent
# Debian's own interpreter first: it is the one that has Debian's pytest.
DEBIANS = pathlib.Path("/usr/bin/python3")
PYTHON = DEBIANS if DEBIANS.exists() else sys.executable
INVARIANTS = list(PROMISES)
TEST = re.compile(r"^(?:def|static void) (test_(I\d+)_\w+)\(", re.M)
DOC = ROOT / "docs/invariants.md"
INTRODUCTION = """# What tarmac promises about money and clips

Ten invariants, and how each of them was seen to fail: `sh tools/mutants.sh`
breaks the program as the tables say, one break after another, and the test beside
it has to notice. More tests hold them than stand here: `grep -rn test_I3_ tests`.
This page is printed by `python3 tests/mutants/mutants.py --doc`.
"""
# Before a test that hangs is a test that failed; and how patient one is, which
# is long enough for what is not broken.
HANGS, PATIENCE = 240, 20


def tests(root=ROOT):
    """name -> (invariant, file below the root)."""
    found = {}
    for path in sorted([*root.glob("tests/flow/test_*.py"), *root.glob("tests/unit/*/*.c")]):
        for name, invariant in TEST.findall(path.read_text()):
            found[name] = (invariant, path.relative_to(root))
    return found


def page():
    """docs/invariants.md"""
    lines = [INTRODUCTION]
    for invariant, promise in PROMISES.items():
        lines += [f"## {invariant}", "", *textwrap.wrap(promise, 79), "",
                  "| broken so | is noticed by |", "|---|---|"]
        for m in MUTANTS:
            if m.invariant == invariant:
                lines.append(f"| {m.what} | `{m.test.split('[')[0]}` |")
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def check(root=ROOT):
    """What does not fit; a list of lines."""
    wrong, known = [], tests(root)
    for m in MUTANTS:
        path = root / m.file
        times = path.read_text().count(m.old) if path.exists() else 0
        if times != 1:
            wrong.append(f"{m.file}: {times} times, not once: {m.old!r}")
        if m.old == m.new or "\n" in m.old:
            wrong.append(f"{m.file}: not a change of one line: {m.old!r}")
        if m.test.split("[")[0] not in known:
            wrong.append(f"there is no test {m.test}")
        elif known[m.test.split("[")[0]][0] != m.invariant:
            wrong.append(f"{m.test} is not of {m.invariant}")
    broken = {m.invariant for m in MUTANTS}
    wrong += [f"nothing breaks {i}" for i in INVARIANTS if i not in broken]
    if not DOC.exists() or DOC.read_text() != page():
        wrong.append(f"docs/{DOC.name} is not what --doc prints")
    return wrong


# --- the copy
def copy(there):
    """The tree as it is; only what has changed is written, for ninja's sake."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    wanted = {name for name in names if name and (ROOT / name).is_file()}
    for name in wanted:
        to, data = there / name, (ROOT / name).read_bytes()
        if not to.exists() or to.read_bytes() != data:
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(data)
    for path in [p for p in there.rglob("*") if p.is_file()]:
        if str(path.relative_to(there)) not in wanted:
            path.unlink()


class Copy:
    def __init__(self, at):
        self.root, self.build = at / "tree", at / "build"
        self.root.mkdir(parents=True, exist_ok=True)
        copy(self.root)
        self.known = tests(self.root)
        self.env = dict(os.environ, TARMAC_BIN_DIR=str(self.build / "bin"),
                        TARMAC_PLAIN_BIN_DIR=str(self.build / "bin"),
                        TARMAC_SOURCE_DIR=str(self.root), PYTHONDONTWRITEBYTECODE="1",
                        TARMAC_DEADLINE=str(PATIENCE))
        self.make("-S", self.root, "-B", self.build, "-G", "Ninja",
                  "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_C_FLAGS_DEBUG=-g -O1")

    @staticmethod
    def make(*words):
        done = subprocess.run(["cmake", *map(str, words)], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stdout[-3000:] + done.stderr[-3000:])

    def target(self, test):
        """The program of a unit test; None: a flow."""
        path = self.known[test.split("[")[0]][1]
        return f"unit_{path.parent.name}_{path.stem}" if path.suffix == ".c" else None

    def compile(self, test):
        target = self.target(test)
        targets = [target] if target else ["tarmac", "tarmac-media", "fault"]
        self.make("--build", self.build, "-j", "2", "--target", *targets)

    def passes(self, test):
        """Whether it does, and what it said; a test that hangs does not."""
        path, target = self.known[test.split("[")[0]][1], self.target(test)
        if target:
            [program] = [p for p in self.build.rglob(target) if p.is_file()]
            words = [program]
        else:
            words = [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider",
                     "--tb=line", f"{path}::{test}"]
        try:
            done = subprocess.run(words, cwd=self.root, env=self.env, text=True, timeout=HANGS,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        except subprocess.TimeoutExpired:
            return False, "it hangs"
        said = done.stdout
        # Another test of the same program is not the one that was named.
        if target and done.returncode and "FAILED" in said and test not in said:
            return True, said
        if not target and " passed" not in said and " failed" not in said:
            raise RuntimeError(said[-3000:])
        return done.returncode == 0, said

    def outcome(self, m):
        path = self.root / m.file
        whole = path.read_text()
        try:
            path.write_text(whole.replace(m.old, m.new))
            self.compile(m.test)
            return "SURVIVED" if self.passes(m.test)[0] else "killed"
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return "DOES NOT BUILD"
        finally:
            path.write_text(whole)


def matches(m, filters):
    return not filters or any(f == m.invariant if f in INVARIANTS else f in m.file + " " + m.test
                              for f in filters)


def run(at, filters):
    chosen = [m for m in MUTANTS if matches(m, filters)]
    tree, fine = Copy(at.resolve()), {}
    for test in dict.fromkeys(m.test for m in chosen):
        tree.compile(test)
        fine[test], said = tree.passes(test)
        if not fine[test]:
            print(f"fails unbroken: {test}\n{said}")
    bad = 0
    for m in chosen:
        outcome = tree.outcome(m) if fine[m.test] else "UNTRIED"
        bad += outcome != "killed"
        print(f"{m.invariant:4}{outcome:9} {m.what}\n             {m.test}", flush=True)
    print(f"{len(chosen)} breaks, " + (f"{bad} to look at" if bad else "each was noticed"))
    return 1 if bad else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at", type=pathlib.Path, default=ROOT / "build/mutants")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("filters", nargs="*", metavar="FILTER")
    parser.add_argument("--doc", action="store_true")
    given = parser.parse_args()
    if given.doc:
        print(page(), end="")
        return 0
    wrong = check()
    print("\n".join(wrong), end="\n" if wrong else "", file=sys.stderr)
    if wrong:
        return 1
    return 0 if given.check else run(given.at, given.filters)


if __name__ == "__main__":
    sys.exit(main())
