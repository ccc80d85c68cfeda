"""Trees and ranks together: the line against a minimiser of its stated loss, planted day effects, seasons by hand, parts that add up."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit, logit
from scipy.stats import rankdata
from sklearn.metrics import log_loss, roc_auc_score

from churnlab.errors import FrameError
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.files import load
from churnlab.estimators.learners import additive, blend, boosting, folds, logistic, season
from churnlab.estimators.learners.boosting import Plan
from churnlab.estimators.learners.logistic import RankLogistic
from churnlab.estimators.learners.season import Season
from churnlab.explanation.explanation import explain
from churnlab.kernels import lines

PLAN = Plan("binary", 0.1, 7, 20, 1.0, 40, 0, 1)
DAYS = pd.date_range("2024-03-01", periods=16, freq="30D")
EARLY = len(DAYS) // 2


def table(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers with gaps, a category, a constant and nothing at all; churn follows the first column and whether the second is known."""
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 9, rows).astype(float), rng.integers(0, 5, rows).astype(float)
    z = 0.4 * (a - 4) + np.where(rng.random(rows) < 0.3, 1.5, -0.5)
    b[z > 0.4 * (a - 4)] = np.nan
    X = np.column_stack([a, b, rng.integers(0, 3, rows), np.full(rows, 7.0), np.full(rows, np.nan)])
    return X, (rng.random(rows) < expit(z)).astype(float)


