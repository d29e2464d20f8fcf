"""What a recipe is made of besides its own file: words behind it, files that it
includes, params with types, defaults of a gateway, files of rows."""
import base64
import json

import pytest

import seeds

R = """tarmac: 1
name: r
about: A look at the sea.
params:
  push: {type: number, default: 4, min: 0, max: 10, help: how fast}
  look: {type: choice, choices: [day, night], default: day}
request: {prompt: "a pier by ${look}", seconds: 5, motion: {z: "${push}"}}
sweep:
  motion.x: [-4, 0, 4]
outputs: {name: "x${motion.x}"}
"""


def picture(red, green, blue):
    return base64.b64decode(seeds.png(red, green, blue).split(",")[1])


def planned(project, *words):
    """The requests that would be bought, in order."""
    events = project.events("plan", *words)
    return [p["request"] for e in events if e["event"] == "cell" for p in e["purchases"]]


def fingerprints(project, *words):
    events = project.events("plan", *words)
    return [p["fingerprint"] for e in events if e["event"] == "cell" for p in e["purchases"]]


def said(project, *words, code=3):
    return project.run("check", *words, code=code).stderr_text


def test_words_change_fields_axes_params_and_limits(project):
    project.write("r.yaml", R)
    [request] = planned(project, "r.yaml", "motion.x=2", "push=3", "look=night", "motion.y=1",
                        "request.model=gen4", "prompt=5", "limits.in_flight=8")
    assert request == {"prompt": "5", "seconds": 5, "model": "gen4",
                       "motion": {"z": 3, "x": 2, "y": 1}}
    assert len(planned(project, "r.yaml", "motion.x={from: -6, to: 6, by: 3}")) == 5
    assert len(planned(project, "r.yaml", "motion.x=[1,2]", "sweep.motion.y=[1, 2]",
                       "outputs.name=${motion.x}_${motion.y}")) == 4
    assert len(planned(project, "r.yaml", "~motion.x", "outputs.name=one")) == 1
    assert planned(project, "r.yaml", "motion.x=0", "prompt=by ${look}")[0]["prompt"] == "by day"


def test_what_is_wrong_with_words_is_said_with_all_the_rest(project):
    project.write("r.yaml", R.replace("seconds: 5", "secnds: 5"))
    assert said(project, "r.yaml", "push=11", "look=nigth", "limits.in_flght=8",
                "outptus.dir=x", "~request.seed") == (
        "r.yaml:7:40: error: unknown field 'secnds' (did you mean 'seconds'?)\n"
        "command line: error: 'outptus.dir' is no part of the recipe: no key, param, axis or "
        "field of a request (did you mean 'outputs.dir'?)\n"
        "command line: error: there is no 'request.seed' to take away\n"
        "command line: error: unknown key 'in_flght' in limits (did you mean 'in_flight'?)\n"
        'command line: error: push takes a number from 0 to 10, found 11\n'
        'command line: error: look takes one of day, night, found "nigth" '
        "(did you mean 'night'?)\n")
    [event] = [e for e in project.events("check", "r.yaml", "push=11", code=3)
               if e["file"] == "command line"]
    assert event["line"] == 0 and "push" in event["message"]


def test_help_tells_what_a_recipe_takes(project):
    project.write("r.yaml", R)
    for command in ("run", "plan", "check"):
        text = project.run(command, "r.yaml", "--help").stdout_text
        assert f"tarmac {command} RECIPE" in text
        assert text.endswith(
            "\nA look at the sea.\n"
            "\nparams of this recipe, set by NAME=VALUE or -p NAME=VALUE:\n"
            "  push              number from 0 to 10, default 4\n"
            "                    how fast\n"
            "  look              one of day, night, default day\n")
    assert "gone.yaml" in project.run("run", "gone.yaml", "--help", code=3).stderr_text


