"""What cmake --install puts where, and that it works from there."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest

from conftest import BIN, SOURCE

PAGES = ["share/man/man1/tarmac.1", "share/man/man5/tarmac-recipe.5",
         "share/man/man7/tarmac-lua.7", "share/man/man7/tarmac-dialect.7"]


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """The build, installed as a package would install it."""
    root = tmp_path_factory.mktemp("root")
    subprocess.run([os.environ.get("CMAKE_COMMAND", "cmake"), "--install", BIN.parent,
                    "--prefix", "/usr"], check=True, stdout=subprocess.DEVNULL,
                   env={**os.environ, "DESTDIR": str(root)})
    return root / "usr"


def files(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_everything_has_its_place(prefix):
    recipes = {f"share/doc/tarmac/recipes/{name}" for name in files(SOURCE / "recipes")
               if not name.startswith((".tarmac/", "out/"))}
    pages = PAGES if (BIN.parent / "share/tarmac.1").exists() else []
    assert pages or not shutil.which("lowdown"), "lowdown is here, and made no pages"
    assert files(prefix) == recipes | {
        *pages,
        "bin/tarmac",
        "libexec/tarmac/tarmac-media",
        "share/tarmac/recipe.schema.json",
        "share/tarmac/config.schema.json",
        "share/tarmac/types.lua",
        "share/bash-completion/completions/tarmac",
        "share/zsh/site-functions/_tarmac",
        "share/fish/vendor_completions.d/tarmac.fish",
        "share/doc/tarmac/README.md",
        "share/doc/tarmac/LICENSE",
    }


def tarmac(prefix, folder, *words):
    """With nothing in its environment, not even a home."""
    return subprocess.run([prefix / "bin/tarmac", *words], cwd=folder, env={},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)


def test_it_makes_a_clip_from_elsewhere(prefix, tmp_path):
    tarmac(prefix, tmp_path, "generate", "a pier", "--out", "pier")
    assert (tmp_path / "out/pier.mp4").read_bytes()[4:8] == b"ftyp"


def test_what_was_written_is_what_it_says(prefix, tmp_path):
    share = prefix / "share"
    for file, words in [("tarmac/recipe.schema.json", ["schema"]),
                        ("tarmac/config.schema.json", ["schema", "config"]),
                        ("bash-completion/completions/tarmac", ["completions", "bash"]),
                        ("zsh/site-functions/_tarmac", ["completions", "zsh"]),
                        ("fish/vendor_completions.d/tarmac.fish", ["completions", "fish"])]:
        assert tarmac(prefix, tmp_path, *words).stdout == (share / file).read_text(), file


def test_init_leads_to_what_is_installed(prefix, tmp_path):
    tarmac(prefix, tmp_path, "init", "film", "--script")
    first = (tmp_path / "film.yaml").read_text().splitlines()[0]
    schema = pathlib.Path(first.partition("=")[2])
    assert schema == prefix / "share/tarmac/recipe.schema.json" and schema.exists()
    luarc = json.loads((tmp_path / ".luarc.json").read_text())
    assert luarc["workspace.library"] == [str(prefix / "share/tarmac")]
    assert not (tmp_path / ".tarmac").exists(), "nothing of it lies here"
