"""The model beside the baselines."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

from churnlab.errors import FrameError, HistoryError
from churnlab.evaluation.evaluation import Evaluation

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
    assert "base rate, reaches 0.500" in str(found.summary())
    assert all(np.isfinite(v) for v in found.metrics().values())


def test_a_small_or_one_class_group_is_shown_without_a_figure() -> None:
    groups = pd.DataFrame({"size": np.where(np.arange(200) < 10, "small", "large")}, index=INDEX)
    found = Evaluation.of(
        SAID, Y, target="churned", segments=groups, draws=20
    ).per_segment.set_index("value")
    assert np.isnan(found.loc["small", "auc"]) and found.loc["large", "auc"] > 0.7
    assert (
        str(found.loc["small", "note"]) == "10 rows, fewer than 30"
        and found.loc["large", "note"] == ""
    )
    stayed = pd.DataFrame({"left": np.where(Y == 1, "yes", "no")}, index=INDEX)
    alone = Evaluation.of(
        SAID, Y, target="churned", segments=stayed, draws=20
    ).per_segment.set_index("value")
    assert alone["note"].astype(str).tolist() == [
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


def test_a_contender_of_any_name_is_tracked() -> None:
    names = ["logit (balanced)", "x" * 10_000, "<b>", "a/../b", "逻辑回归", "Plain 1.0"]
    said = {"churnlab": GOOD, **dict.fromkeys(names, GOOD)}
    found = Evaluation.of(said, Y, target="churned", draws=5).metrics()
    assert {"churned_auc_逻辑回归", "churned_auc_Plain 1.0"} <= set(found)
    assert sum(name.startswith("churned_auc_") for name in found) == len(names)
    assert all(re.fullmatch(r"[\w.\- :]{1,250}", name) for name in found)  # as MLflow takes them


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


def test_the_best_baseline_is_found_in_the_direction_of_the_metric() -> None:
    """The headline metrics are better when higher; the table of metrics decides, not the code."""
    said = {"churnlab": GOOD, "zero": Y.to_numpy() * 0.5, "train_mean": np.full(200, 0.4)}
    found = Evaluation.of(said, Y * 10, target="ltv", draws=5)
    assert "the best baseline, zero for everybody, reaches 1.000" in str(found.summary())


def test_contenders_stand_beside_each_other_with_labels() -> None:
    found = Evaluation.of(SAID, Y, target="churned", draws=5)
    shown = found.beside("terminal").frame()
    assert list(shown) == ["contender", "AUC", "lift, riskiest tenth", "Brier score"]
    assert shown["contender"].tolist() == ["churnlab", "base rate"]
    assert shown["AUC"].tolist() == [str(found.interval("auc", n)) for n in SAID]
    card = found.beside("card", differences=True)
    assert card.ours == {0} and str(card.columns[2]) == "AUC, churnlab minus it"
    assert card.rows[0][2] == "" and str(card.rows[1][2]).startswith("+0.")


def test_warnings_survive_json_in_any_language() -> None:
    found = Evaluation.of(SAID, Y, target="churned", draws=5)
    about = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert about["warnings"][0]["text"] == str(found.warnings[0])
    assert Evaluation.from_dict(about).warnings == found.warnings
    old = about | {"warnings": ["as text, of an older run"]}
    assert Evaluation.from_dict(old).warnings == ("as text, of an older run",)
