"""Cells: groups of people that a policy can name, and what each treatment does to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from churnlab.errors import ConfigError, TrialError
from churnlab.winback.scores import mean_interval
from churnlab.winback.trial import Trial

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
        Cells are sorted by stage, tier and falling value, so that the first of a policy's rules
        that fits is the right one. Raises TrialError for lengths that differ, ConfigError for bands
        without a value.

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
            ["stage", "tier", "min_value"], ascending=[True, True, False], na_position="last"
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

        scores: doubly robust scores, float64[n, k]. rows: the people to use; None for all. Each
        interval is Bonferroni's (O. Dunn, 1961, Multiple comparisons among means): with m intervals
        each misses its truth with a chance of 0.05 / m, so that all hold theirs with 95%. It is
        missing where fewer than 20 people of the cell were given the treatment, or nothing.
        """
        at = np.arange(len(self.code)) if rows is None else rows
        count, arms = len(self), len(trial.arms)
        z = float(ndtri(1 - _CHANCE / (2 * max(count * arms, 1))))
        found = np.full((4, count, arms), np.nan)
        people = np.zeros((count, arms + 1), np.int64)
        np.add.at(people, (self.code[at], trial.w[at]), 1)
        for cell in range(count):
            mine = at[self.code[at] == cell]
            for k in range(arms):
                if min(people[cell, 0], people[cell, k + 1]) >= LEAST_OF_ARM:
                    one = mean_interval(scores[mine, k], trial.cluster[mine], z)
                    found[:3, cell, k] = one.value, one.low, one.high
                if trial.cost is not None and len(mine):
                    found[3, cell, k] = trial.cost[mine, k].mean()
        return CellEffects(found[0], found[1], found[2], found[3], people)


@dataclass(frozen=True, eq=False)
class CellEffects:
    """What each treatment does in each cell, float64[cells, k] each; people int64[cells, k + 1].

    value, low, high: the effect with its interval; cost: mean money of the cell's people.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    cost: np.ndarray
    people: np.ndarray

    def proved(self) -> np.ndarray:
        """The effects whose whole interval is above 0, and 0 for all others."""
        return np.where(self.low > 0, self.value, 0.0)


def _fitting(what: str, given: Sequence[str] | np.ndarray, rows: int) -> np.ndarray:
    found = np.asarray(given)
    if len(found) != rows:
        raise TrialError.from_length(what, found.shape, (rows,))
    return found
