#!/usr/bin/env python3
"""No file over 500 lines, no C function over 60: one idea each.

Usage: size.py ROOT. Functions are found by the house style: a definition's
closing brace is the only one that stands in the first column.
"""
import pathlib
import re
import sys

FILE_MAX, FUNCTION_MAX = 500, 60
START = re.compile(r"^[a-z].*[(,]")


def functions(lines):
    """(name, first line, number of lines) of each definition."""
    head = None
    for number, line in enumerate(lines, 1):
        if START.match(line) and not line.rstrip().endswith(";"):
            if head is None:
                head = (line, number)
        elif line.startswith("}"):
            if head:
                yield head[0].strip(), head[1], number - head[1] + 1
            head = None
        elif line.rstrip().endswith(";") and head and not line.startswith(" "):
            head = None


def main():
    root = pathlib.Path(sys.argv[1])
    bad = []
    seen = 0
    for path in sorted([*root.glob("src/**/*.[ch]"), *root.glob("lua/**/*.lua"),
                        *root.glob("tests/**/*.[ch]"), *root.glob("tests/**/*.py")]):
        lines = path.read_text(encoding="utf-8").splitlines()
        seen += 1
        name = path.relative_to(root)
        if len(lines) > FILE_MAX:
            bad.append(f"{name}: {len(lines)} lines")
        if path.suffix == ".c" and name.parts[0] == "src":
            bad += [f"{name}:{at}: {size} lines: {head}"
                    for head, at, size in functions(lines) if size > FUNCTION_MAX]
    if not seen:
        bad.append(f"nothing below {root}")
    print("\n".join(bad) if bad else f"{seen} files are small enough")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
