"""A terminal that runs the program and shows what it writes: it knows what the
live display uses and nothing else, so that whatever is not meant for it fails."""
import codecs
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading

import pytest

from conftest import until

CONTROL = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])")
SOON = 30   # seconds


class Screen:
    """What is shown: lines that went off the top, and those on it. Narrower, it
    wraps them, as most terminals do."""

    def __init__(self, columns, lines):
        self.columns, self.lines = columns, lines
        self.gone, self.rows = [], [""]
        self.x = self.y = 0
        self.held = False
        self.frames = 0

    def resize(self, columns, lines):
        rows, y = [], 0
        for i, row in enumerate(self.rows):
            if i == self.y:
                y = len(rows)
            row = row.rstrip()
            rows += [row[j:j + columns] for j in range(0, len(row), columns)] or [""]
        self.columns, self.lines, self.rows, self.y = columns, lines, rows, y
        assert self.x == 0, "the cursor rests at the beginning of a line"
        while len(self.rows) > lines:
            self.scroll()

    def scroll(self):
        self.gone.append(self.rows.pop(0))
        self.y -= 1

    def put(self, char):
        if self.x == self.columns:
            self.newline()
            self.x = 0
        row = self.rows[self.y].ljust(self.x)
        self.rows[self.y] = row[:self.x] + char + row[self.x + 1:]
        self.x += 1

    def newline(self):
        self.y += 1
        if self.y == len(self.rows):
            self.rows.append("")
        if len(self.rows) > self.lines:
            self.scroll()

    def control(self, private, number, letter):
        if private:
            assert (number, letter) in (("2026", "h"), ("2026", "l"))
            assert self.held == (letter == "l")
            self.held = letter == "h"
            self.frames += self.held
        elif letter == "A":
            self.y = max(0, self.y - int(number))
        elif letter == "B":
            self.y = min(self.y + int(number), len(self.rows) - 1)
        elif letter in "KJ" and not number:
            assert self.x < self.columns, "it would take the last character"
            self.rows[self.y] = self.rows[self.y][:self.x]
            if letter == "J":
                del self.rows[self.y + 1:]
        else:
            assert letter == "m", f"unknown: {private}{number}{letter}"

    def write(self, text):
        """What is left of it: the beginning of a control."""
        while text:
            match = CONTROL.match(text)
            if match:
                self.control(*match.groups())
                text = text[match.end():]
                continue
            char = text[0]
            if char == "\x1b" and len(text) < 12:
                return text
            assert char in "\r\n" or char >= " ", f"{char!r} came to the terminal"
            if char == "\r":
                self.x = 0
            elif char == "\n":
                self.newline()
            else:
                self.put(char)
            text = text[1:]
        return ""

    def text(self):
        return "\n".join(self.gone + self.rows)


class Terminal:
    """The program on one. `stdout`: where results go; a terminal, too, if not said."""

    def __init__(self, project, *words, size=(80, 24), stdout=None, **env):
        try:
            self.ours, theirs = pty.openpty()
        except OSError as error:
            pytest.skip(f"no terminal can be had here: {error}")
        self.screen, self.data, self.wrong = Screen(*size), b"", None
        self.lock = threading.Lock()
        self.tell_size(*size)
        self.child = subprocess.Popen(
            [project.bin / "tarmac", *words], cwd=project.root, stdin=theirs,
            stdout=stdout or theirs, stderr=theirs, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={**project.env, "TERM": "xterm-256color", **env})
        os.close(theirs)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def tell_size(self, columns, lines):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def resize(self, columns, lines):
        with self.lock:  # no frame is half shown
            self.tell_size(columns, lines)
            self.screen.resize(columns, lines)

    def read(self):
        decode = codecs.getincrementaldecoder("utf-8")("strict").decode
        rest = ""
        try:
            while data := os.read(self.ours, 65536):
                with self.lock:
                    self.data += data
                    rest = self.screen.write(rest + decode(data))
        except OSError:  # how Linux ends a terminal
            pass
        except (AssertionError, UnicodeDecodeError) as error:
            self.wrong = error
        os.close(self.ours)

    def text(self):
        assert self.wrong is None, self.wrong
        with self.lock:
            return self.screen.text()

    def until(self, condition, what):
        """`condition` of the lines that are on the screen."""
        def holds():
            assert self.wrong is None, self.wrong
            with self.lock:
                return not self.screen.held and condition(self.screen.rows)
        try:
            until(holds, what, SOON)
        except AssertionError:
            raise AssertionError(f"{what}\n{self.text()}\n{self.data[-2000:]}") from None

    def press(self, key):
        os.write(self.ours, key)

    def end(self):
        """Its exit code, and all lines that were ever shown and stayed."""
        try:
            code = self.child.wait(SOON)
        except subprocess.TimeoutExpired:
            self.child.kill()
            raise AssertionError(f"it does not end\n{self.text()}") from None
        self.reader.join(10)
        return code, self.text()
