"""The facts of a person in plain Python, from the oracle's daily rows, and a checker of sentences.

`Plain.number(name)` recomputes a fact from its name alone; it shares no code with the library.
`problems(text, fact)` reads the numbers of an English reason back and says what is wrong with it,
where `fact` gives a fact by its name: those of `Plain`, or those of a frame.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import oracle

MICRO = 1_000_000
COUNTS = {
    "visits": "active",
    "gaps": "gaps",
    "sessions": "sessions",
    "pushes_sent": "n_push_sent",
    "pushes_opened": "n_push_opened",
    "social": "n_social",
    "received": "n_social_received",
    "content": "n_content",
    "orders": "orders",
    "setup_steps": "n_onboarding",
}
MEANS = {
    "minutes_a_session": ("session_micros", "sessions", 60 * MICRO),
    "steps_a_session": ("steps", "sessions", 1),
    "functions_a_day": ("names", "active", 1),
    "acts_a_day": ("acts", "active", 1),
    "order_value": ("money", "orders", MICRO),
}
NOT_DONE = {"social_received", "push_sent", "refund"}


@dataclass
class Plain:
    """A person's daily rows before t, of a log from day `start` with these named roles."""

    rows: Mapping[int, Mapping[str, int]]
    t: int
    roles: tuple[str, ...]
    start: int
    receipts: frozenset[str] = frozenset()

    def number(self, name: str) -> float:
        """The fact of a name like fact__visits_before__14d_14d; NaN where it is not known."""
        _, what, window = name.split("__")
        new, old = 0, 10**6
        if window != "all":
            first, _, second = window.replace("d", "").partition("_")
            new, old = (int(first), int(first) + int(second)) if second else (0, int(first))
            what = what.removesuffix("_before") if second else what
        return float(self._of(what, new, old))

    def _of(self, what: str, new: int, old: int) -> float:
        if what in COUNTS:
            return self._sum(COUNTS[what], new, old)
        if what in MEANS:
            top, below, scale = MEANS[what]
            return _ratio(self._sum(top, new, old), self._sum(below, new, old) * scale)
        if what in ("seen_days", "started_days"):
            return self._first(("acts", "receipts"))
        if what == "days_seen":
            return max(min(self._first(("acts", "receipts")), old) - new, 0)
        if what == "spent":
            return self._sum("money", new, old) / MICRO
        if what == "usual_gap_days":
            gaps = [r["gap"] for r in self._in(new, old) if r["gap"] > 0]
            return statistics.median(gaps) if gaps else math.nan
        if what == "kinds_used":
            kinds = [r for r in self.roles if r not in NOT_DONE | self.receipts]
            return sum(self._sum(f"n_{kind}", new, old) > 0 for kind in kinds)
        if what == "order_every_days":
            life = self._first(("orders",), math.nan) - self._last("orders")
            return _ratio(life, self._sum("orders", 0, 10**6) - 1)
        if what == "log_before_days":
            return self.t - self.start - self._first(("acts", "receipts"))
        return self._of_orders_and_rest(what, new, old)

    def _of_orders_and_rest(self, what: str, new: int, old: int) -> float:
        """Acts that are no orders, acts without a role, and days with an order."""
        acts = self._sum("acts", new, old)
        if what == "acts_beside_orders":
            return acts - self._sum("orders", new, old)
        if what == "acts_without_role":
            return acts - sum(self._sum(f"n_{r}", new, old) for r in self.roles)
        if what == "not_orders":
            bought = self._sum("n_purchase", new, old) - self._sum("orders", new, old)
            gone_back = self._sum("n_refund", new, old)
            return (bought if "purchase" in self.roles else 0) + gone_back
        if what == "order_first_days":
            return self._first(("orders",), math.nan)
        if what == "order_days":
            return self._days("orders", new, old)
        return self._of_an_act(what, new, old)

    def _of_an_act(self, what: str, new: int, old: int) -> float:
        """social_ago_days, role_quiz_every_days, push_opened_ago_days and the like."""
        if what == "away_days":
            return self._last("active")
        name, _, kind = what.removesuffix("_days").rpartition("_")
        if kind == "ago":
            return self._last(
                {"order": "orders", "push_opened": "n_push_opened"}.get(name, _n(name))
            )
        if kind == "every":
            return _ratio(self._of("days_seen", new, old), self._days(_n(name), new, old))
        if what.endswith("_days"):
            return self._days(_n(what.removesuffix("_days")), new, old)
        return self._sum(_n(what), new, old)

    def _in(self, new: int, old: int) -> list[Mapping[str, int]]:
        return [r for d, r in self.rows.items() if self.t - old <= d < self.t - new]

    def _sum(self, measure: str, new: int, old: int) -> float:
        return sum(r.get(measure, 0) for r in self._in(new, old))

    def _days(self, measure: str, new: int, old: int) -> int:
        return sum(r.get(measure, 0) > 0 for r in self._in(new, old))

    def _marked(self, measures: tuple[str, ...]) -> list[int]:
        return [d for d, r in self.rows.items() if d < self.t and any(r[m] > 0 for m in measures)]

    def _first(self, measures: tuple[str, ...], none: float = 0) -> float:
        return self.t - min(self._marked(measures)) if self._marked(measures) else none

    def _last(self, measure: str) -> float:
        return self.t - max(self._marked((measure,))) if self._marked((measure,)) else math.nan


