"""Cells: groups of people that a policy can name, and what each treatment does to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from churnlab.errors import ConfigError, TrialError
from churnlab.winback.experiments.comparing import Sums, differences
from churnlab.winback.experiments.groups import by_numbers
from churnlab.winback.targeting.scores import mean_covariance
from churnlab.winback.targeting.trial import Trial

LEAST_OF_ARM = 20  # people of a treatment, and of nothing, for an interval of a cell
_CHANCE = 0.05


@dataclass(frozen=True, eq=False)
class Cells:
    """Groups of people by stage, and if given by tier and value.

    names: one row a cell with the columns stage (empty for no stage), tier and min_value, missing
    where not used. code: the cell of each person, int64[n].
    """

    names: pd.DataFrame
    code: np.ndarray

    @classmethod
    def of(
        cls,
        stage: Sequence[str] | np.ndarray,
        tier: Sequence[str] | np.ndarray | None = None,
        value: np.ndarray | None = None,
        bands: Sequence[float] = (),
    ) -> Cells:
        """The cells of people: stage, tier (texts), and value (money) cut at `bands`.

        A band begins at its bound; people below the first bound, and of unknown value, have none.
        Cells are sorted by stage (numbers in it by their size), tier and falling value, so that the
        first of a policy's rules that fits is the right one. Raises TrialError for lengths that
        differ, ConfigError for bands without a value.

        >>> cells = Cells.of(["fading", "gone"], value=np.array([5.0, 50.0]), bands=[20])
        >>> cells.names["min_value"].tolist(), cells.code.tolist()
        ([nan, 20.0], [0, 1])
        """
        if len(bands) and value is None:
            raise ConfigError.from_pair("bands", "value")
        table = pd.DataFrame({"stage": pd.Series(stage, dtype="str").fillna("")})
        table["tier"] = None if tier is None else _fitting("the tier", tier, len(table))
        bounds = np.r_[np.nan, np.sort(np.asarray(bands, np.float64))]
        given = np.nan if value is None else _fitting("the value", value, len(table))
        place = np.searchsorted(bounds[1:], np.nan_to_num(given, nan=-np.inf), side="right")
        table["min_value"] = bounds[place]
        order = table.drop_duplicates().sort_values(
            ["stage", "tier", "min_value"],
            ascending=[True, True, False],
            na_position="last",
            key=lambda column: column.map(by_numbers) if column.name == "stage" else column,
        )
        names = order.reset_index(drop=True)
        places = pd.MultiIndex.from_frame(names.astype(object).fillna("-"))
        code = places.get_indexer(pd.MultiIndex.from_frame(table.astype(object).fillna("-")))
        return cls(names, code.astype(np.int64))

    def __len__(self) -> int:
        return len(self.names)

    def effects(
        self, trial: Trial, scores: np.ndarray, rows: np.ndarray | None = None
    ) -> CellEffects:
        """The effect of each treatment in each cell, with intervals for all of them together.

        scores: doubly robust scores, float64[n, k]. rows: the people to use; None for all. An
        effect is the mean score. Its interval is that of `comparing.differences` between the two
        arms of the cell (shares: Newcombe, whose error is right for rare outcomes and unequal arms,
        too; other outcomes: Welch), moved to the mean score, and wider or narrower as much as the
        standard error of that is. All are Bonferroni's (O. Dunn, 1961, Multiple comparisons among
        means): of m intervals each misses its truth with a chance of 0.05 / m, so that all hold
        theirs with 95%. An effect is missing, and no part of the m, where fewer than 20 people of
        the cell were given the treatment, or nothing.
        """
        at = np.arange(len(self.code)) if rows is None else rows
        count, arms = len(self), len(trial.arms)
        place = self.code[at] * (arms + 1) + trial.w[at]
        sums = Sums.of(trial.y[at], place, count * (arms + 1))
        people = sums.people.reshape(count, arms + 1).astype(np.int64)
        enough = np.minimum(people[:, :1], people[:, 1:]) >= LEAST_OF_ARM
        value, cost = np.full((2, count, arms), np.nan)
        covariance = np.full((count, arms, arms), np.nan)
        for cell in np.flatnonzero(people.any(axis=1)):
            mine = at[self.code[at] == cell]
            value[cell] = np.where(enough[cell], scores[mine].mean(axis=0), np.nan)
            covariance[cell] = mean_covariance(scores[mine], trial.cluster[mine])
            if trial.cost is not None:
                cost[cell] = trial.cost[mine].mean(axis=0)
        error = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
        tail = _CHANCE / (2 * max(int(enough.sum()), 1))
        down, up = _reach(sums, error, trial.binary, tail)
        return CellEffects(value, value - down, value + up, cost, people, covariance)


@dataclass(frozen=True, eq=False)
class CellEffects:
    """What each treatment does in each cell, float64[cells, k] each; people int64[cells, k + 1].

    value, low, high: the effect with its interval; cost: mean money of the cell's people;
    covariance: of the effects of a cell, float64[cells, k, k].
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    cost: np.ndarray
    people: np.ndarray
    covariance: np.ndarray

    def proved(self) -> np.ndarray:
        """The effects whose whole interval is above 0, and 0 for all others."""
        return np.where(self.low > 0, self.value, 0.0)


def _reach(
    sums: Sums, error: np.ndarray, shares: bool, tail: float
) -> tuple[np.ndarray, np.ndarray]:
    """How far the intervals of effects reach down and up, float64[cells, k] each.

    sums: of the outcome by cell and arm. error: standard errors of the effects, float64[cells, k].
    Without any spread between people, the reach of amounts is that of a normal estimate.
    """
    arms = error.shape[1] + 1
    control = sums.take(np.arange(0, len(sums.people), arms))
    down, up = np.zeros((2, *error.shape))
    for k in range(1, arms):
        treated = sums.take(np.arange(k, len(sums.people), arms))
        found = differences(treated, control, shares, tail)
        mine = error[:, k - 1]
        times = np.divide(mine, found.error, out=np.ones(len(mine)), where=found.error > 0)
        least = np.where(found.error > 0, 0.0, -ndtri(tail) * mine)
        down[:, k - 1] = np.maximum(times * (found.value - found.low), least)
        up[:, k - 1] = np.maximum(times * (found.high - found.value), least)
    return down, up


def _fitting(what: str, given: Sequence[str] | np.ndarray, rows: int) -> np.ndarray:
    found = np.asarray(given)
    if len(found) != rows:
        raise TrialError.from_length(what, found.shape, (rows,))
    return found
