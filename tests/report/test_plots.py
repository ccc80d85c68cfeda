"""Figures: what they show, their labels in any language, and bytes that repeat."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support import made_up_language

from churnlab.evaluation.calibration import calibration_table
from churnlab.evaluation.judge import Judge
from churnlab.evaluation.profit import profit_curve
from churnlab.evaluation.strata import Silence
from churnlab.report import drawing, plots

rng = np.random.default_rng(0)
Y = (rng.random(400) < 0.3).astype(float)
P = np.clip(0.4 * Y + 0.6 * rng.random(400), 0.01, 0.99)
CUTS = pd.DataFrame(
    {
        "value": [f"2026-0{i}-01" for i in range(1, 7)],
        "auc": [0.7, 0.8, np.nan, 0.75, 0.7, 0.8],
        "low": [0.6, 0.7, np.nan, 0.7, 0.6, 0.7],
        "high": [0.8, 0.9, np.nan, 0.8, 0.8, 0.9],
    }
)
IMPORTANCE = pd.DataFrame({"name": ["a__b__all", "c__d__28d"], "importance": [1.0, 0.5]})
DAYS = rng.permutation(400) / 10 + 1
STRATA = Silence(np.where(DAYS > 30, DAYS, np.minimum(DAYS, 29))).judged(
    {"churnlab": P, "recency": DAYS}, Y, np.arange(400), Judge.of("churned", draws=10)
)
FIGURES: dict[str, Callable[[str], drawing.Figure]] = {
    "calibration": lambda x: plots.calibration(calibration_table(Y, P), language=x),
    "deciles": lambda x: plots.deciles(calibration_table(Y, P), language=x),
    "signals": lambda x: plots.signals(pd.Series({"push": 0.2, "session": 0.4}), language=x),
    "features": lambda x: plots.features(IMPORTANCE, language=x),
    "scores": lambda x: plots.scores(P, Y, language=x),
    "gains": lambda x: plots.gains(Y, {"churnlab": P, "recency": 1 - P}, language=x),
    "per_cut": lambda x: plots.per_cut(CUTS, "auc", language=x),
    "strata": lambda x: plots.strata(STRATA, "auc", language=x),
    "profit": lambda x: plots.profit(profit_curve(Y, P).table, language=x),
}
NAMES = {"churnlab", "push", "session", "a__b__all", "c__d__28d"}


def words(figure: drawing.Figure) -> set[str]:
    """Labels of the axes, of the legend and of what is written beside points."""
    axes = figure.axes[0]
    found = {axes.get_xlabel(), axes.get_ylabel(), *(t.get_text() for t in axes.texts)}
    legend = axes.get_legend()
    found |= {t.get_text() for t in legend.get_texts()} if legend else set()
    ticks = {t.get_text() for t in (*axes.get_xticklabels(), *axes.get_yticklabels())}
    return {w for w in found | ticks if any(c.isalpha() for c in w)} - NAMES


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_repeats_its_bytes(name: str) -> None:
    first, again = (plots.png(FIGURES[name]("en")) for _ in range(2))
    assert first == again and first[:4] == b"\x89PNG"
    uri = plots.data_uri(FIGURES[name]("en"))
    assert uri.startswith("data:image/png;base64,") and len(uri) > len(first)


@pytest.mark.parametrize("name", FIGURES)
def test_every_label_is_drawn_in_another_language(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    language = made_up_language.install(tmp_path, monkeypatch)
    english, other = words(FIGURES[name]("en")), words(FIGURES[name](language))
    assert len(english) == len(other) > 0
    assert all(w.startswith(made_up_language.START) for w in other)


def test_a_blind_prediction_draws_the_diagonal() -> None:
    """The worst order of all is no better than chance where every prediction is the same."""
    axes = plots.gains(np.sort(Y)[::-1], {"base_rate": np.full(400, 0.3)}).axes[0]
    assert axes.lines[1].get_xydata().tolist() == [[0, 0], [1, 1]]


def test_gains_are_the_shares_of_people_and_churners_from_the_top() -> None:
    axes = plots.gains(np.array([1.0, 0, 1, 0]), {"mine": np.array([0.9, 0.5, 0.5, 0.1])}).axes[0]
    assert axes.lines[1].get_xydata().tolist() == [[0, 0], [0.25, 0.5], [0.75, 1], [1, 1]]


def test_days_without_a_figure_are_left_out_and_many_days_are_turned() -> None:
    axes = plots.per_cut(CUTS, "auc").axes[0]
    shown = [t.get_text() for t in axes.get_xticklabels()]
    assert shown == [day for day in CUTS["value"] if day != "2026-03-01"]
    assert {t.get_rotation() for t in axes.get_xticklabels()} == {30}


def test_a_stratum_that_is_too_few_is_named_and_has_no_point() -> None:
    few = STRATA.copy()
    few.loc[few["stratum"] == "long", ["value", "low", "high"]] = np.nan
    few["note"] = few["note"].mask(few["stratum"] == "long", "too few: 3 people")
    axes = plots.strata(few, "auc").axes[0]
    labels = [t.get_text() for t in axes.get_yticklabels()]
    assert labels[2] == "longer ago\ntoo few: 3 people"
    points = axes.lines[0].get_xdata()
    assert np.isnan(points).tolist() == [False, False, True, False]


def test_the_most_important_features_stand_on_top_with_short_names() -> None:
    many = pd.DataFrame(
        {"name": ["x" * 80, *(f"f{i}" for i in range(20))], "importance": np.arange(21, 0, -1.0)}
    )
    axes = plots.features(many, top=5).axes[0]
    names = [t.get_text() for t in axes.get_yticklabels()]
    assert len(names) == 5 and names[-1] == "x" * 59 + "…"


def test_the_cutoff_to_act_on_is_marked_and_outcomes_are_optional() -> None:
    curve = profit_curve(None, P)
    axes = plots.profit(curve.table).axes[0]
    assert axes.texts[0].get_text() == f"contact {curve.best['share']:.0%}"
    assert len(axes.get_legend().get_texts()) == 1


ODD = [
    "渠道",
    "שלום",
    "$\\frac{$",
    "a$b",
    "x\ny",
    "\uf8fe",
    "\U0001f469\u200d\U0001f467",
    "",
    "<b>&",
]


def test_labels_in_any_letters_are_drawn_without_a_warning() -> None:
    for name in ODD:
        assert plots.png(plots.signals(pd.Series({name: 0.4, "push": 0.2})))[1:4] == b"PNG"
    table = pd.DataFrame({"name": ["a__b__all"], "label": ["role__渠道__all"], "importance": [0.4]})
    [label] = [t.get_text() for t in plots.features(table).axes[0].get_yticklabels()]
    assert label == plots.drawable("role__渠道__all")
