"""The command line: help, mistakes, exit codes."""
import json
import sqlite3
import subprocess

import pytest

from conftest import SOURCE


def test_version_and_help(project):
    assert project.run("--version").stdout_text.startswith("tarmac 0.")
    text = project.run("--help").stdout_text
    for command in ("run", "plan", "check", "generate", "gateway"):
        assert f"  {command} " in text
        if command != "gateway":
            assert f"tarmac {command} " in project.run(command, "--help").stdout_text
    assert "--listen" in project.run("gateway", "--help").stdout_text


@pytest.mark.parametrize("words,text", [
    ([], "usage: tarmac COMMAND"),
    (["rum"], "did you mean 'run'?"),
    (["run"], "takes one recipe"),
    (["run", "a.yaml", "b.yaml"], "takes one recipe"),
    (["run", "--fist", "1", "a.yaml"], "--fist"),
    (["check", "--first", "1", "a.yaml"], "check does not take --first"),
    (["generate"], "takes a prompt"),
    (["generate", "a pier", "motion.x"], "seconds=5"),
    (["gateway", "--listen", "nowhere"], "--listen"),
    (["generate", "a pier", "motion.x=1", "motion.x=2"], "'motion.x' is given already"),
    (["generate", "a pier", "prompt=a cliff"], "'prompt' is given already"),
    (["generate", b"a pier\xff"], "not UTF-8"),
    (["generate", "a pier", "--out", "pier.mp4"], "without extension"),
    (["plan", "--first"], "--first needs a value"),
    (["run", "motion.x=4", "a.yaml"], "takes one recipe"),
    (["check", "a.yaml", "b.yaml", "motion.x=4"], "one recipe at a time"),
])
def test_usage_mistakes_exit_2(project, words, text):
    assert text in project.run(*words, code=2).stderr_text


@pytest.mark.parametrize("words", [
    ["rum"], ["run"], ["check"], ["generate"], ["show"], ["status", "a", "b"],
    ["plan", "--fist"], ["check", "a.yaml", "b.yaml", "x=4"], [b"ru\xff"],
])
def test_usage_mistakes_as_json(project, words):
    [event] = project.events(*words, code=2)
    assert event["event"] == "error" and event["message"]


@pytest.mark.parametrize("words", [["status"], ["plan", "r.yaml", "--json"], ["run", "--help"]])
def test_results_that_cannot_be_written_are_no_success(project, words):
    project.write("r.yaml", "tarmac: 1\nrequest: {prompt: a}\n")
    with open("/dev/full", "w", encoding="utf-8") as full:
        child = subprocess.run([project.bin / "tarmac", *words], cwd=project.root, check=False,
                               env=project.env, stdout=full, stderr=subprocess.PIPE, text=True)
    assert child.returncode == 9 and child.stderr


def test_a_closed_stdout_prints_into_no_file(project, rogue):
    project.configure(h={"url": rogue.url})
    project.write("r.yaml", "tarmac: 1\ngateway: h\nrequest: {prompt: a}\n"
                            "outputs: {embed: false}\n")
    words = [project.bin / "tarmac", "run", "r.yaml", "--json"]
    child = subprocess.run(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *words],
                           cwd=project.root, env=project.env, check=False)
    assert child.returncode == 0
    kept = [p.read_bytes() for p in (project.root / ".tarmac").rglob("*") if p.is_file()]
    assert not any(b'"event"' in data for data in kept)
    assert [(project.root / p).read_bytes() for p in project.outputs()] == [rogue.clip]


