"""Feature and FeatureBuilder: value, unit, sentence and missing rule stand beside each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from churnlab.errors import ConfigError
from churnlab.features.expression import Expression

_NAME = re.compile(
    r"(?P<signal>[a-z0-9]+(?:_[a-z0-9]+)*)__(?P<statistic>[a-z0-9]+(?:_[a-z0-9]+)*)__(?P<window>all|static|\d+d(?:_\d+d)?)"
)


@dataclass(frozen=True)
class Feature:
    """One column: its name, its value, its unit and how a person would say it.

    `name` is `<signal>__<statistic>__<window>`; the window is `28d` for `[t - 28, t)`, `14d_56d` for the last 14 days
    against the 56 before them, `all` for everything before t. `says` is a format text over feature names of the same
    row and `{value}`; `missing` is said when one of these is not known.

    >>> from churnlab.features.expression import Sum
    >>> Feature("push__sent_sum__28d", Sum("n_push_sent")[0, 28], "pushes", "{value:.0f} pushes in 28 days").signal
    'push'
    """

    name: str
    value: Expression
    unit: str
    says: str
    missing: str = "not enough history"

    def __post_init__(self) -> None:
        parse_name(self.name)

    @property
    def signal(self) -> str:
        """The first part of the name."""
        return parse_name(self.name)["signal"]

    @property
    def window(self) -> str:
        """The last part of the name."""
        return parse_name(self.name)["window"]


def parse_name(name: str) -> dict[str, str]:
    """signal, statistic and window of a feature name; ConfigError for any other text.

    >>> parse_name("session__minutes_mean__28d")
    {'signal': 'session', 'statistic': 'minutes_mean', 'window': '28d'}
    """
    found = _NAME.fullmatch(name)
    if not found:
        raise ConfigError.from_feature_name(name)
    return found.groupdict()


@dataclass(frozen=True, kw_only=True)
class FeatureBuilder:
    """A signal: a frozen dataclass whose fields are its windows and whose `features` declares the columns.

    `signal` is the first part of its features' names. `needs` are the roles without which it contributes nothing, or the
    word `money`. `default` says whether it is of the default set, or only where it is named.
    """

    signal: ClassVar[str] = ""
    needs: ClassVar[tuple[str, ...]] = ()
    default: ClassVar[bool] = True

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """The features of a log that has these roles (`money` among them where amounts are)."""
        raise TypeError(f"{type(self).__name__} declares no features")

    def lacks(self, roles: frozenset[str]) -> tuple[str, ...]:
        """What it needs and the log does not have."""
        return tuple(r for r in self.needs if r not in roles)
