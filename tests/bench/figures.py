"""What bench.py makes of what it measured: pure functions."""
import statistics

NONE = "–"
FAILURE_MAX = 80


def median(values):
    """Of those that are there; None if none is."""
    values = [v for v in values if v is not None]
    return statistics.median(values) if values else None


def ratio(ours, theirs):
    """The median of the ratios of each round, in which both stood side by side."""
    pairs = [(a, b) for a, b in zip(ours, theirs) if a is not None and b]
    return statistics.median(a / b for a, b in pairs) if pairs else None


def waves(tasks, in_flight):
    return -(-tasks // in_flight)


def ideal_ms(tasks, in_flight, duration_ms):
    """Nothing can be over sooner."""
    return waves(tasks, in_flight) * duration_ms


def verdict(figure, most):
    if figure is None:
        return "not measured"
    return "met" if figure <= most else "**not met**"


def number(value, digits=2):
    return NONE if value is None else f"{value:,.{digits}f}"


def times(value):
    return NONE if value is None else f"{value:.2f} ×"


def of_round(raw):
    """The figures of one contestant in one round, of what was counted: seconds of
    CPU, kB, and what the service counted."""
    tasks, stats = raw["tasks"], raw["stats"]
    requests, lag = stats["requests"], stats.get("lag", {})
    return {
        "cpu_ms": raw["own"] * 1e3 / tasks,
        "media_ms": raw["children"] * 1e3 / tasks,
        "request_us": raw["own"] * 1e6 / requests if requests else None,
        "wall_s": raw["wall"],
        "rss_mb": raw["rss_kb"] / 1024 if raw["rss_kb"] else None,
        "requests": requests / tasks,
        "polls": stats["polls"] / tasks,
        "at_once": stats.get("running_max"),
        "lag_ms": lag.get("mean_ms"),
        "lag95_ms": lag.get("p95_ms"),
    }


def failure(log, code):
    """What a program that failed has said, short enough for a table."""
    lines = [line.strip("[]{} ") for line in log.splitlines() if line.strip("[]{} ")]
    said = next((line for line in lines if "rror" in line), lines[-1] if lines else "")
    said = said.split(", ")[0].replace("|", "/")[:FAILURE_MAX]
    return f"failed: {said}" if said else f"failed with exit code {code}"


def column(rounds, key):
    return [r and r[key] for r in rounds]


HEAD = ("tasks, in flight", "who", "CPU a task", "× bare", "media check a task", "CPU a request",
        "× bare", "wall", "peak RSS", "at once", "requests a task", "lag: mean", "p95")


def row(scene, who, rounds, bare, said=None):
    """A line of the table. `rounds`: of_round() of each, None where it failed."""
    if not any(rounds):
        return [scene, f"{who} ({said})"] + [NONE] * (len(HEAD) - 2)

    def mid(key, digits=2, unit=""):
        value = median(column(rounds, key))
        return NONE if value is None else number(value, digits) + unit

    def beside(key):
        return times(ratio(column(rounds, key), column(bare, key))) if bare else NONE
    media = median(column(rounds, "media_ms"))
    return [scene, f"{who} ({said})" if said else who,
            mid("cpu_ms", 3, " ms"), beside("cpu_ms"),
            number(media) + " ms" if media else NONE,
            mid("request_us", 0, " µs"), beside("request_us"),
            mid("wall_s", 1, " s"), mid("rss_mb", 1, " MB"), mid("at_once", 0),
            mid("requests"),
            mid("lag_ms", 0, " ms"), mid("lag95_ms", 0, " ms")]


def markdown(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(cells) + " |" for cells in rows]) + "\n"


def between(text, begin, end, new):
    """`text` with what stands between two marks replaced."""
    head, found, rest = text.partition(begin)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"no '{begin}' and '{end}'")
    return f"{head}{begin}\n{new}\n{end}{tail}"