def test_included_files_are_laid_below(project):
    project.write("r.yaml", R.replace("name: r\n", "name: r\ninclude: [shared/look.yaml]\n"))
    project.write("shared/look.yaml", "include: shared/deep.yaml\nrequest: {style: noir, "
                  "seconds: 10, motion: {y: 1}}\nsweep: {motion.x: [9]}\n")
    project.write("shared/deep.yaml", "request: {style: plain, model: gen4}\n")
    requests = planned(project, "r.yaml")
    assert [r["motion"] for r in requests] == [{"x": x, "y": 1, "z": 4} for x in (-4, 0, 4)]
    assert requests[0]["style"] == "noir" and requests[0]["model"] == "gen4"
    assert requests[0]["seconds"] == 5
    project.write("shared/deep.yaml", "request:\n  stile: plain\n")
    assert said(project, "r.yaml") == "shared/deep.yaml:2:3: error: unknown field 'stile' " \
                                      "(did you mean 'style'?)\n"
    [event] = project.events("check", "r.yaml", code=3)
    assert (event["file"], event["line"]) == ("shared/deep.yaml", 2)


def test_a_script_in_an_included_file_lies_beside_the_recipe(project):
    project.write("r.yaml", R.replace("name: r\n", "name: r\ninclude: shared/s.yaml\n"))
    project.write("shared/s.yaml", "script: r.lua\n")
    project.write("r.lua", "return function(cell) return runway.clip { seed = 7 } end\n")
    assert [r["seed"] for r in planned(project, "r.yaml")] == [7, 7, 7]


@pytest.mark.parametrize("files,line", [
    ({"a.yaml": "include: r.yaml\n"}, "a.yaml:1:10: error: 'include': r.yaml: it includes itself"),
    ({"a.yaml": "include: a.yaml\n"}, "a.yaml:1:10: error: 'include': a.yaml: it includes itself"),
    ({f"{n}.yaml": f"include: [{n}a.yaml, {n}a.yaml, {n}a.yaml]\n"
      for n in ("a", "aa", "aaa", "aaaa", "aaaaa", "aaaaaa", "aaaaaaa", "aaaaaaaa",
                "aaaaaaaaa")},
     "more than 8 files deep"),
    ({**{f"{n}.yaml": f"include: [{n}a.yaml, {n}a.yaml, {n}a.yaml]\n"
         for n in ("a", "aa", "aaa", "aaaa", "aaaaa")}, "aaaaaa.yaml": "{}"},
     "more than 32 files, each counted as often as it is included"),
    ({"a.yaml": "request: {extra: {a: [%s]}}\n" % ",".join("1" for _ in range(150000)),
      "b.yaml": "request: {extra: {b: [%s]}}\n" % ",".join("1" for _ in range(150000))},
     "too large: more than 200000 values"),
])
def test_includes_have_an_end(project, files, line):
    project.write("r.yaml", f"tarmac: 1\ninclude: [{'a.yaml, b.yaml' if 'b.yaml' in files else 'a.yaml'}]\n")
    for name, text in files.items():
        project.write(name, text)
    text = said(project, "r.yaml")
    assert line in text and text.count("\n") == 1


def test_links_do_not_lead_out(project):
    (project.root.parent / "x.yaml").write_text("{}")
    (project.root.parent / "x.csv").write_text("seed\n1\n")
    (project.root / "out.yaml").symlink_to("../x.yaml")
    (project.root / "out.csv").symlink_to("../x.csv")
    project.write("r.yaml", "tarmac: 1\ninclude: out.yaml\n")
    assert "leads out of" in said(project, "r.yaml")
    project.write("r.yaml", "tarmac: 1\nsweep: {shot: {file: out.csv}}\n")
    assert "leads out of" in said(project, "r.yaml")
    project.write("r.yaml", "tarmac: 1\nsweep: {shot: {file: ../x.csv}}\n")
    assert "leads out of" in said(project, "r.yaml")


