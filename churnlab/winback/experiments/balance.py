"""Balance: whether the arms were alike before the assignment, as chance makes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from churnlab.errors.experiments import ExperimentError
from churnlab.language.catalogues import ENGLISH
from churnlab.schema.views import view
from churnlab.winback.experiments.groups import grouped

LEAST_P = 0.001  # below it a table counts as not randomised
_NOTABLE_P = 0.01
_NOTABLE_DIFFERENCE = 0.1
_PEOPLE_A_COLUMN = 20


@dataclass(frozen=True, eq=False, repr=False)
class Balance:
    """How the arms differed before the assignment.

    | field     | meaning                                                                          |
    |-----------|----------------------------------------------------------------------------------|
    | `frame`   | a row for each treatment and fact: both means, their standardised difference     |
    | `p`       | of the omnibus test over all facts and arms; NaN where nothing was known         |
    | `sizes`   | people by arm                                                                    |
    | `planned` | people by arm after the plan; equal shares without one                           |
    | `ratio_p` | of the test of the sizes against them                                            |
    | `declared`| whether the plan was declared                                                    |

    The standardised difference is that of the means over the root of the mean of both variances:
    P. Austin (2009), Balance diagnostics for comparing the distribution of baseline covariates,
    Statistics in Medicine 28, 3083-3107. The omnibus test is that of B. Hansen and J. Bowers
    (2008), Covariate balance in simple, stratified and clustered comparative studies, Statistical
    Science 23, 219-236, for several arms: the sum over arms of n (mean - all)' S^-1 (mean - all),
    with S the covariance over all people, against chi-squared with rank(S) (arms - 1) degrees of
    freedom. The sizes are tested by chi-squared (sample ratio mismatch).
    """

    frame: pd.DataFrame
    p: float
    sizes: Mapping[str, int]
    planned: Mapping[str, float]
    ratio_p: float
    declared: bool

    @property
    def notable(self) -> pd.DataFrame:
        """The facts that differ by more than a tenth of a standard deviation, largest first."""
        found = self.frame[self.frame["difference"].abs() > _NOTABLE_DIFFERENCE]
        return found.sort_values("difference", key=np.abs, ascending=False)

    @property
    def odd_sizes(self) -> bool:
        """Whether the sizes differ from the plan, or from equal shares, beyond chance."""
        return self.ratio_p < _NOTABLE_P

    @property
    def checked(self) -> bool:
        """Whether anything was known before the assignment."""
        return not np.isnan(self.p)

    @property
    def randomised(self) -> bool:
        """Whether chance makes such differences in more than one of 1,000 experiments."""
        return not (self.p < LEAST_P or (self.declared and self.ratio_p < LEAST_P))

    def html(self, language: str = ENGLISH) -> str:
        """A table for a page or a cell of a notebook."""
        return str(view("winback.experiments.shown:balance")(self).html(language))

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, JSON-ready; a p value that is not known is null."""
        return {
            "p": None if np.isnan(self.p) else self.p,
            "sizes": dict(self.sizes),
            "planned": dict(self.planned),
            "ratio_p": self.ratio_p,
            "declared": self.declared,
            "facts": self.frame.to_dict("records"),
        }

    def __repr__(self) -> str:
        return f"Balance({self.frame['fact'].nunique()} facts, p {self.p:.3g})"

    def _repr_html_(self) -> str:
        return self.html()

    def check(self) -> None:
        """Raise ExperimentError where the arms differ beyond chance.

        >>> table = pd.DataFrame({"age": np.arange(200.0)})
        >>> balance_of(table, None, np.repeat([0, 1], 100), ("none", "gift")).check()
        Traceback (most recent call last):
        churnlab.errors.experiments.ExperimentError: the arms were not drawn at random: they
        differed before the assignment, most in 'age' by 3.45 standard deviations (p below 1e-12);
        give the table of a randomised experiment, or randomised=False to see differences that are
        no effects
        """
        if self.p < LEAST_P:
            worst = self.frame.loc[self.frame["difference"].abs().idxmax()]
            name = worst["fact"] if not worst["level"] else f"{worst['fact']}: {worst['level']}"
            raise ExperimentError.from_unbalanced(str(name), float(worst["difference"]), self.p)
        if self.declared and self.ratio_p < LEAST_P:
            arm = max(self.sizes, key=lambda a: abs(self.sizes[a] - self.planned[a]))
            told = self.sizes[arm], self.planned[arm], self.ratio_p
            raise ExperimentError.from_ratio(arm, *told)


