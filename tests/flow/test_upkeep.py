"""verify finds what is not as it was bought, and prune takes nothing that is
needed: not after a whole sweep, and not in the middle of one that was killed."""
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess

import pytest

from conftest import Gateway, Project, until
from grid import GRID

SWEEP = GRID % "[-6, 6]"
SMALL = "tarmac: 1\nname: small\nrequest: {prompt: a pier, seconds: 5}\n"


def whole(project):
    return project.run("verify").stdout_text


def store(project):
    return sorted(p for p in (project.root / ".tarmac/store").rglob("*") if p.is_file())


def damage(path):
    """Another byte, the same size and time: what a disk does."""
    facts = path.stat()
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """A sweep that was bought once, for all tests; and its service."""
    root = tmp_path_factory.mktemp("sweep")
    service = Gateway(root / "service")
    project = Project(root)
    project.configure(h={"url": service.url})
    project.write("grid.yaml", SWEEP)
    project.run("run", "grid.yaml")
    assert len(service.tasks()) == 6
    project.gateway = service
    yield project
    service.stop()


def copy(of, to):
    subprocess.run(["cp", "-a", f"{of.root}/.", to.root], check=True)
    subprocess.run(["cp", "-a", f"{of.home}/.", to.home], check=True)
    return to


@pytest.fixture
def grid(sweep, project):
    project.gateway = sweep.gateway
    return copy(sweep, project)


@pytest.fixture(scope="module")
def one_clip(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("small"))
    project.write("small.yaml", SMALL)
    project.run("run", "small.yaml")
    until(lambda: not (project.root / ".tarmac/gateway/address").exists(), "the gateway's end")
    return project


@pytest.fixture
def small(one_clip, project):
    return copy(one_clip, project)


def test_nothing_was_bought_yet(project):
    assert "nothing was bought here yet" in project.run("verify").stdout_text
    assert "nothing was bought here yet" in project.run("prune", "--delete").stdout_text
    assert not (project.root / ".tarmac").exists()


def test_all_is_whole(grid):
    assert whole(grid).startswith("6 clips and 6 outputs, ")
    assert whole(grid).endswith(": all whole\n")
    [end] = grid.events("verify")
    assert end["clips"] == {"whole": 6} and end["outputs"] == {"whole": 6}
    total = sum(p.stat().st_size for p in store(grid) + [grid.root / p for p in grid.outputs()])
    assert end["bytes"] == total and end["exit"] == 0


def test_what_is_damaged_is_found_set_aside_and_fetched_anew(grid):
    one, two = store(grid)[:2]
    damage(one)
    two.unlink()
    for output in grid.outputs():
        (grid.root / output).unlink()
    said = grid.run("verify", code=5).stdout_text
    assert "1 missing, 1 damaged; outputs: 6 missing" in said
    assert "tarmac verify --fix" in said and "tarmac run grid.yaml" in said
    assert damaged_bytes(one) and one.exists(), "without --fix nothing is changed"
    events = grid.events("verify", "--fix", code=5)
    assert {e["state"] for e in events if e.get("of") == "clip"} == {"set aside", "missing"}
    bad = one.with_name(one.name + ".bad")
    assert not one.exists() and bad.exists()
    grid.run("run", "grid.yaml")
    assert whole(grid).endswith(": all whole\n")
    assert len(grid.gateway.tasks()) == 6, "fetched, not bought"
    grid.run("prune", "--delete")
    assert not bad.exists() and one.exists()


def damaged_bytes(path):
    return path.stem != hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_whole_output_mends_its_clip_without_the_service(grid):
    one, two = store(grid)[:2]
    damage(one)
    two.unlink()
    events = grid.events("verify", "--fix")
    assert [e["state"] for e in events[:-1]] == ["mended", "mended"]
    assert whole(grid).endswith(": all whole\n")
    assert oct(one.stat().st_mode)[-3:] == "444"


def test_outputs_are_the_users_own(grid):
    gone, edited, linked, rotten = [grid.root / p for p in grid.outputs()][:4]
    gone.unlink()
    edited.write_bytes(b"mine now")
    linked.unlink()
    linked.symlink_to("/etc/passwd")
    said = grid.run("verify").stdout_text
    assert "all whole; outputs: 1 missing, 1 edited, 1 no file" in said
    damage(rotten)
    said = grid.run("verify", code=9).stdout_text
    assert "1 damaged" in said and "remove it" in said
    rotten.unlink()
    linked.unlink()
    grid.run("run", "grid.yaml")
    said = grid.run("verify").stdout_text
    assert said.endswith("all whole; outputs: 1 edited\n")
    assert edited.read_bytes() == b"mine now" and len(grid.gateway.tasks()) == 6


