"""Differences of effects between groups: whether a treatment does more for some than for others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import fdtrc

from churnlab.evaluation.corrected import holm
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words
from churnlab.schema.views import view
from churnlab.winback.experiments.arms import Arms
from churnlab.winback.experiments.effects import LEVEL, cells, compared


@dataclass(frozen=True, eq=False, repr=False)
class Differences:
    """Whether effects differ between groups, beyond chance.

    `frame` has a row for each grouping, treatment and outcome: `groups` that were compared, the
    groups with the smallest and the largest effect (`lowest`, `highest`) and these effects, the
    statistic `f`, its `p` value, `p_holm` corrected for all rows, and whether they `differ` (p_holm
    below 0.05). A group counts with at least 30 people in both arms among whom the outcome varies;
    with fewer than two such groups the row has no p value. `shares` names the outcomes that are
    shares of people.

    The test is that of B. Welch (1951), On the comparison of several mean values: an alternative
    approach, Biometrika 38, 330-336, of the groups' effects, each with its own variance. Its
    numerator times (groups - 1) is the Wald test of the interactions in a linear model with
    heteroscedastic (HC2) errors.
    """

    frame: pd.DataFrame
    shares: frozenset[str]
    randomised: bool

    @property
    def differing(self) -> pd.DataFrame:
        """The rows whose groups differ beyond chance."""
        return self.frame[self.frame["differ"]]

    def words(self) -> tuple[Words, ...]:
        """A sentence for each row: whether the groups differ, or that could be chance."""
        return tuple(view("winback.experiments.saying:each_difference")(self))

    def html(self, language: str = ENGLISH) -> str:
        """A table for a page or a cell of a notebook."""
        return str(view("winback.experiments.shown:differences")(self).html(language))

    def to_dict(self) -> dict[str, Any]:
        """All rows as plain values, JSON-ready; a missing number is null."""
        rows = self.frame.astype(object).where(self.frame.notna(), None).to_dict("records")
        return {"randomised": self.randomised, "rows": rows}

    def __repr__(self) -> str:
        return f"Differences({len(self.frame)} comparisons, {len(self.differing)} beyond chance)"

    def _repr_html_(self) -> str:
        return self.html()


def differences_of(experiment: Arms, by: Sequence[str]) -> Differences:
    """The tests of an experiment for several groupings; ConfigError for an unknown one.

    >>> arm, kept = np.tile([0, 1], 200), np.tile([0.0, 1, 1, 0, 1, 1, 0, 1], 50)
    >>> known = pd.DataFrame({"city": np.tile(["x", "x", "y", "y"], 100)})
    >>> share = np.full((400, 2), 0.5)
    >>> experiment = Arms(np.arange(400), ("none", "gift"), arm, {"kept": kept}, known, share)
    >>> found = differences_of(experiment, ["city"]).frame
    >>> found[["lowest", "highest"]].to_numpy().tolist(), bool(found["differ"][0])
    ([['y', 'x']], True)
    """
    rows = [row for name in by for row in _rows(experiment, name)]
    columns = ["by", "treatment", "outcome", "groups", "lowest", "lowest_effect", "highest"]
    frame = pd.DataFrame(rows, columns=[*columns, "highest_effect", "f", "p"])
    frame["p_holm"] = holm(frame["p"].to_numpy(np.float64))
    shares = experiment.share_outcomes
    return Differences(frame.assign(differ=frame["p_holm"] < LEVEL), shares, experiment.randomised)


def _rows(experiment: Arms, by: str) -> Iterator[tuple[Any, ...]]:
    """The test of each outcome and treatment for one grouping."""
    groups, group = experiment.group(by)
    for name in experiment.outcomes:
        share, sums = name in experiment.share_outcomes, cells(experiment, name, group, len(groups))
        for arm, treatment in enumerate(experiment.treatments, 1):
            found, enough = compared(sums, len(experiment.arms), arm, share)
            used = np.flatnonzero(enough & (found.error > 0))
            head = (by, treatment, name, len(used))
            if len(used) < 2:
                yield (*head, "", np.nan, "", np.nan, np.nan, np.nan)
                continue
            effect = found.value[used]
            low, high = used[effect.argmin()], used[effect.argmax()]
            ends = (groups[low], effect.min(), groups[high], effect.max())
            yield (*head, *ends, *welch(effect, found.error[used], found.freedom[used]))


def welch(value: np.ndarray, error: np.ndarray, freedom: np.ndarray) -> tuple[float, float]:
    """Welch's statistic and p value that independent estimates with these errors are equal.

    >>> f, p = welch(np.array([1.0, 1.0, 4.0]), np.ones(3), np.full(3, 50.0))
    >>> round(f, 3), round(p, 4)
    (2.98, 0.0553)
    """
    weight = 1 / error**2
    share = weight / weight.sum()
    count = len(value)
    spread = float((weight * (value - share @ value) ** 2).sum()) / (count - 1)
    loss = float(((1 - share) ** 2 / freedom).sum())
    f = spread / (1 + 2 * (count - 2) / (count**2 - 1) * loss)
    below = (count**2 - 1) / (3 * loss) if loss > 0 else 1e12
    return f, float(fdtrc(count - 1, below, f))