def plain_people(found: list[oracle.Event], meaning: oracle.Meaning, t: int) -> dict[object, Plain]:
    """Everybody of a log at a day."""
    roles = tuple(sorted({*meaning.roles, *meaning.receipts} - set(meaning.ignore)))
    every = oracle.daily(found, meaning)
    start = min((d for rows in every.values() for d in rows), default=t)
    given = frozenset(meaning.receipts)
    return {u: Plain(rows, t, roles, start, given) for u, rows in every.items()}


def _n(name: str) -> str:
    return f"n_{name.removeprefix('role_')}".replace("n_received", "n_social_received")


def _ratio(top: float, below: float) -> float:
    return top / below if below else math.nan


# Sentences, read back.

NUMBER = r"([\d,]+(?:\.\d+)?)"
LENGTH = r"(\d+) (day|days|week|weeks)"
FALLS = {  # in the last …, … before
    rf"Visited on {NUMBER} days? in the last {LENGTH}, on {NUMBER} in the {LENGTH} before": "visits",
    rf"Bought on {NUMBER} days? in the last {LENGTH}, on {NUMBER} in the {LENGTH} before": "order_days",
    rf"{NUMBER} sessions? in the last {LENGTH}, {NUMBER} in the {LENGTH} before": "sessions",
    rf"{NUMBER} interactions? with others in the last {LENGTH}, {NUMBER} in the {LENGTH} before": "social",
    rf"Received {NUMBER} reactions? in the last {LENGTH}, {NUMBER} in the {LENGTH} before": "received",
    rf"Viewed {NUMBER} things? in the last {LENGTH}, {NUMBER} in the {LENGTH} before": "content",
    rf"{NUMBER} orders? in the last {LENGTH}, {NUMBER} in the {LENGTH} before": "orders",
    rf"Spent [¥$]?{NUMBER} in the last {LENGTH}, [¥$]?{NUMBER} in the {LENGTH} before": "spent",
    rf"Used {NUMBER} kinds? of function in the last {LENGTH}, {NUMBER} in the {LENGTH} before": "kinds_used",
}
NONES = {  # nothing in the last …, … before
    rf"No visit in the last {LENGTH}, visited on {NUMBER} days? in the {LENGTH} before": "visits",
    rf"Bought nothing in the last {LENGTH}, bought on {NUMBER} days? in the {LENGTH} before": "order_days",
    rf"No session in the last {LENGTH}, {NUMBER} in the {LENGTH} before": "sessions",
    rf"No interaction with others in the last {LENGTH}, {NUMBER} in the {LENGTH} before": "social",
    rf"Received no reaction in the last {LENGTH}, {NUMBER} in the {LENGTH} before": "received",
    rf"Viewed nothing in the last {LENGTH}, {NUMBER} things? in the {LENGTH} before": "content",
    rf"No order in the last {LENGTH}, {NUMBER} in the {LENGTH} before": "orders",
    rf"Spent nothing in the last {LENGTH}, [¥$]?{NUMBER} in the {LENGTH} before": "spent",
}
MEAN_FALLS = {  # now, before
    rf"Sessions last {NUMBER} minutes? now, {NUMBER} before": "minutes_a_session",
    rf"Takes {NUMBER} steps? a session now, {NUMBER} before": "steps_a_session",
    rf"Uses {NUMBER} functions? on an active day now, {NUMBER} before": "functions_a_day",
    rf"Does {NUMBER} things? on an active day now, {NUMBER} before": "acts_a_day",
    rf"Orders of [¥$]?{NUMBER} on average now, [¥$]?{NUMBER} before": "order_value",
}
LATE = {  # usual interval and present one: facts, and which number comes first
    rf"Usually back after {NUMBER} days?, away for {NUMBER} days?": (
        "usual_gap_days__364d",
        "away_days__all",
    ),
    rf"Usually buys again after {NUMBER} days?, last order {NUMBER} days? ago": (
        "usual_gap_days__364d",
        "away_days__all",
    ),
}
STOPPED = {
    rf"No interaction with others for {NUMBER} days?, used to be every(?: {NUMBER})? days?": "social",
    rf"No reaction from others for {NUMBER} days?, used to be every(?: {NUMBER})? days?": "received",
    rf"Viewed nothing for {NUMBER} days?, used to every(?: {NUMBER})? days?": "content",
}
CHANGES = ((14, 56), (28, 91), (91, 91))
Known = Callable[[str], float]