def test_one_recipe_one_output_one_id(grid):
    one = grid.outputs()[0]
    for words in (["grid.yaml"], ["grid"]):
        assert grid.run("verify", *words).stdout_text.startswith("6 clips and 6 outputs")
    assert grid.run("verify", one).stdout_text.startswith("1 clip and 1 output")
    two = grid.run("verify", one, grid.outputs()[1]).stdout_text
    assert two.startswith("2 clips and 2 outputs")
    (grid.root / one).unlink()
    assert "outputs: 1 missing" in grid.run("verify", one).stdout_text
    assert "nonsense" in grid.run("verify", "nonsense", code=2).stderr_text
    said = grid.run("verify", "gird.yaml", code=2).stderr_text
    assert "gird.yaml is neither a recipe's file" in said


def test_a_file_that_no_row_names_is_told_and_stays(grid):
    known = store(grid)[0]
    stray = known.with_name(f"{'0' * 64}.mp4")
    stray.write_bytes(b"a clip whose run was killed before it recorded it")
    said = grid.run("verify").stdout_text
    assert str(stray.relative_to(grid.root)) in said and "1 unlisted" in said
    said = grid.run("prune", "--delete").stdout_text
    assert "stays" in said and stray.name in said and stray.exists()


def test_ctrl_c_ends_it(grid):
    large = store(grid)[0]
    large.chmod(0o644)
    with open(large, "r+b") as file:  # large, and of no blocks
        file.truncate(1 << 36)
    child = grid.start("verify")
    until(lambda: any(os.path.realpath(link) == str(large)
                      for link in open_files(child.pid)), "the large file is being read")
    child.send_signal(signal.SIGINT)
    out, said = child.communicate(timeout=60)
    assert child.returncode == 130, out + said
    assert "before the interruption" in out


