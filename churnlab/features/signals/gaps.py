"""The gaps between active days grow, and the silence against the gaps of late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import (
    Expression,
    MedianIn,
    Recent,
    Since,
    SlopeIn,
    Sum,
    above,
    fill,
    given,
    least,
    positive,
    total,
)
from churnlab.language.sentence import Column, sentence

_LAST = 3
_FEW = sentence("active on too few days to know a habit")
_FEWER_THAN_FOUR = sentence("active on fewer than four days")


@dataclass(frozen=True, kw_only=True)
class GapTrend(FeatureBuilder):
    """A person's last gaps are longer than their gaps used to be, or each is longer than the last.

    A gap is the number of days between two active days. The last three gaps give a mean, the least
    and a slope; with fewer gaps, mean and least are of those there are. In each of `windows`, the
    slope is that of the least squares line through the gaps that ended in it, in days from one gap
    to the next, and stands also as a share of their mean; the median gap is what the present
    silence is compared with.

    Not in the default set: on the six tasks of experiments/signals it added nothing beside the
    other signals, which know the last gaps too.
    """

    signal: ClassVar[str] = "gaps"
    topics: ClassVar[Mapping[str, str]] = {"": "away"}
    default: ClassVar[bool] = False
    place: ClassVar[int] = 20
    windows: tuple[int, ...] = (364, 1092)

    def within(self, most: int) -> Self:
        """The windows of at most so many days."""
        return replace(self, windows=tuple(w for w in self.windows if w <= most))

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Mean, least and slope of the last gaps; slope and median of each window's gaps."""
        yield from _last_gaps()
        for window in self.windows:
            yield from _slopes(window)
            yield from _medians(window)


def _gaps() -> list[Expression]:
    """The last gaps, the last first; missing where there is none."""
    return [positive(Recent("gap", k)) for k in range(_LAST)]


def _last_gaps() -> Iterator[Feature]:
    gaps = _gaps()
    mean = total(fill(g, 0) for g in gaps) / total(above(g) for g in gaps)
    shortest = gaps[0]
    for gap in gaps[1:]:
        shortest = least(shortest, fill(gap, shortest))
    name = "gaps__last_mean_days__all"
    yield Feature(
        name,
        mean,
        "days",
        sentence(
            "the last gaps, {count} at most, were {value:.1f} days on average",
            count=_LAST,
        ),
        _FEW,
    )
    yield Feature(
        "gaps__last_least_days__all",
        shortest,
        "days",
        sentence(
            "the shortest of the last gaps, {count} at most, was {value:.0f} days", count=_LAST
        ),
        _FEW,
    )
    yield Feature(
        "gaps__last_slope_days__all",
        (gaps[0] - gaps[-1]) / (_LAST - 1),
        "days a gap",
        sentence(
            "the last {count} gaps changed by {value:+.1f} days from one to the next", count=_LAST
        ),
        _FEWER_THAN_FOUR,
    )
    yield Feature(
        "gaps__silence_of_last_mean__all",
        Since("active") / mean,
        "own last gaps",
        sentence(
            "away for {value:.1f} times the mean of the last gaps, {usual:.1f} days",
            usual=Column(name),
        ),
        _FEW,
    )


def _slopes(window: int) -> Iterator[Feature]:
    slope, count = SlopeIn("gap", window), Sum("gaps")[0, window]
    few = sentence("fewer than three gaps between active days in {days} days", days=window)
    yield Feature(
        f"gaps__slope_days__{window}d",
        given(count - 2, slope),
        "days a gap",
        sentence(
            "gaps that ended in the last {days} days changed by {value:+.1f} days "
            "from one to the next",
            days=window,
        ),
        few,
    )
    yield Feature(
        f"gaps__slope_share__{window}d",
        given(count - 2, slope / (Sum("gap")[0, window] / count)),
        "share a gap",
        sentence(
            "gaps that ended in the last {days} days changed by {value:+.0%} of their mean "
            "from one to the next",
            days=window,
        ),
        few,
    )


def _medians(window: int) -> Iterator[Feature]:
    median, name = MedianIn("gap", window), f"gaps__median_days__{window}d"
    few = sentence("active on too few of {days} days to know gaps", days=window)
    yield Feature(
        name,
        median,
        "days",
        sentence(
            "half of the gaps that ended in the last {days} days were at most {value:.1f} days",
            days=window,
        ),
        few,
    )
    yield Feature(
        f"gaps__silence_of_median__{window}d",
        Since("active") / median,
        "own median gaps",
        sentence(
            "away for {value:.1f} times {usual:.1f} days, the median of the gaps that ended in the "
            "last {days} days",
            usual=Column(name),
            days=window,
        ),
        few,
    )