def problems(text: str, fact: Known) -> list[str]:
    """What is wrong with an English reason; an empty list where nothing is."""
    wrong = [
        f"not for people: {text}"
        for word in ("log ratio", "deviation", "__", "nan", "{")
        if word in text
    ]
    wrong += [f"a share of {n}%" for n in re.findall(r"(\d+)%", text) if int(n) > 100]
    wrong += [
        f"0 or 1 of several: {text}"
        for _ in re.findall(r"\b1 (?:day|push|order|minute|step|session|thing|week)e?s\b", text)
    ]
    for table, check in (
        (FALLS, _fell),
        (NONES, _none),
        (MEAN_FALLS, _mean_fell),
        (LATE, _late),
        (STOPPED, _stopped),
        (OTHERS, lambda found, what, fact: what(found, fact)),
    ):
        for pattern, what in table.items():
            if found := re.fullmatch(pattern, text):
                return wrong + [f"{said}: {text}" for said in check(found, what, fact)]
    return [*wrong, f"unknown form: {text}"]


def _plain(text: str) -> float:
    return float(text.replace(",", ""))


def _days(number: str, unit: str) -> int:
    return int(number) * (7 if unit.startswith("week") else 1)


def same(said: str, known: float) -> bool:
    """Whether a number as it is written is the number rounded so far."""
    digits = len(said.partition(".")[2])
    return abs(_plain(said) - known) <= 0.5 * 10**-digits + 1e-9


def _fell(found: re.Match, what: str, fact: Known) -> list[str]:
    now, n, unit, before, m, unit_before = found.groups()
    days = _days(n, unit)
    out = [] if days == _days(m, unit_before) else ["two lengths"]
    out += _equal(now, fact(f"fact__{what}__{days}d"))
    out += _equal(before, fact(f"fact__{what}_before__{days}d_{days}d"))
    out += ["no fall"] * (not 0 < _plain(now) < _plain(before))
    return out + ["before the first day"] * (fact("fact__seen_days__all") < 2 * days)


def _none(found: re.Match, what: str, fact: Known) -> list[str]:
    n, unit, before, m, unit_before = found.groups()
    days = _days(n, unit)
    out = [] if days == _days(m, unit_before) else ["two lengths"]
    out += ["not nothing"] * (fact(f"fact__{what}__{days}d") != 0)
    out += _equal(before, fact(f"fact__{what}_before__{days}d_{days}d"))
    out += ["no fall"] * (not _plain(before) > 0)
    return out + ["before the first day"] * (fact("fact__seen_days__all") < 2 * days)


def _mean_fell(found: re.Match, what: str, fact: Known) -> list[str]:
    now, before = found.groups()
    pairs = [
        (fact(f"fact__{what}__{a}d"), fact(f"fact__{what}_before__{a}d_{b}d"))
        for a, b in CHANGES
        if _has(fact, f"fact__{what}__{a}d")
    ]
    known = any(same(now, x) and same(before, y) and x < y for x, y in pairs)
    return ["no such means"] * (not known) + ["no fall"] * (not _plain(now) < _plain(before))


def _has(fact: Known, name: str) -> bool:
    try:
        fact(name)
    except KeyError:
        return False
    return True


def _late(found: re.Match, facts: tuple[str, str], fact: Known) -> list[str]:
    usual, away = found.groups()
    out = _equal(usual, fact(f"fact__{facts[0]}")) + _equal(away, fact(f"fact__{facts[1]}"))
    out += ["a gap longer than its window"] * (_plain(usual) > 364)
    return out + ["not late"] * (not _plain(away) >= 2 * _plain(usual))


