"""Ranking: order, tiers, control group, and where a list ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from churnlab.config.tables import Config
from churnlab.errors import ConfigError
from churnlab.nightly.ranking import Ranking
from churnlab.report.card_record import Costs

LOG = {"path": "events.parquet", "user": "who", "time": "at", "event": "what"}
COSTS = {"contact": 1.0, "offer": 10.0, "success": 0.5}


def ranking(costs: dict | None = None, **keys: Any) -> Ranking:
    return Ranking.of(Config.of({"log": LOG, "list": keys, "costs": costs or {}}, Path()))


def scores(**more: Any) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "user_id": ["a", "b", "c", "d"],
            "risk": [0.9, 0.1, 0.5, 0.5],
            "ltv": [10.0, 100.0, np.nan, 80.0],
        }
    ).assign(**more)
    return frame.assign(value_at_risk=frame["risk"] * frame["ltv"])


def listed(rule: Ranking, **more: Any) -> pd.DataFrame:
    frame = rule.with_columns(scores(**more))
    return rule.ranked([frame.iloc[2:], frame.iloc[:2]])


@pytest.mark.parametrize(
    ("sort", "order"), [("risk", "acdb"), ("value_at_risk", "dbac"), ("profit", "dabc")]
)
def test_rows_stand_by_a_column_ties_by_id_and_missing_last(sort: str, order: str) -> None:
    assert "".join(listed(ranking(COSTS, sort=sort))["user_id"]) == order


def test_profit_is_what_a_contact_is_expected_to_bring() -> None:
    found = listed(ranking(COSTS)).set_index("user_id")["profit"]
    assert found["d"] == pytest.approx(0.5 * 0.5 * (80 - 10) - 0.5 * 10 - 1)
    assert np.isnan(found["c"]) and listed(ranking())["profit"].isna().all()
    fixed = listed(ranking(COSTS | {"value_kept": 200.0})).set_index("user_id")["profit"]
    assert fixed["c"] == fixed["d"] == pytest.approx(0.5 * 0.5 * 190 - 5 - 1)


@pytest.mark.parametrize(
    ("by", "tiers", "want"),
    [
        ("risk", {"medium": 0.5, "high": 0.9}, ["high", "medium", "medium", ""]),
        ("value_at_risk", {"big": 40.0, "small": 0}, ["small", "", "big", "small"]),
        ("share", {"all": 1.0, "top": 0.25}, ["top", "all", "all", "all"]),
        ("count", {"first": 1, "next": 3}, ["first", "next", "next", ""]),
        ("count", {}, ["", "", "", ""]),
    ],
)
def test_tiers_are_bands_of_a_value_or_of_the_place(by: str, tiers: dict, want: list[str]) -> None:
    assert listed(ranking(tiers_by=by, tiers=tiers))["tier"].tolist() == want


def test_the_control_group_is_the_stated_share_and_the_same_every_night() -> None:
    people = [f"u{i}" for i in range(20_000)]
    first, other = (ranking(control=0.1, campaign=c) for c in ("spring", "autumn"))
    drawn = np.array([first.is_control(p) for p in people])
    assert abs(drawn.mean() - 0.1) < 0.008
    assert (drawn == [ranking(control=0.1, campaign="spring").is_control(p) for p in people]).all()
    both = drawn & [other.is_control(p) for p in people]
    assert abs(both.mean() - 0.01) < 0.003
    larger = np.array([ranking(control=0.3, campaign="spring").is_control(p) for p in people])
    assert larger[drawn].all()
    found = first.with_columns(scores(user_id=[1, 2, 3, 4]))["control"]
    assert set(found) <= {"yes", "no"} and set(listed(ranking())["control"]) == {"no"}


def test_a_list_ends_after_the_top_or_with_the_budget() -> None:
    assert listed(ranking(top=2))["user_id"].tolist() == ["a", "c"]
    each = 1 + 10 * (0.9 * 0.5 + 0.1), 1 + 10 * (0.5 * 0.5 + 0.5)
    assert len(listed(ranking(COSTS, budget=sum(each)))) == 2
    assert len(listed(ranking(COSTS, budget=sum(each) - 0.01))) == 1
    assert len(listed(ranking(COSTS, budget=0.0))) == 0


def test_people_in_the_control_group_cost_nothing() -> None:
    half = Ranking(budget=0.0, control=0.5, costs=Costs(**COSTS))
    controls = [u for u in map(str, range(50)) if half.is_control(u)][:4]
    assert len(listed(half, user_id=controls)) == 4


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"sort": "rsik"}, "unknown list.sort 'rsik': did you mean 'risk'"),
        ({"tiers_by": "age"}, "unknown list.tiers_by 'age'"),
        ({"control": 1.0}, "list.control is 1.0; give a share"),
        ({"top": 0}, "list.top is 0; give 1 or more"),
        ({"budget": -1.0}, "list.budget is -1.0|lacks"),
        ({"sort": "profit"}, r"lacks contact, offer, success in \[costs\]"),
        ({"budget": 5.0}, r"lacks contact, offer, success in \[costs\]"),
        ({"tiers": {"a": "b"}}, "list.tiers is .*; give a table of numbers"),
    ],
)
def test_keys_that_do_not_fit_are_refused(keys: dict, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        ranking(**keys)


def test_an_order_by_a_value_that_nobody_has_is_refused() -> None:
    with pytest.raises(ConfigError, match="list.sort is 'value_at_risk'"):
        listed(ranking(sort="value_at_risk"), ltv=np.nan)


@pytest.mark.parametrize("keys", [{"top": 5}, {"sort": "value_at_risk"}, {"tiers_by": "share"}])
def test_on_spark_each_row_is_made_alone(keys: dict) -> None:
    ranking(control=0.1).check_row_wise()
    with pytest.raises(ConfigError, match="a list on Spark has everybody, by risk"):
        ranking(**keys).check_row_wise()
