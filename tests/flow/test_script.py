"""What a script can do: wait for any, run jobs, take up tasks, and collect."""
import csv
import io
import json
import subprocess
import time
import urllib.request

import pytest

from conftest import until

RECIPE = """
tarmac: 1
name: scripted
gateway: h
script: s.lua
request: {{model: gen2, prompt: a pier, seconds: 5}}
{more}
outputs: {{name: "{name}"}}
"""


def recipe(project, source, more="", name="${recipe}/one"):
    project.write("r.yaml", RECIPE.format(more=more, name=name))
    project.write("s.lua", source)


def post(url, path, body):
    request = urllib.request.Request(
        url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def buy_elsewhere(gateway):
    body = {"callback_url": "", "prompt": "bought by hand", "model": "gen2", "ratio": "16:9",
            "style": "cinematic", "options": {"seconds": 5, "motion_vector": {
                "x": 0, "y": 0, "z": 0, "r": 0, "bg_x_pan": 0, "bg_y_pan": 0}}}
    return post(gateway.url, "/runway/pro/generate", body)["data"]["task_id"]


def twice(project, count):
    """Run, and run again: the same files, and nothing is bought again."""
    project.run("run", "r.yaml")
    bought, outputs = count(), project.outputs()
    stamps = [(project.root / o).stat().st_mtime_ns for o in outputs]
    again = project.run("run", "r.yaml")
    assert "nothing was bought" in again.stderr_text
    assert count() == bought and project.outputs() == outputs
    assert [(project.root / o).stat().st_mtime_ns for o in outputs] == stamps
    return bought, outputs


def test_any_is_the_first_to_arrive_now_and_later(project, rogue):
    project.configure(h={"url": rogue.url})
    recipe(project, """
return function(cell)
    local ids = { runway.generate "slow", runway.generate "broken", runway.generate "quick" }
    local clip, i = runway.any(ids)
    runway.collect("winner", i)
    runway.wait { ids[1], ids[3] }
    return clip
end
""")
    prompt = lambda task: rogue.bought[task]["prompt"]
    quick = lambda: any(path.endswith(f"{task}.mp4") for _, path in rogue.fetched
                        for task, body in rogue.bought.items() if body["prompt"] == "quick")

    def phase(task, _):
        if prompt(task) == "broken":
            return "failed"
        return "succeeded" if prompt(task) == "quick" or quick() else "running"

    rogue.phase = phase
    bought, _ = twice(project, lambda: len(rogue.posts))
    assert bought == 3
    [row] = json.loads((project.root / "out/scripted/results.json").read_text())
    assert row["value"] == 3


def test_any_raises_the_first_failure_when_all_have_failed(project, rogue):
    project.configure(h={"url": rogue.url})
    rogue.phase = lambda task, n: "failed"
    recipe(project, """
return function()
    return (runway.any { runway.generate "a", runway.generate "b" })
end
""")
    child = project.run("run", "r.yaml", code=4)
    first = next(t for t, body in rogue.bought.items() if body["prompt"] == "a")
    assert first in child.stderr_text


def test_map_and_spawn_run_side_by_side(project, rogue):
    project.configure(h={"url": rogue.url})
    rogue.phase = lambda task, n: "succeeded" if len(rogue.bought) == 3 else "running"
    recipe(project, """
return function()
    local extra = runway.spawn(runway.clip, "c")
    local clips = runway.map({ "a", "b" }, function(prompt, i)
        return runway.clip { prompt = prompt, seed = i }
    end)
    return { a = clips[1], b = clips[2], c = extra:await() }
end
""")
    bought, outputs = twice(project, lambda: len(rogue.posts))
    assert bought == 3  # none would have ended before all were bought
    assert [o.split(".")[1] for o in outputs] == ["a", "b", "c"]
    assert {b["prompt"]: b["options"].get("seed") for b in rogue.bought.values()} == \
        {"a": 1, "b": 2, "c": None}


def test_a_job_that_fails_alone_fails_its_cell(project, rogue):
    project.configure(h={"url": rogue.url})
    rogue.phase = lambda task, n: \
        "failed" if rogue.bought[task]["prompt"] == "bad" else "succeeded"
    recipe(project, """
return function()
    runway.spawn(runway.clip, "bad")
    return runway.clip "good"
end
""")
    project.run("run", "r.yaml", code=4)
    assert sorted(project.states()) == ["delivered", "failed"]  # and was fetched
    assert project.outputs() == []


def test_two_cells_get_the_clip_of_one_purchase(project, gateway):
    project.configure(h={"url": gateway.url})
    recipe(project, """
return function()
    local id = runway.generate "the same"
    local both = runway.map({ id, id }, function(each) return runway.wait(each) end)
    assert(both[1].sha256 == both[2].sha256)
    return both[1]
end
""", more="sweep: {shot: [a, b, c]}", name="${recipe}/${shot}")
    bought, outputs = twice(project, lambda: len(gateway.tasks()))
    assert bought == 1
    assert outputs == [f"out/scripted/{shot}.mp4" for shot in "abc"]


def test_a_task_bought_elsewhere_is_adopted(project, gateway):
    project.configure(h={"url": gateway.url})
    task = buy_elsewhere(gateway)
    recipe(project, f"""
return function()
    local status = runway.status "{task}"
    assert(status.task_id == "{task}", status.state)
    return runway.wait("{task}", {{ gateway = "h" }})
end
""")
    bought, outputs = twice(project, lambda: len(gateway.tasks()))
    assert bought == 1 and len(outputs) == 1
    assert project.states() == ["delivered"]


def test_a_task_that_nobody_knows(project, gateway):
    project.configure(h={"url": gateway.url})
    recipe(project, """
return function()
    local ok, e = pcall(runway.wait, "0ab3bfe2-be23-4635-8c35-890fb2c1732d")
    assert(not ok and e.kind == "not_found", tostring(e))
    return runway.wait "0ab3bfe2-be23-4635-8c35-890fb2c1732d"
end
""")
    [cell] = [e for e in project.events("run", "r.yaml", code=4) if e["event"] == "cell"]
    assert cell["error"]["kind"] == "not_found"
    assert project.states() == []


def test_reverse_cannot_cancel(project, rogue):
    project.configure(h={"url": rogue.url})
    rogue.phase = lambda task, n: "running" if n < 3 else "succeeded"
    recipe(project, """
return function()
    local id = runway.generate {}
    local ok, e = pcall(runway.cancel, id)
    assert(not ok and e.kind == "unsupported" and e.task_id == id, tostring(e))
    local clip = runway.wait(id)
    assert(runway.cancel(id) == false)
    return clip
end
""")
    project.run("run", "r.yaml")
    assert len(project.outputs()) == 1


def test_status_follows_a_task_and_needs_nobody_at_its_end(project, rogue):
    project.configure(h={"url": rogue.url})
    rogue.phase = lambda task, n: "running" if n < 3 else "succeeded"
    recipe(project, """
return function()
    local id = runway.generate {}
    local before = runway.status(id)
    runway.log("before", before.state, before.task_id == id)
    local clip = runway.wait(id)
    local after = runway.status(id)
    runway.log("after", after.state, after.progress)
    return clip
end
""")
    first = project.run("run", "r.yaml")
    assert "before running true" in first.stderr_text
    assert "after delivered" in first.stderr_text
    polls = len(rogue.polls)
    again = project.run("run", "r.yaml")
    assert "before delivered true" in again.stderr_text and len(rogue.polls) == polls


def test_a_script_that_asks_without_a_pause_does_not_hold_up_its_clip(project, rogue):
    project.configure(h={"url": rogue.url})

    def slow(call):
        time.sleep(0.3)  # so long it is being fetched
        rogue.send_clip(call)

    rogue.asset = slow
    recipe(project, """
return function()
    local id = runway.generate {}
    repeat until runway.status(id).state == "delivered"
    return runway.wait(id)
end
""")
    project.run("run", "r.yaml")
    assert len(project.outputs()) == 1


COLLECT = """
return function(cell)
    local clip = runway.clip {}
    runway.collect("seconds", clip.seconds)
    runway.collect("note", 'say "hi", ' .. cell.shot)
    runway.collect("table", { x = { 1, 2 } })
    return clip
end
"""


def test_collected_rows_become_two_files(project, gateway):
    project.configure(h={"url": gateway.url})
    recipe(project, COLLECT, more="sweep: {motion.x: [-2, 2], shot: [a, b]}",
           name="${recipe}/${shot}_${motion.x}")
    project.run("plan", "r.yaml")
    assert not (project.root / "out").exists()
    first = project.run("run", "r.yaml")
    assert "out/scripted/results.csv and results.json: 12 rows" in first.stderr_text
    data = (project.root / "out/scripted/results.csv").read_bytes()
    rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    assert list(rows[0]) == ["cell", "index", "take", "motion.x", "shot", "name", "value"]
    assert [(r["index"], r["name"]) for r in rows] == [
        (str(i), name) for i in range(1, 5) for name in ("seconds", "note", "table")]
    assert rows[4] == {"cell": "scripted/b_-2", "index": "2", "take": "1", "motion.x": "-2",
                       "shot": "b", "name": "note", "value": 'say "hi", b'}
    assert rows[5]["value"] == '{"x":[1,2]}'
    listed = json.loads((project.root / "out/scripted/results.json").read_text())
    assert len(listed) == 12 and listed[0]["value"] == 5 and listed[2]["value"] == {"x": [1, 2]}
    assert listed[4]["motion.x"] == -2

    [event] = [e for e in project.events("run", "r.yaml") if e["event"] == "results"]
    assert event == {"event": "results", "rows": 12, "csv": "out/scripted/results.csv",
                     "json": "out/scripted/results.json"}
    assert (project.root / "out/scripted/results.csv").read_bytes() == data
    assert not list(project.root.glob("out/**/*.tmp*"))


def test_results_that_cannot_be_written_are_told(project, gateway):
    project.configure(h={"url": gateway.url})
    recipe(project, COLLECT, more="sweep: {shot: [a]}", name="clips/${shot}")
    project.write("out/scripted", "a file where the folder would be")
    child = project.run("run", "r.yaml", code=9)
    assert "out/scripted" in child.stderr_text
    assert project.outputs() == ["out/clips/a.mp4"]


def test_random_numbers_and_jobs_ask_for_the_same_in_every_run(project, rogue):
    project.configure(h={"url": rogue.url})
    recipe(project, """
return function()
    local clips = runway.map({ 1, 2, 3 }, function(i)
        local seed = math.random(0, 100000)
        local first = runway.clip { prompt = "p" .. i, seed = seed }
        return runway.clip { prompt = "q" .. i, seed = math.random(0, 100000),
                             model = first.request.model }
    end)
    return { a = clips[1], b = clips[2], c = clips[3] }
end
""")
    bought, _ = twice(project, lambda: len(rogue.posts))
    assert bought == 6


def test_what_is_killed_in_a_job_is_taken_up_again(project, rogue):
    project.configure(h={"url": rogue.url})
    rogue.phase = lambda task, n: "running"
    recipe(project, """
return function()
    local clips = runway.map({ "a", "b" }, runway.clip)
    return { a = clips[1], b = clips[2] }
end
""")
    child = project.start("run", "r.yaml")
    until(lambda: project.states() == ["running"] * 2 or project.states() == ["accepted"] * 2,
          "both are bought")
    child.kill()
    child.communicate()
    rogue.phase = lambda task, n: "succeeded"
    project.run("run", "r.yaml")
    assert len(rogue.posts) == 2 and len(project.outputs()) == 2


def test_a_script_that_is_not_the_same_twice_buys_nothing_more(project, rogue):
    project.configure(h={"url": rogue.url})
    recipe(project, """
return function()
    return runway.clip { prompt = "at " .. runway.now() }
end
""")
    project.run("run", "r.yaml")
    [cell] = [e for e in project.events("run", "r.yaml", code=4) if e["event"] == "cell"]
    assert cell["error"]["kind"] == "diverged"
    assert len(rogue.posts) == 1
    source = (project.root / "s.lua").read_text()
    project.write("s.lua", source + "-- changed\n")  # now it may ask for something else
    project.run("run", "r.yaml")
    assert len(rogue.posts) == 2


def test_a_planned_clip_has_the_length_that_the_dialect_sends(project, gateway):
    project.configure(h={"url": gateway.url})
    recipe(project, """
return function(cell)
    local clip = runway.clip { seconds = runway.none }
    assert(clip.seconds == 5)
    return runway.clip { image = clip:frame(clip.seconds / 2) }
end
""")
    child = project.run("plan", "r.yaml")
    assert "2 to buy" in child.stdout_text


def films(tmp_path, *seconds):
    """Clips of these lengths, as bytes."""
    made = []
    for i, length in enumerate(seconds):
        path = tmp_path / f"film-{i}.mp4"
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i",
                        f"testsrc=size=160x90:rate=24:duration={length}", "-c:v", "libx264",
                        "-pix_fmt", "yuv420p", path], check=True)
        made.append(path.read_bytes())
    return made


