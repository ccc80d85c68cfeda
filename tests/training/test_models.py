"""Models of a configuration: which are fitted, and the version that identifies them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import churnlab as cl
from churnlab.config.tables import Config
from churnlab.dataset.dataset import Dataset
from churnlab.training.models import fit, fit_hazard, new_model, version_of

LOG = {"path": "x", "user": "u", "time": "t", "event": "e"}


def config(**model: Any) -> Config:
    return Config.of({"log": LOG, "model": {"algorithm": "lightgbm"} | model}, Path())


@pytest.fixture(scope="module")
def data() -> Dataset:
    """Rows of 100 people on three days, whose one feature says who churns and what they spend."""
    rng = np.random.default_rng(0)
    days = pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01"])
    index = pd.MultiIndex.from_product([range(100), days], names=["user_id", "snapshot"])
    X = pd.DataFrame({"a__x__all": rng.normal(size=len(index))}, index=index)
    churned = (X["a__x__all"] + rng.normal(size=len(index)) > 0).astype(float)
    labels = pd.DataFrame({"churned": churned, "ltv": 10 * (1 - churned)})
    return Dataset(X, labels, pd.DataFrame({"name": list(X)}), (cl.Churn(30), cl.LifetimeValue(30)))


def test_each_label_has_a_model(data: Dataset) -> None:
    said: list[str] = []
    fitted = fit(config(), data, said.append)
    assert set(fitted.models) == {"churned", "ltv"} and fitted.churn is fitted.models["churned"]
    assert fitted.hazard is None and fitted.tuned == {} and said == ["fitting models"]
    alone = Dataset(data.X, data.labels[["churned"]], data.catalogue, data.targets[:1])
    assert set(fit(config(), alone).models) == {"churned"}


def test_the_version_is_of_models_and_rows(data: Dataset) -> None:
    fitted, again = fit(config(), data), fit(config(), data)
    assert fitted.version == again.version and len(fitted.version) == 12
    assert fit(config(seed=1), data).version != fitted.version
    other = Dataset(data.X + 1, data.labels, data.catalogue, data.targets)
    assert version_of(fitted.models, other) != fitted.version


def test_the_hazard_is_learnt_from_the_weeks_in_which_people_leave(data: Dataset) -> None:
    assert fit_hazard(config(), data) is None
    week = np.where(data.labels["churned"] > 0, 0.0, np.nan)
    labels = data.labels.assign(leaves_week=week, known_weeks=3.0)
    found = fit_hazard(config(when_weeks=2), Dataset(data.X, labels, data.catalogue, data.targets))
    assert found is not None and found.weeks == 2


def test_tuned_models_take_the_place_of_the_default_ones(data: Dataset) -> None:
    pytest.importorskip("optuna")
    said: list[str] = []
    alone = Dataset(data.X, data.labels[["churned"]], data.catalogue, data.targets[:1])
    fitted = fit(config(tune=1), alone, said.append)
    assert said == ["fitting models", "tuning churned"]
    assert fitted.models["churned"] is fitted.tuned["churned"].model
    # the last labels of January and February have ended by March: it is judged there alone
    assert fitted.tuned["churned"].judged == "later days, for people not seen"


def test_the_estimator_follows_target_algorithm_and_seed() -> None:
    churn, value = (new_model(t, config(seed=4)) for t in ("churned", "ltv"))
    assert isinstance(churn, cl.ChurnClassifier) and isinstance(value, cl.LTVRegressor)
    assert {m.algorithm for m in (churn, value)} == {"lightgbm"}
    assert {m.random_state for m in (churn, value)} == {4}
