"""Outputs that tell what made them: in the file itself, and beside it."""
import hashlib
import json
import os
import pathlib
import shutil
import stat
import subprocess

import pytest

from conftest import Gateway, Project, until

PAN = """
tarmac: 1
name: pan
gateway: h
request: {prompt: "a pier, ${look}: 100 %%", seconds: 5}
params: {look: dusk}
sweep: {motion.x: [-4, 4]}
outputs: {name: "pan/x${motion.x}"%s}
"""
CHAIN = """
tarmac: 1
name: chain
gateway: h
script: chain.lua
request: {seconds: 5, motion: {x: 2, y: 1}}
outputs: {name: chain/one}
"""
CHAIN_LUA = """
return function()
    local wide = runway.clip { prompt = "wide ${x}", motion = { x = 5 }, seed = 3 }
    local mid = runway.clip { prompt = "mid", image = wide:frame "last", take = 2 }
    return { close = runway.clip { prompt = "close", image = mid:frame(1.5) } }
end
"""


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def tags(path):
    text = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "format_tags", "-of",
                           "json", path], check=True, capture_output=True, text=True).stdout
    return json.loads(text).get("format", {}).get("tags", {})


def told(path):
    return json.loads(tags(path)["comment"])


def packets(path):
    """Every picture and sound, as the container gives them."""
    return subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-map", "0", "-c", "copy", "-f",
                           "framemd5", "-"], check=True, capture_output=True).stdout


def stored(project):
    return sorted(p for p in (project.root / ".tarmac/store").rglob("*.mp4"))


def stamps(project):
    return [(project.root / p).stat().st_mtime_ns for p in project.outputs()]


def manifest(project, recipe="pan"):
    return json.loads((project.root / f"out/{recipe}/manifest.json").read_text())


@pytest.fixture(scope="module", name="gateway")
def one_gateway(tmp_path_factory):
    service = Gateway(tmp_path_factory.mktemp("gateway") / "service")
    yield service
    service.stop()


@pytest.fixture
def bought(gateway):
    """How many clips were bought since the test began."""
    before = len(gateway.tasks())
    return lambda: len(gateway.tasks()) - before


@pytest.fixture(scope="module")
def pan_once(tmp_path_factory, gateway):
    once = Project(tmp_path_factory.mktemp("pan"))
    once.configure(h={"url": gateway.url})
    once.write("pan.yaml", PAN % "")
    once.run("run", "pan.yaml")
    return once


@pytest.fixture
def pan(project, pan_once):
    shutil.copytree(pan_once.root, project.root, dirs_exist_ok=True)
    shutil.copytree(pan_once.home, project.home, dirs_exist_ok=True)
    return project


@pytest.fixture
def elsewhere(tmp_path, gateway):
    """Another machine: it knows the gateway, and nothing else."""
    (tmp_path / "elsewhere").mkdir()
    other = Project(tmp_path / "elsewhere")
    other.configure(h={"url": gateway.url})
    return other


def test_an_output_tells_what_made_it_and_is_the_clip(pan):
    left = pan.root / "out/pan/x-4.mp4"
    it = told(left)
    assert it["tarmac"] == 1 and it["recipe"] == "pan" and it["cell"] == "pan/x-4"
    assert it["gateway"] == "h" and it["route"] == "generate" and it["take"] == 1
    assert it["request"] == {"prompt": "a pier, dusk: 100 %", "seconds": 5, "motion": {"x": -4}}
    [(row,)] = pan.rows("SELECT json_object('f', p.fingerprint, 't', a.task_id) FROM attempts a"
                        " JOIN purchases p ON p.id = a.purchase WHERE p.cell = 'pan/x-4'")
    assert {"f": it["fingerprint"], "t": it["task_id"]} == json.loads(row)
    clips = {packets(clip) for clip in stored(pan)}
    assert all("comment" not in tags(clip) for clip in stored(pan)), "the store is as bought"
    for output in pan.outputs():
        assert packets(pan.root / output) in clips
        data = (pan.root / output).read_bytes()
        assert data.index(b"moov") < data.index(b"mdat"), "it can be played while it loads"
    recorded = dict(pan.rows("SELECT path, sha256 FROM outputs"))
    assert recorded == {p: sha256(pan.root / p) for p in pan.outputs()}
    assert pan.run("verify").stdout_text.endswith(": all whole\n")
    assert list((pan.root / ".tarmac/parts").iterdir()) == []


