"""settle: the user's word about a purchase that nobody told us of, and that the
run that comes next does right with it; log: what happened."""
import json
import signal
import urllib.request

import pytest

from conftest import until
from pier import RECIPE, offer


def lose(project, rogue, **options):
    """Buy, and lose the answers; the rogue answers well afterwards."""
    offer(project, rogue, **options)
    rogue.submit = rogue.buy_and_close
    child = project.run("run", "pan.yaml", code=6)
    rogue.heal()
    return child


def ids(project):
    return [row[0] for row in project.rows("SELECT fingerprint FROM purchases ORDER BY id")]


def spent(project):
    [totals] = [e for e in project.events("status") if e["event"] == "totals"]
    return totals["spent"], totals["reserved"], totals["unknown"]


def test_nothing_to_settle(project, rogue):
    assert "nothing to settle" in project.run("settle").stdout_text
    assert project.events("settle") == [{"event": "end", "unknown": 0, "exit": 0}]
    assert not (project.root / ".tarmac").exists()
    assert "nothing was bought here" in project.run("settle", "--buy-again", code=2).stderr_text
    offer(project, rogue)
    project.run("run", "pan.yaml")
    assert "nothing to settle" in project.run("settle").stdout_text
    [one] = ids(project)
    said = project.run("settle", one[:8], "--buy-again", code=2).stderr_text
    assert "is delivered, not unknown" in said
    assert project.states() == ["delivered"]


def test_what_is_unknown_is_shown_with_its_choices(project, rogue):
    rogue_said = "\x1b[31mno\x1b[0m"
    lost = lose(project, rogue)
    assert "tarmac settle" in lost.stderr_text + lost.stdout_text
    assert "tarmac settle" in project.run("status").stdout_text
    [one] = ids(project)
    text = project.run("settle", code=6).stdout_text
    wanted = ["pan/1", "recipe       pan", "gateway      h", "a pier", "state      unknown",
              "25 credits", "sent", "callback     port",
              f"tarmac settle {one[:12]} --adopt TASK_ID", "--not-bought", "--buy-again"]
    assert [w for w in wanted if w not in text] == []
    assert rogue_said not in text
    [row, end] = project.events("settle", code=6)
    assert row["fingerprint"] == one and row["run_alive"] is False
    assert end == {"event": "end", "unknown": 1, "exit": 6}
    assert "pan/1" in project.run("settle", one[:7], code=6).stdout_text
    assert project.states() == ["unknown"] and len(rogue.posts) == 1


def test_an_adopted_task_is_fetched_and_not_bought(project, rogue):
    lose(project, rogue)
    [task] = rogue.bought
    said = project.run("settle", "--adopt", task).stdout_text
    assert "tarmac run pan.yaml" in said
    assert project.rows("SELECT state, task_id FROM attempts") == [("accepted", task)]
    project.run("run", "pan.yaml")
    assert len(rogue.posts) == 1 and project.states() == ["delivered"]
    assert project.outputs() == ["out/pan/1.mp4"] and spent(project) == (25, 0, 0)


def test_what_was_not_bought_is_bought(project, rogue):
    lose(project, rogue)
    assert spent(project) == (0, 0, 25)
    assert "tarmac run pan.yaml" in project.run("settle", "--not-bought").stdout_text
    assert project.rows("SELECT state, kind FROM attempts") == [("refused", "not_bought")]
    assert spent(project) == (0, 0, 0)
    project.run("run", "pan.yaml")
    assert len(rogue.posts) == 2 and project.states() == ["delivered", "refused"]
    assert spent(project) == (25, 0, 0)
    project.run("run", "pan.yaml")
    assert len(rogue.posts) == 2


def test_buying_again_counts_both_and_hears_the_first_no_more(project, rogue):
    lose(project, rogue)
    [first] = rogue.bought
    [event] = project.events("settle", "--buy-again")
    assert event["event"] == "settled" and event["state"] == "cancelled"
    assert event["next"] == "tarmac run pan.yaml"
    assert spent(project) == (25, 0, 0)
    assert project.events("plan", "pan.yaml")[-1]["bought"] == 1
    rogue.phase = lambda task_id, n: "running"
    child = project.start("run", "pan.yaml")
    until(lambda: "running" in project.states(), "the second is under way")
    old, new = (post[1]["callback_url"] for post in rogue.posts)
    late = new.rsplit("/", 1)[0] + "/" + old.rsplit("/", 1)[1]
    body = json.dumps({"task_id": first, "status": "3"}).encode()
    with urllib.request.urlopen(urllib.request.Request(late, body), timeout=30) as answer:
        assert answer.status == 200
    rogue.phase = lambda task_id, n: "succeeded"
    _, err = child.communicate(timeout=60)
    assert child.returncode == 0, err
    assert len(rogue.posts) == 2 and project.states() == ["cancelled", "delivered"]
    [(task,)] = project.rows("SELECT task_id FROM attempts WHERE state = 'delivered'")
    assert task != first and spent(project) == (50, 0, 0)
    project.run("run", "pan.yaml")
    assert len(rogue.posts) == 2


