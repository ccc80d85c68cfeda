"""Who is eligible, what the labels see, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import churnlab as cl
from churnlab.errors import ConfigError, FrameError, HistoryError


def activity(rows: list[tuple[str, str, str, float | None]]) -> cl.DailyActivity:
    frame = pd.DataFrame(rows, columns=["user_id", "ts", "event", "amount"])
    frame["ts"] = pd.to_datetime(frame["ts"])
    log = cl.EventLog.from_frame(
        frame,
        user="user_id",
        time="ts",
        event="event",
        amount="amount",
        timezone="UTC",
        roles={r: [r] for r in sorted(set(frame["event"])) if r != "view"},
    )
    return log.daily()


LOG = [
    ("ann", "2026-01-01 10:00", "view", None),
    ("ann", "2026-01-20 10:00", "view", None),
    ("bob", "2026-01-05 09:00", "purchase", 8.5),
    ("bob", "2026-01-31 09:00", "purchase", 4.0),
    ("cat", "2026-01-02 09:00", "push_sent", None),
    ("cat", "2026-02-09 09:00", "view", None),
]


def labels(snapshots: cl.Snapshots, name: str) -> dict[str, float]:
    return dict(zip(snapshots.frame["user_id"], snapshots.frame[name], strict=True))


def test_only_people_with_an_act_in_the_window_before_are_eligible() -> None:
    snapshots = cl.Snapshots.at(activity(LOG), ["2026-01-10"], active_within=30)
    assert list(snapshots.frame["user_id"]) == ["ann", "bob"]  # a push is no act of cat's


def test_the_day_of_the_snapshot_belongs_to_the_label_and_not_to_the_past() -> None:
    table = activity(LOG)
    at_20 = cl.Snapshots.at(table, ["2026-01-20"], active_within=30, targets=[cl.Churn(horizon=1)])
    assert labels(at_20, "churned") == {"ann": 0.0, "bob": 1.0}
    with pytest.raises(HistoryError, match="nobody was active in the 1 days before 2026-01-20"):
        cl.Snapshots.at(table, ["2026-01-20"], active_within=1)


def test_lead_moves_the_window_and_the_window_is_half_open() -> None:
    table = activity(LOG)
    assert (
        labels(cl.Snapshots.at(table, ["2026-01-10"], targets=[cl.Churn(horizon=10)]), "churned")[
            "ann"
        ]
        == 1.0
    )
    assert (
        labels(
            cl.Snapshots.at(table, ["2026-01-10"], targets=[cl.Churn(horizon=10, lead=1)]),
            "churned",
        )["ann"]
        == 0.0
    )
    assert (
        labels(cl.Snapshots.at(table, ["2026-01-10"], targets=[cl.Churn(horizon=11)]), "churned")[
            "ann"
        ]
        == 0.0
    )


def test_value_is_the_money_in_the_window() -> None:
    table = activity(LOG)
    assert labels(
        cl.Snapshots.at(table, ["2026-01-05"], targets=[cl.LifetimeValue(26)]), "ltv"
    ) == {"ann": 0.0}
    assert labels(
        cl.Snapshots.at(table, ["2026-01-06"], targets=[cl.LifetimeValue(26)]), "ltv"
    ) == {"ann": 0.0, "bob": 4.0}
    assert labels(
        cl.Snapshots.at(table, ["2026-01-06"], targets=[cl.LifetimeValue(25)]), "ltv"
    ) == {"ann": 0.0, "bob": 0.0}


def test_churn_of_given_roles_looks_at_these_alone() -> None:
    snapshots = cl.Snapshots.at(
        activity(LOG), ["2026-01-10"], targets=[cl.Churn(horizon=20, roles=["purchase"])]
    )
    assert labels(snapshots, "churned") == {"ann": 1.0, "bob": 1.0}


def test_a_terminal_event_is_the_label_and_ends_eligibility() -> None:
    rows = [
        ("ann", "2026-01-01", "view", None),
        ("ann", "2026-01-15", "cancel", None),
        ("bob", "2026-01-02", "cancel", None),
        ("bob", "2026-01-03", "view", None),
        ("cat", "2026-01-05", "cancel", None),
        ("dan", "2026-02-20", "view", None),
    ]
    snapshots = cl.Snapshots.at(
        activity(rows), ["2026-01-10"], targets=[cl.Churn(horizon=30, terminal="cancel")]
    )
    assert labels(snapshots, "churned") == {"ann": 1.0, "bob": 0.0}  # bob came back, cat is gone
    assert snapshots.dropped["already gone"] == 1


def test_an_unobserved_window_is_refused_with_both_dates_or_dropped_and_counted() -> None:
    table = activity(LOG)
    with pytest.raises(
        HistoryError,
        match="churned at 2026-02-01 needs events up to 2026-03-02, and the log ends on 2026-02-09",
    ):
        cl.Snapshots.at(table, ["2026-02-01"], targets=[cl.Churn(horizon=30)])
    kept = cl.Snapshots.at(
        table, ["2026-01-10", "2026-02-01"], targets=[cl.Churn(horizon=30)], unobserved="drop"
    )
    assert kept.frame["snapshot"].nunique() == 1
    assert kept.dropped["label window not observed"] == 2


def test_a_horizon_longer_than_the_log_is_said() -> None:
    with pytest.raises(
        HistoryError, match="horizon of 365 days needs a longer log: this one covers 40 days"
    ):
        cl.Snapshots.at(
            activity(LOG), ["2026-01-10"], targets=[cl.Churn(horizon=365)], unobserved="drop"
        )


def test_a_day_before_the_log_is_refused() -> None:
    with pytest.raises(HistoryError, match="no event before 2025-12-01"):
        cl.Snapshots.at(activity(LOG), ["2025-12-01"])


def test_own_snapshots_are_checked() -> None:
    with pytest.raises(FrameError, match="not midnight in 1 rows"):
        cl.Snapshots.from_frame(
            pd.DataFrame({"user_id": ["a"], "snapshot": [pd.Timestamp("2026-01-01 03:00")]})
        )
    with pytest.raises(FrameError, match="lacks 1 column.*'snapshot'"):
        cl.Snapshots.from_frame(
            pd.DataFrame({"user_id": ["a"], "snapshots": [pd.Timestamp("2026-01-01")]})
        )
    with pytest.raises(FrameError, match="1 duplicate"):
        cl.Snapshots.from_frame(
            pd.DataFrame({"user_id": ["a", "a"], "snapshot": [pd.Timestamp("2026-01-01")] * 2})
        )
    with pytest.raises(FrameError, match="'churned' of the snapshots is 2"):
        cl.Snapshots.from_frame(
            pd.DataFrame({"user_id": ["a"], "snapshot": ["2026-01-01"], "churned": [2]})
        )


def test_own_snapshots_may_name_people_whom_the_log_does_not_know() -> None:
    own = cl.Snapshots.from_frame(
        pd.DataFrame(
            {"user_id": ["ann", "zoe"], "snapshot": ["2026-01-10"] * 2, "churned": [True, False]}
        )
    )
    data = cl.build_dataset(activity(LOG), own)
    assert data.counts["people not in the log"] == 1
    row = data.X.loc["zoe"].iloc[0]
    assert row["cadence__active_days__all"] == 0 and np.isnan(row["cadence__since_last_days__all"])


def test_ids_of_another_type_are_refused() -> None:
    own = cl.Snapshots.from_frame(pd.DataFrame({"user_id": [1, 2], "snapshot": ["2026-01-10"] * 2}))
    with pytest.raises(FrameError, match="none of the 2 snapshot rows is of a person who is known"):
        cl.build_dataset(activity(LOG), own)


@pytest.mark.parametrize(
    "wrong",
    [{"horizon": 0}, {"horizon": 5, "lead": -1}, {"horizon": 5, "roles": ["a"], "terminal": "b"}],
)
def test_a_target_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        cl.Churn(**wrong)  # type: ignore[arg-type]
