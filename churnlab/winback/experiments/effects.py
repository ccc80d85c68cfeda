"""Effects: what each treatment did to each outcome, for everybody or for each group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from churnlab.evaluation.corrected import holm
from churnlab.language.catalogues import ENGLISH
from churnlab.schema.views import view
from churnlab.winback.experiments.arms import EVERYBODY, Arms
from churnlab.winback.experiments.comparing import Compared, Sums, differences
from churnlab.winback.experiments.table import LEAST_PEOPLE

LEVEL = 0.05
BETTER, WORSE, UNCLEAR, FEW = "better", "worse", "unclear", "too few people"


@dataclass(frozen=True, eq=False, repr=False)
class Effects:
    """What each treatment did to each outcome: a difference of means with its 95% interval.

    `frame` has a row for each group of `by`, treatment and outcome:

    | column                | meaning                                                           |
    |-----------------------|-------------------------------------------------------------------|
    | `group`               | the group of `by`; empty for everybody                            |
    | `treatment`, `outcome`| what was given, what was measured                                 |
    | `people`, `controls`  | people with the treatment and in the control group                |
    | `mean`, `control`     | the mean outcome of both: a share of people, or an amount a person|
    | `effect`, `low`, `high`| their difference and its 95% interval                            |
    | `p`, `p_holm`         | the p value, and that corrected for all rows                      |
    | `verdict`             | better, worse, unclear, or too few people (below 30 in one arm)   |
    | `extra_cost`          | cost of the treatment a person, where costs are known             |
    | `cost_of_one`         | extra cost for one more unit of the outcome, or one less where    |
    |                       | more is worse; only where it is better                            |

    Intervals are Newcombe's for shares and Welch's for other outcomes, each for its own row; the
    verdict goes by `p_holm` below 0.05. `shares` names the outcomes that are shares of people. Not
    `randomised`: all are differences between people who differ anyway, and no effects.
    """

    frame: pd.DataFrame
    by: str
    control: str
    shares: frozenset[str]
    randomised: bool

    @property
    def harmed(self) -> pd.DataFrame:
        """The rows in which a treatment made the outcome worse, beyond chance."""
        return self.frame[self.frame["verdict"] == WORSE]

    def plot(self, ax: Any = None, *, outcome: str | None = None, language: str = ENGLISH) -> Any:
        """Draw the effects on one outcome, the first by default, as an EffectsDisplay.

        >>> Effects.example().plot()
        EffectsDisplay()
        """
        display: Any = view("winback.experiments.effects_display:EffectsDisplay")
        return display.from_effects(self, outcome, ax=ax, language=language)

    def html(self, language: str = ENGLISH) -> str:
        """A table for a page or a cell of a notebook."""
        return str(view("winback.experiments.shown:effects")(self).html(language))

    def to_dict(self) -> dict[str, Any]:
        """All rows as plain values, JSON-ready; a missing number is null.

        >>> Effects.example().to_dict()["effects"][0]["verdict"]
        'better'
        """
        rows = self.frame.astype(object).where(self.frame.notna(), None).to_dict("records")
        kind = {"by": self.by, "control": self.control, "randomised": self.randomised}
        return {**kind, "effects": rows}

    @classmethod
    def example(cls) -> Effects:
        """Effects of a made-up experiment with 400 people, for examples."""
        return effects_of(example_arms())

    def __repr__(self) -> str:
        kind = "" if self.randomised else ", observational"
        return f"Effects({len(self.frame)} rows, by {self.by or 'everybody'}{kind})"

    def _repr_html_(self) -> str:
        return self.html()


def example_arms() -> Arms:
    """A made-up experiment with 400 people, for examples.

    >>> example_arms().arms
    ('none', 'gift')
    """
    arm, kept = np.tile([0, 1], 200), np.tile([0.0, 1, 0, 0, 1, 1, 0, 1], 50)
    known = pd.DataFrame({"city": np.tile(["x", "x", "y", "y"], 100)})
    share = np.full((400, 2), 0.5)
    return Arms(np.arange(400), ("none", "gift"), arm, {"kept": kept}, known, share)


def effects_of(experiment: Arms, by: str = EVERYBODY) -> Effects:
    """The effects of an experiment by a grouping; ConfigError for an unknown one.

    >>> Effects.example().frame[["people", "effect"]].to_numpy().tolist()
    [[200.0, 0.5]]
    """
    groups, group = experiment.group(by)
    shares = experiment.share_outcomes
    parts = [
        _of_outcome(experiment, name, groups, group, name in shares) for name in experiment.outcomes
    ]
    found = pd.concat(parts)
    order = ["place", "arm"]
    found = found.sort_values(order, kind="stable").drop(columns=order).reset_index(drop=True)
    found["p_holm"] = holm(found["p"].to_numpy())
    worse = found["outcome"].isin(experiment.worse).to_numpy()
    found["verdict"] = _verdicts(found, worse)
    costs = _costs(experiment, found, worse) if experiment.costs is not None else {}
    return Effects(found.assign(**costs), by, experiment.control, shares, experiment.randomised)


def cells(experiment: Arms, name: str, group: np.ndarray, groups: int) -> Sums:
    """The sums of an outcome by group and arm: place group * arms + arm."""
    arms = len(experiment.arms)
    return Sums.of(experiment.outcome(name), group * arms + experiment.arm, groups * arms)


def compared(sums: Sums, arms: int, arm: int, share: bool) -> tuple[Compared, np.ndarray]:
    """One arm against the control group in each group, and where both have enough people."""
    control = sums.take(np.arange(0, len(sums.people), arms))
    treated = sums.take(np.arange(arm, len(sums.people), arms))
    enough = np.minimum(treated.people, control.people) >= LEAST_PEOPLE
    return differences(treated, control, share), enough


def _of_outcome(
    experiment: Arms, name: str, groups: tuple[str, ...], group: np.ndarray, share: bool
) -> pd.DataFrame:
    """The rows of one outcome, by group and treatment."""
    arms = len(experiment.arms)
    sums = cells(experiment, name, group, len(groups))
    people, mean = sums.people.reshape(-1, arms), sums.mean.reshape(-1, arms)
    parts = []
    for arm in range(1, arms):
        found, enough = compared(sums, arms, arm, share)
        known = {"effect": found.value, "low": found.low, "high": found.high, "p": found.p}
        parts.append(
            pd.DataFrame(
                {
                    "place": np.arange(len(groups)),
                    "arm": arm,
                    "group": groups,
                    "treatment": experiment.arms[arm],
                    "outcome": name,
                    "people": people[:, arm].astype(np.int64),
                    "controls": people[:, 0].astype(np.int64),
                    "mean": mean[:, arm],
                    "control": mean[:, 0],
                    **{key: np.where(enough, value, np.nan) for key, value in known.items()},
                }
            )
        )
    return pd.concat(parts)


def _verdicts(found: pd.DataFrame, worse: np.ndarray) -> np.ndarray:
    """Better, worse, unclear or too few people, for each row; `worse` bool[n]: more is worse."""
    up = (found["effect"].to_numpy() > 0) != worse
    certain = found["p_holm"].to_numpy() < LEVEL
    few = found["p"].isna().to_numpy()
    return np.select([few, ~certain, up], [FEW, UNCLEAR, BETTER], WORSE)


def _costs(experiment: Arms, found: pd.DataFrame, worse: np.ndarray) -> Mapping[str, np.ndarray]:
    """The extra cost a person, and that of one more unit of the outcome where it is better."""
    assert experiment.costs is not None
    people = np.bincount(experiment.arm)
    each = np.bincount(experiment.arm, experiment.costs) / people
    extra = dict(zip(experiment.arms, each - each[0], strict=True))
    cost = found["treatment"].map(extra).to_numpy(np.float64)
    better = (found["verdict"] == BETTER).to_numpy()
    effect = np.abs(found["effect"].to_numpy())
    with np.errstate(invalid="ignore", divide="ignore"):
        return {"extra_cost": cost, "cost_of_one": np.where(better, cost / effect, np.nan)}
