"""The page of a run that goes on, in a browser: what arrives is seen without a
reload, and its buttons do what they say."""
import re
import signal

import pytest

from conftest import until
from film import Set, reel
from stage import Running

RECIPE = """
request: {prompt: a pier, seconds: 5}
sweep: {seed: [1, 2, 3, 4, 5, 6]}
limits: {in_flight: 2}
"""
GONE = r"net::ERR_|Failed to (fetch|load)|EventSource"


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    return reel(tmp_path_factory.mktemp("reel"))


class Show:
    """A run with its page. What its service makes is finished by hand."""

    def __init__(self, root, films):
        self.set = Set(root, films)
        self.studio, self.project = self.set.studio, self.set.project
        self.ends = {}  # seed -> "succeeded" or "failed"
        self.studio.phase = lambda task_id, n: self.ends.get(self.seed(task_id), "running")
        self.set.recipe("r", RECIPE)
        self.run = Running(self.project, "run", "r.yaml", "--ui")
        self.url = until(lambda: re.search(r"http://\S+", self.run.said()), "its address").group()

    def seed(self, task_id):
        return self.studio.bought[task_id]["options"]["seed"]

    def bought(self):
        return sorted(self.seed(task_id) for task_id in list(self.studio.bought))

    def finish(self, *seeds, how="succeeded"):
        self.ends.update(dict.fromkeys(seeds, how))

    def close(self):
        if self.run.child.poll() is None:
            self.run.child.kill()
        self.run.end()
        self.set.close()


@pytest.fixture
def show(tmp_path, films):
    show = Show(tmp_path, films)
    yield show
    show.close()


def states(browser, **want):
    """So many cells are in each of these states."""
    for state, n in want.items():
        browser.until("document.querySelectorAll(`#grid [data-state=${arguments[0]}]`).length"
                      " === arguments[1]", f"{n} cells {state}", args=(state, n))


def press(browser, button):
    """Reached by Tab."""
    browser.until("!document.querySelector(arguments[0]).hidden", button, args=(button,))
    browser.tab_to(button)
    browser.keys(" ")


def test_a_run_is_watched_and_led(browser, show):
    browser.open(show.url)
    browser.js("window.mark = 1")
    until(lambda: show.bought() == [1, 2], "two purchases")
    show.finish(1)
    states(browser, delivered=1)
    browser.until("document.querySelector('#grid [data-state=delivered] :is(video, img)')")
    until(lambda: show.bought() == [1, 2, 3], "a third one")

    press(browser, "#pause")
    browser.see("#live-bar", "paused")
    show.finish(2, 3)
    states(browser, delivered=3)
    browser.js("document.querySelector('#grid [data-nth=\"6\"] button.cancel').focus()")
    browser.keys(" ")
    states(browser, cancelled=1)
    browser.shot("paused")
    assert show.bought() == [1, 2, 3]  # nothing, while it is paused

    press(browser, "#resume")
    until(lambda: show.bought() == [1, 2, 3, 4, 5], "the rest")
    show.finish(4)
    show.finish(5, how="failed")
    states(browser, delivered=4, failed=1, cancelled=1)
    browser.see("#grid [data-state=failed]", "no luck")

    assert browser.value("window.mark") == 1  # never loaded again

    show.finish(5, 6)
    press(browser, "#retry")
    until(lambda: show.bought().count(5) == 2, "it is bought again")
    states(browser, failed=0)
    browser.until("document.querySelectorAll('#grid [data-state=delivered]').length >= 5")
    browser.shot("retried")
    browser.forgive(GONE)  # a picture may be on its way
    press(browser, "#end")
    browser.see("#live-bar", "tarmac has ended here")
    show.run.end()


def test_a_lost_connection_is_told(browser, show):
    browser.forgive(GONE)
    browser.open(show.url)
    until(lambda: show.bought() == [1, 2], "two purchases")
    show.run.press(signal.SIGKILL)
    browser.see("#live-bar", "connection lost")
    browser.shot("lost")


def test_another_address_shows_nothing(browser, show):
    browser.forgive("404|403")
    token = show.url.rstrip("/").split("/")[-1]
    browser.go(show.url.replace(token, token[::-1]))
    assert token not in browser.value("document.documentElement.outerHTML")
    assert not browser.value("document.querySelector('#grid')")
