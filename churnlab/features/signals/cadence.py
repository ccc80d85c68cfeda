"""The gap between log-ins outgrows the person's own habit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import (
    Expression,
    Longest,
    Recent,
    Since,
    SinceFirst,
    Sum,
    deviation,
    greatest,
    lived,
    log_ratio,
    positive,
)
from churnlab.language.sentence import Column, sentence

_FEW = sentence("active on too few days to know a habit")
_NEVER_ACTIVE = sentence("never active")
_LAST_GAPS = (
    sentence("the last gap between active days was {value:.0f} days"),
    sentence("the one before gap between active days was {value:.0f} days"),
    sentence("the one before that gap between active days was {value:.0f} days"),
)


@dataclass(frozen=True, kw_only=True)
class LoginIntervals(FeatureBuilder):
    """A person is away for longer than the gaps between their active days used to be.

    A gap is the number of days between two active days. Counts over `windows` stand beside shares
    of the days since the person was first active, so that a short log and a long one compare.
    """

    signal: ClassVar[str] = "cadence"
    topics: ClassVar[Mapping[str, str]] = {"": "away", "active": "visits", "acts": "acts"}
    place: ClassVar[int] = 4
    zero_without_history: ClassVar[frozenset[str]] = frozenset({"days", "acts"})
    windows: tuple[int, ...] = (7, 14, 28, 56, 91, 182, 364)
    changes: tuple[tuple[int, int], ...] = ((14, 56), (28, 91), (91, 182))
    last: int = 3

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Active days, gaps, and the present silence against them."""
        for window in self.windows:
            yield from doings(self.signal, window)
        yield from _so_far()
        yield from _gaps()
        for k in range(self.last):
            yield _last_gap(k)
        yield from _silence()
        for recent, before in self.changes:
            yield from _changes(recent, before)


def doings(signal: str, window: int) -> Iterator[Feature]:
    """Active days and acts of the last `window` days, as columns of a signal.

    >>> [feature.name for feature in doings("cadence", 28)]
    ['cadence__active_days__28d', 'cadence__acts_sum__28d']
    """
    yield Feature(
        f"{signal}__active_days__{window}d",
        Sum("active")[0, window],
        "days",
        sentence("active on {value:.0f} of {days} days", days=window),
    )
    yield Feature(
        f"{signal}__acts_sum__{window}d",
        Sum("acts")[0, window],
        "acts",
        sentence("{value:.0f} acts in {days} days", days=window),
    )


def _so_far() -> Iterator[Feature]:
    yield Feature(
        "cadence__active_days__all",
        Sum("active").all,
        "days",
        sentence("active on {value:.0f} days so far"),
    )
    yield Feature(
        "cadence__active_share__all",
        Sum("active").all / SinceFirst("active"),
        "share",
        sentence("active on {value:.0%} of days since the first"),
        _NEVER_ACTIVE,
    )
    yield Feature(
        "cadence__acts_per_active_day__all",
        Sum("acts").all / Sum("active").all,
        "acts",
        sentence("{value:.1f} acts an active day"),
        _NEVER_ACTIVE,
    )


def mean_gap() -> Expression:
    """The mean of a person's gaps in days; missing for fewer than two active days."""
    return Sum("gap").all / Sum("gaps").all


def _deviation_of_gaps() -> Expression:
    return deviation(Sum("gap").all, Sum("gap_sq").all, Sum("gaps").all)


def _gaps() -> Iterator[Feature]:
    yield Feature(
        "cadence__gap_mean_days__all",
        mean_gap(),
        "days",
        sentence("active every {value:.1f} days on average"),
        _FEW,
    )
    yield Feature(
        "cadence__gap_std_days__all",
        _deviation_of_gaps(),
        "days",
        sentence("gaps between active days vary by {value:.1f} days"),
        _FEW,
    )
    yield Feature(
        "cadence__gap_longest_days__all",
        positive(Longest("gap")),
        "days",
        sentence("longest gap so far {value:.0f} days"),
        _FEW,
    )


def _last_gap(k: int) -> Feature:
    """The k-th last gap (0: the last)."""
    later = sentence("the {place}th last gap between active days was {value:.0f} days", place=k + 1)
    return Feature(
        f"cadence__gap_last{k + 1}_days__all",
        positive(Recent("gap", k)),
        "days",
        _LAST_GAPS[k] if k < len(_LAST_GAPS) else later,
        _FEW,
    )


_AWAY = Feature(
    "cadence__since_last_days__all",
    Since("active"),
    "days",
    sentence("last active {value:.0f} days ago"),
    _NEVER_ACTIVE,
)
_AGAINST_THE_MEAN = sentence(
    "{away:.0f} days since the last active day, usually back after {usual:.1f}",
    away=Column(_AWAY.name),
    usual=Column("cadence__gap_mean_days__all"),
)


def _silence() -> Iterator[Feature]:
    """The present silence against the mean gap, the longest gap and the time so far."""
    away = _AWAY.value
    yield _AWAY
    yield Feature(
        "cadence__silence_ratio__all", away / mean_gap(), "own mean gaps", _AGAINST_THE_MEAN, _FEW
    )
    yield Feature(
        "cadence__silence_score__all",
        (away - mean_gap()) / greatest(_deviation_of_gaps(), 1),
        "own deviations",
        _AGAINST_THE_MEAN,
        _FEW,
    )
    yield Feature(
        "cadence__silence_of_longest__all",
        away / positive(Longest("gap")),
        "own longest gap",
        sentence(
            "away {away:.0f} days, the longest gap so far was {longest:.0f}",
            away=Column(_AWAY.name),
            longest=Column("cadence__gap_longest_days__all"),
        ),
        _FEW,
    )
    yield Feature(
        "cadence__silence_share__all",
        away / SinceFirst("active"),
        "share of days since the first",
        sentence("silent for the last {value:.0%} of the time since the first active day"),
        _NEVER_ACTIVE,
    )


def _changes(recent: int, before: int) -> Iterator[Feature]:
    label = f"{recent}d_{before}d"
    nothing = sentence(
        "too new for {recent} days against the {before} before", recent=recent, before=before
    )
    value_now, value_then = _share(0, recent), _share(recent, recent + before)
    then, now = f"cadence__active_share_before__{label}", f"cadence__active_share_now__{label}"
    yield Feature(
        then,
        value_then,
        "share",
        sentence(
            "active on {value:.0%} of the {before} days before the last {recent}",
            before=before,
            recent=recent,
        ),
        nothing,
    )
    yield Feature(
        now,
        value_now,
        "share",
        sentence("active on {value:.0%} of the last {recent} days", recent=recent),
        nothing,
    )
    yield Feature(
        f"cadence__active_share_change__{label}",
        log_ratio(value_now, value_then, 0.02),
        "log ratio",
        sentence(
            "active on {then:.0%} of the {before} days before, on {now:.0%} of the last {recent}",
            then=Column(then),
            now=Column(now),
            before=before,
            recent=recent,
        ),
        nothing,
    )


def _share(new: int, old: int) -> Expression:
    """The share of active days in `[t - old, t - new)` among those since the person's first."""
    return Sum("active")[new, old] / lived(new, old)