def test_defaults_of_a_gateway(project):
    project.configure(comet={"url": "https://comet.example", "dialect": "official"},
                      other={"url": "https://other.example"})
    project.write("r.yaml", R + "gateways:\n"
                  "  comet: {request: {model: gen4_turbo, ratio: '1280:720', image: a.png}}\n"
                  "  local: {request: {style: noir, motion: {x: 9, y: 2}}}\n")
    (project.root / "a.png").write_bytes(picture(1, 2, 3))
    local = planned(project, "r.yaml")
    assert [r["motion"] for r in local] == [{"x": x, "y": 2, "z": 4} for x in (-4, 0, 4)]
    assert local[0]["style"] == "noir" and "model" not in local[0]
    assert planned(project, "r.yaml", "motion.y=5", "motion.x=1")[0]["motion"] == \
        {"x": 1, "y": 5, "z": 4}
    for words in (["--gateway", "comet"], ["gateway=comet"]):
        there = planned(project, "r.yaml", *words)
        assert there[0]["model"] == "gen4_turbo" and "style" not in there[0]
    assert "style" not in planned(project, "r.yaml", "--gateway", "other")[0]
    project.write("r.yaml", R + "gateways:\n  comet: {request: {modle: gen4}}\n"
                  "  gone: {request: {seconds: x}}\n")
    assert said(project, "r.yaml") == (
        "r.yaml:12:21: error: unknown field 'modle' (did you mean 'model'?)\n"
        'r.yaml:13:29: error: \'seconds\' takes a number, found "x"\n')
    project.write("r.yaml", R + "gateways:\n  gone: {request: {seconds: 5}}\n")
    assert "no gateway is called 'gone'" in said(project, "r.yaml", "--gateway", "gone")


SHOTS = """tarmac: 1
params: {shots: {type: file, default: shots.csv}}
request: {seconds: 5}
sweep: {shot: {file: "${shots}"}}
outputs: {name: "${shot}_${look}"}
"""


def test_rows_from_a_file(project):
    project.write("r.yaml", SHOTS)
    project.write("shots.csv", "prompt,seed,look\r\n5,11,day\r\n\"a cliff, at dusk\",,night\r\n")
    want = [{"seconds": 5, "prompt": "5", "seed": 11}, {"seconds": 5, "prompt": "a cliff, at dusk"}]
    assert planned(project, "r.yaml") == want
    project.write("rows.yaml", json.dumps([
        {"prompt": "5", "seed": 11, "look": "day"},
        {"look": "night", "prompt": "a cliff, at dusk", "seed": None}]))
    project.write("s.yaml", SHOTS.replace('"${shots}"', "rows.yaml"))
    assert planned(project, "s.yaml") == want
    assert "'prompt' moves with the sweep's 'shot'" in said(project, "r.yaml", "prompt=a boat")
    # One that is given lies where the user is.
    elsewhere = project.root.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine.csv").write_text("look,prompt\nx,a boat\n")
    assert planned(project, str(project.root / "r.yaml"), "shots=../elsewhere/mine.csv")[0] == \
        {"seconds": 5, "prompt": "a boat"}
    child = project.run("plan", str(project.root / "r.yaml"), "-p", "shots=mine.csv", "--json",
                        cwd=elsewhere)
    assert '"a boat"' in child.stdout_text


def test_mistakes_of_rows_name_their_line(project):
    project.write("sub/r.yaml", SHOTS)
    project.write("sub/shots.csv", "prompt,seed,look\na,1\nb,2,c,d\n")
    assert said(project, "sub/r.yaml") == (
        "sub/shots.csv:2:1: error: this row has 2 fields, and the header has 3\n"
        "sub/shots.csv:3:1: error: this row has 4 fields, and the header has 3\n")
    project.write("sub/shots.csv", "prompt,seed,look\na,x,c\n")
    assert said(project, "sub/r.yaml") == \
        'sub/shots.csv:2:3: error: \'seed\' takes a whole number, found "x"\n'