def test_every_mistake_of_a_recipe_at_once_with_its_place(project):
    project.write("bad.yaml", """tarmac: 1
name: bad
gatway: local
request:
  prompt: ${promt}
  secnds: 5
  motion: {x: left}
sweep:
  motion.r: []
limits: {in_flight: 0}
""")
    for command in ("check", "run", "plan"):
        said = project.run(command, "bad.yaml", code=3).stderr_text
        for place, text in [("3:1", "'gatway'"), ("5:11", "promt"), ("6:3", "'secnds'"),
                            ("7:15", "number"), ("9:13", "motion.r"), ("10:21", "in_flight")]:
            lines = [l for l in said.splitlines() if l.startswith(f"bad.yaml:{place}: error: ")]
            assert len(lines) == 1 and text in lines[0], (place, said)
        assert "did you mean 'gateway'?" in said and "did you mean 'seconds'?" in said
    assert not (project.root / ".tarmac").exists(), "nothing was opened"


def test_mistakes_as_json(project):
    project.write("bad.yaml", "tarmac: 1\nrequest: {secnds: 5}\n")
    events = project.events("check", "bad.yaml", code=3)
    assert all(e["event"] == "error" for e in events)
    assert any(e["line"] == 2 and "secnds" in e["message"] for e in events)


@pytest.mark.parametrize("text,place,said", [
    ("", "1:1", "empty"),
    ("tarmac: 2\n", "1:9", "format 2"),
    ("tarmac: 1\ntarmac: 1\n", "2:1", "duplicate key"),
    ("tarmac: [\n", "2:1", ""),
    ("tarmac: 1\nrequest: {prompt: a, ratio: '7:5'}\n", "2:29", "16:9"),
    ("tarmac: 1\nrequest: {prompt: a, seconds: 7}\n", "2:31", "10"),
    ("tarmac: 1\ngateway: nowhere\nrequest: {prompt: a}\n", "2:10", "nowhere"),
    ("tarmac: 1\nrequest: {prompt: a}\nscript: gone.lua\n", "3:9", "gone.lua"),
    ("tarmac: 1\nrequest: {prompt: a}\nscript: ../up.lua\n", "3:9", "up.lua"),
    ("tarmac: 1\nrequest: {prompt: a, image: gone.png}\n", "2:29", "gone.png"),
    ("tarmac: 1\nrequest: {prompt: a}\nsweep: {image: [r.yaml, gone.png]}\n", "3:25", "gone.png"),
    ("tarmac: 1\nrequest: {prompt: a, image: /etc/passwd}\n", "2:29", "/etc/passwd"),
    ("tarmac: 1\nrequest: {prompt: '  '}\n", "2:19", "empty"),
    ("tarmac: 1\nrequest: {prompt: a, duration: 5}\n", "2:22", "'seconds'"),
    ("tarmac: 1\nrequest: {prompt: a}\nseconds: 5\n", "3:1", "under 'request'"),
    ("tarmac: 1\nrequest: {prompt: a}\nduration: 5\n", "3:1", "as 'seconds'"),
    ("tarmac: 1\nrequest: {prompt: a, seconds: '5'}\n", "2:31", "quotes"),
    ("tarmac: 1\nrequest: {prompt: a}\nsweep: {motion.x: '-4, 4'}\n", "3:19", "[1, 2]"),
    ("tarmac: 1\nrequest: {prompt: a}\noutputs: {dir: ~/clips}\n", "3:16", "home"),
    ("tarmac: 1\nrequest:\n  prompt: a\n   seconds: 5\n", "4:11", "indent"),
    ("tarmac: 1\nrequest: {prompt: a}\nsweep: {takes: 0}\n", "3:16", "takes"),
    ("tarmac: 1\nrequest: {prompt: a}\noutputs: {dir: ../up}\n", "3:16", "../up"),
])
def test_one_mistake_one_line(project, text, place, said):
    (project.root.parent / "up.lua").write_text("return function() end")
    project.write("r.yaml", text)
    lines = project.run("check", "r.yaml", code=3).stderr_text.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"r.yaml:{place}: error: ") and said in lines[0], lines


