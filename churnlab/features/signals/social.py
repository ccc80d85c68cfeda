"""Comments and likes dry up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder, over
from churnlab.features.expression import Since, Sum, given, log_ratio, per_week
from churnlab.language.sentence import Column, sentence, template


@dataclass(frozen=True)
class _Acts:
    """Social acts, done or received: the count, the name of the columns, templates of sentences."""

    measure: str
    name: str
    before: str
    change: str
    now: str


_DONE = _Acts(
    "n_social",
    "acts",
    template("{value:.1f} social acts a week in the {before} days before the last {recent}"),
    template(
        "social acts a week went from {then:.1f} to {now:.1f} "
        "over {recent} days against the {before} before"
    ),
    template("{value:.1f} social acts a week in {days} days"),
)
_RECEIVED = _Acts(
    "n_social_received",
    "received",
    template(
        "{value:.1f} social acts received a week in the {before} days before the last {recent}"
    ),
    template(
        "social acts received a week went from {then:.1f} to {now:.1f} "
        "over {recent} days against the {before} before"
    ),
    template("{value:.1f} social acts received a week in {days} days"),
)


@dataclass(frozen=True, kw_only=True)
class SocialDropOff(FeatureBuilder):
    """A person comments and likes less than they used to.

    Acts received are columns beside acts done. Acts a week are divided by the days since the person
    was first active, where these are fewer than the window.

    In the default set, although on the tasks of experiments/signals it added nothing beside the
    other signals; few of those tasks could show it.
    """

    signal: ClassVar[str] = "social"
    topics: ClassVar[Mapping[str, str]] = {"": "social", "received": "received"}
    needs: ClassVar[tuple[str, ...]] = ("social",)
    place: ClassVar[int] = 3
    windows: tuple[int, ...] = (14, 28, 91)
    changes: tuple[tuple[int, int], ...] = ((14, 56), (28, 91))

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Social acts a week, a session and an active day, their change, and acts received."""
        for window in self.windows:
            yield from _done(window)
        for recent, before in self.changes:
            yield from self._changes(_DONE, recent, before)
        yield Feature(
            "social__since_last_days__all",
            Since("n_social"),
            "days",
            sentence("last social act {value:.0f} days ago"),
            sentence("no social act so far"),
        )
        if "social_received" in roles:
            yield from self._received()

    def _received(self) -> Iterator[Feature]:
        for window in self.windows:
            yield Feature(
                f"social__received_per_week__{window}d",
                per_week("n_social_received", 0, window),
                "acts a week",
                sentence("receives {value:.1f} social acts a week in {days} days", days=window),
                sentence("no day observed yet"),
            )
        for recent, before in self.changes:
            yield from self._changes(_RECEIVED, recent, before)

    def _changes(self, acts: _Acts, recent: int, before: int) -> Iterator[Feature]:
        """Acts a week before, their change, and acts now unless a window tells them already."""
        label = f"{recent}d_{before}d"
        told = recent in self.windows
        nothing = sentence(
            "too new for {recent} days against the {before} before", recent=recent, before=before
        )
        value_now = per_week(acts.measure, 0, recent)
        value_then = per_week(acts.measure, recent, recent + before)
        then = f"social__{acts.name}_before__{label}"
        now = f"social__{acts.name}_now__{label}"
        if told:
            now = f"social__{acts.name}_per_week__{recent}d"
        yield Feature(
            then,
            value_then,
            "acts a week",
            sentence(acts.before, before=before, recent=recent),
            nothing,
        )
        yield Feature(
            f"social__{acts.name}_change__{label}",
            log_ratio(value_now, value_then, 0.25),
            "log ratio",
            sentence(acts.change, then=Column(then), now=Column(now), recent=recent, before=before),
            nothing,
        )
        if not told:
            yield Feature(now, value_now, "acts a week", sentence(acts.now, days=recent), nothing)


def _done(window: int) -> Iterator[Feature]:
    acts = Sum("n_social")[0, window]
    yield Feature(
        f"social__acts_per_week__{window}d",
        per_week("n_social", 0, window),
        "acts a week",
        sentence("{value:.1f} social acts a week in {days} days", days=window),
        sentence("never active"),
    )
    yield Feature(
        f"social__acts_per_session__{window}d",
        acts / Sum("sessions")[0, window],
        "acts",
        sentence("{value:.2f} social acts a session in {days} days", days=window),
        sentence("no session in {days} days", days=window),
    )
    yield Feature(
        f"social__acts_per_active_day__{window}d",
        acts / Sum("active")[0, window],
        "acts",
        sentence("{value:.2f} social acts an active day in {days} days", days=window),
        sentence("no active day in {days} days", days=window),
    )


@dataclass(frozen=True, kw_only=True)
class SocialExchange(FeatureBuilder):
    """Acts received for each act done, and the share of active days with social acts.

    In the default set, although on no task of experiments/signals it added more than chance beside
    the other signals; none of them has acts received.
    """

    signal: ClassVar[str] = "social"
    topics: ClassVar[Mapping[str, str]] = {
        "": "social",
        "since_received": "received",
        "reciprocity": "received",
    }
    needs: ClassVar[tuple[str, ...]] = ("social",)
    place: ClassVar[int] = 17
    window: int = 91

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """The share of active days with social acts; acts received for each done, if any are."""
        window = self.window
        yield Feature(
            f"social__days_share__{window}d",
            Sum("days_n_social")[0, window] / Sum("active")[0, window],
            "social days an active day",
            sentence(
                "days with social acts: {value:.2f} for each active day of {days} days", days=window
            ),
            sentence("no active day in {days} days", days=window),
        )
        if "social_received" in roles:
            yield Feature(
                "social__since_received_days__all",
                Since("n_social_received"),
                "days",
                sentence("last received a social act {value:.0f} days ago"),
                sentence("received no social act so far"),
            )
            yield _reciprocity(window)
            yield _reciprocity(None)


def _reciprocity(window: int | None) -> Feature:
    """Acts received for each act done, each with one added so that few acts say little."""
    done, received = Sum("n_social")[0, window], Sum("n_social_received")[0, window]
    return Feature(
        "social__reciprocity__all" if window is None else f"social__reciprocity__{window}d",
        given(done + received, (received + 1) / (done + 1)),
        "acts received an act done",
        over(
            window,
            template("receives about {value:.2f} social acts for each done in {days} days"),
            template("receives about {value:.2f} social acts for each done so far"),
        ),
        over(
            window,
            template("no social act done or received in {days} days"),
            template("no social act done or received so far"),
        ),
    )
