"""The main path: recipe -> cells -> Lua -> HTTP -> file."""
import hashlib
import json
import os
import pathlib
import stat
import subprocess

from conftest import Gateway, SOURCE
from pier import offer

SWEEP = """
tarmac: 1
name: pan
gateway: h
request: {{model: gen2, prompt: a pier in fog, seconds: 5}}
sweep:
  motion.x: {points}
limits: {{in_flight: 4}}
outputs: {{name: "${{recipe}}/x${{motion.x}}"}}
"""


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def probe(path):
    text = subprocess.run(
        ["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v", "-show_entries",
         "stream=codec_name,width,height,nb_read_frames,r_frame_rate", "-of", "json", path],
        check=True, capture_output=True, text=True).stdout
    return json.loads(text)["streams"][0]


def test_orbit_on_a_configured_gateway_with_a_key(project, tmp_path):
    key = "canary-6f1d2c9a-key"
    service = Gateway(tmp_path / "service", key=key)
    project.env["H_KEY"] = key
    project.configure(h={"url": service.url, "dialect": "reverse", "key": "H_KEY"})
    project.write("orbit.yaml", (SOURCE / "recipes/orbit.yaml").read_text())

    first = project.run("run", "orbit.yaml", "--gateway", "h", "--verbose")
    clips = project.outputs()
    assert len(clips) == 9 and all(c.startswith("out/orbit/x") for c in clips)
    assert len({sha256(project.root / c) for c in clips}) == 9
    for clip in clips:
        facts = probe(project.root / clip)
        assert facts == {"codec_name": "h264", "width": 320, "height": 180,
                         "r_frame_rate": "24/1", "nb_read_frames": "120"}
    assert sorted(first.stdout_text.splitlines()) == clips
    assert len(service.tasks()) == 9
    assert project.states() == ["delivered"] * 9

    again = project.run("run", "orbit.yaml", "--gateway", "h")
    assert "nothing was bought" in again.stderr_text
    assert len(service.tasks()) == 9

    service.stop()  # and now there is nobody to ask, and no key
    del project.env["H_KEY"]
    project.run("run", "orbit.yaml", "--gateway", "h")

    said = first.stdout_text + first.stderr_text
    assert key not in said
    for path in pathlib.Path(tmp_path).rglob("*"):
        if path.is_file() and not path.is_symlink():
            assert key.encode() not in path.read_bytes(), path


def test_a_wrong_key_is_refused_and_the_right_one_goes_on(project, tmp_path):
    service = Gateway(tmp_path / "service", key="right")
    project.configure(h={"url": service.url, "key": "H_KEY"})
    project.write("pan.yaml", SWEEP.format(points="[-4, 4]"))
    project.env["H_KEY"] = "sesame-7"
    refused = project.run("run", "pan.yaml", code=8)
    assert "sesame-7" not in refused.stderr_text
    assert len(service.tasks()) == 0
    project.env["H_KEY"] = "right"
    project.run("run", "pan.yaml")
    assert len(service.tasks()) == 2 and len(project.outputs()) == 2
    service.stop()


def test_a_missing_key_says_where_it_is_looked_for(project, gateway):
    project.configure(h={"url": gateway.url, "key": "H_KEY"})
    project.write("pan.yaml", SWEEP.format(points="[0]"))
    child = project.run("run", "pan.yaml", code=8)
    assert "$H_KEY" in child.stderr_text and "nothing was bought" in child.stderr_text


def test_the_local_gateway_needs_nothing_and_leaves_nothing_running(project):
    project.write("hello.yaml", (SOURCE / "recipes/hello.yaml").read_text())
    project.run("run", "hello.yaml")
    assert project.local_tasks() == 1
    [clip] = project.outputs()
    assert probe(project.root / clip)["nb_read_frames"] == "120"
    mode = [p for p in (project.root / ".tarmac/store").rglob("*.mp4")]
    assert len(mode) == 1 and stat.S_IMODE(mode[0].stat().st_mode) == 0o444
    before = (project.root / ".tarmac/gateway/gateway.log").stat()
    project.run("run", "hello.yaml")
    after = (project.root / ".tarmac/gateway/gateway.log").stat()
    assert before.st_mtime_ns == after.st_mtime_ns, "a gateway was started for nothing"
    assert project.local_tasks() == 1


def test_outputs_are_kept_up_to_date_and_edits_left_alone(project, gateway):
    project.configure(h={"url": gateway.url})
    project.write("pan.yaml", SWEEP.format(points="[-4, 0, 4]"))
    project.run("run", "pan.yaml")
    left, still, right = (project.root / p for p in project.outputs())
    whole = sha256(left)
    left.unlink()
    still.write_bytes(b"my own cut")
    child = project.run("run", "pan.yaml")
    assert sha256(left) == whole
    assert still.read_bytes() == b"my own cut"
    assert "left alone" in child.stderr_text
    assert len(gateway.tasks()) == 3 and right.exists()


