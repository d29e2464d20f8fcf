"""The manual names what there is, all of it and nothing else."""
import json
import re
import shutil
import subprocess

import pytest

from conftest import BIN, SOURCE
from events import documented

PAGES = {"tarmac": 1, "tarmac-recipe": 5, "tarmac-lua": 7, "tarmac-dialect": 7}


def page(name):
    return (SOURCE / f"docs/man/{name}.md").read_text(encoding="utf-8")


def sections(text, level="# "):
    """title -> text, of one level of headings; examples are left out."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    parts = re.split(rf"^{level}(.+)$", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def terms(text):
    """The lines that are explained: those before a paragraph that begins with ':'."""
    return re.findall(r"^(\S.*)\n\n: ", text, re.M)


def bold(text):
    return re.findall(r"\*\*([^*]+)\*\*", text)


def commands_of(project):
    return re.findall(r"^  (?!tarmac)(\w+) +\S", project.run("--help").stdout_text, re.M)


def options_of(project, command):
    lines = project.run(command, "--help").stdout_text.split("options:")[1].split("examples:")[0]
    return set(re.findall(r"(?<=[ ,])(--?[a-z][\w-]*)", "\n".join(
        line[:20] for line in lines.splitlines() if line.startswith("  -"))))


def test_every_command_has_its_paragraph(project):
    named = [bold(term)[0] for term in terms(sections(page("tarmac"))["COMMANDS"])]
    assert named == [f"tarmac {name}" for name in commands_of(project)]


def test_every_option_has_its_paragraph_and_its_commands(project):
    text = sections(page("tarmac"))["OPTIONS"]
    manual = {}
    for term in terms(text):
        names, _, takers = term.rpartition(" (")
        for name in bold(names):
            manual[name] = takers.rstrip(")")
    real = {}
    commands = [name for name in commands_of(project) if name != "gateway"]
    for command in commands:
        for name in options_of(project, command):
            real.setdefault(name, []).append(command)
    assert manual == {
        name: "all but gateway" if takers == commands and name not in ("-h", "--help")
        else "all" if takers == commands else ", ".join(takers)
        for name, takers in real.items()}


def test_every_option_of_the_service_has_its_paragraph(project):
    text = sections(page("tarmac"))["THE BUILT-IN SERVICE"]
    named = {name for term in terms(text) for name in bold(term)}
    lines = project.run("gateway", "--help").stdout_text.split("Examples:")[0]
    real = set(re.findall(r"^  (?:.* )?(--[a-z][\w-]+)", lines, re.M))
    real |= set(re.findall(r"(--[a-z][\w-]+) [A-Z]+", lines))
    assert named == real - {"--help"}


def test_every_exit_code_has_its_paragraph():
    codes = [bold(term)[0] for term in terms(sections(page("tarmac"))["EXIT STATUS"])]
    header = (SOURCE / "src/report/summary.h").read_text()
    real = re.findall(r"EXIT_\w+ = (\d+)", header)
    assert codes == sorted(real, key=int)


def events_of_sources():
    """The names of all events: the words that the sources give to one."""
    found = set()
    for path in (SOURCE / "src").rglob("*.c"):
        text = path.read_text(encoding="utf-8")
        for call in re.findall(r'"event",([^;]*);|event_(?:message|row)\(([^;]*)'
                               r'|say_attempt\(([^;]*);', text):
            words = re.findall(r'"(\w+)"', "".join(call).split("->")[0])
            found.update(words)
    return found


def test_every_event_has_its_paragraph():
    assert events_of_sources() == set(documented())


# --- recipes

def keys(schema, *path):
    for part in path:
        schema = schema[part]
    return list(schema["properties"])


def recipe_keys(schema):
    """section of the page -> its keys, as the schema has them."""
    props = schema["properties"]
    axis = props["sweep"]["additionalProperties"]["then"]
    request = []
    for name, field in schema["definitions"]["request"]["properties"].items():
        request += [f"{name}.{below}" for below in field.get("properties", [])] or [name]
    [param] = props["params"]["patternProperties"].values()
    return {
        "KEYS OF A RECIPE": list(props),
        "PARAMS": list(param["properties"]),
        "REQUEST": request,
        "SWEEP": [*axis["properties"], *(k for k in ("exclude", "include", "sample", "takes")
                                         if k in props["sweep"]["properties"])],
        "LIMITS": keys(props, "limits"),
        "OUTPUTS": keys(props, "outputs"),
        "RETRY": keys(props, "retry"),
    }


def test_every_key_of_a_recipe_has_its_paragraph(project):
    schema = json.loads(project.run("schema").stdout_text)
    config = json.loads(project.run("schema", "config").stdout_text)
    text = sections(page("tarmac-recipe"))
    found = {name: [bold(term)[0] for term in terms(text[name])] for name in recipe_keys(schema)}
    wanted = recipe_keys(schema)
    assert {k: sorted(v) for k, v in found.items()} == {k: sorted(v) for k, v in wanted.items()}
    gateways = [*schema["properties"]["gateways"]["additionalProperties"]["properties"],
                *config["properties"]["gateways"]["additionalProperties"]["properties"]]
    named = [bold(term)[0] for term in terms(text["GATEWAYS"])]
    assert sorted(named) == sorted(set(gateways))


# --- scripts

def declared():
    """What types.lua declares: functions, and the fields of its classes."""
    text = (SOURCE / "lua/types.lua").read_text(encoding="utf-8")
    functions = set(re.findall(r"^function (runway\.\w+)", text, re.M))
    classes = {}
    for block in re.split(r"^---@class ", text, flags=re.M)[1:]:
        name = re.match(r"\w+", block).group()
        head = block.split("\n\n")[0]
        classes[name] = re.findall(r"^---@field (\w+)", head, re.M)
    return functions, classes


def test_every_function_of_scripts_has_its_paragraph():
    functions, classes = declared()
    text = page("tarmac-lua")
    named = {name for term in terms(text) for name in re.findall(r"runway\.\w+", term)}
    assert named == functions | {f"runway.{name}" for name in classes["Runway"]}
    for name in set(re.findall(r"runway\.\w+", text)) - {"runway.lua"}:
        assert name in named, f"{name} is spoken of, and there is none"


@pytest.mark.parametrize("section,names", [
    ("THE CELL", ["Cell"]), ("CLIPS", ["File", "Clip"]), ("ERRORS", ["PurchaseError"]),
])
def test_every_field_of_what_scripts_get_has_its_paragraph(section, names):
    classes = declared()[1]
    named = {name for term in terms(sections(page("tarmac-lua"))[section]) for name in bold(term)}
    wanted = {field for name in names for field in classes[name]}
    assert wanted <= {re.split(r"[:.(]", name)[-1] if ":" in name else name.split(".")[-1]
                      for name in (n.split("(")[0] for n in named)}, named


# --- dialects

def test_every_part_of_a_dialect_has_its_paragraph():
    text = sections(page("tarmac-dialect"))
    functions = {name for term in terms(text["FUNCTIONS"]) for name in bold(term)}
    table = (SOURCE / "src/script/dialect_lua.c").read_text(encoding="utf-8")
    assert functions == set(re.findall(r'\[DIALECT_\w+\] = \{"(\w+)"', table))
    tables = {name for part in ("TABLES", "DESCRIPTION") for name in bold(text[part])}
    for built_in in ("reverse", "official"):
        module = (SOURCE / f"lua/dialect/{built_in}.lua").read_text(encoding="utf-8")
        body = re.search(r"^local M = \{(.*?)^\}", module, re.M | re.S)[1]
        assert set(re.findall(r"^    (\w+) =", body, re.M)) <= tables | functions


# --- as man(1) shows it

@pytest.mark.parametrize("name", PAGES)
def test_a_page_renders_without_a_warning(name, tmp_path):
    path = BIN.parent / f"share/{name}.{PAGES[name]}"
    if not path.exists():
        assert not shutil.which("lowdown"), "lowdown is here, and made no pages"
        pytest.skip("no lowdown here")
    groff = shutil.which("groff")
    if not groff:
        pytest.skip("no groff here")
    child = subprocess.run([groff, "-man", "-t", "-ww", "-Kutf8", "-Tutf8", "-z", path],
                           capture_output=True, text=True, check=True)
    assert child.stderr == ""
    text = subprocess.run([groff, "-man", "-t", "-Kutf8", "-Tutf8", "-P-cbou", path],
                          capture_output=True, text=True, check=True).stdout
    assert "**" not in text and "```" not in text and "\n: " not in text
    assert not re.search(r"\*[A-Z]+\b", text), "a star that is no emphasis"
    headings = re.findall(r"^([A-Z][A-Z ,.-]+)$", text, re.M)
    assert headings[0] == "NAME" and "SEE ALSO" in headings
