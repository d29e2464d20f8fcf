"""What is true after a round: the gateway's tasks, the ledger and the files
are held against each other, each read by itself."""
import collections
import hashlib
import pathlib
import sqlite3


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


def open_rows(state):
    return query(state / "ledger.db",
                 "SELECT state, token FROM attempts WHERE ended_ms IS NULL")


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


def bought_once(data):
    """What was bought: each cell by one task."""
    bought = collections.Counter(prompt for _, _, prompt in purchases(data))
    twice = [prompt for prompt, n in bought.items() if n > 1]
    expect(not twice, f"bought twice: {twice}")
    return set(bought)


def bought_all(bought, cells, unknown):
    """Each cell, or nobody knows of it."""
    wanted = {f"cell {n}" for n in range(cells)}
    expect(bought <= wanted, f"bought and never asked for: {bought - wanted}")
    expect(bought | unknown == wanted, f"never bought: {wanted - bought - unknown}")


def known(state, data):
    """Every task is an attempt's; the prompts of what is unknown."""
    attempts = {token: (task, word, prompt) for token, task, word, prompt in query(
        state / "ledger.db", "SELECT a.token, a.task_id, a.state,"
        " json_extract(p.request, '$.prompt')"
        " FROM attempts a JOIN purchases p ON p.id = a.purchase")}
    words = collections.Counter(word for _, word, _ in attempts.values())
    expect(set(words) <= {"delivered", "unknown"}, f"not at its end: {dict(words)}")
    for task, token, prompt in purchases(data):
        mine, word, _ = attempts.get(token, (None, None, None))
        expect(word is not None, f"paid and lost: no row knows {prompt}")
        expect(mine == task or word == "unknown",
               f"paid and lost: {prompt} is {task}, the ledger says {mine}")
    return {prompt: token for token, (_, word, prompt) in attempts.items()
            if word == "unknown"}


def files(root, cells):
    """Every clip and output is there, whole, and nothing else is."""
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
             if p.is_file()}
    expect(there == set(outputs), f"not an output: {there - set(outputs)}")
    parts = [p for p in root.rglob("*") if p.suffix in (".part", ".bad")]
    expect(not parts, f"left behind: {parts}")


def audit(root, data, cells):
    """How many are unknown, and how many of these were bought."""
    state = pathlib.Path(root) / ".tarmac"
    sound(state / "ledger.db")
    sound(data / "tasks.db")
    bought = bought_once(data)
    unknown = known(state, data)
    bought_all(bought, cells, set(unknown))
    files(root, cells - len(unknown))
    tokens = {token for _, token, _ in purchases(data)}
    return len(unknown), sum(token in tokens for token in unknown.values())
