"""A made-up explanation of many rows, with missing values, categories and facts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from churnlab.explanation.explanation import Explanation, example
from churnlab.features.catalogue import Entry, table
from churnlab.features.facts import Facts

AWAY = "cadence__since_last_days__all"
ORDERS = "spend__orders_sum__28d"
CHANNEL = "profile__channel__static"


def explained(rows: int = 60, seed: int = 0) -> Explanation:
    """Rows of three days; the longer ago a person was active, the higher the score."""
    rng = np.random.default_rng(seed)
    days = pd.to_datetime(np.resize(["2026-03-01", "2026-03-15", "2026-03-29"], rows))
    index = pd.MultiIndex.from_arrays([np.arange(rows), days], names=["user_id", "snapshot"])
    away = rng.integers(1, 60, rows).astype(float)
    orders = np.where(rng.random(rows) < 0.2, np.nan, rng.integers(0, 9, rows))
    channel = pd.Categorical(rng.choice(["ads", "organic"], rows))
    X = pd.DataFrame({AWAY: away, ORDERS: orders, CHANNEL: channel}, index)
    values = pd.DataFrame(
        {AWAY: (away - 30) / 10, ORDERS: rng.normal(0, 0.3, rows), CHANNEL: 0.01}, index
    )
    entries = [
        Entry(AWAY, "LoginIntervals", "days", "away {value:.0f} days", "never", topic="away"),
        Entry(ORDERS, "SpendDecline", "orders", "{value:.0f} orders", "none", topic="orders"),
        Entry(CHANNEL, "Profile", "", "{value}", "none"),
    ]
    known = example().facts
    assert known is not None
    facts = Facts(
        pd.DataFrame(
            {
                "fact__away_days__all": away,
                "fact__usual_gap_days__364d": 4.0,
                "fact__gaps__364d": 9.0,
            },
            index,
        ),
        known.reasons,
    )
    return Explanation(values, -2.0, X, table(entries), facts)
