"""Cells: groups that a policy can name, and effects with intervals for all of them together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t
from support.planted import mean_scores, planted

from churnlab.errors import ConfigError, TrialError
from churnlab.winback.targeting.cells import Cells
from churnlab.winback.targeting.scores import effect_scores
from churnlab.winback.targeting.trial import Trial


def test_cells_are_stage_tier_and_falling_value() -> None:
    cells = Cells.of(
        ["fading"] * 4 + ["gone"],
        ["high", "high", "low", "low", "low"],
        np.array([50.0, 5.0, 20.0, np.nan, 20.0]),
        [20.0],
    )
    assert cells.names["tier"].tolist() == ["high", "high", "low", "low", "low"]
    assert cells.names["min_value"].fillna(-1).tolist() == [20, -1, 20, -1, 20]
    assert cells.code.tolist() == [0, 1, 2, 3, 4]


def test_missing_stages_are_no_stage() -> None:
    cells = Cells.of(np.array(["gone", None, ""], object))
    assert cells.names["stage"].tolist() == ["", "gone"] and cells.code.tolist() == [1, 0, 0]


def test_stages_are_in_the_order_of_the_numbers_in_them() -> None:
    cells = Cells.of(["silent 28+ days", "silent 7-27 days", "silent 0-6 days"])
    days = ["silent 0-6 days", "silent 7-27 days", "silent 28+ days"]
    assert cells.names["stage"].tolist() == days and cells.code.tolist() == [2, 1, 0]


def test_effects_of_shares_are_mean_scores_with_newcombes_intervals_for_all() -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    made = planted(2000)
    scores, cells = mean_scores(made), Cells.of(made.stage)
    found = cells.effects(made.trial, scores)
    gone = cells.names["stage"].tolist().index("gone")
    inside, y, w = made.stage == "gone", made.trial.y, made.trial.w
    assert found.value[gone, 1] == pytest.approx(scores[inside, 1].mean())
    n1, n0 = int((inside & (w == 2)).sum()), int((inside & (w == 0)).sum())
    k1, k0 = y[inside & (w == 2)].sum(), y[inside & (w == 0)].sum()
    # 9 intervals: each leaves out .05 / 18 on a side
    low, high = proportion.confint_proportions_2indep(
        k1, n1, k0, n0, method="newcomb", alpha=0.05 / 9
    )
    raw = k1 / n1 - k0 / n0
    spread = y[inside & (w == 2)].var(ddof=1) / n1 + y[inside & (w == 0)].var(ddof=1) / n0
    times = scores[inside, 1].std(ddof=1) / np.sqrt(inside.sum()) / np.sqrt(spread)
    down = found.value[gone, 1] - found.low[gone, 1]
    up = found.high[gone, 1] - found.value[gone, 1]
    assert (down, up) == pytest.approx((times * (raw - low), times * (high - raw)), rel=1e-6)
    assert found.cost[gone].tolist() == pytest.approx([4.0, 1.0, 0.1])


def test_effects_of_amounts_have_welchs_reach_of_the_scores_own_error() -> None:
    made = planted(2000)
    y = made.trial.y * np.random.default_rng(1).lognormal(2, 1, 2000)
    money = replace(made.trial, y=y)
    cells = Cells.of(made.stage)
    scores = effect_scores(y, money.w, money.p, np.full((2000, 4), y.mean()))
    found = cells.effects(money, scores)
    fading = cells.names["stage"].tolist().index("fading")
    inside = made.stage == "fading"
    one, none = y[inside & (money.w == 1)], y[inside & (money.w == 0)]
    spread = one.var(ddof=1) / len(one), none.var(ddof=1) / len(none)
    freedom = sum(spread) ** 2 / (
        spread[0] ** 2 / (len(one) - 1) + spread[1] ** 2 / (len(none) - 1)
    )
    error = scores[inside, 0].std(ddof=1) / np.sqrt(inside.sum())
    reach = t.isf(0.05 / 18, freedom) * error
    assert found.high[fading, 0] - found.value[fading, 0] == pytest.approx(reach, rel=1e-9)
    assert found.value[fading, 0] - found.low[fading, 0] == pytest.approx(reach, rel=1e-9)


def test_a_rare_outcome_with_a_small_control_group_is_not_proved_too_often() -> None:
    """With a mean and its standard error, 1 of 80 such effects of nothing was proved, not 1 of 360.

    Two of 100 come back in both arms, of 400 treated people and 200 untreated.
    """
    wrong = 0
    given = np.repeat(["gift", "none"], [400, 200])
    rng, cells = np.random.default_rng(8), Cells.of(np.repeat("gone", 600))
    for _ in range(1500):
        back = (rng.random(600) < 0.02).astype(float)
        trial = Trial.checked(back, given)
        scores = effect_scores(back, trial.w, trial.p, np.full((600, 2), back.mean()))
        wrong += int(cells.effects(trial, scores).low[0, 0] > 0)
    # One interval here: 0.025 on a side; by mean and standard error it was 0.048.
    assert wrong / 1500 <= 0.025


def test_nothing_that_happens_to_nobody_is_proved() -> None:
    trial = Trial.checked(np.zeros(400), np.tile(["none", "gift"], 200))
    for scores in (np.zeros((400, 1)), np.full((400, 1), 1e-9)):
        found = Cells.of(np.repeat("gone", 400)).effects(trial, scores)
        assert found.low[0, 0] < 0 < found.high[0, 0]


def test_a_cell_with_few_of_an_arm_is_not_known_and_not_counted() -> None:
    made = planted(2000)
    stage = np.where(np.arange(2000) < 60, "rare", made.stage)
    cells = Cells.of(stage)
    found = cells.effects(made.trial, mean_scores(made))
    rare = cells.names["stage"].tolist().index("rare")
    assert np.isnan(found.value[rare]).any() and (found.proved()[rare] == 0).all()
    without = stage != "rare"
    alone = Cells.of(stage[without]).effects(
        made.trial.take(np.flatnonzero(without)), mean_scores(made)[without]
    )
    known = np.isfinite(found.value).all(axis=1)
    assert found.low[known] == pytest.approx(alone.low)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(TrialError, match="the tier"):
        Cells.of(["gone"], ["a", "b"])
    with pytest.raises(TrialError, match="the value"):
        Cells.of(["gone"], value=np.ones(2), bands=[1.0])
    with pytest.raises(ConfigError, match="bands and value"):
        Cells.of(["gone"], bands=[1.0])
