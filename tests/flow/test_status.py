"""status and show: what the ledger says, at any time, without network or key."""
import json
import os
import pathlib
import shutil
import sqlite3
import tempfile

import pytest

from conftest import Project, until

RECIPE = """tarmac: 1
name: pan
gateway: h
request: {{prompt: a pier, seconds: 5}}
sweep: {{seed: {seeds}}}
limits: {{in_flight: 9, unknown_wait: 0s}}
outputs: {{name: "pan/${{seed}}"}}
"""


def write(project, rogue, seeds="[1]", name="pan.yaml"):
    project.configure(h={"url": rogue.url, "prices": {"*": 5}})
    return project.write(name, RECIPE.format(seeds=seeds))


def status(project, *words):
    return project.run("status", *words).stdout_text


def attempts(project):
    return project.rows("SELECT task_id, kind, state FROM attempts ORDER BY id")


# --- status

def test_nothing_yet_is_said_and_nothing_is_made(project):
    assert "begin with: tarmac run RECIPE" in status(project)
    [event] = project.events("status")
    assert event["event"] == "state" and event["ledger"] is False
    assert not (project.root / ".tarmac").exists()


def test_a_finished_run(project, rogue):
    write(project, rogue, "[1, 2]")
    project.run("run", "pan.yaml")
    rogue.close()
    text = status(project)
    assert "  done        pan  " in text and "  tarmac run pan.yaml\n" in text
    assert "2 purchases: 2 delivered\n50 credits spent\n" in text
    assert "open:" not in text and "need you" not in text
    kinds = [e["event"] for e in project.events("status")]
    assert kinds == ["state", "run", "totals"]


def test_a_run_under_way_and_then_dead(project, rogue):
    rogue.phase = lambda task_id, n: "running"
    write(project, rogue, "[1, 2, 3]")
    child = project.start("run", "pan.yaml")
    until(lambda: project.states() == ["running"] * 3, "three tasks under way")
    text = status(project)
    assert "  running     pan  " in text and "go on with" not in text
    assert "3 purchases: 3 running\n0 credits spent, 75 credits reserved" in text
    for task_id, _, _ in attempts(project):
        assert f"  {task_id}\n" in text
    assert {"pan/1", "pan/2", "pan/3"} <= set(text.split())
    child.kill()
    child.communicate()
    text = status(project)
    assert "  died        pan  " in text
    assert text.count("go on with: tarmac run pan.yaml\n") == 1
    run = next(e for e in project.events("status") if e["event"] == "run")
    assert run["state"] == "died" and "exit" not in run


def test_what_needs_the_user_says_what_to_type(project, rogue):
    rogue.submit = rogue.refuse(401, {"message": "bad\x1b[31m key"})
    write(project, rogue)
    project.run("run", "pan.yaml", code=8)
    rogue.submit = rogue.buy
    rogue.phase = lambda task_id, n: "failed"
    write(project, rogue, "[2]", "b.yaml")
    project.run("run", "b.yaml", code=4)
    rogue.submit = rogue.buy_and_close
    write(project, rogue, "[3]", "c.yaml")
    project.run("run", "c.yaml", code=6)
    text = status(project)
    assert "\x1b" not in text
    wanted = ["unknown", "never sent again by itself", "tarmac run c.yaml\n",
              "failed", "tarmac run b.yaml --retry-failed\n",
              "refused", "nothing was bought; when the reason is mended",
              "tarmac run pan.yaml\n"]
    places = [text.index(w, text.index("these need you:")) for w in wanted]
    assert places == sorted(places), text
    assert "0 credits spent, 25 credits perhaps spent by unknown ones" in text
    troubles = [e for e in project.events("status") if e["event"] == "trouble"]
    assert [t["state"] for t in troubles] == ["unknown", "failed", "refused"]
    assert troubles[0]["next"].endswith("tarmac run c.yaml")


def test_one_recipe_by_file_and_by_name(project, rogue):
    write(project, rogue)
    project.run("run", "pan.yaml")
    project.write("other.yaml", RECIPE.format(seeds="[7, 8]").replace("pan", "other"))
    project.run("run", "other.yaml")
    for word in ("other.yaml", "other"):
        assert "2 purchases: 2 delivered" in status(project, word)
    assert "3 purchases: 3 delivered" in status(project)
    said = project.run("status", "othr", code=2).stderr_text
    assert "did you mean 'other'?" in said
    project.write("bad.yaml", "tarmac: 1\nrequest: {secnds: 5}\n")
    assert "bad.yaml:2:11: error:" in project.run("status", "bad.yaml", code=3).stderr_text


