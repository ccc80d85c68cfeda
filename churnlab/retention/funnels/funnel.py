"""Funnel: steps taken in order within a window; who is lost at which, and how long each takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import churnlab.retention.funnels.tables as tables
from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Activity
from churnlab.errors.retention import PeopleError, ShortLogError
from churnlab.evaluation.tables import TitledTable
from churnlab.kernels import chains
from churnlab.kernels.jit import frozen
from churnlab.kernels.units import NO_DAY
from churnlab.language.sentence import Words, sentence
from churnlab.report.displays.display import Display
from churnlab.retention.counting import count
from churnlab.retention.funnels.display import FunnelDisplay
from churnlab.retention.funnels.steps import Step, Steps
from churnlab.retention.people import People
from churnlab.retention.shown import Shown
from churnlab.schema.days import before, check_count, contains


@dataclass(frozen=True, eq=False, repr=False)
class Funnel(tables.Walked, Shown):
    """How far people come through steps in order, and where they are lost.

    A person enters with the first step and has a window from it: a step counts when it comes
    after the one before and in `[start, start + within)`. Other things may lie between. Of several
    starts the one that leads furthest counts, then the one that gets there first. Starts whose
    window reaches past the end of the log are left out, whatever came of them: who has no other is
    counted in `pending`, not lost.

    At the grain of days (`exact` False) the order within a day is not known: steps on one day are
    taken to be in order, and the same step twice needs two events or two days. `funnel` makes one
    from daily rows, `exact_funnel` from the log itself.
    """

    def table(self) -> pd.DataFrame:
        """One row for each group and step.

        Columns: grouping, group (missing for everybody), step (from 1), name, people (who took it),
        of_first (share of those who entered), of_previous with low and high (share of those who
        took the step before; Wilson's 95% interval), lost (people who took the step before alone),
        median_days and mean_days (from the first step), median_days_before and mean_days_before
        (from the step before). Shares of nobody are missing.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=80, days=60, seed=1).log().daily()
        >>> funnel(activity, ["open", "social", "later open"], within=7).table()["people"].tolist()
        [80, 80, 80]
        """
        return tables.long_table(self)

    def differences(self) -> pd.DataFrame:
        """Differences of the share that takes each step, between each two groups of a grouping.

        Columns: grouping, one, other, step, name, difference (of `of_previous`, one less other),
        low, high (95%), p, p_holm (corrected for all rows), beyond_chance.
        """
        return tables.differences(self)

    @property
    def title(self) -> Words:
        """What the result is."""
        return sentence("From step to step")

    def sentences(self) -> tuple[Words, ...]:
        """How many come through, where most are lost, and how long it takes."""
        return tables.sentences(self)

    @property
    def warnings(self) -> tuple[Words, ...]:
        """What to know before the figures are used."""
        return tables.warnings(self)

    def sections(self) -> list[TitledTable]:
        """The steps, the groups, and their differences, as words."""
        return tables.sections(self)

    def displays(self) -> tuple[Display, ...]:
        """The people who took each step, as bars."""
        names = [step.words() for step in self.steps.steps]
        return (FunnelDisplay(self.table(), names),)


class Tally:
    """How far each person came, while people are added."""

    def __init__(self, plan: Plan, people: People) -> None:
        self.plan, self.people = plan, people
        self.found: list[tables.Taken] = []
        self.pending = 0
        self.seen = np.zeros(len(people.ids), bool)

    def add(self, part: DailyActivity, places: np.ndarray) -> None:
        """Walk the rows of a group of people."""
        plan = self.plan
        self.seen[places[places >= 0]] = True
        people, steps = len(part.users), len(plan.steps)
        entry = np.full(people, NO_DAY, np.int64)
        if plan.steps.by_registration:
            entry = self.people.started(part, places)
        taken, when = np.zeros(people, np.int8), np.zeros((people, steps), np.int64)
        pending = np.zeros(people, np.uint8)
        day = frozen(part.day.astype(np.int64))
        chains.reached(
            frozen(part.first),
            day,
            day,
            plan.steps.have(part),
            plan.steps.places,
            plan.steps.later,
            frozen(entry),
            frozen(entry),
            plan.low,
            plan.stop,
            plan.end,
            plan.within,
            taken,
            when,
            pending,
        )
        self._keep(places, taken, when, pending)

    def _keep(
        self, places: np.ndarray, taken: np.ndarray, when: np.ndarray, pending: np.ndarray
    ) -> None:
        entered = taken > 0
        self.pending += int((pending[~entered] > 0).sum())
        since = (when[entered] - when[entered, :1]).astype(np.float32)
        groups = self.people.groupings
        segments = [self.people.segments(g, places[entered]) for g in groups]
        self.found.append(tables.Taken(taken[entered], since, segments))

    def merge(self, other: Tally) -> None:
        """Add another tally."""
        self.found += other.found
        self.pending += other.pending
        self.seen |= other.seen

    def add_absent(self) -> None:
        """Registered people without a row: they took the first step alone."""
        if not self.plan.steps.by_registration or self.people.registered is None:
            return
        absent = np.flatnonzero(~self.seen)
        since, plan = self.people.registered[absent], self.plan
        inside = contains(since, plan.low, plan.stop)
        taken = inside.astype(np.int8)
        pending = contains(since, plan.stop, plan.end).astype(np.uint8)
        self._keep(absent, taken, np.zeros((len(absent), len(plan.steps)), np.int64), pending)


@dataclass(frozen=True, eq=False)
class Plan:
    """What is walked: steps, starts in `[low, stop)`, rows before `end`, all in days."""

    steps: Steps
    low: int
    stop: int
    end: int
    within: int

    def makers(self, people: People) -> list[Callable[[], Tally]]:
        """The function that makes the tally."""
        return [lambda: Tally(self, people)]

    def finish(self, people: People, found: Sequence[Tally]) -> Funnel:
        """The result of the tally."""
        (tally,) = found
        tally.add_absent()
        groupings = tuple((g.name, g.groups) for g in people.groupings)
        all_taken = tables.Taken.together(tally.found, len(self.steps), len(groupings))
        return Funnel(self.steps, self.within, all_taken, groupings, tally.pending, False)


def funnel(
    activity: Activity,
    steps: Iterable[str | Step],
    users: Any | None = None,
    *,
    by: str | Iterable[str] = (),
    registered: str | None = None,
    within: int = 7,
) -> Funnel:
    """How far people come through steps, from daily rows.

    | argument | meaning |
    |---|---|
    | `steps` | roles or measures in order: "open", or "later open" for one on a later day than \
