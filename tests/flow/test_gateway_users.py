"""The built-in service as runs share it: kept alive by the writers of a FIFO.

TARMAC_BIN_DIR names the directory of the binaries.
"""

import fcntl
import json
import os
import pathlib
import socket
import subprocess

import pytest

DEADLINE = 60


class Users:
    """What a run does: a FIFO with a writer, and the lock."""

    def __init__(self, folder):
        self.folder = folder
        self.fifo = folder / "users"
        self.lock = folder / "lock"
        self.address = folder / "address.json"
        os.mkfifo(self.fifo)

    def attach(self):
        # Read and write: opens without waiting for the other end.
        return os.open(self.fifo, os.O_RDWR)

    def start(self, *options):
        return subprocess.Popen(
            [pathlib.Path(os.environ["TARMAC_BIN_DIR"]) / "tarmac-media",
             "gateway", "--draft", "--data", self.folder / "data",
             "--users", self.fifo, "--lock", self.lock, "--address",
             self.address, *options], stdout=subprocess.PIPE)


@pytest.fixture
def users(tmp_path):
    return Users(tmp_path)


def test_ends_when_its_folder_is_removed(users, tmp_path):
    """Nobody could find it again, and it would look for a lock for ever."""
    first = users.attach()
    process = users.start()
    process.stdout.readline()
    users.folder.rename(tmp_path.with_name("elsewhere"))
    os.close(first)
    assert process.wait(DEADLINE) == 0


def test_ends_with_its_last_user(users):
    first = users.attach()
    process = users.start()
    line = process.stdout.readline()
    assert json.loads(line) == json.loads(users.address.read_text())
    assert json.loads(line)["pid"] == process.pid
    second = os.open(users.fifo, os.O_WRONLY)
    os.close(first)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    os.close(second)
    assert process.wait(DEADLINE) == 0
    assert not users.address.exists()
    process.stdout.close()


def test_a_starter_holds_it_back(users):
    first = users.attach()
    process = users.start()
    process.stdout.readline()
    lock = os.open(users.lock, os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.close(first)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    second = os.open(users.fifo, os.O_WRONLY)  # attaches under the lock
    os.close(lock)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    assert users.address.exists()
    os.close(second)
    assert process.wait(DEADLINE) == 0
    process.stdout.close()


def test_tries_its_old_port(users):
    seen = []
    for _ in range(2):
        first = users.attach()
        process = users.start()
        seen.append(json.loads(process.stdout.readline())["url"])
        process.kill()
        process.wait()
        process.stdout.close()
        os.close(first)
    assert seen[0] == seen[1]
    # Taken by somebody else: any port will do.
    port = int(seen[0].rsplit(":", 1)[1])
    other = socket.create_server(("127.0.0.1", port))
    first = users.attach()
    process = users.start()
    url = json.loads(process.stdout.readline())["url"]
    os.close(first)
    assert url != seen[0]
    assert process.wait(DEADLINE) == 0
    process.stdout.close()
    other.close()
