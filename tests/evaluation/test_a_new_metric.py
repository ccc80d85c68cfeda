"""A new metric is one function in one file, and is then judged and shown everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from support.card_records import record
from support.learnable import Spy, dataset
from typer.testing import CliRunner

from churnlab.cli import app
from churnlab.evaluation.backtest import Backtest
from churnlab.evaluation.evaluation import Evaluation
from churnlab.evaluation.metric_table import METRICS, metric
from churnlab.language.sentence import sentence
from churnlab.report.cards.card import ModelCard
from churnlab.report.document import as_markdown
from churnlab.training.card_metrics import beside_best

NAME = "worst_churner"
PLACES = ("table", "card", "terminal", "warning_time")


@pytest.fixture
def new_metric() -> Iterator[None]:
    """All that a metric needs: a function, and what the decorator says of it."""

    @metric(
        NAME,
        target="churned",
        better="higher",
        label=sentence("lowest risk of a churner"),
        says=sentence("the risk of the churner that was expected least; higher is better"),
        shown=PLACES,
    )
    def worst_churner(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
        there = np.asarray(y) > 0 if w is None else (np.asarray(y) > 0) & (w > 0)
        return float(np.min(p[there], initial=1.0))

    yield
    del METRICS["churned", NAME]


@pytest.fixture
def evaluation(new_metric: None) -> Evaluation:
    data = dataset()
    y = data.y("churned")
    risk = np.linspace(0.1, 0.9, len(y))
    said = {"churnlab": risk, "base_rate": np.full(len(y), 0.3)}
    return Evaluation.of(said, y, target="churned", draws=10)


def test_it_is_in_the_table_of_an_evaluation_and_among_its_figures(evaluation: Evaluation) -> None:
    y = dataset().y("churned").to_numpy()
    lowest = np.linspace(0.1, 0.9, len(y))[y > 0].min()
    assert evaluation.interval(NAME).value == lowest
    assert evaluation.metrics()[f"churned_{NAME}"] == lowest
    assert evaluation.metrics()[f"churned_{NAME}_base_rate"] == 0.3


def test_a_backtest_judges_by_it(new_metric: None) -> None:
    found = Backtest.of(dataset(), cuts=1, targets=["churned"], make=Spy, draws=5)
    assert NAME in set(found.overall["metric"]) & set(found.per_cut["metric"])
    assert "lowest risk of a churner" in as_markdown(found)


def test_the_card_shows_it_and_says_how_to_read_it(evaluation: Evaluation) -> None:
    card = ModelCard.of(record(figures=beside_best(evaluation)))
    for page in (card.html(), card.markdown()):
        assert "lowest risk of a churner" in page
        assert "the risk of the churner that was expected least; higher is better" in page


def test_the_command_line_shows_it(
    evaluation: Evaluation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = SimpleNamespace(
        evaluations={"churned": evaluation}, to_dict=lambda: {"run_id": "r", "metrics": {}}
    )
    monkeypatch.setattr("churnlab.training.train.train", lambda *a, **k: result)
    monkeypatch.setattr("churnlab.config.tables.Config.read", lambda path: None)
    done = CliRunner().invoke(app, ["train", "--config", str(tmp_path / "churnlab.toml")])
    assert done.exit_code == 0, done.output
    shown = " ".join(done.stdout.split())
    assert "lowest risk of a churner" in shown and str(evaluation.interval(NAME)) in shown


def test_without_the_file_it_is_nowhere() -> None:
    y = pd.Series([0.0, 1.0], index=dataset().y("churned").index[:2])
    found = Evaluation.of({"churnlab": np.array([0.1, 0.9])}, y, target="churned", draws=2)
    assert NAME not in set(found.table["metric"])
