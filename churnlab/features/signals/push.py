"""Pushes go unopened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder, over
from churnlab.features.expression import Expression, Since, Sum, log_ratio, rate
from churnlab.language.sentence import Column, sentence, template


@dataclass(frozen=True, kw_only=True)
class PushOpenDecline(FeatureBuilder):
    """Pushes are opened less often than this person used to open them.

    The share opened is drawn to `prior`, a share that is usual among apps, with the weight of
    `strength` pushes. Without a push sent it is missing, not zero. Windows as in SessionShortening.

    In the default set untested: no task of experiments/signals has pushes.
    """

    signal: ClassVar[str] = "push"
    topics: ClassVar[Mapping[str, str]] = {"": "pushes"}
    needs: ClassVar[tuple[str, ...]] = ("push_sent", "push_opened")
    place: ClassVar[int] = 2
    zero_without_history: ClassVar[frozenset[str]] = frozenset({"pushes"})
    windows: tuple[int, ...] = (14, 28, 91)
    changes: tuple[tuple[int, int], ...] = ((14, 56), (28, 91))
    prior: float = 0.1
    strength: float = 3.0

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Pushes sent and opened, the share opened, and its change."""
        for window in (*self.windows, None):
            yield from _counts(window)
            yield self._open_rate(window)
        for recent, before in self.changes:
            yield from self._changes(recent, before)
        yield Feature(
            "push__since_opened_days__all",
            Since("n_push_opened"),
            "days",
            sentence("last opened a push {value:.0f} days ago"),
            sentence("never opened a push"),
        )

    def _share(self, new: int, old: int | None) -> Expression:
        sent, opened = Sum("n_push_sent")[new, old], Sum("n_push_opened")[new, old]
        return rate(opened, sent, self.prior, self.strength)

    def _open_rate(self, window: int | None) -> Feature:
        label = _label(window)
        return Feature(
            f"push__open_rate__{label}",
            self._share(0, window),
            "share",
            over(
                window,
                template("opened {opened:.0f} of {sent:.0f} pushes in {days} days"),
                template("opened {opened:.0f} of {sent:.0f} pushes since the start"),
                opened=Column(f"push__opened_sum__{label}"),
                sent=Column(f"push__sent_sum__{label}"),
            ),
            over(
                window,
                template("no push sent in {days} days"),
                template("no push sent since the start"),
            ),
        )

    def _changes(self, recent: int, before: int) -> Iterator[Feature]:
        """The share before, its change, and the share now unless a window tells it already."""
        label = f"{recent}d_{before}d"
        days = {"recent": recent, "before": before}
        nothing = sentence("no push sent in {recent} days or in the {before} before", **days)
        value_now, value_then = self._share(0, recent), self._share(recent, recent + before)
        told = recent in self.windows
        then = f"push__open_rate_before__{label}"
        now = f"push__open_rate__{recent}d" if told else f"push__open_rate_now__{label}"
        earlier = sentence(
            "opened about {value:.0%} of pushes in the {before} days before the last {recent}",
            **days,
        )
        yield Feature(then, value_then, "share", earlier, nothing)
        if not told:
            opens = sentence("opens about {value:.0%} of pushes in {days} days", days=recent)
            yield Feature(now, value_now, "share", opens, nothing)
        change = sentence(
            "opened about {then:.0%} of pushes in the {before} days before, "
            "about {now:.0%} in the last {recent}",
            then=Column(then),
            now=Column(now),
            **days,
        )
        ratio = log_ratio(value_now, value_then, 0.02)
        yield Feature(f"push__open_rate_change__{label}", ratio, "log ratio", change, nothing)


def _label(window: int | None) -> str:
    return "all" if window is None else f"{window}d"


def _counts(window: int | None) -> Iterator[Feature]:
    yield Feature(
        f"push__sent_sum__{_label(window)}",
        Sum("n_push_sent")[0, window],
        "pushes",
        over(
            window,
            template("{value:.0f} pushes sent in {days} days"),
            template("{value:.0f} pushes sent since the start"),
        ),
    )
    yield Feature(
        f"push__opened_sum__{_label(window)}",
        Sum("n_push_opened")[0, window],
        "pushes",
        over(
            window,
            template("{value:.0f} pushes opened in {days} days"),
            template("{value:.0f} pushes opened since the start"),
        ),
    )
