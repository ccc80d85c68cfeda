"""The figures of a card, recomputed by hand from what was judged."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.judged import judged_by_hand
from support.learnable import DAYS, dataset

from churnlab.estimators.baselines import LAST
from churnlab.evaluation.metrics import auc
from churnlab.explanation.explanation import example
from churnlab.features.themes import THEMES
from churnlab.report.cards.record import Costs
from churnlab.schema.targets import Churn, LifetimeValue
from churnlab.training.card_figures import SHARES, figures, promise, themes
from churnlab.training.judging import Judged


@cache
def judged() -> Judged:
    rows = dataset(people=200)
    day = rows.X.index.get_level_values("snapshot")
    return judged_by_hand(
        rows.take(np.asarray(day <= DAYS[1])), rows.take(np.asarray(day >= DAYS[3]))
    )


@cache
def made() -> dict[str, Any]:
    return figures(judged(), example(), Costs(contact=1, offer=2, success=0.5))


def test_contacts_are_those_of_a_list_of_mean_length() -> None:
    test, found = judged().test, made()["reach"]
    assert test is not None
    y = test.y("churned").to_numpy()
    risk = judged().predictions["churned"]["churnlab"]
    assert [row.share for row in found] == list(SHARES)
    half = found[-1]
    top = np.argsort(-risk, kind="stable")[: len(y) // 2]
    assert half.people == len(y) / 2 / 2  # half of 400 rows, on two lists
    assert half.leavers == pytest.approx(y[top].sum() / 2, abs=1.5)  # equal days are taken in part
    assert round(half.leavers) + half.missed == round(y.sum() / 2)
    assert half.random == pytest.approx(y.sum() / 4)
    assert half.recency == pytest.approx(half.leavers)  # the model is days since last seen
    value = judged().predictions["ltv"]["churnlab"]
    assert half.value == np.median(value[top])
    assert half.gain is not None and found[0].cost is not None


def test_people_and_levels_and_groups_are_counted() -> None:
    found = made()
    who = found["people"]
    assert (who.rows, who.people, who.lists, who.on_list) == (400, 200, 2, 200)
    assert who.share == found["left"] == judged().evaluations["churned"].mean
    assert sum(level.rows for level in found["levels"]) == 400
    assert all(level.low <= level.left <= level.high for level in found["levels"])
    assert {str(g.group) for g in found["groups"]} >= {"ads", "shop"}
    assert found["metrics"]["churned_auc"] == judged().metrics()["churned_auc"]


def test_doubts_of_all_targets_are_told_once() -> None:
    churn, value = (judged().evaluations[t] for t in ("churned", "ltv"))
    both = {
        "churned": replace(churn, warnings=("few people", "few leavers")),
        "ltv": replace(value, warnings=("few people", "one person is half of all value")),
    }
    found = figures(replace(judged(), evaluations=both))["doubts"]
    assert found == ("few people", "few leavers", "one person is half of all value")


def test_strata_stand_beside_days_since_last_seen() -> None:
    first = made()["strata"][0]
    assert str(first.says) == "seen in the last 7 days" and first.note == ""
    test = judged().test
    assert test is not None
    recent = test.X[LAST].to_numpy() <= 7
    y = test.y("churned").to_numpy()
    assert first.order == auc(y[recent], judged().predictions["churned"]["churnlab"][recent])


def test_leads_are_judged_on_the_rows_that_all_leads_know() -> None:
    test = judged().test
    assert test is not None
    y = test.y("churned")
    last = y.index.get_level_values("snapshot") == DAYS[-1]
    none = pd.Series(np.nan, y.index)
    later = {14: y.where(~last), 0: y, 90: none}
    found = figures(judged(), later=later)["leads"]
    assert [(lead.days, lead.rows) for lead in found] == [(0, 200), (14, 200)]
    risk = judged().predictions["churned"]["churnlab"][~last]
    assert found[0].order == auc(y[~last].to_numpy(), risk)
    assert figures(judged())["leads"] == ()


def test_themes_share_the_push_and_have_examples_in_each_language() -> None:
    [theme] = themes(example())
    assert (theme.says, theme.part) == (THEMES["silence"], 1.0)
    assert theme.examples["en"] == ("Usually back after 4 days, away for 40 days",)
    assert set(theme.examples) >= {"en", "zh"}
    assert figures(judged())["themes"] == ()


def test_a_promise_is_that_of_the_targets() -> None:
    said = promise((Churn(20, lead=8), LifetimeValue(28)), 45)
    assert (said.horizon, said.lead, said.active_within) == (20, 8, 45)
    assert "28 days" in str(said.value) and promise((Churn(20),)).value == ""


def test_without_value_without_strata_and_without_baselines() -> None:
    both = judged()
    assert both.test is not None
    blind = replace(both.test, X=both.test.X.drop(columns=LAST))
    alone = {"churned": {"churnlab": both.predictions["churned"]["churnlab"]}}
    churn = both.evaluations["churned"]
    bare = replace(
        churn,
        strata=churn.strata.iloc[:0],
        table=churn.table[churn.table["contender"] == "churnlab"],
    )
    found = figures(Judged({"churned": bare}, None, {}, alone, both.train, blind))
    assert found["value"] is None and found["strata"] == () and found["best"] == ""
    assert found["reach"][0].recency is found["reach"][0].best is found["reach"][0].value is None
    assert found["figures"][0].beside_value is None
