"""Spellings of ISO 8601: on the right day by an independent oracle, or refused."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pytest

import churnlab as cl
from churnlab.errors import LogError
from churnlab.events.iso8601 import parse

ZONES = (
    "Asia/Kolkata",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "UTC",
    "Asia/Shanghai",
)
OFFSETS = (0, 60, 330, 345, 480, 630, 840, -30, -210, -300, -720)  # minutes east of Greenwich
OPTIONS = {"user": "u", "time": "t", "event": "e"}


@dataclass(frozen=True)
class Spelling:
    """A text, the wall clock that it shows, and its offset to UTC (None: no zone)."""

    text: str
    wall: datetime
    offset: timedelta | None

    def day(self, zone: str) -> date:
        """The local day, by Python's own datetime."""
        if self.offset is None:
            return self.wall.date()
        moment = self.wall.replace(tzinfo=timezone(self.offset))
        return moment.astimezone(ZoneInfo(zone)).date()


def spelt_date(draw: random.Random, day: date) -> str:
    year, week, weekday = day.isocalendar()
    ordinal = day.timetuple().tm_yday
    return draw.choice(
        [
            f"{day:%Y-%m-%d}",
            f"{day:%Y%m%d}",
            f"{year}-W{week:02}-{weekday}",
            f"{year}W{week:02}{weekday}",
            f"{day.year}-{ordinal:03}",
            f"{day.year}{ordinal:03}",
        ]
    )


def spelt_clock(draw: random.Random, wall: datetime) -> tuple[str, datetime]:
    """A spelling of the time of day, and what is left of the time by it."""
    mark = draw.choice([":", ""])
    form = draw.choice(["hours", "minutes", "seconds", "fraction", "half hour", "midnight"])
    hour, minute, second = (f"{part:02}" for part in (wall.hour, wall.minute, wall.second))
    if form == "midnight":
        begin = datetime(wall.year, wall.month, wall.day)
        return mark.join(["24", "00", "00"]), begin + timedelta(days=1)
    if form == "hours":
        return hour, wall.replace(minute=0, second=0, microsecond=0)
    if form == "half hour":
        return f"{hour}.5", wall.replace(minute=30, second=0, microsecond=0)
    if form == "minutes":
        return mark.join([hour, minute]), wall.replace(second=0, microsecond=0)
    text = mark.join([hour, minute, second])
    if form == "seconds":
        return text, wall.replace(microsecond=0)
    digits = f"{wall.microsecond:06}" + "".join(draw.choices("0123456789", k=6))
    length = draw.randint(1, 12)
    micros = int(digits[:length][:6].ljust(6, "0"))
    return text + draw.choice(".,") + digits[:length], wall.replace(microsecond=micros)


def spelt_zone(draw: random.Random) -> tuple[str, timedelta]:
    minutes = draw.choice(OFFSETS)
    if not minutes and draw.random() < 0.7:
        return draw.choice(["Z", "z", " UTC", " GMT"]), timedelta()
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    forms = [f"{hours:02}{rest:02}", f"{hours:02}:{rest:02}", *([f"{hours:02}"] * (not rest))]
    return sign + draw.choice(forms), timedelta(minutes=minutes)


def spellings(count: int, zoned: bool) -> list[Spelling]:
    draw = random.Random(zoned)
    found = []
    while len(found) < count:
        wall = datetime(2024, 1, 1) + timedelta(
            microseconds=draw.randrange(2 * 365 * 86_400 * 10**6)
        )
        day = spelt_date(draw, wall.date())
        clock, shown = spelt_clock(draw, wall)
        zone, offset = spelt_zone(draw) if zoned else ("", None)
        found.append(Spelling(day + draw.choice("Tt ") + clock + zone, shown, offset))
    return found


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("zoned", [True, False])
def test_two_hundred_spellings_are_on_the_right_day(zone: str, zoned: bool) -> None:
    given = spellings(200, zoned)
    frame = pd.DataFrame({"u": range(200), "t": [s.text for s in given], "e": "open"})
    rows = cl.EventLog.from_frame(frame, **OPTIONS, timezone=zone).daily().frame()
    want = [s.day(zone) for s in given]
    assert rows.set_index("user_id")["day"].dt.date.tolist() == want


def test_a_csv_file_and_the_issues_instance(tmp_path: pytest.TempPathFactory) -> None:
    path = tmp_path / "log.csv"  # type: ignore[operator]
    path.write_text("u,t,e\nann,20260301T203000+0000,open\n")
    log = cl.EventLog.read(path, **OPTIONS, timezone="Asia/Kolkata")
    assert log.daily().frame()["day"].dt.date.tolist() == [date(2026, 3, 2)]


@pytest.mark.parametrize(
    "text, moment",
    [
        ("2026-03-01 20:30:00.123456 UTC", datetime(2026, 3, 1, 20, 30, 0, 123456, UTC)),
        ("2026-03-01T20:30:00,123+01", datetime(2026, 3, 1, 19, 30, 0, 123000, UTC)),
        ("2026-03-01T20:30\u221205:30", datetime(2026, 3, 2, 2, 0, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("20260301203000", datetime(2026, 3, 1, 20, 30)),
        ("2026/3/1 8:05", datetime(2026, 3, 1, 8, 5)),
        ("2024-366", datetime(2024, 12, 31)),
        ("2026-W53-7", datetime(2027, 1, 3)),
        (" 2026-03-01 ", datetime(2026, 3, 1)),
    ],
)
def test_single_spellings_to_the_microsecond(text: str, moment: datetime) -> None:
    found = parse(pa.array([text, "2026-03-01T00:00:00"], pa.large_string()))
    naive = moment.replace(tzinfo=None)
    assert found.read.all() and found.zoned.tolist() == [moment.tzinfo is not None, False]
    assert datetime(1970, 1, 1) + timedelta(microseconds=int(found.micros[0])) == naive


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "now",
        "2026",
        "2026-03",
        "2026-W09",
        "2026-02-30",
        "2026-13-01",
        "2026-00-10",
        "2025-W53-1",
        "2026-366",
        "2026-000",
        "2026-W09-8",
        "0000-01-01",
        "2026-03-01T",
        "2026-03-01T25",
        "2026-03-01T24:01",
        "2026-03-01T20:60",
        "2026-03-01T203",
        "2026-03-01T20:30+24:00",
        "2026-03-01T20:30+05:60",
        "2026-03-01T20:30+5",
        "2026-03-01Z",
        "2026-03-01T20:30+0530:15",
        "03/01/2026",
        "2026-03-01T20:30Z+01",
        "2026-03-01T20:30PST",
        "2026-03-01T20:30:61",
        "202603012030",
        "２０２６-03-01",
    ],
)
def test_what_is_no_time_is_refused_in_one_line(text: str) -> None:
    assert not parse(pa.array([text], pa.large_string())).read.any()
    frame = pd.DataFrame({"u": ["a", "b"], "t": ["2026-03-01", text], "e": "open"})
    with pytest.raises(LogError, match="1 of 2 rows, the first|holds numbers") as caught:
        cl.EventLog.from_frame(frame, **OPTIONS, timezone="UTC")
    assert "\n" not in str(caught.value)


def test_slices_and_empty_columns() -> None:
    texts = pa.array(["2026-03-01Z", "", "2026-03-01T00:00Z", "x" * 200], pa.large_string())
    assert parse(texts).read.tolist() == [False, False, True, False]
    assert parse(texts.slice(2)).read.tolist() == [True, False]
    assert parse(texts.slice(4)).read.tolist() == []
