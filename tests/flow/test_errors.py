"""Every bad day of docs/errors.md, and that page itself."""
import os

import pytest

import errors_doc
from conftest import SOURCE
from day import Bench, check
from days import SECTIONS

ONLY = os.environ.get("TARMAC_SECTION")  # ctest runs them side by side
DAYS = [day for title, _, days in SECTIONS if ONLY in (None, title) for day in days]


@pytest.fixture
def bench(project, rogue):
    bench = Bench(project, rogue)
    yield bench
    bench.end()


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.what)
def test_bad_day(day, bench):
    check(day, bench)


def test_every_day_has_a_name_of_its_own():
    names = [day.what for _, _, days in SECTIONS for day in days]
    assert len(set(names)) == len(names)


def test_the_page_is_printed_from_this_table():
    page = (SOURCE / "docs/errors.md").read_text(encoding="utf-8")
    assert page == errors_doc.text(), \
        "print it again: python3 tests/flow/errors_doc.py > docs/errors.md"
