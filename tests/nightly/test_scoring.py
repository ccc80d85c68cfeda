"""Scorer and Explainer: the same scores and reasons in parts and on other machines."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.facts import made_up_facts

import churnlab as cl
from churnlab.config.tables import Config
from churnlab.features.catalogue import Entry, table
from churnlab.model_registry.tracking import TrainedRun
from churnlab.nightly import scoring
from churnlab.nightly.ranking import BY_RISK
from churnlab.nightly.scoring import COLUMNS, REASONS, Explainer, Listing, Scorer
from churnlab.nightly.stage import ACTIVE, LONGEST, SEEN, SILENCE, USUAL
from churnlab.schema.stages import STAGES
from churnlab.schema.targets import Churn

NAMES = ["a__x__7d", "b__x__7d", "c__x__7d"]


FACTS = {"fact__away_days__all": 30.0, "fact__usual_gap_days__364d": 2.0, "fact__gaps__364d": 9.0}


def catalogue_of(names: list[str]) -> pd.DataFrame:
    """Columns about being away, visits and minutes."""
    topics = zip(names, ("away", "visits", "minutes"), strict=True)
    return table(Entry(n, "B", "x", "{value:.1f}", "none", topic=t) for n, t in topics)


@pytest.fixture(scope="module")
def X() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    index = pd.MultiIndex.from_arrays(
        [np.arange(300), pd.to_datetime(["2026-01-01"] * 300)], names=["user_id", "snapshot"]
    )
    X = pd.DataFrame(rng.normal(size=(300, 3)), columns=NAMES, index=index)
    facts = {
        name: rng.integers(1, 60, 300) * 1.0 for name in (SILENCE, SEEN, LONGEST, ACTIVE, USUAL)
    }
    return X.assign(**facts, **FACTS)


@pytest.mark.parametrize("algorithm", ["lightgbm", "random_forest"])
def test_packed_models_say_the_same(algorithm: str, X: pd.DataFrame) -> None:
    churn = cl.ChurnClassifier(algorithm=algorithm, n_estimators=20).fit(
        X[NAMES], (X["a__x__7d"] > 0).astype(float)
    )
    packed = scoring.pack(churn)
    assert scoring.unpack(packed) is scoring.unpack(pickle.loads(pickle.dumps(packed)))
    scorer = Scorer({"churned": churn}, "2026-01-01", "v", Churn(30))
    there = pickle.loads(pickle.dumps(scorer))
    pd.testing.assert_frame_equal(there(X), scorer(X), check_exact=True)
    half = pd.concat([there(X.iloc[rows]) for rows in (slice(0, 7), slice(7, None))])
    pd.testing.assert_frame_equal(half.reset_index(drop=True), there(X), check_exact=True)
    assert scorer(X)["ltv"].isna().all()
    assert {*scorer(X)["stage"]} == {"", *STAGES} and (scorer(X)["when"] != "").any()
    assert {*BY_RISK.with_columns(scorer(X))} == {*COLUMNS} - {*REASONS, "theme"}


def test_reasons_travel_too(X: pd.DataFrame) -> None:
    churn = cl.ChurnClassifier("lightgbm", n_estimators=20).fit(
        X[NAMES], (X["a__x__7d"] > 0).astype(float)
    )
    run = TrainedRun("r", {"churned": churn}, made_up_facts(), catalogue_of(NAMES), {})
    log = {"path": "x", "user": "u", "time": "t", "event": "e"}
    config = Config.of({"log": log, "lang": "zh", "currency": "¥"}, Path())
    activity = cl.datasets.make_community(users=20, days=40).log().daily()
    explainer = Explainer.of(run, config, activity)
    assert (explainer.language, explainer.sign) == ("zh", "¥") and "money" in explainer.roles
    some = X.iloc[:5]
    said = explainer(some)
    assert list(said) == [*REASONS, "theme"] and len(said) == 5
    told = said["reason_1"][said["reason_1"] != ""]  # a row may have none that raises its risk
    assert set(told) == {"通常隔2天登录一次，这次已30天未登录"}
    there = pickle.loads(pickle.dumps(explainer))
    pd.testing.assert_frame_equal(there(some), said)


def test_a_listing_has_scores_and_reasons_of_everybody_and_travels(X: pd.DataFrame) -> None:
    churn = cl.ChurnClassifier("lightgbm", n_estimators=20).fit(
        X[NAMES], (X["a__x__7d"] > 0).astype(float)
    )
    explainer = Explainer(churn, catalogue_of(NAMES))
    scorer = Scorer({"churned": churn}, "2026-01-01", "v", Churn(30))
    listing = Listing(scorer, explainer)
    found = listing(X)
    assert list(found) == list(COLUMNS)
    told = [*REASONS, "theme"]
    pd.testing.assert_frame_equal(found[told], explainer(X))
    rest = found.columns.drop(told)
    pd.testing.assert_frame_equal(found[rest], BY_RISK.with_columns(scorer(X))[rest])
    there = pickle.loads(pickle.dumps(listing))
    pd.testing.assert_frame_equal(there(X), found, check_exact=True)
