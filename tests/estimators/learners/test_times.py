"""Snapshots of every spelling are read as dates, or refused in one line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.errors import FrameError
from churnlab.estimators.learners import times

DAYS = pd.DatetimeIndex(["2026-03-01", "2026-12-31"])
X = pd.DataFrame({"visits": [1.0, 2.0]})
KOLKATA = timezone(timedelta(hours=5, minutes=30))


@pytest.mark.parametrize(
    "time",
    [
        ["2026-03-01", "2026-12-31"],
        ["20260301", " 2026-12-31 "],
        ["2026-03-01T00:00:00.000", "2026-12-31 00:00"],
        ["2026-03-01T00:00:00Z", "2026-12-31T00:00:00+0530"],
        ["2026-03-01 00:00:00 UTC", "2026-12-31T00:00-08"],
        [date(2026, 3, 1), date(2026, 12, 31)],
        [datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=KOLKATA)],
        [date(2026, 3, 1), pd.Timestamp("2026-12-31")],
        DAYS.to_numpy("datetime64[D]"),
        DAYS.tz_localize("Asia/Shanghai"),
        pd.Series(DAYS, index=[7, 8]),
        pd.Series(["2026-03-01", "2026-12-31"], dtype="string"),
        pd.Series(["2026-03-01", "2026-12-31"]).astype("category"),
        pd.Series(DAYS).astype("category"),
        pd.Series(DAYS.date, dtype=pd.ArrowDtype(pa.date32())),
        pd.Series(DAYS.tz_localize("UTC")).astype(pd.ArrowDtype(pa.timestamp("us", "UTC"))),
    ],
)
def test_dates_of_every_spelling(time: Any) -> None:
    for found in (
        times.dates(X, time),
        times.dates(X.assign(snapshot=np.asarray(time, dtype=object)), None),
        times.dates(X.set_index(pd.Index(time, name="snapshot")), None),
        times.to_fit(X, time)[1],
    ):
        assert isinstance(found, pd.DatetimeIndex) and found.tz is None
        assert list(found) == list(DAYS)


@pytest.mark.parametrize(
    "time",
    [
        ["5", "6"],
        ["2026", "2027"],
        ["01/03/2026", "31/12/2026"],
        ["now", "today"],
        ["2026-02-30", "2026-12-31"],
        ["2026-03-01T25:00", "2026-12-31"],
        ["2026-03-01", None],
        [pd.NaT, pd.Timestamp("2026-12-31")],
        [b"2026-03-01", b"2026-12-31"],
        [20260301, 20261231],
        [True, False],
        pd.period_range("2026-03", periods=2, freq="M"),
        "",
        5,
        ["2026-03-01"],
    ],
)
def test_what_is_no_date_is_refused(time: Any) -> None:
    with pytest.raises(FrameError, match=r"snapshot \(time\) of|for 2 rows of X") as refused:
        times.dates(X, time)
    assert "\n" not in str(refused.value)


def test_time_goes_before_the_level_and_the_level_before_the_column() -> None:
    both = X.assign(snapshot="2026-01-01").set_index(pd.Index(DAYS, name="snapshot"))
    assert list(times.dates(both, None)) == list(DAYS)
    assert times.dates(both, "2026-05-05").strftime("%m%d").tolist() == ["0505"] * 2
    with pytest.raises(FrameError, match="needs the snapshot of each row; give X the index level"):
        times.dates(X, None)


def test_a_fit_knows_dates_numbers_or_nothing() -> None:
    assert times.to_fit(X, None)[1] is None
    assert times.to_fit(X, [3, 1])[1].tolist() == [3, 1]
    features, found = times.to_fit(X.assign(snapshot=DAYS), None)
    assert list(features) == ["visits"] and list(found) == list(DAYS)
    numbered = X.assign(snapshot=[1.0, 2.0])
    features, found = times.to_fit(numbered, None)
    assert features is numbered and found is None
    assert list(times.to_fit(numbered, DAYS)[1]) == list(DAYS)
    for lacking in ([1.0, np.nan], [None, "2026-03-01"]):
        with pytest.raises(FrameError, match="of 1 rows is missing"):
            times.to_fit(X, lacking)


def test_a_column_that_was_learnt_stays() -> None:
    wide = X.assign(snapshot=1.0)
    assert list(times.without(wide, ["visits"])) == ["visits"]
    assert times.without(wide, ["visits", "snapshot"]) is wide
    assert times.without(X.to_numpy(), ["visits"]).shape == (2, 1)


@given(
    st.dates(date(1700, 1, 1), date(2200, 1, 1)),
    st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%Y-%m-%dT00:00", "%Y-%m-%d 12:30:00.25"]),
    st.sampled_from(["", "Z", "+08:00", "-0330", " UTC", "+14"]),
)
def test_every_iso_text_is_on_its_own_day(day: date, form: str, zone: str) -> None:
    text = f"{day:%Y}".zfill(4) + day.strftime(form)[len(f"{day:%Y}") :]
    found = times.dates(X, text + (zone if "T" in form or ":" in form else ""))
    assert found[0].date() == day
