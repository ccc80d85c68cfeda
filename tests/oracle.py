"""The same numbers in slow plain Python: dictionaries, loops and whole numbers. It decides who is right.

Written from the definitions in docs/how_it_works.md, and it imports nothing of the library.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

EPOCH = date(1970, 1, 1)
RECEIPTS = {"push_sent", "social_received"}
QUIET = 30 * 60 * 1_000_000


@dataclass(frozen=True)
class Event:
    """One event; `at` aware, or naive for a log whose clock is local."""

    user: object
    at: datetime
    name: str
    amount: float | None = None
    seconds: float | None = None


@dataclass
class Meaning:
    """Roles of a log as its user gives them."""

    roles: Mapping[str, Iterable[str]]
    receipts: set[str] = field(default_factory=set)
    ignore: set[str] = field(default_factory=set)
    zone: str = "UTC"

    def of(self, name: str) -> set[str]:
        return {r for r, names in self.roles.items() if name in names} or (
            {name} if name in self.receipts else {"other"}
        )

    def measures(self) -> set[str]:
        """Every column that daily rows of such a log have."""
        in_roles = {n for names in self.roles.values() for n in names}
        roles = {
            *self.roles,
            *(r for r in self.receipts if r not in self.roles and r not in in_roles),
            "other",
        }
        return {
            "acts",
            "receipts",
            "active",
            "money",
            "orders",
            "sessions",
            "session_micros",
            "steps",
            "night",
            "morning",
            "afternoon",
            "evening",
            "names",
            "gap",
            "gap_sq",
            "gaps",
            "m_seconds",
            *(f"n_{r}" for r in roles),
        }

    def act(self, name: str) -> bool:
        passive = RECEIPTS | (self.receipts & set(self.roles))
        return name not in self.receipts and any(r not in passive for r in self.of(name))

    def refund(self, name: str) -> bool:
        return name in self.roles.get("refund", ())

    def money(self, name: str) -> bool:
        bought = "purchase" not in self.roles or name in self.roles["purchase"]
        return bought or self.refund(name)

    def paid(self, event: Event) -> int:
        """Money spent in millionths, below zero for money given back."""
        amount = micros(event.amount) if self.money(event.name) else 0
        return -abs(amount) if self.refund(event.name) else amount


def local(event: Event, zone: str) -> datetime:
    return (
        event.at
        if event.at.tzinfo is None
        else event.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    )


def clock(event: Event) -> int:
    start = datetime(1970, 1, 1, tzinfo=None if event.at.tzinfo is None else ZoneInfo("UTC"))
    return (event.at - start) // timedelta(microseconds=1)


def daily(events: list[Event], meaning: Meaning) -> dict[object, dict[int, dict[str, int]]]:
    """user → day → measure → whole number."""
    days: dict[object, dict[int, list[Event]]] = defaultdict(lambda: defaultdict(list))
    for event in events:
        if event.name not in meaning.ignore:
            days[event.user][(local(event, meaning.zone).date() - EPOCH).days].append(event)
    rows = {
        user: {day: one_day(found, meaning) for day, found in sorted(of_user.items())}
        for user, of_user in days.items()
    }
    for of_user in rows.values():
        previous = None
        for day, row in of_user.items():
            gap = day - previous if previous is not None and row["active"] else 0
            row.update(gap=gap, gap_sq=gap * gap, gaps=int(gap > 0))
            previous = day if row["active"] else previous
    return rows


def one_day(events: list[Event], meaning: Meaning) -> dict[str, int]:
    row: dict[str, int] = defaultdict(int)
    acts = sorted((e for e in events if meaning.act(e.name)), key=clock)
    for event in events:
        for role in meaning.of(event.name):
            row[f"n_{role}"] += 1
        paid = meaning.paid(event)
        row["money"] += paid
        row["orders"] += paid > 0
        row["m_seconds"] += micros(event.seconds)
    row["acts"], row["receipts"], row["active"] = (
        len(acts),
        len(events) - len(acts),
        int(bool(acts)),
    )
    row["names"] = len({e.name for e in acts})
    for part, (low, high) in {
        "night": (0, 6),
        "morning": (6, 12),
        "afternoon": (12, 18),
        "evening": (18, 24),
    }.items():
        row[part] = sum(low <= local(e, meaning.zone).hour < high for e in acts)
    for session in sessions(acts):
        row["sessions"] += 1
        row["session_micros"] += clock(session[-1]) - clock(session[0])
        row["steps"] += len({e.name for e in session})
    return row


def sessions(acts: list[Event]) -> list[list[Event]]:
    out: list[list[Event]] = []
    for event in acts:
        if out and clock(event) - clock(out[-1][-1]) <= QUIET:
            out[-1].append(event)
        else:
            out.append([event])
    return out


def micros(amount: float | None) -> int:
    if amount is None or not math.isfinite(amount) or abs(amount) > 1e10:
        return 0
    return round(amount * 1_000_000)


class Person:
    """What cells of a person are at day t, from rows before t alone."""

    def __init__(self, rows: Mapping[int, Mapping[str, int]], t: int, start: int) -> None:
        self.rows = {d: r for d, r in rows.items() if d < t}
        self.t, self.start = t, start
        self.known: dict[object, float] = {}

    def cell(self, cell: object) -> float:
        kind = type(cell).__name__
        if kind == "Observed":
            return float(self.t - self.start)
        if kind == "Wave":
            return math.sin(
                2 * math.pi * ((self.t % cell.period) / cell.period + cell.quarters / 4)
            )
        found = {d: measure(self.rows[d], d, cell.measure) for d in sorted(self.rows)}
        if kind in WALKS:
            return WALKS[kind](
                self, cell, {d: v for d, v in found.items() if self.t - cell.window <= d}
            )
        if kind == "WindowSum":
            oldest = -(10**9) if cell.old is None else self.t - cell.old
            return float(sum(v for d, v in found.items() if oldest <= d < self.t - cell.new))
        if kind == "Longest":
            return float(max(found.values(), default=math.nan))
        marked = [
            d for d, v in found.items() if (self.rows[d]["active"] if kind == "Recent" else v) > 0
        ]
        if kind == "Recent":
            return float(found[marked[-1 - cell.k]]) if len(marked) > cell.k else math.nan
        if not marked:
            return math.nan
        return float(self.t - (marked[-1] if kind == "Since" else marked[0]))

    def value(self, expression: object) -> float:
        """An expression, node by node."""
        if hasattr(expression, "operation"):
            return OPERATIONS[expression.operation](*[self.value(o) for o in expression.operands])
        return (
            float(expression.value)
            if type(expression).__name__ == "Constant"
            else self.cell_once(expression)
        )

    def cell_once(self, cell: object) -> float:
        if cell not in self.known:
            self.known[cell] = self.cell(cell)
        return self.known[cell]


def measure(row: Mapping[str, int], day: int, name: str) -> int:
    """A measure of a day's row, or one that is made of it."""
    if name in row:
        return row[name]
    what, _, of = name.partition("_")
    if name.startswith("gap_over_"):
        return max(row["gap"] - int(name.removeprefix("gap_over_")), 0)
    if name.startswith("gaps_over_"):
        return int(row["gap"] > int(name.removeprefix("gaps_over_")))
    if what == "weekday":
        return int(row["active"] and (EPOCH + timedelta(days=day)).weekday() == int(of))
    return int(row.get(of, 0) > 0) if what == "days" else 0


