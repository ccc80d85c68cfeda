"""Logs made by hypothesis: few people, odd hours, zones with summer time, amounts that are not numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from hypothesis import strategies as st
from oracle import Event, Meaning

import churnlab as cl

ZONES = ["UTC", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe"]
NAMES = [
    "app_open",
    "read",
    "like",
    "liked",
    "push",
    "push_open",
    "buy",
    "badge",
    "heartbeat",
    "step",
    "sent_back",
]
ROLES = {
    "open": ["app_open", "push_open"],
    "content": ["read"],
    "social": ["like"],
    "social_received": ["liked"],
    "push_sent": ["push"],
    "push_opened": ["push_open"],
    "purchase": ["buy"],
    "onboarding": ["step"],
    "refund": ["sent_back"],
}
START = datetime(2026, 3, 1)
MINUTES = st.one_of(
    st.integers(0, 60 * 24 * 60),
    st.sampled_from([0, 30, 60 * 24 - 1, 60 * 24, 60 * 24 + 29, 60 * 24 * 7 + 150]),
)
AMOUNTS = st.one_of(
    st.none(),
    st.sampled_from([0.0, 9.99, -3.5, float("nan"), float("inf"), 1e11]),
    st.floats(-100, 1000, allow_nan=False),
)


@st.composite
def events(draw: st.DrawFn, max_size: int = 30, aware: bool = False) -> list[Event]:
    users = draw(st.sampled_from([["ann", "bob", "cat"], [3, 20, 100]]))
    found = []
    for _ in range(draw(st.integers(1, max_size))):
        at = START + timedelta(minutes=draw(MINUTES), seconds=draw(st.sampled_from([0, 0, 1, 59])))
        found.append(
            Event(
                draw(st.sampled_from(users)),
                at.replace(tzinfo=UTC) if aware else at,
                draw(st.sampled_from(NAMES)),
                draw(AMOUNTS),
                draw(st.sampled_from([None, 0.5, 61.0, float("nan")])),
            )
        )
    return found


@st.composite
def logs(draw: st.DrawFn, max_size: int = 30) -> tuple[list[Event], Meaning]:
    """Events of one log, all with a zone or all without, and what its names mean; every role has an event."""
    found = draw(events(max_size, aware=draw(st.booleans())))
    receipts = draw(st.sampled_from([{"badge"}, {"badge", "read"}, {"badge", "onboarding"}]))
    meaning = Meaning(ROLES, receipts, {"heartbeat"}, draw(st.sampled_from(ZONES)))
    found += [
        replace(found[0], user=found[0].user, name=name, amount=None)
        for name in NAMES
        if name not in {e.name for e in found}
    ]
    return draw(st.permutations(found)), meaning


def to_log(found: list[Event], meaning: Meaning) -> cl.EventLog:
    """The events as an Arrow table, so that null, NaN and infinity stay three things."""
    kind = pa.timestamp("us", tz="UTC" if found[0].at.tzinfo else None)
    table = pa.table(
        {
            "u": [e.user for e in found],
            "t": pa.array([e.at for e in found], kind),
            "e": [e.name for e in found],
            "a": pa.array([e.amount for e in found], pa.float64()),
            "seconds": pa.array([e.seconds for e in found], pa.float64()),
        }
    )
    return cl.EventLog.from_frame(
        table,
        user="u",
        time="t",
        event="e",
        amount="a",
        roles=meaning.roles,
        receipts=sorted(meaning.receipts),
        ignore=sorted(meaning.ignore),
        measures=["seconds"],
        timezone=meaning.zone,
        bad_amounts=1,
        bad_measures=1,
        since=None,
        until=datetime.max,
    )
