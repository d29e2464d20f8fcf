"""The page in Debian's Chromium, as people use it: keys, focus, what they see.

    browser.open(path)            # a report's index.html, or a live page's URL
    browser.keys("/", "pier")     # as typed, wherever the focus is
    browser.see("#count", "12 of 54 cells")
    browser.shot("grid")          # kept as build/artefacts/<test>-grid.png
"""
import json
import os
import pathlib
import re
import shutil
import subprocess

from conftest import SOURCE, until
from selenium import webdriver
from selenium.common.exceptions import JavascriptException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

ARTEFACTS = pathlib.Path(os.environ.get("TARMAC_ARTEFACTS", SOURCE / "build/artefacts"))
SOON = 30  # seconds, on a machine with two busy cores
SWITCHES = """--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run
    --disable-background-networking --disable-component-update --disable-sync
    --disable-extensions --disable-dev-shm-usage --mute-audio --force-color-profile=srgb
    --disable-background-timer-throttling --disable-renderer-backgrounding""".split()
SIZE = (1400, 900)

# The pixels of text against what lies behind it, as WCAG 2 computes contrast. Only
# plain colours count: what lies on a picture or a clip has its own backing.
CONTRAST = """
const parse = (text) => {
  const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
  return { c: [r, g, b], a };
};
const over = (top, under) => top.c.map((v, i) => v * top.a + under[i] * (1 - top.a));
const light = (c) => {
  const [r, g, b] = c.map((v) => {
    v /= 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  const layers = [];
  for (let e = element; e; e = e.parentElement) {
    const style = getComputedStyle(e);
    if (style.backgroundImage !== "none") return null;
    layers.push(parse(style.backgroundColor));
    if (layers.at(-1).a === 1) break;
  }
  const page = matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
  return layers.reduceRight((under, layer) => over(layer, under), page);
};
const seen = (e) => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
const found = [];
for (const element of document.querySelectorAll("body *")) {
  const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  const box = element.getBoundingClientRect();
  if (!own || !seen(element) || box.width < 2 || box.height < 2) continue;
  if (element.matches(":disabled, :disabled *")) continue;
  const under = behind(element);
  const style = getComputedStyle(element);
  if (!under) continue;
  const ink = over(parse(style.color), under);
  const [a, b] = [light(ink), light(under)].sort((x, y) => y - x);
  const ratio = (a + 0.05) / (b + 0.05);
  const size = parseFloat(style.fontSize);
  const drawn = !/[\\p{L}\\p{N}]/u.test(element.textContent); // a star, an arrow
  const large = drawn || size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
  if (ratio < (large ? 3 : 4.5))
    found.push(`${ratio.toFixed(2)}: ${element.tagName}#${element.id}.${element.className} `
      + `"${element.textContent.trim().slice(0, 40)}" ${style.color} on ${under.map(Math.round)}`);
}
return found;
"""

# Where all clips that are seen stand, in one task, in seconds.
CLOCKS = """
return [...document.querySelectorAll("#grid video, dialog[open] video")].filter((v) => {
  const b = v.getBoundingClientRect();
  return b.bottom > 0 && b.top < innerHeight && b.width > 0 && v.readyState >= 2 && !v.seeking;
}).map((v) => ({ at: v.currentTime, length: v.duration, paused: v.paused }));
"""