def balance_of(
    known: pd.DataFrame,
    stage: np.ndarray | None,
    arm: np.ndarray,
    arms: tuple[str, ...],
    shares: Mapping[str, float] | None = None,
) -> Balance:
    """The balance of people `arm` int64[n] by what was `known` [n] and by `stage` object[n].

    >>> even = pd.DataFrame({"age": [1.0, 1, 2, 2] * 30, "city": ["x", "x", "y", "y"] * 30})
    >>> found = balance_of(even, None, np.tile([0, 1], 60), ("none", "gift"))
    >>> found.frame[["fact", "level", "difference"]].to_numpy().tolist(), found.p
    ([['age', '', 0.0], ['city', 'y', 0.0]], 1.0)
    """
    facts = known if stage is None else known.assign(stage=stage)
    names, matrix = _matrix(facts)
    sizes = np.bincount(arm, minlength=len(arms)).astype(np.float64)
    weights = np.array([1.0 if shares is None else float(shares[a]) for a in arms])
    planned = weights / weights.sum() * len(arm)
    ratio = float(((sizes - planned) ** 2 / planned).sum())
    return Balance(
        _differences(names, matrix, arm, arms),
        _omnibus(matrix, arm, sizes),
        dict(zip(arms, sizes.astype(int).tolist(), strict=True)),
        dict(zip(arms, planned.tolist(), strict=True)),
        float(chdtrc(len(arms) - 1, ratio)),
        shares is not None,
    )


def _matrix(facts: pd.DataFrame) -> tuple[list[tuple[str, str]], np.ndarray]:
    """The facts as numbers float64[n, p], and the name and level of each column.

    A category has a column for each level but the first; a missing number is the mean, with a
    column that says where it was missing.
    """
    names, columns = [], []
    for name in facts:
        column = facts[name].reset_index(drop=True)
        if pd.api.types.is_numeric_dtype(column):
            values = column.to_numpy(np.float64, na_value=np.nan)
            missing = ~np.isfinite(values)
            if missing.any() and not missing.all():
                names.append((str(name), "missing"))
                columns.append(missing.astype(np.float64))
            names.append((str(name), ""))
            columns.append(np.where(missing, values[~missing].mean() if len(values) else 0, values))
        else:
            levels, place = grouped(column)
            start = 1 if len(levels) > 1 else 0
            for i, level in enumerate(levels[start:], start):
                names.append((str(name), level))
                columns.append((place == i).astype(np.float64))
    return names, np.array(columns).T if columns else np.zeros((len(facts), 0))


def _differences(
    names: list[tuple[str, str]], matrix: np.ndarray, arm: np.ndarray, arms: tuple[str, ...]
) -> pd.DataFrame:
    """A row for each treatment and column: both means and the standardised difference."""
    of_arm = [matrix[arm == i] for i in range(len(arms))]
    means = [part.mean(0) for part in of_arm]
    spread = [part.var(0, ddof=1) for part in of_arm]
    rows = []
    for i in range(1, len(arms)):
        scale = np.sqrt((spread[0] + spread[i]) / 2)
        apart = means[i] - means[0]
        with np.errstate(invalid="ignore", divide="ignore"):
            standard = np.where(apart == 0, 0.0, apart / scale)
        for j, (name, level) in enumerate(names):
            rows.append((arms[i], name, level, means[i][j], means[0][j], standard[j]))
    columns = ["treatment", "fact", "level", "mean", "control", "difference"]
    return pd.DataFrame(rows, columns=columns)


def _omnibus(matrix: np.ndarray, arm: np.ndarray, sizes: np.ndarray) -> float:
    """The p value that no fact differs between any arms; NaN where no fact varies.

    Where there are many columns for the people, their first principal components are tested.
    """
    apart = matrix - matrix.mean(0)
    scale = np.sqrt((apart**2).sum(0) / max(len(arm) - 1, 1))
    apart = apart[:, scale > 0] / scale[scale > 0]
    if not apart.shape[1]:
        return float("nan")
    values, axes = np.linalg.eigh(apart.T @ apart / (len(arm) - 1))
    most = max(len(arm) // _PEOPLE_A_COLUMN, 1)
    used = np.flatnonzero(values > 1e-9 * values[-1])[-most:]
    scores = apart @ axes[:, used] / np.sqrt(values[used])
    sums = np.array([scores[arm == i].sum(0) for i in range(len(sizes))])
    statistic = float((sums**2 / sizes[:, None]).sum())
    return float(chdtrc(len(used) * (len(sizes) - 1), statistic))
