"""Comments and likes dry up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import Expression, Since, Sum, given, log_ratio, per_week


@dataclass(frozen=True, kw_only=True)
class SocialDropOff(FeatureBuilder):
    """A person comments and likes less than they used to; acts received are told apart from acts done.

    Acts a week are divided by the days since the person was first active, where these are fewer than the window.

    Of the default set, though beside the other signals it added nothing on the tasks of experiments/signals, of which only few could show it.
    """

    signal: ClassVar[str] = "social"
    needs: ClassVar[tuple[str, ...]] = ("social",)
    windows: tuple[int, ...] = (14, 28, 91)
    changes: tuple[tuple[int, int], ...] = ((14, 56), (28, 91))

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Social acts a week, a session and an active day, their change, and acts received where the log has them."""
        for window in self.windows:
            yield from _done(window)
        for recent, before in self.changes:
            yield from self._changes("acts", "n_social", "social acts", recent, before)
        yield Feature(
            "social__since_last_days__all",
            Since("n_social"),
            "days",
            "last social act {value:.0f} days ago",
            "no social act so far",
        )
        if "social_received" in roles:
            yield from self._received()

    def _received(self) -> Iterator[Feature]:
        for window in self.windows:
            yield Feature(
                f"social__received_per_week__{window}d",
                per_week("n_social_received", 0, window),
                "acts a week",
                f"receives {{value:.1f}} social acts a week in {window} days",
                "no day observed yet",
            )
        for recent, before in self.changes:
            yield from self._changes(
                "received", "n_social_received", "social acts received", recent, before
            )

    def _changes(
        self, what: str, measure: str, words: str, recent: int, before: int
    ) -> Iterator[Feature]:
        label, told = f"{recent}d_{before}d", recent in self.windows
        nothing = f"too new for {recent} days against the {before} before"
        now, then = per_week(measure, 0, recent), per_week(measure, recent, recent + before)
        name = f"social__{what}_per_week__{recent}d" if told else f"social__{what}_now__{label}"
        yield Feature(
            f"social__{what}_before__{label}",
            then,
            "acts a week",
            f"{{value:.1f}} {words} a week in the {before} days before the last {recent}",
            nothing,
        )
        yield Feature(
            f"social__{what}_change__{label}",
            log_ratio(now, then, 0.25),
            "log ratio",
            f"{words} a week went from {{social__{what}_before__{label}:.1f}} to {{{name}:.1f}} "
            f"over {recent} days against the {before} before",
            nothing,
        )
        if not told:
            yield Feature(
                name, now, "acts a week", f"{{value:.1f}} {words} a week in {recent} days", nothing
            )


@dataclass(frozen=True, kw_only=True)
class SocialExchange(FeatureBuilder):
    """What comes back for what a person does: acts received for each done, and on how many active days they are social at all.

    Of the default set, though on no task of experiments/signals did it add more than chance beside the other signals;
    none has acts received.
    """

    signal: ClassVar[str] = "social"
    needs: ClassVar[tuple[str, ...]] = ("social",)
    window: int = 91

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """The share of active days with social acts; where acts are received, what comes back and when it last did."""
        window = self.window
        yield Feature(
            f"social__days_share__{window}d",
            Sum("days_n_social")[0, window] / Sum("active")[0, window],
            "social days an active day",
            f"days with social acts: {{value:.2f}} for each active day of {window} days",
            f"no active day in {window} days",
        )
        if "social_received" in roles:
            yield Feature(
                "social__since_received_days__all",
                Since("n_social_received"),
                "days",
                "last received a social act {value:.0f} days ago",
                "received no social act so far",
            )
            for label, words, old in (
                (f"{window}d", f"in {window} days", window),
                ("all", "so far", None),
            ):
                yield Feature(
                    f"social__reciprocity__{label}",
                    _reciprocity(old),
                    "acts received an act done",
                    f"receives {{value:.2f}} social acts for each done {words}",
                    f"no social act done or received {words}",
                )


def _reciprocity(old: int | None) -> Expression:
    """Acts received for each act done, both with one more, so that few say little; missing without either."""
    done, received = Sum("n_social")[0, old], Sum("n_social_received")[0, old]
    return given(done + received, (received + 1) / (done + 1))


def _done(window: int) -> Iterator[Feature]:
    acts, words = Sum("n_social")[0, window], f"in {window} days"
    yield Feature(
        f"social__acts_per_week__{window}d",
        per_week("n_social", 0, window),
        "acts a week",
        f"{{value:.1f}} social acts a week {words}",
        "never active",
    )
    yield Feature(
        f"social__acts_per_session__{window}d",
        acts / Sum("sessions")[0, window],
        "acts",
        f"{{value:.2f}} social acts a session {words}",
        f"no session {words}",
    )
    yield Feature(
        f"social__acts_per_active_day__{window}d",
        acts / Sum("active")[0, window],
        "acts",
        f"{{value:.2f}} social acts an active day {words}",
        f"no active day {words}",
    )
