"""Counts at churn nodes: who stands at each on a morning, and who of them churns afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from churnlab.activity.daily import DailyActivity
from churnlab.dataset.labels import target_labels
from churnlab.kernels import chains
from churnlab.kernels.jit import frozen
from churnlab.kernels.units import NO_DAY
from churnlab.language.sentence import Words, sentence
from churnlab.retention.funnels.steps import Steps
from churnlab.retention.people import People
from churnlab.schema.days import before, contains
from churnlab.schema.targets import Churn

SILENT = (3, 7, 14, 28)  # days without an act after which people stand at a node


@dataclass(frozen=True)
class Node:
    """A place where people stand: before a step that they have not taken, or after silent days.

    `step` is the place of the step, 0 for a silence; `silent` its days, 0 for a step; `name` is
    the step or what was not done in the silence.
    """

    name: Words
    step: int = 0
    silent: int = 0
    role: str = "acts"
    done: Words = ""

    def words(self) -> Words:
        """The node for people.

        >>> print(Node("acts", silent=7).words(), Node("pay", 2, done="registered").words())
        no act for 7 days or more registered, but not pay
        """
        if not self.silent:
            return sentence("{done}, but not {step}", done=self.done, step=self.name)
        if self.role == "acts":
            return sentence("no act for {days:day|days} or more", days=self.silent)
        return sentence("no {role} for {days:day|days} or more", role=self.role, days=self.silent)


@dataclass(frozen=True, eq=False)
class Plan:
    """What is counted: nodes at the mornings `days`, of what was done in `[t - within, t)`."""

    steps: Steps
    nodes: tuple[Node, ...]
    measures: dict[str, str]
    days: tuple[int, ...]
    within: int
    target: Churn

    def makers(self, people: People) -> list[Callable[[], Tally]]:
        """The function that makes the tally."""
        return [lambda: Tally(self, people)]


class Tally:
    """Counts while people are added.

    `totals` int64[nodes + 1, 5] are the sums over people of n, x, nn, nx and xx: how often each
    stood at a node, and churned afterwards; the last row is of everybody. `rest` is the same of
    those who did not stand there.
    """

    def __init__(self, plan: Plan, people: People) -> None:
        self.plan, self.people = plan, people
        self.totals = np.zeros((len(plan.nodes) + 1, 5), np.int64)
        self.rest = np.zeros((len(plan.nodes), 5), np.int64)
        self.seen = np.zeros(len(people.ids), bool)

    def add(self, part: DailyActivity, places: np.ndarray) -> None:
        """Count a group of people."""
        self.seen[places[places >= 0]] = True
        registered = np.full(len(part.users), NO_DAY, np.int64)
        if self.plan.steps.by_registration:
            registered = self.people.started(part, places)
        found = [_Morning(self.plan, part, registered, day) for day in self.plan.days]
        churned = [target_labels(part, t, self.plan.target)["churned"] > 0 for t in self.plan.days]
        self._count([m.eligible for m in found], [m.standing for m in found], churned)

    def _count(
        self,
        eligible: list[np.ndarray],
        standing: list[list[np.ndarray]],
        churned: list[np.ndarray],
    ) -> None:
        there, gone = np.array(eligible), np.array(churned)
        everybody = _sums(there, gone)
        self.totals[-1] += everybody
        for k in range(len(self.plan.nodes)):
            at = np.array([s[k] for s in standing]) & there
            self.totals[k] += _sums(at, gone)
            self.rest[k] += _sums(there & ~at, gone)

    def merge(self, other: Tally) -> None:
        """Add another tally."""
        self.totals += other.totals
        self.rest += other.rest
        self.seen |= other.seen

    def add_absent(self) -> None:
        """Registered people without a row: they took no further step, and churned."""
        plan, people = self.plan, self.people
        if not plan.steps.by_registration or people.registered is None:
            return
        since = people.registered[~self.seen]
        gone = np.full(len(since), plan.target.terminal is None)
        eligible = [contains(since, t - plan.within, t) for t in plan.days]
        standing = [[_absent(node, since, t) for node in plan.nodes] for t in plan.days]
        self._count(eligible, standing, [gone] * len(plan.days))


class _Morning:
    """Who is eligible on the morning of a day, and at which nodes they stand."""

    def __init__(self, plan: Plan, part: DailyActivity, registered: np.ndarray, t: int) -> None:
        low = t - plan.within
        last = {name: _last(part, measure, t) for name, measure in plan.measures.items()}
        new = contains(registered, low, t)
        self.eligible = contains(last["acts"], low, t) | new
        last["acts"] = np.maximum(last["acts"], np.where(new, registered, NO_DAY))
        taken = _taken(plan, part, registered, low, t)
        self.standing = [
            taken == node.step - 1 if node.step else before(last[node.role], t - node.silent + 1)
            for node in plan.nodes
        ]


def _absent(node: Node, since: np.ndarray, t: int) -> np.ndarray:
    """Whether people who registered and did nothing more stand at a node."""
    if node.step:
        return np.full(len(since), node.step == 2)
    return before(since, t - node.silent + 1) if node.role == "acts" else np.full(len(since), True)


def _last(part: DailyActivity, measure: str, t: int) -> np.ndarray:
    """The last day before t on which a measure is above zero; folded days count for acts."""
    value = frozen((part.values(measure) > 0).astype(np.int32))
    found: np.ndarray = chains.last_before(frozen(part.first), frozen(part.day), value, t)
    if part.carry is None or measure != "acts":
        return found
    folded = part.carry.recent[:, 0]
    return np.where(found == NO_DAY, np.where(before(folded, t), folded, NO_DAY), found)


def _taken(plan: Plan, part: DailyActivity, registered: np.ndarray, low: int, t: int) -> np.ndarray:
    """How many steps each person took in `[low, t)`, int8[people]; 0 without a start."""
    people, steps = len(part.users), plan.steps
    taken = np.zeros(people, np.int8)
    if not len(steps):
        return taken
    day = frozen(part.day.astype(np.int64))
    when, pending = np.zeros((people, len(steps)), np.int64), np.zeros(people, np.uint8)
    rows = frozen(part.first), day, day, steps.have(part)
    entry = frozen(np.where(contains(registered, low, t), registered, NO_DAY))
    walk = steps.places, steps.later, entry, entry
    chains.reached(*rows, *walk, low, t, t, plan.within + 1, taken, when, pending)
    return taken


def _sums(there: np.ndarray, gone: np.ndarray) -> np.ndarray:
    """Sums over people of n, x, nn, nx and xx, of bool[days, people]."""
    n, x = there.sum(axis=0), (there & gone).sum(axis=0)
    return np.array([n.sum(), x.sum(), (n * n).sum(), (n * x).sum(), (x * x).sum()], np.int64)


def nodes_of(steps: Steps, silent: Mapping[str, Sequence[int]]) -> tuple[Node, ...]:
    """One node for each step but the first, and for each run of silent days.

    >>> nodes_of(Steps((), ()), {"acts": [7]})[0].silent
    7
    """
    names = [step.words() for step in steps.steps]
    found = [Node(names[k], k + 1, done=names[k - 1]) for k in range(1, len(names))]
    found += [Node(role, silent=d, role=role) for role, days in silent.items() for d in days]
    return tuple(found)
