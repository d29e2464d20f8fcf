"""Clips that are made of other clips: a clip is named and not bought again, goes as
data or as the service's own address, and nothing else goes in its place."""
import base64
import hashlib
import json
import shutil
import sqlite3

import pytest

from conftest import Gateway, until
from test_chain import DIALECT

RECIPE = """
tarmac: 1
name: ink
gateway: h
script: ink.lua
gateways: {{h: {{url: "{url}", dialect: {dialect}}}}}
request: {{prompt: a pier, seconds: 5, seed: {seed}}}
outputs: {{name: "ink/clip"}}
"""
SCRIPT = """
return function()
    local film = runway.clip {}
    local ink = runway.clip { route = "video2video", video = film, prompt = "in ink" }
    return { film = film, ink = ink }
end
"""


def write(project, url, dialect="reverse", seed=1, script=SCRIPT):
    project.write("ink.yaml", RECIPE.format(url=url, dialect=dialect, seed=seed))
    project.write("ink.lua", script)
    project.write("addresses.lua", DIALECT)


def requests(gateway):
    """What the built-in gateway was asked for, in order."""
    link = sqlite3.connect(f"file:{gateway.data}/tasks.db?mode=ro", uri=True)
    rows = link.execute("SELECT request FROM tasks ORDER BY created_ms, rowid").fetchall()
    link.close()
    return [json.loads(row[0]) for row in rows]


@pytest.mark.parametrize("dialect, begins", [("reverse", "data:video/mp4;base64,AAAA"),
                                             ("addresses.lua", "http://127.0.0.1:")])
def test_a_clip_is_restyled_and_bought_once(project, gateway, dialect, begins):
    write(project, gateway.url, dialect)
    assert project.events("plan", "ink.yaml")[-1]["bought"] == 2
    assert gateway.tasks() == []
    project.run("run", "ink.yaml")
    film, ink = requests(gateway)
    assert "video" not in film and ink["video"].startswith(begins)
    if begins.startswith("data:"):
        [sha256] = project.rows("SELECT sha256 FROM clips ORDER BY id LIMIT 1")[0]
        data = base64.b64decode(ink["video"].partition(",")[2])
        assert hashlib.sha256(data).hexdigest() == sha256
    again = project.run("run", "ink.yaml")
    assert "nothing was bought" in again.stderr_text and len(gateway.tasks()) == 2
    assert project.events("plan", "ink.yaml")[-1]["bought"] == 0
    assert project.outputs() == ["out/ink/clip.film.mp4", "out/ink/clip.ink.mp4"]


def test_what_is_hashed_is_the_clips_name(project, rogue):
    write(project, rogue.url)
    project.run("run", "ink.yaml")
    (film, _), (ink, request) = project.rows(
        "SELECT fingerprint, request FROM purchases ORDER BY id")
    assert json.loads(request)["video"] == {"clip": film} and film != ink
    assert rogue.posts[1][1]["video"].startswith("data:video/mp4;base64,")


def test_the_services_own_address_goes_where_no_data_does(project, rogue):
    write(project, rogue.url, dialect="addresses.lua")
    project.run("run", "ink.yaml")
    film = next(iter(rogue.bought))
    assert rogue.posts[1][1]["video"] == rogue.own_video(film)
    project.run("run", "ink.yaml")
    assert len(rogue.posts) == 2


@pytest.mark.parametrize("bought", [1, 2])
def test_a_run_that_is_killed_with_either_under_way_buys_each_once(project, tmp_path, bought):
    service = Gateway(tmp_path / "slow", "--latency", "1s")
    try:
        write(project, service.url)
        child = project.start("run", "ink.yaml")
        until(lambda: len(project.states()) == bought and
              not {"intent", "submitting"} & set(project.states()), "it is accepted")
        child.kill()
        child.communicate()
        project.run("run", "ink.yaml")
        assert len(service.tasks()) == 2 and project.states() == ["delivered"] * 2
        assert len(project.outputs()) == 2
    finally:
        service.stop()


def test_the_clip_of_an_earlier_run_is_enough(project, rogue):
    """The script asks for more, of a clip whose file is gone and is fetched again."""
    write(project, rogue.url, script="return function() return runway.clip {} end\n")
    project.run("run", "ink.yaml")
    shutil.rmtree(project.root / "out")
    for path in project.root.glob(".tarmac/store/**/*.mp4"):
        path.unlink()
    write(project, rogue.url)
    project.run("run", "ink.yaml")
    assert len(rogue.bought) == 2 and len(project.outputs()) == 2


def test_a_made_up_clip_is_a_name_of_the_ledgers_and_no_file(project, rogue):
    write(project, rogue.url, script="""
local made = {
    function(of) return { clip = of, path = "/etc/passwd" } end,
    function() return { clip = "/etc/passwd" } end,
    function() return { clip = ("../"):rep(21) .. "x" } end,
    function() return { path = "/etc/passwd" } end,
    function() return { sha256 = ("0"):rep(64) } end,
    function(_, film) return setmetatable({}, { __index = film }) end,
    function(_, film) return { film } end,
    function(_, film) return film:frame "last" end,
    function() return { clip = ("0"):rep(64) } end,
    function(of) return { clip = of, file = 2 } end,
    function(of) return { clip = of } end,
}
return function(cell)
    local film = runway.clip {}
    local of = film:frame("last").of
    return runway.clip {
        route = "video2video", video = made[cell.n](of, film), prompt = "in ink " .. cell.n,
    }
end
""")
    recipe = (project.root / "ink.yaml").read_text()
    project.write("ink.yaml", recipe.replace("ink/clip", "ink/${n}") +
                  "sweep: {n: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]}\n")
    events = project.events("run", "ink.yaml", code=4)
    cells = {e["index"]: e for e in events if e["event"] == "cell"}
    assert [cells[i]["ok"] for i in range(1, 12)] == [False] * 10 + [True]
    assert len(rogue.posts) == 2  # the film, and the one that names it
    assert "not delivered" in cells[9]["error"]["message"]
    assert "no such file" in cells[10]["error"]["message"]


def test_what_was_changed_in_the_store_is_not_sent(project, rogue):
    write(project, rogue.url, script="return function() return runway.clip {} end\n")
    project.run("run", "ink.yaml")
    [path] = project.root.glob(".tarmac/store/**/*.mp4")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    write(project, rogue.url)
    child = project.run("run", "ink.yaml", code=4)
    assert "is not what was delivered" in child.stderr_text
    assert len(rogue.bought) == 1
