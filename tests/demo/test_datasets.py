"""The bundled data: facts of the real, planted truth of the simulated, and whether the library finds it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import churnlab as cl
from churnlab.demo import datasets
from churnlab.errors import ConfigError
from churnlab.evaluation import metrics

THEMES = {"session": "sessions", "push": "pushes", "social": "social"}  # of a planted decline


def test_cdnow_is_the_published_cohort() -> None:
    frame = datasets.load_cdnow()
    assert (len(frame), frame["user_id"].nunique()) == (69_659, 23_570)
    assert frame["amount"].sum() == pytest.approx(2_500_315.63)
    assert (frame["ts"].min(), frame["ts"].max()) == (
        pd.Timestamp("1997-01-01"),
        pd.Timestamp("1998-06-30"),
    )
    assert frame["user_id"].str.len().eq(5).all()


@pytest.fixture(scope="module")
def community() -> datasets.Community:
    return datasets.make_community(users=1500, days=240, seed=5)


def test_the_simulation_says_that_it_is_one_and_repeats_itself() -> None:
    one, two = (datasets.make_community(users=60, days=60, seed=1) for _ in range(2))
    pd.testing.assert_frame_equal(one.events, two.events)
    assert one.simulated and one.events.attrs["simulated"] and "SIMULATED" in repr(one)
    assert len(datasets.make_community(users=60, days=60, seed=2).events) != len(one.events)
    with pytest.raises(ConfigError, match="at least 10 users"):
        datasets.make_community(users=1)


def test_leavers_are_silent_and_decliners_decline(community: datasets.Community) -> None:
    events = community.events.merge(community.truth, on="user_id")
    acts = events[~events["event"].isin(["push_sent", "like_received"])]
    assert not (acts["ts"] >= acts["left_on"]).any()
    after = acts["ts"] >= acts["onset"] + pd.Timedelta(days=7)
    for kind, name in (("social", "like"), ("push", "push_open")):
        of_kind = acts["kind"] == kind
        share = (acts["event"] == name).groupby([of_kind, after]).mean()
        assert share[True, True] < 0.35 * share[True, False]


def test_hazard_is_known_and_rises_after_the_onset(community: datasets.Community) -> None:
    day = "2026-06-01"
    hazard, high = community.hazard(day), community.high_hazard(day)
    planted = community.truth.set_index("user_id")["kind"] != "none"
    assert hazard.between(0, 0.06).where(hazard.notna(), True).all()
    assert high[planted].mean() > 0.05 and high[~planted].sum() == 0


def test_planted_declines_are_found_and_explained_by_their_own_signal(
    community: datasets.Community,
) -> None:
    activity = community.log().daily()
    days = range(activity.start + 40, activity.end - 30 + 1, 14)
    data = cl.build_dataset(
        activity,
        cl.Snapshots.at(activity, list(days), active_within=30, targets=[cl.Churn(horizon=30)]),
    )
    train, test = data.split(days[-4])
    model = cl.ChurnClassifier().fit(train.X, train.y("churned"))
    risk = model.predict_proba(test.X)[:, 1]
    high = np.concatenate(
        [
            community.high_hazard(d).reindex(test.X.xs(d, level="snapshot").index).to_numpy()
            for d in test.days
        ]
    )
    known = ~np.isnan(high)
    assert metrics.auc(high[known], risk[known]) >= 0.85
    why = cl.explain(model, test)
    truth = community.truth.set_index("user_id").reindex(test.X.index.get_level_values("user_id"))
    first = why.reason_themes(1)["theme_1"].to_numpy()
    hit = truth["kind"].map(THEMES).to_numpy() == first
    away = why.facts.frame["fact__away_days__all"].to_numpy()
    begun = (truth["onset"] <= test.X.index.get_level_values("snapshot")).to_numpy()
    asked = begun & (away <= 7) & (risk >= np.quantile(risk, 0.9))
    assert asked.sum() >= 60
    assert hit[asked].mean() >= 0.80
    still = ~(truth["left_on"] <= test.X.index.get_level_values("snapshot")).to_numpy()
    assert hit[asked & still].mean() >= 0.90  # the others have left already: they are silent
    for planted, theme in THEMES.items():
        of_kind = (truth["kind"] == planted).to_numpy() & (high == 1)
        assert of_kind.sum() >= 20
        assert (why.themes()[theme][of_kind] > 0).mean() >= 0.70, planted
