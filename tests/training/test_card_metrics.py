"""Metrics of a card beside the best baseline in each, and beside the champion."""

from __future__ import annotations

import pytest
from support.judged import judged_by_hand
from support.learnable import dataset

from churnlab.evaluation.metric_table import find
from churnlab.evaluation.records import records
from churnlab.model_registry.run_facts import ChampionFacts
from churnlab.training.card_metrics import beside_best, beside_champion, standing


def test_metrics_stand_beside_the_baseline_that_is_best_in_each() -> None:
    found = beside_best(judged_by_hand(dataset(), dataset()).evaluations["ltv"])
    by_name = {one.metric: one for one in found}
    mae = by_name["mae"]
    assert str(mae.beside) == "zero for everybody" and mae.standing in ("behind", "ahead", "level")
    assert mae.ahead == pytest.approx(mae.value - mae.beside_value)
    assert "empc" not in by_name and "log_loss" not in by_name


def test_the_champion_is_another_contender_in_tables_of_its_own() -> None:
    table = judged_by_hand(dataset(), dataset()).evaluations["churned"].table
    table = table.replace({"contender": {"base_rate": "champion"}})
    found = beside_champion(ChampionFacts(7, "r1", tables={"churned": records(table)}), 600)
    assert found is not None and (found.version, found.rows) == ("7", 600)
    assert found.figures[0].metric == "auc" and found.figures[0].beside_value == 0.5
    assert beside_champion(None, 600) is None


@pytest.mark.parametrize(
    ("name", "value", "other", "low", "high", "is_"),
    [
        ("mae", 5.0, 4.0, 0.5, 1.5, "behind"),
        ("mae", 3.0, 4.0, -1.5, -0.5, "ahead"),
        ("mae", 3.0, 4.0, -1.5, 0.5, "level"),
        ("normalised_gini", 0.3, 0.4, -0.2, -0.05, "behind"),
        ("total_bias", 1.1, 1.5, -0.6, -0.2, "ahead"),
    ],
)
def test_who_is_ahead(
    name: str, value: float, other: float, low: float, high: float, is_: str
) -> None:
    row = {"value": other, "difference_low": low, "difference_high": high}
    assert standing(find("ltv", name), value, row) == is_
