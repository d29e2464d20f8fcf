"""init, schema and completions: what editors and shells are given."""
import json
import re
import shutil
import subprocess

import pytest

from conftest import SOURCE


def test_init_makes_a_recipe_that_runs_at_once(drafts):
    child = drafts.run("init")
    assert child.stdout_text.splitlines() == [
        "wrote recipe.yaml", "it runs as it is, without an account: tarmac run recipe.yaml"]
    drafts.run("run", "recipe.yaml")
    assert drafts.outputs() == [f"out/recipe/x{x}.mp4" for x in ("-4", "0", "4")]


def test_init_with_a_script_that_runs_at_once(drafts):
    child = drafts.run("init", "film", "--script", "--json")
    written = [json.loads(line)["path"] for line in child.stdout_text.splitlines()]
    assert written == ["film.yaml", "film.lua", ".luarc.json"]
    drafts.run("run", "film.yaml", "--first", "1")
    assert drafts.outputs() == ["out/film/x-4.mp4"]


def schema_of(recipe):
    """The file that a recipe's first line leads an editor to."""
    first = recipe.read_text().splitlines()[0]
    return recipe.parent / re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first).group(1)


def test_init_leads_an_editor_to_the_schema_also_after_a_move(project):
    project.run("init", "films/deep/pier.yaml")
    project.run("init", "film", "--script")
    project.run("prune", "--delete")
    moved = project.root.rename(project.root.parent / "elsewhere")
    project.root = moved
    for name in ("films/deep/pier.yaml", "film.yaml"):
        assert json.loads(schema_of(moved / name).read_text())["title"] == "a recipe of tarmac"
        project.run("check", name)
    [types] = json.loads((moved / ".luarc.json").read_text())["workspace.library"]
    assert (moved / types / "types.lua").read_text() == (SOURCE / "lua/types.lua").read_text()


def test_init_below_a_state_makes_no_second_one(project):
    """A .tarmac of its own would hide what was bought before."""
    project.run("generate", "a pier", "--gateway", "nowhere", code=3)
    (project.root / ".tarmac").mkdir()
    project.run("init", "recipes/pier")
    folder = project.root / "recipes"
    project.run("init", "cliff", cwd=folder)
    assert sorted(p.name for p in folder.iterdir()) == ["cliff.yaml", "pier.yaml"]
    for name in ("cliff.yaml", "pier.yaml"):
        assert schema_of(folder / name).resolve() == \
            project.root / ".tarmac/editor/recipe.schema.json"


@pytest.mark.parametrize("there,words", [
    ("recipe.yaml", ["init"]),
    ("film.yaml", ["init", "film"]),
    ("film.yaml", ["init", "film.yaml"]),
    ("film.lua", ["init", "film", "--script"]),
])
def test_init_writes_over_nothing(project, there, words):
    project.write(there, "mine")
    child = project.run(*words, code=2)
    assert f"{there} is there already: nothing was written" in child.stderr_text
    assert [p.name for p in project.root.iterdir()] == [there]
    assert (project.root / there).read_text() == "mine"


def test_init_leaves_what_an_editor_was_told(project):
    project.write(".luarc.json", "{}")
    project.write("there.yaml", "")
    (project.root / "link.yaml").symlink_to("gone.yaml")
    project.run("init", "film", "--script")
    assert (project.root / ".luarc.json").read_text() == "{}"
    project.run("init", "link", code=9)  # a link to nowhere is something, too
    assert not (project.root / "gone.yaml").exists()


@pytest.mark.parametrize("words", [
    ["a", "b"], [".hidden"], ["a b"], ["films/"], [""], ["a.yaml.yaml/"], ["schritt\n"],
])
def test_init_wants_a_name_that_a_recipe_may_have(project, words):
    assert "init takes one name" in project.run("init", *words, code=2).stderr_text
    assert not list(project.root.iterdir())


def test_schema_wants_to_know_of_what(project):
    assert "'recipe' or 'config'" in project.run("schema", "script", code=2).stderr_text
    assert project.run("schema").stdout_text == project.run("schema", "recipe").stdout_text


# --- shells

def completed(project, *words):
    """What bash offers for the last of `words`."""
    script = """
        source /dev/stdin
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        compopt() { :; }
        _tarmac && printf '%s\\n' "${COMPREPLY[@]}"
    """
    text = project.run("completions", "bash").stdout_text
    child = subprocess.run(["bash", "--norc", "-uc", script, "bash", *words], input=text,
                           cwd=project.root, capture_output=True, text=True, check=True)
    assert child.stderr == ""
    return child.stdout.split("\n")[:-1]


def commands_of(project):
    """The commands that --help tells of."""
    return re.findall(r"^  (?!tarmac)(\w+) +\S", project.run("--help").stdout_text, re.M)


def options_of(project, command):
    """The options that --help tells of, long ones by their long names."""
    lines = project.run(command, "--help").stdout_text.split("options:")[1].split("examples:")[0]
    words = re.findall(r"^  (-[\w-]+)(?:, (--[\w-]+))?", lines, re.M)
    return sorted(long or short for short, long in words)


def test_bash_completes_commands_options_and_words(project):
    project.write("recipes/a film.yaml", "")
    project.write("pier.yaml", "")
    project.write("notes.txt", "")
    commands = commands_of(project)
    assert set(completed(project, "tarmac", "")) == {*commands, "--help", "--version"}
    assert completed(project, "tarmac", "pla") == ["plan"]
    assert completed(project, "tarmac", "run", "p") == ["pier.yaml"]
    assert completed(project, "tarmac", "check", "recipes/") == ["recipes/a film.yaml"]
    assert completed(project, "tarmac", "show", "n") == ["notes.txt"]
    assert completed(project, "tarmac", "run", "--gateway", "") == ["local"]
    assert completed(project, "tarmac", "plan", "--first", "") == [""]
    assert completed(project, "tarmac", "completions", "") == ["bash", "zsh", "fish"]
    assert completed(project, "tarmac", "generate", "a pier", "motion.b") == \
        ["motion.bg_x_pan=", "motion.bg_y_pan="]
    assert completed(project, "tarmac", "run", "pier.yaml", "--plain", "see") == ["seed="]
    assert completed(project, "tarmac", "run", "--plain", "p") == ["pier.yaml"]
    for command in commands:
        if command != "gateway":
            assert sorted(completed(project, "tarmac", command, "-")) == \
                options_of(project, command), command


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_a_shell_is_given_is_a_script_of_its_own(project, shell):
    text = project.run("completions", shell).stdout_text
    for command in commands_of(project):
        if command != "gateway":
            for option in options_of(project, command):
                assert option.lstrip("-") in text, option
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here")
    subprocess.run([shell, "-n"], input=text, text=True, check=True, capture_output=True)


def test_fish_completes(project):
    if not shutil.which("fish"):
        pytest.skip("no fish here")
    text = project.run("completions", "fish").stdout_text
    script = text + '\ncomplete -C "tarmac pla"; complete -C "tarmac completions "\n'
    env = {**project.env, "XDG_DATA_HOME": str(project.home)}
    child = subprocess.run(["fish", "--no-config"], input=script, cwd=project.root, env=env,
                           capture_output=True, text=True, check=True)
    assert [line.split("\t")[0] for line in child.stdout.splitlines()] == \
        ["plan", "bash", "fish", "zsh"]


@pytest.mark.parametrize("words", [[], ["sh"], ["bash", "zsh"]])
def test_completions_want_one_shell(project, words):
    assert "bash, zsh or fish" in project.run("completions", *words, code=2).stderr_text
