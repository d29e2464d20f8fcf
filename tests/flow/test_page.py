"""The page that tarmac report writes, looked at in a browser: with the keyboard,
with other axes, with texts that want to be more than texts, and by everyone."""
import json
import shutil
import time

import pytest
from selenium.webdriver.common.keys import Keys

from browser import SOON
from conftest import until
from film import SECONDS, Set, reel

ORBIT = """
about: One prompt, under many camera moves
request: {prompt: a lighthouse at dusk, seconds: 5}
sweep:
  motion.x: [-4, 0, 4]
  motion.r: [-6, 0, 6]
  motion.z: [0, 2, 4]
  takes: 2
limits: {in_flight: 16}
"""
EVIL = ('</script><script>document.title="x"</script>',
        '<img src=x onerror="document.title=1">',
        "-->]]><!-- \u2028 \x1b[31m &amp; '\"` \\u003c",
        "שלום \u202eabc", "🎬 a pier", "wide " * 2000)
HOSTILE = """
about: "</title><script>document.title='x'</script>"
request: {prompt: a, seconds: 5}
sweep:
  prompt: %s
  seed: [1, 2]
limits: {in_flight: 16}
"""
FRAME = 1 / 24
APART = 0.05  # seconds: nobody sees that two clips are not in step


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    return reel(tmp_path_factory.mktemp("reel"))


@pytest.fixture(scope="module")
def orbit(tmp_path_factory, films):
    """54 cells, bought and reported."""
    stage = Set(tmp_path_factory.mktemp("orbit"), films)
    stage.recipe("orbit", ORBIT, outputs="${recipe}/x${motion.x}_r${motion.r}_z${motion.z}_t${take}")
    stage.project.run("run", "orbit.yaml")
    stage.page = stage.report()
    yield stage
    stage.close()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory, films):
    """Twelve cells that want more than to be shown; half of them fail."""
    stage = Set(tmp_path_factory.mktemp("hostile"), films)
    # What breaks lines in YAML would be folded.
    prompts = json.dumps(EVIL, ensure_ascii=False).replace("\u2028", "\\u2028")
    stage.recipe("h", HOSTILE % prompts)
    stage.studio.phase = lambda task_id, n: (
        "failed" if "2" == str(stage.studio.bought[task_id].get("options", {}).get("seed"))
        else "succeeded")
    stage.project.run("run", "h.yaml", code=4)
    stage.page = stage.report()
    yield stage
    stage.close()


def name(x, r, z, take):
    return f"orbit/x{x}_r{r}_z{z}_t{take}"


def shows(browser, orbit, wanted):
    """The clips of these outputs are in the grid, and no others."""
    want = sorted(orbit.clip(output) for output in wanted)
    try:
        until(lambda: sorted(browser.cells().values()) == want, "the grid", SOON)
    except AssertionError:
        raise AssertionError(f"{sorted(browser.cells().values())}\nnot {want}") from None


def focus_nth(browser):
    return int(browser.until("document.activeElement?.dataset.nth"))


# --- the whole way: found, rated, exported, bought again
def test_with_the_keyboard_alone(browser, orbit):
    browser.open(orbit.page)
    browser.choose("#axis-columns", "motion.z")
    browser.choose("#axis-rows", "motion.x")
    browser.tab_to('.slider[data-axis="motion.r"] input')
    browser.keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    browser.tab_to('.slider[data-axis="take"] input')
    browser.keys(Keys.ARROW_RIGHT)
    shows(browser, orbit, [name(x, 6, z, 2) for x in (-4, 0, 4) for z in (0, 2, 4)])
    browser.shot("axes")

    # A cell is found by its name, opened, and rated.
    browser.tab_to("#grid [role=gridcell]")
    browser.keys("/", "x4_r6_z2")
    browser.see("#count", "2 of 54 cells")
    browser.keys(Keys.ESCAPE)
    browser.tab_to("#grid [role=gridcell]")
    browser.keys(Keys.CONTROL + Keys.HOME, Keys.NULL, Keys.HOME)
    browser.keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
    browser.keys(Keys.ENTER)
    browser.until("document.querySelector('dialog#cell').open")
    browser.see("#cell", "a lighthouse at dusk")
    browser.see("#cell", "tarmac run orbit.yaml --only")
    browser.see("#cell", name(4, 6, 2, 2))
    browser.keys("5", "k", "n", "the best")
    browser.shot("cell")
    browser.keys(Keys.ESCAPE, Keys.ESCAPE)
    browser.until("!document.querySelector('dialog#cell').open")
    best = focus_nth(browser)
    browser.until(f"document.querySelector('#grid [data-nth=\"{best}\"]').dataset.rating === '5'")

    # Its neighbour is compared with it.
    browser.keys("m", Keys.ARROW_LEFT, "4", "c")
    browser.until("document.querySelector('dialog#compare').open")
    browser.until("document.querySelectorAll('dialog#compare video').length === 2")
    before = browser.value("document.querySelector('#wipe').value")
    browser.keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    browser.until("document.querySelector('#wipe').value !== arguments[0]", args=(before,))
    browser.shot("wipe")
    browser.keys("w")
    browser.until("document.querySelector('#mode').value === 'difference'")
    browser.keys(Keys.ESCAPE)
    browser.until("!document.querySelector('dialog#compare').open")
    browser.keys(Keys.ARROW_UP, "2", "x")
    browser.until("document.activeElement.dataset.verdict === 'reject'")

    browser.keys("s")
    file = browser.downloaded("orbit.ratings.yaml")
    browser.shot("exported")
    browser.keys(Keys.ESCAPE)
    drives_the_next_run(orbit, file)


