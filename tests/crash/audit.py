"""What is true when all is done, whatever happened on the way: the gateway's
tasks, the ledger and the files are held against each other, each read by
itself. For the crash harness, the weather and the rehearsals."""
import collections
import hashlib
import pathlib
import sqlite3

LOCAL_PRICE = 25000  # thousandths of a credit: five seconds of the built-in gateway


class Wrong(Exception):
    """A promise that was not kept; the first words are its kind."""


def expect(condition, words):
    if not condition:
        raise Wrong(words)


def query(path, sql):
    if not path.exists():
        return []
    link = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        return link.execute(sql).fetchall()
    finally:
        link.close()


def purchases(data):
    """(task_id, token, prompt) of all that was ever bought."""
    return [(task, url.rsplit("/", 1)[1] if url else None, prompt)
            for task, url, prompt in
            query(data / "tasks.db", "SELECT id, callback_url, prompt FROM tasks")]


def states(state):
    """The attempts by state, in words; also while they change."""
    try:
        rows = query(state / "ledger.db",
                     "SELECT state, count(*) FROM attempts GROUP BY state")
    except sqlite3.DatabaseError:  # its tables are just being made
        rows = []
    return ", ".join(f"{n} {name}" for name, n in rows) or "no rows"


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sound(path):
    expect(query(path, "PRAGMA integrity_check") == [("ok",)], f"{path} is damaged")


def bought_once(data, wanted):
    """Each cell by one task, and nothing else."""
    bought = collections.Counter(prompt for _, _, prompt in purchases(data))
    twice = sorted(prompt for prompt, n in bought.items() if n > 1)
    expect(not twice, f"bought twice: {twice}")
    missing, extra = wanted - set(bought), set(bought) - wanted
    expect(not extra, f"bought and never asked for: {extra}")
    expect(not missing, f"never bought: {missing}")


def known(state, data, end="delivered"):
    """Every task is an attempt's that has come to `end`, under its own prompt."""
    attempts = {task: (word, prompt) for task, word, prompt in query(
        state / "ledger.db", "SELECT a.task_id, a.state,"
        " json_extract(p.request, '$.prompt')"
        " FROM attempts a JOIN purchases p ON p.id = a.purchase"
        " WHERE a.task_id IS NOT NULL")}
    for task, _, prompt in purchases(data):
        word, mine = attempts.get(task, (None, None))
        expect(word is not None, f"paid and lost: no row knows {task}, {prompt}")
        expect(mine == prompt, f"{task} was bought for {prompt}, the ledger says {mine}")
        expect(word == end, f"paid and lost: {prompt} is {word}, not {end}")
    left = query(state / "ledger.db", "SELECT state, count(*) FROM attempts"
                 f" WHERE state NOT IN ('{end}', 'refused') GROUP BY state")
    expect(not left, f"not at its end: {left}")


def paid(state, cells, price):
    """What the ledger says was spent is what it costs."""
    (spent, ), = query(state / "ledger.db", "SELECT coalesce(sum(price), 0) FROM attempts"
                       " WHERE state NOT IN ('refused', 'failed')")
    expect(spent == cells * price, f"spent: {spent}, not {cells} × {price}")


def files(root, cells, damaged):
    """Every clip and output is there, whole, and nothing else is, but what came
    `damaged` and was kept aside."""
    state = root / ".tarmac"
    clips = query(state / "ledger.db", "SELECT sha256, ext FROM clips")
    stored = {f"{sha}.{ext}": sha for sha, ext in clips}
    for name, sha in stored.items():
        path = state / "store" / sha[:2] / name
        expect(path.exists(), f"paid and lost: no {path}")
        expect(digest(path) == sha, f"paid and lost: {path} is not what was bought")
    there = {p.name for p in (state / "store").rglob("*") if p.is_file()}
    expect(there == set(stored), f"in the store, and in no row: {there - set(stored)}")
    outputs = dict(query(state / "ledger.db", "SELECT path, sha256 FROM outputs"))
    expect(len(outputs) == cells, f"paid and lost: {len(outputs)} of {cells} outputs")
    for name, sha in outputs.items():
        expect((root / name).exists(), f"paid and lost: no {name}")
        expect(digest(root / name) == sha, f"{name} is not what the ledger says")
    there = {p.relative_to(root).as_posix() for p in (root / "out").rglob("*")
             if p.is_file() and p.name != "manifest.json"}
    expect(there == set(outputs), f"not an output: {there - set(outputs)}")
    endings = (".part", ".part.json") + (() if damaged else (".bad",))
    left = [p for p in root.rglob("*") if p.name.endswith(endings)]
    expect(not left, f"left behind: {left}")


def close_lipped(root, secret):
    """The key is in no file of ours."""
    told = [p for p in root.rglob("*") if p.is_file() and secret.encode() in p.read_bytes()]
    expect(not told, f"the key was told: {told}")


def audit(root, data, wanted, price=LOCAL_PRICE, secret=None, damaged=False):
    """`wanted`: the prompts of the cells. Raises Wrong."""
    root, wanted = pathlib.Path(root), set(wanted)
    state = root / ".tarmac"
    sound(state / "ledger.db")
    sound(data / "tasks.db")
    bought_once(data, wanted)
    known(state, data)
    paid(state, len(wanted), price)
    files(root, len(wanted), damaged)
    if secret:
        close_lipped(root, secret)
