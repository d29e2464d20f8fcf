"""Pictures of the page for docs; see tools/shots.sh."""
import pathlib
import re
import subprocess
import sys
import tempfile

from browser import Browser
from conftest import Project, until
from selenium.webdriver.common.keys import Keys
from stage import Running

RECIPE = """
tarmac: 1
name: coast
about: Three places, under three camera moves
request: {prompt: a place, style: cinematic, seconds: 5}
sweep:
  motion.x: [-4, 0, 4]
  prompt: [a lighthouse at dusk, a harbour in fog, a village in the snow]
  motion.z: [0, 4]
limits: {in_flight: 4}
outputs: {name: "${recipe}/${index}"}
"""
LONG = 1200  # seconds, for a run of real size
KILOBYTES = 300
LATE = 4.5    # seconds into a clip, where a camera has moved


def shoot(browser, folder, name):
    png = browser.shot(name)
    for quality in range(3, 20):
        jpg = folder / f"{name}.jpg"
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", png, "-q:v", str(quality),
                        "-pix_fmt", "yuvj444p", jpg], check=True)
        if jpg.stat().st_size <= KILOBYTES * 1000:
            break
    print(f"{jpg}: {jpg.stat().st_size / 1000:.0f} kB")


def still(browser, at):
    """All clips hold at the same moment, on the screen, too."""
    browser.until("[...document.querySelectorAll('#grid video')].every((v) => v.readyState >= 2)")
    browser.tab_to("#grid [role=gridcell]")
    if not browser.value("[...document.querySelectorAll('video')].every((v) => v.paused)"):
        browser.keys(" ")
    browser.js("""const scrub = document.querySelector('#scrub');
        scrub.value = arguments[0];
        scrub.dispatchEvent(new Event('input', { bubbles: true }));""", at)
    browser.until("[...document.querySelectorAll('video[src]')].every("
                  "(v) => !v.seeking && v.paused && Math.abs(v.currentTime - arguments[0]) < 0.05)",
                  f"{at} s", args=(at,))
    browser.driver.execute_async_script(
        "requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")


def live(browser, project, folder):
    run = Running(project, "run", "coast.yaml", "--ui")
    url = until(lambda: re.search(r"http://\S+", run.said()), "its address").group()
    browser.open(url)
    browser.until("document.querySelectorAll('#grid [data-state=delivered]').length >= 4",
                  seconds=LONG)
    shoot(browser, folder, "ui")
    until(lambda: "cells delivered" in run.said(), "the run's end", LONG)
    browser.until("!document.querySelector('#end').hidden")
    browser.js("document.querySelector('#end').click()")
    assert run.end() == 0, run.said()


def written(browser, project, folder):
    page = project.root / project.run("report").stdout_text.strip()
    browser.open(page.as_uri() + "#cols=motion.x&rows=prompt")
    browser.tab_to("#grid [role=gridcell]")
    browser.keys("4", Keys.ARROW_RIGHT, "2", "x", Keys.ARROW_RIGHT, "5", "k", Keys.ARROW_DOWN, "3")
    still(browser, LATE)
    shoot(browser, folder, "report")
    a, b = browser.js("""return [...document.querySelectorAll('#grid [role=gridcell][data-nth]')]
        .slice(0, 3).filter((cell, i) => i !== 1).map((cell) => cell.dataset.nth);""")
    browser.open(f"{page.as_uri()}#compare={a},{b}", "dialog#compare[open]")
    browser.until("[...document.querySelectorAll('#compare video')].filter("
                  "(v) => v.readyState >= 2 && v.currentTime > arguments[0]).length === 2",
                  "the end of both", args=(LATE - 0.3,))
    browser.keys(" ")
    browser.until("[...document.querySelectorAll('#compare video')].every((v) => v.paused)")
    shoot(browser, folder, "compare")


def main(folder):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        root = pathlib.Path(name)
        (root / "browser").mkdir()
        project = Project(root)
        project.write("coast.yaml", RECIPE)
        browser = Browser(root / "browser")
        browser.begin("shots")
        try:
            live(browser, project, folder)
            written(browser, project, folder)
        finally:
            browser.close()


main(pathlib.Path(sys.argv[1]))
