"""I4: a clip that was cut on its way goes on where it was, in this run and in the
next, and is never put together of two things. What was sent is counted."""
import hashlib
import json
import os
import random
import subprocess

import pytest

from conftest import until
from shelf import OVERLAP, Shelf

RECIPE = ("tarmac: 1\nname: r\ngateway: h\nrequest: {prompt: a pier, seconds: 5}\n"
          "limits: {unknown_wait: 1s}\noutputs: {embed: false}\n")
PAGE = "<!doctype html><html><body><h1>Expired</h1></body></html>"
PART, NOTE = ".tarmac/parts/1-1.part", ".tarmac/parts/1-1.part.json"


def make(path, *source):
    """Its index stands at its end: without the last bytes it does not play."""
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source[0], "-c:v", "libx264",
                    "-preset", "ultrafast", *source[1:], "-pix_fmt", "yuv420p", path],
                   check=True)
    return path.read_bytes()


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Two clips of some megabytes and of the same length, which both play."""
    folder = tmp_path_factory.mktemp("clips")
    one, two = (make(folder / f"{seed}.mp4",
                     f"testsrc=size=320x180:rate=24:duration=5,noise=alls=40:allf=t:all_seed={seed}",
                     "-crf", "24") for seed in (1, 2))
    most = max(len(one), len(two)) + 8
    return tuple(c + (most - len(c)).to_bytes(4, "big") + b"free" + bytes(most - len(c) - 8)
                 for c in (one, two))


@pytest.fixture
def shelf(project, rogue, clips):
    assert len(clips[0]) == len(clips[1]) > 20 * OVERLAP
    configure(project, rogue)
    project.write("r.yaml", RECIPE)
    shelf = Shelf(rogue, clips[0])
    yield shelf
    shelf.held.set()


def configure(project, rogue, **entry):
    project.configure(h={"url": rogue.url, **entry})


def delivered(project, shelf, clip=None):
    """One purchase, its clip whole, and nothing left on the way."""
    clip = clip or shelf.clip
    [output] = project.outputs()
    assert (project.root / output).read_bytes() == clip
    assert project.rows("SELECT sha256, size FROM clips") == [
        (hashlib.sha256(clip).hexdigest(), len(clip))]
    assert list((project.root / ".tarmac/parts").iterdir()) == []
    assert len(shelf.rogue.bought) == 1 and project.states() == ["delivered"]


def asked_from(shelf):
    """Where each request began: 0 for one without a range."""
    return [int(h.get("Range", "bytes=0-")[6:-1]) for h in shelf.asked]


def killed(project, shelf, n):
    """A run is killed when `n` bytes of the clip are here."""
    shelf.days = [shelf.hold(n)]
    child = project.start("run", "r.yaml")
    part = project.root / PART
    until(lambda: part.exists() and part.stat().st_size == n, f"{n} bytes")
    child.kill()
    child.communicate()
    shelf.held.set()
    return part


# --- it goes on
@pytest.mark.parametrize("seed", range(4))
def test_I4_a_lost_connection_goes_on_where_it_was(project, shelf, seed):
    chance = random.Random(seed)
    places = [chance.choice([1, OVERLAP, OVERLAP + 1, len(shelf.clip) // 3,
                             chance.randrange(len(shelf.clip) // 4)]) for _ in range(4)]
    shelf.days = [shelf.cut(n) for n in places]
    project.run("run", "r.yaml")
    delivered(project, shelf)
    assert sum(shelf.sent) <= len(shelf.clip) + len(places) * OVERLAP, (places, shelf.sent)


def test_I4_all_but_the_last_byte_is_not_fetched_again(project, shelf):
    shelf.days = [shelf.cut(len(shelf.clip) - 1)]
    project.run("run", "r.yaml")
    delivered(project, shelf)
    assert asked_from(shelf) == [0, len(shelf.clip) - 1 - OVERLAP]
    assert shelf.asked[1]["If-Range"] == shelf.etag
    assert not any("Accept-Encoding" in h for h in shelf.asked)


def test_I4_a_download_that_moves_has_patience_without_end(project, shelf):
    shelf.days = [shelf.cut(2 * OVERLAP)] * 15
    project.run("run", "r.yaml")
    delivered(project, shelf)
    assert len(shelf.sent) == 16


def test_I4_a_download_that_stands_still_ends(project, shelf):
    shelf.days = [shelf.cut(2 * OVERLAP)] + [shelf.cut(OVERLAP)] * 100
    child = project.run("run", "r.yaml", code=5)
    assert "could not download the clip" in child.stderr_text
    assert len(shelf.sent) < 10 and project.states() == ["ready"]
    shelf.days, before = [], sum(shelf.sent)
    project.run("run", "r.yaml")
    delivered(project, shelf)
    assert sum(shelf.sent) - before == len(shelf.clip) - OVERLAP


def test_I4_a_download_that_always_begins_anew_ends(project, shelf):
    """However much more each time brings: nothing of it stays."""
    shelf.days = [shelf.whole(upto=2 * OVERLAP * n) for n in range(1, 11)]
    project.run("run", "r.yaml", code=5)
    assert len(shelf.sent) < 10 and project.states() == ["ready"]


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_I4_kill_9_in_the_middle_and_the_next_run_fetches_the_rest(project, shelf, share):
    n = int(len(shelf.clip) * share)
    part = killed(project, shelf, n - (share == 1.0))
    assert (project.root / NOTE).exists()
    here = part.stat().st_size
    project.run("run", "r.yaml")
    delivered(project, shelf)
    assert asked_from(shelf) == [0, here - OVERLAP]
    assert sum(shelf.sent) == len(shelf.clip) + OVERLAP


def test_I4_kill_9_again_and_again_moves_on(project, shelf):
    """Each run brings some, and what it brought stays."""
    step = len(shelf.clip) // 4
    killed(project, shelf, step)
    for n in (2 * step, 3 * step):
        shelf.held.clear()
        shelf.days = [shelf.hold(step + OVERLAP)]
        child = project.start("run", "r.yaml")
        until(lambda n=n: (project.root / PART).stat().st_size == n, f"{n} bytes")
        child.kill()
        child.communicate()
        shelf.held.set()
    project.run("run", "r.yaml")
    delivered(project, shelf)
    assert sum(shelf.sent) == len(shelf.clip) + 3 * OVERLAP


@pytest.mark.parametrize("within", [True, False])
def test_I4_a_renewed_link_goes_on_too(project, shelf, within):
    """The first link expires, and the next poll gives another."""
    rogue, n = shelf.rogue, len(shelf.clip) // 2
    rogue.video = lambda task_id: f"{rogue.url}/{rogue.counts[task_id]}/{task_id}.mp4"
    expired = shelf.says(PAGE, 403, "text/html")
    if within:
        shelf.days = [shelf.cut(n), expired]
    else:
        killed(project, shelf, n)
        shelf.days = [expired]
    project.run("run", "r.yaml")
    delivered(project, shelf)
    paths = [path for _, path in rogue.fetched]
    assert len(set(paths)) == 3, paths
    assert asked_from(shelf) == [0, n - OVERLAP, n - OVERLAP]
    assert "If-Range" not in shelf.asked[-1], "an ETag is of its own address"
    assert sum(shelf.sent) == len(shelf.clip) + OVERLAP


def test_I4_without_an_etag_the_same_bytes_are_enough(project, shelf):
    shelf.etag = None
    killed(project, shelf, len(shelf.clip) // 2)
    project.run("run", "r.yaml")
    delivered(project, shelf)
    assert sum(shelf.sent) == len(shelf.clip) + OVERLAP


def test_I4_a_drip_is_given_up_and_goes_on(project, shelf):
    configure(project, shelf.rogue, timeout=1)
    n = len(shelf.clip) // 2
    shelf.days = [shelf.drip(n)]
    project.run("run", "r.yaml")
    delivered(project, shelf)
    assert asked_from(shelf)[1] >= n - OVERLAP
    assert sum(shelf.sent) < len(shelf.clip) + OVERLAP + 100


# --- it begins anew
def other_length(shelf, clips):
    shelf.clip = clips[1] + b"\0\0\0\x0cfree\0\0\0\0"
    return [shelf.rest(ETag=None)]


def other_clip(shelf, clips):
    """Of the same length and the same ETag."""
    shelf.clip = clips[1]
    return []


def other_name(shelf, clips):
    """The old bytes, even: it is not for us to know."""
    return [shelf.rest(clips[0], ETag='"two"')]


WRONG = {
    "the range is ignored": lambda s, c: [s.whole()],
    "it begins too late": lambda s, c: [s.rest(shift=1)],
    "it begins too early": lambda s, c: [s.rest(shift=-1)],
    "it is said to begin elsewhere": lambda s, c: [s.rest(
        Content_Range=f"bytes 0-{len(s.clip) - 1}/{len(s.clip)}")],
    "it says no range": lambda s, c: [s.rest(Content_Range=None)],
    "it has another length": other_length,
    "it has another ETag": other_name,
    "it is another clip": other_clip,
    "it is packed": lambda s, c: [s.rest(Content_Encoding="gzip")],
    "there is no such range": lambda s, c: [s.says("", 416, "text/plain")],
    "it has no content": lambda s, c: [s.says("", 204, "video/mp4")],
}


@pytest.mark.parametrize("what", WRONG)
def test_I4_what_is_no_rest_is_not_put_behind_it(project, shelf, clips, what):
    n = len(shelf.clip) // 2
    shelf.days = [shelf.whole(upto=n, data=shelf.clip)] + WRONG[what](shelf, clips)
    child = project.run("run", "r.yaml")
    assert ".bad" not in child.stderr_text
    delivered(project, shelf)
    again = [] if what == "the range is ignored" else [0]
    assert asked_from(shelf) == [0, n - OVERLAP] + again


def test_I4_what_is_no_rest_is_not_put_behind_what_an_earlier_run_left(project, shelf, clips):
    n = len(shelf.clip) // 2
    killed(project, shelf, n)
    shelf.clip = clips[1]
    project.run("run", "r.yaml")
    delivered(project, shelf)
    assert asked_from(shelf) == [0, n - OVERLAP, 0]


def test_I4_a_date_that_changed_is_another_clip(project, shelf, clips):
    shelf.etag, shelf.modified = None, "Mon, 01 Jan 2024 00:00:00 GMT"
    killed(project, shelf, len(shelf.clip) // 2)
    shelf.clip, shelf.modified = clips[1], "Tue, 02 Jan 2024 00:00:00 GMT"
    project.run("run", "r.yaml")
    delivered(project, shelf)
    assert asked_from(shelf)[2:] == [0]


def test_I4_what_was_put_together_and_does_not_play_is_fetched_anew_once(project, shelf):
    n = len(shelf.clip) // 2
    lie = shelf.clip[:n] + os.urandom(len(shelf.clip) - n)
    shelf.days = [shelf.cut(n), shelf.rest(lie), shelf.cut(n)]
    child = project.run("run", "r.yaml")
    assert ".bad" not in child.stderr_text
    delivered(project, shelf)
    assert asked_from(shelf) == [0, n - OVERLAP, 0, 0], "and is put together no more"


def test_I4_what_never_plays_is_kept_and_stays_bought(project, shelf):
    n = len(shelf.clip) // 2
    shelf.clip, good = shelf.clip[:n] + os.urandom(len(shelf.clip) - n), shelf.clip
    killed(project, shelf, n)
    child = project.run("run", "r.yaml", code=5)
    assert ".bad" in child.stderr_text and project.states() == ["ready"]
    assert asked_from(shelf) == [0, n - OVERLAP, 0]
    assert [p.name for p in (project.root / ".tarmac/parts").iterdir()] == ["1-1.bad"]
    shelf.clip = good
    project.run("run", "r.yaml")
    assert (project.root / project.outputs()[0]).read_bytes() == good
    assert len(shelf.rogue.bought) == 1


def test_I4_a_server_that_bears_no_range_is_asked_for_the_whole(project, shelf):
    def bears_none(call):
        (shelf.says("no", 500, "text/plain") if "Range" in call.headers else shelf.serve)(call)
    n = len(shelf.clip) // 2
    shelf.days = [shelf.cut(n)] + [bears_none] * 20
    project.run("run", "r.yaml")
    delivered(project, shelf)


def test_I4_a_length_that_is_wrong_loses_nothing(project, shelf):
    shelf.days = [shelf.whole(Content_Length=str(len(shelf.clip) + 1000))] * 20
    child = project.run("run", "r.yaml", code=5)
    assert "bytes remaining" in child.stderr_text and project.states() == ["ready"]
    shelf.days = []
    project.run("run", "r.yaml")
    delivered(project, shelf)


# --- a page in its place
def test_I4_a_page_for_an_expired_link_is_no_failure_of_the_task(project, shelf):
    killed(project, shelf, len(shelf.clip) // 2)
    shelf.days = [shelf.says(PAGE, 403, "text/html")] * 20
    child = project.run("run", "r.yaml", code=5)
    assert "(HTTP 403: its link has expired); it is bought" in child.stderr_text
    assert project.states() == ["ready"]
    assert project.rows("SELECT kind FROM attempts WHERE kind IN ('failed', 'moderation')") == []
    shelf.days, before = [], sum(shelf.sent)
    project.run("run", "r.yaml")
    delivered(project, shelf)
    assert sum(shelf.sent) - before == len(shelf.clip) // 2 + OVERLAP + len(shelf.clip) % 2


def test_I4_a_page_in_place_of_the_rest_is_kept_apart(project, shelf):
    killed(project, shelf, len(shelf.clip) // 2)
    shelf.days = [shelf.says(PAGE, 200, "text/html")]
    child = project.run("run", "r.yaml", code=5)
    assert "does not play" in child.stderr_text and project.states() == ["ready"]
    bad = project.root / ".tarmac/parts/1-1.bad"
    assert bad.read_text() == PAGE
    bad.unlink()
    project.run("run", "r.yaml")
    delivered(project, shelf)


# --- the limit
def test_I4_the_size_limit_holds_for_what_is_put_together(project, shelf):
    room = 17 << 20
    shelf.clip += room.to_bytes(4, "big") + b"free" + bytes(room - 8)
    killed(project, shelf, len(shelf.clip) // 2)
    configure(project, shelf.rogue, clip_max="16MB")
    child = project.run("run", "r.yaml", code=5)
    assert "larger than clip_max (16 MB)" in child.stderr_text
    assert asked_from(shelf)[1] > 0 and shelf.sent[1] < 8 << 20
    assert (project.root / PART).stat().st_size == 0 and not (project.root / NOTE).exists()
    configure(project, shelf.rogue)
    project.run("run", "r.yaml")
    delivered(project, shelf)


# --- what lies there from another day
def edit(note, **facts):
    note.write_text(json.dumps({**json.loads(note.read_text()), **facts}))


LEFT = {
    "no note": lambda part, note: note.unlink(),
    "an empty note": lambda part, note: note.write_text(""),
    "a cut note": lambda part, note: note.write_text(note.read_text()[:-5]),
    "a note of noise": lambda part, note: note.write_bytes(os.urandom(500)),
    "a huge note": lambda part, note: note.write_text(note.read_text() + " " * (1 << 20)),
    "the note of another task": lambda part, note: edit(note, task="another"),
    "the note of another attempt": lambda part, note: edit(note, attempt=2),
    "the note of another file": lambda part, note: edit(note, n=2),
    "a note of other types": lambda part, note: edit(note, total=[], url=7),
    "more bytes than the whole has": lambda part, note: part.write_bytes(
        part.read_bytes() * 3),
    "other bytes at its end": lambda part, note: part.write_bytes(
        part.read_bytes()[:-1] + b"?"),
    "hardly any bytes": lambda part, note: part.write_bytes(b"x"),
    "bytes that a power cut lost": lambda part, note: (
        edit(note, boot="another"),
        part.write_bytes(bytes(part.stat().st_size - OVERLAP) + part.read_bytes()[-OVERLAP:])),
}


@pytest.mark.parametrize("what", LEFT)
def test_I4_what_lies_there_is_believed_only_if_it_fits(project, shelf, what):
    part = killed(project, shelf, len(shelf.clip) // 2)
    LEFT[what](part, project.root / NOTE)
    here = len(shelf.clip) // 2 - OVERLAP
    project.run("run", "r.yaml")
    delivered(project, shelf)
    compared = [here] if what == "other bytes at its end" else []
    assert asked_from(shelf) == [0] + compared + [0]


def test_I4_links_that_lie_there_are_not_followed(project, shelf):
    part, note = killed(project, shelf, len(shelf.clip) // 2), project.root / NOTE
    mine = project.root / "mine.json"
    mine.write_bytes(note.read_bytes())
    note.unlink()
    note.symlink_to(mine)
    before = mine.read_bytes()
    shelf.days = [shelf.cut(len(shelf.clip) // 2)]
    project.run("run", "r.yaml")
    delivered(project, shelf)
    assert mine.read_bytes() == before and asked_from(shelf)[1] == 0
    assert not part.exists()


def test_I4_a_link_in_the_place_of_a_part_is_left_alone(project, shelf):
    part = killed(project, shelf, len(shelf.clip) // 2)
    mine = project.root / "mine"
    mine.write_text("mine")
    part.unlink()
    part.symlink_to(mine)
    child = project.run("run", "r.yaml", code=9)
    assert "1-1.part" in child.stderr_text and mine.read_text() == "mine"
    part.unlink()
    project.run("run", "r.yaml")
    delivered(project, shelf)


def test_I4_a_small_clip_has_no_note(project, rogue, clip):
    configure(project, rogue)
    project.write("r.yaml", RECIPE)
    shelf = Shelf(rogue, clip)
    assert len(clip) < 1 << 20
    killed(project, shelf, len(clip) // 2)
    assert not (project.root / NOTE).exists()
    project.run("run", "r.yaml")
    delivered(project, shelf)