class Browser:
    """One Chromium with a profile of its own in `folder`."""

    def __init__(self, folder):
        self.downloads = folder / "downloads"
        self.downloads.mkdir()
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for switch in [*SWITCHES, f"--user-data-dir={folder / 'profile'}",
                       f"--window-size={SIZE[0]},{SIZE[1]}"]:
            options.add_argument(switch)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.add_experimental_option(
            "prefs", {"download.default_directory": str(self.downloads),
                      "download.prompt_for_download": False})
        self.driver = webdriver.Chrome(
            service=Service(shutil.which("chromedriver"), log_output=subprocess.DEVNULL),
            options=options)
        self.driver.set_page_load_timeout(SOON)
        self.driver.set_script_timeout(SOON)
        self.test = ""
        self.forgiven = []

    def close(self):
        self.driver.quit()

    # --- one test
    def begin(self, test):
        self.test = re.sub(r"[^\w.-]+", "-", test)
        self.forgiven = []
        self.console()
        self.media()
        self.size(*SIZE)
        for file in self.downloads.iterdir():
            file.unlink()

    def end(self):
        """Nothing went wrong that a person would not see."""
        errors = [line for line in self.console()
                  if not any(re.search(pattern, line) for pattern in self.forgiven)]
        self.driver.get("about:blank")
        assert not errors, "\n".join(errors)

    def forgive(self, pattern):
        """This test makes such a line on the console happen."""
        self.forgiven.append(pattern)

    def console(self):
        """What went wrong. An icon is asked for by the browser, not by the page."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] in ("SEVERE", "WARNING")
                and "/favicon.ico" not in entry["message"]]

    # --- the page
    def open(self, where, wait="#grid [role=gridcell]"):
        self.go(where)
        if wait:
            self.until(f"document.querySelector({json.dumps(wait)})", f"{wait} on the page")

    def go(self, where):
        """Whatever was open before, this is loaded anew."""
        self.driver.get("about:blank")
        self.driver.get(where.as_uri() if isinstance(where, pathlib.Path) else where)

    def js(self, script, *args):
        return self.driver.execute_script(script, *args)

    def value(self, expression, *args):
        return self.js(f"return {expression}", *args)

    def until(self, expression, what=None, seconds=SOON, args=()):
        """Poll a JavaScript expression until it is true; its value."""
        def look():
            try:
                return self.js(f"return {expression}", *args)
            except (JavascriptException, StaleElementReferenceException):
                return None
        return until(look, what or expression, seconds)

    def text(self, selector):
        return self.value("document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def see(self, selector, text):
        """That text stands there, within a while."""
        try:
            self.until("(document.querySelector(arguments[0])?.innerText ?? '')"
                       ".includes(arguments[1])", args=(selector, text))
        except AssertionError:
            raise AssertionError(f"{selector}: no {text!r} in {self.text(selector)!r}") from None

    # --- hands
    def keys(self, *words):
        """Each a text, or one of selenium's Keys, to whatever has the focus."""
        chain = ActionChains(self.driver, duration=0)
        for word in words:
            chain.send_keys(word)
        chain.perform()

    def tab_to(self, selector, most=80):
        """With Tab alone, as who has no mouse."""
        for _ in range(most):
            if self.value("document.activeElement?.matches(arguments[0]) ?? false", selector):
                return
            self.keys(Keys.TAB)
        raise AssertionError(f"Tab does not reach {selector}: {self.focused()}")

    def choose(self, selector, text):
        """In a select, reached by Tab: its first option that begins so. The list is
        opened, so that nothing is chosen on the way to it."""
        self.tab_to(selector)
        want = self.js("""
            const options = [...document.querySelector(arguments[0]).options];
            return options.findIndex((o) => o.label.trim().startsWith(arguments[1]));""",
                       selector, text)
        assert want >= 0, f"{selector} has no {text!r}"
        self.keys(" ", Keys.HOME, *[Keys.ARROW_DOWN] * want, Keys.ENTER)
        self.until(f"document.querySelector(arguments[0]).selectedIndex === {want}",
                   args=(selector,))

    def focused(self):
        return self.value("document.activeElement?.outerHTML.slice(0, 200)")

    def media(self, scheme="dark", motion="no-preference"):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": motion}]})

    def size(self, width, height):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def downloaded(self, name):
        path = self.downloads / name
        until(path.exists, f"a download called {name}: {list(self.downloads.iterdir())}", SOON)
        return path

    # --- what it looks like
    def shot(self, name):
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        path = ARTEFACTS / f"{self.test}-{name}.png"
        self.driver.save_screenshot(str(path))
        return path

    def faint(self):
        """Texts that do not stand out from what is behind them (WCAG AA)."""
        return self.js(CONTRAST)

    def nodes(self):
        """What a screen reader is given: (role, name, properties) of every control."""
        tree = self.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        return [(node["role"]["value"], node.get("name", {}).get("value", ""),
                 {p["name"]: p["value"].get("value") for p in node.get("properties", [])})
                for node in tree if not node["ignored"] and "role" in node]

    def clocks(self):
        return self.js(CLOCKS)

    def cells(self):
        """The cells that are shown: nth -> the file of the clip or poster in it."""
        return {int(nth): name for nth, name in self.js("""
            return [...document.querySelectorAll("#grid [role=gridcell][data-nth]")]
              .map((cell) => [cell.dataset.nth, (cell.querySelector("video[src]")
                ?.getAttribute("src") ?? cell.querySelector("img")?.getAttribute("src") ?? "")
                .split("/").at(-1).split(".")[0]]);""")}
