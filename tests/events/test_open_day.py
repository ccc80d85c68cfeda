"""The rows of one day: open days, very many events, repeats, sums that do not fit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import oracle
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.logs import (
    START,
    in_batches_of,
    small,
    tall,
)

import churnlab as cl
from churnlab.errors import LogError
from churnlab.events import frame_source
from churnlab.events.piles import Piles


def test_a_day_that_comes_back_after_midnight_is_still_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    minutes = sorted({*range(0, 300, 7), 149, 150, 151, 209, 210})
    found = [
        oracle.Event("ann", datetime(2010, 11, 7, tzinfo=UTC) + timedelta(minutes=m), "read")
        for m in minutes
    ]
    meaning = oracle.Meaning({"content": ["read"]}, set(), set(), "America/St_Johns")
    table = pa.table(
        {
            "u": ["ann"] * len(found),
            "t": pa.array([e.at for e in found], pa.timestamp("us", "UTC")),
            "e": ["read"] * len(found),
        }
    )
    monkeypatch.setattr(
        Piles,
        "add",
        lambda *_: pytest.fail("events in the order of time were sorted"),
    )
    for batch in (1, 1000):
        monkeypatch.setattr(frame_source, "BATCH", batch)
        activity = cl.EventLog.from_frame(
            table, user="u", time="t", event="e", roles=meaning.roles, timezone=meaning.zone
        ).daily()
        rows = oracle.daily(found, meaning)["ann"]
        assert activity.day.tolist() == list(rows)
        for name in ("acts", "sessions", "session_micros", "night", "evening"):
            assert activity.values(name).tolist() == [r[name] for r in rows.values()], name


@pytest.mark.parametrize("events", [255, 256, 65_536, 1_000_000])
def test_a_day_with_very_many_events_of_one_person(events: int) -> None:
    at = np.datetime64("2026-03-02") + np.sort(
        np.random.default_rng(0).integers(0, 86_400, events)
    ).astype("timedelta64[s]")
    times = np.concatenate(
        [[np.datetime64("2026-03-01T10:00:00")], at, [np.datetime64("2026-03-03T10:00:00")] * 2]
    )
    users = np.array([1, *[2] * events, 1, 2], np.int64)
    table = tall(users, times, np.where(np.arange(len(users)) % 2, "x", "y"), a=np.ones(len(users)))
    activity = cl.EventLog.from_frame(
        table, user="u", time="t", event="e", amount="a", roles={}, timezone="UTC"
    ).daily()
    assert activity.values("acts").tolist() == [1, 1, events, 1]
    assert activity.values("money").tolist() == [10**6, 10**6, events * 10**6, 10**6]
    for part in ("night", "morning", "afternoon", "evening"):
        low = ("night", "morning", "afternoon", "evening").index(part) * 6
        assert (
            activity.values(part)[2]
            == ((at.astype("datetime64[h]").astype(np.int64) % 24 // 6) == low // 6).sum()
        )


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("days", [1, 40])
def test_sums_beyond_64_bits_are_refused_and_those_below_are_exact(sign: int, days: int) -> None:
    def log(events: int) -> cl.EventLog:
        times = START + np.arange(events) % days * timedelta(days=1)
        return small(pa.array(sorted(times), pa.timestamp("us")), [sign * 1e10] * events)

    fits = log(880).daily()
    assert (
        int(fits.values("money").sum()) == int(fits.values("m_size").sum()) == sign * 880 * 10**16
    )
    for events in (901, 923, 1845, 2000, 5000):  # 2**63 is 922 of them, 2**64 is 1845
        with pytest.raises(LogError, match="sums to more than 9e12"):
            log(events)


def test_sums_of_both_signs_are_exact_or_refused() -> None:
    times = pa.array([START] * 800, pa.timestamp("us"))
    assert small(times, [1e10, -1e10] * 400).daily().values("money").tolist() == [0]


@settings(max_examples=80)
@given(st.data(), st.sampled_from([1, 3, 1000]), st.booleans())
def test_duplicates_are_those_that_pandas_finds(
    data: st.DataObject, batch: int, in_order: bool
) -> None:
    names = [f"n{i}" for i in range(data.draw(st.sampled_from([3, 80, 300])))]
    alike = [
        n for n in ("n0", "n1", "n64", "n65", "n128", "n192", "n256") if n in names
    ]  # whose numbers differ in one bit
    row = st.tuples(
        st.sampled_from([1, 2]),
        st.integers(0, 1),
        st.sampled_from(alike),
        st.sampled_from([0.0, 1e-6, 2e-6, 4e-6, -5.0, 1e10, None]),
    )
    drawn = data.draw(st.lists(row, min_size=data.draw(st.sampled_from([1, 20])), max_size=60))
    rows = [(7, 0, n, 0.0) for n in names] + (
        sorted(drawn, key=lambda r: r[1]) if in_order else drawn
    )  # every name has its number
    table = tall(
        [r[0] for r in rows],
        [START + timedelta(minutes=r[1]) for r in rows],
        [r[2] for r in rows],
        a=pa.array([r[3] for r in rows], pa.float64()),
    )
    with pytest.MonkeyPatch.context() as patch:
        in_batches_of(batch, patch)
        log = cl.EventLog.from_frame(
            table, user="u", time="t", event="e", amount="a", timezone="UTC", roles={}
        )
    plain = table.to_pandas().assign(a=[oracle.micros(r[3]) for r in rows])
    assert log.counts["duplicates"] == int(plain.duplicated().sum())