def test_what_is_there_is_not_made_again(pan):
    """No worker is asked: there is none to ask."""
    before = stamps(pan)
    program = pan.root.parent / "bin"
    program.mkdir()
    shutil.copy(pan.bin / "tarmac", program)
    media = program / "tarmac-media"
    media.write_text("#!/bin/sh\necho asked >&2\nexit 127\n")
    media.chmod(0o755)
    pan.bin = program
    said = pan.run("run", "pan.yaml").stderr_text
    assert "nothing was bought" in said and "warning" not in said
    assert stamps(pan) == before


def test_one_that_was_killed_before_it_was_recorded_is_known(pan):
    before = stamps(pan)
    link = __import__("sqlite3").connect(pan.root / ".tarmac/ledger.db")
    link.execute("DELETE FROM outputs")
    link.commit()
    link.close()
    said = pan.run("run", "pan.yaml").stderr_text
    assert "left alone" not in said and stamps(pan) == before
    assert len(pan.rows("SELECT 1 FROM outputs WHERE length(made_of) = 64")) == 2


def test_an_output_of_before_is_brought_up_to_date(pan):
    """An earlier tarmac placed the clip's own bytes."""
    by_size = {p.stat().st_size: p for p in stored(pan)}
    link = __import__("sqlite3").connect(pan.root / ".tarmac/ledger.db")
    for path, clip in link.execute("SELECT o.path, c.sha256 FROM outputs o JOIN clips c"
                                   " ON c.id = o.clip").fetchall():
        [file] = [p for p in by_size.values() if p.stem == clip]
        shutil.copyfile(file, pan.root / path)
        facts = (pan.root / path).stat()
        link.execute("UPDATE outputs SET sha256 = ?, size = ?, mtime_ns = ?, made_of = NULL"
                     " WHERE path = ?", (clip, facts.st_size, facts.st_mtime_ns, path))
    link.commit()
    link.close()
    assert "all whole" in pan.run("verify").stdout_text
    said = pan.run("run", "pan.yaml").stderr_text
    assert "left alone" not in said
    assert told(pan.root / "out/pan/x4.mp4")["cell"] == "pan/x4"


def test_it_can_be_switched_off_and_on(pan):
    pan.write("pan.yaml", PAN % ", embed: false")
    pan.run("run", "pan.yaml")
    assert {sha256(pan.root / p) for p in pan.outputs()} == {p.stem for p in stored(pan)}
    pan.write("pan.yaml", PAN % ", embed: true")
    pan.run("run", "pan.yaml")
    assert told(pan.root / "out/pan/x4.mp4")["cell"] == "pan/x4"


def test_an_edited_output_is_left_alone(pan):
    left, right = (pan.root / p for p in pan.outputs())
    left.write_bytes(b"my own cut")
    right.unlink()
    said = pan.run("run", "pan.yaml").stderr_text
    assert "left alone" in said and left.read_bytes() == b"my own cut"
    assert told(right)["cell"] == "pan/x4"
    [mine, _] = manifest(pan)["cells"]
    assert mine["outputs"][0]["edited"] and "sha256" not in mine["outputs"][0]


