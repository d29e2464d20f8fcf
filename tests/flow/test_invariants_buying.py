"""I5 and I7: one fingerprint is one purchase, and no more is spent than is allowed."""
import sqlite3

import pytest

from conftest import until
from pier import Gate, edit, offer, script

SPENT = "SELECT coalesce(sum(price), 0) FROM attempts WHERE state = 'delivered'"


# --- I5: one fingerprint is one purchase
def test_I5_a_second_run_buys_nothing_and_asks_nobody(project, rogue):
    offer(project, rogue, seeds="[1, 2]")
    project.run("run", "pan.yaml")
    polls = len(rogue.polls)
    project.run("run", "pan.yaml")
    assert len(rogue.posts) == 2 and len(rogue.polls) == polls


def test_I5_two_recipes_at_once_that_ask_the_same_share_one_purchase(project, rogue):
    with Gate() as gate:
        rogue.submit = gate.before(rogue.buy)
        offer(project, rogue)
        other = (project.root / "pan.yaml").read_text().replace("name: pan", "name: other")
        project.write("other.yaml", other.replace('"pan/', '"other/'))
        first = project.start("run", "pan.yaml")
        until(gate.arrived.is_set, "the POST")
        second = project.start("run", "other.yaml")
        until(lambda: len(project.rows("SELECT 1 FROM runs")) == 2, "the second run")
        gate.opened.set()
        for child in (first, second):
            _, said = child.communicate(timeout=60)
            assert child.returncode == 0, said
    assert len(rogue.posts) == 1 and project.states() == ["delivered"]
    assert project.outputs() == ["out/other/1.mp4", "out/pan/1.mp4"]


def test_I5_the_ledger_takes_no_second_open_attempt(project, rogue):
    rogue.submit = rogue.buy_and_close
    offer(project, rogue)
    project.run("run", "pan.yaml", code=6)
    columns = "purchase, state, owner, callback_port, gateway, recipe, created_ms"
    with pytest.raises(sqlite3.IntegrityError, match="attempts.purchase"):
        edit(project, f"INSERT INTO attempts({columns}, n, token) "
                      f"SELECT {columns}, n + 1, 'another' FROM attempts")


def test_I5_cells_that_share_are_told_so_once(project, rogue):
    offer(project, rogue)
    recipe = project.root / "pan.yaml"
    recipe.write_text(recipe.read_text().replace("{seed: [1]}", "{note: [a, b, c]}")
                      .replace("${seed}", "${note}"))
    planned = project.run("plan", "pan.yaml").stdout_text
    assert planned.count("3 cells share one purchase: takes: 3 buys each") == 1
    said = project.run("run", "pan.yaml").stderr_text
    assert said.count("shares its purchase with cells that ask for the same") == 1
    assert len(rogue.posts) == 1 and len(project.outputs()) == 3


def test_I5_what_failed_is_told_without_network(project, rogue):
    rogue.phase = lambda task_id, n: "failed"
    offer(project, rogue)
    project.run("run", "pan.yaml", code=4)
    rogue.close()
    assert "no luck" in project.run("run", "pan.yaml", code=4).stderr_text
    assert project.states() == ["failed"]


# --- I7: the budget
def test_I7_it_counts_what_is_unknown_and_what_is_running(project, rogue):
    """75 allow three of 25: one unknown, one running and one delivered are that."""
    def submit(call, body):
        (rogue.buy_and_close if body["options"]["seed"] == 1 else rogue.buy)(call, body)

    def phase(task_id, n):
        return "running" if rogue.bought[task_id]["options"]["seed"] == 2 else "succeeded"
    rogue.submit, rogue.phase = submit, phase
    offer(project, rogue, seeds="[1, 2, 3]", limits="budget: 75, timeout: 1s")
    project.run("run", "pan.yaml", code=6)
    assert project.states() == ["delivered", "running", "unknown"]
    offer(project, rogue, seeds="[4]", limits="budget: 99")
    assert "budget" in project.run("run", "pan.yaml", code=7).stderr_text
    assert len(rogue.posts) == 3
    offer(project, rogue, seeds="[4]", limits="budget: 100")
    project.run("run", "pan.yaml")
    assert len(rogue.posts) == 4


