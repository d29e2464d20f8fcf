"""What is wrong with the disk, and with what lies on it."""
import fcntl
import re
import shutil
import sqlite3

from day import Day
from permissions import plain_user

ABOUT = ("A row is on disk before its effect, so whatever fails, nothing is lost: when\n"
         "it is mended, the same command goes on where it was. A ledger that is not as\n"
         "tarmac left it is never written to. That this holds for every single write is\n"
         "shown by `tests/flow/test_disk.py`, which lets them fail one by one.")

MEND = "…mend that and run again"


def may(b, name, bits):
    """Give a file or folder these permissions, which count for root, too."""
    path = b.project.root / name
    before = path.stat().st_mode & 0o7777
    path.chmod(bits)
    b.undo.append(lambda: path.exists() and path.chmod(before))
    b.project.options["preexec_fn"] = plain_user


def may_again(b):
    b.end()


def writable(b):
    """And so is what a reader has left beside it meanwhile."""
    may_again(b)
    for path in ledger(b).parent.glob("ledger.db-*"):
        path.unlink()


def bought(b):
    b.project.run("run", "r.yaml")


def ledger(b):
    return b.project.root / ".tarmac/ledger.db"


def stored(b):
    [path] = (b.project.root / ".tarmac/store").glob("*/*")
    return path


def output(b):
    return b.project.root / "out/r/r.mp4"


def spoil(b, change):
    """One clip is bought, then `change` gets the ledger's bytes."""
    bought(b)
    b.good = ledger(b).read_bytes()
    ledger(b).write_bytes(change(b.good))


def restore(b):
    for tail in ("-wal", "-shm"):
        ledger(b).with_name("ledger.db" + tail).unlink(missing_ok=True)
    ledger(b).write_bytes(b.good)


def sql(b, *statements):
    """One clip is bought, then the ledger is changed by hand."""
    bought(b)
    b.good = ledger(b).read_bytes()
    link = sqlite3.connect(ledger(b))
    link.execute("PRAGMA ignore_check_constraints = ON")
    for statement in statements:
        link.execute(statement)
    link.commit()
    link.close()


def without_log(b):
    """A copy of the ledger that was made while tarmac ran, without its -wal file."""
    bought(b)
    b.good = ledger(b).read_bytes()
    ledger(b).unlink()
    link = sqlite3.connect(ledger(b))
    link.execute("PRAGMA journal_mode = WAL")
    link.close()


def garbage_page(data):
    size = int.from_bytes(data[16:18], "big")
    page = 3 * size
    return data[:page] + b"\xa5" * size + data[page + size:]


def lock(b):
    bought(b)
    output(b).unlink()
    b.project.write("r.yaml", b.RECIPE.replace("a pier", "a dune"))
    link = sqlite3.connect(ledger(b), check_same_thread=False)
    link.execute("BEGIN EXCLUSIVE")
    b.undo.append(link.close)


def foreign_log(b):
    """The log of another database, whole, is found beside the ledger."""
    bought(b)
    b.good = ledger(b).read_bytes()
    other = b.project.root / "other.db"
    link = sqlite3.connect(other)
    link.execute("PRAGMA journal_mode = WAL")
    link.execute("CREATE TABLE other (x)")
    link.execute("INSERT INTO other VALUES (zeroblob(20000))")
    link.commit()
    shutil.copy(str(other) + "-wal", str(ledger(b)) + "-wal")
    link.close()


def killed(b):
    """A run is killed while its task is under way; its ledger is remembered."""
    from conftest import until  # which the page is printed without
    b.rogue.phase = lambda task_id, n: "running"
    child = b.project.start("run", "r.yaml")
    until(lambda: b.project.states() == ["running"], "a task that runs")
    child.kill()
    child.communicate()
    b.rogue.phase = lambda task_id, n: "succeeded"
    b.away = {p: p.read_bytes() for p in ledger(b).parent.glob("ledger.db*")}


def without_ledger(b):
    killed(b)
    for path in b.away:
        path.unlink()


def without_its_log(b):
    killed(b)
    for path in b.away:
        if path != ledger(b):
            path.unlink()


def without_the_end_of_its_log(b):
    """Something else has written into it: SQLite reads it up to there."""
    killed(b)
    wal = ledger(b).with_name("ledger.db-wal")
    data = wal.read_bytes()
    at = re.search(rb"[^']submitting[^']", data).start()  # a row's, not the schema's
    wal.write_bytes(data[:at] + bytes(len(data) - at))


def back(b):
    for path, data in b.away.items():
        path.write_bytes(data)


def gone_output(b):
    bought(b)
    output(b).unlink()