def test_a_budget_still_counts_the_closed_one(project, rogue):
    lose(project, rogue, limits="budget: 40")
    project.run("settle", "--buy-again")
    project.run("run", "pan.yaml", code=7)
    assert len(rogue.posts) == 1 and project.states() == ["cancelled"]


def test_one_of_several_is_named(project, rogue):
    lose(project, rogue, seeds="[1, 2]")
    assert "2 purchases" in project.run("settle", "--not-bought", code=2).stderr_text
    one, two = ids(project)
    project.run("settle", one, two, "--not-bought", code=2)
    project.run("settle", one, "--not-bought", "--buy-again", code=2)
    assert project.states() == ["unknown"] * 2
    task, _ = rogue.bought
    project.run("settle", one[:12], "--adopt", task)
    said = project.run("settle", two[:12], "--adopt", task, code=2).stderr_text
    assert "known already" in said and one[:12] in said
    assert project.states() == ["accepted", "unknown"]
    assert "is accepted, not unknown" in \
        project.run("settle", one[:12], "--not-bought", code=2).stderr_text


@pytest.mark.parametrize("task", ["", "a\nb", "x" * 513])
def test_a_task_id_that_is_none(project, rogue, task):
    lose(project, rogue)
    assert "task_id" in project.run("settle", "--adopt", task, code=2).stderr_text
    assert project.states() == ["unknown"]


def test_a_run_that_listens_is_not_disturbed(project, rogue):
    offer(project, rogue, wait="10m")
    rogue.submit = rogue.buy_and_close
    child = project.start("run", "pan.yaml")
    until(lambda: project.states() == ["unknown"], "the answer is lost")
    assert "is alive" in project.run("settle", "--not-bought", code=2).stderr_text
    assert "is alive" in project.run("settle", code=6).stdout_text
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    project.run("settle", "--not-bought")
    assert project.states() == ["refused"]


def test_one_that_was_being_sent_when_its_run_died(project, rogue):
    """submitting of a dead run is unknown; of a living one it is not."""
    offer(project, rogue)

    def silent(call, body):
        rogue.record(body)
        rogue.closing.wait(60)
    rogue.submit = silent
    child = project.start("run", "pan.yaml")
    until(lambda: len(rogue.bought) == 1, "the POST has arrived")
    assert project.states() == ["submitting"]
    assert "nothing to settle" in project.run("settle").stdout_text
    [one] = ids(project)
    assert "by a run that is alive" in \
        project.run("settle", one, "--buy-again", code=2).stderr_text
    child.kill()
    child.communicate()
    project.run("settle", code=6)
    [task] = rogue.bought
    rogue.heal()
    project.run("settle", "--adopt", task)
    project.run("run", "pan.yaml")
    assert len(rogue.posts) == 1 and project.states() == ["delivered"]

# --- log

def test_the_log_of_a_purchase_that_was_settled(project, rogue):
    assert "nothing was bought here" in project.run("log").stdout_text
    assert project.events("log") == []
    lose(project, rogue)
    [task] = rogue.bought
    project.run("settle", "--adopt", task)
    project.run("run", "pan.yaml")
    before = project.rows("SELECT * FROM attempts")
    lines = project.run("log").stdout_text.splitlines()
    events = project.events("log")
    assert [e["what"] for e in events] == [
        "run ended", "delivered", "run began", "accepted", "run ended", "sent", "asked",
        "run began"]
    assert [e["at_ms"] for e in events] == sorted((e["at_ms"] for e in events), reverse=True)
    assert [e.get("exit") for e in events if e["what"] == "run ended"] == [0, 6]
    assert events[1]["task_id"] == task and len(events[1]["sha256"]) == 64
    assert "pan/1  h  25 credits" in lines[1]
    assert project.rows("SELECT * FROM attempts") == before


def test_the_log_of_one_recipe_and_of_many_rows(project, rogue):
    offer(project, rogue, str(list(range(20))))
    project.run("run", "pan.yaml")
    project.write("b.yaml", RECIPE.format(seeds="[50]", wait="0s", limits="", more="")
                  .replace("pan", "b"))
    project.run("run", "b.yaml")
    assert len(project.run("log").stdout_text.splitlines()) == 50
    assert len(project.events("log", "--all")) == 20 * 4 + 2 + 4 + 2
    for word in ("b", "b.yaml"):
        assert {e["recipe"] for e in project.events("log", word)} == {"b"}
        assert len(project.events("log", word)) == 6
    assert "did you mean 'pan'" in project.run("log", "pam", code=2).stderr_text
    project.run("log", "a", "b", code=2)


def test_the_log_prints_nothing_that_moves_the_cursor(project, rogue):
    offer(project, rogue)
    rogue.submit = rogue.refuse(401, {"message": "bad\x1b[31m\nkey"})
    project.run("run", "pan.yaml", code=8)
    text = project.run("log").stdout_text
    assert "\x1b" not in text and len(text.splitlines()) == 5
    [said] = [line for line in text.splitlines() if "key" in line]
    assert "  refused  " in said
