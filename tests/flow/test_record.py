"""What a run leaves for people to look at: its cells and how they went, and for
each a command that finds it again, whatever its values are."""
import json
import re
import subprocess

from conftest import until

RECIPE = """
tarmac: 1
name: r
about: Of a pier.
gateway: h
params: {{style: {{default: noir}}, token: {{default: none}}}}
request: {{prompt: a pier, seconds: 5, extra: {{token: "${{token}}"}}}}
sweep: {sweep}
outputs: {{name: "r/${{index}}"}}
limits: {{in_flight: 8, unknown_wait: 0s}}
"""
NASTY = {
    "prompt": ["it's \"one\"", "two\nlines\tand \\ more", "\u202eright to left\u202c \U0001f3ac",
               "[[long]] --[[ not ]] ]] \u0085\u007f\u0001", "x" * 5000, "' or true or '"],
    "seed": [1, None],
    "end": [1.5, "1.5", True, -0.1],  # a word of Lua's
}


def data(project, *words):
    """What the page is given."""
    page = project.run("report", *words, "--out", "seen").stdout_text.strip()
    text = (project.root / page).read_text(encoding="utf-8")
    return json.loads(re.search(r'id="data"[^>]*>(.*?)</script>', text, re.S).group(1))


def cells(project, *words):
    return data(project, *words)["cells"]