the step before; the first may be "registered"; or `Step`s |
    | `users` | a frame with user_id, attributes, and the day of registration |
    | `by` | attributes of `users` to tell people apart by, one or several |
    | `registered` | the column of `users` with the day of registration |
    | `within` | days from the first step in which the last must come, the first day included |

    Raises StepError for steps that cannot be, HistoryError for a log shorter than the window,
    FrameError for `users` that cannot be used, ConfigError on Spark.

    >>> import churnlab as cl
    >>> made = cl.datasets.make_community(users=80, days=60, seed=1)
    >>> found = funnel(made.log().daily(), ["open", "social"], made.users, by="channel")
    >>> print(found.sentences()[0])
    100.0% of 80 people came through all steps within 7 days
    """
    plan = plan_of(activity, steps, within)
    if plan.steps.by_registration and (users is None or registered is None):
        raise PeopleError.from_no_registration()
    people = People.of(activity, users, by, registered)
    return plan.finish(people, count(activity, people, plan.makers(people)))


def plan_of(activity: Activity, steps: Iterable[str | Step], within: int) -> Plan:
    """What `funnel` walks; errors as there.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
    >>> plan = plan_of(activity, ["open", "social"], 7)
    >>> plan.end - plan.stop
    6
    """
    check_count("within", within, 1)
    known = Steps.of(activity, steps)
    known.check_within(within, 1 + int(known.later.sum()))
    low, end = activity.kept_from, activity.end
    if before(end, low + within):
        what = f"a funnel within {within:,} days"
        raise ShortLogError.from_window(what, within, end - low)
    return Plan(known, low, end - within + 1, end, within)
