"""doctor: what is wrong here. Buys nothing, sends no key, leaves nothing."""
import os
import pty
import shutil
import socket
import stat
import subprocess

import pytest

from conftest import BIN

KEY = "sk-nobody-may-see-this"


@pytest.fixture
def tidy(project):
    """A project with a configuration that only its owner can read."""
    def configure(**gateways):
        project.configure(**gateways)
        (project.home / "tarmac/config.yaml").chmod(0o600)
        return project
    return configure


def findings(project, *words, code=0):
    events = project.events("doctor", *words, code=code)
    assert events[-1]["event"] == "end" and events[-1]["exit"] == code
    assert events[-1]["errors"] == sum(e.get("level") == "error" for e in events)
    return {(e["subject"], e.get("name")): e for e in events[:-1]}


def below(path):
    """Its files, but those that SQLite keeps beside a database that is read."""
    return sorted(p.relative_to(path).as_posix() for p in path.rglob("*")
                  if not p.name.startswith("ledger.db-"))


def test_a_fresh_folder_is_fine_and_stays_empty(project):
    text = project.run("doctor").stdout_text
    assert text.endswith("nothing is wrong; nothing was bought\n")
    assert all(line.startswith("ok ") for line in text.splitlines()[:-1]), text
    for part in ("Lua 5.4", "lua-cjson 2", "libcurl 7", "SQLite 3", "libavformat",
                 "the first run makes it", "built in"):
        assert part in text, (part, text)
    assert "\x1b" not in text
    assert below(project.root) == []


def test_after_a_run(project, rogue, tidy):
    tidy(h={"url": rogue.url})
    project.write("r.yaml", "tarmac: 1\ngateway: h\nrequest: {prompt: a}\n")
    project.run("run", "r.yaml")
    before = below(project.root)
    found = findings(project, "r.yaml")
    assert "1 purchase, 0 open" in found["ledger", None]["message"]
    assert "can be written and locked" in found["state", None]["message"]
    assert found["recipe", "r.yaml"]["message"] == "no mistakes"
    assert below(project.root) == before, "nothing is left behind"


def test_an_unknown_purchase_is_a_warning(project, rogue, tidy):
    tidy(h={"url": rogue.url})
    rogue.submit = rogue.buy_and_close
    project.write("r.yaml", "tarmac: 1\ngateway: h\nrequest: {prompt: a}\n"
                  "limits: {unknown_wait: 0s}\n")
    project.run("run", "r.yaml", code=6)
    found = findings(project)["ledger", None]
    assert found["level"] == "warning" and "tarmac status" in found["message"]


def test_a_gateway_is_asked_without_its_key_and_buys_nothing(project, rogue, tidy):
    project.env["H_KEY"] = KEY
    tidy(h={"url": rogue.url, "key": "H_KEY"})
    child = project.run("doctor")
    [line] = [l for l in child.stdout_text.splitlines() if "gateway h" in l]
    assert line.startswith("ok ") and "key from $H_KEY, answers within" in line
    assert rogue.posts == [] and len(rogue.fetched) == 1
    headers, _ = rogue.fetched[0]
    assert "Authorization" not in headers and KEY not in str(headers)
    assert KEY not in child.stdout_text + child.stderr_text


@pytest.mark.parametrize("key,said", [
    ('{env: H_KEY}', "$H_KEY, which is not set"),
    ('{command: ["false"]}', "command false"),
])
def test_a_key_that_is_not_there_is_exit_8(project, rogue, key, said):
    path = project.home / "tarmac/config.yaml"
    path.write_text(f'keys: {{"{rogue.url}": {key}}}\n'
                    f'gateways: {{h: {{url: "{rogue.url}", dialect: reverse}}}}\n')
    path.chmod(0o600)
    found = findings(project, code=8)["gateway", "h"]
    assert found["level"] == "error" and said in found["message"]
    assert rogue.fetched == []


def test_a_key_from_a_command_is_not_told(project, rogue):
    path = project.home / "tarmac/config.yaml"
    path.write_text(f'keys: {{"{rogue.url}": {{command: [echo, {KEY}]}}}}\n'
                    f'gateways: {{h: {{url: "{rogue.url}", dialect: reverse}}}}\n')
    path.chmod(0o600)
    text = project.run("doctor").stdout_text
    assert "key from the command echo, answers" in text and KEY not in text


def test_nobody_there_is_exit_8_and_trouble_is_a_warning(project, rogue, tidy):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        tidy(gone={"url": f"http://127.0.0.1:{taken.getsockname()[1]}"},
             ill={"url": rogue.url})
        rogue.asset = lambda call: rogue.json(call, 503, {})
        found = findings(project, code=8)
    assert "does not answer: could not connect" in found["gateway", "gone"]["message"]
    assert found["gateway", "ill"]["level"] == "warning"
    assert "503" in found["gateway", "ill"]["message"]