def _stopped(found: re.Match, what: str, fact: Known) -> list[str]:
    since, every = found[1], found[2] or "1"
    out = _equal(since, fact(f"fact__{what}_ago_days__all"))
    out += _equal(every, fact(f"fact__{what}_every_days_before__14d_56d"))
    return out + ["not late"] * (not _plain(since) >= 3 * _plain(every))


def _equal(said: str, known: float) -> list[str]:
    return [] if same(said, known) else [f"{said} is {known}"]


def _single(name: str, least: float, found: re.Match, fact: Known) -> list[str]:
    """One number, which is a fact and at least so much."""
    return _equal(found[1], fact(name)) + ["good news"] * (_plain(found[1]) < least)


def _seen_from_the_first(fact: Known) -> list[str]:
    return ["there when the log began"] * (fact("fact__log_before_days__all") < 28)


def _seldom(found: re.Match, fact: Known) -> list[str]:
    visits, away = found.groups()
    if found[0].startswith("Bought"):
        rest = fact("fact__acts_beside_orders__all")
        return _seldom_seen(visits, away, fact) + ["not all are orders"] * (rest != 0)
    return _seldom_seen(visits, away, fact)


def _seldom_seen(visits: str, away: str, fact: Known) -> list[str]:
    out = _equal(visits, fact("fact__visits__all")) + _equal(away, fact("fact__away_days__all"))
    out += _seen_from_the_first(fact)
    return out + ["good news"] * (not (_plain(visits) <= 3 and _plain(away) >= 14))


def _pushes(found: re.Match, fact: Known) -> list[str]:
    opened, sent, n, unit, opened_before, sent_before, m, unit_before = found.groups()
    recent = _days(n, unit)
    before = {14: 56, 28: 91}[recent]
    opened = "0" if opened == "none" else opened
    label = f"before__{recent}d_{before}d"
    out = _equal(opened, fact(f"fact__pushes_opened__{recent}d"))
    out += _equal(sent, fact(f"fact__pushes_sent__{recent}d"))
    out += _equal(opened_before, fact(f"fact__pushes_opened_{label}"))
    out += _equal(sent_before, fact(f"fact__pushes_sent_{label}"))
    seen = min(fact("fact__seen_days__all") - recent, before)
    out += ["days not there"] * (_days(m, unit_before) != seen)
    out += ["more than all"] * (
        _plain(opened) > _plain(sent) or _plain(opened_before) > _plain(sent_before)
    )
    rose = _plain(opened) / _plain(sent) >= _plain(opened_before) / _plain(sent_before)
    return out + ["no fall"] * rose


def _none_opened(found: re.Match, fact: Known) -> list[str]:
    sent, n, unit = found.groups()
    days = _days(n, unit)
    window = 14 if days <= 14 else 28
    out = _equal(sent, fact(f"fact__pushes_sent__{window}d"))
    out += ["not nothing"] * (fact(f"fact__pushes_opened__{window}d") != 0)
    return out + ["days not there"] * (days != min(window, fact("fact__seen_days__all")))


def _opened_long_ago(found: re.Match, fact: Known) -> list[str]:
    since, sent, n, unit = found.groups()
    out = _equal(since, fact("fact__push_opened_ago_days__all"))
    out += _equal(sent, fact("fact__pushes_sent__14d")) + ["good news"] * (_plain(since) < 14)
    return out + ["days not there"] * (_days(n, unit) != min(14, fact("fact__seen_days__all")))


def _few(found: re.Match, fact: Known) -> list[str]:
    visits, n, unit, away = found.groups()
    days = min(91, fact("fact__seen_days__all"))
    bought = found[0].startswith("Bought")
    out = _equal(visits, fact(f"fact__{'order_days' if bought else 'visits'}__91d"))
    last = fact(f"fact__{'order_ago' if bought else 'away'}_days__all")
    out += _equal(away, last) if away else []
    out += ["good news"] * (not _plain(visits) * 10 <= days)
    return out + ["wrong days"] * (_days(n, unit) != days)


def _most_days(found: re.Match, fact: Known) -> list[str]:
    away = fact("fact__away_days__all")
    days = min(28, fact("fact__seen_days__all")) - away + 1
    share = fact("fact__visits__28d") / days if days >= 14 else math.nan
    return _equal(found[1], away) + ["not most days"] * (not 0.7 < share <= 1)


def _below_a_minute(found: re.Match, fact: Known) -> list[str]:
    return ["no such means"] * (
        not any(
            same(found[1], fact(f"fact__minutes_a_session_before__{a}d_{b}d"))
            and fact(f"fact__minutes_a_session__{a}d") <= 0.5
            for a, b in CHANGES[:2]
        )
    )


