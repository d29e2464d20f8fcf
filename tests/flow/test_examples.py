"""What the README, the cookbook's page and the manual print runs as it is printed.

Each page has a folder of its own, in which its examples run one after the other: lines
of shell, recipes and parts of them, configurations, scripts, dialects and tests.
"""
import dataclasses
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

from conftest import SOURCE, Gateway, Project

PLAIN = pathlib.Path(os.environ["TARMAC_PLAIN_BIN_DIR"])
PAGES = ["README.md", "recipes/README.md",
         *sorted(p.relative_to(SOURCE).as_posix() for p in SOURCE.glob("docs/man/*.md"))]

# Lines that are not run, and why.
LEFT_OUT = {
    r"sh tools/": "builds, installs or runs for minutes; other tests see to it",
    r"cmake ": "flow.install builds and installs",
}
# Serves until it is asked to end.
SERVES = r"tarmac (gateway|ui|run .*--ui)\b(?!.*--help)"
# What is printed below these is of another day.
OF_ANOTHER_DAY = r"sh |tarmac (status|log|verify|prune|doctor)\b"
# What ends otherwise than with 0, and why.
ENDS = {
    r"tarmac settle 5a77fc ": (2, "that purchase is another ledger's"),
}


@dataclasses.dataclass(frozen=True)
class Example:
    page: str
    line: int
    info: str  # of its fence; "indented", "inline"
    text: str

    def __str__(self):
        return f"{self.page}:{self.line}"


def fenced_and_indented(page, lines):
    info, start, block = None, 0, []
    for number, line in enumerate(lines + [""], 1):
        fence = re.match(r"```(.*)", line)
        if info not in (None, "indented"):
            if fence:
                yield Example(page, start, info, "\n".join(block) + "\n")
                info = None
            else:
                block.append(line)
        elif info == "indented" and line.startswith("    "):
            block.append(line[4:])
        else:
            if info:
                yield Example(page, start, info, "\n".join(block) + "\n")
                info = None
            if fence:
                info, start, block = fence[1].strip(), number, []
            elif line.startswith("    ") and line.strip() and (number < 2 or not lines[number - 2]):
                info, start, block = "indented", number, [line[4:]]


def inline(page, lines):
    inside = False
    for number, line in enumerate(lines, 1):
        if line.startswith("```"):
            inside = not inside
        elif not inside and not line.startswith("    "):
            for text in re.findall(r"`(tarmac [^`]+)`", line):
                named = re.fullmatch(r"tarmac (run|plan|check|test|show|diff|generate)", text)
                if not named and not re.search(r"\b[A-Z]{2,}|…", text):  # nothing to fill in
                    yield Example(page, number, "inline", text)


def examples(page):
    lines = (SOURCE / page).read_text(encoding="utf-8").splitlines()
    found = [*fenced_and_indented(page, lines), *inline(page, lines)]
    return sorted(found, key=lambda example: example.line)


def commands(example):
    """Its lines of shell; words that explain one stand behind it, with a gap between."""
    lines = example.text.replace("\\\n", " ").splitlines()
    if example.info == "":
        lines = [line[2:] for line in lines if line.startswith("$ ")]
    for line in lines:
        command = re.split(r"\s{4,}|\s+# ", line.strip())[0]
        if command and not command.startswith("#"):
            yield command


def is_shell(example):
    if example.info in ("sh", "sh remote", "inline"):
        return True
    if example.info == "":
        return example.text.startswith("$ ")
    return example.info == "indented" and re.match(r"(tarmac|sh|cmake) ", example.text)


def as_printed(line):
    """A pattern of a line that a page prints: numbers, ids and places differ."""
    line = re.sub(r"\b[0-9a-f-]{36}\b|…", "\0", line)
    line = re.sub(r"/home/me/\S*", "\0", line)
    return re.sub(r"\d+", r"\\d+", re.escape(line)).replace("\0", ".*")


def prints(example):
    """Of a session, each command and the lines below it."""
    for part in re.split(r"^\$ ", example.text, flags=re.M)[1:]:
        command, *lines = part.splitlines()
        yield command, [line for line in lines if line.strip() not in ("", "…")]


