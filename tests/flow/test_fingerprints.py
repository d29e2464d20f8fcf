"""What was bought before is found again: an upgrade never buys anew. The fingerprints
here are those that the release of 2026-11-21 recorded, to the letter; a change that
needs other ones loses what people have paid for."""
import base64
import hashlib

import pytest

# A picture of one point; only its bytes matter.
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
RECIPES = {
    "plain": """
tarmac: 1
gateway: h
request: {prompt: a paper boat on a calm lake}
""",
    "sweep": """
tarmac: 1
gateway: h
params: {prompt: {default: a "pier", help: what to film}, n: 2.0, w: 1e2, day: true}
request:
  model: gen2
  prompt: "${prompt} ${n} ${w} ${day} ${v} ü"
  ratio: "16:9"
  style: cinematic
  seconds: 5.0
  seed: ${n}
  motion: {x: 0, y: -0.0, z: 0.10, r: 0, bg_x_pan: 0, bg_y_pan: 1}
sweep:
  motion.x: {from: -1, to: 1, steps: 4}
  motion.r: {from: 0, to: 0.3, by: 0.1}
  v: [a, 1.50, 007]
""",
    "unset": """
tarmac: 1
gateway: h
request: {prompt: a pier, style: cinematic, seconds: 5, image: first.png}
sweep:
  style: [null, cinematic]
  seed: [null, 1, 2.0]
  image: [null, first.png, "https://example.com/a.png?b=c"]
outputs: {name: "c${index}"}
""",
    "asked": """
tarmac: 1
gateway: h
script: asked.lua
params: {k: 3}
request: {prompt: a pier, seconds: 5, model: gen2, style: cinematic}
sweep: {i: [1, 2]}
""",
}
SCRIPT = """
return function(cell)
  local a = runway.clip { prompt = "a" .. cell.i, seed = runway.params.k / 1 }
  local b = runway.clip { prompt = "b", image = a:frame "first", style = runway.none }
  local c = runway.clip { prompt = "c", image = a:frame(2.5), motion = { x = 0.5 } }
  local d = runway.clip { image = runway.image "first.png", take = cell.i }
  local e = runway.clip { image = b:frame "last", take = 2, extra = { foo = { 1, { x = 1.0 } } } }
  local f = runway.clip { video = "https://example.com/film.mp4", model = "gen4",
                          style = runway.none, route = "video2video" }
  return { a = a, b = b, c = c, d = d, e = e, f = f }
end
"""
# How many there are, and the SHA-256 of all of them, sorted, a line each.
BOUGHT = {
    "plain": (1, "9b4bab02e10cd9f951a10f0345b2c527aa6daa760c9342751877549cd9c0bf38"),
    "sweep": (48, "0b3dcb2e6c3b3fd5f9b56705bc259b361127d36365e946cb3cb4657978af613a"),
    "unset": (18, "16212295984032279acff2868c194e5faf433416e80b1800e95c61f62e6ee807"),
    "asked": (11, "c6b2c7490f0bc5a82c3c876b816dea4d4e0802dbb756de4dd5543e764ffac0fd"),
}


@pytest.mark.parametrize("name", RECIPES)
def test_the_same_requests_have_the_same_names(project, name):
    project.configure(h={"url": "http://127.0.0.1:9"})
    project.write("asked.lua", SCRIPT)
    project.write("r.yaml", RECIPES[name])
    (project.root / "first.png").write_bytes(PICTURE)
    prints = {purchase["fingerprint"]
              for event in project.events("plan", "r.yaml") if event["event"] == "cell"
              for purchase in event["purchases"]}
    told = "".join(f"{text}\n" for text in sorted(prints))
    assert (len(prints), hashlib.sha256(told.encode()).hexdigest()) == BOUGHT[name], told