def _order_late(found: re.Match, fact: Known) -> list[str]:
    since, every = found[1], found[2] or "1"
    out = _equal(since, fact("fact__order_ago_days__all"))
    out += _equal(every, fact("fact__order_every_days__all"))
    return out + ["not late"] * (not _plain(since) >= 2 * _plain(every))


def _first_seen(found: re.Match, fact: Known) -> list[str]:
    started, visits = found.groups()
    out = _equal(started, fact("fact__started_days__all")) + _equal(
        visits, fact("fact__visits__all")
    )
    out += _seen_from_the_first(fact)
    return out + ["good news"] * (not _plain(visits) <= _plain(started) / 4)


def _no_setup(found: re.Match, fact: Known) -> list[str]:
    out = _equal(found[1], fact("fact__started_days__all")) + _seen_from_the_first(fact)
    return out + ["a step"] * (fact("fact__setup_steps__all") != 0)


def _next_day(found: re.Match, fact: Known) -> list[str]:
    out = _single("fact__away_days__all", 3, found, fact)
    return out + ["not the next day"] * (not same("1", fact("fact__usual_gap_days__364d")))


def _once(found: re.Match, fact: Known) -> list[str]:
    if found[0].startswith("Bought"):
        out = _single("fact__order_ago_days__all", 7, found, fact)
        once = fact("fact__order_first_days__all") == fact("fact__order_ago_days__all")
    else:
        out = _single("fact__away_days__all", 7, found, fact)
        once = fact("fact__visits__all") == 1
    return out + _seen_from_the_first(fact) + ["not once"] * (not once)


def _role(found: re.Match, fact: Known) -> list[str]:
    """A role of the user's own: its name, which is part of its facts' names, and a fall."""
    role = found[1].replace(" ", "_")
    rest = found[2]
    for pattern, table in (
        (rf"{NUMBER} times? in the last {LENGTH}, {NUMBER} in the {LENGTH} before", _fell),
        (rf"not once in the last {LENGTH}, {NUMBER} times? in the {LENGTH} before", _none),
    ):
        if inner := re.fullmatch(pattern, rest):
            return table(inner, f"role_{role}", fact)
    if inner := re.fullmatch(
        rf"not for {NUMBER} days?, used to be every(?: {NUMBER})? days?", rest
    ):
        return _stopped(inner, f"role_{role}", fact)
    return []


def _one_order(found: re.Match, fact: Known) -> list[str]:
    return _single("fact__order_ago_days__all", 28, found, fact) + _seen_from_the_first(fact)


OTHERS = {
    rf"Usually (?:back|buys again) the next day, (?:away for|last order) {NUMBER} days?(?: ago)?": _next_day,
    rf"Has not visited for {NUMBER} days?, after visiting most days": _most_days,
    rf"(?:Visited|Bought) on one day only, {NUMBER} days? ago": _once,
    rf"(?:Visited|Bought) on {NUMBER} days? in all, last {NUMBER} days? ago": _seldom,
    rf"Last visit {NUMBER} days? ago": partial(_single, "fact__away_days__all", 14),
    rf"Last order {NUMBER} days? ago": partial(_single, "fact__order_ago_days__all", 14),
    rf"(?:Visited|Bought) on only {NUMBER} days? in the last {LENGTH}(?:, last {NUMBER} days? ago)?": _few,
    rf"Usually {NUMBER} days? between (?:visits|orders)": partial(
        _single, "fact__usual_gap_days__364d", 10
    ),
    r"(\d+)% likely gone for good, judging by past (?:visits|orders) \(an estimate\)": lambda found, fact: [],
    rf"First seen {NUMBER} days? ago, visited on {NUMBER} days? since": _first_seen,
    rf"No step of the setup done, {NUMBER} days? after the first visit": _no_setup,
    rf"Sessions last less than a minute now, {NUMBER} minutes? before": _below_a_minute,
    rf"Opened (none|\d+) of {NUMBER} push(?:es)? in the last {LENGTH}, {NUMBER} of {NUMBER} in the {LENGTH} before": _pushes,
    rf"Opened none of {NUMBER} push(?:es)? in the last {LENGTH}": _none_opened,
    rf"Last opened a push {NUMBER} days? ago, {NUMBER} push(?:es)? sent in {LENGTH}": _opened_long_ago,
    rf"Last order {NUMBER} days? ago, usually orders every(?: {NUMBER})? days?": _order_late,
    rf"One order so far, {NUMBER} days? ago": _one_order,
    r"([^:]+): (.+)": _role,
}
