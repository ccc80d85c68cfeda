"""What holds of every builder, present and to come."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import churnlab as cl
from churnlab.dataset import compute as computing
from churnlab.errors import ConfigError
from churnlab.explanation.words import render
from churnlab.features.builder import parse_name
from churnlab.features.feature_set import BUILDERS
from churnlab.features.signals.push import PushOpenDecline
from churnlab.features.signals.sessions import SessionShortening
from churnlab.features.signals.social import SocialDropOff
from churnlab.features.signals.spend import SpendDecline

ROLES = {
    r: [r]
    for r in (
        "open",
        "content",
        "social",
        "social_received",
        "push_sent",
        "push_opened",
        "purchase",
        "onboarding",
        "quiz",
        "refund",
    )
}
ZERO_WITHOUT_HISTORY = {
    "days",
    "acts",
    "pushes",
    "orders",
    "money",
    "steps",
    "events",
    "weeks",
    "kinds",
}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "u": rng.integers(0, 12, 3000),
            "t": pd.Timestamp("2026-01-01")
            + pd.to_timedelta(rng.integers(0, 150 * 86_400, 3000), "s"),
            "e": rng.choice(list(ROLES), 3000),
            "a": rng.gamma(2, 9, 3000).round(2),
        }
    )


def activity(frame: pd.DataFrame) -> cl.DailyActivity:
    return cl.EventLog.from_frame(
        frame, user="u", time="t", event="e", amount="a", roles=ROLES, timezone="UTC"
    ).daily()


@pytest.fixture(scope="module", params=sorted(BUILDERS))
def only(request: pytest.FixtureRequest) -> cl.FeatureSet:
    return cl.FeatureSet.of([request.param])


def compute(table: cl.DailyActivity, only: cl.FeatureSet, user: int) -> np.ndarray:
    code = np.flatnonzero(table.users == user)
    days = table.start + np.array([5, 40, 120])
    return computing.compute(table, np.repeat(code if len(code) else -1, 3), days, only).to_numpy()


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
    table = activity(frame)
    values = computing.compute(table, np.array([-1]), np.array([table.start + 9]), only).iloc[0]
    catalogue = only.catalogue(computing.available(table)).set_index("name")
    for name, value in values.items():
        assert (
            np.isnan(value)
            or catalogue.loc[name, "signal"] == "calendar"
            or (
                value == (9 if "observed" in name else 0)
                and catalogue.loc[name, "unit"] in ZERO_WITHOUT_HISTORY
            )
        ), name


def test_every_sentence_renders_and_every_name_parses_back(
    frame: pd.DataFrame, only: cl.FeatureSet
) -> None:
    table = activity(frame)
    X = computing.compute(table, np.array([3, -1]), np.full(2, table.start + 100), only)
    for feature in only.catalogue(computing.available(table)).itertuples():
        assert (
            parse_name(feature.name)["signal"] == feature.signal
            and parse_name(feature.name)["window"] == feature.window
        )
        for row in (0, 1):
            said = render(
                feature.says, feature.missing, X.iloc[row].to_dict(), X[feature.name].iloc[row]
            )
            assert said and "nan" not in said and "{" not in said
        assert feature.unit and feature.missing


@pytest.mark.parametrize("kind", [SessionShortening, PushOpenDecline, SocialDropOff, SpendDecline])
def test_a_sentence_names_the_recent_value_whether_a_window_tells_it_or_not(
    frame: pd.DataFrame, kind: type[cl.FeatureBuilder]
) -> None:
    table = activity(frame)
    whole, none = (
        cl.FeatureSet((kind(windows=windows, changes=((14, 28),)),))
        for windows in ((14, 40), (40,))
    )  # type: ignore[call-arg]
    said = []
    for only in (whole, none):
        X = (
            computing.compute(table, np.array([3]), np.array([table.start + 100]), only)
            .iloc[0]
            .to_dict()
        )
        changes = [
            f
            for f in only.catalogue(computing.available(table)).itertuples()
            if "_change__14d_28d" in f.name
        ]
        said.append([render(f.says, f.missing, X, X[f.name]) for f in changes])
        assert ("now__14d_28d" in str(X)) == (only is none or kind is SpendDecline)
    assert said[0] == said[1] and said[0]


def test_a_log_without_its_roles_gives_nothing_and_says_what_is_lacking() -> None:
    for name, kind in BUILDERS.items():
        found = cl.FeatureSet.of([name])
        assert bool(found.names(frozenset())) != bool(kind.needs)
        assert bool(found.skipped(frozenset())) == bool(kind.needs)


@pytest.mark.parametrize(
    "name", ["Push__Rate__14d", "push__rate", "push__rate__14", "push rate", 'a"b__c__all']
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="is not <signal>__<statistic>__<window>"):
        parse_name(name)


def test_an_unknown_builder_and_a_feature_named_twice_are_refused() -> None:
    with pytest.raises(ConfigError, match="did you mean 'PushOpenDecline'"):
        cl.FeatureSet.of(["PushOpenDeclin"])
    with pytest.raises(ConfigError, match="feature named twice"):
        cl.FeatureSet.of(["Tenure", "Tenure"]).names(frozenset())
