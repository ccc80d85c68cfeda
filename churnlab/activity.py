"""DailyActivity: one row per person and day, the only thing read after the log."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from churnlab import schema
from churnlab.events import EventLog
from churnlab.kernels import rollup as kernel
from churnlab.kernels import windows
from churnlab.schema import Roles


@dataclass(frozen=True, eq=False)
class DailyActivity:
    """One row per person and local day on which anything happened, sorted by both.

    `users` holds the sorted ids; `codes` int64[m] points into it, `day` int64[m] counts from 1970-01-01. `columns` maps a
    measure to int64[m]: acts, receipts, active, money (millionths), orders, sessions, session_micros, steps, night,
    morning, afternoon, evening, names, `n_<role>`, `m_<measure>` (millionths), gap, gap_sq, gaps. `start` is the first
    observed day, `end` the day after the last. `has_money` says whether the log named an amount.
    """

    users: np.ndarray
    codes: np.ndarray
    day: np.ndarray
    columns: Mapping[str, np.ndarray]
    roles: Roles
    start: int
    end: int
    timezone: str
    has_money: bool = False
    source: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, log: EventLog) -> DailyActivity:
        """Rolls a log up."""
        codes, day, table = kernel.rollup(log.columns, schema.SESSION_GAP_MICROS)
        names = [*kernel.FIXED, *(f"n_{r}" for r in log.roles.names), *(f"m_{schema.plain(m)}" for m in log.measures)]
        columns = {name: np.ascontiguousarray(table[:, i]) for i, name in enumerate(names)}
        gap = kernel.gaps(codes, day, columns["active"])
        columns |= {name: np.ascontiguousarray(gap[:, i]) for i, name in enumerate(kernel.GAPS)}
        return cls(log.users, codes, day, columns, log.roles, int(day.min()), int(day.max()) + 1, log.timezone, log.has_amount,
                   log.describe())

    @cached_property
    def first(self) -> np.ndarray:
        """Where each person's rows begin, int64[people + 1]."""
        return windows.starts(self.codes, len(self.users))

    @cached_property
    def digest(self) -> str:
        """sha256 of everything that features can see."""
        digest = hashlib.sha256(repr((list(map(str, self.users)), self.roles.to_dict(), self.timezone)).encode())
        for name in sorted(self.columns):
            digest.update(name.encode() + self.columns[name].tobytes())
        digest.update(self.codes.tobytes() + self.day.tobytes())
        return digest.hexdigest()

    def has_role(self, role: str) -> bool:
        """Whether the log has events of that role."""
        return f"n_{role}" in self.columns and bool(self.columns[f"n_{role}"].any())

    def frame(self) -> pd.DataFrame:
        """A pandas view: user_id, day, and the measures (money and `m_*` in millionths of their unit)."""
        return pd.DataFrame({"user_id": self.users[self.codes], "day": schema.to_timestamps(self.day), **self.columns})

    def describe(self) -> dict[str, object]:
        """What the log was and what the rows sum up to."""
        total = {name: int(self.columns[name].sum()) for name in ("acts", "receipts", "sessions", "orders")}
        return {**self.source, "daily_rows": len(self.day), "active_days": int(self.columns["active"].sum()), **total,
                "money": float(self.columns["money"].sum()) / schema.MICRO}

    def __repr__(self) -> str:
        return (f"DailyActivity({len(self.day):,} days of {len(self.users):,} people, "
                f"{schema.day_text(self.start)} to {schema.day_text(self.end - 1)})")
