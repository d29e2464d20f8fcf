"""What the manual says of the events that --json prints, to hold them against."""
import functools
import os
import pathlib
import re

SOURCE = pathlib.Path(os.environ["TARMAC_SOURCE_DIR"])
# Members that hold what somebody else has named, and counts by state.
FREE = {"request", "urls", "wire", "axes", "told"}
BY_STATE = {"purchases": "totals", "clips": "end", "outputs": "end"}


@functools.cache
def documented():
    """event -> the members that some paragraph of it names."""
    text = (SOURCE / "docs/man/tarmac.md").read_text(encoding="utf-8")
    text = text.split("\n# EVENTS\n")[1].split("\n# ")[0]
    found = {}
    for names, words in re.findall(r"^(\*\*.*)\n\n: (.*)$", text, re.M):
        for name in re.findall(r"\*\*(\w+)\*\*", names):
            found.setdefault(name, set()).update(re.findall(r"\*\*(\w+)\*\*", words), ("event",))
    for name, other in (("purchase", "open"), ("unknown", "purchase"), ("settled", "match")):
        found[name] |= found[other]
    return found


def strange(event):
    """Members of an event that the manual does not name."""
    name = event.get("event")
    members = documented().get(name)
    if members is None or name == "told":
        return [] if name == "told" else [name]
    found = []

    def look(value):
        for item in value if isinstance(value, list) else [value]:
            if not isinstance(item, dict):
                continue
            found.extend(key for key in item if key not in members)
            for key, below in item.items():
                if key not in FREE and BY_STATE.get(key) != name:
                    look(below)
    look(event)
    return found
