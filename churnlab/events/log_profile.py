"""LogProfile: a look at a log before the work, computed from its daily rows and counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.kernels.units import MICRO
from churnlab.schema.days import to_timestamps
from churnlab.schema.roles import OTHER, Roles, role_column
from churnlab.schema.views import view


@dataclass(frozen=True, eq=False)
class LogProfile:
    """What a log holds; a page in a notebook, text in a terminal. `EventLog.profile` makes one.

    | field      | meaning                                                                      |
    |------------|------------------------------------------------------------------------------|
    | facts      | source, events, people, first_day, last_day, timezone, and rows set aside    |
    | days       | a row a day, empty ones too: day, events, people (who acted), money          |
    | roles      | a row a role: role, kind (act or receipt), events, people, names             |
    | no_role    | the event names that no role takes, most frequent first: event, events       |
    | aside      | a row a reason: reason, rows, examples (up to three)                         |
    | one_day    | how many people acted on a single day                                        |
    | with_money | whether the log names an amount                                              |

    >>> import churnlab as cl
    >>> profile = cl.datasets.make_community(users=50, days=60).log().profile()
    >>> profile.facts["people"], len(profile.days), profile.gaps
    (50, 60, ())
    """

    facts: Mapping[str, Any]
    days: pd.DataFrame
    roles: pd.DataFrame
    no_role: pd.DataFrame
    aside: pd.DataFrame
    one_day: int
    with_money: bool

    @property
    def one_day_share(self) -> float:
        """The share of people who acted on a single day."""
        return self.one_day / max(int(self.facts["people"]), 1)

    @cached_property
    def gaps(self) -> tuple[tuple[str, str], ...]:
        """The first and the last day of each run of days without an event."""
        empty = (self.days["events"] == 0).to_numpy()
        edges = np.flatnonzero(np.diff(np.concatenate([[0], empty.astype(np.int8), [0]])))
        named = self.days["day"].dt.strftime("%Y-%m-%d").tolist()
        return tuple((named[a], named[b - 1]) for a, b in edges.reshape(-1, 2).tolist())

    @cached_property
    def months(self) -> pd.DataFrame:
        """A row a month: month (like 2026-03), events, money."""
        month = self.days["day"].dt.strftime("%Y-%m").rename("month")
        return self.days.groupby(month)[["events", "money"]].sum().reset_index()

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON.

        >>> import churnlab as cl
        >>> profile = cl.datasets.make_community(users=50, days=60).log().profile()
        >>> profile.to_dict()["first_day"], profile.to_dict()["people"]
        ('2026-01-01', 50)
        """
        days = self.days.assign(day=self.days["day"].dt.strftime("%Y-%m-%d"))
        tables = {"roles": self.roles, "no_role": self.no_role, "aside": self.aside}
        if self.with_money:
            tables["months"] = self.months
        else:
            days = days.drop(columns="money")
        return {
            **self.facts,
            "one_day": self.one_day,
            "one_day_share": self.one_day_share,
            "gaps": [list(gap) for gap in self.gaps],
            "days": days.to_dict("records"),
            **{name: table.to_dict("records") for name, table in tables.items()},
        }

    def html(self, language: str = "en") -> str:
        """The profile as a page in a language; the page needs nothing but itself.

        >>> import churnlab as cl
        >>> profile = cl.datasets.make_community(users=50, days=60).log().profile()
        >>> profile.html().startswith("<!doctype html>")
        True
        """
        return str(view("report.log_profile:page")(self).html(language))

    def text(self, width: int = 100) -> str:
        """The profile as text for a terminal of `width` columns.

        >>> import churnlab as cl
        >>> profile = cl.datasets.make_community(users=50, days=60).log().profile()
        >>> print(profile.text().splitlines()[0])
        people  50
        """
        return str(view("report.log_profile:text")(self, width))

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return str(view("report.log_profile:page")(self)._repr_html_())


def profile_of(
    activity: DailyActivity,
    named: Mapping[str, int],
    counts: Mapping[str, int],
    examples: Mapping[str, list[str]],
) -> LogProfile:
    """The profile of daily rows, of events by name and of rows set aside by reason."""
    days, roles, one_day = _summed(activity.as_of())
    without = {n: c for n, c in named.items() if activity.roles.of_event(n) == (OTHER,)}
    return LogProfile(
        facts=dict(activity.source),
        days=_every_day(days, activity.start, activity.end),
        roles=_with_names(roles, activity.roles, named),
        no_role=_most_frequent(without),
        aside=_aside(counts, examples),
        one_day=one_day,
        with_money=activity.has_money,
    )


def _summed(activity: DailyActivity) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Sums by day and by role, and how many people acted on one day; some people at a time."""
    days, roles, one_day = [], [], 0
    for _, part in activity.parts():
        acts = part.values("acts")
        rows = {"day": part.day, "events": acts + part.values("receipts"), "people": acts > 0}
        rows["money"] = part.values("money") / MICRO
        days.append(pd.DataFrame(rows).groupby("day").sum())
        roles.append([_role_totals(part, role) for role in part.roles.names])
        one_day += int((np.bincount(part.codes, acts > 0, len(part.users)) == 1).sum())
    totals = np.sum(roles, axis=0).reshape(-1, 2)
    table = pd.DataFrame(totals, columns=["events", "people"])
    table.insert(0, "role", list(activity.roles.names))
    return pd.concat(days).groupby("day").sum(), table, one_day


def _role_totals(part: DailyActivity, role: str) -> tuple[int, int]:
    """The events of a role, and the people who have any."""
    events = part.values(role_column(role))
    return int(events.sum(dtype=np.int64)), len(np.unique(part.codes[events > 0]))


def _every_day(days: pd.DataFrame, start: int, end: int) -> pd.DataFrame:
    """A row for each day from the first to the last, those without events too."""
    first, last = min(start, int(days.index.min())), max(end - 1, int(days.index.max()))
    every = days.reindex(range(first, last + 1), fill_value=0)
    whole = every.astype({"events": np.int64, "people": np.int64})
    whole.insert(0, "day", to_timestamps(whole.index.to_numpy()))
    return whole.reset_index(drop=True)


def _with_names(table: pd.DataFrame, roles: Roles, named: Mapping[str, int]) -> pd.DataFrame:
    """The table of roles with the names that each takes; those of `other` stand in `no_role`."""
    of_role = [[n for n in sorted(named) if role in roles.of_event(n)] for role in table["role"]]
    kinds = ["act" if any(map(roles.is_act, names)) else "receipt" for names in of_role]
    told = [
        "" if role == OTHER else ", ".join(n)
        for role, n in zip(table["role"], of_role, strict=True)
    ]
    table = table.assign(kind=kinds, names=told)
    return table.loc[table["events"] > 0, ["role", "kind", "events", "people", "names"]]


def _most_frequent(named: Mapping[str, int]) -> pd.DataFrame:
    rows = sorted(named.items(), key=lambda row: (-row[1], row[0]))
    return pd.DataFrame(rows, columns=["event", "events"])


def _aside(counts: Mapping[str, int], examples: Mapping[str, list[str]]) -> pd.DataFrame:
    rows = [(reason, n, examples.get(reason, [])) for reason, n in counts.items() if n]
    return pd.DataFrame(rows, columns=["reason", "rows", "examples"])