def tides(people: int = 120, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Snapshots with an effect of the day that `tide` follows in the first half and not later; the effect of each row comes third."""
    rng = np.random.default_rng(seed)
    effect = np.tile([1.2, -1.2, 0.6, -0.6], len(DAYS) // 4)
    tide = np.where(np.arange(len(DAYS)) < EARLY, effect, -effect) * 0.7
    index = pd.MultiIndex.from_product(
        [[f"p{i}" for i in range(people)], DAYS], names=["user_id", "snapshot"]
    )
    place = np.tile(np.arange(len(DAYS)), people)
    x = rng.normal(size=len(index))
    active = rng.integers(1, 20, len(index)).astype(float)
    X = pd.DataFrame(
        {
            "x": x,
            "tide": tide[place] + 0.3 * rng.normal(size=len(index)),
            "cadence__active_days__all": active,
            "lifecycle__tenure_days__all": 200.0,
            "cadence__since_last_days__all": np.where(
                active > 1, rng.integers(1, 100, len(index)), 200.0
            ),
        },
        index=index,
    )
    y = (rng.random(len(index)) < expit(1.2 * x + effect[place])).astype(float)
    return X, y, effect[place]


@pytest.fixture(scope="module")
def seasonal() -> tuple[ChurnClassifier, pd.DataFrame, np.ndarray]:
    X, y, _ = tides()
    return ChurnClassifier(n_estimators=12, learning_rate=0.2, n_jobs=1).fit(X, y), X, y


def test_the_score_of_the_line_is_the_sum_of_the_columns_parts_to_the_bit() -> None:
    rng = np.random.default_rng(7)
    X = np.column_stack(
        [
            rng.normal(size=500),
            rng.integers(0, 3, 500),
            rng.lognormal(0, 4, 500),
            np.full(500, 2.0),
            rng.integers(0, 4, 500),
        ]
    )
    X[rng.random(X.shape) < 0.2] = np.nan
    line, _ = RankLogistic.fit(
        X[:400], (rng.random(400) < 0.4).astype(float), np.zeros(400, int), [4], 0
    )
    wider = np.vstack(
        [X, X[:50] * 3 - 1, np.array([[k[0] for k in line.knots], [k[-1] for k in line.knots]])]
    )
    expected = sum((line._part(wider[:, j], j) for j in range(5)), np.full(len(wider), line.base))
    wider = np.vstack([wider] * 3)
    assert len(wider) > lines._ROWS and np.array_equal(line.score(wider), np.tile(expected, 3))
    assert np.array_equal(line.score(np.asfortranarray(wider)), np.tile(expected, 3))
    assert line.score(wider[:0]).shape == (0,)


def test_the_line_has_the_least_of_its_stated_loss() -> None:
    X, y = table(900)
    X, day = X[:, :2], np.random.default_rng(1).integers(0, 3, 900)
    line, effect = RankLogistic.fit(X, y, day, [], 0)
    gone = np.isnan(X)
    places = np.column_stack(
        [
            np.where(
                gone[:, j],
                0,
                (rankdata(X[:, j], nan_policy="omit") - 0.5) / (~gone[:, j]).sum() - 0.5,
            )
            for j in range(2)
        ]
    )
    A = np.column_stack([np.nan_to_num(places), gone[:, 1] / 2, *(day == d for d in range(3))])

    def loss(w: np.ndarray) -> float:
        z = A @ w[1:] + w[0]
        return float(np.sum(np.logaddexp(0, z) - y * z) + 10 * np.sum(w[1:] ** 2))

    best = minimize(loss, np.zeros(A.shape[1] + 1), method="BFGS").x
    np.testing.assert_allclose(line.score(X) + effect, A @ best[1:] + best[0], atol=5e-3)
    np.testing.assert_allclose(line.weight, best[1:3], atol=5e-3)
    assert effect.mean() == pytest.approx(0, abs=1e-12)


def test_the_parts_of_the_line_add_up_and_average_to_nothing() -> None:
    X, y = table(700)
    line, _ = RankLogistic.fit(X, y, np.zeros(700, int), [2], 0)
    parts = line.contributions(X)
    np.testing.assert_allclose(parts.sum(axis=1) + line.base, line.score(X), atol=1e-12)
    np.testing.assert_allclose(parts.mean(axis=0), 0, atol=1e-12)
    assert not parts[:, 2:].any(), "a category, a constant and a column all missing say nothing"
    assert parts[:, 0].std() > 0.3 and line.absent[1] > line.present[1] + 0.4


def test_a_rows_score_does_not_depend_on_its_neighbours_and_stays_in_range() -> None:
    X, y = table(300)
    line, _ = RankLogistic.fit(X, y, np.zeros(300, int), [2], 0)
    whole = line.score(X)
    assert [line.score(X[i : i + 1])[0] for i in range(300)] == whole.tolist()
    np.testing.assert_array_equal(line.score(X[::-1]), whole[::-1])
    top = np.nanmax(X, axis=0, initial=0, where=~np.isnan(X))[None]
    np.testing.assert_array_equal(line.score(top + 1e9), line.score(top))
    unseen = np.full((1, 5), np.nan)
    assert line.score(unseen)[0] == pytest.approx(line.base + sum(line.absent))


def test_only_the_order_of_values_matters() -> None:
    X, y = table(600)
    X = X[:, :2]
    line, _ = RankLogistic.fit(X, y, np.zeros(600, int), [], 0)
    bent, _ = RankLogistic.fit(np.exp(X), y, np.zeros(600, int), [], 0)
    np.testing.assert_allclose(bent.score(np.exp(X)), line.score(X), atol=1e-9)


def test_many_cells_are_thinned_and_the_seed_alone_says_to_which_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    X, y = table(4000)
    day = np.arange(4000) % 10
    full, _ = RankLogistic.fit(X, y, day, [2], 0)
    monkeypatch.setattr(logistic, "_CELLS", 1500 * (2 * X.shape[1] + 1))
    first, effect = RankLogistic.fit(X, y, day, [2], 5)
    again, _ = RankLogistic.fit(X, y, day, [2], 5)
    other, _ = RankLogistic.fit(X, y, day, [2], 6)
    assert first == again != other and first != full
    assert len(effect) == 4000 and np.isfinite(effect).all()
    assert np.corrcoef(first.score(X), full.score(X))[0, 1] > 0.98
    assert len(additive.sample(4000, 1500, 0)) == len(set(additive.sample(4000, 1500, 0))) == 1500


def test_the_line_survives_json_and_is_scaled() -> None:
    X, y = table(500)
    line, _ = RankLogistic.fit(X, y, np.zeros(500, int), [2], 0)
    again = RankLogistic(**json.loads(json.dumps(line.state())))
    np.testing.assert_array_equal(again.score(X), line.score(X))
    np.testing.assert_allclose(line.scaled(-2.5).score(X), -2.5 * line.score(X), atol=1e-12)


@pytest.mark.parametrize("y", [np.zeros(300), np.ones(300)])
def test_a_sample_of_one_class_has_a_level_and_nothing_else(y: np.ndarray) -> None:
    X, _ = table(300)
    line, effect = RankLogistic.fit(X, y, np.arange(300) % 2, [2], 0)
    assert not effect.any() and not line.contributions(X).any()
    assert line.base == pytest.approx(logit((y.sum() + 0.5) / 301))


def test_without_a_column_that_moves_the_level_is_left() -> None:
    y = np.r_[np.zeros(90), np.ones(10)]
    line, _ = RankLogistic.fit(np.full((100, 2), 3.0), y, np.zeros(100, int), [], 0)
    np.testing.assert_allclose(
        line.score(np.array([[3.0, 3.0], [8.0, np.nan]])), logit(0.1), atol=0.05
    )


def test_planted_day_effects_are_found_and_leave_the_column_its_own_slope() -> None:
    X, y, planted = tides(400)
    day = folds.days(X, None, len(y))
    line, effect = RankLogistic.fit(X[["x", "tide"]].to_numpy(), y, day, [], 0)
    by_day = pd.Series(effect).groupby(day).first(), pd.Series(planted).groupby(day).first()
    assert np.corrcoef(*by_day)[0, 1] > 0.97 and np.abs(by_day[0] - by_day[1]).max() < 0.45
    assert abs(line.weight[1]) < 0.35 < 1 < line.weight[0]
    early = day < EARLY
    fooled, none = RankLogistic.fit(
        X.loc[early, ["x", "tide"]].to_numpy(), y[early], np.zeros(early.sum(), int), [], 0
    )
    assert fooled.weight[1] > 1.5 and not none.any()


def test_day_effects_are_used_where_they_foretell_later_days_better() -> None:
    X, y, _ = tides()
    matrix, day, person = (
        X[["x", "tide"]].to_numpy(),
        folds.days(X, None, len(X)),
        folds.persons(X, None, len(X)),
    )
    assert blend.effects_help(matrix, y, day, person, [], 0)
    truly = (
        np.random.default_rng(0).random(len(X)) < expit(1.2 * matrix[:, 0] + 2 * matrix[:, 1])
    ).astype(float)
    assert not blend.effects_help(matrix, truly, day, person, [], 0), (
        "what moves with the days stands in a column"
    )
    assert not blend.effects_help(matrix, y, day // 3, person, [], 0), (
        "six days do not tell season from signal"
    )
    rare = np.where(np.arange(len(y)) % 400 == 0, y, 0)
    assert not blend.effects_help(matrix, rare, day, person, [], 0)


def test_both_members_are_scaled_together_and_what_is_unseen_is_unseen() -> None:
    X, y = table(1000)
    person = np.arange(1000) // 2
    grown = blend.grow(PLAN, X, y, np.zeros(1000, int), person, [2], folds.by_person(person, 0))
    assert grown.unseen is not None and np.isfinite(grown.unseen).all() and not grown.effect.any()
    trees = boosting.raw(grown.booster, X, 1) + grown.level
    booster, line = grown.scaled(1.3, -0.2)
    wanted = 1.3 * (grown.share * trees + (1 - grown.share) * grown.line.score(X)) - 0.2
    np.testing.assert_allclose(boosting.raw(booster, X, 1) + line.score(X), wanted, atol=1e-9)
    noise = np.column_stack([person + 0.0, np.random.default_rng(3).normal(size=1000)])
    chance = np.random.default_rng(4).integers(0, 2, 500).astype(float)[person]
    told = blend.grow(
        PLAN, noise, chance, np.zeros(1000, int), person, [], folds.by_person(person, 0)
    )
    assert (
        roc_auc_score(chance, told.unseen)
        < 0.57
        < 0.65
        < roc_auc_score(chance, boosting.raw(told.booster, noise, 1))
    )


def test_day_effects_go_into_both_members_from_eight_days_on() -> None:
    X, y, planted = tides()
    matrix, person, day = (
        X[["x", "tide"]].to_numpy(),
        folds.persons(X, None, len(X)),
        folds.days(X, None, len(X)),
    )
    inner = folds.by_person(person, 0)
    grown = blend.grow(PLAN, matrix, y, day, person, [], inner)
    assert np.corrcoef(grown.effect, planted)[0, 1] > 0.95
    assert log_loss(y, expit(grown.unseen)) < 0.98 * log_loss(y, expit(grown.unseen - grown.effect))
    blind = blend.grow(PLAN, matrix, y, day // 3, person, [], inner)
    assert not blind.effect.any()
    alone = blend.grow(PLAN, matrix, y, day, person, [], [])
    assert alone.unseen is None and alone.share == 0.5


def test_the_share_goes_to_the_better_member_and_chance_does_not_choose() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=4000) * 2
    y = (rng.random(4000) < expit(truth)).astype(float)
    noise = rng.normal(size=4000) * 2
    assert blend.best_share(y, truth, noise) >= 0.9 and blend.best_share(y, noise, truth) <= 0.1
    assert blend.best_share(y, truth, truth) == 0.5
    one, other = truth + rng.normal(size=4000) * 1.5, truth + rng.normal(size=4000) * 1.5
    assert 0.4 <= blend.best_share(y, one, other) <= 0.6
    gaps = truth.copy()
    gaps[:3000] = np.nan
    assert blend.best_share(y, gaps, noise) == blend.best_share(
        y[3000:], truth[3000:], noise[3000:]
    )


def test_a_shift_is_the_mean_by_nearness_drawn_to_nothing() -> None:
    dates = pd.DatetimeIndex(["2025-01-05", "2025-01-05", "2025-02-20", "2025-12-28"])
    found = Season.of(dates, np.array([0.2, 0.6, -0.8, 1.0]))
    days, effects = [5, 51, 362], [0.4, -0.8, 1.0]
    assert (found.day, found.effect) == (days, pytest.approx(effects))
    asked = pd.DatetimeIndex(["2026-01-01", "2026-02-01", "2026-07-15", "2026-12-31", "2026-02-01"])
    for date, shift in zip(asked, found.shift(asked), strict=True):
        apart = [min(abs(date.day_of_year - d), 365 - abs(date.day_of_year - d)) for d in days]
        near = [math.exp(-((a / 15) ** 2) / 2) for a in apart]
        assert shift == pytest.approx(
            sum(w * e for w, e in zip(near, effects, strict=True)) / (sum(near) + 0.3), abs=1e-12
        )
    assert abs(found.shift(pd.DatetimeIndex(["2026-07-15"]))[0]) < 1e-6
    assert found.shift(pd.DatetimeIndex(["2028-12-31"]))[0] == pytest.approx(
        found.shift(pd.DatetimeIndex(["2027-01-01"]))[0], abs=0.1
    )
    np.testing.assert_array_equal(
        np.concatenate([found.shift(asked[i : i + 1]) for i in range(5)]), found.shift(asked)
    )
    np.testing.assert_allclose(found.scaled(0.5).shift(asked), found.shift(asked) / 2)
    assert Season(**json.loads(json.dumps(found.state()))) == found


def test_dates_are_those_of_the_index_or_of_time_and_else_there_are_none() -> None:
    X = tides(5)[0]
    assert list(season.dates_of(X)) == list(X.index.get_level_values("snapshot"))
    assert list(season.dates_of(X.to_numpy(), pd.Series(DAYS))) == list(DAYS)
    for nothing in (
        X.to_numpy(),
        X.reset_index(drop=True),
        X.rename(index=lambda day: 1, level="snapshot"),
    ):
        assert season.dates_of(nothing) is None
    assert season.dates_of(X.to_numpy(), np.arange(len(X))) is None


def test_score_and_parts_of_a_blend_with_season_and_own_columns_are_one(
    seasonal: tuple[ChurnClassifier, pd.DataFrame, np.ndarray],
) -> None:
    model, X, _ = seasonal
    assert model.season_ is not None and model.btyd_ is not None
    values, base = model.contributions(X)
    np.testing.assert_allclose(values.sum(axis=1) + base, model.raw_score(X), atol=1e-9)
    np.testing.assert_allclose(expit(model.raw_score(X)), model.predict_proba(X)[:, 1], atol=1e-12)
    own = list(model.own_catalogue()["name"])
    assert list(model.widened(X)) == [*X, *own] and values.shape[1] == len(X.columns) + len(own)
    assert own[-1] == season.name_of("log-odds") and own[0].startswith("btyd__")
    np.testing.assert_array_equal(values[:, -1], model.widened(X)[season.name_of("log-odds")])
    np.testing.assert_array_equal(model.prepare(X), model.widened(X).iloc[:, :-1].to_numpy())
    assert list(model.own_catalogue().columns) == [
        "name",
        "signal",
        "builder",
        "unit",
        "window",
        "says",
        "missing",
        "templates",
    ]


def test_a_blend_is_explained_in_sentences_with_its_own_columns(
    seasonal: tuple[ChurnClassifier, pd.DataFrame, np.ndarray],
) -> None:
    model, X, _ = seasonal
    catalogue = pd.DataFrame(
        {
            "name": list(X),
            "signal": ["a", "b", "cadence", "lifecycle", "cadence"],
            "builder": "b",
            "unit": "x",
            "window": "all",
            "says": "{value:.1f}",
            "missing": "nothing",
        }
    )
    found = explain(model, X[:200], catalogue)
    assert list(found.values) == list(found.X) == list(model.widened(X))
    assert set(found.groups()) == {"a", "b", "cadence", "lifecycle", "btyd", "calendar"}
    said = set(found.reasons(6).to_numpy().ravel())
    assert any(
        text.startswith("at this time of the year everybody's log-odds of leaving move by +")
        for text in said
    )


def test_the_season_is_of_the_past_and_says_nothing_without_a_date(
    seasonal: tuple[ChurnClassifier, pd.DataFrame, np.ndarray],
) -> None:
    model, X, _ = seasonal
    shift = Season(**model.season_).shift(pd.DatetimeIndex(X.index.get_level_values("snapshot")))
    assert shift.std() > 0.3
    bare = model.predict_proba(X.reset_index(drop=True))[:, 1]
    np.testing.assert_allclose(logit(bare), model.raw_score(X) - shift, atol=1e-9)
    np.testing.assert_array_equal(
        model.widened(X.reset_index(drop=True))[season.name_of("log-odds")], 0
    )
    values, base = model.contributions(X.reset_index(drop=True))
    np.testing.assert_allclose(values.sum(axis=1) + base, logit(bare), atol=1e-9)
    next_year = X.rename(index=lambda day: day + pd.Timedelta(days=365), level="snapshot")
    assert np.corrcoef(model.raw_score(next_year), model.raw_score(X))[0, 1] > 0.98


def test_what_is_saved_says_the_same_to_the_bit_whole_or_in_parts(
    seasonal: tuple[ChurnClassifier, pd.DataFrame, np.ndarray], tmp_path: Path
) -> None:
    model, X, _ = seasonal
    again = load(model.save(tmp_path))
    assert isinstance(again, ChurnClassifier)
    assert again.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()
    assert again.contributions(X)[0].tobytes() == model.contributions(X)[0].tobytes()
    pd.testing.assert_frame_equal(again.own_catalogue(), model.own_catalogue())
    pd.testing.assert_frame_equal(again.widened(X), model.widened(X))
    parts = [model.predict_proba(X[i : i + 97]) for i in range(0, len(X), 97)]
    assert np.concatenate(parts).tobytes() == model.predict_proba(X).tobytes()


def test_threads_and_the_way_people_and_days_are_given_change_nothing() -> None:
    X, y, _ = tides(40)
    options = {"n_estimators": 5, "learning_rate": 0.2}
    one, two = (ChurnClassifier(**options, n_jobs=n).fit(X, y).predict_proba(X) for n in (1, 2))
    assert one.tobytes() == two.tobytes()
    person, day = (X.index.get_level_values(name) for name in ("user_id", "snapshot"))
    told = ChurnClassifier(**options, n_jobs=1).fit(
        X.reset_index(drop=True), y, groups=person, time=day
    )
    assert told.predict_proba(X).tobytes() == one.tobytes()
    with pytest.raises(FrameError, match="time has 3 values"):
        ChurnClassifier().fit(X, y, time=[1, 2, 3])


def test_arrays_are_learnt_from_without_columns_of_its_own(
    seasonal: tuple[ChurnClassifier, pd.DataFrame, np.ndarray],
) -> None:
    _, X, y = seasonal
    array = X.to_numpy()
    model = ChurnClassifier(n_estimators=20, learning_rate=0.1, n_jobs=1).fit(array, y)
    assert model.btyd_ is None and model.season_ is None and len(model.own_catalogue()) == 0
    values, base = model.contributions(array)
    assert values.shape == array.shape
    np.testing.assert_allclose(
        values.sum(axis=1) + base, logit(model.predict_proba(array)[:, 1]), atol=1e-9
    )
    assert roc_auc_score(y, model.predict_proba(array)[:, 1]) > 0.7


def test_a_blend_is_no_worse_than_its_trees_where_truth_is_a_line_and_people_are_few() -> None:
    rng = np.random.default_rng(2)
    X = rng.normal(size=(4300, 12))
    y = (rng.random(4300) < expit(X @ rng.normal(size=12) * 0.5)).astype(int)
    said = {
        a: ChurnClassifier(a, n_jobs=1).fit(X[:300], y[:300]).predict_proba(X[300:])[:, 1]
        for a in ("blend", "lightgbm")
    }
    assert roc_auc_score(y[300:], said["blend"]) > roc_auc_score(y[300:], said["lightgbm"]) + 0.002
    assert log_loss(y[300:], said["blend"]) < log_loss(y[300:], said["lightgbm"])