def test_long_lists_are_cut_and_all_shows_all(project, rogue):
    rogue.phase = lambda task_id, n: "failed"
    write(project, rogue, "{from: 1, to: 14, by: 1}")
    project.run("run", "pan.yaml", code=4)
    text = status(project)
    assert text.count("  failed  ") == 10 and "  … and 4 more (--all)\n" in text
    text = status(project, "--all")
    assert text.count("  failed  ") == 14 and "more (--all)" not in text
    assert text.count("--retry-failed") == 1, "said once for rows in a line"
    more = project.events("status")[-1]
    assert (more["event"], more["of"], more["count"]) == ("more", "trouble", 4)


@pytest.fixture
def open_project():
    """A project that any user of this machine may look into."""
    root = pathlib.Path(tempfile.mkdtemp(dir="/tmp"))
    root.chmod(0o755)
    yield Project(root)
    shutil.rmtree(root)


def test_a_folder_that_cannot_be_written(open_project, rogue):
    project = open_project
    write(project, rogue)
    project.run("run", "pan.yaml")
    project.root.chmod(0o555)
    (project.root / ".tarmac").chmod(0o555)
    nobody = {"user": 65534} if os.geteuid() == 0 else {}
    child = project.run("status", **nobody)
    assert "1 purchase: 1 delivered" in child.stdout_text
    child = project.run("show", "out/pan/1.mp4", **nobody)
    assert "  state      delivered" in child.stdout_text
    project.root.chmod(0o755)
    (project.root / ".tarmac").chmod(0o755)


@pytest.mark.parametrize("command", [["status"], ["show", "abcdef"]])
def test_a_damaged_ledger_is_one_line_and_exit_9(project, command):
    (project.root / ".tarmac").mkdir()
    (project.root / ".tarmac/ledger.db").write_bytes(b"not a database" * 1000)
    child = project.run(*command, code=9)
    assert "ledger.db" in child.stderr_text and child.stderr_text.count("\n") == 1
    assert project.events(*command, code=9)[-1]["event"] == "error"


@pytest.mark.parametrize("link", [None, "nowhere", "ledger.db"])
@pytest.mark.parametrize("command", [["status"], ["log"], ["show", "abcdef"], ["settle"],
                                     ["plan", "pan.yaml"]])
def test_a_ledger_that_is_gone_is_not_nothing_bought(project, rogue, command, link):
    """Or a link that leads nowhere, or to itself."""
    write(project, rogue)
    clip = project.root / ".tarmac/store/ab/abcd.mp4"
    clip.parent.mkdir(parents=True)
    clip.write_bytes(b"paid")
    if link:
        (project.root / ".tarmac/ledger.db").symlink_to(link)
    child = project.run(*command, code=9)
    assert "ledger.db" in child.stderr_text and child.stderr_text.count("\n") == 1
    assert "nothing was bought here" not in child.stdout_text + child.stderr_text


# --- show

def test_every_name_of_a_purchase_shows_it(project, rogue):
    write(project, rogue)
    project.run("run", "pan.yaml")
    [(task_id, _, _)] = attempts(project)
    [(fingerprint,)] = project.rows("SELECT fingerprint FROM purchases")
    [(sha256,)] = project.rows("SELECT sha256 FROM clips")
    stored = next((project.root / ".tarmac/store").rglob("*.mp4"))
    shutil.copy(stored, project.root / "copy.mp4")
    words = [task_id, task_id[:8], fingerprint, fingerprint[:6], sha256, sha256[:7],
             "out/pan/1.mp4", str(project.root / "out/../out/pan/1.mp4"), "copy.mp4",
             str(stored)]
    texts = [project.run("show", word).stdout_text for word in words]
    assert len(set(texts)) == 1
    for part in ("cell         pan/1\n", f"fingerprint  {fingerprint}\n", "  prompt: a pier\n",
                 "  seed: 1\n", "  price      25 credits\n", f"  task_id    {task_id}\n",
                 f"    sha256   {sha256}\n", f"    file     {stored}\n",
                 "    output   out/pan/1.mp4\n", "    status: 200\n"):
        assert part in texts[0], (part, texts[0])
    (project.root / "out/pan/1.mp4").unlink()
    assert project.run("show", "out/pan/1.mp4").stdout_text == texts[0]
    stored.unlink()
    assert "gone; running again brings it back" in project.run("show", task_id).stdout_text


def test_show_as_json(project, rogue):
    write(project, rogue)
    project.run("run", "pan.yaml")
    [tree] = project.events("show", "out/pan/1.mp4")
    [attempt] = tree["attempts"]
    [clip] = attempt["clips"]
    assert tree["event"] == "purchase" and tree["request"]["prompt"] == "a pier"
    assert attempt["state"] == "delivered" and attempt["credits"] == 25
    assert clip["outputs"] == ["out/pan/1.mp4"] and clip["present"]
    assert pathlib.Path(clip["path"]).read_bytes() == rogue.clip


