"""How much a person does of each kind of event that the log names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder, parse_name
from churnlab.features.expression import Since, Sum, log_ratio, per_week
from churnlab.language.sentence import sentence
from churnlab.schema.names import as_column
from churnlab.schema.roles import role_column

_OTHER = "other"
_STATISTIC = re.compile(r"(.+?)_(?:sum|per_act|since_last_days|change|days_share)")
_ELSEWHERE = frozenset(
    {"social", "social_received", "push_sent", "push_opened", "onboarding", "money"}
)


@dataclass(frozen=True, kw_only=True)
class RoleUse(FeatureBuilder):
    """Each kind of event by itself: how many, which share of all, how long ago.

    A log with roles of its own (quiz, forum, review) is seen by this signal. Roles that have a
    signal of their own (social, push, onboarding, purchase where there is money) are left to it.
    Events without a role are `other`; they get fewer columns, and only where the log names roles.
    Counts are events, whether acts or receipts; a share is of the acts, and a change is by weeks
    since the person was first active.
    """

    signal: ClassVar[str] = "role"
    topics: ClassVar[Mapping[str, str]] = {
        "content": "content",
        "open": "sessions",
        "other": "acts",
    }
    needs: ClassVar[tuple[str, ...]] = (_OTHER,)
    place: ClassVar[int] = 9
    zero_without_history: ClassVar[frozenset[str]] = frozenset({"events"})
    windows: tuple[int, ...] = (7, 28, 91)
    change: tuple[int, int] = (28, 91)

    def topic(self, feature: Feature) -> str:
        """The topic of the role that the feature counts."""
        found = _STATISTIC.fullmatch(parse_name(feature.name)["statistic"])
        role = found[1] if found else _OTHER
        return self.topics.get(role, f"role:{role}")

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Counts, share of acts, days since the last, change and share of days of every role."""
        named = roles - {_OTHER, "money"}
        for role in sorted(named - _ELSEWHERE - ({"purchase"} if "money" in roles else set())):
            yield from self._role(role, self.windows)
        if named:
            yield from self._role(_OTHER, self.windows[1:2])

    def _role(self, role: str, windows: tuple[int, ...]) -> Iterator[Feature]:
        count, column = role_column(role), as_column(role)
        for window in windows:
            yield Feature(
                f"role__{column}_sum__{window}d",
                Sum(count)[0, window],
                "events",
                sentence("{value:.0f} {role} events in {days} days", role=role, days=window),
            )
        yield Feature(
            f"role__{column}_per_act__all",
            Sum(count).all / Sum("acts").all,
            "events an act",
            sentence("{value:.2f} {role} events an act so far", role=role),
            sentence("never active"),
        )
        yield Feature(
            f"role__{column}_since_last_days__all",
            Since(count),
            "days",
            sentence("last of the {role} events {value:.0f} days ago", role=role),
            sentence("no {role} events so far", role=role),
        )
        yield self._change(role)
        if len(windows) > 1:
            yield _days_share(role, windows[-1])

    def _change(self, role: str) -> Feature:
        recent, before = self.change
        now = per_week(role_column(role), 0, recent)
        then = per_week(role_column(role), recent, recent + before)
        return Feature(
            f"role__{as_column(role)}_change__{recent}d_{before}d",
            log_ratio(now, then, 0.25),
            "log ratio",
            sentence(
                "{role} events a week over {recent} days against the {before} before: "
                "{value:+.1f} as a log ratio",
                role=role,
                recent=recent,
                before=before,
            ),
            sentence(
                "too new for {recent} days against the {before} before",
                recent=recent,
                before=before,
            ),
        )


def _days_share(role: str, window: int) -> Feature:
    return Feature(
        f"role__{as_column(role)}_days_share__{window}d",
        Sum(f"days_{role_column(role)}")[0, window] / Sum("active")[0, window],
        "share",
        sentence(
            "days with {role} events: {value:.2f} for each active day of {days} days",
            role=role,
            days=window,
        ),
        sentence("no active day in {days} days", days=window),
    )
