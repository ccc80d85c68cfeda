"""The model beside the dumb things."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from churnlab.errors import FrameError, HistoryError
from churnlab.evaluation import Evaluation

rng = np.random.default_rng(0)
INDEX = pd.MultiIndex.from_product([range(100), pd.to_datetime(["2026-01-01", "2026-02-01"])], names=["user_id", "snapshot"])
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
    found = Evaluation.of(SAID, Y, target="churned", segments=groups, draws=20).per_segment.set_index("value")
    assert np.isnan(found.loc["small", "auc"]) and found.loc["large", "auc"] > 0.7


def test_value_is_judged_by_its_own_metrics() -> None:
    found = Evaluation.of({"churnlab": Y.to_numpy() * 5, "zero": np.zeros(200)}, Y * 10, target="ltv", draws=20)
    assert found.interval("normalised_gini").value == pytest.approx(1) and found.interval("total_bias").value == pytest.approx(0.5)


def test_it_survives_json() -> None:
    found = Evaluation.of(SAID, Y, target="churned", draws=20)
    again = Evaluation.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False)))
    pd.testing.assert_frame_equal(again.table, found.table)
    assert again.summary() == found.summary()


@pytest.mark.parametrize(("said", "y", "wrong"), [
    ({"churnlab": GOOD[:5]}, Y, "5 for 200 labels"), ({"churnlab": GOOD * np.nan}, Y, "200 of them null or infinite"),
    ({"other": GOOD}, Y, "lacks 1 column"), ({"churnlab": GOOD}, Y * 0, "one class only"), ({"churnlab": GOOD[:0]}, Y[:0], "no row")])
def test_what_cannot_be_judged_is_refused(said: dict[str, np.ndarray], y: pd.Series, wrong: str) -> None:
    with pytest.raises((FrameError, HistoryError), match=wrong):
        Evaluation.of(said, y, target="churned")
