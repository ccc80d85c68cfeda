"""A log on Spark that cannot be used is refused in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from support.spark import FIRST, MARKS, small

import churnlab as cl
from churnlab.errors import LogError
from churnlab.schema.measures import Measure

pytestmark = MARKS


@pytest.mark.parametrize(
    ("columns", "given", "error", "text"),
    [
        ({"u": [None, "", "c"]}, {}, LogError, "null, empty or a word for nothing in 2 of 3 rows"),
        ({}, {"roles": {"buy": ["purchases"]}}, LogError, "did you mean 'purchase'"),
        ({}, {"user": "w"}, LogError, "has no column 'w'"),
        ({"u": [1.5, 2.5, 3.5]}, {}, LogError, "double; give text or whole numbers"),
        ({"t": pa.array([0, 1, 2], pa.timestamp("us"))}, {}, LogError, "has no time zone"),
        (
            {"t": pa.array([0, None, 2], pa.timestamp("us", tz="UTC"))},
            {},
            LogError,
            "is null or empty in 1 of",
        ),
        (
            {"t": ["2026-01-01", "2026-01-01 10:00", "then"]},
            {"timezone": "UTC"},
            LogError,
            "the first 'then'",
        ),
        (
            {"a": ["one", "2", "3"]},
            {"measures": [Measure.sum("a", where=[("e", "<", 3)])]},
            LogError,
            "cannot be compared by < 3",
        ),
        (
            {"a": ["$1", "2", "3"]},
            {},
            LogError,
            r"no usable number in 1 of 3 rows that give one \('\$1'\).*strip currency signs",
        ),
        (
            {"a": ["1", "2", "3,5"]},
            {"measures": ["a"], "bad_amounts": 1},
            LogError,
            'in 1 of 3 rows .*decimal=",".* or raise bad_measures',
        ),
        ({}, {"ignore": ["open", "purchase"]}, LogError, "all 3 rows of the frame are ignored"),
        (
            {"u": [], "t": pa.array([], pa.timestamp("us", tz="UTC")), "e": [], "a": []},
            {},
            LogError,
            "null; give text|holds no event",
        ),
    ],
)
def test_a_log_that_cannot_be_used_is_one_line(
    session: Any,
    tmp_path: Path,
    columns: dict[str, Any],
    given: dict[str, Any],
    error: type,
    text: str,
) -> None:
    with pytest.raises(error, match=text) as found:
        cl.EventLog.from_frame(
            small(session, tmp_path, **columns),
            **{"user": "u", "time": "t", "event": "e", "amount": "a"} | given,
        ).daily()
    assert "\n" not in str(found.value)


def test_a_phone_a_year_ahead_and_bounds(session: Any, tmp_path: Path) -> None:
    users = [f"u{i % 100}" for i in range(100 * 60)] + ["u1", "u2", "u3"]
    days = [20_000 + i // 100 for i in range(100 * 60)] + [20_425, 3_657, 100_000]
    times = pa.array([d * 86_400_000_000 for d in days], pa.timestamp("us", tz="UTC"))
    table = {"u": users, "t": times, "e": ["open"] * len(days), "a": [1.0] * len(days)}
    options = {"user": "u", "time": "t", "event": "e", "amount": "a"}
    for bounds in ({}, {"until": "2024-11-01"}, {"since": "2024-11-01"}):
        local = cl.EventLog.from_frame(pa.table(table), **options, **bounds)
        found = cl.EventLog.from_frame(small(session, tmp_path, **table), **options, **bounds)
        activity = found.daily()
        assert (activity.start, activity.end) == (local.daily().start, local.daily().end)
        reasons = ("bad_times", "after_until", "before_since", "thin_head", "thin_tail", "events")
        for reason in reasons:
            assert found.describe()[reason] == local.describe()[reason], (bounds, reason)
        assert activity.frame().count() == len(local.daily().day)
    whole = cl.EventLog.from_frame(pa.table(table), **options)
    assert (whole.daily().start, whole.daily().end) == (20_000, 20_060)
    assert [whole.counts[n] for n in ("bad_times", "thin_head", "thin_tail")] == [1, 1, 1]


def test_zones_in_one_part_only(session: Any, tmp_path: Path) -> None:
    frame = small(session, tmp_path, t=["2026-01-01 10:00:00"] * 3).unionByName(
        small(session, tmp_path, t=["2026-01-01 10:00:00Z"] * 3)
    )
    with pytest.raises(LogError, match="time zone in some parts and none in others"):
        cl.EventLog.from_frame(frame, user="u", time="t", event="e", timezone="UTC").daily()


def test_amounts_and_refunds_are_those_of_one_machine(session: Any, tmp_path: Path) -> None:
    columns = {"a": ["1.250,50", "-7", "40,25"], "e": ["purchase", "open", "back"]}
    rest = {
        "u": ["a", "b", "c"],
        "t": pa.array([FIRST, FIRST + 1, FIRST + 2], pa.timestamp("us", tz="UTC")),
    }
    frame = small(session, tmp_path, **columns)
    options: dict[str, Any] = {"user": "u", "time": "t", "event": "e", "amount": "a"}
    options |= {"roles": {"purchase": "purchase", "refund": "back"}, "decimal": ","}
    log = cl.EventLog.from_frame(frame, **options, amount_scale=0.1)
    local = cl.EventLog.from_frame(pa.table(rest | columns), **options, amount_scale=0.1)
    money = {row["user_id"]: row["money"] for row in log.daily().frame().collect()}
    assert money == {"a": 125_050_000, "b": 0, "c": -4_025_000}
    assert local.daily().frame().set_index("user_id")["money"].to_dict() == money
    for name in ("negative_amounts", "bad_amounts"):
        assert log.describe()[name] == local.counts[name] == (name == "negative_amounts")