@pytest.mark.parametrize("worker", ["exit 3", "kill -SEGV $$", 'read line; echo "{}"'])
def test_a_clip_that_cannot_be_tagged_is_placed_as_it_was_bought(pan, worker):
    for path in pan.outputs():
        (pan.root / path).unlink()
    program = pan.root.parent / "bin"
    program.mkdir()
    shutil.copy(pan.bin / "tarmac", program)
    media = program / "tarmac-media"
    media.write_text(f"#!/bin/sh\n{worker}\n")
    media.chmod(0o755)
    pan.bin = program
    said = pan.run("run", "pan.yaml").stderr_text
    assert said.count("does not tell what made it") == 1
    assert {sha256(pan.root / p) for p in pan.outputs()} == {p.stem for p in stored(pan)}
    before = stamps(pan)
    assert "does not tell" not in pan.run("run", "pan.yaml").stderr_text, "said once"
    assert stamps(pan) == before
    assert list((pan.root / ".tarmac/parts").iterdir()) == []


def test_what_must_not_be_told(project, rogue):
    project.configure(h={"url": rogue.url, "key": "H_KEY"})
    project.env["H_KEY"] = "sesame-key"
    project.write("r.yaml", """
tarmac: 1
gateway: h
request:
  prompt: a pier
  image: "https://cdn.example/first.png?signature=sesame-url"
  extra: {token: "${token}", other: sesame-extra}
params: {token: sesame-default}
""")
    project.run("run", "r.yaml", "-p", "token=sesame-given", "--lock")
    [output] = project.outputs()
    it = told(project.root / output)
    assert it["request"] == {"prompt": "a pier"}
    assert sorted(it["left_out"]) == ["extra", "image"]
    for path in [project.root / output, project.root / "out/r/manifest.json",
                 project.root / "r.lock.yaml"]:
        assert b"sesame" not in path.read_bytes(), path
    child = project.run("run", "--from", output, code=2)
    assert "does not hold its 'extra'" in child.stderr_text \
        or "does not hold its 'image'" in child.stderr_text
    assert "nothing was bought" in child.stderr_text and len(rogue.posts) == 1


# --- show

def test_show_works_anywhere(pan, elsewhere):
    clip = shutil.copy(pan.root / "out/pan/x4.mp4", elsewhere.root / "found.mp4")
    said = elsewhere.run("show", "found.mp4").stdout_text
    assert "pan/x4" in said and "a pier, dusk: 100 %" in said and "generate" in said
    [event] = elsewhere.events("show", "found.mp4")
    assert event["event"] == "told"
    assert {k: v for k, v in event.items() if k != "event"} == told(clip)
    assert not (elsewhere.root / ".tarmac").exists()

    said = pan.run("show", str(clip)).stdout_text
    assert "attempt" in said and "another" not in said, "moved, and still known"
    cut = elsewhere.root / "cut.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-i", clip, "-t", "1", "-c", "copy", cut],
                   check=True)
    assert "attempt" in pan.run("show", str(cut)).stdout_text, "by what it tells"


def test_show_of_a_file_that_tells_nothing(elsewhere, clip):
    def tagged(name, text):
        path = elsewhere.root / name
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", "plain.mp4", "-c", "copy",
                        "-metadata", f"comment={text}", path], check=True, cwd=elsewhere.root)
        return name

    (elsewhere.root / "plain.mp4").write_bytes(clip)
    (elsewhere.root / "torn.mp4").write_bytes(clip[:5000])
    (elsewhere.root / "text.mp4").write_text("no clip")
    deep = '{"tarmac":1,"request":' + '{"a":' * 500 + "1" + "}" * 501
    order = {"tarmac": 1, "version": "1", "recipe": "r", "cell": "c", "gateway": "g",
             "route": "generate", "take": 1, "fingerprint": "0" * 64, "request": {}}
    for name in ["plain.mp4", "torn.mp4", "text.mp4", tagged("a.mp4", "shot by me"),
                 tagged("b.mp4", deep), tagged("c.mp4", '{"tarmac":2}'),
                 tagged("d.mp4", json.dumps({**order, "take": 1e9})),
                 tagged("e.mp4", json.dumps({**order, "request": {"extra": {"a": 1}}})),
                 tagged("f.mp4", json.dumps({**order, "of": {"x": {}}})),
                 tagged("g.mp4", "x" * 70000)]:
        said = elsewhere.run("show", name, code=2)
        assert "tells nothing of what made it" in said.stderr_text and not said.stdout_text
    for name in ["a.mp4", "e.mp4"]:
        said = elsewhere.run("run", "--from", name, code=2).stderr_text
        assert "nothing was bought" in said
    name = tagged("h.mp4", json.dumps({**order, "cell": "\x1b[2Jc", "recipe": "‮r"}))
    said = elsewhere.run("show", name).stdout_text
    assert "\x1b" not in said and "‮" not in said


