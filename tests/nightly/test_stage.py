"""The silence of a list's people: for the acts of the label, of any role, and where there is none."""

from __future__ import annotations

import pandas as pd
import pytest

import churnlab as cl
from churnlab.errors import ConfigError
from churnlab.nightly.stage import SILENCE, with_silence

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
    features = with_silence(cl.FeatureSet.of(["Tenure"]), churn, activity())
    X = cl.build_dataset(activity(), cl.Snapshots.from_frame(keys), features).X
    assert X[SILENCE].tolist() == since
    assert list(X)[:-1] == list(cl.FeatureSet.of(["Tenure"]).names(frozenset()))


def test_a_role_that_the_log_lacks_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown role 'quiz'"):
        with_silence(cl.FeatureSet.default(), cl.Churn(30, roles="quiz"), activity())
