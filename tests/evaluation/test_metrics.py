"""Every metric against an independent implementation, ties and weights included."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as theirs

from churnlab.evaluation import metrics

rng = np.random.default_rng(1)
Y = (rng.random(400) < 0.3).astype(float)
P = np.round(np.clip(0.3 * Y + rng.random(400) * 0.7, 0.001, 0.999), 2)  # rounding makes ties
W = rng.integers(0, 4, 400).astype(float)
MONEY = np.where(rng.random(400) < 0.5, 0, rng.lognormal(3, 1, 400))
GUESS = np.round(MONEY * rng.random(400) + rng.random(400), 1)


@pytest.mark.parametrize("w", [None, W], ids=["plain", "weighted"])
def test_churn_metrics_agree_with_scikit_learn(w: np.ndarray | None) -> None:
    assert metrics.auc(Y, P, w) == pytest.approx(theirs.roc_auc_score(Y, P, sample_weight=w))
    assert metrics.average_precision(Y, P, w) == pytest.approx(
        theirs.average_precision_score(Y, P, sample_weight=w)
    )
    assert metrics.brier(Y, P, w) == pytest.approx(theirs.brier_score_loss(Y, P, sample_weight=w))
    assert metrics.log_loss(Y, P, w) == pytest.approx(theirs.log_loss(Y, P, sample_weight=w))
    assert metrics.mae(MONEY, GUESS, w) == pytest.approx(
        theirs.mean_absolute_error(MONEY, GUESS, sample_weight=w)
    )
    assert metrics.rmse(MONEY, GUESS, w) == pytest.approx(
        theirs.root_mean_squared_error(MONEY, GUESS, sample_weight=w)
    )


@pytest.mark.parametrize(
    "metric",
    [
        metrics.auc,
        metrics.average_precision,
        metrics.lift,
        metrics.precision_at,
        metrics.recall_at,
        metrics.brier,
        metrics.log_loss,
        metrics.normalised_gini,
        metrics.spearman,
        metrics.total_bias,
    ],
)
def test_a_weight_of_two_is_a_row_twice_and_row_order_does_not_matter(
    metric: metrics.Metric,
) -> None:
    y, p = (
        (Y, P)
        if metric in (metrics.auc, metrics.average_precision, metrics.brier, metrics.log_loss)
        else (MONEY, GUESS)
    )
    again = np.repeat(np.arange(400), W.astype(int))
    assert metric(y, p, W) == pytest.approx(metric(y[again], p[again]))
    turned = rng.permutation(400)
    assert metric(y[turned], p[turned]) == pytest.approx(metric(y, p))


@pytest.mark.parametrize("w", [None, W], ids=["plain", "weighted"])
@pytest.mark.parametrize("cutoff", [0.3, 0.5])
def test_figures_at_a_cutoff_agree_with_scikit_learn(w: np.ndarray | None, cutoff: float) -> None:
    said = np.greater_equal(P, cutoff)
    assert metrics.accuracy(Y, P, w, cutoff) == pytest.approx(
        theirs.accuracy_score(Y, said, sample_weight=w)
    )
    assert metrics.precision(Y, P, w, cutoff) == pytest.approx(
        theirs.precision_score(Y, said, sample_weight=w)
    )
    assert metrics.recall(Y, P, w, cutoff) == pytest.approx(
        theirs.recall_score(Y, said, sample_weight=w)
    )
    assert np.isnan(metrics.precision(Y, P, w, cutoff=2)) and np.isnan(metrics.recall(Y * 0, P, w))


@pytest.mark.parametrize("top", [0.1, 0.25])
def test_figures_of_the_top_agree_with_scikit_learn_and_ties_count_as_on_average(
    top: float,
) -> None:
    apart = rng.permutation(400) / 400
    said = apart >= np.sort(apart)[-int(top * 400)]
    assert metrics.precision_at(Y, apart, top=top) == pytest.approx(theirs.precision_score(Y, said))
    assert metrics.recall_at(Y, apart, top=top) == pytest.approx(theirs.recall_score(Y, said))
    assert metrics.lift(Y, apart, top=top) == pytest.approx(
        theirs.precision_score(Y, said) / Y.mean()
    )
    tied, orders = np.round(P, 1), [rng.random(400) * 1e-9 for _ in range(3000)]
    drawn = [Y[np.argsort(-(tied + o))[: int(top * 400)]].mean() for o in orders]
    assert metrics.precision_at(Y, tied, top=top) == pytest.approx(np.mean(drawn), abs=0.01)


def test_spearman_agrees_with_scipy() -> None:
    assert metrics.spearman(MONEY, GUESS) == pytest.approx(stats.spearmanr(MONEY, GUESS).statistic)
    assert np.isnan(metrics.spearman(MONEY, np.ones(400)))


def test_gini_is_one_for_the_truth_and_zero_for_a_constant() -> None:
    assert metrics.normalised_gini(MONEY, MONEY) == pytest.approx(1)
    assert metrics.normalised_gini(MONEY, np.ones(400)) == pytest.approx(0)


def test_lift_of_the_truth_is_the_inverse_rate_and_of_a_constant_is_one() -> None:
    y = np.r_[np.ones(10), np.zeros(90)]
    assert metrics.lift(y, y) == pytest.approx(10)
    assert metrics.lift(y, np.zeros(100)) == pytest.approx(1)
    assert metrics.precision_at(y, y, top=0.2) == pytest.approx(0.5)