def test_a_file_that_is_given_may_lie_anywhere(project):
    elsewhere = project.root.parent / "elsewhere"
    elsewhere.mkdir()
    for name, colour in (("red.png", (200, 0, 0)), ("blue.png", (0, 0, 200))):
        (elsewhere / name).write_bytes(picture(*colour))
    (project.root / "first.png").write_bytes(picture(200, 0, 0))
    project.write("r.yaml", "tarmac: 1\nparams: {first: {type: file, default: first.png}}\n"
                  "request: {prompt: a, image: '${first}', seconds: 5}\n")
    # It is known by what it holds, not by where it lies.
    [own] = fingerprints(project, "r.yaml")
    assert fingerprints(project, "r.yaml", "first=../elsewhere/red.png") == [own]
    [blue] = fingerprints(project, "r.yaml", "-p", f"first={elsewhere}/blue.png")
    assert blue != own
    assert "leads out of" in said(project, "r.yaml", "request.image=../elsewhere/red.png")
    assert "there is no" in said(project, "r.yaml", "first=../elsewhere/none.png")
    assert "is a directory" in said(project, "r.yaml", "first=../elsewhere")
    assert "beside the recipe" in said(project, "r.yaml", "params.first.default=none.png")


def test_a_script_sees_only_the_file_that_was_given(project):
    elsewhere = project.root.parent / "elsewhere"
    elsewhere.mkdir()
    for name in ("given.png", "other.png"):
        (elsewhere / name).write_bytes(picture(9, 9, 9))
    project.write("r.yaml", "tarmac: 1\nscript: r.lua\nparams: {first: {type: file, default: "
                  "x.png}, swap: given}\nrequest: {prompt: a, seconds: 5}\n")
    project.write("r.lua", "return function(cell)\n"
                  "  local path = cell.first:gsub('given', cell.swap)\n"
                  "  return runway.clip { image = runway.image(path) }\nend\n")
    given = f"first={elsewhere}/given.png"
    assert len(planned(project, "r.yaml", given)) == 1
    child = project.run("plan", "r.yaml", given, "swap=other", code=4)
    assert "leads out of" in child.stdout_text + child.stderr_text


def test_a_run_with_words_is_recorded_and_found_again(drafts):
    drafts.write("r.yaml", R)
    words = ("r.yaml", "outputs.name=x=${motion.x}", "motion.x=2", "push=3")
    drafts.run("run", *words)
    assert drafts.outputs() == ["out/x=2.mp4"]
    drafts.run("verify", "r.yaml", "out/x=2.mp4")  # a file, no word that changes
    drafts.run("run", *words)
    assert drafts.local_tasks() == 1
    [[argv]] = drafts.rows("SELECT DISTINCT argv FROM runs")
    assert json.loads(argv)[-2:] == ["motion.x=2", "push=3"]


def test_a_word_lies_over_the_defaults_of_the_gateway(project):
    project.write("r.yaml", "tarmac: 1\nrequest: {prompt: a, seconds: 5, style: plain}\n"
                  "gateways: {local: {request: {style: noir, seed: 3}}}\n")
    assert planned(project, "r.yaml") == [
        {"prompt": "a", "seconds": 5, "style": "noir", "seed": 3}]
    assert planned(project, "r.yaml", "~request.style") == [
        {"prompt": "a", "seconds": 5, "seed": 3}]
    assert "seed" not in planned(project, "r.yaml", "~request.seed")[0]
    assert planned(project, "r.yaml", "~gateways.local", "seed=5")[0] == {
        "prompt": "a", "seconds": 5, "style": "plain", "seed": 5}


def test_every_included_file_tells_its_mistakes(project):
    project.write("r.yaml", "tarmac: 1\ninclude: [a.yaml, b.yaml, none.yaml]\n")
    project.write("a.yaml", "request: {seconds: 5\n")
    project.write("b.yaml", "name: b\n")
    assert said(project, "r.yaml") == (
        "r.yaml:2:27: error: 'include': there is no none.yaml beside the recipe\n"
        "a.yaml:2:1: error: not YAML: a ',' or '}' is missing (it begins on line 1)\n"
        "b.yaml:1:7: error: an included file has no name; the recipe has\n")