def test_the_gateways_of_a_recipe_are_asked_too(project, rogue):
    project.write("r.yaml", f"""tarmac: 1
gateway: mine
gateways: {{mine: {{url: "{rogue.url}", dialect: reverse}}}}
request: {{prompt: a}}
""")
    assert ("gateway", "mine") not in findings(project)
    assert "answers within" in findings(project, "r.yaml")["gateway", "mine"]["message"]


def test_a_recipe_with_mistakes_is_exit_3(project):
    project.write("r.yaml", "tarmac: 1\nrequest: {prompt: a, secnds: 5}\n")
    found = findings(project, "r.yaml", code=3)["recipe", "r.yaml"]
    assert found["message"].startswith("line 2, column 22: ") and "secnds" in found["message"]
    assert "gone.yaml" in findings(project, "gone.yaml", code=3)["recipe", "gone.yaml"]["message"]


def test_a_configuration_with_mistakes_is_exit_3(project):
    path = project.home / "tarmac/config.yaml"
    path.write_text("keys:\n  https://a.example: sk-1\n")
    path.chmod(0o600)
    child = project.run("doctor", code=3)
    assert "line 2, column 22" in child.stdout_text and "sk-1" not in child.stdout_text


def test_a_configuration_that_others_read_is_a_warning(project, tidy, rogue):
    tidy(h={"url": rogue.url})
    path = project.home / "tarmac/config.yaml"
    path.chmod(0o644)
    found = findings(project)["configuration", None]
    assert found["level"] == "warning" and f"chmod 600 '{path}'" in found["message"]
    path.chmod(stat.S_IRUSR)
    assert findings(project)["configuration", None]["level"] == "ok"


def test_clips_without_their_ledger_are_exit_9(project, rogue):
    project.configure(h={"url": rogue.url})
    project.write("r.yaml", "tarmac: 1\ngateway: h\nrequest: {prompt: a}\n")
    project.run("run", "r.yaml")
    for path in (project.root / ".tarmac").glob("ledger.db*"):
        path.unlink()
    found = findings(project, code=9)["ledger", None]
    assert found["level"] == "error" and "holds clips" in found["message"]


def test_a_damaged_ledger_is_exit_9(project):
    (project.root / ".tarmac").mkdir()
    (project.root / ".tarmac/ledger.db").write_bytes(b"not a database" * 1000)
    found = findings(project, code=9)["ledger", None]
    assert found["level"] == "error" and "ledger.db" in found["message"]


def test_a_state_folder_that_cannot_be_written_is_exit_9(project):
    """Held as a read-only bind mount would: /proc takes no files of ours."""
    (project.root / ".tarmac").symlink_to("/proc/self")
    found = findings(project, code=9)["state", None]
    assert found["level"] == "error" and "/.tarmac" in found["message"]


def test_without_tarmac_media_is_exit_9(project, tmp_path):
    alone = tmp_path / "bin"
    alone.mkdir()
    shutil.copy(BIN / "tarmac", alone / "tarmac")
    project.bin = alone
    found = findings(project, code=9)["tarmac-media", None]
    assert "install tarmac again" in found["message"]
    script = alone / "tarmac-media"
    for text, said in [("echo tarmac-media 0.0.1", "another release"),
                       ("exit 3", "code 3"), ("kill -9 $$", "signal 9")]:
        script.write_text(f"#!/bin/sh\n{text}\n")
        script.chmod(0o755)
        assert said in findings(project, code=9)["tarmac-media", None]["message"]


def test_the_local_gateway_of_a_run_is_found(project):
    address = project.root / ".tarmac/gateway/address"
    address.parent.mkdir(parents=True)
    address.write_text('{"url":"http://127.0.0.1:9","pid":1}')
    found = findings(project)["gateway", "local"]
    assert found["level"] == "warning" and "the next run starts it again" in found["message"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        address.write_text(f'{{"url":"http://127.0.0.1:{port}","pid":1}}')
        child = project.start("doctor", "--json")
        server.settimeout(60)
        link, _ = server.accept()
        with link:
            link.recv(65536)
            link.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            out, _ = child.communicate(timeout=60)
    assert child.returncode == 0 and f"built in, at http://127.0.0.1:{port}, answers" in out


def on_a_terminal(project, **env):
    """What doctor writes to a terminal."""
    try:
        ours, theirs = pty.openpty()
    except OSError as error:
        pytest.skip(f"no terminal can be had here: {error}")
    child = subprocess.Popen([BIN / "tarmac", "doctor"], env={**project.env, **env},
                             cwd=project.root, stdin=subprocess.DEVNULL, stdout=theirs,
                             stderr=subprocess.DEVNULL)
    os.close(theirs)
    data = b""
    try:
        while more := os.read(ours, 65536):
            data += more
    except OSError:  # how Linux ends a terminal
        pass
    os.close(ours)
    assert child.wait(timeout=60) == 0
    return data


def test_colours_are_for_terminals(project):
    assert b"\x1b[32mok" in on_a_terminal(project, TERM="xterm")
    assert b"\x1b" not in on_a_terminal(project, TERM="xterm", NO_COLOR="1")
    assert b"\x1b" not in on_a_terminal(project, TERM="dumb")