def open_files(pid):
    try:
        return [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
    except OSError:
        return []


def test_after_prune_the_run_buys_nothing_and_all_is_whole(small):
    shown = small.run("prune").stdout_text
    assert "gateway" in shown and "tarmac prune --delete" in shown
    [asset] = (small.root / ".tarmac/gateway/assets").glob("*.mp4")
    assert asset.exists(), "shown, not deleted"
    assert "deleted" in small.run("prune", "--delete").stdout_text
    assert not asset.exists()
    assert "nothing to delete" in small.run("prune", "--delete").stdout_text
    [kept], [output] = store(small), small.outputs()
    damage(kept)
    small.run("verify", "--fix")  # of its output: the gateway has it no more
    (small.root / output).unlink()
    small.run("run", "small.yaml")
    assert small.local_tasks() == 1 and small.outputs() == [output]
    assert whole(small).endswith(": all whole\n")


@pytest.mark.parametrize("gone", ["store", "output"])
def test_the_gateways_copy_is_never_one_of_two(small, gone):
    [kept], [output] = store(small), small.outputs()
    lost = kept if gone == "store" else small.root / output
    damage(lost)
    assert "nothing to delete" in small.run("prune", "--delete").stdout_text
    lost.unlink()
    assert "nothing to delete" in small.run("prune", "--delete").stdout_text
    small.run("run", "small.yaml")
    assert whole(small).endswith(": all whole\n") and small.local_tasks() == 1


def test_a_gateway_that_runs_keeps_its_copies(small):
    data = small.root / ".tarmac/gateway"
    service = Gateway(data)
    assert "nothing to delete" in small.run("prune", "--delete").stdout_text
    service.stop()
    assert "1 file deleted" in small.run("prune", "--delete").stdout_text


def test_prune_leaves_what_may_be_an_only_copy(grid):
    parts = grid.root / ".tarmac/parts"
    frames = grid.root / ".tarmac/frames"
    frames.mkdir(exist_ok=True)
    (frames / "a.png").write_bytes(b"frame")
    [(done,)] = grid.rows("SELECT min(id) FROM attempts")
    goes = [f"{done}-1.part", f"{done}-1.part.json", f"{done}-1.bad", f"{done}-1.2.bad"]
    stays = ["99999-1.part", "99999-1.bad", "notes.txt", f"{done}-x.part"]
    for name in goes + stays:
        (parts / name).write_bytes(b"bytes")
    stays.append(f"{done}-2.bad")  # of an attempt that had its number before
    (parts / stays[-1]).write_bytes(b"of a ledger that was put back since")
    os.utime(parts / stays[-1], (1e9, 1e9))
    kinds = {e["kind"] for e in grid.events("prune")[:-1]}
    assert kinds == {"frames", "parts", "bad"}
    assert "nothing to delete" in grid.run("prune", "--delete", "--older", "1h").stdout_text
    grid.run("prune", "--delete")
    assert sorted(p.name for p in parts.iterdir()) == sorted(stays)
    assert list(frames.iterdir()) == []
    store(grid)[0].unlink()  # whichever it is: now one purchase is not whole
    for name in goes:
        (parts / name).write_bytes(b"bytes")
    [(sha,)] = grid.rows(f"SELECT sha256 FROM clips WHERE attempt = {done}")
    shutil.rmtree(grid.root / ".tarmac/store" / sha[:2], ignore_errors=True)
    grid.run("prune", "--delete")
    assert {p.name for p in parts.iterdir()} == set(stays + goes)


def test_what_a_killed_fix_left_stays_until_the_store_has_it(grid):
    parts = grid.root / ".tarmac/parts"
    whole_one, lost = store(grid)[:2]
    copies = [parts / f"remake-{path.name}" for path in (whole_one, lost)]
    for path, to in zip((whole_one, lost), copies):
        shutil.copyfile(path, to)
    lost.unlink()
    shutil.rmtree(grid.root / "out", ignore_errors=True)
    grid.run("prune", "--delete")
    assert [path.exists() for path in copies] == [False, True]


@pytest.mark.parametrize("words", [["prune", "--delete"], ["verify"], ["verify", "--fix"]])
def test_clips_whose_ledger_is_gone_are_not_called_nothing(grid, words):
    frames = grid.root / ".tarmac/frames"
    frames.mkdir(exist_ok=True)
    (frames / "a.png").write_bytes(b"frame")
    for path in (grid.root / ".tarmac").glob("ledger.db*"):
        path.unlink()
    said = grid.run(*words, code=9).stderr_text
    assert "put the ledger back" in said and "nothing was bought" not in said
    assert (frames / "a.png").exists() and len(store(grid)) == 6


def test_what_is_shown_is_what_is_typed_to_delete_it(small):
    [asset] = (small.root / ".tarmac/gateway/assets").glob("*.mp4")
    os.utime(asset, (1e9, 1e9))
    for png in (small.root / ".tarmac/frames").glob("*"):
        os.utime(png, (1e9, 1e9))
    said = small.run("prune", "--older", "30d").stdout_text
    assert said.endswith("; delete with: tarmac prune --delete --older 30d\n")


def test_links_below_the_state_lead_nowhere(grid, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    precious = [outside / "a.png", outside / "1-1.part"]
    for path in precious:
        path.write_bytes(b"mine")
    state = grid.root / ".tarmac"
    shutil.rmtree(state / "frames", ignore_errors=True)
    (state / "frames").symlink_to(outside)
    shutil.rmtree(state / "parts")
    (state / "parts").symlink_to(outside)
    assert "nothing to delete" in grid.run("prune", "--delete").stdout_text
    assert all(path.exists() for path in precious)


def test_a_run_that_is_alive_is_not_disturbed(project, rogue):
    rogue.phase = lambda task_id, n: "running"
    project.configure(h={"url": rogue.url})
    project.write("r.yaml", SMALL + "gateway: h\n")
    child = project.start("run", "r.yaml")
    try:
        until(lambda: "running" in project.states() or "accepted" in project.states(),
              "a purchase")
        for words in (["prune", "--delete"], ["verify", "--fix"]):
            said = project.run(*words, code=2).stderr_text
            assert "is at work in" in said and "nothing was changed" in said
        project.run("verify")
        project.run("prune")
    finally:
        child.kill()
        child.communicate()
    project.run("prune", "--delete")
    assert list((project.root / ".tarmac/runs").glob("*.lock")) == [], "the dead run's lock"
    assert project.states() in (["running"], ["accepted"])


def test_no_run_begins_while_prune_is_at_work(small):
    (small.root / ".tarmac/runs").mkdir(exist_ok=True)
    with open(small.root / ".tarmac/runs/upkeep", "wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        said = small.run("run", "small.yaml", code=9).stderr_text
        assert "is at work in" in said and "nothing was bought" in said
        assert "another tarmac" in small.run("prune", "--delete", code=2).stderr_text
    small.run("run", "small.yaml")


@pytest.mark.parametrize("delivered", [1, 3])
def test_prune_in_the_middle_of_a_killed_sweep_loses_nothing(project, gateway, delivered):
    project.configure(h={"url": gateway.url})
    project.write("grid.yaml", SWEEP)
    child = project.start("run", "grid.yaml")
    until(lambda: project.states().count("delivered") >= delivered
          and not {"intent", "submitting"} & set(project.states()), f"{delivered} clips")
    child.kill()
    child.communicate()
    said = json.loads(project.run("prune", "--delete", "--json").stdout_text.splitlines()[-1])
    assert said["deleted"] and said["files"] >= 1, "the lock of the dead run at least"
    project.run("verify")
    project.run("run", "grid.yaml")
    assert len(gateway.tasks()) == 6 and len(project.outputs()) == 6
    assert project.states() == ["delivered"] * 6
    assert whole(project).endswith(": all whole\n")
    assert list((project.root / ".tarmac/parts").iterdir()) == []