def decayed(person: Person, cell: object, found: Mapping[int, int]) -> float:
    total = 0.0
    for day, value in found.items():
        total += value * 2.0 ** (-(person.t - day) / cell.half_life)
    return total


def gaps_beyond(person: Person, cell: object, found: Mapping[int, int]) -> float:
    active = [d for d, r in person.rows.items() if r["active"]]
    return (
        float(sum(gap > person.t - max(active) + cell.extra for gap in found.values()))
        if active
        else math.nan
    )


def median(person: Person, cell: object, found: Mapping[int, int]) -> float:
    above = [v for v in found.values() if v > 0]
    return float(statistics.median(above)) if above else math.nan


def slope(person: Person, cell: object, found: Mapping[int, int]) -> float:
    above = [v for _, v in sorted(found.items()) if v > 0]
    if len(above) < 2:
        return math.nan
    middle, level = Fraction(len(above) - 1, 2), Fraction(sum(above), len(above))
    together = sum((i - middle) * (v - level) for i, v in enumerate(above))
    return float(together / sum((i - middle) ** 2 for i in range(len(above))))


WALKS = {
    "Decayed": decayed,
    "MedianIn": median,
    "SlopeIn": slope,
    "GapsBeyond": gaps_beyond,
    "LongestIn": lambda person, cell, found: float(max(found.values(), default=math.nan)),
    "LatestIn": lambda person, cell, found: next(
        (float(found[d]) for d in reversed(found) if found[d] > 0), math.nan
    ),
}


def _spread(function):  # type: ignore[no-untyped-def]
    return lambda *a: math.nan if any(math.isnan(x) for x in a) else function(*a)


def _log(x: float) -> float:
    return math.log(x) if x > 0 else (-math.inf if x == 0 else math.nan)


OPERATIONS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: math.nan if b == 0 else a / b,
    "min": _spread(min),
    "max": _spread(max),
    "log": _spread(_log),
    "sqrt": _spread(math.sqrt),
    "given": lambda c, v: v if c > 0 else math.nan,
    "fill": lambda a, b: b if math.isnan(a) else a,
}


def churned(
    events: list[Event], meaning: Meaning, user: object, t: int, horizon: int, lead: int
) -> bool:
    """Whether the person does nothing in the window, from the raw events."""
    days = [
        (local(e, meaning.zone).date() - EPOCH).days
        for e in events
        if e.user == user and e.name not in meaning.ignore and meaning.act(e.name)
    ]
    return not any(t + lead <= d < t + lead + horizon for d in days)


def spent(events: list[Event], meaning: Meaning, user: object, t: int, horizon: int) -> int:
    """Money in the window, in millionths."""
    return sum(
        meaning.paid(e)
        for e in events
        if e.user == user
        and e.name not in meaning.ignore
        and t <= (local(e, meaning.zone).date() - EPOCH).days < t + horizon
    )


def leaves(
    events: list[Event], meaning: Meaning, user: object, t: int, horizon: int, lead: int, weeks: int
) -> tuple[int | None, int]:
    """The week in which the person leaves, None if not seen, and how many weeks are known, from the raw events."""
    counted = [e for e in events if e.name not in meaning.ignore]
    end = max((local(e, meaning.zone).date() - EPOCH).days for e in counted) + 1
    known = [w for w in range(weeks + 1) if t + lead + 7 * w + horizon <= end]
    silent = [w for w in known if churned(events, meaning, user, t + 7 * w, horizon, lead)]
    return (silent[0] if silent else None), len(known)