def test_what_failed_and_what_the_wire_said(project, rogue):
    rogue.submit = rogue.refuse(401, {"message": "bad \x1b[31m\u202e key\nno " + 9000 * "x"})
    write(project, rogue)
    project.env["H_KEY"] = "sk-secret-of-mine"
    project.configure(h={"url": rogue.url, "key": "H_KEY"})
    project.run("run", "pan.yaml", code=8)
    project.run("run", "pan.yaml", code=8)
    [(fingerprint,)] = project.rows("SELECT fingerprint FROM purchases")
    text = project.run("show", fingerprint[:10]).stdout_text
    assert text.count("\nattempt ") == 2 and text.count("  state      refused\n") == 2
    assert "status: 401" in text and "more bytes)" in text and len(text) < 9000
    assert "\x1b" not in text and "\u202e" not in text and "sk-secret" not in text
    assert "sk-secret" not in project.run("show", fingerprint, "--json").stdout_text


@pytest.mark.parametrize("word,said", [
    ("abc", "6 characters or more"),
    (b"\xbf\xbf\xbf\xbf\xbf\xbf", "no task_id, fingerprint, sha256 or output"),
    ("zzzzzzzz", "no task_id, fingerprint, sha256 or output"),
    ("pan.yaml", "no clip that was bought here"),
    ("out/pan/9.mp4", "no task_id, fingerprint, sha256 or output"),
])
def test_a_word_that_names_nothing_is_exit_2(project, rogue, word, said):
    write(project, rogue)
    project.run("run", "pan.yaml")
    assert said in project.run("show", word, code=2).stderr_text


def test_a_word_that_names_several_lists_them(project, rogue):
    write(project, rogue, "[1, 2]")
    project.run("run", "pan.yaml")  # two purchases with the same content
    [(sha256,)] = project.rows("SELECT DISTINCT sha256 FROM clips")
    said = project.run("show", sha256, code=2).stderr_text
    assert "several" in said
    for fingerprint, cell in project.rows("SELECT fingerprint, cell FROM purchases"):
        assert f"  {fingerprint[:12]}  delivered  {cell}  " in said
    events = project.events("show", sha256, code=2)
    assert [e["event"] for e in events] == ["error", "match", "match"]
    assert "pan/1" in project.run("show", "out/pan/1.mp4").stdout_text


def test_near_names_are_shown(project, rogue):
    write(project, rogue)
    project.run("run", "pan.yaml")
    [(task_id, _, _)] = attempts(project)
    said = project.run("show", task_id[:6] + "zz", code=2).stderr_text
    assert "begin alike" in said and task_id in said


def test_show_without_a_ledger(project):
    assert "tarmac run RECIPE" in project.run("show", "abcdef", code=2).stderr_text
    assert not (project.root / ".tarmac").exists()


def test_a_hundred_thousand_purchases_are_listed_row_by_row(project, rogue):
    write(project, rogue)
    project.run("run", "pan.yaml")
    link = sqlite3.connect(project.root / ".tarmac/ledger.db")
    with link:
        link.executemany(
            "INSERT INTO purchases(fingerprint, gateway, route, request, take, recipe, cell,"
            " created_ms) VALUES(?, 'h', 'generate', '{}', 1, 'pan', 'c', 1)",
            ((f"{n:064x}",) for n in range(100000)))
        link.execute(
            "INSERT INTO attempts(purchase, n, state, owner, token, callback_port, gateway,"
            " recipe, task_id, price, created_ms) SELECT id, 1, 'running', 'x', 't' || id, 0,"
            " 'h', 'pan', 'task-' || id, 1000, 1 FROM purchases WHERE id > 1")
    link.close()
    child = project.run("status", "--all")
    assert child.stdout_text.count("\n  running ") == 100000
    assert "100001 purchases: 100000 running, 1 delivered" in child.stdout_text
    assert "… and 99990 more" in status(project)
    assert json.loads(project.run("show", "task-500", "--json").stdout_text)["gateway"] == "h"


def test_the_three_commands_stand_in_the_help(project):
    text = project.run("--help").stdout_text
    for command in ("status", "show", "doctor"):
        assert f"\n  {command} " in text
        assert "\nexamples:\n  tarmac " + command in project.run(command, "--help").stdout_text


@pytest.mark.parametrize("words", [["status", "a", "b"], ["show"], ["show", "a", "b"],
                                   ["show", ""], ["doctor", "a", "b"], ["status", "--first", "1"]])
def test_usage_mistakes(project, words):
    project.run(*words, code=2)
