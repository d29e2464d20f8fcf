"""What a user does in a first hour, small pictures, under valgrind: no error and
no leak, in any of the programs."""
import os
import pathlib
import subprocess

import pytest

from conftest import SOURCE, Gateway, Project

PLAIN = pathlib.Path(os.environ["TARMAC_PLAIN_BIN_DIR"])

SCRIPT = """
return function(cell)
  runway.collect("dice", math.random(6))
  local ids = runway.map({1, 2}, function(i) return runway.generate { seed = i } end)
  local clip, index = runway.any(ids)
  local job = runway.spawn(function() return runway.wait(ids) end)
  runway.sleep(0.01)
  assert(#job:await() == 2 and runway.status(ids[index]).state == "delivered")
  local ok, e = pcall(runway.wait, "no-such-task")
  assert(not ok and e.kind == "not_found")
  return { first = clip, more = runway.clip { image = clip:frame(1) } }
end
"""

# Recipe and script, the commands, and what each ends with.
FLOWS = {
    "hello": (None, None, [("run r.yaml --gateway h", 0)] * 2),
    "script": ("tarmac: 1\nname: r\ngateway: h\nscript: r.lua\nrequest: {prompt: a pier}\n"
               "limits: {memory: 64MB}\n", SCRIPT,
               [("plan r.yaml", 0), ("run r.yaml", 0), ("run r.yaml --json", 0),
                ("status", 0), ("status --json --all", 0), ("show out/r/r.first.mp4", 0),
                ("show out/r/r.more.mp4 --json", 0)]),
    "mistakes": ("tarmac: 1\nname: r\ngateway: h\nscript: r.lua\nrequest: {prompt: a pier}\n"
                 "limits: {instructions: 1000000}\n", "return function() while true do end end\n",
                 [("check r.yaml", 0), ("run r.yaml", 4), ("check nothing.yaml", 3),
                  ("run r.yaml -p a=1", 3), ("show nothing", 2), ("doctor --json", 0)]),
    "nobody": ("tarmac: 1\nname: r\ngateway: n\nrequest: {prompt: a pier}\n"
               "gateways: {n: {url: 'http://127.0.0.1:9', dialect: reverse}}\n", None,
               [("run r.yaml", 8), ("doctor r.yaml", 8), ("status", 0)]),
}


@pytest.mark.parametrize("flow", FLOWS)
def test_a_flow_is_clean(tmp_path, flow):
    recipe, script, commands = FLOWS[flow]
    service = Gateway(tmp_path / "service")
    project = Project(tmp_path, PLAIN)
    project.configure(h={"url": service.url})
    project.write("r.yaml", recipe or (SOURCE / "recipes/hello.yaml").read_text())
    if script:
        project.write("r.lua", script)
    logs = tmp_path / "valgrind"
    logs.mkdir()
    valgrind = ["valgrind", "--quiet", "--leak-check=full",
                "--show-leak-kinds=definite,indirect,possible",
                "--trace-children=yes", f"--log-file={logs}/%p.log"]
    for words, code in commands:
        child = subprocess.run([*valgrind, PLAIN / "tarmac", *words.split()],
                               cwd=project.root, env=project.env,
                               capture_output=True, text=True, timeout=600)
        assert child.returncode == code, f"{words}\n{child.stdout}{child.stderr}"
    logged = {p.name: p.read_text() for p in logs.glob("*.log")}
    assert len(logged) >= len(commands)  # and workers, and what doctor asks
    assert not any(logged.values()), logged
    service.stop()
