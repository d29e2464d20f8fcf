"""Reading callgrind's files, and the report of counts."""
import callgrind

# A name is spelt once. What follows "calls=" is the callee's, and counted there.
OUT = """\
# callgrind format
version: 1
cmd:  /build/bin/tarmac --version
positions: line
events: Ir
summary: 1000

ob=(1) /build/bin/tarmac
fl=(1) /src/cli/main.c
fn=(1) main
12 5
+2 7
cob=(2) /usr/lib/libc.so.6
cfi=(2) malloc.c
cfn=(2) malloc
calls=3 100
-1 300
* 1
cfn=(3) deep
calls=2 40
40 90

fn=(3)
40 20
cfn=(4) deep'2
calls=1 40
40 50

fn=(4)
40 30

ob=(2)
fl=(2)
fn=(2)
100 300

ob=(3) /usr/lib/libsqlite3.so.0.8.6
fl=(3) ???
fn=(5) 0x00000000000bca60
0 40
cob=(2)
cfi=(2)
cfn=(6) calloc
calls=4 7
0 80

fn=(7) 0x00000000000bd810
0 2

ob=(2)
fn=(6)
7 80
cfn=(2)
calls=4 100
7 0

ob=(4) /usr/lib64/ld-linux-x86-64.so.2
fn=(8) do_lookup_x
1 515
totals: 1000
"""


def count(total, functions, spread=0.0, allocations=0.0):
    return callgrind.Count(total, spread, allocations, functions)


def test_each_instruction_is_its_functions_own():
    profile = callgrind.read(OUT.splitlines(keepends=True))
    assert profile.functions == {
        "tarmac main": 13,
        "tarmac deep": 50,       # with what it calls itself again
        "libc malloc": 300,
        "libsqlite3 ?": 42,      # its addresses are one library
        "libc calloc": 80,
    }  # and the loader is none of ours
    assert profile.total == 485


def test_memory_is_asked_for_by_who_is_not_the_allocator():
    assert callgrind.read(OUT.splitlines()).allocations == 3 + 4


def test_processes_are_put_together():
    one = callgrind.Profile({"a f": 1, "a g": 2}, 5)
    both = callgrind.together([one, callgrind.Profile({"a g": 3}, 1)])
    assert both == callgrind.Profile({"a f": 1, "a g": 5}, 6)


def test_the_run_in_the_middle_and_its_spread():
    runs = [callgrind.Profile({"a f": n}) for n in (110, 90, 100)]
    assert callgrind.middle(runs) == (runs[2], 20.0)
    assert callgrind.middle(runs[:1]) == (runs[0], 0.0)


def test_a_task_is_what_lies_between_two_runs():
    few = callgrind.Profile({"a f": 100, "a start": 1000}, 50)
    many = callgrind.Profile({"a f": 300, "a start": 1000, "a g": 20}, 250)
    assert callgrind.each(few, many, 100) == callgrind.Profile({"a f": 2}, 2)


def test_the_file_says_what_was_counted():
    made = [("gcc", "12.2.0"), ("libc", "2.36")]
    functions = {f"tarmac f{n}": 1000 - n for n in range(50)}
    counts = {"plan": callgrind.Count.of(callgrind.Profile(functions, 7), 1.25),
              "run": count(5, {"libc malloc": 5})}
    assert len(counts["plan"].functions) == callgrind.KEPT
    assert counts["plan"].total == sum(functions.values())
    assert callgrind.parse(callgrind.spell(made, counts)) == (made, counts)


def test_what_changed_most_comes_first():
    old = count(1000, {"a same": 500, "a slow": 300, "a gone": 100})
    new = count(900, {"a same": 500, "a slow": 150, "a new": 250})
    assert callgrind.changed(old, new) == [
        ("a slow", 300, 150),
        ("a new", 100, 250),    # it was less than the least that is named
    ]
    assert callgrind.changed(old, old) == []


def test_the_report():
    old = {"plan": count(1000, {"a f": 900, "a g": 100}, 0.5, 10), "gone": count(1, {})}
    new = {"plan": count(1100, {"a f": 1000, "a g": 100}, 0.1, 12), "more": count(7, {"a f": 7})}
    lines = list(callgrind.compare(old, new))
    assert lines[1].split() == ["plan", "1,000", "1,100", "+10.0", "%", "0.5", "%", "10", "→", "12"]
    assert lines[2].split() == ["more", "–", "7", "new"]
    assert lines[3:] == ["\nplan: most changed",
                         f"  {'+11.1 %':>9} {'900':>14} → {'1,000':>14}  a f"]


def test_the_shares():
    lines = list(callgrind.shares({"plan": count(200, {"a f": 150, "a g": 50}, 0, 3)}, most=1))
    assert lines == ["plan: 200 instructions, 3 allocations", "   75.0 %  a f"]
