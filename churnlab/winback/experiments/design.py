"""Design: what the columns of an experiment's table mean, and how people were assigned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from churnlab.errors import ConfigError
from churnlab.errors.experiments import ExperimentError


@dataclass(frozen=True, kw_only=True)
class Design:
    """What the columns of an experiment's table mean, and how people were assigned.

    | option | default | meaning |
    |---|---|---|
    | `user` | "user_id" | column of the person's id |
    | `treatment` | "treatment" | column of the arm; without a value: the control group |
    | `control` | None | the arm to compare with; None: no treatment, or an arm called \
"none", "control", "no treatment", "holdout", "0" or "false" |
    | `time` | "time" | column of the moment of the assignment; needed with a log |
    | `treated` | None | column of the moment at which the treatment was given |
    | `outcome_time` | None | column of the moment of the outcome, where the table has outcomes |
    | `cost` | "cost" | column of the cost of a person's treatment, in the unit of money |
    | `stage` | None | column of the stage in which the person was at the assignment |
    | `known` | () | columns known before the assignment: checked for balance, and to group by |
    | `shares` | None | the planned share of people of each arm, in any unit |
    | `worse` | () | outcomes of which more is worse, such as churn |
    | `randomised` | True | False: the arms were not drawn at random, and everything says so |

    >>> Design(treatment="segment", control="No E-Mail").columns
    {'user': 'user_id', 'treatment': 'segment', 'time': 'time', 'cost': 'cost'}
    """

    user: str = "user_id"
    treatment: str = "treatment"
    control: str | None = None
    time: str = "time"
    treated: str | None = None
    outcome_time: str | None = None
    cost: str = "cost"
    stage: str | None = None
    known: tuple[str, ...] = ()
    shares: Mapping[str, float] | None = None
    worse: tuple[str, ...] = ()
    randomised: bool = True

    def __post_init__(self) -> None:
        for name in ("known", "worse"):
            given = getattr(self, name)
            several = (given,) if isinstance(given, str) else tuple(given)
            object.__setattr__(self, name, several)

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Design:
        """The design of options by name; ConfigError for an unknown one.

        >>> Design.of({"treatmnt": "arm"})
        Traceback (most recent call last):
        churnlab.errors.base.ConfigError: unknown option of an experiment 'treatmnt': did you mean
        'treatment' or 'treated'?
        """
        known = [f.name for f in fields(cls)]
        for name in options:
            if name not in known:
                raise ConfigError.from_unknown("option of an experiment", name, known)
        return cls(**options)

    @property
    def columns(self) -> dict[str, str]:
        """The names of the columns of the table by what they mean."""
        names = ("user", "treatment", "time", "treated", "outcome_time", "cost", "stage")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    def propensity(self, arms: tuple[str, ...], arm: np.ndarray) -> np.ndarray:
        """The probability of each arm for each person, float64[n, arms].

        The planned shares; without a plan, the shares that the table has. ExperimentError for a
        plan that does not name every arm once with a share above 0.

        >>> Design(shares={"none": 1, "gift": 3}).propensity(("none", "gift"), np.array([0, 1]))
        array([[0.25, 0.75],
               [0.25, 0.75]])
        """
        if self.shares is None:
            each = np.bincount(arm, minlength=len(arms)).astype(np.float64)
        else:
            if set(map(str, self.shares)) != set(arms) or min(self.shares.values()) <= 0:
                raise ExperimentError.from_bad_shares(self.shares, arms)
            each = np.array([float(self.shares[a]) for a in arms])
        return np.tile(each / each.sum(), (len(arm), 1))