@pytest.mark.parametrize("lengths, takes", [([5], 1), ([1, 2, 5], 3), ([1, 2, 2, 5], 3)])
def test_takes_are_bought_until_one_will_do(project, rogue, tmp_path, lengths, takes):
    project.configure(h={"url": rogue.url})
    clips = films(tmp_path, *lengths)
    rogue.asset = lambda call: rogue.send_bytes(
        call, clips[min(len(rogue.bought), len(clips)) - 1], "video/mp4")
    recipe(project, """
return function()
    local best
    for take = 1, 3 do
        local clip = runway.clip { take = take }
        if not best or clip.seconds > best.seconds then
            best = clip
        end
        if best.seconds >= 4.5 then
            break
        end
    end
    runway.collect("best", { seconds = best.seconds, bytes = best.bytes or 0 })
    return best
end
""")
    assert project.events("plan", "r.yaml")[-1]["bought"] == 1  # a plan has all it asked for
    bought, [output] = twice(project, lambda: len(rogue.posts))
    assert bought == takes
    best = clips[:takes].index(max(clips[:takes], key=len))
    [row] = json.loads((project.root / "out/scripted/results.json").read_text())
    assert row["value"] == {"seconds": lengths[best], "bytes": len(clips[best])}
    assert project.events("plan", "r.yaml")[-1]["have"] == takes


