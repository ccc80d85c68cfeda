"""NextTest: how many people a test needs, and what it can see."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri
from scipy.stats import nct, t

from churnlab.errors import ConfigError
from churnlab.language.catalogues import ENGLISH
from churnlab.schema.views import view

_LEAST = 2
_MOST = 1e12


@dataclass(frozen=True, kw_only=True)
class NextTest:
    """The people that a test of two groups needs to see a difference.

    | field        | meaning                                                                |
    |--------------|------------------------------------------------------------------------|
    | `difference` | the difference to be seen, treated less control                        |
    | `control`    | the share of the control group, for shares of people                   |
    | `sd`         | the standard deviation of a person's outcome, for means                |
    | `power`      | the probability to see the difference if it is there                   |
    | `alpha`      | the probability to see one that is not there, two-sided                |
    | `comparisons`| how many tests are made at once; `alpha` is divided by it (Bonferroni) |
    | `ratio`      | treated people for one person of the control group                     |

    Shares: the normal approximation with the pooled variance under no difference, J. Fleiss, B.
    Levin and M. Paik (2003), Statistical Methods for Rates and Proportions, 3rd edition, section
    4.3, without continuity correction. Means: the noncentral t distribution, J. Cohen (1988),
    Statistical Power Analysis for the Behavioral Sciences, 2nd edition, chapter 2.

    >>> NextTest.of_shares(0.10, 0.01).people
    (14751, 14751)
    >>> NextTest.of_means(sd=15.0, difference=0.5).people
    (14129, 14129)
    """

    difference: float
    control: float | None = None
    sd: float | None = None
    power: float = 0.8
    alpha: float = 0.05
    comparisons: int = 1
    ratio: float = 1.0

    def __post_init__(self) -> None:
        _check("power", self.power, 0, 1)
        _check("alpha", self.alpha, 0, 1)
        _check("ratio", self.ratio, 0, math.inf)
        if isinstance(self.comparisons, bool) or self.comparisons < 1:
            raise ConfigError.from_range("comparisons", self.comparisons, "1 or more")
        if not math.isfinite(self.difference) or self.difference == 0:
            raise ConfigError.from_range("difference", self.difference, "a number other than 0")
        if self.control is not None and self.sd is not None:
            raise ConfigError.from_both("control", "sd")
        if self.control is not None:
            _check("the share of the control group", self.control, 0, 1)
            _check("the share with the treatment", self.control + self.difference, 0, 1)
        elif self.sd is None:
            raise ConfigError.from_neither("control", "sd")
        else:
            _check("sd", self.sd, 0, math.inf)

    @classmethod
    def of_shares(cls, control: float, difference: float, **options: Any) -> NextTest:
        """A test of shares of people; ConfigError for a share outside (0, 1).

        >>> NextTest.of_shares(0.4423, 0.0059, power=0.9).people[0] > 100_000
        True
        """
        return cls(control=control, difference=difference, **options)

    @classmethod
    def of_means(cls, sd: float, difference: float, **options: Any) -> NextTest:
        """A test of means; ConfigError for a standard deviation that is not above 0.

        >>> NextTest.of_means(sd=1.0, difference=0.5).people
        (64, 64)
        """
        return cls(sd=sd, difference=difference, **options)

    @property
    def people(self) -> tuple[int, int]:
        """The fewest people in the control group and with the treatment."""
        few = brentq(lambda n: self.power_of(n) - self.power, _LEAST, self._enough(), xtol=1e-9)
        control = max(math.ceil(round(few, 6)), _LEAST)
        return control, max(math.ceil(round(control * self.ratio, 6)), _LEAST)

    def power_of(self, control: float) -> float:
        """The power with so many people in the control group, and `ratio` times as many treated.

        >>> round(NextTest.of_means(sd=1.0, difference=0.5).power_of(64), 4)
        0.8015
        """
        return self._power(self.difference, control)

    def detectable(self, control: float) -> float:
        """The smallest difference that so many people in the control group let see.

        It has the sign of `difference`. NaN where no difference can be seen.

        >>> round(NextTest.of_shares(0.10, 0.01).detectable(14_751), 4)
        0.01
        """
        sign = math.copysign(1, self.difference)
        most = self._widest(sign)
        if self._power(sign * most, control) < self.power:
            return math.nan
        found = _root(lambda d: self._power(sign * d, control) - self.power, 1e-12 * most, most)
        return sign * found

    def html(self, language: str = ENGLISH) -> str:
        """A table for a page or a cell of a notebook."""
        return str(view("winback.experiments.shown:next_test")(self).html(language))

    def plot(self, ax: Any = None, *, language: str = ENGLISH) -> Any:
        """Draw the power by the number of people, as a PowerDisplay.

        >>> NextTest.of_shares(0.10, 0.01).plot()
        PowerDisplay()
        """
        display: Any = view("winback.experiments.power_display:PowerDisplay")
        return display.of(self, ax=ax, language=language)

    def to_dict(self) -> dict[str, Any]:
        """The fields, and the people needed, as plain values.

        >>> NextTest.of_shares(0.10, 0.01).to_dict()["treated"]
        14751
        """
        control, treated = self.people
        told = {k: v for k, v in vars(self).items() if v is not None}
        told["control_share"] = told.pop("control", None)
        known = {k: v for k, v in told.items() if v is not None}
        return {**known, "controls": control, "treated": treated, "all": control + treated}

    def _repr_html_(self) -> str:
        return self.html()

    def _widest(self, sign: float) -> float:
        """A difference larger than any that is asked for."""
        if self.control is None:
            return 1e3 * float(self.sd or 1)
        return (1 - self.control if sign > 0 else self.control) * (1 - 1e-9)

    def _enough(self) -> float:
        """A number of people with more than the power."""
        most = 4.0
        while self.power_of(most) < self.power:
            most *= 4
            if most > _MOST:
                raise ConfigError.from_range("difference", self.difference, "a larger one")
        return most

    def _power(self, difference: float, control: float) -> float:
        level = self.alpha / self.comparisons
        if self.control is None:
            return _of_means(difference / float(self.sd or 1), control, self.ratio, level)
        return _of_shares(self.control, difference, control, self.ratio, level)


def _of_shares(base: float, difference: float, control: float, ratio: float, level: float) -> float:
    """The power of the pooled score test of two shares, both tails."""
    other = base + difference
    pooled = (base + ratio * other) / (1 + ratio)
    none = math.sqrt(pooled * (1 - pooled) * (1 + 1 / ratio) / control)
    some = math.sqrt((base * (1 - base) + other * (1 - other) / ratio) / control)
    reach = float(-ndtri(level / 2)) * none
    upper, lower = ndtr((difference - reach) / some), ndtr((-difference - reach) / some)
    return float(upper + lower)


def _of_means(effect: float, control: float, ratio: float, level: float) -> float:
    """The power of the two-sample t test with a difference of `effect` standard deviations."""
    freedom = control * (1 + ratio) - 2
    shift = abs(effect) * math.sqrt(control * ratio / (1 + ratio))
    reach = float(t.isf(level / 2, freedom))
    if freedom > 1e6:  # the noncentral t is normal then, and its series long
        return float(ndtr(shift - reach) + ndtr(-shift - reach))
    found = nct.sf(reach, freedom, shift) + np.nan_to_num(nct.cdf(-reach, freedom, shift))
    return float(found)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    return float(brentq(function, low, high, xtol=1e-12))


def _check(name: str, given: float, low: float, high: float) -> None:
    if not low < given < high:
        wanted = f"a number above {low}" if high == math.inf else f"a number in ({low}, {high})"
        raise ConfigError.from_range(name, given, wanted)
