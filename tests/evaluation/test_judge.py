"""Figures with intervals, and what is unsure in them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from churnlab.evaluation.evaluation import Evaluation
from churnlab.evaluation.intervals import bootstrap, paired
from churnlab.evaluation.judge import Judge, doubts, few_learnt
from churnlab.evaluation.metric_table import find
from churnlab.language.sentence import Words

rng = np.random.default_rng(0)
INDEX = pd.MultiIndex.from_product(
    [range(100), pd.to_datetime(["2026-01-01", "2026-02-01"])], names=["user_id", "snapshot"]
)
Y = pd.Series((rng.random(200) < 0.4).astype(float), index=INDEX)
GOOD = np.clip(0.3 * Y.to_numpy() + 0.7 * rng.random(200), 0.01, 0.99)
SAID = {"churnlab": GOOD, "base_rate": np.full(200, 0.4)}


def texts(words: tuple[Words, ...]) -> tuple[str, ...]:
    return tuple(map(str, words))


def test_the_intervals_are_those_of_the_plain_bootstrap() -> None:
    found, users = (
        Evaluation.of(SAID, Y, target="churned", draws=40),
        INDEX.get_level_values("user_id").to_numpy(),
    )
    for kind in ("auc", "brier", "lift_at_10pct", "empc"):
        plain = bootstrap(find("churned", kind).function, Y.to_numpy(), GOOD, users, draws=40)
        assert found.interval(kind).__dict__ == pytest.approx(plain.__dict__)
        gap = paired(
            find("churned", kind).function, Y.to_numpy(), GOOD, SAID["base_rate"], users, draws=40
        )
        row = found.table.query(f"contender == 'base_rate' and metric == '{kind}'").iloc[0]
        assert row[["difference", "difference_low", "difference_high"]].tolist() == pytest.approx(
            [gap.value, gap.low, gap.high]
        )


def test_what_is_unsure_is_said() -> None:
    few = Evaluation.of(SAID, Y, target="churned", draws=5).warnings
    assert texts(few) == ("judged on 100 people only: a few more or less move every figure",)
    money = np.r_[np.full(600, 1.0), 600.0]
    users = np.r_[np.arange(600), 600]
    assert str(doubts("ltv", money, users)[0]).startswith("one person is 50% of all value")
    assert texts(doubts("ltv", money * 0, users)) == (
        "nobody spent anything: the order of people cannot be judged",
    )
    assert texts(doubts("churned", (users == 3).astype(float), users)) == (
        "only 1 of 601 rows churned: the figures are unsure",
    )
    assert doubts("churned", (users > 300).astype(float), users) == ()
    assert texts(doubts("churned", (users != 3).astype(float), users)) == (
        "only 1 of 601 rows stayed: the figures are unsure",
    )


def test_a_model_that_learnt_from_few_rows_is_named() -> None:
    assert texts(tuple(few_learnt(199))) == ("learnt from 199 rows only",) and not few_learnt(200)


def test_figures_are_missing_for_a_reason() -> None:
    churn, value = Judge.of("churned"), Judge.of("ltv")
    assert str(churn.missing(np.ones(40))) == "churned is 1 in all 40 rows"
    assert str(churn.missing(np.ones(29))) == "29 rows, fewer than 30"
    assert str(value.missing(np.zeros(40))) == "nobody spent anything"
    assert churn.missing(np.arange(40) % 2) == value.missing(np.ones(40)) == ""


def test_only_the_metrics_of_a_place_are_judged() -> None:
    names = [metric.name for metric in Judge.of("churned", place="warning_time").metrics]
    assert names == [
        "auc",
        "precision_at_10pct",
        "recall_at_10pct",
        "accuracy",
        "precision",
        "recall",
    ]