def test_cells_share_modules_and_not_what_they_make_of_them(project, rogue):
    project.configure(h={"url": rogue.url})
    project.write("lib/count.lua", "local n = 0\nreturn function() n = n + 1 return n end\n")
    project.write("lib/shots.lua", """
local count = require "lib.count"
local M = {}
function M.shot(prompt)
    return runway.clip(prompt .. " " .. count())
end
return M
""")
    recipe(project, """
local shots = require "lib.shots"
local count = require "lib.count"
return function(cell)
    return { first = shots.shot(cell.where), last = runway.clip(cell.where .. " " .. count()) }
end
""", more="sweep: {where: [a pier, a cliff]}", name="${where}")
    bought, _ = twice(project, lambda: len(rogue.posts))
    assert bought == 4
    assert sorted(body["prompt"] for body in rogue.bought.values()) == [
        "a cliff 1", "a cliff 2", "a pier 1", "a pier 2"]
    project.write("lib/count.lua", "return function() return 'x' end\n")
    project.run("run", "r.yaml")  # a changed module may ask for something else
    assert len(rogue.posts) == 6


def test_prompts_of_parts_are_bought(project, rogue):
    project.configure(h={"url": rogue.url})
    recipe(project, """
return function(cell)
    local prompts = runway.prompts {
        "${shot} of ${prompt}, ${light}",
        prompt = cell.prompt, shot = { "wide shot", "close-up" },
        light = { "dusk", { "noon", weight = 0 } },
    }
    local clips = runway.map(prompts, runway.clip)
    return { a = clips[1], b = clips[2], c = clips[3], d = clips[4] }
end
""")
    bought, _ = twice(project, lambda: len(rogue.posts))
    assert bought == 4
    assert {body["prompt"] for body in rogue.bought.values()} == {
        "wide shot of a pier, dusk", "close-up of a pier, dusk",
        "wide shot of a pier", "close-up of a pier"}