# --- run --from

def test_from_finds_what_is_bought(pan, bought):
    said = pan.run("run", "--from", "out/pan/x4.mp4")
    assert said.stdout_text == "out/from/pan/x4.mp4\n"
    assert bought() == 0
    again = told(pan.root / "out/from/pan/x4.mp4")
    assert again["fingerprint"] == told(pan.root / "out/pan/x4.mp4")["fingerprint"]
    assert manifest(pan)["recipe"] == "pan" and len(manifest(pan)["cells"]) == 2


def test_from_buys_the_same_elsewhere_and_something_else_when_told(pan, elsewhere, bought):
    clip = shutil.copy(pan.root / "out/pan/x4.mp4", elsewhere.root / "found.mp4")
    elsewhere.run("run", "--from", "found.mp4")
    assert bought() == 1
    made = elsewhere.root / "out/from/pan/x4.mp4"
    assert told(made)["fingerprint"] == told(clip)["fingerprint"]
    elsewhere.run("run", "--from", "found.mp4")
    assert bought() == 1
    shutil.rmtree(elsewhere.root / "out")
    elsewhere.run("run", "--from", "found.mp4", "motion.z=2", "prompt=another")
    assert told(made)["request"] == {"prompt": "another", "seconds": 5,
                                     "motion": {"x": 4, "z": 2}}
    said = elsewhere.run("run", "--from", "found.mp4", "motoin.z=2", code=3).stderr_text
    assert "motoin" in said and bought() == 2
    said = elsewhere.run("run", "--from", "found.mp4", "-p", "look=dawn", code=2).stderr_text
    assert "motion.x=2" in said
    elsewhere.configure()
    said = elsewhere.run("run", "--from", "found.mp4", code=3).stderr_text
    assert "'h'" in said


def test_from_makes_again_what_the_clip_was_made_of(project, gateway, elsewhere, bought):
    project.configure(h={"url": gateway.url})
    project.write("chain.yaml", CHAIN)
    project.write("chain.lua", CHAIN_LUA)
    project.run("run", "chain.yaml")
    clip = project.root / "out/chain/one.close.mp4"
    it = told(clip)
    assert it["output"] == "close" and len(it["of"]) == 2
    project.run("run", "--from", clip)
    assert bought() == 3, "all of it is bought already"

    shutil.copy(clip, elsewhere.root / "found.mp4")
    assert "made of" in elsewhere.run("show", "found.mp4").stdout_text
    elsewhere.run("run", "--from", "found.mp4")
    assert bought() == 6
    made = told(elsewhere.root / "out/from/chain/one.close.mp4")
    assert made["fingerprint"] == it["fingerprint"] and made["of"] == it["of"]
    bought = {row[0] for row in elsewhere.rows("SELECT fingerprint FROM purchases")}
    assert bought == {it["fingerprint"], *it["of"]}


def test_from_says_which_file_it_needs(project, gateway, elsewhere):
    project.configure(h={"url": gateway.url})
    picture = project.root / "first.png"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=320x180", "-frames:v",
                    "1", picture], check=True)
    project.write("r.yaml", "tarmac: 1\nname: r\ngateway: h\n"
                            "request: {prompt: a pier, image: first.png}\n")
    project.run("run", "r.yaml")
    clip = project.root / project.outputs()[0]
    assert told(clip)["request"]["image"] == {"sha256": sha256(picture)}
    shutil.copy(clip, elsewhere.root / "found.mp4")
    said = elsewhere.run("run", "--from", "found.mp4", code=2).stderr_text
    assert "does not hold its 'image'" in said and "image=first.png" in said
    shutil.copy(picture, elsewhere.root / "mine.png")
    elsewhere.run("run", "--from", "found.mp4", "image=mine.png")
    [made] = elsewhere.outputs()
    assert told(elsewhere.root / made)["fingerprint"] == told(clip)["fingerprint"]