def test_a_gateway_of_the_command_line_has_no_place_in_the_recipe(project):
    project.write("r.yaml", "tarmac: 1\nrequest: {prompt: a}\n")
    said = project.run("check", "r.yaml", "--gateway", "nowhere", code=3).stderr_text
    assert said.startswith("r.yaml: error: no gateway is called 'nowhere'")


def test_what_befalls_every_cell_is_told_once(project):
    (project.home / "tarmac/config.yaml").write_text("""
keys: {"http://127.0.0.1:9": {command: ["false"]}}
gateways: {h: {url: "http://127.0.0.1:9", dialect: reverse}}
""")
    project.write("r.yaml", """tarmac: 1
gateway: h
request: {prompt: a}
sweep: {seed: [1, 2, 3]}
""")
    lines = project.run("run", "r.yaml", code=8).stderr_text.splitlines()
    assert [l for l in lines if l.startswith("✗")] == [
        "✗ r/seed1: the key's command false failed with exit code 1; nothing was bought",
        "✗ r/seed2: the same", "✗ r/seed3: the same"]


@pytest.mark.parametrize("name,said", [("gone.yaml", "gone.yaml"), (".", "directory")])
def test_no_recipe_there(project, name, said):
    assert said in project.run("run", name, code=3).stderr_text


@pytest.mark.parametrize("script,said", [
    ("return function(cell) retrun 1 end", "r.lua:1"),
    ("return 5", "function"),
    ("x = 1", "global"),
    ("error('boom')", "boom"),
])
def test_a_script_that_does_not_load(project, script, said):
    project.write("r.lua", script)
    project.write("r.yaml", "tarmac: 1\nscript: r.lua\nrequest: {prompt: a}\n")
    assert said in project.run("check", "r.yaml", code=3).stderr_text


@pytest.mark.parametrize("script,said", [
    ("return function(cell) error('boom') end", "r.lua:1: boom"),
    ("return function(cell) local x = cell.nothing.more end", "r.lua:1"),
    ("return function(cell) return 5 end", "clip"),
    ("return function(cell) while true do end end", "instruction"),
    ("return function(cell) return runway.wait 'not-a-task' end", "not-a-task"),
    ("return function(cell) return runway.clip {secnds = 5} end", "secnds"),
    ("return function(cell) return runway.clip {seconds = 'x'} end", "seconds"),
])
def test_a_script_that_fails_fails_its_cell(project, script, said):
    project.write("r.lua", script)
    project.write("r.yaml", "tarmac: 1\nscript: r.lua\nrequest: {prompt: a}\n")
    child = project.run("run", "r.yaml", code=4)
    assert said in child.stderr_text and project.local_tasks() == 0


def test_plan_prices_names_and_what_is_there(project, gateway):
    project.configure(h={"url": gateway.url, "prices": {"gen2": 2.5}})
    recipe = (SOURCE / "recipes/orbit.yaml").read_text()
    project.write("orbit.yaml", recipe)
    text = project.run("plan", "orbit.yaml").stdout_text
    assert text.count("25 credits ") == 9 and "9 to buy for 225 credits" in text
    assert not (project.root / ".tarmac").exists(), "a plan writes nothing"
    project.run("run", "orbit.yaml", "--gateway", "h", "--first", "2")
    events = project.events("plan", "orbit.yaml", "--gateway", "h")
    assert events[-1]["bought"] == 7 and events[-1]["have"] == 2
    assert events[-1]["credits"] == 7 * 12.5
    names = [o["path"] for e in events if e["event"] == "cell" for o in e["outputs"]]
    assert len(set(names)) == 9 and len(gateway.tasks()) == 2


