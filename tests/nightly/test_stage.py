"""The stage of a list's people, against plain Python, and the silence that the label asks for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.stages import stages

import churnlab as cl
from churnlab.errors import ConfigError
from churnlab.nightly.stage import SILENCE, folded, presence, with_stage
from churnlab.schema.days import day_text
from churnlab.schema.stages import STAGES

EVENTS = pd.DataFrame(
    {
        "user_id": ["ann", "ann", "ann", "bob", "cat"],
        "ts": pd.to_datetime(
            ["2026-01-01", "2026-01-20", "2026-01-31", "2026-01-10", "2026-01-30"]
        ),
        "event": ["open", "buy", "push", "chat", "push"],
    }
)
MORNING = pd.Timestamp("2026-02-01")


def activity() -> cl.DailyActivity:
    log = cl.EventLog.from_frame(
        EVENTS,
        user="user_id",
        time="ts",
        event="event",
        roles={"buy": ["buy"], "chat": ["chat"], "push_sent": ["push"]},
        timezone="UTC",
    )
    return log.daily()


@pytest.mark.parametrize(
    "churn, since",
    [
        (cl.Churn(30), [12, 22, 32]),  # cat has no act: counted from the day before the log
        (cl.Churn(30, roles="buy"), [12, 32, 32]),
        (cl.Churn(30, roles=["buy", "chat"]), [12, 22, 32]),
        (cl.Churn(30, roles="push_sent"), [1, 32, 2]),
    ],
)
def test_days_since_the_last_act_that_counts(churn: cl.Churn, since: list[float]) -> None:
    keys = pd.DataFrame({"user_id": ["ann", "bob", "cat"], "snapshot": MORNING})
    features = with_stage(cl.FeatureSet.of(["Tenure"]), churn, activity(), activity().end)
    X = cl.build_dataset(activity(), cl.Snapshots.from_frame(keys), features).X
    assert X[SILENCE].tolist() == since
    assert list(X)[:-5] == list(cl.FeatureSet.of(["Tenure"]).names(frozenset()))


def test_a_role_that_the_log_lacks_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown role 'quiz'"):
        with_stage(cl.FeatureSet.default(), cl.Churn(30, roles="quiz"), activity(), activity().end)


def drawn(users: int, days: int) -> pd.DataFrame:
    """Events of people who come as often as they like, fade, stop and come back."""
    chance = np.random.default_rng(7)
    rows = []
    for user in range(users):
        often, fades, begins = chance.beta(0.6, 0.8), chance.random() < 0.5, chance.integers(days)
        for day in range(begins, days):
            left = 1.0 if not fades or day < days * 0.7 else 0.3
            if chance.random() < often * left:
                rows.append((user, day, chance.choice(["open", "open", "buy", "push"])))
    frame = pd.DataFrame(rows, columns=["user_id", "day", "event"])
    minutes = chance.integers(0, 24 * 60, len(frame))
    ts = pd.Timestamp("2026-01-01") + pd.to_timedelta(frame["day"], "D")
    return frame.assign(ts=ts + pd.to_timedelta(minutes, "m")).drop(columns="day")


@pytest.mark.parametrize("counted", [None, ["buy"]])
@pytest.mark.parametrize("back", [0, 3, 41])
def test_the_stages_are_those_of_plain_python(counted: list[str] | None, back: int) -> None:
    events = drawn(400, 120)
    roles = {"buy": ["buy"], "push_sent": ["push"]}
    names = {"user": "user_id", "time": "ts", "event": "event"}
    log = cl.EventLog.from_frame(events, roles=roles, timezone="UTC", **names)
    found, churn = log.daily(), cl.Churn(20, roles=counted)
    day = found.end - back
    stamp = pd.Timestamp(day_text(day))
    told = with_stage(cl.FeatureSet.of(["Tenure"]), churn, found, day)
    keys = pd.DataFrame({"user_id": sorted(set(events["user_id"])), "snapshot": stamp})
    X = cl.build_dataset(found, cl.Snapshots.from_frame(keys), told).X
    got = dict(zip(keys["user_id"], presence(X).stages(churn), strict=True))
    raw = events[["user_id", "ts", "event"]].itertuples(index=False, name=None)
    want = stages(raw, stamp.date(), 20, receipts=["push"], counted=counted)
    assert {user: got[user] for user in want} == want
    assert set(want.values()) == {"", *STAGES}


def test_a_store_that_keeps_few_days_tells_nobody_as_fading(tmp_path: Path) -> None:
    events = drawn(150, 90)
    names = {"user": "user_id", "time": "ts", "event": "event", "receipts": ["push"]}
    store = cl.ActivityStore.create(str(tmp_path), timezone="UTC", **names)
    for day, rows in events.groupby(events["ts"].dt.strftime("%Y-%m-%d")):
        store.append(day, rows)
    day, churn = store.end, cl.Churn(20)
    stamp = pd.Timestamp(day_text(day))
    keys = pd.DataFrame({"user_id": sorted(set(events["user_id"])), "snapshot": stamp})

    def found() -> np.ndarray:
        told = with_stage(cl.FeatureSet.of(["Tenure"]), churn, store, day)
        X = cl.build_dataset(store, cl.Snapshots.from_frame(keys), told).X
        return presence(X).stages(churn)

    whole = found()
    assert not folded(store, day) and "fading" in whole
    store.compact(lookback=40)
    assert folded(store, day)
    assert (found() == np.where(whole == "fading", "", whole)).all()
