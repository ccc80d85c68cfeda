"""Gain curves of a ranking: people kept per 1,000 contacted, the Qini curve and the uplift curve.

N. Radcliffe (2007), Using control groups to target on predicted lift: building and assessing uplift
models, Direct Marketing Analytics Journal, 14-21. N. Radcliffe and P. Surry (2011), Real-world
uplift modelling with significance-based uplift trees, Stochastic Solutions, section 6. P. Gutierrez
and J.-Y. Gérardy (2017), Causal inference and uplift modelling: a review of the literature, PMLR
67, section 5. Outcomes and effects have the sign of `Trial`: 1 is a person kept, an effect is
P(churn untreated) - P(churn treated). Nothing is divided by the area of a perfect ranking: that is
a number nobody can know (which of the people treated would have stayed anyway?), and a ratio of
noise where the best possible gain is small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from churnlab.errors import TrialError
from churnlab.winback.targeting.rate import ALONE, Ranked, Sample

PER = 1000
SHARES = np.linspace(0.05, 1, 20)
_NORMAL_95 = 1.959964


@dataclass(frozen=True, eq=False)
class Ordered:
    """Sums down a ranking of people who were given one treatment or nothing.

    At each place after which the priority changes, and at 0: share of people, then the sums of
    weights and of weighted outcomes of the treated (`treated`, `kept_treated`) and of the others.
    """

    share: np.ndarray
    treated: np.ndarray
    kept_treated: np.ndarray
    control: np.ndarray
    kept_control: np.ndarray

    @classmethod
    def of(
        cls,
        y: np.ndarray,
        treated: np.ndarray,
        priority: np.ndarray,
        chance: np.ndarray | None = None,
    ) -> Ordered:
        """The sums, highest priority first; people of equal priority enter together.

        y: float64[n], larger is better. treated: bool[n]. chance: the chance of what each person
        was given, float64[n]; people then count by its inverse. None counts each once, right where
        all had the same chance.

        Raises TrialError where nobody was treated or nobody left untreated, and for arrays that do
        not fit.

        >>> made = Ordered.of(np.array([1.0, 0.0]), np.array([True, False]), np.array([0.9, 0.1]))
        >>> made.share.tolist(), made.kept_treated.tolist()
        ([0.0, 0.5, 1.0], [0.0, 1.0, 1.0])
        """
        treated = np.asarray(treated, bool)
        if treated.all() or not treated.any():
            raise TrialError.from_no_control(int((~treated).sum()), 1)
        ranked = Ranked.of(np.asarray(y, np.float64), priority)
        on = treated[ranked.order].astype(np.float64)
        weight = np.ones(len(on)) if chance is None else 1 / np.asarray(chance)[ranked.order]
        last = np.flatnonzero(np.r_[np.diff(ranked.priority) != 0, True])

        def down(values: np.ndarray) -> np.ndarray:
            """Sums from the top down to the end of each tie, with 0 before."""
            return np.r_[0.0, np.cumsum(values)[last]]

        return cls(
            np.r_[0.0, (last + 1) / len(on)],
            down(weight * on),
            down(weight * on * ranked.score),
            down(weight * (1 - on)),
            down(weight * (1 - on) * ranked.score),
        )

    def qini(self) -> np.ndarray:
        """Radcliffe's Qini curve: extra people kept among those treated, per person treated in all.

        g = (R_t - R_c * N_t / N_c) / N_t(all), with R the sums of outcomes and N those of people
        among the top. Without anybody untreated among the top R_c * N_t / N_c is 0.
        """
        mean = _over(self.kept_control, self.control)
        return (self.kept_treated - mean * self.treated) / self.treated[-1]

    def uplift(self) -> np.ndarray:
        """The uplift curve: (R_t / N_t - R_c / N_c) * share, in outcomes a person of everybody.

        The mean of an empty group counts as 0.
        """
        apart = _over(self.kept_treated, self.treated) - _over(self.kept_control, self.control)
        return apart * self.share


def qini(
    y: np.ndarray, treated: np.ndarray, priority: np.ndarray, chance: np.ndarray | None = None
) -> float:
    """Qini coefficient: the area between the Qini curve and the straight line to its end.

    In people kept a person treated (or money, as y is); 0 for a ranking at random, above 0 where
    those ranked first gain more, never normalised. Trapezoids between the places where the
    priority changes. Arguments and errors are those of `Ordered.of`.

    >>> y, treated = np.array([1.0, 0.0, 0.0, 0.0]), np.array([True, False, True, False])
    >>> qini(y, treated, np.array([4.0, 3.0, 2.0, 1.0]))
    0.1875
    """
    made = Ordered.of(y, treated, priority, chance)
    curve = made.qini()
    return float(np.trapezoid(curve, made.share) - curve[-1] / 2)


def auuc(
    y: np.ndarray, treated: np.ndarray, priority: np.ndarray, chance: np.ndarray | None = None
) -> float:
    """AUUC: the area under the uplift curve, in people kept a person (or money, as y is).

    A ranking at random has half of the effect of treating everybody. Never normalised. Trapezoids
    between the places where the priority changes. Arguments and errors are those of `Ordered.of`.

    >>> y, treated = np.array([1.0, 0.0, 0.0, 0.0]), np.array([True, False, True, False])
    >>> auuc(y, treated, np.array([4.0, 3.0, 2.0, 1.0]))
    0.34375
    """
    made = Ordered.of(y, treated, priority, chance)
    return float(np.trapezoid(made.uplift(), made.share))


def gain_table(
    scores: np.ndarray,
    priority: np.ndarray,
    cost: np.ndarray | None = None,
    sample: Sample = ALONE,
    shares: np.ndarray = SHARES,
) -> pd.DataFrame:
    """What contacting the people ranked first brings, by the share of people contacted.

    Columns: share; people; kept, extra people kept per 1,000 contacted (extra money per 1,000 where
    the outcome is money), which is 1,000 times the mean score among those contacted, with low and
    high, its 95% interval; per_money, what one unit of money spent brings, with per_low and
    per_high (missing without `cost` or where all is free). The last row, where everybody is
    contacted, is what a ranking has to beat. Intervals are 1.96 standard errors of random halves of
    the clusters, as in `rate`.

    scores: doubly robust scores of the effect, float64[n]. priority: float64[n], higher first, of
    models that did not see the person. cost: money of a contact, float64[n]. shares: shares of
    people contacted, rising.

    >>> scores, priority = np.array([3.0, 1.0]), np.array([0.9, 0.1])
    >>> gain_table(scores, priority, shares=np.array([0.5, 1.0]))["kept"].tolist()
    [3000.0, 2000.0]
    """
    ranked = Ranked.of(scores, priority, sample.fold)
    money = np.zeros(len(scores)) if cost is None else np.asarray(cost, np.float64)
    made = _Contacted(ranked, np.asarray(shares, np.float64), money[ranked.order])
    kept, per_money = made.gains(None)
    halves = sample.halves(len(scores))
    drawn = np.array([made.gains(half[ranked.order]) for half in halves])
    kept_error, money_error = _NORMAL_95 * drawn.std(axis=0, ddof=1)
    return pd.DataFrame(
        {
            "share": made.shares,
            "people": np.rint(made.shares * len(scores)).astype(int),
            "kept": kept,
            "low": kept - kept_error,
            "high": kept + kept_error,
            "per_money": per_money,
            "per_low": per_money - money_error,
            "per_high": per_money + money_error,
        }
    )


@dataclass(frozen=True, eq=False)
class _Contacted:
    """A ranking, the shares of people contacted, and money in the order of the ranking."""

    ranked: Ranked
    shares: np.ndarray
    cost: np.ndarray

    def gains(self, half: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Kept per 1,000 contacted and kept for a unit of money, float64[m] each."""
        kept = self.ranked.top(self.shares, self.ranked.score, half)
        cost = self.ranked.top(self.shares, self.cost, half)
        free = np.full(len(kept), np.nan)
        return PER * kept, np.divide(kept, cost, out=free, where=cost > 0)


def _over(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Means, 0 where there is nobody."""
    return np.divide(total, count, out=np.zeros(len(total)), where=count > 0)
