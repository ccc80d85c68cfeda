"""The payers in the blend of medians: the formula, the trees behind others, and when there are none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import norm
from support.made_models import fitted_on_shop, known_shop, shop

from churnlab.estimators.learners import boosting, payers, value_blend
from churnlab.estimators.learners.value_blend import OtherMembers
from churnlab.estimators.loading import load
from churnlab.estimators.regressor import LTVRegressor

X, Y, _ = known_shop()


@pytest.mark.parametrize("chance", [0.2, 0.5, 0.55, 0.7, 0.99])
def test_the_median_is_that_of_amounts_that_are_often_zero(chance: float) -> None:
    rng = np.random.default_rng(0)
    error = rng.normal(0, 0.7, 200_000)
    drawn = np.where(rng.random(error.size) < chance, np.exp(2 + error), 0.0)
    found = payers.median(
        np.array([logit(chance)]),
        np.array([2.0]),
        np.quantile(error, payers._KEPT_ERRORS),
    )
    expected = 0.0 if chance == 0.5 else np.median(drawn)
    assert found[0] == pytest.approx(expected, rel=0.02)


def test_medians_with_payers_are_nearer_to_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    new, _, _ = known_shop(3000, seed=9)
    pays = np.asarray(expit(1.5 * new["a"]))
    wanted = np.maximum(1 - 0.5 / pays, 0)
    # Shop's `b` is missing in some rows, whose truth is not known here.
    truth = np.where(pays <= 0.5, 0.0, np.exp(3 + new["b"] + 0.6 * norm.ppf(wanted)))
    known = new["b"].notna().to_numpy()
    said = fitted_on_shop("blend", "mae").predict(new)
    monkeypatch.setattr(payers, "grow", lambda first, *_: first)
    halfway = fitted_on_shop("blend", "mae").predict(new)
    off, off_halfway = (np.abs(p - truth)[known].mean() for p in (said, halfway))
    assert off < 0.95 * off_halfway
    sure = pays < 0.3
    assert (said[sure] == 0).mean() > 0.97 and (halfway[sure] > 0).mean() > 0.5


def test_each_booster_keeps_its_own_scores_behind_the_others(tmp_path: Path) -> None:
    model = fitted_on_shop("blend", "mae")
    others = OtherMembers.of(model.linear_)
    assert others.payers is not None
    sizes = [rounds for rounds, _ in model.chosen_["trees"]]
    assert sizes == [others.payers.first, others.payers.chance, model.booster_.num_trees() - 80]
    matrix, level = model.prepare(X), np.sqrt(model.factor_)
    odds = boosting.raw(boosting.part(model.booster_, 40, 40), matrix, 1) / level
    rest = model.booster_.num_trees() - 80
    log_money = boosting.raw(boosting.part(model.booster_, 80, rest), matrix, 1) / level
    assert expit(odds).mean() == pytest.approx((Y > 0).mean(), abs=0.02)
    assert log_money.mean() == pytest.approx(np.log(Y[Y > 0] / model.factor_).mean(), abs=0.1)
    said = model.predict(X)
    assert ((said == 0) >= (odds <= 0)).all()
    np.testing.assert_array_equal(load(model.save(tmp_path / "model")).predict(X), said)


def test_rows_scored_on_several_threads_are_scored_alike() -> None:
    model = fitted_on_shop("blend", "mae")
    medians = OtherMembers.of(model.linear_).medians(model.booster_, model.factor_)
    matrix = model.prepare(X)
    want = medians(matrix)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: medians(matrix), range(200)):
            np.testing.assert_array_equal(found, want)


def test_no_payers_where_the_rows_cannot_tell_who_pays() -> None:
    everybody = np.where(Y > 0, Y, 1.0)
    few = np.where(np.arange(len(Y)) < 9, 5.0, 0.0)
    for y in (everybody, few):
        model = LTVRegressor(objective="mae", n_estimators=5, n_jobs=1).fit(X, y)
        assert model.linear_["payers"] is None and len(model.chosen_["trees"]) == 1
        again = model.refit(X, Y)
        assert again.linear_["payers"] is None


def test_a_refit_keeps_the_errors_of_the_payers() -> None:
    judged = fitted_on_shop("blend", "mae")
    more, y, _ = shop(2500, seed=4)
    again = judged.refit(more, y)
    assert again.chosen_ == judged.chosen_
    assert again.linear_["payers"]["errors"] == judged.linear_["payers"]["errors"]
    assert len(again.linear_["payers"]["errors"]) == 101
    assert np.abs(again.predict(X) - judged.predict(X)).max() > 0.1


def test_a_model_of_an_older_version_has_no_payers() -> None:
    state = fitted_on_shop("blend", "tweedie").linear_
    old = {name: state[name] for name in ("line", "expected")}
    assert OtherMembers.of(old).payers is None


def test_a_single_fold_leaves_the_rows_that_it_learns_from_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("churnlab.estimators.regressor._HOLDOUT_ABOVE_ROWS", 1000)
    grown = []
    monkeypatch.setattr(
        value_blend,
        "grow",
        lambda *given, real=value_blend.grow: grown.append(real(*given)) or grown[0],
    )
    model = fitted_on_shop("blend", "mae", n_estimators=None)
    assert np.isfinite(grown[0].unseen).sum() == 150
    assert np.isfinite(model.predict(X)).all()


def test_errors_count_as_often_as_their_rows() -> None:
    rng = np.random.default_rng(0)
    errors, counts = rng.normal(size=300), rng.integers(1, 4, 300)
    errors[::7] = np.nan
    np.testing.assert_allclose(
        payers._spread(errors, counts.astype(float)),
        payers._spread(np.repeat(errors, counts), None),
    )
