#!/usr/bin/env python3
"""Functions that no file of src/ may call, and those that only some may.

Usage: banned.py SRC. Comments and strings are taken out first, so that a word
in a message is not a call.
"""
import pathlib
import re
import sys

EVERYWHERE = """strcpy strcat strncpy strncat sprintf vsprintf gets system popen
    atoi atol atoll atof tmpnam mktemp tempnam alloca strtok setjmp longjmp
    asctime ctime gmtime localtime""".split()
# function -> the files that may call it
ONLY = {
    "fopen": ["base/file.c"],
    "time": ["base/clock.c"],
    "clock_gettime": ["base/clock.c"],
    "gettimeofday": [],
    "getenv": ["base/env.c"],
    "secure_getenv": ["base/env.c"],
    "rand": [],
    "random": [],
    "srand": [],
    "getrandom": ["base/token.c"],
    "malloc": ["base/mem.c"],
    "calloc": ["base/mem.c"],
    "realloc": ["base/mem.c", "script/machine.c"],  # Lua's allocator may fail
    "strdup": ["base/mem.c"],
    "lua_pcall": ["script/machine.c"],
    "lua_pcallk": ["script/machine.c"],
    "lua_resume": ["script/machine.c"],
    "luaL_dostring": [],
    "luaL_openlibs": [],
}
NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def findings(src):
    words = EVERYWHERE + list(ONLY)
    call = re.compile(r"(?<![\w.>])(%s)\s*\(" % "|".join(words))
    files = sorted(src.rglob("*.[ch]"))
    if not files:
        yield f"no sources below {src}"
    for path in files:
        name = path.relative_to(src).as_posix()
        text = NOISE.sub(blank, path.read_text(encoding="utf-8"))
        for match in call.finditer(text):
            word = match.group(1)
            if word in EVERYWHERE or name not in ONLY[word]:
                line = text.count("\n", 0, match.start()) + 1
                yield f"{name}:{line}: {word}() is banned here"


def main():
    bad = list(findings(pathlib.Path(sys.argv[1])))
    print("\n".join(bad) if bad else "no banned calls")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
