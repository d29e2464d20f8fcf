"""What a service says of the account: said at the start, and kept to, so that what
it would not take is not sent."""
import pytest

from conftest import Gateway
from office import Office

RECIPE = """tarmac: 1
name: pan
gateway: h
request: {{prompt: a pier, ratio: "16:9", seconds: 6}}
sweep: {{model: [{models}], seed: {{from: 1, to: {each}, by: 1}}}}
limits: {{in_flight: 8}}
outputs: {{name: "pan/${{model}}_${{seed}}"}}
"""
PRICE = 30  # of one, at 5 credits a second


@pytest.fixture
def office(clip):
    server = Office(clip)
    yield server
    server.close()


def offer(project, office, models="gen4.5", each=1):
    project.env["HOUSE_KEY"] = "key-of-the-house"
    project.configure(h={"url": office.url, "dialect": "official", "prices": {"*": 5},
                         "poll_min": 0.1, "key": "HOUSE_KEY"})
    project.write("pan.yaml", RECIPE.format(models=models, each=each))


def test_it_is_asked_once_and_said(project, office):
    office.allow("gen4.5", 3, 200)
    office.allow("veo3", 1, 50)  # which this run does not use
    office.usage = {"gen4.5": 50}
    offer(project, office, each=2)
    run = project.run("run", "pan.yaml")
    assert "tarmac: h: 1000 credits; gen4.5 3 at once, 150 left today\n" in run.stderr_text
    [(headers, posts)] = office.asked
    assert posts == 0, "asked before the first purchase"
    assert headers["Authorization"] == "Bearer key-of-the-house"
    assert headers["X-Runway-Version"] == "2024-11-06"
    assert len(office.bought) == 2
    # Nothing to buy: nobody is asked.
    again = project.run("run", "pan.yaml")
    assert len(office.asked) == 1 and "credits;" not in again.stderr_text


def test_it_is_an_event(project, office):
    office.allow("gen4.5", 3, 200)
    offer(project, office)
    said = [e for e in project.events("run", "pan.yaml") if e["event"] == "account"]
    assert [e["message"] for e in said] == ["h: 1000 credits; gen4.5 3 at once, 200 left today"]


def test_what_may_cost_less_than_there_is_goes(project, office):
    """The given clip may be short: 56 credits, or 840."""
    project.write("snow.yaml", "tarmac: 1\nname: snow\ngateway: h\nroute: video2video\n"
                  "request: {prompt: snow, video: 'https://h/a.mp4'}\noutputs: {name: snow}\n")
    project.configure(h={"url": office.url, "dialect": "official", "poll_min": 0.1})
    office.credits = 55
    text = project.run("run", "snow.yaml", code=8).stderr_text
    assert "the 55 credits at 'h' do not suffice (it costs at least 56); it was not bought" in text
    assert not office.bought
    office.credits = 56
    project.run("run", "snow.yaml")
    assert len(office.bought) == 1


def test_a_plan_asks_nobody(project, office):
    offer(project, office)
    project.run("plan", "pan.yaml")
    assert office.asked == []


@pytest.mark.parametrize("answer", [
    (401, '{"error":"no"}'), (500, "<html>"), (200, "<html>"), (200, '{"creditBalance":"x"}'),
    (200, "[1]"), (200, '{"tier":{"models":{"gen4.5":[]}}}'),
    (200, '{"creditBalance":1e999,"tier":{"models":{"gen4.5":{"maxDailyGenerations":-1}}}}'),
], ids=str)
def test_no_answer_is_no_obstacle(project, office, answer):
    status, body = answer
    office.organization = office.says(body, status)
    offer(project, office)
    run = project.run("run", "pan.yaml")
    assert len(office.bought) == 1
    assert "credits" not in run.stderr_text.split("delivered")[0]


def test_that_it_is_not_told_is_said_to_who_wants_to_know(project, office):
    office.organization = office.says("no", 404)
    offer(project, office, each=3)
    run = project.run("run", "pan.yaml", "-v")
    assert run.stderr_text.count("does not tell what the account allows (HTTP 404)") == 1
    assert len(office.bought) == 3


def test_no_more_run_at_once_than_a_model_may(project, office):
    office.allow("gen4.5", 2, 200)
    office.running = 8
    offer(project, office, models="gen4.5, veo3.1_fast", each=5)
    project.run("run", "pan.yaml")
    assert len(office.bought) == 10
    assert office.most["gen4.5"] == 2
    assert office.most["veo3.1_fast"] > 2, "the other model is not held back"


def test_no_more_is_sent_than_is_left_today(project, office):
    office.allow("gen4.5", 5, 10)
    office.usage = {"gen4.5": 8}
    offer(project, office, each=4)
    run = project.run("run", "pan.yaml", code=8)
    assert len(office.posts) == len(office.bought) == 2
    assert "'h' takes no more of gen4.5 today; it was not bought; run again tomorrow" \
        in run.stderr_text
    assert project.states() == ["delivered"] * 2
    # Tomorrow.
    office.usage = {}
    project.run("run", "pan.yaml")
    assert len(office.bought) == 4 and project.states() == ["delivered"] * 4


def test_no_more_is_sent_than_the_credits_suffice_for(project, office):
    office.credits = 2 * PRICE + 5
    offer(project, office, each=4)
    run = project.run("run", "pan.yaml", code=8)
    assert len(office.posts) == len(office.bought) == 2
    assert "the 65 credits at 'h' do not suffice (60 are spent or reserved by this run, it costs " \
        "30, all that was asked for so far 120); it was not bought; add credits there and run " \
        "again" in run.stderr_text
    office.credits = 2 * PRICE
    project.run("run", "pan.yaml")
    assert len(office.bought) == 4


def test_the_built_in_service_tells_what_its_tier_allows(project, tmp_path):
    """gen4.5 at 12 credits a second: two of six seconds, and not a third."""
    service = Gateway(tmp_path / "service", "--tier", "1", "--credits", "150")
    try:
        project.configure(h={"url": service.url, "dialect": "official", "poll_min": 0.1})
        project.write("pan.yaml", RECIPE.format(models="gen4.5", each=3))
        run = project.run("run", "pan.yaml", code=8)
        assert "tarmac: h: 150 credits; gen4.5 1 at once, 50 left today\n" in run.stderr_text
        assert "the 150 credits at 'h' do not suffice (144 are spent" in run.stderr_text
        assert len(service.tasks()) == 2
        run = project.run("run", "pan.yaml", code=8)
        assert "tarmac: h: 6 credits; gen4.5 1 at once, 48 left today\n" in run.stderr_text
        assert len(service.tasks()) == 2
    finally:
        service.stop()