def drives_the_next_run(orbit, file):
    project, studio = orbit.project, orbit.studio
    project.run("check", file)
    shutil.copy(file, project.root)
    before = len(studio.posts)
    project.run("run", "orbit.yaml", "--only", "rating >= 4", "request.seed=7")
    bought = [body for _, body in studio.posts[before:]]
    assert len(bought) == 2
    asked = [body["options"] for body in bought]
    assert {options["seed"] for options in asked} == {7}
    moves = [options["motion_vector"] for options in asked]
    assert sorted((m["x"], m["r"], m["z"]) for m in moves) == [(4, 6, 0), (4, 6, 2)]
    project.run("run", "orbit.yaml", "--only", 'verdict == "reject"')
    assert len(studio.posts) == before + 2  # it is there already


# --- what is shown
def test_axes_sliders_and_pages(browser, orbit):
    browser.open(orbit.page)
    browser.choose("#axis-columns", "motion.x")
    browser.choose("#axis-rows", "take")
    browser.choose("#axis-pages", "motion.r")
    shows(browser, orbit, [name(x, -6, 0, t) for x in (-4, 0, 4) for t in (1, 2)])
    browser.tab_to("#grid [role=gridcell]")
    browser.keys(Keys.PAGE_DOWN)
    second = [name(x, 0, 0, t) for x in (-4, 0, 4) for t in (1, 2)]
    shows(browser, orbit, second)

    # The URL is the view: another window shows the same, and so does this one.
    browser.until("location.hash.includes('at.motion.r=0')")
    url = browser.value("location.href")
    browser.go(url)
    shows(browser, orbit, second)

    # A cell that was opened is closed by Back, and the rest stays.
    browser.tab_to("#grid [role=gridcell]")
    browser.keys(Keys.ENTER)
    browser.until("document.querySelector('dialog#cell').open && location.hash.includes('cell=')")
    browser.driver.back()
    browser.until("!document.querySelector('dialog#cell').open")
    shows(browser, orbit, second)

    # Of what a link has opened, Escape closes what lies on top.
    browser.open(url.split("#")[0] + "#cell=1&compare=1,2")
    browser.until("document.querySelector('dialog#compare').open")
    browser.keys(Keys.ESCAPE)
    browser.until("!document.querySelector('dialog#compare').open")
    assert browser.value("document.querySelector('dialog#cell').open")

    # What nobody could have chosen is passed over.
    browser.open(url.split("#")[0] + "#cols=<b>&rows=__proto__&at.motion.x=99&cell=-1&size=1e9&%")
    assert len(browser.cells()) == 9


# --- in step
def spread(clocks):
    """How far they are apart, on the circle that a loop is."""
    times = sorted(clock["at"] % SECONDS for clock in clocks)
    gaps = [b - a for a, b in zip(times, times[1:])] + [times[0] + SECONDS - times[-1]]
    return SECONDS - max(gaps)


def stay_together(browser, count, seconds):
    """For so long all that can be seen to play are in step; where a loop begins
    again, some have no picture for a moment, and do not count."""
    good, seen = [], []

    def look():
        clocks = browser.clocks()
        seen.append((len(clocks), round(spread(clocks), 3) if clocks else None))
        if clocks and spread(clocks) > APART:
            good.clear()
        elif len(clocks) == count and not any(clock["paused"] for clock in clocks):
            good.append((time.monotonic(), clocks[0]["at"]))
        return len({at for _, at in good}) > 20 and good[-1][0] - good[0][0] >= seconds
    try:
        until(look, "in step", 2 * SOON)
    except AssertionError:
        raise AssertionError(f"not in step: {seen[-60:]}") from None


