"""Every recipe of recipes/ checks, plans, runs, and begins with what it shows."""
import shutil

import pytest

from conftest import SOURCE

RECIPES = sorted(p.name for p in (SOURCE / "recipes").glob("*.yaml"))
CLIPS = {"hello.yaml": 1, "orbit.yaml": 9, "dolly.yaml": 2}


def test_each_recipe_is_counted_here():
    assert sorted(CLIPS) == RECIPES


@pytest.mark.parametrize("name", RECIPES)
def test_it_opens_with_what_it_shows_and_checks(project, name):
    text = (SOURCE / "recipes" / name).read_text()
    assert text.startswith("# ")
    shutil.copytree(SOURCE / "recipes", project.root / "recipes")
    assert project.run("check", f"recipes/{name}").stdout_text == f"recipes/{name}: ok\n"


@pytest.mark.parametrize("name", RECIPES)
def test_it_delivers_what_its_plan_says(project, gateway, name):
    shutil.copytree(SOURCE / "recipes", project.root / "recipes")
    project.configure(h={"url": gateway.url})
    plan = project.events("plan", f"recipes/{name}", "--gateway", "h")
    planned = sorted(o["path"] for e in plan if e["event"] == "cell" for o in e["outputs"])
    project.run("run", f"recipes/{name}", "--gateway", "h")
    assert project.outputs() == planned and len(planned) == CLIPS[name]
    assert len(gateway.tasks()) == plan[-1]["bought"]
    project.run("run", f"recipes/{name}", "--gateway", "h")
    assert len(gateway.tasks()) == plan[-1]["bought"]
