"""The watch page: odd nights are seen, in both languages, in one file without a network or an id."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.nightly import published, tonight
from support.nights import DAYS, block, guard, odd_week, publish

import churnlab as cl
from churnlab.nightly.watching.page import page
from churnlab.nightly.watching.watch import Nights


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    return cl.watch(odd_week(tmp_path_factory.mktemp("week")), nights=7)


def test_every_odd_night_is_named(week: Nights) -> None:
    html = week.html()
    for said in ("published in spite of a guard: 1", "blocked by a guard: 1", "no list: 1",
                 "published, with a warning: 1", "damaged: 1", "AUC 0.875 [0.700, 1.000]",
                 "events of push_sent, at least", "0.900 [0.850, 0.950]", "+0.025",
                 "volume_least push_sent is 0.0", "does not end with its sha256",
                 "2026-03-07: damaged"):  # fmt: skip
        assert said in html, said
    assert html.count("<svg ") == 10  # nine panels and the grid of guards


def test_it_is_one_file_without_network_script_or_ids(week: Nights) -> None:
    html = re.sub(r'xmlns(:\w+)?="[^"]*"|<!DOCTYPE[^>]*>', "", week.html())
    assert "<script" not in html and "://" not in html
    assert not re.search(r"u000\d\d", html)


def test_it_is_chinese_in_chinese(week: Nights) -> None:
    text = re.sub(r"<style.*?</style>|<svg.*?</svg>|<[^>]*>", " ", week.html("zh"), flags=re.S)
    left = set(re.findall(r"[A-Za-z_]{4,}", re.sub(r"/\S+", " ", text)))  # no paths
    # names of the user's and of commands, and the one line of an error
    assert left - {"push_sent", "churnlab", "grade"} <= set(re.findall(r"[A-Za-z_]+", ERROR))


ERROR = (
    "manifest json is not what was published it does not end with its sha score that day again or "
    "restore the file"
)


def test_the_banner_is_about_the_last_night(tmp_path: Path) -> None:
    publish(tmp_path, DAYS[0], guards=(guard("psi_last", 0.2, False),))
    assert page(cl.watch(tmp_path, 1)).banner == ""
    publish(tmp_path, DAYS[1], force="known", guards=(guard("psi_last", 0.4, False, "block"),))
    assert "was forced: known" in str(page(cl.watch(tmp_path, 1)).banner)
    block(tmp_path, DAYS[2], guard("psi_last", 0.4, False, "block"), guard("missing", 0.2, False))
    said = page(cl.watch(tmp_path, 1)).banner
    assert str(said) == "The list of 2026-03-03 was blocked: scores against the last list, PSI"


def test_lists_without_facts_and_guards_are_shown(tmp_path: Path) -> None:
    published(tmp_path, tonight(5, DAYS[0]))
    none = guard("volume_least push_sent", 0.0, True) | {"figure": None}
    publish(tmp_path, DAYS[1], guards=(none,), theme={}, missing={}, expected_auc=[None] * 3)
    html = cl.watch(tmp_path, 2).html()
    assert html.count("<svg ") == 9 and "the last list has 20 people" in html


def test_quiet_nights_say_so(tmp_path: Path) -> None:
    for day in DAYS[:2]:
        publish(tmp_path, day, guards=(guard("psi_last", 0.01, True),))
    words = page(cl.watch(tmp_path, 2)).markdown()
    assert "Every guard passed in all of these nights." in words
    assert "None of these lists is graded" in words and "no list of these nights is graded" in words


def test_it_shows_itself_in_a_notebook(week: Nights) -> None:
    assert "The nights up to 2026-03-07" in week._repr_html_()
