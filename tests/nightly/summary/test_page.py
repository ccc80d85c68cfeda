"""The page of a list: its figures are those of its rows, and nobody's id is on it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.nightly import DAY, frame

from churnlab.language.sentence import sentence
from churnlab.nightly.changes import COLUMNS
from churnlab.nightly.lists.contract import table_of
from churnlab.nightly.lists.publication import Publication
from churnlab.nightly.ranking import Ranking
from churnlab.nightly.summary.page import summary
from churnlab.winback.targeting.policy_file import PolicyFile, PolicyRule, PolicyTreatment

GIFT = PolicyTreatment(name="gift", cost=2.5)
POLICY = PolicyFile(
    schema_version=1,
    made="2026-01-01",
    budget=10.0,
    treatments=(GIFT,),
    rules=(PolicyRule(treatment="gift"),),
)


def rows(people: int = 60, **more: Any) -> pd.DataFrame:
    stages = np.array(["fading", "lapsing", "silent", "gone", ""])[np.arange(people) % 5]
    given = frame(people, stage=stages, control=np.where(np.arange(people) % 7, "no", "yes"))
    return given.assign(user_id=[f"person-{i}" for i in range(people)], **more)


def changes() -> pd.DataFrame:
    told = [
        ["person-1", DAY, "enter", "new in the log", "", ""],
        ["person-2", DAY, "enter", "became fading or above the cut", "", ""],
        ["person-3", DAY, "exit", "below the cut", "", ""],
        ["person-4", DAY, "moved", "tier", "high", "low"],
        ["person-4", DAY, "moved", "stage", "fading", "lapsing"],
        ["person-5", DAY, "moved", "stage", "", "gone"],
    ]
    return pd.DataFrame(told, columns=list(COLUMNS))


def given(found: pd.DataFrame, **more: Any) -> Publication:
    model = {"name": "shop", "version": "v1", "approval": "approved", "approver": "Ann"}
    order = Ranking(policy=POLICY).to_dict()
    return replace(Publication(table_of(found), DAY, "run1", model, order), **more)


def text(page: Any, language: str = "en") -> str:
    """The words of a page, without its tags."""
    return " ".join(
        re.sub(r"<style>.*?</style>|<[^>]+>", " ", page.html(language), flags=re.S).split()
    )


GUARDS = (
    {
        "name": "psi_last",
        "level": "warn",
        "figure": 0.2,
        "limit": 0.1,
        "passed": False,
        "says": "x",
    },
    {"name": "approved", "level": "warn", "figure": 1.0, "limit": 1.0, "passed": True, "says": "y"},
)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_figures_are_those_of_the_rows(language: str) -> None:
    found = rows()
    treated = found.assign(treatment=np.where(found["control"] == "no", "gift", ""))
    tonight = given(
        treated,
        changes=changes(),
        compared_with="2026-03-03",
        guards=GUARDS,
        guard_words=(sentence("scores moved"), sentence("the model is approved")),
        words=(sentence("a note"),),
        left_out={"stages": 40, "top": 0, "budget": 0},
    )
    page = summary(tonight, rows(50))
    said = text(page, language)
    risk, value = found["risk"].sum(), found["value_at_risk"].sum()
    for figure in (f" {risk:,.0f} ", f" {value:,.0f} ", " 100 ", " 60 ", " 50 ", "scores moved"):
        assert figure in said, figure
    assert said.rindex("psi_last") < said.rindex(" approved ")
    assert "person-" not in page.html(language) and "silent for 12 days" not in said
    if language == "zh":
        english = {"list", "people", "stage", "tier", "entered", "value", "cost", "guard"}
        assert not english & set(re.findall(r"[a-z]+", said.lower()))
    else:
        assert "model shop, version v1, approved by Ann · run run1" in said
        assert "Guards that did not pass: 1" in said and "psi_last: warns" in said
        assert "became fading or above the cut" in said and "from tier to tier" in said
        cost = 2.5 * (treated["treatment"] == "gift").sum()
        assert f"would cost {cost:,.2f}; the policy was made for 10.00" in said


def test_the_same_list_gives_the_same_page() -> None:
    one, other = (summary(given(rows(), changes=changes()), rows(5)).html("zh") for _ in range(2))
    assert one == other


def test_a_first_list_of_nobody_has_a_page() -> None:
    page = summary(given(rows().head(0)), None)
    said = text(page)
    for words in (
        "Nobody is on the list",
        "no earlier list",
        "No guard has looked",
        "has no money",
    ):
        assert words in said
    assert "Published in spite of its guards: the server moved" in text(
        summary(given(rows(), forced="the server moved", guards=GUARDS), None)
    )
