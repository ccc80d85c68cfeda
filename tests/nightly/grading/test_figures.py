"""Figures of grades: by hand, by published examples, and by simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from churnlab.evaluation.judge import Judge
from churnlab.nightly.grading.figures import contenders, effect, groups, money


def split(contacted: list[float], control: list[float]) -> pd.DataFrame:
    held = ["no"] * len(contacted) + ["yes"] * len(control)
    return pd.DataFrame({"control": held, "churned": contacted + control, "spent": np.nan})


def test_the_interval_of_a_difference_is_newcombes() -> None:
    """Newcombe (1998), table II, method 10: 56 of 70 against 48 of 80."""
    rows = split([1.0] * 48 + [0.0] * 32, [1.0] * 56 + [0.0] * 14)
    row = effect(rows).iloc[0]
    assert row["difference"] == pytest.approx(0.2)
    assert row["low"] == pytest.approx(0.0524, abs=1e-4)
    assert row["high"] == pytest.approx(0.3339, abs=1e-4)


def test_a_planted_effect_lies_in_its_interval() -> None:
    rng, inside = np.random.default_rng(1), 0
    for _ in range(200):
        rows = split(
            (rng.random(300) < 0.2).astype(float).tolist(),
            (rng.random(100) < 0.3).astype(float).tolist(),
        )
        rows["spent"] = rng.exponential(10, 400) + 2 * (rows["control"] == "no")
        churned, spent = effect(rows).to_dict("records")
        inside += churned["low"] <= 0.1 <= churned["high"]
        inside += spent["low"] <= 2 <= spent["high"]
    assert 360 <= inside <= 398  # 95% of 400


def test_small_sides_have_no_difference() -> None:
    row = effect(split([1.0] * 50, [0.0] * 29)).iloc[0]
    assert np.isnan(row["difference"]) and row["control"] == 0.0
    assert str(row["note"]) == "one side has 29 people, fewer than 30"
    assert effect(split([1.0] * 50, [])).empty


def test_groups_stand_by_falling_risk() -> None:
    rng = np.random.default_rng(2)
    risk = rng.random(200)
    rows = pd.DataFrame(
        {"user_id": range(200), "risk": risk, "churned": (rng.random(200) < risk).astype(float)}
    )
    by = pd.DataFrame({"tier": np.where(risk > 0.5, "a", "b"), "half": risk > 0.9})
    found = groups(Judge.of("churned", 20), rows, by)
    assert found["group"].tolist() == ["tier", "tier", "half", "half"]
    assert found["value"].tolist() == ["a", "b", "True", "False"]
    assert (found["observed_low"] < found["observed"]).all()
    assert found["auc"].between(0.4, 1).sum() >= 3


def test_money_is_of_those_of_whom_both_are_known() -> None:
    rows = pd.DataFrame(
        {
            "user_id": range(5),
            "tier": ["high", "high", "low", None, "low"],
            "expected": [10.0, np.nan, 5.0, 1.0, 2.0],
            "ltv": [8.0, 9.0, np.nan, 3.0, 0.0],
        }
    )
    found = money(rows).set_index("value")
    assert found["people"].to_dict() == {"all": 3, "high": 1, "low": 1}
    assert found.loc["all", ["expected", "spent"]].tolist() == [13.0, 11.0]
    assert found.loc["all", "low"] <= 11.0 <= found.loc["all", "high"]
    assert money(rows.assign(expected=np.nan)).empty


def test_the_list_is_called_as_the_model_is_elsewhere() -> None:
    found = contenders(np.array([0.2, 0.3]), 0.1, {"version 3": np.array([0.4, 0.1])})
    assert list(found) == ["churnlab", "base_rate", "version 3"]
    assert found["base_rate"].tolist() == [0.1, 0.1]