def edited_clip(b):
    gone_output(b)
    clip = stored(b)
    clip.chmod(0o644)
    data = bytearray(clip.read_bytes())
    data[len(data) // 2] ^= 0xff
    clip.write_bytes(bytes(data))


def cut_clip(b):
    gone_output(b)
    stored(b).chmod(0o644)
    stored(b).write_bytes(stored(b).read_bytes()[:100])


def in_the_way(name, make):
    def when(b):
        path = b.project.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        make(path)
    return when


def folder_at(path):
    path.mkdir()


def file_at(path):
    path.write_text("mine\n")


def link_to(where):
    return lambda path: path.symlink_to(where)


def away(name):
    """What was in the way is moved away."""
    def mend(b):
        path = b.project.root / name
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    return mend


def open_row(b, **columns):
    """A paid task is under way, and its row was changed by hand."""
    b.rogue.phase = lambda task_id, n: "running"
    b.recipe(b.RECIPE + "limits: {timeout: 1s}\n")
    b.project.run("run", "r.yaml", code=5)
    b.good = ledger(b).read_bytes()
    link = sqlite3.connect(ledger(b))
    link.execute("PRAGMA ignore_check_constraints = ON")
    for name, value in columns.items():
        link.execute(f"UPDATE attempts SET {name} = ?", (value,))
    link.commit()
    link.close()
    b.rogue.phase = lambda task_id, n: "succeeded"
    b.recipe(b.RECIPE)


NEXT = "; nothing was bought: mend that and run again"
DAMAGED = ("; it is left as it is, and so are the files beside it; see what can be read of it"
           " with: sqlite3 '…/.tarmac/ledger.db' .recover" + NEXT)
NOTHING = {"code": 9, "ledger": (), "bought": 0}
KEPT = {"code": 9, "ledger": ("delivered",), "bought": 1}
LOST = {"code": 9, "ledger": (), "bought": 1, "mend": restore}


def pruning(b):
    """What prune --delete holds while it is at work."""
    path = b.project.root / ".tarmac/runs/upkeep"
    path.parent.mkdir(parents=True)
    held = path.open("wb")
    b.undo.append(held.close)
    fcntl.flock(held, fcntl.LOCK_EX)


def says(text, tail=NEXT):
    return f"tarmac: error: {text}{tail}"


def blocked(name, make, text, **rest):
    """Something stands where .tarmac needs to write."""
    return dict(when=in_the_way(name, make), says=says(text), mend=away(name),
                **{**NOTHING, **rest})


DAYS = [
    Day("Nothing may be written where the recipe is run", lambda b: may(b, ".", 0o555),
        says("cannot make the folder …/.tarmac: Permission denied"),
        mend=may_again, **NOTHING),
    Day("`.tarmac` is a file",
        **blocked(".tarmac", file_at, "…/.tarmac is a file, where a folder is needed")),
    Day("`.tarmac` is a link to nowhere",
        **blocked(".tarmac", link_to("nowhere"),
                  "…/.tarmac is a link that leads to no folder, where a folder is needed")),
    Day("`.tarmac` is a link to itself",
        **blocked(".tarmac", link_to(".tarmac"),
                  "…/.tarmac is a link that leads to no folder, where a folder is needed")),
    Day("`.tarmac/store` is a file",
        **blocked(".tarmac/store", file_at,
                  "…/.tarmac/store is a file, where a folder is needed")),
    Day("`.tarmac/parts` is a file",
        **blocked(".tarmac/parts", file_at,
                  "…/.tarmac/parts is a file, where a folder is needed")),
    Day("`.tarmac/runs` is a file",
        **blocked(".tarmac/runs", file_at,
                  "…/.tarmac/runs is a file, where a folder is needed")),
    Day("`.tarmac/ledger.db` is a folder",
        **blocked(".tarmac/ledger.db", folder_at,
                  "…/.tarmac/ledger.db: it, or a file beside it, cannot be opened or made: "
                  "look at the room on the disk and the permissions of the folder (…)")),
    Day("Nothing may be written in `.tarmac`",
        lambda b: (gone_output(b), may(b, ".tarmac", 0o555)),
        says("…/.tarmac/ledger.db: it may not be written (…)"), mend=may_again, **KEPT),
    Day("The ledger may not be read",
        lambda b: (gone_output(b), may(b, ".tarmac/ledger.db", 0)),
        says("cannot write …/.tarmac/ledger.db: Permission denied"), mend=may_again, **KEPT),
    Day("The ledger may not be written",
        lambda b: (gone_output(b), may(b, ".tarmac/ledger.db", 0o444)),
        says("cannot write …/.tarmac/ledger.db: Permission denied"), mend=writable, **KEPT),
    Day("The store may not be read",
        lambda b: (gone_output(b), may(b, ".tarmac/store", 0)),
        says("cannot use the folder …/.tarmac/store: Permission denied"),
        mend=may_again, **KEPT),
    Day("The folder of the outputs is a file", in_the_way("out", file_at),
        "✗ r/r: cannot open the folder out: Not a directory", mend=away("out"), **KEPT),
    Day("The folder of the outputs is a link", in_the_way("out", link_to("/tmp")),
        "✗ r/r: out is a symbolic link: outputs are not written through links below …",
        mend=away("out"), **KEPT),
    Day("Nothing may be written in the folder of the outputs",
        lambda b: (in_the_way("out", folder_at)(b), may(b, "out", 0o555)),
        "✗ r/r: cannot open the folder out/r: Permission denied", mend=may_again, **KEPT),
    Day("A folder has the output's name", in_the_way("out/r/r.mp4", folder_at),
        "✗ r/r: out/r/r.mp4 is a folder: it is left as it is",
        mend=away("out/r/r.mp4"), **KEPT),
    Day("A link has the output's name", in_the_way("out/r/r.mp4", link_to("x")),
        "✗ r/r: out/r/r.mp4 is a symbolic link: it is left as it is",
        mend=away("out/r/r.mp4"), **KEPT),
    Day("`tarmac prune --delete` is at work meanwhile", pruning,
        says("tarmac prune --delete or verify --fix is at work in …/.tarmac: wait for its "
             "end"), mend=may_again, **NOTHING),
    Day("An output was edited", lambda b: (bought(b), output(b).write_bytes(b"mine")),
        "…1 output was changed since and left alone; move it away to have the clip again",
        code=0, ledger=("delivered",), bought=1,
        mend=lambda b: output(b).unlink()),
    Day("A clip in the store was edited, and its output is gone", edited_clip,
        "✗ r/r: the clip in the store was damaged, and is now ….mp4.bad; it is bought: "
        "run again to fetch it anew", mend=lambda b: None, **KEPT),
    Day("A clip in the store was cut short, and its output is gone", cut_clip,
        "…its file is gone from the store; fetching it again",
        code=0, ledger=("delivered",), bought=1),
    Day("A report is to be written over something else",
        lambda b: (bought(b), b.project.write("report/r/mine.txt", "mine")),
        "tarmac: error: …/report/r holds something that is no report of tarmac's: nothing "
        "was written; name another folder with --out DIR",
        code=2, ledger=("delivered",), bought=1, command=("report",),
        mend=lambda b: shutil.rmtree(b.project.root / "report")),
    Day("A report is to be written through a link",
        lambda b: (bought(b), link_to("/tmp")(b.project.root / "report")),
        "tarmac: error: report is a symbolic link: nothing is written through links below …"
        "; report/r is as it was: mend that and type it again",
        mend=away("report"), command=("report",), **KEPT),
    Day("A report, and the clip is gone from the store",
        lambda b: (bought(b), stored(b).unlink()),
        "tarmac: warning: 1 clip is not in the store, and the page says so; look with: "
        "tarmac verify", code=0, ledger=("delivered",), bought=1, command=("report",)),
    Day("The configuration may not be read",
        lambda b: may(b, "../home/tarmac/config.yaml", 0),
        "tarmac: error: …config.yaml: Permission denied…", mend=may_again,
        code=9, ledger=(), bought=0),
    Day("The configuration is a folder",
        lambda b: (away("../home/tarmac/config.yaml")(b),
                   in_the_way("../home/tarmac/config.yaml", folder_at)(b)),
        "tarmac: error: …config.yaml is a directory…", code=9, ledger=(), bought=0,
        mend=lambda b: (away("../home/tarmac/config.yaml")(b), b.gateway())),
    Day("There is no home folder in the environment",
        lambda b: [b.project.env.pop(name) for name in ("HOME", "XDG_CONFIG_HOME")],
        "…no gateway is called 'h'…", code=3, ledger=(), bought=0,
        mend=lambda b: b.project.env.update(XDG_CONFIG_HOME=str(b.project.home))),
    Day("Another program keeps the ledger locked", lock,
        ("tarmac: waiting for …/.tarmac/ledger.db: another process keeps it locked, or the "
         "disk is slow",
         says("…/.tarmac/ledger.db: another process keeps it locked (database is locked)")),
        mend=may_again, total=2, **KEPT),
    Day("The ledger is cut short", lambda b: spoil(b, lambda d: d[:len(d) // 2]),
        says("…/.tarmac/ledger.db: the file is damaged (…)", DAMAGED), **LOST),
    Day("The ledger begins with garbage",
        lambda b: spoil(b, lambda d: b"\xa5" * 100 + d[100:]),
        says("…/.tarmac/ledger.db: the file is damaged (file is not a database)", DAMAGED),
        **LOST),
    Day("The ledger has garbage in the middle", lambda b: spoil(b, garbage_page),
        says("…/.tarmac/ledger.db: the file is damaged (…)", DAMAGED), mend=restore, **KEPT),
    Day("The ledger is empty, and clips are in the store",
        lambda b: spoil(b, lambda d: b""),
        says("…/.tarmac/ledger.db is gone or empty, but …/.tarmac/store holds clips: put the "
             "ledger back from a copy, or move …/.tarmac away to begin anew, which buys "
             "everything again"), **LOST),
    Day("The ledger was copied without its -wal file, and clips are in the store",
        without_log,
        says("…/.tarmac/ledger.db is gone or empty, but …/.tarmac/store holds clips: put the "
             "ledger back from a copy, or move …/.tarmac away to begin anew, which buys "
             "everything again"), **LOST),
    Day("The ledger is gone, and clips are in the store",
        lambda b: (spoil(b, lambda d: d), ledger(b).unlink()),
        says("…/.tarmac/ledger.db is gone or empty, but …/.tarmac/store holds clips: put the "
             "ledger back from a copy, or move …/.tarmac away to begin anew, which buys "
             "everything again"), **LOST),
    Day("A run was killed, and the ledger is gone", without_ledger,
        says("…/.tarmac/ledger.db is gone or empty, but …/.tarmac/runs tells of a run that "
             "was killed, which may have bought: put the ledger back from a copy, or move "
             "…/.tarmac away to begin anew, which may buy again"),
        code=9, ledger=(), bought=1, mend=back),
    Day("A run was killed, and the -wal file of its ledger is gone", without_its_log,
        says("…/.tarmac/ledger.db is gone or empty, but …/.tarmac/runs tells of a run that "
             "was killed, which may have bought: put the ledger back from a copy, or move "
             "…/.tarmac away to begin anew, which may buy again"),
        code=9, ledger=(), bought=1, mend=back),
    Day("A run was killed, and the end of the ledger's -wal file is lost",
        without_the_end_of_its_log,
        says("…/.tarmac/ledger.db lacks 1 purchase that was sent: it is an older copy, or its "
             "-wal file is damaged; put it back with its -wal file from a copy, or, where "
             "there is none, remove …/.tarmac/runs/….sent, and then they may be bought again"),
        code=9, ledger=("intent",), bought=1, mend=back),
    Day("The log of another database lies beside the ledger", foreign_log,
        says("…/.tarmac/ledger.db: is a database of another program, or the -wal file "
             "beside it is of one"), **LOST),
    Day("The ledger is another program's database",
        lambda b: sql(b, "PRAGMA application_id = 7"),
        says("…/.tarmac/ledger.db: is a database of another program, or the -wal file "
             "beside it is of one"), mend=restore, **KEPT),
    Day("The ledger was written by a newer tarmac",
        lambda b: sql(b, "PRAGMA user_version = 99"),
        says("…/.tarmac/ledger.db: was written by a newer tarmac (version 99, this one reads "
             "up to …); use that one"), mend=restore, **KEPT),
    Day("A table of the ledger is missing", lambda b: sql(b, "DROP TABLE outputs"),
        says("…/.tarmac/ledger.db: the file is damaged ('…' is missing or was changed)",
             DAMAGED), mend=restore, **KEPT),
    Day("The ledger has a trigger",
        lambda b: sql(b, "CREATE TRIGGER t AFTER UPDATE ON attempts BEGIN"
                         " DELETE FROM clips; END"),
        says("…/.tarmac/ledger.db: the file is damaged (it has triggers or views, which are "
             "not ours)", DAMAGED), mend=restore, **KEPT),
    Day("The ledger has a state that there is not",
        lambda b: sql(b, "UPDATE attempts SET state = 'bought'"),
        says("…/.tarmac/ledger.db: the file is damaged (CHECK constraint failed in attempts)",
             DAMAGED), mend=restore, code=9, ledger=("bought",), bought=1),
    Day("The ledger has a fingerprint that is too short",
        lambda b: sql(b, "UPDATE purchases SET fingerprint = 'abc'"),
        says("…/.tarmac/ledger.db: the file is damaged (CHECK constraint failed in purchases)",
             DAMAGED), mend=restore, **KEPT),
    Day("The ledger has a negative price",
        lambda b: sql(b, "UPDATE attempts SET price = -5"),
        says("…/.tarmac/ledger.db: the file is damaged (CHECK constraint failed in attempts)",
             DAMAGED), mend=restore, **KEPT),
    Day("The ledger has a task_id that is no name",
        lambda b: open_row(b, task_id="a\x1b[2J\nb"), "✗ r/r: …a?[2J?b…",
        code=4, ledger=("forgotten",), bought=1),
    Day("The ledger has an owner that is a path",
        lambda b: open_row(b, owner="../../../etc/passwd"), (),
        code=0, ledger=("delivered",), bought=1),
    Day("The ledger has a huge text",
        lambda b: open_row(b, urls="[" * 300000, reason="r" * 3000000), (),
        code=0, ledger=("delivered",), bought=1),
]
