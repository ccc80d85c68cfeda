"""Ranking: order, tiers, control group, and where a list ends."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnlab.config.tables import Config
from churnlab.errors import ConfigError
from churnlab.nightly.ranking import Ranking
from churnlab.report.cards.record import Costs

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
            "stage": ["gone", "", "fading", "lapsing"],
        }
    ).assign(**more)
    return frame.assign(value_at_risk=frame["risk"] * frame["ltv"])


def listed(rule: Ranking, **more: Any) -> pd.DataFrame:
    frame = rule.with_columns(scores(**more))
    return rule.ranked([frame.iloc[2:], frame.iloc[:2]]).frame


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
        ({"stages": ["fadin"]}, "unknown stage in list.stages 'fadin': did you mean 'fading'"),
        ({"stages": "fading"}, "list.stages is 'fading'; give a list of texts"),
        ({"policy": "nowhere.toml"}, "nowhere.toml: the file: does not exist"),
        ({"tiers": {"a": "b"}}, "list.tiers is .*; give a table of numbers"),
    ],
)
def test_keys_that_do_not_fit_are_refused(keys: dict, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        ranking(**keys)


def test_an_order_by_a_value_that_nobody_has_is_refused() -> None:
    with pytest.raises(ConfigError, match="list.sort is 'value_at_risk'"):
        listed(ranking(sort="value_at_risk"), ltv=np.nan)


def test_a_list_asks_for_stages_and_counts_who_is_left_out() -> None:
    rule = ranking(stages=["fading", "lapsing"], top=1, tiers_by="share", tiers={"first": 0.5})
    frame = rule.with_columns(scores())
    found = rule.ranked([frame])
    assert found.frame[["user_id", "stage", "tier"]].to_numpy().tolist() == [
        ["c", "fading", "first"]
    ]
    assert found.left_out == {"stages": 2, "top": 1, "budget": 0} and found.by_stage
    assert found.others.to_numpy().tolist() == [["a", "gone"], ["b", ""]]
    nobody = ranking(stages=["silent"]).ranked([frame])
    assert nobody.frame.empty and nobody.left_out["stages"] == 4


POLICY = """
schema_version = 1
made = "2026-11-29"
control = 0.25
[[treatments]]
name = "gift"
cost = 2
[[treatments]]
name = "mail"
cost = 0.1
[[rules]]
stage = "gone"
treatment = "none"
[[rules]]
tier = "top"
min_value = 80
treatment = "gift"
[[rules]]
treatment = "mail"
"""


def test_a_policy_suggests_treatments_and_leaves_the_control_group_alone(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(POLICY)

    def rule(**keys: Any) -> Ranking:
        given = {"policy": "policy.toml", "tiers": {"top": 2}, "tiers_by": "count", **keys}
        return Ranking.of(Config.of({"log": LOG, "list": given}, tmp_path))

    assert rule().control == 0.25 and rule(control=0.5).control == 0.5
    plain = replace(rule(), control=0.0)
    found = plain.ranked([plain.with_columns(scores())]).frame
    told = found.set_index("user_id")["treatment"]
    assert told.to_dict() == {"a": "", "c": "mail", "d": "mail", "b": "mail"}
    value = replace(plain, sort="value_at_risk")
    told = value.ranked([value.with_columns(scores())]).frame.set_index("user_id")["treatment"]
    assert told.to_dict() == {"d": "gift", "b": "gift", "a": "", "c": "mail"}
    half = rule(control=0.5)
    many = pd.concat([scores(user_id=[f"{u}{i}" for u in "abcd"]) for i in range(50)])
    found = half.ranked([half.with_columns(many.reset_index(drop=True))]).frame
    treated = found["treatment"] != ""
    assert not treated[found["control"] == "yes"].any()
    assert treated[(found["control"] == "no") & (found["stage"] != "gone")].all()
    assert half.to_dict()["policy"]["rules"][0] == {
        "stage": "gone",
        "treatment": "none",
        "effect": 0.0,
        "low": 0.0,
        "high": 0.0,
    }
    with pytest.raises(ConfigError, match="unknown tier of a policy 'top'"):
        rule(tiers={"other": 1})


@given(st.integers(0, 2**32 - 1), st.sampled_from(["risk", "value_at_risk", "profit"]))
@settings(max_examples=60)
def test_the_order_does_not_depend_on_the_order_of_the_rows(seed: int, sort: str) -> None:
    """Ties by id; the top and the budget cut where the sum of costs says, whatever came first."""
    chance = np.random.default_rng(seed)
    people = int(chance.integers(1, 30))
    frame = pd.DataFrame(
        {
            "user_id": [f"u{i}" for i in chance.permutation(people)],
            "risk": chance.integers(0, 5, people) / 4,
            "ltv": np.where(
                chance.random(people) < 0.2, np.nan, chance.integers(0, 3, people) * 9.0
            ),
            "stage": chance.choice(["", "fading", "gone"], people),
        }
    )
    frame = frame.assign(value_at_risk=frame["risk"] * frame["ltv"])
    frame.loc[0, ["ltv", "value_at_risk"]] = 1.0
    budget = float(chance.integers(0, 100))
    rule = ranking(COSTS, sort=sort, top=int(chance.integers(1, 40)), budget=budget, control=0.2)
    rows = rule.with_columns(frame)
    want = sorted(
        rows.to_dict("records"),
        key=lambda row: (-row[sort] if row[sort] == row[sort] else math.inf, row["user_id"]),
    )
    spent, listed = 0.0, []
    for row in want[: rule.top]:
        cost = COSTS["contact"] + COSTS["offer"] * (
            row["risk"] * COSTS["success"] + 1 - row["risk"]
        )
        spent += 0.0 if row["control"] == "yes" else cost
        if spent > budget + 1e-9:
            break
        listed.append(row["user_id"])
    cut = int(chance.integers(0, people))
    found = rule.ranked([rows.iloc[cut:], rows.iloc[:cut]] if cut else [rows])
    assert found.frame["user_id"].tolist() == listed
    assert len(listed) + sum(found.left_out.values()) == people