def found(project, again):
    """The cells that this command would make, in a shell."""
    assert again.startswith("tarmac run ")
    words = again.replace("tarmac run ", '"$TARMAC" plan ', 1) + " --json"
    child = subprocess.run(["sh", "-c", words], cwd=project.root, text=True, check=False,
                           env={**project.env, "TARMAC": str(project.bin / "tarmac")},
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    events = [json.loads(line) for line in child.stdout.split("\n") if line]
    assert child.returncode == 0, child.stdout + child.stderr
    return [(e["index"], e["purchases"][0]["fingerprint"]) for e in events if e["event"] == "cell"]


def set_up(project, rogue, sweep):
    project.configure(h={"url": rogue.url})
    text = json.dumps(sweep).replace("\\ud83c\\udfac", "\U0001f3ac")  # which YAML does not know
    project.write("recipes/r.yaml", RECIPE.format(sweep=text))


def test_every_cell_is_found_again(project, rogue):
    """By its values where they can be said; always that cell alone, with the words
    that its run was given."""
    set_up(project, rogue, {**NASTY, "sample": {"count": 3, "seed": 4}, "takes": 2,
                            "include": [{"prompt": p, "seed": None, "end": "1.5"}
                                        for p in NASTY["prompt"]]})
    project.run("run", "recipes/r.yaml", "seconds=10", "-p", "style=a'b \"c\"", "--gateway", "h",
                "--first", "12")
    told = data(project)
    assert told["head"]["recipe"] == {"name": "r", "about": "Of a pier.", "file": "recipes/r.yaml"}
    assert told["head"]["run"]["cells"] == 12 == len(told["cells"])
    for cell in told["cells"]:
        again = cell["again"]
        assert "\n" not in again and "\u202e" not in again and "--first" not in again
        assert "seconds=10" in again and "--gateway h" in again
        (which,) = found(project, again)
        assert which == (cell["index"], cell["purchases"][0]["fingerprint"])
    assert all("index == " in cell["again"] for cell in told["cells"])  # of 'end'


def test_it_says_values(project, rogue):
    sweep = {"prompt": NASTY["prompt"][:4] + NASTY["prompt"][5:], "seed": [1, None],
             "exclude": "seed == 1 and shot == 2 or seed == nil and shot == 1", "shot": {"zip": {"motion.x": [1, 2.5], "motion.y": [None, 2]}},
             "include": [{"prompt": "beside", "seed": None, "motion.x": 9, "motion.y": 9}]}
    set_up(project, rogue, sweep)
    project.run("run", "recipes/r.yaml")
    told = cells(project)
    assert len(told) == 5 * 2 + 1
    for cell in told:
        assert "index" not in cell["again"] and "motion" not in cell["again"]
        assert "prompt == " in cell["again"] and "shot == " in cell["again"]
        assert [which[0] for which in found(project, cell["again"])] == [cell["index"]]
    assert told[0]["axes"] == {"prompt": "it's \"one\"", "seed": 1, "shot": 1,
                               "motion.x": 1, "motion.y": None}
    assert "seed == nil" in told[1]["again"]


def test_a_secret_is_not_told(project, rogue):
    set_up(project, rogue, {"seed": [1, 2]})
    project.run("run", "recipes/r.yaml", "-p", "token=hush", "--only", "seed == 1")
    text = json.dumps(data(project))
    assert "hush" not in text and "token=(left out)" in text
    assert "again" not in cells(project)[0]


def test_how_cells_ended(project, rogue):
    """Failed, unknown, shared by two, bought twice; and what is known of each."""
    def submit(call, body):
        prompt = body["text_prompt"] if "text_prompt" in body else json.dumps(body)
        if "lost" in prompt:
            rogue.buy_and_close(call, body)
        else:
            rogue.buy(call, body)
    rogue.submit = submit
    rogue.phase = lambda task, n: "failed" if "bad" in json.dumps(rogue.bought[task]) \
        else "succeeded"
    set_up(project, rogue, {"prompt": ["good", "bad", "lost"], "shot": [1, 2]})
    project.run("run", "recipes/r.yaml", code=6)
    told = data(project)
    assert [cell["state"] for cell in told["cells"]] == \
        ["delivered"] * 2 + ["failed"] * 2 + ["unknown"] * 2
    good, shared, bad, _, lost, _ = told["cells"]
    assert good["purchases"] == shared["purchases"]
    assert [clip["path"] for clip in good["clips"] + shared["clips"]] == \
        ["out/r/1.mp4", "out/r/2.mp4"]
    assert bad["error"]["task_id"] == bad["purchases"][0]["task_id"]
    assert bad["purchases"][0]["state"] == "failed" and not bad["clips"]
    assert lost["error"]["kind"] == "unknown" == lost["purchases"][0]["state"]
    assert told["head"]["money"]["unknown"] > 0

    rogue.heal()
    project.run("run", "recipes/r.yaml", "--retry-failed", code=6)
    assert [cell["state"] for cell in cells(project)] == ["delivered"] * 4 + ["unknown"] * 2
    assert cells(project)[2]["purchases"][0]["attempt"] == 2


def test_a_killed_run_is_unfinished(project, rogue):
    """What it had sent is told; the next run finishes it."""
    rogue.phase = lambda task, n: "running" if "slow" in json.dumps(rogue.bought[task]) \
        else "succeeded"
    set_up(project, rogue, {"prompt": ["quick", "slow"], "seed": {"from": 1, "to": 40, "by": 1}})
    child = project.start("run", "recipes/r.yaml")
    until(lambda: len(rogue.bought) >= 44, "44 bought")
    until(lambda: len(project.rows("SELECT 1 FROM cells WHERE state = 'delivered'")) == 40, "40")
    told = data(project)
    assert told["head"]["run"]["alive"]
    assert {cell["state"] for cell in told["cells"]} == {"delivered", "running", "queued"}
    child.kill()
    child.communicate()
    told = data(project)
    assert not told["head"]["run"]["alive"] and "ended_ms" not in told["head"]["run"]
    assert [cell["state"] for cell in told["cells"]] == ["delivered"] * 40 + ["unfinished"] * 40
    assert told["cells"][40]["purchases"][0]["state"] in ("accepted", "running")
    assert told["cells"][79]["purchases"] == []


def test_generate_is_found_again(project, rogue):
    project.configure(h={"url": rogue.url})
    project.run("generate", "a pier, 'at' dusk", "seconds=5", "--gateway", "h")
    (cell,) = cells(project)
    assert cell["again"] == "tarmac generate 'a pier, '\\''at'\\'' dusk' seconds=5 --gateway h"
    assert cell["state"] == "delivered" and cell["clips"][0]["path"].startswith("out/generate/")
