"""No secret is told: not in any file that a run leaves, not in what it says."""
import base64
import json
import pathlib
import subprocess
import urllib.parse

import pytest

from conftest import BIN, Gateway

KEY = "canary/key+0451=?&deep~sea"  # spelt otherwise in base64, JSON and URLs
HEADER = "canary-header: \"9f3/a+\""
RECIPE = """
tarmac: 1
name: told
gateway: h
script: told.lua
params: {look: dusk}
request: {prompt: "a pier at ${look}", seconds: 5}
sweep: {shot: [1, 2]}
outputs: {name: "told/${shot}"}
"""
# A script that tells all that it can see, over and over.
SCRIPT = """
local seen = {}
local function tell(value, depth)
    if type(value) ~= "table" then
        return tostring(value)
    elseif seen[value] or depth > 6 then
        return "…"
    end
    seen[value] = true
    local words = {}
    for key, inner in pairs(value) do
        words[#words + 1] = tostring(key) .. "=" .. tell(inner, depth + 1)
    end
    return "{" .. table.concat(words, ", ") .. "}"
end

return function(cell)
    print(tell(_G, 0), tell(cell, 0))
    runway.log(tell(runway, 0))
    runway.collect("all", tell(cell, 0))
    local ok, why = pcall(runway.clip, { prompt = cell.shot == 2 and "fail" or cell.prompt })
    runway.collect("why", tell(why, 0))
    local clip = runway.clip { prompt = "again", seed = cell.shot }
    runway.collect("status", tell(runway.status(clip.task_id), 0))
    return runway.clip { prompt = "closer", image = clip:frame "last" }
end
"""


def spellings(secret):
    """As it is, and as it stands in JSON, in a URL, in base64 wherever it
    begins, and in hex."""
    plain = secret.encode()
    found = {plain, json.dumps(secret)[1:-1].encode(), plain.hex().encode(),
             urllib.parse.quote(secret).encode(), urllib.parse.quote(secret, safe="").encode(),
             urllib.parse.quote_plus(secret).encode()}
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + plain)
        found.add(coded[4 if shift else 0:-4])
        found.add(coded[4 if shift else 0:-4].replace(b"+", b"-").replace(b"/", b"_"))
    return found


@pytest.fixture
def keyed(project, tmp_path):
    service = Gateway(tmp_path / "service", key=KEY)
    project.env["H_KEY"] = KEY
    project.configure(h={"url": service.url, "key": "H_KEY",
                         "headers": {"X-Api-Key": HEADER}})
    project.said = b""
    yield project
    service.stop()


def run(project, *words):
    """All that it says is kept, whatever it comes to."""
    child = subprocess.run([BIN / "tarmac", *words], cwd=project.root, env=project.env,
                           stdin=subprocess.DEVNULL, capture_output=True, check=False,
                           timeout=120)
    assert child.returncode not in (1, -6, -11), child.stderr.decode()
    project.said += b" ".join(str(w).encode() for w in words) + child.stdout + child.stderr
    return child


def search(project, tmp_path):
    secrets = [s for secret in (KEY, HEADER) for s in spellings(secret)]
    found = [f"what was said: …{project.said[max(0, at - 80):at + 80]!r}"
             for s in secrets for at in [project.said.find(s)] if at >= 0]
    left = [p for p in pathlib.Path(tmp_path).rglob("*") if p.is_file() and not p.is_symlink()]
    for path in left:
        if path.is_relative_to(project.home):
            continue  # the configuration itself
        data = path.read_bytes()
        found += [f"{path}: {s!r}" for s in secrets if s in data]
    assert not found, "\n".join(found)
    return {p.name for p in left}


def test_nothing_tells_the_key(keyed, tmp_path):
    keyed.write("told.yaml", RECIPE)
    keyed.write("told.lua", SCRIPT)
    for words in (["doctor", "told.yaml"], ["check", "told.yaml"], ["plan", "told.yaml"],
                  ["run", "told.yaml", "--verbose"], ["run", "told.yaml", "--json"],
                  ["run", "told.yaml", "--lock"], ["plan", "told.yaml", "--json"],
                  ["generate", "a pier", "--gateway", "h", "--verbose"],
                  ["status", "--all"], ["log", "--all", "--json"], ["settle"], ["verify"],
                  ["prune"], ["doctor", "--json"]):
        run(keyed, *words)
    for output in keyed.outputs()[:2]:
        run(keyed, "show", output, "--json")
    run(keyed, "run", "--from", output)
    for recipe in ("told", "generate"):
        assert run(keyed, "report", recipe).returncode == 0
    for (fingerprint,) in keyed.rows("SELECT fingerprint FROM purchases"):
        run(keyed, "show", fingerprint)
    assert len(keyed.outputs()) >= 3, keyed.said.decode()
    names = search(keyed, tmp_path)
    assert {"manifest.json", "results.csv", "ledger.db", "index.html"} <= names


def test_not_where_it_goes_wrong(keyed, tmp_path, rogue):
    """A service that says our own words back, in every place that it can."""
    def echo(handler, body):
        sent = {k.lower(): v for k, v in handler.headers.items()}
        rogue.says(json.dumps({"msg": f"bad key {sent.get('authorization')}",
                               "code": 401, "headers": sent}), 401)(handler, body)

    keyed.configure(h={"url": rogue.url, "key": "H_KEY", "headers": {"X-Api-Key": HEADER}})
    keyed.write("r.yaml", "tarmac: 1\ngateway: h\nrequest: {prompt: a pier, seconds: 5}\n"
                          "limits: {unknown_wait: 0s}\n")
    rogue.submit = echo
    child = run(keyed, "run", "r.yaml", "--verbose")
    assert child.returncode == 8
    headers, _ = rogue.posts[0]
    assert headers["X-Api-Key"] == HEADER and headers["Authorization"].endswith(KEY)
    run(keyed, "run", "r.yaml", "--json")
    rogue.heal()
    rogue.phase = lambda task_id, n: "failed"
    run(keyed, "run", "r.yaml", "--verbose")
    rogue.submit = rogue.buy_and_close
    child = run(keyed, "run", "r.yaml", "--retry-failed", "--verbose")
    assert child.returncode == 6
    for words in (["status"], ["log", "--all"], ["settle"], ["doctor"]):
        run(keyed, *words)
    search(keyed, tmp_path)


def test_the_search_finds_what_is_told(keyed, tmp_path):
    for spelling in spellings(KEY):
        (keyed.root / "leak").write_bytes(b"x" + spelling + b"y")
        with pytest.raises(AssertionError, match="leak"):
            search(keyed, tmp_path)
    (keyed.root / "leak").unlink()
    search(keyed, tmp_path)