class Stage:
    """A page's folder: the recipes, a clip, and gateways of the names that pages use."""

    def __init__(self, root, services, begun=None):
        self.project = project = Project(root, root / "bin")
        self.n, self.ran = 0, set()
        project.bin.mkdir()
        shutil.copy(PLAIN / "tarmac", project.bin)
        media = project.bin / "tarmac-media"
        media.write_text('#!/bin/sh\n[ "$1" = gateway ] && set -- "$@" --draft\n'
                         f'exec "{PLAIN}/tarmac-media" "$@"\n')
        media.chmod(0o755)
        project.env["PATH"] = f"{project.bin}:{project.env['PATH']}"
        project.env.update(COMETAPI_KEY="key", RUNWAYML_API_SECRET="key")
        project.configure(
            comet={"url": services["comet"].url, "key": "COMETAPI_KEY"},
            other={"url": services["any"].url, "prefix": "/runway/v1", "key": "COMETAPI_KEY"},
            runway={"url": services["any"].url, "dialect": "official",
                    "key": "RUNWAYML_API_SECRET"})
        if begun:
            shutil.copytree(begun.project.root, project.root, dirs_exist_ok=True,
                            ignore=shutil.ignore_patterns("users"))  # a pipe

    def begin(self):
        """What pages take for granted: the recipes, one of them run and rated, and a clip."""
        root = self.project.root
        shutil.copytree(SOURCE / "recipes", root / "recipes")
        (root / "recipes/orbit.ratings.yaml").write_text(
            'tarmac_ratings: 1\nrecipe: orbit\ncells:\n'
            '- {axes: {"motion.x": 4, "motion.r": 0}, rating: 5}\n')
        assert not self.run("tarmac run recipes/orbit.yaml")
        shutil.copy(root / "out/orbit/x0_r0.mp4", root / "clip.mp4")
        return self

    def run(self, command, prints=()):
        """What is wrong with it; None: nothing."""
        code = next((code for pattern, (code, _) in ENDS.items() if re.match(pattern, command)), 0)
        child = subprocess.run(["sh", "-c", command], cwd=self.project.root, text=True, timeout=120,
                               env=self.project.env, stdin=subprocess.DEVNULL, check=False,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if child.returncode != code:
            return f"{command}\nexit {child.returncode}, not {code}\n{child.stdout}"
        lines = child.stdout.splitlines()
        for line in prints:
            if not any(re.fullmatch(as_printed(line), said) for said in lines):
                return f"{command}\ndoes not print\n{line}\nbut\n{child.stdout}"
        return None

    def serve(self, command):
        """A gateway, or a page: it says where it listens, and ends when it is asked to."""
        child = subprocess.Popen(["sh", "-c", "exec " + command], cwd=self.project.root,
                                 env=self.project.env, stdin=subprocess.DEVNULL, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = next((line for line in child.stdout if "http://" in line), "")
        child.send_signal(signal.SIGTERM)
        rest, _ = child.communicate(timeout=60)
        stopped = 130 if "--ui" in command else 0  # a round that goes on
        if not said or child.returncode not in (0, stopped):
            return f"{command}\nexit {child.returncode}\n{said}{rest}"
        return None

    def shell(self, example):
        printed = dict(prints(example)) if example.info == "" else {}
        for command in commands(example):
            if any(re.match(pattern, command) for pattern in LEFT_OUT):
                continue
            if example.info == "inline" and command in self.ran:
                continue  # the text speaks of it once more
            self.ran.add(command)
            if re.match(SERVES, command):
                yield self.serve(command)
            elif re.match(OF_ANOTHER_DAY, command):
                yield self.run(command)
            else:
                yield self.run(command, printed.get(command, ()))

    def name(self, end):
        self.n += 1
        return f"recipes/example{self.n}{end}"

    def files(self, text):
        """What a recipe or script names, and is not there."""
        stubs = {"csv": "lists/shots.csv", "png": "pictures/dawn.png", "mp4": "../clip.mp4"}
        for name, end in re.findall(r"([\w./-]+\.(csv|yaml|lua|png|mp4))\b", text):
            path = self.project.root / "recipes" / name
            if path.exists() or "/" in name and name.startswith((".", "/")):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            if end in stubs:
                shutil.copy(self.project.root / "recipes" / stubs[end], path)
            elif end == "lua":
                path.write_text("return function(cell) return runway.clip {} end\n")
            elif re.search(rf"file: *{re.escape(name)}", text):
                path.write_text("- {prompt: a pier, seed: 1}\n- {prompt: a cliff, seed: 2}\n")
            else:
                path.write_text("request: {style: cinematic}\n")

    def configuration(self, text):
        place = self.project.root / "home of a configuration"
        (place / "tarmac").mkdir(parents=True, exist_ok=True)
        (place / "tarmac/config.yaml").write_text(text)
        return self.run(f"XDG_CONFIG_HOME='{place}' tarmac check recipes/hello.yaml")

    def yaml(self, text):
        if re.search(r"^tarmac_ratings:", text, re.M):
            return self.check(text, name=self.name(".ratings.yaml"))
        if re.search(r"^(keys|gateways):", text, re.M) and not re.search(
                r"^(tarmac|request|params|sweep|limits):", text, re.M):
            return self.configuration(text)
        self.files(text)
        if not re.search(r"^tarmac:", text, re.M):
            text = "tarmac: 1\n" + text
        if not re.search(r"^(request|include):", text, re.M):
            text += "request: {prompt: a pier}\n"
        elif "prompt" not in text and "script:" not in text:
            text += "script: complete.lua\n"  # which may say what is left out
            self.files(text)
        return self.check(text)

    def check(self, text, verb="check", name=None):
        name = name or self.name(".yaml")
        self.project.write(name, text)
        return self.run(f"tarmac {verb} {name}")

    def script(self, text, verb):
        """As the script of a recipe with the params that it reads."""
        self.files(text)
        name = self.name(".lua")
        params = {word: 3 for word in re.findall(r"(?:runway\.params|cell)\.(\w+)", text)
                  if word not in ("prompt", "index", "name", "take", "seconds", "seed", "motion")}
        self.project.write(name, text)
        return self.check("tarmac: 1\nscript: " + name.removeprefix("recipes/") +
                          f"\nparams: {params}\n"
                          "request: {model: gen2, prompt: a pier, seconds: 5, seed: 1}\n", verb)

    def lua(self, text, fragment):
        if re.search(r"^test\(", text, re.M):
            name = self.name("_test.lua")
            self.project.write(name, text)
            return self.run(f"tarmac test recipes/orbit.yaml {name}")
        if "function M.submit" in text:
            name = self.name(".lua")
            self.project.write(name, text)
            return self.check("tarmac: 1\ngateway: own\nrequest: {prompt: a pier}\ngateways: {own: "
                              "{url: 'https://video.example', dialect: "
                              f"{name.removeprefix('recipes/')}}}}}\n")
        if fragment:
            return self.script(f"return function(cell)\ndo\n{text}end\nreturn {{}}\nend\n", "check")
        return self.script(text, "plan")

    def wrong(self, example):
        """What is wrong with an example."""
        if is_shell(example):
            return [said for said in self.shell(example) if said]
        said = None
        if example.info.startswith("yaml"):
            said = self.yaml(example.text)
        elif example.info.startswith("lua"):
            said = self.lua(example.text, "fragment" in example.info)
        elif example.info == "indented" and re.match(r"[a-z]+:", example.text):
            said = self.yaml(example.text)
        elif example.info not in ("", "json", "indented"):
            said = f"nobody knows what '{example.info}' is"
        return [said] if said else []


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    root = tmp_path_factory.mktemp("services")
    found = {"any": Gateway(root / "any", key="key"),
             "comet": Gateway(root / "comet", "--profile", "comet", key="key")}
    yield found
    for service in found.values():
        service.stop()


@pytest.fixture(scope="module")
def begun(tmp_path_factory, services):
    return Stage(tmp_path_factory.mktemp("begun"), services).begin()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_as_it_is_printed(tmp_path, services, begun, page):
    stage = Stage(tmp_path, services, begun)
    wrong = [f"{example}: {said}" for example in examples(page) for said in stage.wrong(example)]
    assert not wrong, "\n".join(wrong)


def test_examples_are_found():
    kinds = {kind for example in examples("README.md")
             for kind in [("shell" if is_shell(example) else example.info)]}
    assert {"shell", "yaml", "lua"} <= kinds
    assert len(examples("README.md")) > 20


@pytest.mark.parametrize("info, text", [
    ("sh", "tarmac run recipes/orbit.yml\n"),
    ("sh remote", "tarmac plan recipes/orbit.yaml --gateway comett\n"),
    ("", "$ tarmac run recipes/orbit.yaml\n9 of 9 cells delivered; 9 bought for 225 credits\n"),
    ("inline", "tarmac show out/orbit/x9_r9.mp4"),
    ("indented", "tarmac check recipes/orbit.yaml --all    every mistake\n"),
    ("indented", "retries: {count: 2}\n"),
    ("yaml", "tarmac: 1\nrequest: {promt: a pier}\n"),
    ("yaml fragment", "sweep: {motion.q: [1, 2]}\n"),
    ("yaml fragment", "gateways: {comet: {url: https://api.example.com, dialekt: reverse}}\n"),
    ("lua", "return function(cell) return runway.clip { promt = 'a' } end\n"),
    ("lua", "test('t', function() expect(recipe().bought == 1) end)\n"),
    ("lua", "local M = {}\nfunction M.submit() end\nreturn M\n"),
    ("lua fragment", "local clip = = runway.clip {}\n"),
    ("ruby", "puts 'a'\n"),
])
def test_what_does_not_run_is_noticed(tmp_path, services, begun, info, text):
    assert Stage(tmp_path, services, begun).wrong(Example("page", 1, info, text))
