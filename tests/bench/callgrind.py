"""What counts.py makes of what callgrind wrote, and of the file of counts: pure
functions."""
import dataclasses
import os
import re

ALLOCATES = {"malloc", "calloc", "realloc", "reallocarray", "posix_memalign", "aligned_alloc"}
LOADER = "ld-linux"  # links libraries: the same in every run, and none of ours
KEPT = 20            # functions of a scenario in the file
NAME = re.compile(r"\((\d+)\)(?: (.*))?")
AGAIN = re.compile(r"'\d+$")  # a recursion's depth


@dataclasses.dataclass
class Profile:
    """Instructions by "library function", and how often memory was asked for."""
    functions: dict
    allocations: int = 0

    @property
    def total(self):
        return sum(self.functions.values())


def library(path):
    """tarmac of /build/bin/tarmac, libcurl of /usr/lib/libcurl.so.4."""
    return os.path.basename(path).split(".so")[0]


class Reader:
    """One file of callgrind's: names are spelt once, and numbers after that."""

    def __init__(self):
        self.names = {"ob": {}, "fn": {}}
        self.own = {}
        self.object = self.function = self.callee = ""
        self.allocations = 0
        self.called = False  # the next line is what a call cost, its callee's

    def name(self, kind, text):
        number, spelt = NAME.match(text).groups()
        if spelt is not None:
            self.names[kind][number] = spelt
        return self.names[kind][number]

    def header(self, key, text):
        if key == "ob":
            self.object = library(self.name("ob", text))
        elif key == "fn":
            self.function = AGAIN.sub("", self.name("fn", text))
        elif key == "cob":
            self.name("ob", text)
        elif key == "cfn":
            self.callee = AGAIN.sub("", self.name("fn", text))
        elif key == "calls":
            self.called = True
            if self.callee in ALLOCATES and self.function not in ALLOCATES:
                self.allocations += int(text.split()[0])

    def cost(self, line):
        if not self.called:
            # A library without symbols is one thing: its addresses say nothing.
            what = "?" if self.function.startswith("0x") else self.function
            key = f"{self.object} {what}"
            self.own[key] = self.own.get(key, 0) + int(line.split()[1])
        self.called = False


def read(lines):
    """The profile of one callgrind.out, without the dynamic loader's work."""
    reader = Reader()
    for line in lines:
        key, equals, text = line.partition("=")
        if equals and key.isalpha():
            reader.header(key, text.strip())
        elif line[:1] in "0123456789+-*" and line.strip():
            reader.cost(line)
    own = {key: n for key, n in reader.own.items() if not key.startswith(LOADER)}
    return Profile(own, reader.allocations)


def together(profiles):
    """Of several processes: one."""
    functions = {}
    for profile in profiles:
        for key, n in profile.functions.items():
            functions[key] = functions.get(key, 0) + n
    return Profile(functions, sum(p.allocations for p in profiles))


def middle(profiles):
    """That with the median total, and how far the others are apart in percent."""
    ordered = sorted(profiles, key=lambda p: p.total)
    chosen = ordered[len(ordered) // 2]
    return chosen, (ordered[-1].total - ordered[0].total) * 100 / chosen.total


def each(few, many, tasks):
    """What one task costs, of two runs that differ by `tasks`: a profile."""
    functions = {key: round((n - few.functions.get(key, 0)) / tasks)
                 for key, n in many.functions.items()}
    return Profile({k: n for k, n in functions.items() if n}, (many.allocations - few.allocations) / tasks)


# --- the file of counts
@dataclasses.dataclass
class Count:
    """A scenario as it is recorded: its greatest functions only."""
    total: int
    spread: float  # percent between the least and the most of several runs
    allocations: float
    functions: dict

    @staticmethod
    def of(profile, spread=0.0):
        most = sorted(profile.functions.items(), key=lambda item: -item[1])
        return Count(profile.total, spread, profile.allocations, dict(most[:KEPT]))


def spell(made, counts):
    """The text of the file: `made` says with what, [(what, version)]."""
    lines = ["# Instructions of fixed scenarios, counted by valgrind: see docs/performance.md.",
             "# Written by tools/counts.sh --update."]
    lines += [f"made {what} {version}" for what, version in made]
    for name, count in counts.items():
        lines.append(f"scenario {name} {count.total} spread {count.spread:.2f} "
                     f"allocations {count.allocations:.1f}")
        lines += [f"  {n} {key}" for key, n in count.functions.items()]
    return "\n".join(lines) + "\n"


def parse(text):
    """What spell() wrote."""
    made, counts, count = [], {}, None
    for line in text.splitlines():
        words = line.split()
        if not words or words[0] == "#":
            continue
        if words[0] == "made":
            made.append((words[1], " ".join(words[2:])))
        elif words[0] == "scenario":
            count = Count(int(words[2]), float(words[4]), float(words[6]), {})
            counts[words[1]] = count
        else:
            count.functions[" ".join(words[1:])] = int(words[0])
    return made, counts


# --- the report
def percent(old, new):
    return f"{(new - old) * 100 / old:+.1f} %" if old else "new"


def changed(old, new, most=5):
    """[(function, what it was, what it is)]: where most has changed. What a file
    does not name was less than the least that it names."""
    least = min(old.functions.values(), default=0)
    pairs = [(key, old.functions.get(key, min(least, n)), n)
             for key, n in new.functions.items()]
    pairs += [(key, n, min(n, min(new.functions.values(), default=0)))
              for key, n in old.functions.items() if key not in new.functions]
    pairs.sort(key=lambda pair: -abs(pair[2] - pair[1]))
    return [pair for pair in pairs[:most] if pair[1] != pair[2]]


def compare(old, new):
    """The lines of the report."""
    yield (f"{'scenario':<14} {'recorded':>14} {'now':>14} {'change':>9} {'spread':>8} "
           f"{'allocations':>23}")
    for name, now in new.items():
        was = old.get(name)
        if not was:
            yield f"{name:<14} {'–':>14} {now.total:>14,} {'new':>9}"
            continue
        yield (f"{name:<14} {was.total:>14,} {now.total:>14,} "
               f"{percent(was.total, now.total):>9} {max(was.spread, now.spread):>6.1f} % "
               f"{was.allocations:>9,.0f} → {now.allocations:>9,.0f}")
    for name, now in new.items():
        lines = changed(old[name], now) if name in old else []
        if lines:
            yield f"\n{name}: most changed"
        for key, was, n in lines:
            yield f"  {percent(was, n):>9} {was:>14,} → {n:>14,}  {key}"


def shares(counts, most=10):
    """The lines that say where the instructions of each scenario go."""
    for name, count in counts.items():
        spread = f", spread {count.spread:.1f} %" if count.spread else ""
        yield (f"{name}: {count.total:,} instructions{spread}, "
               f"{count.allocations:,.0f} allocations")
        for key, n in list(count.functions.items())[:most]:
            yield f"  {n * 100 / count.total:5.1f} %  {key}"