# --- manifest.json

def test_the_manifest_says_what_everything_is(pan):
    it = manifest(pan)
    assert it["tarmac_manifest"] == 1 and it["recipe"] == "pan"
    assert it["params"] == {"look": "dusk"} and it["tree"]["sweep"] == {"motion.x": [-4, 4]}
    assert it["gateway"]["identity"] == "h" and it["gateway"]["dialect"] == "reverse"
    assert it["made_by"]["tarmac"] and it["made_by"]["sqlite"]
    assert [c["name"] for c in it["cells"]] == ["pan/x-4", "pan/x4"]
    for cell in it["cells"]:
        [output] = cell["outputs"]
        [purchase] = cell["purchases"]
        assert output["sha256"] == sha256(pan.root / output["file"])
        assert output["clip_sha256"] in {p.stem for p in stored(pan)}
        assert output["fingerprint"] == purchase["fingerprint"]
        assert purchase["request"]["motion"] == {"x": cell["axes"]["motion.x"]}
        assert purchase["credits"] == 25 and purchase["state"] == "delivered"


def test_the_manifest_changes_only_with_what_it_says(pan):
    path = pan.root / "out/pan/manifest.json"
    before = path.read_bytes(), path.stat().st_mtime_ns
    pan.run("run", "pan.yaml")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    pan.run("run", "pan.yaml", "-p", "look=dawn")
    it = manifest(pan)
    assert it["given"] == ["look=dawn"] and it["params"] == {"look": "dawn"}
    assert path.read_bytes() != before[0]
    assert [p.name for p in path.parent.iterdir() if p.name.startswith(".")] == []
    assert "part" not in it
    pan.run("run", "pan.yaml", "--first", "1")
    it = manifest(pan)
    assert it["part"] == {"first": 1} and len(it["cells"]) == 1
    pan.run("run", "pan.yaml", "--only", "motion.x > 0")
    assert manifest(pan)["part"] == {"only": "motion.x > 0"}


def test_a_stopped_run_leaves_the_manifest_of_the_last(project, rogue):
    project.configure(h={"url": rogue.url})
    project.write("pan.yaml", PAN % "")
    project.run("run", "pan.yaml")
    before = (project.root / "out/pan/manifest.json").read_bytes()
    rogue.phase = lambda task_id, n: "running"
    project.write("pan.yaml", PAN % "" + "limits: {in_flight: 1}\n")
    child = project.start("run", "pan.yaml", "-p", "look=dawn")
    until(lambda: "accepted" in project.states() or "running" in project.states(), "a purchase")
    child.send_signal(2)
    child.communicate(timeout=60)
    assert child.returncode == 130
    assert (project.root / "out/pan/manifest.json").read_bytes() == before


def test_a_disk_that_does_not_take_the_manifest(pan):
    folder = pan.root / "out/pan"
    (folder / ".manifest.json.new").mkdir()
    said = pan.run("run", "pan.yaml", "--first", "1", code=9).stderr_text
    assert "cannot write" in said and "manifest.json" in said
    assert len(manifest(pan)["cells"]) == 2
    assert stat.S_IMODE(os.stat(folder / "manifest.json").st_mode) & 0o444 == 0o444


def test_no_file_goes_through_a_link(pan):
    (pan.root / "out").rename(pan.root / "real")
    (pan.root / "out").symlink_to("real")
    path = pan.root / "real/pan/manifest.json"
    before = path.read_bytes()
    said = pan.run("run", "pan.yaml", "--first", "1", code=9).stderr_text
    assert "out is a symbolic link" in said and path.read_bytes() == before
