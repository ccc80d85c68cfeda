"""Steps of a funnel: roles, measures or registration, in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Activity
from churnlab.errors.retention import StepError
from churnlab.kernels.jit import frozen
from churnlab.kernels.records import SUMS
from churnlab.language.sentence import Words, sentence
from churnlab.retention.measured import measure_of

REGISTERED = "registered"
_LATER = "later "
_MOST = 20


@dataclass(frozen=True)
class Step:
    """A step of a funnel: a role or a measure by name, or "registered".

    With `later` it counts from the day after the step before. `label` is what tables call it.

    >>> print(Step("open", later=True).words(), Step("registered").words(), sep="; ")
    open, on a later day; registered
    """

    name: str
    later: bool = False
    label: str = ""

    def words(self) -> Words:
        """The step for people."""
        if self.label:
            return self.label
        named = sentence("registered") if self.name == REGISTERED else self.name
        return sentence("{step}, on a later day", step=named) if self.later else named


@dataclass(frozen=True)
class Steps:
    """The steps of a funnel, with the daily measure of each; None for registration."""

    steps: tuple[Step, ...]
    measures: tuple[str | None, ...]

    @classmethod
    def of(cls, activity: Activity, given: Iterable[str | Step], least: int = 2) -> Steps:
        """Steps by name: "open", or "later open" for one on a later day than the step before.

        Raises StepError for fewer than `least` steps or more than twenty, an unknown name, and for
        registration after the first step.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
        >>> found = Steps.of(activity, ["registered", "onboarding", "later open"])
        >>> found.measures, found.steps[2].later
        ((None, 'n_onboarding', 'n_open'), True)
        """
        steps = check_steps(list(as_steps(given, activity.roles.names)), least)
        names = [None if s.name == REGISTERED else measure_of(activity, s.name) for s in steps]
        return cls(steps, tuple(names))

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def by_registration(self) -> bool:
        """Whether the first step is registration."""
        return bool(self.measures) and self.measures[0] is None

    @cached_property
    def wanted(self) -> tuple[str, ...]:
        """The measures, each once."""
        return tuple(dict.fromkeys(m for m in self.measures if m is not None))

    @cached_property
    def places(self) -> np.ndarray:
        """The place of each step's measure among `wanted`, int32[s]; -1 for registration."""
        found = [-1 if m is None else self.wanted.index(m) for m in self.measures]
        return frozen(np.array(found, np.int32))

    @cached_property
    def later(self) -> np.ndarray:
        """1 for steps on a later day, uint8[s]."""
        return frozen(np.array([s.later for s in self.steps], np.uint8))

    def check_within(self, within: int, least: int) -> None:
        """Refuse a window in which the steps on later days can never all come; StepError.

        >>> Steps((Step("open"), Step("open", later=True)), ("n_open",) * 2).check_within(2, 2)
        """
        if within < least:
            raise StepError.from_short_window(within, int(self.later.sum()), least)

    def have(self, part: DailyActivity) -> np.ndarray:
        """How often each wanted measure happened on each row, int32[m, k]; sums count once."""
        kinds: dict[str, str] = {m.column_name: m.kind for m in part.measures}
        kinds |= dict.fromkeys(SUMS, "sum")
        counted = [kinds.get(m, "count") == "count" for m in self.wanted]
        values = [part.values(m) for m in self.wanted]
        most = np.where(counted, _MOST, 1)
        rows = [np.minimum(v, n).astype(np.int32) for v, n in zip(values, most, strict=True)]
        return (
            frozen(np.stack(rows, axis=1))
            if rows
            else frozen(np.zeros((len(part.day), 0), np.int32))
        )


def check_steps(steps: Sequence[Step], least: int = 2) -> tuple[Step, ...]:
    """The steps, of which the first has no earlier day; StepError as in `Steps.of`.

    >>> check_steps([Step("open", later=True), Step("social")])[0].later
    False
    """
    if not least <= len(steps) <= _MOST:
        raise StepError.from_few(len(steps))
    for place, step in enumerate(steps[1:], 2):
        if step.name == REGISTERED:
            raise StepError.from_registration(place)
    return tuple(replace(s, later=s.later and place > 0) for place, s in enumerate(steps))


def as_steps(given: Iterable[str | Step], known: Sequence[str] = ()) -> Iterable[Step]:
    """Steps from texts and steps; a known role that begins with "later " is that role.

    >>> [s.later for s in as_steps(["open", "later open", Step("open", later=True)])]
    [False, True, True]
    """
    for each in (given,) if isinstance(given, str) else given:
        if isinstance(each, Step):
            yield each
        elif each.startswith(_LATER) and each not in known:
            yield Step(each.removeprefix(_LATER), later=True)
        else:
            yield Step(each)
