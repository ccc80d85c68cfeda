"""A churnlab.toml to start from: the shape of a log, with every guess marked as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from churnlab.activity.daily import DailyActivity
from churnlab.config.guessed import Shape, receipts_of, roles_of
from churnlab.events.event_log import EventLog
from churnlab.events.log_profile import LogProfile
from churnlab.schema.days import day_text
from churnlab.schema.toml_text import as_toml

GUESS = "a guess: correct it"
_HORIZONS = (14, 30, 60, 90, 180)
_MOST = 40  # events that are listed without a role


@dataclass(frozen=True)
class Draft:
    """A configuration for a log, as text with comments; `profile` is what was seen of the log."""

    text: str
    profile: LogProfile
    first_day: str
    last_day: str
    guesses: tuple[str, ...]


def draft(shape: Shape, options: Mapping[str, Any], root: str) -> Draft:
    """Read a log once by its `shape` and write down a configuration for it.

    `options` are those of EventLog.read beside the columns, such as the time zone; `root` is where
    relative paths start. Raises LogError where the log cannot be read so.
    """
    columns: dict[str, Any] = dict(shape.chosen) | (
        {"preset": shape.preset} if shape.preset else {}
    )
    path = root + shape.path.replace("{day}", "*")
    log = EventLog.read(path, **columns, **options, roles={})
    profile, activity = log.profile(), log.daily()
    names = [str(name) for name in profile.no_role["event"]]
    roles, receipts = roles_of(names), receipts_of(names)
    length = activity.end - activity.start
    horizon = horizon_of(activity)
    parts = [
        _head(shape, profile, activity),
        _log(shape, options, receipts),
        _roles(roles, receipts, names),
        _times(horizon, length),
        _REST,
    ]
    guesses = sorted({*shape.guessed, *(f"role {role}" for role in roles), "churn_horizon"})
    days = day_text(activity.start), day_text(activity.end - 1)
    text = "\n".join(line for part in parts for line in part) + "\n"
    return Draft(text, profile, *days, tuple(guesses))


def horizon_of(activity: DailyActivity) -> int:
    """Days after which silence is unusual: those that nine in ten gaps between active days keep to.

    One of 14, 30, 60, 90, 180, and at most a sixth of the log, so that there is enough to learn.

    >>> import churnlab as cl
    >>> horizon_of(cl.datasets.make_community(users=50, days=170, seed=1).log().daily())
    14
    """
    same = np.diff(activity.codes) == 0
    gaps = np.diff(activity.day)[same]
    usual = float(np.quantile(gaps, 0.9)) * 2 if len(gaps) else 30.0
    allowed = [h for h in _HORIZONS if h <= (activity.end - activity.start) // 6] or [7]
    return next((h for h in allowed if h >= usual), allowed[-1])


def _head(shape: Shape, profile: LogProfile, activity: DailyActivity) -> Iterator[str]:
    first, last = day_text(activity.start), day_text(activity.end - 1)
    facts = profile.facts
    yield f"# Written by `churnlab init`: {facts['events']:,} events of {facts['people']:,} people,"
    yield f"# {first} to {last}. What is marked as a guess is one: read it, correct it."
    yield "#"
    yield "#     churnlab doctor     # is all there that a night needs?"
    yield f"#     churnlab update --since {first} --day {last}     # once, to fill the store"
    yield "#     churnlab train      # then read the card, and `churnlab approve`"
    yield ""
    yield 'name = "churn"'


def _log(shape: Shape, options: Mapping[str, Any], receipts: list[str]) -> Iterator[str]:
    yield from ("", "[log]", as_toml({"path": shape.path}))
    if shape.preset:
        yield f"{as_toml({'preset': shape.preset})}  # the columns of this export; {GUESS}"
    for option, column in shape.chosen.items():
        told = f"  # {GUESS}" if option in shape.guessed else ""
        yield as_toml({option: column}) + told
    if "amount" not in shape.chosen and not shape.preset:
        yield '# amount = "COLUMN"  # money spent, where the log has it'
    for option, value in options.items():
        told = f"  # where days begin; {GUESS}" if option == "timezone" else ""
        yield as_toml({option: value}) + told
    if receipts:
        yield "# Events that happen to a person, so that they do not count as doing something:"
        yield f"{as_toml({'receipts': receipts})}  # {GUESS}"
    if shape.columns:
        yield f"# The columns of the log: {', '.join(shape.columns)[:400]}"


def _roles(roles: Mapping[str, list[str]], receipts: list[str], names: list[str]) -> Iterator[str]:
    yield from ("", f"[log.roles]  # what the events mean, by their names alone; {GUESS}")
    for role, events in roles.items():
        yield as_toml({role: events})
    rest = [n for n in names if n not in receipts and not any(n in e for e in roles.values())]
    if rest:
        yield "# These have no role and count as acts. Give them one, or name a new one:"
        yield f"# {as_toml({'other': rest[:_MOST]})}" + (" and more" if len(rest) > _MOST else "")
    yield "# Roles that churnlab knows: open, content, social, social_received, push_sent,"
    yield "# push_opened, purchase, onboarding, refund; any other name is one of your own."


def _times(horizon: int, length: int) -> Iterator[str]:
    every = 7 if length < 150 or horizon <= 14 else 14
    weeks = max(min(12, (length // 2 - horizon) // 7), 1)
    yield from ("", "[target]")
    yield f"churn_horizon = {horizon}  # days of silence that count as having left; {GUESS}"
    yield f"ltv_horizon = {min(3 * horizon, length // 4)}  # days of spending ahead; {GUESS}"
    within = min(2 * horizon, max(length // 3, horizon))
    yield from ("", "[snapshots]", f"every = {every}")
    yield f"active_within = {within}  # who may leave: people seen in so many days; {GUESS}"
    yield from ("", "[model]", f"when_weeks = {weeks}")


_REST = (
    "",
    "[store]",
    'folder = "activity"  # one file a day; `churnlab update` adds a day each night',
    "",
    "[tracking]",
    'store = "churnlab-runs"',
    "",
    "[output]",
    'folder = "churnlab-output"',
    "",
    "# [costs]  # with them the list can stand by profit",
    "# contact = 0.1",
    "# offer = 5.0",
    "# success = 0.2",
    "",
    "# [[sinks]]  # where the list goes besides the output folder",
    '# to = "postgresql://crm/app"',
)
