"""Daily rows against those of the oracle."""

from __future__ import annotations

import oracle

import churnlab as cl


def check_rows(activity: cl.DailyActivity, rows: dict, meaning: oracle.Meaning) -> None:
    assert set(activity.columns) == meaning.measures()
    keys = [(activity.users[c], int(d)) for c, d in zip(activity.codes, activity.day, strict=True)]
    assert keys == [(u, d) for u in sorted(rows) for d in sorted(rows[u])]
    for name, values in activity.columns.items():
        assert values.tolist() == [rows[u][d][name] for u, d in keys], name
