"""The page of a grade: every figure in words, in both languages, and tables for a terminal."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

from churnlab.evaluation.intervals import Interval
from churnlab.nightly.grading.figures import EFFECT
from churnlab.nightly.grading.page import example, group_name, member, page, text
from churnlab.nightly.grading.record import Grade


@pytest.fixture(scope="module")
def full() -> Grade:
    """A grade with money, a control group and a challenger."""
    ours = example()
    other = ours.table.assign(
        contender="version 3", value=0.8, difference=0.075, difference_low=0.01, difference_high=0.1
    )
    money = {"value": "all", "people": 60, "expected": 700.0, "spent": 650.0, "low": 600.0}
    effects = [
        ["churned", 40, 30, 0.2, 0.25, 0.05, -0.01, 0.11, ""],
        ["spent", 40, 30, 7.5, 7.0, 0.5, -0.2, 1.2, ""],
    ]
    silent = ours.groups.assign(group="stage", value="silent")
    few = ours.groups.assign(group="theme", value="pushes", note="9 rows, fewer than 30")
    return replace(
        ours,
        table=pd.concat([ours.table, other], ignore_index=True),
        money=pd.DataFrame([money | {"high": 720.0}]),
        effect=pd.DataFrame(effects, columns=EFFECT),
        groups=pd.concat([ours.groups, silent, few], ignore_index=True),
        notes=("one note",),
    )


def test_the_page_says_what_the_record_says(full: Grade) -> None:
    html = page(full).html()
    for said in ("AUC 0.875 [0.700, 1.000] on 60 people", "0.900 [0.850, 0.950], +0.025 from what",
                 "20.0% of the people on the list churned; the list had said 25.0%",
                 "in the training 22.0% had churned", "20.0% [12.0%, 32.0%]", "one note",
                 "650.0 [600.0, 720.0]", "+0.050 [-0.010, +0.110]", "50 more stayed",
                 "version 3", "+0.075 [+0.010, +0.100]", "Silent",
                 "Pushes go unopened", "9 rows, fewer than 30"):  # fmt: skip
        assert said in html, said
    assert "://" not in html and "<script" not in html


def test_it_is_chinese_in_chinese(full: Grade) -> None:
    words = page(full).markdown("zh")
    left = re.findall(
        r"[A-Za-z]{4,}", re.sub(r"v1|churnlab|high|one note|rows|fewer|than|HTML", "", words)
    )
    assert left == []


def test_a_terminal_has_all_but_the_pictures(full: Grade) -> None:
    shown = list(text(full))
    said = "\n".join(each for each in shown if isinstance(each, str))
    assert "At a glance" in said and "- one note" in said and "50 more stayed" in said
    assert sum(not isinstance(each, str) for each in shown) == 6


def test_what_is_not_known_is_said() -> None:
    nan = float("nan")
    table = example().table.assign(value=nan, low=nan, high=nan)
    unknown = replace(example(), table=table, money_from="2026-05-02", learnt_rate=nan)
    words = page(unknown).markdown()
    assert "what came is not known" in words and "AUC – on 60 people" in words
    assert "The money can be graded from 2026-05-02 on." in words
    assert "Nobody of the list was in a control group" in words and "in the training" not in words
    assert "No value was expected" in page(example()).markdown()
    assert isinstance(example().expected_auc, Interval)


def test_names_of_the_users_stay() -> None:
    assert member("channel", "none") == "none" and str(member("stage", "")) == "none"
    assert str(group_name("theme")) == "theme of the first reason"
