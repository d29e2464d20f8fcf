"""Prints docs/errors.md from the table of bad days."""
import sys

from days import SECTIONS

INTRO = """# What can go wrong

Every row below is a test: it is made to happen, and what tarmac says, how it
exits, what its ledger then holds and how often the service was really paid are
checked. "…" stands for what differs from case to case. Exit codes are in the
[README](../README.md).

"""


def row(day):
    said = "<br>".join(f"`{line.replace('|', chr(92) + '|')}`" for line in day.lines)
    ledger = ", ".join(day.ledger) or "–"
    after = "–" if not day.mend else f"{day.total} in all"
    return f"| {day.what} | {said} | {day.code} | {ledger} | {day.bought} | {after} |"


def text():
    page = INTRO
    for title, about, days in SECTIONS:
        page += f"## {title}\n\n{about}\n\n"
        page += ("| what goes wrong | what tarmac says | exit | ledger | bought "
                 "| bought once it is mended |\n|---|---|---|---|---|---|\n")
        page += "".join(row(day) + "\n" for day in days) + "\n"
    return page[:-1]


if __name__ == "__main__":
    sys.stdout.write(text())