def test_plan_tells_what_is_open_from_what_is_there(project, rogue):
    project.configure(h={"url": rogue.url, "prices": {"*": 5}})
    project.write("r.yaml", """tarmac: 1
gateway: h
request: {prompt: a pier, seconds: 5}
limits: {timeout: 1s, unknown_wait: 0s}
""")

    def plan(code=0):
        end = project.events("plan", "r.yaml", code=code)[-1]
        return [end[k] for k in ("bought", "have", "open", "unknown", "failed")]

    rogue.submit = rogue.buy_and_close
    project.run("run", "r.yaml", code=6)
    assert plan() == [0, 0, 0, 1, 0]
    text = project.run("plan", "r.yaml").stdout_text
    assert "perhaps bought " in text and "nothing to buy, 0 there already, 1 perhaps" in text
    for state, counts, code in [("intent", [1, 0, 0, 0, 0], 0),
                                ("running", [0, 0, 1, 0, 0], 0),
                                ("failed", [0, 0, 0, 0, 1], 4)]:
        ledger = sqlite3.connect(project.root / ".tarmac/ledger.db")
        ledger.execute("UPDATE attempts SET state = ?, task_id = 'a', kind = NULL,"
                       " ended_ms = ?", [state, 1 if state == "failed" else None])
        ledger.commit()
        ledger.close()
        assert plan(code) == counts, state
    [output] = project.events("plan", "r.yaml", "--retry-failed")[0]["outputs"]
    assert output["plan"] == "buy" and "sha256" not in output


def test_plan_of_a_script_counts_what_it_would_buy(project):
    for name in ("dolly.yaml", "dolly.lua"):
        project.write(name, (SOURCE / "recipes" / name).read_text())
    end = project.events("plan", "dolly.yaml")[-1]
    assert end["bought"] == 2 * end["cells"]


def test_a_configuration_with_mistakes_is_told_with_its_place(project):
    (project.home / "tarmac/config.yaml").write_text("keys:\n  https://a.example: sk-1\n")
    project.write("r.yaml", "tarmac: 1\nrequest: {prompt: a}\n")
    said = project.run("run", "r.yaml", code=3).stderr_text
    assert "config.yaml:2:22: error:" in said and "sk-1" not in said


def test_http_is_for_this_machine_only(project):
    project.configure(h={"url": "http://192.0.2.1:8000"})
    project.write("r.yaml", "tarmac: 1\ngateway: h\nrequest: {prompt: a}\n")
    assert "insecure" in project.run("run", "r.yaml", code=3).stderr_text


def test_params_from_the_command_line(project):
    project.write("r.yaml", """tarmac: 1
params: {what: {default: a pier, help: what to film}}
request: {prompt: "${what}"}
outputs: {name: "r/${what}"}
""")
    events = project.events("plan", "r.yaml", "-p", "what=a cliff")
    assert events[0]["outputs"][0]["path"] == "out/r/a-cliff.mp4"
    said = project.run("plan", "r.yaml", "-p", "waht=a", code=3).stderr_text
    assert "did you mean 'what'?" in said


def test_I7_a_gateways_budget_holds_over_recipes(project, gateway):
    project.configure(h={"url": gateway.url, "prices": {"*": 5}, "budget": 60})
    for name, code in (("a", 0), ("b", 0), ("c", 7)):
        project.write(f"{name}.yaml", f"tarmac: 1\ngateway: h\nrequest: {{prompt: {name}}}\n")
        child = project.run("run", f"{name}.yaml", code=code)
    assert len(gateway.tasks()) == 2 and "the gateway's budget" in child.stderr_text


def test_I7_budget_is_a_hard_stop(project, gateway):
    project.configure(h={"url": gateway.url, "prices": {"gen2": 5}})
    project.write("r.yaml", """tarmac: 1
gateway: h
request: {model: gen2, prompt: a pier, seconds: 5}
sweep: {motion.x: [1, 2, 3]}
limits: {budget: 60}
""")
    child = project.run("run", "r.yaml", code=7)
    assert len(gateway.tasks()) == 2 and "budget" in child.stderr_text
    assert json.loads(project.run("plan", "r.yaml", "--json", code=7).stdout_text
                      .splitlines()[-1])["bought"] == 1
