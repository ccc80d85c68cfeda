"""Logs made by hypothesis: few people, odd hours, zones with summer time, money that is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
from hypothesis import strategies as st
from oracle import Event, Meaning

import churnlab as cl

ZONES = ["UTC", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe"]
NAMES = ["app_open", "read", "like", "liked", "push", "push_open", "buy", "badge", "heartbeat", "step"]
ROLES = {"open": ["app_open", "push_open"], "content": ["read"], "social": ["like"], "social_received": ["liked"], "push_sent": ["push"],
         "push_opened": ["push_open"], "purchase": ["buy"], "onboarding": ["step"]}
START = datetime(2026, 3, 1)
MINUTES = st.one_of(st.integers(0, 60 * 24 * 60), st.sampled_from([0, 30, 60 * 24 - 1, 60 * 24, 60 * 24 + 29, 60 * 24 * 7 + 150]))
AMOUNTS = st.one_of(st.none(), st.sampled_from([0.0, 9.99, -3.5, float("nan"), float("inf"), 1e11]), st.floats(-100, 1000, allow_nan=False))


@st.composite
def events(draw: st.DrawFn, max_size: int = 30, aware: bool = False) -> list[Event]:
    users = draw(st.sampled_from([["ann", "bob", "cat"], [3, 20, 100]]))
    found = []
    for _ in range(draw(st.integers(1, max_size))):
        at = START + timedelta(minutes=draw(MINUTES), seconds=draw(st.sampled_from([0, 0, 1, 59])))
        found.append(Event(draw(st.sampled_from(users)), at.replace(tzinfo=UTC) if aware else at, draw(st.sampled_from(NAMES)), draw(AMOUNTS)))
    return found


@st.composite
def logs(draw: st.DrawFn, max_size: int = 30) -> tuple[list[Event], Meaning]:
    """Events of one log, all with a zone or all without, and what its names mean; every role has an event."""
    found = draw(events(max_size, aware=draw(st.booleans())))
    meaning = Meaning(ROLES, {"badge"}, {"heartbeat"}, draw(st.sampled_from(ZONES)))
    found += [replace(found[0], user=found[0].user, name=name, amount=None) for name in NAMES if name not in {e.name for e in found}]
    return draw(st.permutations(found)), meaning


def to_log(found: list[Event], meaning: Meaning) -> cl.EventLog:
    frame = pd.DataFrame({"u": [e.user for e in found], "t": pd.to_datetime([e.at for e in found]), "e": [e.name for e in found],
                          "a": pd.array([e.amount for e in found], dtype="Float64")})
    frame["a"] = [math_nan(e.amount) for e in found]
    return cl.EventLog.from_frame(frame, user="u", time="t", event="e", amount="a", roles=meaning.roles, receipts=["badge"], ignore=["heartbeat"],
                                  timezone=meaning.zone)


def math_nan(amount: float | None) -> float:
    return float("nan") if amount is None else amount
