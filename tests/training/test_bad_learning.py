"""Rows that teach little or nothing: a result that is all numbers, or a refusal in one line; never a stack trace, never a silent NaN."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import churnlab as cl
from churnlab.config.tables import Config
from churnlab.demo import datasets
from churnlab.errors import ChurnlabError, HistoryError
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.regressor import LTVRegressor
from churnlab.training.train import train

PEOPLE, DAYS = 60, pd.date_range("2025-01-01", periods=9, freq="30D")
INDEX = pd.MultiIndex.from_product(
    [[f"p{i:02}" for i in range(PEOPLE)], DAYS], names=["user_id", "snapshot"]
)
rng = np.random.default_rng(0)
X = pd.DataFrame(
    {
        "a": rng.normal(size=len(INDEX)),
        "b": rng.integers(0, 4, len(INDEX)).astype(float),
        "c": pd.Categorical(rng.choice(["x", "y"], len(INDEX))),
    },
    index=INDEX,
)
X.loc[X.index[::5], "b"] = np.nan
Y = pd.Series((X["a"] + rng.normal(size=len(INDEX)) > 0.8).astype(float), index=INDEX)
MONEY = Y * np.exp(rng.normal(size=len(INDEX)) + 3)
HISTORY = {
    "cadence__active_days__all": 1.0,
    "lifecycle__tenure_days__all": 50.0,
    "cadence__since_last_days__all": 50.0,
}
person = INDEX.get_level_values("user_id")
first, last = DAYS[0], DAYS[-1]
day = INDEX.get_level_values("snapshot")
Frame = Callable[[pd.DataFrame], pd.DataFrame]
FRAMES: dict[str, Frame] = {
    "as it is": lambda x: x,
    "a constant column": lambda x: x.assign(same=3.0),
    "constants alone": lambda x: x[[]].assign(same=3.0, too=0.0),
    "a column all missing": lambda x: x.assign(gone=np.nan),
    "all missing": lambda x: x[[]].assign(gone=np.nan),
    "one category": lambda x: x.assign(c=pd.Categorical(["x"] * len(x))),
    "categories alone": lambda x: x[["c"]],
    "a category all missing": lambda x: x.assign(
        c=pd.Categorical([None] * len(x), categories=["x"])
    ),
    "one far out": lambda x: x.assign(a=np.where(np.arange(len(x)) == 7, 1e300, x["a"])),
    "huge and tiny": lambda x: x.assign(a=x["a"] * 1e300, b=x["b"] * 1e-300),
    "missing on the last day": lambda x: x.assign(
        b=x["b"].where(x.index.get_level_values("snapshot") != last)
    ),
    "everybody came once": lambda x: x.assign(**HISTORY),
    "no history is known": lambda x: x.assign(**dict.fromkeys(HISTORY, np.nan)),
    "a row twice": lambda x: x.iloc[np.r_[0, : len(x) - 1]],
}
LABELS = {
    "half of a person's rows": ((person == "p00") & (np.arange(len(INDEX)) % 2 == 0)),
    "one person alone churns": person == "p00",
    "one row churns": np.arange(len(INDEX)) == 4,
    "one row stays": np.arange(len(INDEX)) != 4,
    "one day alone": day == last,
    "no churner on a day": (Y > 0) & (day != first),
    "all churn on a day": (Y > 0) | (day == last),
}


def sound(p: np.ndarray, rows: int) -> None:
    assert p.shape == (rows,) and np.isfinite(p).all() and (p >= 0).all()


@pytest.mark.parametrize("algorithm", ChurnClassifier.algorithms)
@pytest.mark.parametrize("name", FRAMES)
def test_columns_that_say_nothing_do_not_hurt(name: str, algorithm: str) -> None:
    frame = FRAMES[name](X)
    model = ChurnClassifier(algorithm, n_estimators=20, n_jobs=1).fit(frame, Y)
    p = model.predict_proba(frame)[:, 1]
    sound(p, len(frame))
    assert p.max() <= 1 and abs(p.mean() - Y.mean()) < 0.05
    if algorithm != "random_forest":
        values, base = model.contributions(frame)
        np.testing.assert_allclose(values.sum(axis=1) + base, model.raw_score(frame), atol=1e-9)


@pytest.mark.parametrize("algorithm", ChurnClassifier.algorithms)
@pytest.mark.parametrize("name", LABELS)
def test_labels_that_are_one_sided_give_a_number(name: str, algorithm: str) -> None:
    y = np.asarray(LABELS[name], float)
    p = ChurnClassifier(algorithm, n_jobs=1).fit(X, y).predict_proba(X)[:, 1]
    sound(p, len(X))
    assert p.max() <= 1 and abs(p.mean() - y.mean()) < 0.1


@pytest.mark.parametrize("algorithm", ChurnClassifier.algorithms)
def test_folds_of_one_class_are_not_learnt_from(algorithm: str) -> None:
    groups = np.where(
        Y == 1, 0, 1 + np.arange(len(Y)) % 40
    )  # whoever churns is one person: a fold without them has none to learn from
    p = ChurnClassifier(algorithm, n_jobs=1).fit(X, Y, groups=groups).predict_proba(X)[:, 1]
    sound(p, len(X))
    assert p[Y == 1].mean() > p[Y == 0].mean()


@pytest.mark.parametrize("algorithm", ChurnClassifier.algorithms)
@pytest.mark.parametrize("rows", [2, 3, 10, 19, 60])
def test_few_rows_are_few_and_no_fault(rows: int, algorithm: str) -> None:
    y = np.arange(rows) % 2
    sound(ChurnClassifier(algorithm, n_jobs=1).fit(X[:rows], y).predict_proba(X)[:, 1], len(X))


@pytest.mark.parametrize("algorithm", LTVRegressor.algorithms)
@pytest.mark.parametrize("name", FRAMES)
def test_columns_that_say_nothing_do_not_hurt_money(name: str, algorithm: str) -> None:
    frame = FRAMES[name](X)
    model = LTVRegressor(algorithm, n_estimators=20, n_jobs=1).fit(frame, MONEY)
    said = model.predict(frame)
    sound(said, len(frame))
    assert 0.6 < said.sum() / MONEY.sum() < 1.5
    assert (np.diff(model.predict_interval(frame, 0.8), axis=1) >= 0).all()


@pytest.mark.parametrize("algorithm", LTVRegressor.algorithms)
def test_one_customer_is_half_of_all_revenue(algorithm: str) -> None:
    rich = MONEY.copy()
    rich.iloc[11] = MONEY.sum()
    with pytest.warns(UserWarning, match="rows hold so much money"):
        model = LTVRegressor(algorithm, n_estimators=20, n_jobs=1).fit(X, rich)
    sound(model.predict(X), len(X))
    with pytest.raises(HistoryError, match="value is 0 in all 540 rows"):
        LTVRegressor(algorithm).fit(X, MONEY * 0)


def test_sixty_people_go_the_whole_way(tmp_path: Path) -> None:
    made = datasets.make_community(users=PEOPLE, days=150, seed=3)
    (tmp_path / "churnlab.toml").write_text(
        '[log]\npath = "x"\nuser = "user_id"\ntime = "ts"\nevent = "event"\namount = "amount"\n'
        'timezone = "Asia/Shanghai"\n[target]\nchurn_horizon = 14\nltv_horizon = 30\n'
    )
    result = train(Config.read(tmp_path / "churnlab.toml"), made.log())
    assert result.evaluations["churned"].warnings, "what few people leave unsure is said"
    assert all(np.isfinite(v) for v in result.to_dict()["metrics"].values())


def test_a_refusal_is_one_line() -> None:
    frame = X.droplevel("snapshot")
    for broken in (
        lambda: ChurnClassifier().fit(frame, np.ones(len(X))),
        lambda: LTVRegressor().fit(frame, np.zeros(len(X))),
        lambda: ChurnClassifier().fit(frame, Y, groups=[1]),
        lambda: cl.ChurnHazard().fit(frame, pd.DataFrame({"weeks": [1]})),
    ):
        with pytest.raises(ChurnlabError) as refused, warnings.catch_warnings():
            broken()
        assert "\n" not in str(refused.value)
