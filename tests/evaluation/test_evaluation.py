"""The model beside the dumb things."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from churnlab.errors import FrameError, HistoryError
from churnlab.evaluation import metrics
from churnlab.evaluation.contenders import fit_baselines
from churnlab.evaluation.evaluation import Evaluation
from churnlab.evaluation.judge import CHURN, doubts

rng = np.random.default_rng(0)
INDEX = pd.MultiIndex.from_product(
    [range(100), pd.to_datetime(["2026-01-01", "2026-02-01"])], names=["user_id", "snapshot"]
)
Y = pd.Series((rng.random(200) < 0.4).astype(float), index=INDEX)
GOOD = np.clip(0.3 * Y.to_numpy() + 0.7 * rng.random(200), 0.01, 0.99)
SAID = {"churnlab": GOOD, "base_rate": np.full(200, 0.4)}


def test_the_table_has_every_contender_with_paired_differences() -> None:
    found = Evaluation.of(SAID, Y, target="churned", draws=50)
    row = found.table.query("contender == 'base_rate' and metric == 'auc'").iloc[0]
    assert row["value"] == 0.5 and row["difference_low"] > 0
    assert found.interval("auc").low < found.interval("auc").value < found.interval("auc").high
    assert len(found.per_cut) == 2 and found.people == 100
    assert "base rate, reaches 0.500" in found.summary()
    assert all(np.isfinite(v) for v in found.metrics().values())


def test_a_small_or_one_class_group_is_shown_without_a_figure() -> None:
    groups = pd.DataFrame({"size": np.where(np.arange(200) < 10, "small", "large")}, index=INDEX)
    found = Evaluation.of(
        SAID, Y, target="churned", segments=groups, draws=20
    ).per_segment.set_index("value")
    assert np.isnan(found.loc["small", "auc"]) and found.loc["large", "auc"] > 0.7
    assert (
        found.loc["small", "note"] == "10 rows, fewer than 30" and found.loc["large", "note"] == ""
    )
    stayed = pd.DataFrame({"left": np.where(Y == 1, "yes", "no")}, index=INDEX)
    alone = Evaluation.of(
        SAID, Y, target="churned", segments=stayed, draws=20
    ).per_segment.set_index("value")
    assert alone["note"].tolist() == [
        f"churned is 0 in all {int((1 - Y).sum())} rows",
        f"churned is 1 in all {int(Y.sum())} rows",
    ]


def test_value_is_judged_by_its_own_metrics() -> None:
    found = Evaluation.of(
        {"churnlab": Y.to_numpy() * 5, "zero": np.zeros(200)}, Y * 10, target="ltv", draws=20
    )
    assert found.interval("normalised_gini").value == pytest.approx(1) and found.interval(
        "total_bias"
    ).value == pytest.approx(0.5)


def test_the_intervals_are_those_of_the_plain_bootstrap() -> None:
    found, users = (
        Evaluation.of(SAID, Y, target="churned", draws=40),
        INDEX.get_level_values("user_id").to_numpy(),
    )
    for kind in ("auc", "brier", "lift_at_10pct", "empc"):
        plain = metrics.bootstrap(CHURN[kind], Y.to_numpy(), GOOD, users, draws=40)
        assert found.interval(kind).__dict__ == pytest.approx(plain.__dict__)
        gap = metrics.paired(CHURN[kind], Y.to_numpy(), GOOD, SAID["base_rate"], users, draws=40)
        row = found.table.query(f"contender == 'base_rate' and metric == '{kind}'").iloc[0]
        assert row[["difference", "difference_low", "difference_high"]].tolist() == pytest.approx(
            [gap.value, gap.low, gap.high]
        )


def test_what_is_unsure_is_said() -> None:
    few = Evaluation.of(SAID, Y, target="churned", draws=5).warnings
    assert few == ("judged on 100 people only: a few more or less move every figure",)
    money = np.r_[np.full(600, 1.0), 600.0]
    users = np.r_[np.arange(600), 600]
    assert doubts("ltv", money, users)[0].startswith("one person is 50% of all value")
    assert doubts("ltv", money * 0, users) == (
        "nobody spent anything: whether the order is right cannot be told",
    )
    assert doubts("churned", (users == 3).astype(float), users) == (
        "only 1 of 601 rows churned: the figures are unsure",
    )
    assert doubts("churned", (users > 300).astype(float), users) == ()


def test_a_dumb_thing_that_cannot_be_fitted_is_left_out_and_named() -> None:
    fitted, left_out = fit_baselines(
        pd.DataFrame({"x__y__all": np.arange(200.0)}, index=INDEX), Y, "churned"
    )
    assert "base_rate" in fitted and "recency" not in fitted
    assert any(text.startswith("recency is not beside it: X lacks") for text in left_out)


def test_it_survives_json() -> None:
    found = Evaluation.of(SAID, Y, target="churned", draws=20)
    again = Evaluation.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False)))
    pd.testing.assert_frame_equal(again.table, found.table)
    assert again.warnings == found.warnings
    assert again.summary() == found.summary()


@pytest.mark.parametrize(
    ("said", "y", "wrong"),
    [
        ({"churnlab": GOOD[:5]}, Y, "5 for 200 labels"),
        ({"churnlab": GOOD * np.nan}, Y, "200 of them null or infinite"),
        ({"other": GOOD}, Y, "lacks 1 column"),
        ({"churnlab": GOOD}, Y * 0, "one class only"),
        ({"churnlab": GOOD[:0]}, Y[:0], "no row"),
    ],
)
def test_what_cannot_be_judged_is_refused(
    said: dict[str, np.ndarray], y: pd.Series, wrong: str
) -> None:
    with pytest.raises((FrameError, HistoryError), match=wrong):
        Evaluation.of(said, y, target="churned")
