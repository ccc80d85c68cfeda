"""The table of metrics: every metric has a direction, a label and a sentence."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import churnlab
from churnlab.evaluation import judge as judge  # enters the metrics of profit too
from churnlab.evaluation.metric_table import METRICS, Metric, find, headline, metrics_of

rng = np.random.default_rng(5)
TRUTH = {
    "churned": (rng.random(300) < 0.3).astype(float),
    "ltv": rng.lognormal(3, 1, 300) * (rng.random(300) < 0.5),
}


def test_the_places_have_these_metrics_in_this_order() -> None:
    names = {
        (target, place): [m.name for m in metrics_of(target, place)]
        for target in ("churned", "ltv")
        for place in ("table", "headline", "card", "terminal")
    }
    assert names["churned", "table"] == [
        "auc",
        "average_precision",
        "lift_at_10pct",
        "precision_at_10pct",
        "recall_at_10pct",
        "brier",
        "log_loss",
        "empc",
    ]
    assert names["ltv", "table"] == ["normalised_gini", "spearman", "total_bias", "mae", "rmse"]
    assert names["churned", "headline"] == ["auc"]
    assert names["ltv", "headline"] == ["normalised_gini"]
    assert names["churned", "card"] == ["auc", "average_precision", "lift_at_10pct", "brier"]
    assert names["ltv", "card"] == names["ltv", "table"]
    assert names["churned", "terminal"] == ["auc", "lift_at_10pct", "brier"]
    assert names["ltv", "terminal"] == ["normalised_gini", "total_bias", "mae"]


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda m: m.name)
def test_the_truth_is_better_than_a_constant_in_the_direction_that_is_declared(
    metric: Metric,
) -> None:
    y = TRUTH[metric.target]
    blind = np.full(300, 0.9)
    values = pd.Series({"truth": metric.function(y, y), "blind": metric.function(y, blind)})
    assert metric.best(values) == "truth"
    assert str(metric.label) and str(metric.says) and not str(metric.says).endswith(".")
    assert metric.higher_is_better == (metric.better == "higher")


@pytest.mark.parametrize(
    ("name", "target", "best"),
    [("auc", "churned", "high"), ("brier", "churned", "low"), ("total_bias", "ltv", "one")],
)
def test_each_kind_of_direction_finds_its_best_and_leaves_missing_values_out(
    name: str, target: str, best: str
) -> None:
    values = pd.Series({"gone": np.nan, "low": 0.2, "one": 0.9, "high": 1.7})
    assert find(target, name).best(values) == best


def test_any_amount_has_the_metrics_of_value() -> None:
    assert headline("margin") is headline("ltv") and find("margin", "mae") is find("ltv", "mae")
    with pytest.raises(KeyError):
        find("churned", "mae")


def test_no_other_tuple_or_list_of_metric_names_stands_in_the_package() -> None:
    names = {name for _, name in METRICS}
    for path in sorted(Path(churnlab.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Tuple | ast.List | ast.Set):
                found = [e.value for e in node.elts if isinstance(e, ast.Constant)]
                assert len(names & {f for f in found if isinstance(f, str)}) < 2, path
