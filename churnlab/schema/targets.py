"""Targets of prediction: churn, lifetime value, time to churn; each defined in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import pandas as pd

from churnlab.errors import ConfigError
from churnlab.language.sentence import Sentence, sentence
from churnlab.schema.days import check_count
from churnlab.schema.lapse import Lapse

WEEK = 7


@dataclass(frozen=True)
class Churn:
    """A person churns who does nothing at all in `[t + lead, t + lead + horizon)`.

    With `roles`, a person churns who does nothing of these roles there. With `terminal`, a person
    churns for whom an event of that role happens there (a cancellation, a withdrawal). `lead` is
    the warning time: how many days before the window the snapshot is taken. Horizon and lead are
    whole days. Raises ConfigError for a horizon below 1 or a lead below 0, and when both `roles`
    and `terminal` are given.

    >>> print(Churn(horizon=30, lead=7).describe())
    churned: no act in the 30 days that begin 7 days after the snapshot
    """

    horizon: int
    lead: int = 0
    roles: Sequence[str] | None = None
    terminal: str | None = None
    name: ClassVar[str] = "churned"
    columns: ClassVar[tuple[str, ...]] = ("churned",)

    def __post_init__(self) -> None:
        check_count("horizon", self.horizon, 1)
        check_count("lead", self.lead, 0)
        if self.roles is not None:
            roles = (self.roles,) if isinstance(self.roles, str) else tuple(self.roles)
            object.__setattr__(self, "roles", roles)
        if self.roles is not None and self.terminal is not None:
            raise ConfigError.from_both("roles", "terminal")

    def window(self, day: int) -> tuple[int, int]:
        """The days `[start, stop)` that the label of a snapshot at `day` sees.

        >>> Churn(horizon=30, lead=7).window(100)
        (107, 137)
        """
        return day + self.lead, day + self.lead + self.horizon

    def silent(self, since: np.ndarray) -> np.ndarray:
        """Whether people did nothing that counts in `[t - horizon, t)`, bool[n].

        Their silence is already as long as the label asks: they were labelled as churned `horizon`
        + `lead` days ago, and the question is whether they come back. `since`, float64[n], is the
        number of days from the last day with such an act to t, at least 1. A terminal event is no
        silence, so nobody is silent where one is declared.

        >>> Churn(horizon=30).silent(np.array([1.0, 30.0, 31.0]))
        array([False, False,  True])
        """
        silent = np.asarray(since) > self.horizon
        return np.zeros_like(silent) if self.terminal else silent

    def left_by(self, day: int, since: np.ndarray) -> np.ndarray:
        """The day by which a person who churns has left, for a snapshot at `day`, int64[n].

        Without a lead the present silence is the one of the label: it has lasted `horizon` days on
        this morning. With a lead the person may act before the window, and with `terminal` the
        event may come at any time in it: then this is the day after the window. `since`: as in
        `silent`.

        >>> Churn(horizon=30).left_by(100, np.array([1.0, 21.0]))
        array([130, 110])
        """
        if self.lead or self.terminal:
            return np.full(len(since), self.window(day)[1])
        return day - np.asarray(since, np.int64) + 1 + self.horizon

    @property
    def happening(self) -> Sentence:
        """The event that makes a person churn, without the window.

        >>> print(Churn(horizon=30, roles=["purchase"]).happening)
        no act of purchase
        """
        if self.terminal:
            return sentence("an event of role {role}", role=self.terminal)
        if self.roles:
            return sentence("no act of {roles}", roles=", ".join(self.roles))
        return sentence("no act")

    @property
    def definition(self) -> Sentence:
        """The event that makes a person churn, with the window.

        >>> print(Churn(horizon=30).definition)
        no act in the 30 days after the snapshot
        """
        if self.lead:
            return sentence(
                "{what} in the {days} days that begin {lead} days after the snapshot",
                what=self.happening,
                days=self.horizon,
                lead=self.lead,
            )
        return sentence(
            "{what} in the {days} days after the snapshot", what=self.happening, days=self.horizon
        )

    def describe(self) -> Sentence:
        """The name of the label and its definition.

        >>> str(Churn(horizon=30, terminal="cancel").describe())
        'churned: an event of role cancel in the 30 days after the snapshot'
        """
        return _described(self.name, self.definition)


@dataclass(frozen=True)
class LifetimeValue:
    """A person's value is the money spent in `[t, t + horizon)`.

    The label is in the log's unit of money. Raises ConfigError for a horizon below 1.

    >>> print(LifetimeValue(horizon=90).describe())
    ltv: money spent in the 90 days after the snapshot
    """

    horizon: int
    name: ClassVar[str] = "ltv"
    columns: ClassVar[tuple[str, ...]] = ("ltv",)
    lead: ClassVar[int] = 0

    def __post_init__(self) -> None:
        check_count("horizon", self.horizon, 1)

    def window(self, day: int) -> tuple[int, int]:
        """The days `[start, stop)` that the label of a snapshot at `day` sees.

        >>> LifetimeValue(horizon=90).window(100)
        (100, 190)
        """
        return day, day + self.horizon

    @property
    def definition(self) -> Sentence:
        """The meaning of the value, with the window."""
        return sentence("money spent in the {days} days after the snapshot", days=self.horizon)

    def describe(self) -> Sentence:
        """The name of the label and its definition.

        >>> LifetimeValue(horizon=90).describe().values["name"]
        'ltv'
        """
        return _described(self.name, self.definition)


@dataclass(frozen=True)
class TimeToChurn:
    """A person leaves in the first week w = 0, 1, ..., `weeks` whose churn window is silent.

    The window of week w is `[t + lead + 7w, t + lead + 7w + horizon)`. Week 0 is the label of
    `Churn(horizon)`; a later week marks the beginning of a silence as long as the horizon.
    `roles` and `terminal` have the same meaning as in Churn.

    There are two label columns: `leaves_week` (float64, NaN when the person was not seen to leave)
    and `known_weeks` (of how many of the `weeks` + 1 weeks the log shows the whole window). A
    snapshot whose later weeks the log does not show is censored there, not left out; week 0 must be
    observed. Raises ConfigError as Churn does, and for weeks below 1.

    >>> print(TimeToChurn(horizon=30, weeks=12).describe())
    leaves_week: the first week, up to 12, from which on there is no act for 30 days;
    week 0 begins at the snapshot
    """

    horizon: int
    weeks: int = 12
    lead: int = 0
    roles: Sequence[str] | None = None
    terminal: str | None = None
    name: ClassVar[str] = "leaves_week"
    columns: ClassVar[tuple[str, ...]] = ("leaves_week", "known_weeks")

    def __post_init__(self) -> None:
        object.__setattr__(self, "roles", self.churn.roles)
        check_count("weeks", self.weeks, 1, "week")

    @cached_property
    def churn(self) -> Churn:
        """The churn target whose window is moved from week to week."""
        return Churn(self.horizon, self.lead, self.roles, self.terminal)

    def window(self, day: int) -> tuple[int, int]:
        """The days `[start, stop)` that have to be observed: the window of week 0.

        >>> TimeToChurn(horizon=30).window(100)
        (100, 130)
        """
        return self.churn.window(day)

    def known_weeks(self, day: np.ndarray, end: int) -> np.ndarray:
        """How many weeks have a whole window before the day `end`, float64 in the shape of `day`.

        >>> TimeToChurn(horizon=30, weeks=12).known_weeks(np.array([0, 70]), end=107)
        array([12.,  2.])
        """
        spare = end - self.window(0)[1] - np.asarray(day)
        return np.clip(spare // WEEK + 1, 0, self.weeks + 1).astype(np.float64)

    def censored(self, labels: pd.DataFrame, day: np.ndarray, end: int) -> pd.DataFrame:
        """The labels as they were known when the log ended before the day `end`.

        `labels` has the two label columns of snapshots at `day` int64[n].

        >>> labels = pd.DataFrame({"leaves_week": [3.0], "known_weeks": [13.0]})
        >>> TimeToChurn(horizon=30).censored(labels, np.array([70]), end=107)
           leaves_week  known_weeks
        0          NaN          2.0
        """
        known = np.minimum(labels["known_weeks"], self.known_weeks(day, end))
        leaves = labels["leaves_week"]
        return labels.assign(leaves_week=leaves.where(leaves < known), known_weeks=known)

    def left_by(self, day: int, week: int) -> int:
        """The day by which a person who leaves in `week` has left, for a snapshot at `day`.

        This is the day after the window of the week: a silence has then lasted `horizon` days. The
        curve of a ChurnHazard begins there, with the churn probability.

        >>> TimeToChurn(horizon=30).left_by(100, week=2)
        144
        """
        return self.churn.window(day + WEEK * week)[1]

    @property
    def definition(self) -> Sentence:
        """The meaning of leaving in a week, and the day on which week 0 begins."""
        return sentence(
            "the first week, up to {weeks}, {way}; {start}",
            weeks=self.weeks,
            way=self._way,
            start=self._start,
        )

    @property
    def _way(self) -> Sentence:
        if self.terminal:
            return sentence(
                "in whose {days} days there is {what}",
                days=self.horizon,
                what=self.churn.happening,
            )
        return sentence(
            "from which on there is {what} for {days} days",
            what=self.churn.happening,
            days=self.horizon,
        )

    @property
    def _start(self) -> Sentence:
        if self.lead:
            return sentence("week 0 begins {lead} days after the snapshot", lead=self.lead)
        return sentence("week 0 begins at the snapshot")

    def describe(self) -> Sentence:
        """The name of the label and its definition.

        >>> TimeToChurn(horizon=30).describe().values["name"]
        'leaves_week'
        """
        return _described(self.name, self.definition)


Target = Churn | LifetimeValue | TimeToChurn | Lapse


def as_targets(given: Target | Iterable[Target] | None) -> tuple[Target, ...]:
    """One target, several or none as a tuple; ConfigError for what is no target.

    >>> as_targets(Churn(horizon=30))
    (Churn(horizon=30, lead=0, roles=None, terminal=None),)
    """
    if given is None or isinstance(given, Target):
        return () if given is None else (given,)
    targets = tuple(given) if isinstance(given, Iterable) else (given,)
    for target in targets:
        if not isinstance(target, Target):
            wanted = "Churn, LifetimeValue, TimeToChurn or Lapse"
            raise ConfigError.from_type("a target", target, wanted)
    return targets


def _described(name: str, definition: Sentence) -> Sentence:
    return sentence("{name}: {definition}", name=name, definition=definition)