def test_one_mistake_of_a_word_is_said_once(project):
    project.write("r.yaml", R)
    assert said(project, "r.yaml", "seconds=5s", "motion.z=x").count("\n") == 2


def test_a_file_from_elsewhere_is_a_param(project):
    (project.root.parent / "red.png").write_bytes(picture(200, 0, 0))
    project.write("r.yaml", "tarmac: 1\nparams: {first: {type: file, default: ../red.png}}\n"
                  "request: {prompt: a, image: '${first}', seconds: 5}\n")
    hint = "put a copy beside the recipe, or give it as a param of the type file (-p NAME=PATH)"
    assert said(project, "r.yaml") == (
        f"r.yaml:2:39: error: 'first': ../red.png leads out of {project.root}; {hint}\n")
    assert len(planned(project, "r.yaml", "first=../red.png")) == 1
    for other in ("/dev/zero", "/dev/null"):
        assert "is not a regular file" in said(project, "r.yaml", f"first={other}")
    project.write("s.yaml", "tarmac: 1\nscript: s.lua\nrequest: {prompt: a, seconds: 5}\n")
    project.write("s.lua", "return function() return runway.image('../red.png') end\n")
    child = project.run("plan", "s.yaml", code=4)
    assert hint in child.stdout_text + child.stderr_text
    child = project.run("generate", "a pier", "image=../red.png", code=3)
    assert "put a copy there" in child.stderr_text


def test_a_place_on_this_machine_is_not_told(drafts):
    elsewhere = drafts.root.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "red.png").write_bytes(picture(200, 0, 0))
    drafts.write("r.yaml", "tarmac: 1\nparams: {first: {type: file}}\n"
                 "request: {prompt: a, image: '${first}', seconds: 5}\n")
    drafts.run("run", "r.yaml", f"first={elsewhere}/red.png",
               "request.extra={token: hidden-9f3}", "--lock")
    left = [p for p in drafts.root.rglob("*") if p.is_file() and ".tarmac" not in p.parts]
    assert {"r.lock.yaml", "manifest.json"} <= {p.name for p in left}
    for path in left:
        assert str(elsewhere).encode() not in path.read_bytes(), path
        assert b"hidden-9f3" not in path.read_bytes(), path
    drafts.run("run", "r.yaml", f"first={elsewhere}/red.png",
               "request.extra={token: hidden-9f3}", "--locked")


def test_axes_in_another_order_are_another_recipe(drafts):
    text = ("tarmac: 1\nscript: r.lua\nrequest: {prompt: a, seconds: 5}\nsweep:\n%s"
            "outputs: {name: 'x${motion.x}y${motion.y}'}\n")
    x, y = "  motion.x: [0, 1]\n", "  motion.y: [0, 1]\n"
    drafts.write("r.lua", "return function(cell) return runway.clip {seed = cell.index} end\n")
    drafts.write("r.yaml", text % (x + y))
    drafts.run("run", "r.yaml")
    drafts.write("r.yaml", text % (y + x))
    child = drafts.run("plan", "r.yaml")
    assert "2 to buy" in child.stdout_text, child.stdout_text + child.stderr_text


def test_rows_that_are_wrong_hide_nothing_else(project):
    project.write("r.yaml", """tarmac: 1
params: {n: {typ: number}, look: day}
request: {prompt: "${look} ${shot}", secnds: 5, motion: {x: "${turn}", q: 1}}
sweep: {shot: {file: shots.csv}}
limits: {budget: x}
outputs: {name: "${shot}", dri: x}
""")
    project.write("shots.csv", "prompt,turn\na\n")
    assert [line.split(": error: ")[0] for line in said(project, "r.yaml", "foo=1").splitlines()] \
        == ["r.yaml:2:14", "r.yaml:3:38", "r.yaml:3:72", "r.yaml:5:18", "r.yaml:6:28",
            "command line", "shots.csv:2:1"]