def test_clips_play_in_step(browser, orbit):
    browser.open(orbit.page)
    stay_together(browser, 9, 2)
    browser.tab_to("#grid [role=gridcell]")
    browser.keys(" ")
    browser.until("[...document.querySelectorAll('#grid video')].every((v) => v.paused)")
    until(lambda: spread(browser.clocks()) <= FRAME, "at the same frame", SOON)

    # Frame by frame, and to another place.
    before = browser.clocks()[0]["at"]
    browser.keys(".", ".")
    until(lambda: all(abs(c["at"] - before - 2 * FRAME) < FRAME or before > SECONDS - 3 * FRAME
                      for c in browser.clocks()), "two frames on", SOON)
    browser.tab_to("#scrub")
    browser.keys(Keys.END)
    until(lambda: all(c["at"] > SECONDS - 0.2 for c in browser.clocks()), "at the end", SOON)
    browser.keys(Keys.HOME)
    until(lambda: all(c["at"] < 0.2 for c in browser.clocks()), "at the beginning", SOON)

    # And at another speed.
    browser.tab_to("#grid [role=gridcell]")
    browser.keys("]", " ")
    browser.until("[...document.querySelectorAll('#grid video')].every((v) => !v.paused)")
    stay_together(browser, 9, 0.5)


# --- what wants to be more than text
def test_hostile_text_is_text(browser, hostile):
    browser.open(hostile.page)
    assert browser.value("document.title").startswith("h"), browser.value("document.title")
    browser.see("#facts", "document.title='x'")
    for i, evil in enumerate(EVIL):
        browser.js("location.hash = `#cell=${arguments[0]}`", 2 * i + 1)
        browser.until("document.querySelector('#cell')?.textContent.includes(arguments[0])",
                      evil[:40], args=(evil,))
        browser.shot(str(i))
    assert browser.value("document.title").startswith("h")
    assert not browser.value("document.querySelector('img[onerror]')")
    assert not browser.value("document.querySelector('script:not([nonce]):not([type$=json])')")


def test_a_failed_cell_says_why(browser, hostile):
    browser.open(hostile.page.as_uri() + "#state=failed&matching=1")
    browser.see("#count", "6 of 12 cells")
    browser.see("#grid [data-state=failed]", "no luck")
    assert not browser.value("document.querySelector('#grid [data-state=delivered]')")
    browser.shot("list")
    browser.tab_to("#grid [data-state=failed]")
    browser.keys(Keys.ENTER)
    browser.see("#cell", "no luck")
    browser.see("#cell", "tarmac run h.yaml --only")


# --- by everyone
def reached_by_tab(browser):
    """Every control that can have the focus gets it by Tab."""
    browser.js("""
        window.reached = new Set();
        addEventListener("focusin", (event) => window.reached.add(event.target));""")
    count = browser.value("""[...document.querySelectorAll(
        "a[href], button, input, select, textarea, summary, [tabindex='0']")].filter(
        (e) => !e.disabled && e.tabIndex >= 0 && e.checkVisibility({visibilityProperty: true})
        ).length""")
    browser.keys(*[Keys.TAB] * (count + 10))
    return browser.value("""[...document.querySelectorAll(
        "a[href], button, input, select, textarea, summary, [tabindex='0']")].filter(
        (e) => !e.disabled && e.tabIndex >= 0 && e.checkVisibility({visibilityProperty: true})
          && !window.reached.has(e)).map((e) => e.outerHTML.slice(0, 120))""")


CONTROLS = ("button", "combobox", "slider", "checkbox", "searchbox", "textbox", "gridcell",
            "link", "radio", "spinbutton", "dialog", "grid")


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_everyone_can_use_it(browser, orbit, scheme):
    browser.media(scheme, "reduce")
    browser.open(orbit.page)
    browser.until("[...document.querySelectorAll('#grid img')].some((i) => i.complete) || "
                  "document.querySelector('#grid video')?.readyState >= 1")
    assert all(clock["paused"] for clock in browser.clocks())  # nothing moves unasked
    views = {"grid": "", "cell": "#cell=1", "compare": "#compare=1,2"}
    for view, hash_ in views.items():
        browser.open(orbit.page.as_uri() + hash_, f"dialog#{view}[open]" if hash_ else "#grid .cell")
        browser.shot(f"{view}-{scheme}")
        assert browser.faint() == [], view
        nameless = [role for role, says, _ in browser.nodes() if role in CONTROLS and not says]
        assert not nameless, f"{view}: without a name: {nameless}"
        assert reached_by_tab(browser) == [] if not hash_ else True
    browser.open(orbit.page)
    browser.tab_to("#grid [role=gridcell]")
    browser.keys("?")
    browser.until("document.querySelector('dialog#help').open")
    assert browser.faint() == []
    browser.keys(Keys.ESCAPE)
    browser.until("document.activeElement.matches('#grid [role=gridcell]')")
    # Asked for, it plays all the same.
    browser.keys(" ")
    browser.until("[...document.querySelectorAll('#grid video')].some((v) => !v.paused)")
