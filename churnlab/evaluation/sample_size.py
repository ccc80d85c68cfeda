"""Sample size: how many columns a number of leavers supports.

R. Riley and others (2019), Minimum sample size for developing a multivariable prediction model:
PART II - binary and time-to-event outcomes. Statistics in Medicine 38, 1276-1296. Their criteria:
(i) predictions need to be shrunk by a tenth at most, (ii) Nagelkerke's R2 looks better on the
training rows than it is by 0.05 at most, (iii) the overall risk is known within 0.05.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import entr, logit, ndtri

from churnlab.dataset.dataset import Dataset
from churnlab.language.sentence import Words, sentence

LEAST_SHRINKAGE = 0.9
MOST_OPTIMISM = 0.05
MOST_RISK_ERROR = 0.05
_NORMAL_95 = 1.959964
_NODES, _NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(64)
_NODE_WEIGHTS = _NODE_WEIGHTS / _NODE_WEIGHTS.sum()


def cox_snell(auc: float, share: float) -> float:
    """Cox and Snell's R2 of a model with this AUC where `share` of people leave, in [0, 1).

    The linear predictor is taken as normal with the same spread among those who leave and those who
    stay, as R. Riley, B. Van Calster and G. Collins (2021), A note on estimating the Cox-Snell R2
    from a reported C statistic to inform sample size calculations, Statistics in Medicine 40,
    859-864. They simulate people; here the mean log likelihood is a sum over 64 Gauss-Hermite
    nodes, so a call always gives the same number.

    >>> round(cox_snell(0.7, 0.107), 3), cox_snell(0.5, 0.107)
    (0.05, 0.0)
    """
    apart = math.sqrt(2) * float(ndtri(max(auc, 0.5)))
    gain = _entropy(share)
    for weight, centre, sign in ((share, apart, -1), (1 - share, 0.0, 1)):
        log_odds = logit(share) + apart * (centre + _NODES) - apart**2 / 2
        gain -= weight * float(_NODE_WEIGHTS @ np.logaddexp(0, sign * log_odds))
    return max(0.0, 1 - math.exp(-2 * gain))


def highest_cox_snell(share: float) -> float:
    """Cox and Snell's R2 of a perfect model where `share` of people leave.

    >>> round(highest_cox_snell(0.5), 2)
    0.75
    """
    return 1 - math.exp(-2 * _entropy(share))


def _entropy(share: float) -> float:
    """Mean negative log likelihood of the base rate, in nats."""
    return float(entr(share) + entr(1 - share))


def supported(leavers: float, share: float, auc: float) -> float:
    """How many columns some leavers support, by criteria (i) and (ii) of Riley and others.

    `leavers` is the number of people who left, `share` their share of all, in (0, 1), `auc` that
    of the model; an AUC of a half or less supports none. A category counts as its values but one.

    >>> [round(supported(226, 0.107, auc), 1) for auc in (0.57, 0.7)]
    [1.4, 12.0]
    """
    fit = cox_snell(auc, share)
    if fit == 0.0:
        return 0.0
    modest = fit / (fit + MOST_OPTIMISM * highest_cox_snell(share))
    return min(_columns(leavers / share, fit, s) for s in (LEAST_SHRINKAGE, modest))


def _columns(people: float, fit: float, shrinkage: float) -> float:
    """The columns at which predictions need this shrinkage: (S - 1) ln(1 - R2 / S) a person."""
    if fit >= shrinkage:
        return math.inf
    return people * (shrinkage - 1) * math.log1p(-fit / shrinkage)


def risk_error(leavers: float, share: float) -> float:
    """Half the width of the 95% interval of the overall risk, criterion (iii).

    >>> round(risk_error(20, 0.1), 3)
    0.042
    """
    return _NORMAL_95 * math.sqrt(share * (1 - share) * share / leavers)


@dataclass(frozen=True)
class SampleSize:
    """What the leavers of a training support.

    `leavers` is the number of people who left at least once, `share` the share of the snapshots
    that churned, `auc` that of the model on later snapshots, `columns` how many the model reads.

    >>> print(SampleSize(leavers=226, share=0.107, auc=0.57, columns=238).words())
    226 leavers support about 1 column at an AUC of 0.57, and the model reads 238
    >>> print(SampleSize(leavers=60_000, share=0.107, auc=0.7, columns=238).words())
    60,000 leavers support more columns at an AUC of 0.70 than the 238 that the model reads
    """

    leavers: int
    share: float
    auc: float
    columns: int

    @classmethod
    def of(cls, train: Dataset, auc: float) -> Self:
        """The sample size of the labelled rows that a model of churn learnt from.

        A person counts once, however many snapshots show that the person left.

        >>> import pandas as pd
        >>> from churnlab import Churn
        >>> index = pd.MultiIndex.from_product(
        ...     [range(4), pd.to_datetime(["2026-01-01", "2026-02-01"])],
        ...     names=["user_id", "snapshot"],
        ... )
        >>> X = pd.DataFrame({"days": range(8)}, index=index)
        >>> labels = pd.DataFrame({"churned": [0.0, 0, 0, 1, 1, 1, 0, 0]}, index=index)
        >>> found = SampleSize.of(Dataset(X, labels, pd.DataFrame(), (Churn(30),)), auc=0.7)
        >>> found.leavers, found.share, found.columns
        (2, 0.375, 1)
        """
        churned = train.y("churned")
        left = churned.index[(churned > 0).to_numpy()].get_level_values("user_id")
        return cls(int(left.nunique()), float(churned.mean()), auc, train.X.shape[1])

    @property
    def supported(self) -> float:
        """How many columns the leavers support; 0 without leavers or where everybody left."""
        if not self.leavers or self.share >= 1:
            return 0.0
        return supported(self.leavers, self.share, self.auc)

    @property
    def enough(self) -> bool:
        """Whether they support as many columns as the model reads, and the risk is known."""
        risk = self.leavers and risk_error(self.leavers, self.share) <= MOST_RISK_ERROR
        return bool(risk) and self.supported >= self.columns

    def words(self) -> Words:
        """The leavers, the columns that they support and those that the model reads."""
        about = {"leavers": self.leavers, "auc": self.auc, "columns": self.columns}
        if self.supported >= self.columns:
            return sentence(
                "{leavers:,} leavers support more columns at an AUC of {auc:.2f} than the "
                "{columns:,} that the model reads",
                **about,
            )
        return sentence(
            "{leavers:,} leavers support about {supported:column|columns} at an AUC of {auc:.2f}, "
            "and the model reads {columns:,}",
            supported=self.supported,
            **about,
        )