def test_I7_it_holds_over_all_runs_of_the_recipe(project, rogue):
    offer(project, rogue, seeds="[1]", limits="budget: 40")
    project.run("run", "pan.yaml")
    offer(project, rogue, seeds="[2]", limits="budget: 40")
    project.run("run", "pan.yaml", code=7)
    other = (project.root / "pan.yaml").read_text().replace("name: pan", "name: other")
    project.write("other.yaml", other)
    project.run("run", "other.yaml")
    assert len(rogue.posts) == 2, "another recipe has its own"


def test_I7_two_runs_at_once_do_not_spend_the_last_credits_twice(project, rogue):
    offer(project, rogue, limits="budget: 80, in_flight: 6")
    project.run("run", "pan.yaml")
    text = (project.root / "pan.yaml").read_text()
    for name, seeds in (("a", "[2, 3, 4]"), ("b", "[5, 6, 7]")):
        project.write(f"{name}.yaml", text.replace("[1]", seeds))
    children = [project.start("run", f"{name}.yaml") for name in "ab"]
    said = [child.communicate(timeout=60)[1] for child in children]
    assert len(rogue.posts) == 3, "1 + 2 of 6"
    assert 7 in [child.returncode for child in children], said
    assert project.rows(SPENT) == [(75000,)]


@pytest.mark.parametrize("limits,entry", [("budget: 1000", {}), ("", {"budget": 1000})])
def test_I7_no_price_and_a_budget_is_an_error_before_buying(project, rogue, limits, entry):
    project.write("own.lua", "local M = require 'dialect.reverse'\n"
                             "M.price = function() end\nreturn M\n")
    offer(project, rogue, limits=limits, prices={"gen4": 5}, dialect="own.lua", **entry)
    child = project.run("run", "pan.yaml", code=4)
    assert "price of this request at 'h' is not known; give the gateway 'prices: {gen2: 5}'" \
        in child.stderr_text
    assert "nothing was bought" in child.stderr_text
    assert rogue.posts == [] and project.states() == []
    planned = project.run("plan", "pan.yaml", code=4)
    assert "price of this request at 'h' is not known" in planned.stderr_text


def test_I7_prices_are_exact(project, rogue):
    """A thousand times 1.001 is 1000.9999999999999 to a machine."""
    offer(project, rogue, seeds="[1, 2, 3, 4]", limits="budget: 15.015, in_flight: 1",
          prices={"*": 1.001})
    project.run("run", "pan.yaml", code=7)
    assert len(rogue.posts) == 3 and project.rows(SPENT) == [(15015,)]


def test_I7_what_the_service_charges_is_what_was_spent(project, rogue):
    def shape(task_id, phase):
        answer = rogue.native(task_id, phase)
        answer["data"]["point"] = 7
        return answer
    rogue.shape = shape
    offer(project, rogue, limits="budget: 32")
    project.run("run", "pan.yaml")
    assert project.rows(SPENT) == [(7000,)]
    offer(project, rogue, seeds="[2]", limits="budget: 32")
    project.run("run", "pan.yaml")
    assert len(rogue.posts) == 2, "7 + 25 are allowed"


def test_I7_the_local_gateway_costs_five_credits_a_second(project):
    project.write("r.yaml", "tarmac: 1\nrequest: {prompt: a pier, seconds: 10}\n"
                            "limits: {budget: 49.999}\n")
    assert project.events("plan", "r.yaml", code=7)[-1]["credits"] == 50
    project.run("run", "r.yaml", code=7)
    assert project.local_tasks() == 0
