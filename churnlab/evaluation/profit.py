"""Profit of a retention campaign: what a ranking is worth in money, and whom to contact.

The campaign of S. Neslin and others (2006), Defection detection: measuring and understanding the
predictive accuracy of customer churn models: each person contacted costs `contact`; a person who
was about to leave takes the offer with probability `gamma` and then stays, is worth `value` and
costs `incentive`; a person who would have stayed always takes the offer and costs `incentive` for
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import isotonic_regression
from scipy.special import betainc

from churnlab.errors import ConfigError, FrameError, HistoryError
from churnlab.evaluation.metric_table import metric
from churnlab.evaluation.metrics import by_score
from churnlab.language.sentence import Sentence, Words, sentence

GAMMA = 0.3
VALUE = 200.0
INCENTIVE = 10.0
CONTACT = 1.0
ALPHA = 6.0
BETA = 14.0
_HEAVY = 0.5


class MaximumProfit(NamedTuple):
    """Money per person of the base, and the share of people to contact for it, riskiest first."""

    profit: float
    share: float


def expected_maximum_profit(
    y: np.ndarray,
    p: np.ndarray,
    w: np.ndarray | None = None,
    *,
    alpha: float = ALPHA,
    beta: float = BETA,
    value: float = VALUE,
    incentive: float = INCENTIVE,
    contact: float = CONTACT,
) -> MaximumProfit:
    """Expected maximum profit for churn (EMPC): the profit of the best cutoff.

    It is averaged over the chance that a churner takes the offer, which is Beta(alpha, beta).
    `y` float64[n] is 1 for a person who left, `p` float64[n] any score that rises with risk, ties
    enter together; `w` is how often a row counts. The profit is money per person, higher is
    better, never below 0; the share is the expected share to contact (eta). The ROC curve's convex
    hull says which people are worth a contact at a chance of taking, an incomplete beta integral
    averages over that chance. Where nobody left it is 0.

    T. Verbraken, W. Verbeke and B. Baesens (2013), A novel profit maximizing metric for measuring
    classification performance of customer churn prediction models, IEEE TKDE 25(5); the defaults
    are those of the paper. Raises ConfigError for parameters outside their range, FrameError for
    predictions that do not fit, HistoryError without rows.

    >>> found = expected_maximum_profit(np.array([1.0, 0, 0, 0]), np.array([0.9, 0.3, 0.2, 0.1]))
    >>> round(found.profit, 3), round(found.share, 3)
    (14.0, 0.25)
    """
    _check_money(value, incentive, contact, alpha, beta)
    leave, stay, total = _hull(*_counts(y, p, w))
    gain, cost = leave * (value - incentive), leave * contact + stay * (incentive + contact)
    least = np.minimum(
        np.divide(cost, gain, out=np.ones(len(gain)), where=gain > 0), 1
    )  # the chance of taking from which on a contact pays
    often = 1 - betainc(alpha, beta, least)
    mean = alpha / (alpha + beta) * (1 - betainc(alpha + 1, beta, least))
    return MaximumProfit(
        float((gain * mean - cost * often).sum() / total),
        float(((leave + stay) * often).sum() / total),
    )


@metric(
    "empc",
    target="churned",
    better="higher",
    label=sentence("expected maximum profit (EMPC)"),
    says=sentence(
        "money per person for the best share of people contacted, under the example costs of its "
        "paper: a churner kept is worth 200, the offer costs 10, a contact 1, and about three in "
        "ten churners take the offer; contacting nobody is 0, higher is better"
    ),
    shown=("table",),
)
def empc(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
    """The profit of `expected_maximum_profit` under the paper's parameters; higher is better.

    Money per person where a churner is worth 200.

    >>> round(empc(np.array([1.0, 0, 0, 0]), np.zeros(4)), 3)
    5.929
    """
    return expected_maximum_profit(y, p, w).profit


def maximum_profit(
    y: np.ndarray,
    p: np.ndarray,
    w: np.ndarray | None = None,
    *,
    gamma: float = GAMMA,
    value: float = VALUE,
    incentive: float = INCENTIVE,
    contact: float = CONTACT,
) -> MaximumProfit:
    """Maximum profit for churn (MPC): the profit of the best cutoff at one chance of taking.

    As `expected_maximum_profit`, with `gamma` the probability that a churner takes the offer, and
    with its errors. W. Verbeke, K. Dejaeger, D. Martens, J. Hur and B. Baesens (2012), New insights
    into churn prediction in the telecommunication sector: a profit driven data mining approach,
    EJOR 218(1).

    >>> maximum_profit(np.array([1.0, 0, 0, 0]), np.array([0.9, 0.3, 0.2, 0.1]))
    MaximumProfit(profit=14.0, share=0.25)
    """
    _check_money(value, incentive, contact)
    _check_gamma(gamma)
    leave, stay = _counts(y, p, w)
    money = np.r_[
        0, np.cumsum(leave * (gamma * (value - incentive) - contact) - stay * (incentive + contact))
    ]
    reached, total = np.r_[0, np.cumsum(leave + stay)], float((leave + stay).sum())
    best = int(np.argmax(money))
    return MaximumProfit(float(money[best] / total), float(reached[best] / total))


def contact_profit(
    p: np.ndarray,
    value: np.ndarray | float = VALUE,
    *,
    gamma: np.ndarray | float = GAMMA,
    incentive: float = INCENTIVE,
    contact: float = CONTACT,
) -> np.ndarray:
    """Profit of contacting each person, float64[n], money.

    It is `p * gamma * (value - incentive) - (1 - p) * incentive - contact`. `p` float64[n] is the
    churn probability, or the outcome (0 or 1) to look back on it. `value`, one amount or
    float64[n], is the worth of the person *if they stay*: a lifetime value that counts leavers as
    0 is lower, divide it by 1 - p. `gamma`, one number or float64[n], is the chance that a churner
    takes the offer. Contact those above 0. Missing values stay missing. Raises ConfigError for
    parameters outside their range.

    >>> contact_profit(np.array([0.5, 0.5, 0.05]), np.array([200.0, 20.0, 200.0])).round(3)
    array([22.5 , -4.5 , -7.65])
    """
    _check_cost(incentive, contact)
    _check_gamma(gamma)
    p = np.asarray(p, np.float64)
    return p * gamma * (np.asarray(value, np.float64) - incentive) - (1 - p) * incentive - contact


@dataclass(frozen=True, eq=False)
class ProfitCurve:
    """Profit against the number of people contacted, most profitable first.

    `table` has a row for nobody and for each step down the ranking: share (of people), contacted,
    cutoff (the expected profit of the last person taken), expected (total money, by the
    probabilities) and realised (total money, by the outcomes; missing without them). `best` is the
    row to act on: it is chosen by expected profit and looks at no outcome. `hindsight` is the row
    that paid most. `warnings` hold a sentence for each reason why the profit is unsure.
    """

    table: pd.DataFrame
    warnings: tuple[Words, ...] = ()

    @property
    def best(self) -> pd.Series:
        """The row with the highest expected profit; among equals the fewest contacts."""
        return self.table.loc[self.table["expected"].idxmax()]

    @property
    def hindsight(self) -> pd.Series | None:
        """The row with the highest realised profit, a bound; None without outcomes."""
        realised = self.table["realised"]
        return None if realised.isna().all() else self.table.loc[realised.idxmax()]

    def summary(self) -> Sentence:
        """The number of people to contact and the profit, in one sentence."""
        row = self.best
        expected = sentence(
            "Contacting {contacted:,} people ({share:.1%}) is expected to bring {expected:,.0f}",
            contacted=int(row["contacted"]),
            share=row["share"],
            expected=row["expected"],
        )
        if np.isnan(row["realised"]):
            return sentence("{expected}.", expected=expected)
        return sentence(
            "{expected}, realised {realised:,.0f}.", expected=expected, realised=row["realised"]
        )

    def _repr_html_(self) -> str:
        steps = np.unique(np.linspace(0, len(self.table) - 1, 21).astype(int))
        return self.table.iloc[steps].to_html(index=False, float_format="%.3f")


def profit_curve(
    y: np.ndarray | None,
    p: np.ndarray,
    value: np.ndarray | float = VALUE,
    *,
    gamma: np.ndarray | float = GAMMA,
    incentive: float = INCENTIVE,
    contact: float = CONTACT,
) -> ProfitCurve:
    """Expected and realised profit as the share of contacted people grows.

    People are ranked by their own expected profit; those of equal profit enter together. `y`
    float64[n] holds outcomes or is None, `p` float64[n] churn probabilities, `value` and `gamma`
    are those of `contact_profit`. Warns where one person alone is more than half of the profit.
    Raises FrameError for arrays that do not fit, HistoryError without rows, ConfigError for
    parameters outside their range.

    >>> left, risk = np.array([1.0, 1, 0]), np.array([0.8, 0.6, 0.05])
    >>> curve = profit_curve(left, risk, np.array([100.0, 500.0, 500.0]))
    >>> print(curve.summary())
    Contacting 2 people (66.7%) is expected to bring 102, realised 172.
    """
    p, value = np.asarray(p, np.float64), np.asarray(value, np.float64)
    value = np.broadcast_to(value, p.shape) if value.ndim == 0 else value
    for name, given in (("churnlab", p), ("value", value)):
        _check_numbers(name, given, len(p) if y is None else len(y))
    own, seen = (
        contact_profit(q, value, gamma=gamma, incentive=incentive, contact=contact)
        for q in (p, np.full(len(p), np.nan) if y is None else y)
    )
    expected, realised, size = by_score(own, own, seen, np.ones(len(p)))
    table = pd.DataFrame(
        {
            "share": np.r_[0, size.cumsum() / len(p)],
            "contacted": np.r_[0, size.cumsum()].astype(int),
            "cutoff": np.r_[np.inf, np.unique(own)[::-1]],
            "expected": np.r_[0, expected.cumsum()],
            "realised": np.r_[0 if y is not None else np.nan, realised.cumsum()],
        }
    )
    return ProfitCurve(table, _heavy(own))


def _heavy(own: np.ndarray) -> tuple[Words, ...]:
    """A warning where the profit depends on one person."""
    gain = own[own > 0]
    if len(gain) < 2 or gain.max() <= _HEAVY * gain.sum():
        return ()
    warning = sentence(
        "one person is {share:.0%} of the expected profit of the {people:,} worth a contact: the "
        "total depends on that person",
        share=gain.max() / gain.sum(),
        people=len(gain),
    )
    return (warning,)


def _counts(y: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """How many left and how many stayed at each score that somebody has, highest first."""
    y, p = np.asarray(y, np.float64), np.asarray(p, np.float64)
    _check_numbers("churnlab", p, len(y))
    w = np.ones(len(y)) if w is None else np.asarray(w, np.float64)
    leave, stay = by_score(p, w * y, w * (1 - y))
    some = leave + stay > 0
    return leave[some], stay[some]


def _hull(leave: np.ndarray, stay: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """The segments of the ROC curve's convex hull, steepest first: left, stayed; the total count.

    The hull pools neighbours whose rates are out of order, as a decreasing isotonic regression of
    the rate does.
    """
    size = leave + stay
    starts = isotonic_regression(leave / size, weights=size, increasing=False).blocks[:-1]
    return np.add.reduceat(leave, starts), np.add.reduceat(stay, starts), float(size.sum())


def _check_numbers(name: str, given: np.ndarray, rows: int) -> None:
    if not rows:
        raise HistoryError.from_no_rows("profit")
    if given.shape != (rows,) or not np.isfinite(given).all():
        raise FrameError.from_bad_predictions(
            name, given.size, rows, int((~np.isfinite(given)).sum())
        )


def _check_gamma(gamma: np.ndarray | float) -> None:
    if not (np.min(gamma) >= 0 and np.max(gamma) <= 1):
        raise ConfigError.from_range(
            "gamma", gamma if np.ndim(gamma) == 0 else "outside 0 to 1", "a probability from 0 to 1"
        )


def _check_cost(incentive: float, contact: float) -> None:
    for name, given in (("incentive", incentive), ("contact", contact)):
        if not 0 <= given < np.inf:
            raise ConfigError.from_range(name, given, "an amount of 0 or more")


def _check_money(
    value: float, incentive: float, contact: float, alpha: float = 1, beta: float = 1
) -> None:
    _check_cost(incentive, contact)
    if not incentive < value < np.inf:
        raise ConfigError.from_range(
            "value", value, f"an amount above the incentive of {incentive:g}"
        )
    for name, given in (("alpha", alpha), ("beta", beta)):
        if not 0 < given < np.inf:
            raise ConfigError.from_range(name, given, "a number above 0")
