"""Runway's own API by the dialect `official`: requests that are right are sent as it
wants them, and what it would refuse is refused here, before buying."""
import pytest

from conftest import Gateway
from office import Office

RECIPE = """tarmac: 1
name: pan
gateway: h
{more}
request: {{{request}}}
outputs: {{name: pan}}
"""


@pytest.fixture
def office(clip):
    server = Office(clip)
    yield server
    server.close()


@pytest.fixture
def own(tmp_path):
    """The built-in gateway, which speaks this API, too."""
    server = Gateway(tmp_path / "own")
    yield server
    server.stop()


def offer(project, service, request, more="", **entry):
    project.configure(h={"url": service.url, "dialect": "official", "poll_min": 0.1, **entry})
    project.write("pan.yaml", RECIPE.format(request=request, more=more))


def test_the_camera_is_said_in_words_and_kept_as_it_was(project, office):
    offer(project, office, "prompt: a pier, ratio: '9:16', motion: {x: 4, y: 0, r: -0.5}")
    project.run("run", "pan.yaml")
    [(headers, body)] = office.posts
    assert headers["X-Runway-Version"] == "2024-11-06"
    assert body == {"model": "gen4.5", "promptText": "a pier Camera: x 4, r -0.5.",
                    "ratio": "720:1280", "duration": 5}
    assert '"motion":{"r":-0.5,"x":4,"y":0}' in project.rows("SELECT request FROM purchases")[0][0]
    project.run("run", "pan.yaml")
    assert len(office.posts) == 1


@pytest.mark.parametrize("request_,says", [
    ("prompt: a, model: gen4_turba", "unknown model 'gen4_turba' (known on 2026-04-21: gen4.5"),
    ("prompt: a, model: gen4_turba", "did you mean 'gen4_turbo'?); if the service has it, give "
                                     "its price in the gateway's entry: prices: {gen4_turba: 5}"),
    ("prompt: a, model: veo3.1, seconds: 5", "takes 4, 6, 8 for model 'veo3.1'"),
    ("prompt: a, model: veo3.1", "'seconds' is missing: official generate needs it"),
    ("prompt: a, model: gen4_turbo", "model 'gen4_turbo' needs an 'image'"),
    ("prompt: a, ratio: '1:1'", "model 'gen4.5' takes 16:9, 9:16, 1280:720, 720:1280 without"),
    ("prompt: a, style: cinematic", "official generate does not take 'style'"),
    (f"prompt: {'a' * 990}, motion: {{x: 4}}", "with the camera's words"),
])
def test_what_it_does_not_take_is_refused_before_buying(project, office, request_, says):
    offer(project, office, request_)
    for command in ("check", "plan", "run"):
        assert says in project.run(command, "pan.yaml", code=3).stderr_text
    assert office.posts == []


def test_a_model_that_has_a_price_is_known(project, office):
    offer(project, office, "prompt: a, model: gen9, seconds: 7", prices={"gen9": 3})
    assert "for 21 credits," in project.run("plan", "pan.yaml").stdout_text
    project.run("run", "pan.yaml")
    assert office.posts[0][1]["model"] == "gen9"


def test_a_plan_has_prices_and_says_of_when(project, office):
    offer(project, office, "prompt: a")
    text = project.run("plan", "pan.yaml").stdout_text
    assert "1 to buy for 60 credits (prices of 2026-04-21, for orientation)" in text


@pytest.mark.parametrize("more,says", [
    ("", "not known; give the gateway 'prices: {happyhorse_1_0: 5}' (credits a second"),
    ("route: upscale", "what upscale costs at 'h' is known only afterwards; leave the budget out"),
])
def test_a_budget_needs_a_price(project, office, more, says):
    request = "video: 'https://h/a.mp4'" if more else "prompt: a, model: happyhorse_1_0"
    offer(project, office, request, more=more + "\nlimits: {budget: 100}")
    assert says in project.run("run", "pan.yaml", code=4).stderr_text
    assert office.posts == []


def test_a_route_that_there_is_not(project, office):
    offer(project, office, "prompt: a", more="route: video2vidoe")
    says = "'h' (dialect official) has no route 'video2vidoe'; it has act_two, generate, " \
           "upscale, video2video (did you mean 'video2video'?)"
    assert f"pan.yaml:4:8: error: {says}" in project.run("check", "pan.yaml", code=3).stderr_text
    project.write("pan.lua", "return function() runway.clip {route = 'video2vidoe'} end\n")
    offer(project, office, "prompt: a", more="script: pan.lua")
    assert says in project.run("run", "pan.yaml", code=4).stderr_text
    assert office.posts == []


def test_a_script_picks_the_route_of_each_purchase(project, office):
    project.write("pan.lua", """return function()
    local far = runway.clip {}
    return { far = far, near = runway.clip {
        route = "video2video", prompt = "snow", video = "https://h/a.mp4", ratio = runway.none } }
end
""")
    offer(project, office, "prompt: a, ratio: '16:9'", more="script: pan.lua")
    project.run("run", "pan.yaml")
    assert [body["model"] for _, body in office.posts] == ["gen4.5", "aleph2"]
    assert office.posts[1][1]["videoUri"] == "https://h/a.mp4"
    assert project.rows("SELECT route FROM purchases ORDER BY id") == [
        ("generate",), ("video2video",)]
    project.run("run", "pan.yaml")
    assert len(office.posts) == 2


def test_one_clip_of_another_route(project, office):
    offer(project, office, "prompt: a")
    words = ["generate", "snow", "video=https://h/a.mp4", "--gateway", "h"]
    project.run(*words, "route=video2video")
    assert office.posts[0][1] == {"model": "aleph2", "promptText": "snow",
                                  "videoUri": "https://h/a.mp4"}
    assert "official generate does not take 'video'" in project.run(*words, code=3).stderr_text


def test_a_picture_that_is_too_large_to_send(project, office):
    png = b"\x89PNG\r\n\x1a\n" + bytes(4 << 20)
    (project.root / "large.png").write_bytes(png)
    offer(project, office, "prompt: a, image: large.png")
    text = project.run("run", "pan.yaml", code=4).stderr_text
    assert "image: large.png takes 5592439 bytes as text, and this service takes at most " \
           "5242880; make it smaller, or give a URL" in text
    assert office.posts == []


def test_the_built_in_gateway_answers_it(project, own):
    offer(project, own, "prompt: a pier, motion: {x: 4}, ratio: '9:16'")
    text = project.run("run", "pan.yaml").stderr_text
    assert (project.root / "out/pan.mp4").exists(), text
    assert len(own.tasks()) == 1
    assert "nothing" in project.run("plan", "pan.yaml").stdout_text