def test_a_lost_store_file_is_fetched_again_not_bought_again(project, gateway):
    project.configure(h={"url": gateway.url})
    project.write("pan.yaml", SWEEP.format(points="[0]"))
    project.run("run", "pan.yaml")
    [stored] = (project.root / ".tarmac/store").rglob("*.mp4")
    whole = sha256(stored)
    os.chmod(stored, 0o644)
    stored.unlink()
    project.run("run", "pan.yaml")
    assert sha256(stored) == whole and len(gateway.tasks()) == 1


def test_a_new_axis_value_buys_only_the_new_cell(project, gateway):
    project.configure(h={"url": gateway.url})
    project.write("pan.yaml", SWEEP.format(points="[-4, 4]"))
    project.run("run", "pan.yaml")
    project.write("pan.yaml", "# a comment\n" + SWEEP.format(points="[4, 0, -4]"))
    end = project.events("run", "pan.yaml")[-1]
    assert end["bought"] == 1 and end["delivered"] == 3 and len(gateway.tasks()) == 3


def test_paths_are_told_as_seen_from_here(project, gateway):
    project.configure(h={"url": gateway.url})
    project.write("pan.yaml", SWEEP.format(points="[0]"))
    assert project.run("run", "pan.yaml").stdout_text == "out/pan/x0.mp4\n"
    (project.root / "below").mkdir()
    child = project.run("run", "../pan.yaml", cwd=project.root / "below")
    assert child.stdout_text == f"{project.root}/out/pan/x0.mp4\n"
    assert not (project.root / "below/.tarmac").exists()


def test_first_n_cells_only(project, gateway):
    project.configure(h={"url": gateway.url})
    project.write("pan.yaml", SWEEP.format(points="{from: -4, to: 4, steps: 5}"))
    project.run("run", "pan.yaml", "--first", "2")
    assert project.outputs() == ["out/pan/x-2.mp4", "out/pan/x-4.mp4"]
    assert len(gateway.tasks()) == 2


def test_cells_that_ask_the_same_share_one_purchase(project, gateway):
    project.configure(h={"url": gateway.url})
    project.write("same.yaml", """
tarmac: 1
gateway: h
request: {prompt: the same}
sweep: {note: [a, b, c]}
outputs: {name: "same/${note}"}
""")
    child = project.run("run", "same.yaml")
    assert len(gateway.tasks()) == 1 and len(project.outputs()) == 3
    assert "share" in child.stderr_text


def test_json_is_one_object_a_line_with_an_end(project, gateway):
    project.configure(h={"url": gateway.url})
    project.write("pan.yaml", SWEEP.format(points="[-4, 4]"))
    events = project.events("run", "pan.yaml")
    cells = [e for e in events if e["event"] == "cell"]
    assert [c["ok"] for c in cells] == [True, True]
    for cell in cells:
        [output] = cell["outputs"]
        assert sha256(project.root / output["path"]) == output["sha256"]
        assert output["seconds"] == 5 and output["placed"] == "written"
    end = {"event": "end", "exit": 0, "cells": 2, "delivered": 2, "current": 0,
           "failed": 0, "unfinished": 0, "edited": 0, "bought": 2}
    assert {k: v for k, v in events[-1].items() if k != "credits"} == end


def test_another_origin_under_a_known_name_stops(project, gateway, rogue):
    project.configure(h={"url": gateway.url})
    project.write("pan.yaml", SWEEP.format(points="[0]"))
    project.run("run", "pan.yaml")
    project.configure(h={"url": rogue.url})
    project.write("pan.yaml", SWEEP.format(points="[1]"))
    child = project.run("run", "pan.yaml", code=8)
    assert "identity" in child.stderr_text and rogue.posts == []


def test_generate_buys_one_clip_without_a_recipe(project, gateway):
    project.configure(h={"url": gateway.url})
    words = ["generate", "A pier, at ${dusk}!", "motion.x=4", "ratio=1:1", "--gateway", "h"]
    child = project.run(*words)
    [clip] = project.outputs()
    assert clip.startswith("out/generate/a-pier-at-dusk-")
    assert child.stdout_text.strip() == clip
    facts = probe(project.root / clip)
    assert facts["width"] == facts["height"]
    project.run(*words)
    assert len(gateway.tasks()) == 1


def test_a_service_by_hand_in_the_same_folder(project):
    """Somebody tries `tarmac gateway` in one terminal and a recipe in another."""
    service = Gateway(project.root / ".tarmac/gateway")
    try:
        done = project.run("generate", "a pier", code=9)
        assert ("another gateway uses this folder; end it, or give this one a folder of "
                "its own with --data DIR" in done.stderr_text)
        assert "nothing was bought" in done.stderr_text
    finally:
        service.stop()
    project.run("generate", "a pier", "ratio=1:1")


def test_a_folder_whose_name_is_no_text_buys_nothing(project, rogue):
    offer(project, rogue)
    folder = os.fsencode(project.root) + b"/a\xffb"
    os.mkdir(folder)
    os.rename(project.root / "pan.yaml", folder + b"/pan.yaml")
    child = subprocess.run([project.bin / "tarmac", "run", "pan.yaml"], cwd=folder,
                           env=project.env, capture_output=True, check=False)
    assert child.returncode == 9 and b"not UTF-8" in child.stderr
    assert not rogue.bought and os.listdir(folder) == [b"pan.yaml"]
