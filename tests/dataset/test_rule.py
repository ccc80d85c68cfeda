"""The rule of eligibility: who gets a snapshot, and which days are refused."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from support.small_log import LOG, activity, labels

import churnlab as cl
from churnlab.dataset.rule import Rule
from churnlab.errors import ConfigError, HistoryError
from churnlab.schema.days import day_number, day_text


def test_only_people_with_an_act_in_the_window_before_are_eligible() -> None:
    snapshots = cl.Snapshots.at(activity(LOG), ["2026-01-10"], active_within=30)
    assert list(snapshots.frame["user_id"]) == ["ann", "bob"]  # a push is no act of cat's


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


def test_the_rule_sorts_its_days_and_collects_terminal_roles() -> None:
    targets = [cl.Churn(5, terminal="cancel"), cl.LifetimeValue(5), cl.TimeToChurn(5, roles="buy")]
    rule = Rule.of(["2026-01-20", "2026-01-10", 20_463], 7, targets, "drop", "end")
    assert [day_text(day) for day in rule.days] == ["2026-01-10", "2026-01-20"]
    assert rule.terminals == ("cancel", "end")
    assert rule.columns == ("churned", "ltv", "leaves_week", "known_weeks")


@pytest.mark.parametrize(
    ("active_within", "unobserved", "says"),
    [(0, "error", "active_within is 0"), (7, "keep", "unknown value of unobserved=")],
)
def test_a_rule_that_makes_no_sense_is_refused(
    active_within: int, unobserved: str, says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        Rule.of(["2026-01-10"], active_within, (), unobserved, None)


def test_roles_amounts_and_days_are_checked_before_anything_is_computed() -> None:
    table = activity(LOG)
    Rule.of(["2026-01-10"], 7, [cl.LifetimeValue(5)], "error", "purchase").check(table)
    with pytest.raises(ConfigError, match="unknown role 'purchas': did you mean 'purchase'"):
        Rule.of(["2026-01-10"], 7, (), "error", "purchas").check(table)
    rule = Rule.of(["2026-01-10"], 7, [cl.LifetimeValue(5)], "error", None)
    with pytest.raises(ConfigError, match="without amounts"):
        rule.check(replace(table, has_money=False))
    with pytest.raises(HistoryError, match="no event before 2026-01-01"):
        Rule.of(["2026-01-10", "2026-01-01"], 7, (), "error", None).check(table)


def test_some_of_the_eligible_people_keep_their_labels_and_the_counts() -> None:
    table = activity(LOG)
    day = day_number("2026-01-10")
    found = Rule.of([day], 30, [cl.Churn(11)], "error", None).eligible(table)[0]
    bob = found.take(slice(1, 2))
    assert (bob.gone, bob.unobserved) == (found.gone, found.unobserved)
    assert bob.frame(table, day).to_dict("list") == {
        "user_id": ["bob"],
        "snapshot": [pd.Timestamp("2026-01-10")],
        "churned": [1.0],
    }
