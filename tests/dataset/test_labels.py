"""Labels: exact at the edges of their windows, equal to the oracle, blind to other days."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import logs, to_log
from support.small_log import LOG, activity, labels

import churnlab as cl
from churnlab.errors import HistoryError
from churnlab.schema.days import day_number


def day_of(event: oracle.Event, meaning: oracle.Meaning) -> int:
    return (oracle.local(event, meaning.zone).date() - oracle.EPOCH).days


def visits(
    days: dict[str, list[str]], names: str = "view", timezone: str = "UTC"
) -> cl.DailyActivity:
    rows = [
        (user, pd.Timestamp(day), name)
        for user, found in days.items()
        for day in found
        for name in [names]
    ]
    return cl.EventLog.from_frame(
        pd.DataFrame(rows, columns=["user_id", "ts", "event"]),
        user="user_id",
        time="ts",
        event="event",
        timezone=timezone,
    ).daily()


VISITS = {
    "ann": ["2026-01-01", "2026-01-08", "2026-01-16", "2026-01-24"],
    "bob": ["2026-01-01"],
    "cat": ["2026-01-01", "2026-01-20", "2026-03-01"],
    "dan": [
        "2026-01-01",
        *(str(d.date()) for d in pd.date_range("2026-01-05", "2026-03-01", freq="5D")),
    ],
}


def test_a_person_leaves_in_the_first_week_that_begins_a_silence_of_the_horizon() -> None:
    snapshots = cl.Snapshots.at(
        visits(VISITS), ["2026-01-02"], targets=[cl.Churn(14), cl.TimeToChurn(14, weeks=6)]
    )
    frame = snapshots.frame.set_index("user_id")
    assert frame["leaves_week"].astype(object).where(
        frame["leaves_week"].notna(), None
    ).to_dict() == {"ann": 4, "bob": 0, "cat": 0, "dan": None}
    assert frame["known_weeks"].unique() == [7]  # week 6 ends on 27 February, the log on 1 March
    assert ((frame["leaves_week"] == 0) == (frame["churned"] == 1)).all()
    assert cl.TimeToChurn(14).left_by(day_number("2026-01-02"), 4) == day_number("2026-02-13")


def test_what_the_log_does_not_show_is_censored_and_week_0_must_be_observed() -> None:
    table = visits(VISITS)
    frame = cl.Snapshots.at(
        table, ["2026-02-01"], targets=[cl.TimeToChurn(14, weeks=6)]
    ).frame.set_index("user_id")
    assert frame["known_weeks"].unique() == [
        3
    ]  # weeks 0, 1 and 2: up to 1, 8 and 15 February and 14 days
    assert frame["leaves_week"].to_dict() == pytest.approx(
        {"ann": 0, "bob": 0, "cat": 0, "dan": np.nan}, nan_ok=True
    )
    with pytest.raises(
        HistoryError,
        match="leaves_week at 2026-02-17 needs events up to 2026-03-02, and the log ends on 2026-03-01",
    ):
        cl.Snapshots.at(table, ["2026-02-17"], targets=[cl.TimeToChurn(14, weeks=6)])
    dropped = cl.Snapshots.at(
        table, ["2026-02-01", "2026-02-17"], targets=[cl.TimeToChurn(14)], unobserved="drop"
    )
    assert dropped.frame["snapshot"].nunique() == 1


def test_a_terminal_event_and_roles_are_asked_for_week_by_week() -> None:
    rows = [
        ("ann", "2026-01-01", "view"),
        ("ann", "2026-01-20", "cancel"),
        ("bob", "2026-01-01", "buy"),
        ("bob", "2026-01-12", "buy"),
        ("bob", "2026-03-01", "view"),
        ("cat", "2026-01-01", "view"),
    ]
    frame = pd.DataFrame(rows, columns=["user_id", "ts", "event"]).assign(
        ts=lambda f: pd.to_datetime(f["ts"])
    )
    table = cl.EventLog.from_frame(
        frame,
        user="user_id",
        time="ts",
        event="event",
        timezone="UTC",
        roles={"cancel": ["cancel"], "buy": ["buy"]},
    ).daily()
    ends = cl.TimeToChurn(10, weeks=4, terminal="cancel")
    found = cl.Snapshots.at(table, ["2026-01-02"], targets=[ends]).frame.set_index("user_id")[
        "leaves_week"
    ]
    assert found.to_dict() == pytest.approx(
        {"ann": 2, "bob": np.nan, "cat": np.nan}, nan_ok=True
    )  # [12, 22) has no 20; [16, 26) has
    assert ends.left_by(day_number("2026-01-02"), 2) == day_number("2026-01-26")
    buys = cl.Snapshots.at(
        table, ["2026-01-02"], targets=[cl.TimeToChurn(10, weeks=4, roles="buy")]
    ).frame.set_index("user_id")["leaves_week"]
    assert buys.to_dict() == {"ann": 0, "bob": 0, "cat": 0}
    assert cl.Snapshots.at(table, ["2026-02-01"], targets=[ends]).dropped["already gone"] == 1


@settings(max_examples=150)
@given(
    logs(max_size=25),
    st.integers(1, 40),
    st.integers(0, 5),
    st.integers(1, 20),
    st.integers(1, 6),
    st.integers(0, 60),
)
def test_labels_are_the_oracles(
    made: tuple, offset: int, lead: int, horizon: int, weeks: int, longer: int
) -> None:
    found, meaning = made
    t = min(day_of(e, meaning) for e in found) + offset
    found = [
        *found,
        replace(found[0], at=max(e.at for e in found) + timedelta(days=longer), name="push"),
    ]
    table, target = to_log(found, meaning).daily(), cl.TimeToChurn(horizon, weeks, lead=lead)
    assume(t + lead + horizon <= table.end)
    assume(not all(oracle.churned(found, meaning, e.user, t - 60, 60, 0) for e in found))
    frame = cl.Snapshots.at(table, [t], targets=[target, cl.Churn(horizon, lead=lead)]).frame
    for row in frame.itertuples():
        leaves, known = oracle.leaves(found, meaning, row.user_id, t, horizon, lead, weeks)
        assert (None if np.isnan(row.leaves_week) else row.leaves_week, row.known_weeks) == (
            leaves,
            known,
        )
        assert (row.leaves_week == 0) == (row.churned == 1)


@settings(max_examples=100)
@given(
    logs(max_size=20), st.integers(1, 30), st.integers(0, 5), st.integers(1, 10), st.integers(1, 4)
)
def test_labels_see_the_days_from_the_lead_to_the_last_window_alone(
    made: tuple, offset: int, lead: int, horizon: int, weeks: int
) -> None:
    found, meaning = made
    t = min(day_of(e, meaning) for e in found) + offset
    stop = t + lead + 7 * weeks + horizon
    assume(not all(oracle.churned(found, meaning, e.user, t - 60, 60, 0) for e in found))
    fill = [
        replace(found[0], at=found[0].at + timedelta(days=150), name=n, amount=None)
        for n in {e.name for e in found}
    ]
    extra = [
        replace(e, at=e.at + timedelta(days=stop - day_of(e, meaning) + 1))
        for e in found
        if not meaning.act(e.name) or day_of(e, meaning) < t
    ]
    target = cl.TimeToChurn(horizon, weeks, lead=lead)
    whole = cl.Snapshots.at(to_log([*found, *fill], meaning).daily(), [t], targets=[target]).frame
    more = cl.Snapshots.at(
        to_log([*found, *extra, *fill], meaning).daily(), [t], targets=[target]
    ).frame
    kept = [
        e for e in found if not t <= day_of(e, meaning) < t + lead and day_of(e, meaning) < stop
    ]
    less = cl.Snapshots.at(to_log([*kept, *fill], meaning).daily(), [t], targets=[target]).frame
    pd.testing.assert_frame_equal(more, whole)
    pd.testing.assert_frame_equal(less, whole)


def test_labels_come_in_parts_as_they_come_whole() -> None:
    table = cl.datasets.make_community(users=60, days=150, seed=5).log().daily()
    days, targets, few = (
        [table.start + 60, table.start + 75],
        [cl.TimeToChurn(21, weeks=5)],
        cl.FeatureSet.of(["Tenure"]),
    )
    whole = cl.build_dataset(
        table, cl.Snapshots.at(table, days, targets=targets), few
    ).labels.sort_index()
    parts = pd.concat(
        [p.labels for p in cl.iter_datasets(table, days, targets=targets, features=few, rows=20)]
    ).sort_index()
    pd.testing.assert_frame_equal(parts, whole, check_index_type=False)


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
