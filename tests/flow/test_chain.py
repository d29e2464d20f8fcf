"""Clips that begin where others end: the join is there to be seen, frames are
named and not bought, and no key leaves for a picture's address."""
import math
import shutil
import subprocess

import pytest

from conftest import SOURCE, Gateway, until

SIDES = (320, 180)  # of what --draft renders at 16:9
KEY = "sk-0123456789abcdef"

RECIPE = """
tarmac: 1
name: pair
gateway: h
script: pair.lua
gateways: {{h: {{url: "{url}", dialect: {dialect}}}}}
request: {{seconds: 5, seed: {seed}}}
outputs: {{name: "pair/clip"}}
"""
SCRIPT = """
return function()
    local wide = runway.clip {{ prompt = "wide" }}
    local close = runway.clip {{ prompt = "close", image = wide:frame({frame}) }}
    return {{ wide = wide, close = close }}
end
"""
# The reverse format, of a service that fetches pictures by their address.
DIALECT = """
local M = {}
for name, v in pairs(require "dialect.reverse") do
    M[name] = v
end
M.name, M.data_uri = "addresses", "never"
return M
"""


def frames(path):
    """Every picture of a clip, in order, as RGB bytes."""
    data = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-f", "rawvideo",
                           "-pix_fmt", "rgb24", "-"], check=True,
                          stdout=subprocess.PIPE).stdout
    size = SIDES[0] * SIDES[1] * 3
    assert data and len(data) % size == 0
    return [data[i:i + size] for i in range(0, len(data), size)]


def psnr(a, b):
    mean = sum((x - y) ** 2 for x, y in zip(a, b)) / len(a)
    return math.inf if mean == 0 else 10 * math.log10(255 ** 2 / mean)


def write(project, url, dialect="reverse", frame='"last"', seed=1):
    project.write("pair.yaml", RECIPE.format(url=url, dialect=dialect, seed=seed))
    project.write("pair.lua", SCRIPT.format(frame=frame))
    project.write("addresses.lua", DIALECT)


def with_last_frame(rogue, url):
    def shape(task_id, phase):
        answer = rogue.native(task_id, phase)
        answer["data"]["last_frame"] = url
        return answer
    rogue.shape = shape


def test_the_second_clip_begins_with_the_last_picture_of_the_first(project, gateway):
    shutil.copytree(SOURCE / "recipes", project.root / "recipes")
    project.configure(h={"url": gateway.url})
    project.run("run", "recipes/chain.yaml", "--gateway", "h")
    outputs = project.outputs()
    assert len(outputs) == 6 and len(gateway.tasks()) == 4
    wide = frames(project.root / "out/chain/turn-4.wide.mp4")
    for turn in (-4, 0, 4):
        close = frames(project.root / f"out/chain/turn{turn}.close.mp4")
        assert psnr(wide[-1], close[0]) > 30
        assert psnr(wide[0], close[-1]) < 25
        assert psnr(wide[-1], close[-1]) < 25


@pytest.mark.parametrize("frame, index", [('"first"', 0), ("2.5", 60)])
def test_any_picture_of_a_clip_can_be_the_first_of_another(project, gateway, frame, index):
    write(project, gateway.url, frame=frame)
    project.write("pair.lua", SCRIPT.format(frame=frame).replace(
        '"wide"', '"wide", motion = { z = 8 }').replace('"close"', '"close", motion = { x = 8 }'))
    project.run("run", "pair.yaml")
    wide = frames(project.root / "out/pair/clip.wide.mp4")
    close = frames(project.root / "out/pair/clip.close.mp4")
    if index:  # the words are on it, and go with it
        assert psnr(wide[index], close[0]) > 30 > psnr(wide[-1], close[0])
    else:
        assert psnr(wide[0], close[0]) > 30 > psnr(wide[60], close[0])


def test_a_frame_is_a_name_and_nothing_is_cut_for_what_was_bought(project, gateway):
    write(project, gateway.url)
    plan = project.events("plan", "pair.yaml")
    assert plan[-1]["bought"] == 2
    cut = project.root / ".tarmac/frames"
    assert not cut.exists()
    project.run("run", "pair.yaml")
    assert [p.suffix for p in cut.iterdir()] == [".png"]
    shutil.rmtree(cut)
    project.run("run", "pair.yaml")
    assert project.events("plan", "pair.yaml")[-1]["bought"] == 0
    assert not cut.exists() and len(gateway.tasks()) == 2


def test_a_picture_goes_as_data_or_as_the_services_own_address(project, rogue):
    with_last_frame(rogue, f"{rogue.url}/assets/last.png")
    write(project, rogue.url)
    project.run("run", "pair.yaml")
    assert rogue.posts[1][1]["image"].startswith("data:image/png;base64,iVBORw0KGgo")
    write(project, rogue.url, dialect="addresses.lua", seed=2)
    project.run("run", "pair.yaml")
    assert rogue.posts[3][1]["image"] == f"{rogue.url}/assets/last.png"


def test_the_key_stays_with_the_api(project, rogue):
    with_last_frame(rogue, f"{rogue.url}/assets/last.png")
    project.env["ROGUE_KEY"] = KEY
    project.configure(h={"url": rogue.url, "dialect": "reverse", "key": "ROGUE_KEY"})
    write(project, rogue.url, dialect="addresses.lua")
    project.run("run", "pair.yaml")
    assert all(h["Authorization"] == f"Bearer {KEY}" for h, _ in rogue.posts)
    assert all("Authorization" not in h and path.endswith(".mp4") for h, path in rogue.fetched)
    assert KEY not in str([body for _, body in rogue.posts])
    for path in project.root.glob(".tarmac/**/*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes()


@pytest.mark.parametrize("address, frame, says", [
    (None, '"last"', "gave none for it"),
    ("file:///etc/passwd", '"last"', "gave none for it"),
    ("https://host/last.png", '"first"', "only the last"),
    ("https://host/last.png", "1.5", "only the last"),
])
def test_what_cannot_be_sent_is_not_bought(project, rogue, address, frame, says):
    with_last_frame(rogue, address)
    write(project, rogue.url, dialect="addresses.lua", frame=frame)
    for code in (4, 4):
        child = project.run("run", "pair.yaml", code=code)
        assert says in child.stderr_text
        assert len(rogue.bought) == 1 and len(rogue.posts) == 1


def test_a_run_that_dies_while_a_frame_is_cut_is_finished_by_the_next(project, tmp_path):
    service = Gateway(tmp_path / "slow", "--latency", "1s")
    try:
        write(project, service.url)
        child = project.start("run", "pair.yaml")
        cut = project.root / ".tarmac/frames"
        until(cut.exists, "a frame is wanted")
        child.kill()
        child.communicate()
        project.run("run", "pair.yaml")
        assert len(service.tasks()) == 2
        assert not list(project.root.glob(".tarmac/**/*.part"))
    finally:
        service.stop()
