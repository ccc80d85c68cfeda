"""Rules that every builder keeps, also one that is added later."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.every_window import features as every_window
from support.random_log import activity, events

import churnlab as cl
from churnlab.dataset import compute as computing
from churnlab.explanation.words import Told
from churnlab.features.builder import parse_name
from churnlab.features.catalogue import sentences
from churnlab.features.feature_set import BUILDERS
from churnlab.features.signals.push import PushOpenDecline
from churnlab.features.signals.sessions import SessionShortening
from churnlab.features.signals.social import SocialDropOff
from churnlab.features.signals.spend import SpendDecline


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return events()


@pytest.fixture(scope="module", params=sorted(BUILDERS))
def only(request: pytest.FixtureRequest) -> cl.FeatureSet:
    return cl.FeatureSet.of([request.param])


def compute(table: cl.DailyActivity, only: cl.FeatureSet, user: int) -> np.ndarray:
    code = np.flatnonzero(table.users == user)
    days = table.start + np.array([5, 40, 120])
    return every_window(table, np.repeat(code if len(code) else -1, 3), days, only).to_numpy()


def test_it_is_blind_to_other_people_and_to_row_order(
    frame: pd.DataFrame, only: cl.FeatureSet
) -> None:
    rest = frame[(frame["u"] == 3) | (frame["u"] > 8) | (frame["t"] == frame["t"].min())]
    expected = compute(activity(frame), only, 3)
    np.testing.assert_array_equal(compute(activity(rest), only, 3), expected)
    np.testing.assert_array_equal(
        compute(activity(frame.sample(frac=1, random_state=0)), only, 3), expected
    )


def test_an_empty_history_gives_zero_counts_and_missing_everything_else(
    frame: pd.DataFrame, only: cl.FeatureSet
) -> None:
    table, builder = activity(frame), only.builders[0]
    values = every_window(table, np.array([-1]), np.array([table.start + 9]), only).iloc[0]
    for feature in builder.features(computing.available(table)):
        value = values[feature.name]
        if parse_name(feature.name)["statistic"] in builder.same_for_all:
            assert value == 9 if "observed" in feature.name else abs(value) <= 1
        elif feature.unit in builder.zero_without_history and not np.isnan(value):
            assert value == 0, feature.name
        else:
            assert np.isnan(value), feature.name


def test_units_that_are_zero_without_history_are_units_of_the_builder(
    frame: pd.DataFrame, only: cl.FeatureSet
) -> None:
    builder = only.builders[0]
    found = list(builder.features(computing.available(activity(frame))))
    assert builder.zero_without_history <= {f.unit for f in found}
    assert builder.same_for_all <= {parse_name(f.name)["statistic"] for f in found}


def test_every_sentence_renders_and_every_name_parses_back(
    frame: pd.DataFrame, only: cl.FeatureSet
) -> None:
    table = activity(frame)
    X = every_window(table, np.array([3, -1]), np.full(2, table.start + 100), only)
    columns = {name: X[name].to_numpy() for name in X}
    resolved = only.resolve(computing.available(table), table.sources)
    for fact in resolved.catalogue.to_dict("records"):
        parsed = parse_name(fact["name"])
        assert (parsed["signal"], parsed["window"]) == (fact["signal"], fact["window"])
        told = Told(*sentences(fact), fact["name"], list(X))
        for said in told(columns):
            assert said and "nan" not in said and "{" not in said
        assert fact["unit"] and fact["missing"]


@pytest.mark.parametrize("kind", [SessionShortening, PushOpenDecline, SocialDropOff, SpendDecline])
def test_a_sentence_names_the_recent_value_whether_a_window_tells_it_or_not(
    frame: pd.DataFrame, kind: type[cl.FeatureBuilder]
) -> None:
    table = activity(frame)
    whole, none = (
        cl.FeatureSet((kind(windows=windows, changes=((14, 28),)),))  # type: ignore[call-arg]
        for windows in ((14, 40), (40,))
    )
    said = []
    for only in (whole, none):
        resolved = computing.resolve(only, table)
        X = computing.matrix(table, np.array([3]), np.array([table.start + 100]), resolved)
        columns = {name: X[name].to_numpy() for name in X}
        changes = [
            fact
            for fact in resolved.catalogue.to_dict("records")
            if "_change__14d_28d" in fact["name"]
        ]
        told = [Told(*sentences(fact), fact["name"], list(X)) for fact in changes]
        said.append([sentence(columns)[0] for sentence in told])
        assert ("now__14d_28d" in str(list(X))) == (only is none or kind is SpendDecline)
    assert said[0] == said[1] and said[0]
