"""How many columns some leavers support, against published and simulated values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from churnlab.evaluation.metrics import auc
from churnlab.evaluation.sample_size import (
    SampleSize,
    cox_snell,
    highest_cox_snell,
    risk_error,
    supported,
)


def test_the_worked_values_of_a_log_with_226_leavers() -> None:
    """At 10.7%: about one column at an AUC of .57, a dozen at .70."""
    assert round(supported(226, 0.107, 0.57)) == 1
    assert supported(226, 0.107, 0.70) == pytest.approx(12.0, abs=0.1)
    first_order = 0.107 * 0.893 * 2 * 0.5244005**2  # R2 for small effects: a little too much
    assert math.ceil(226 / 0.107 * -0.1 * math.log1p(-first_order / 0.9)) == 13


def test_the_columns_fit_the_published_sample_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """24 columns, R2 .288, 17.4% events: 623 people by (i), 662 by (ii), 221 by (iii)."""
    module = "churnlab.evaluation.sample_size"
    monkeypatch.setattr(f"{module}.cox_snell", lambda auc, share: 0.288)
    assert supported(662 * 0.174, 0.174, 0.9) == pytest.approx(24, abs=0.05)
    monkeypatch.setattr(f"{module}.MOST_OPTIMISM", 50)  # (ii) asks nothing
    assert supported(623 * 0.174, 0.174, 0.9) == pytest.approx(24, abs=0.05)
    assert risk_error(221 * 0.174, 0.174) <= 0.05 < risk_error(220 * 0.174, 0.174)


@pytest.mark.parametrize(("target", "share"), [(0.57, 0.107), (0.81, 0.77), (0.89, 0.174)])
def test_r2_is_that_of_a_simulation(target: float, share: float) -> None:
    rng = np.random.default_rng(0)
    y = (rng.random(400_000) < share).astype(float)
    apart = 2**0.5 * {0.57: 0.176374, 0.81: 0.877896, 0.89: 1.226528}[target]
    x = rng.normal(size=len(y)) + apart * y
    log_odds = np.log(share / (1 - share)) + apart * x - apart**2 / 2
    assert auc(y, x) == pytest.approx(target, abs=0.003)
    null = y.mean() * np.log(y.mean()) + (1 - y.mean()) * np.log(1 - y.mean())
    fit = np.mean(y * log_odds - np.logaddexp(0, log_odds))
    assert cox_snell(target, share) == pytest.approx(
        1 - np.exp(-2 * (fit - null)), rel=0.02, abs=6e-4
    )


def test_r2_rises_from_nothing_to_its_limit_and_is_the_same_for_both_classes() -> None:
    found = [cox_snell(a, 0.2) for a in (0.3, 0.5, 0.6, 0.8, 0.99, 0.999999)]
    assert found[:2] == [0, 0] and found == sorted(found)
    assert found[-1] <= highest_cox_snell(0.2)
    assert cox_snell(0.7, 0.2) == pytest.approx(cox_snell(0.7, 0.8))


def test_columns_grow_with_leavers_and_with_the_auc() -> None:
    assert supported(452, 0.107, 0.7) == pytest.approx(2 * supported(226, 0.107, 0.7))
    grown = [supported(226, 0.107, a) for a in (0.4, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9, 0.97)]
    assert grown == sorted(grown) and grown[:2] == [0, 0]


def test_the_words_say_which_is_more() -> None:
    few = SampleSize(226, 0.107, 0.57, 238)
    assert not few.enough and "support about 1 column at an AUC of 0.57" in str(few.words())
    many = SampleSize(60_000, 0.107, 0.7, 238)
    assert many.enough and "more columns" in str(many.words())
    assert not SampleSize(10, 0.5, 0.99, 1).enough  # the overall risk is not known
    for nobody in (SampleSize(0, 0.0, 0.7, 5), SampleSize(9, 1.0, 0.7, 5)):
        assert nobody.supported == 0 and not nobody.enough
        assert "support about 0 columns" in str(nobody.words())
