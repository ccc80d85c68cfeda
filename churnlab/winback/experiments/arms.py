"""Arms: the fields of an experiment, which everything that is computed of it reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from churnlab.errors import ConfigError
from churnlab.winback.experiments.groups import grouped

STAGE = "stage"
EVERYBODY = ""
_AMOUNTS = ("active_days", "money")  # outcomes of a log that are no shares of people


@dataclass(frozen=True, eq=False)
class Arms:
    """The fields of an `Experiment`, which its own text describes."""

    users: np.ndarray
    arms: tuple[str, ...]
    arm: np.ndarray
    outcomes: Mapping[str, np.ndarray]
    known: pd.DataFrame
    propensity: np.ndarray
    stage: np.ndarray | None = None
    X: pd.DataFrame | None = None
    costs: np.ndarray | None = None
    days: np.ndarray | None = None
    worse: frozenset[str] = frozenset()
    randomised: bool = True
    dropped: Mapping[str, int] = field(default_factory=dict)
    shares: Mapping[str, float] | None = None

    @property
    def control(self) -> str:
        """The name of the control group."""
        return self.arms[0]

    @property
    def treatments(self) -> tuple[str, ...]:
        """The arms but the control group."""
        return self.arms[1:]

    def outcome(self, name: str) -> np.ndarray:
        """One outcome of every person, float64[n]; ConfigError for an unknown one."""
        if name not in self.outcomes:
            raise ConfigError.from_unknown("outcome", name, self.outcomes)
        return self.outcomes[name]

    @cached_property
    def share_outcomes(self) -> frozenset[str]:
        """The outcomes that are 0 or 1 for everybody, so that their means are shares of people.

        Money and active days of a log are amounts, even where nobody spent anything.
        """
        found = [(name, y) for name, y in self.outcomes.items() if name not in _AMOUNTS]
        return frozenset(name for name, y in found if ((y == 0) | (y == 1)).all())

    @property
    def groupings(self) -> tuple[str, ...]:
        """What people can be grouped by: the stage, if there is one, and what was known."""
        known = tuple(str(name) for name in self.known)
        return known if self.stage is None else (STAGE, *known)

    def group(self, by: str) -> tuple[tuple[str, ...], np.ndarray]:
        """The groups of a grouping, and the group of each person, int64[n]; "" is everybody.

        ConfigError for an unknown grouping.
        """
        if by == EVERYBODY:
            return ("",), np.zeros(len(self.arm), np.int64)
        if by == STAGE and self.stage is not None:
            return grouped(pd.Series(self.stage))
        if by not in self.known:
            raise ConfigError.from_unknown("grouping", by, self.groupings)
        return grouped(self.known[by])

    def __len__(self) -> int:
        return len(self.arm)
