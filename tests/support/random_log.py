"""A random log in which every role of every signal occurs."""

from __future__ import annotations

import numpy as np
import pandas as pd

import churnlab as cl

ROLES = {
    r: [r]
    for r in (
        "open",
        "content",
        "social",
        "social_received",
        "push_sent",
        "push_opened",
        "purchase",
        "onboarding",
        "quiz",
        "chargeback",  # no role of its own
    )
}
OTHER_ROLES = {"forum_post": ["quiz"], "purchase": ["purchase"]}


def events() -> pd.DataFrame:
    """3,000 events of 12 people over 150 days: u, t, e, a."""
    rng = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "u": rng.integers(0, 12, 3000),
            "t": pd.Timestamp("2026-01-01")
            + pd.to_timedelta(rng.integers(0, 150 * 86_400, 3000), "s"),
            "e": rng.choice(list(ROLES), 3000),
            "a": rng.gamma(2, 9, 3000).round(2),
        }
    )


def activity(
    frame: pd.DataFrame, roles: dict[str, list[str]] = ROLES, amount: str | None = "a"
) -> cl.DailyActivity:
    """The daily rows of such events."""
    return cl.EventLog.from_frame(
        frame, user="u", time="t", event="e", amount=amount, roles=roles, timezone="UTC"
    ).daily()
