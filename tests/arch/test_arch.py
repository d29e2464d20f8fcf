"""The checks of this folder find what they are for."""
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def python(script, *args):
    return subprocess.run([sys.executable, HERE / script, *args],
                          capture_output=True, text=True)


def cmake(script, **defines):
    words = [f"-D{k}={v}" for k, v in defines.items()]
    return subprocess.run([os.environ["CMAKE_COMMAND"], *words, "-P", HERE / script],
                          capture_output=True, text=True)


def test_banned_finds_calls_and_not_words(tmp_path):
    write(tmp_path, {
        "base/env.c": 'char *f(void)\n{\n    return getenv("X"); // system()\n}\n',
        "net/a.c": 'void g(void)\n{\n    log("popen(x)");\n    system("ls");\n}\n',
        "cli/b.c": 'void h(void)\n{\n    fopen("a", "r");\n    x.time(1);\n}\n',
    })
    result = python("banned.py", tmp_path)
    assert result.returncode == 1
    assert result.stdout.split("\n")[:-1] == [
        "cli/b.c:3: fopen() is banned here",
        "net/a.c:4: system() is banned here",
    ]


def test_size_finds_a_long_function_and_a_long_file(tmp_path):
    body = "    x++;\n" * 70
    write(tmp_path, {
        "src/a/long.c": "int f(void)\n{\n" + body + "}\n",
        "src/a/short.c": "int f(void)\n{\n    return 1;\n}\n",
        "lua/big.lua": "-- line\n" * 501,
    })
    result = python("size.py", tmp_path)
    assert result.returncode == 1
    assert "src/a/long.c:1: 73 lines" in result.stdout
    assert "lua/big.lua: 501 lines" in result.stdout
    assert "short.c" not in result.stdout


def test_room_finds_wrong_includes(tmp_path):
    write(tmp_path, {"net/a.c": '#include <uv.h>\n#include "base/mem.h"\n',
                     "net/b.c": '#include "ledger/ledger.h"\n'})
    wrong = cmake("room.cmake", ROOM="net", NEEDS="base", HEADERS="curl/", SRC=tmp_path)
    assert wrong.returncode != 0
    assert "uv.h is another room's" in wrong.stderr
    assert "net may not look into ledger" in wrong.stderr
    (tmp_path / "net/b.c").unlink()
    assert cmake("room.cmake", ROOM="net", NEEDS="base", HEADERS="uv.h",
                 SRC=tmp_path).returncode == 0


def test_order_finds_a_room_that_looks_down(tmp_path):
    write(tmp_path, {"base/CMakeLists.txt": "room(base SOURCES a.c)",
                     "net/CMakeLists.txt": "room(net SOURCES a.c NEEDS base)"})
    assert cmake("order.cmake", ROOMS="base;net", SRC=tmp_path).returncode == 0
    wrong = cmake("order.cmake", ROOMS="net;base", SRC=tmp_path)
    assert wrong.returncode != 0 and "net needs base" in wrong.stderr
