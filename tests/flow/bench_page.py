"""What a large report costs in a browser; see tools/bench_report.sh."""
import pathlib
import sys
import tempfile
import time

from browser import Browser
from film import Set, reel

RECIPE = """
request: {prompt: a lighthouse, seconds: 5}
sweep: {motion.x: {from: -4, to: 5, by: 1}, seed: {from: 1, to: %d, by: 1}}
limits: {in_flight: 64}
"""
WATCH = """
window.tasks = [];
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.tasks.push(task.duration);
}).observe({ type: "longtask", buffered: true });
const look = () => {
  if (document.querySelector("#grid [role=gridcell]")) window.stands = performance.now();
  else requestAnimationFrame(look);
};
look();
"""
# As a wheel does: a little every frame, to the end and back.
SCROLL = """
const done = arguments[0];
const grid = document.querySelector("#grid");
let down = true, frames = 0;
const begun = performance.now();
const step = () => {
  frames += 1;
  const before = grid.scrollTop;
  grid.scrollTop += down ? 240 : -240;
  if (grid.scrollTop === before) {
    if (!down) return done([frames, performance.now() - begun]);
    down = false;
  }
  requestAnimationFrame(step);
};
step();
"""
def told(tasks):
    if not tasks:
        return "none over 50 ms"
    return f"{len(tasks)} over 50 ms, the longest {max(tasks):.0f} ms"


def measure(browser, page):
    browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
    browser.go(page)
    print(f"first grid after          {browser.until('window.stands'):.0f} ms")
    browser.until("[...document.querySelectorAll('#grid video')].some((v) => v.currentTime > 0)")
    print(f"first clip plays after    {browser.value('performance.now()'):.0f} ms")
    print(f"long tasks while it opens {told(browser.value('window.tasks.splice(0)'))}")
    frames, ms = browser.driver.execute_async_script(SCROLL)
    print(f"scrolled in               {frames} frames, {frames / ms * 1000:.0f} a second")
    print(f"long tasks in scrolling   {told(browser.value('window.tasks'))}")
    browser.driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
    heap = browser.value("performance.memory.usedJSHeapSize")
    print(f"JavaScript's heap         {heap / 2**20:.1f} MiB")
    print(f"elements                  {browser.value('document.querySelectorAll(`*`).length')}")


def main(cells):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = pathlib.Path(name)
        (folder / "reel").mkdir()
        (folder / "browser").mkdir()
        stage = Set(folder, reel(folder / "reel"))
        stage.recipe("large", RECIPE % (cells // 10))
        begun = time.monotonic()
        stage.project.run("run", "large.yaml", timeout=1200)
        print(f"{cells} cells were bought in {time.monotonic() - begun:.1f} s")
        begun = time.monotonic()
        page = stage.report()
        print(f"tarmac report             {time.monotonic() - begun:.2f} s, "
              f"index.html {page.stat().st_size / 2**20:.1f} MiB")
        browser = Browser(folder / "browser")
        browser.begin("bench")
        try:
            measure(browser, page)
        finally:
            browser.close()
            stage.close()


main(int(sys.argv[1]))
