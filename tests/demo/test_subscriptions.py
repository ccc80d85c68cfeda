"""The simulated subscriptions: their truth is that of the docstring, and the log shows it."""

from __future__ import annotations

import pandas as pd
import pytest

from churnlab.demo.subscriptions import PERIOD, make_subscriptions
from churnlab.errors import ConfigError


def test_the_same_arguments_give_the_same_events() -> None:
    one, other = make_subscriptions(60, 120, seed=3), make_subscriptions(60, 120, seed=3)
    pd.testing.assert_frame_equal(one.events, other.events)
    pd.testing.assert_frame_equal(one.renewals, other.renewals)
    assert not make_subscriptions(60, 120, seed=4).events.equals(one.events)
    assert one.events.attrs["simulated"] and repr(one).startswith("Subscriptions(SIMULATED")


def test_shares_of_renewals_are_the_chances() -> None:
    truth = make_subscriptions(1500, 300, seed=1).truth
    by_kind = truth.groupby("kind")[["chance", "renewed"]].mean()
    assert (by_kind["chance"] - by_kind["renewed"]).abs().max() < 0.02
    assert by_kind["chance"].to_dict() == pytest.approx(
        {"regular": 0.97, "sleeper": 0.95, "fading": by_kind["chance"]["fading"]}
    )
    faded = truth[(truth["kind"] == "fading") & (truth["chance"] < 0.31)]
    assert len(faded) > 50 and faded["renewed"].mean() == pytest.approx(0.3, abs=0.08)


def test_payments_visits_and_renewals_of_a_person_fit_together() -> None:
    made = make_subscriptions(80, 200, seed=2)
    end = pd.Timestamp("2026-01-01") + pd.Timedelta(days=200)
    paid = made.events[made.events["event"] == "payment"]
    days = paid["ts"].dt.normalize().groupby(paid["user_id"]).agg(set).to_dict()
    for row in made.truth.itertuples():
        on_time = {row.renewal + pd.Timedelta(days=d) for d in range(6)}
        if max(on_time) < end:
            assert bool(on_time & days.get(row.user_id, set())) == bool(row.renewed)
    lapsed = made.truth[made.truth["renewed"] == 0].set_index("user_id")["renewal"]
    last = made.events.groupby("user_id")["ts"].max()
    both = pd.concat([lapsed.rename("renewal"), last.rename("last")], axis=1, join="inner")
    assert len(both) > 5 and (both["last"] < both["renewal"]).all()
    gaps = made.renewals.groupby("user_id")["renewal"].diff().dropna()
    assert (gaps == pd.Timedelta(days=PERIOD)).all()
    assert (made.renewals.groupby("user_id")["renewal"].max() < end + pd.Timedelta(days=30)).all()


@pytest.mark.parametrize("users, days", [(9, 200), (50, 89)])
def test_too_few_are_refused(users: int, days: int) -> None:
    with pytest.raises(ConfigError, match="at least 10 users and 90 days"):
        make_subscriptions(users, days)
