"""What a person does of each kind of event that the log names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import Since, Sum, log_ratio, per_week

_OTHER = "other"
_ELSEWHERE = frozenset(
    {"social", "social_received", "push_sent", "push_opened", "onboarding", "money"}
)


@dataclass(frozen=True, kw_only=True)
class RoleUse(FeatureBuilder):
    """Each kind of event by itself, so that a log with roles of its own (quiz, forum, review) is seen: how many, how much of all, how long ago.

    Roles that have a signal of their own (social, push, onboarding, purchase where there is money) are left to it. Events without a role are
    `other` and told in fewer columns, where there is any role beside them. Counts are events, whether acts or receipts; a share has the acts
    below, and a change goes by weeks since the person was first active.
    """

    signal: ClassVar[str] = "role"
    needs: ClassVar[tuple[str, ...]] = (_OTHER,)
    windows: tuple[int, ...] = (7, 28, 91)
    change: tuple[int, int] = (28, 91)

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Counts, share of acts, days since the last, share of active days and change of every role."""
        named = roles - {_OTHER, "money"}
        for role in sorted(named - _ELSEWHERE - ({"purchase"} if "money" in roles else set())):
            yield from self._role(role, self.windows)
        if named:
            yield from self._role(_OTHER, self.windows[1:2])

    def _role(self, role: str, windows: tuple[int, ...]) -> Iterator[Feature]:
        count, words = f"n_{role}", f"{role.replace('_', ' ')} events"
        for window in windows:
            yield Feature(
                f"role__{role}_sum__{window}d",
                Sum(count)[0, window],
                "events",
                f"{{value:.0f}} {words} in {window} days",
            )
        yield Feature(
            f"role__{role}_per_act__all",
            Sum(count).all / Sum("acts").all,
            "events an act",
            f"{{value:.2f}} {words} an act so far",
            "never active",
        )
        yield Feature(
            f"role__{role}_since_last_days__all",
            Since(count),
            "days",
            f"last of the {words} {{value:.0f}} days ago",
            f"no {words} so far",
        )
        yield from self._change(role, count, words)
        if len(windows) > 1:
            yield Feature(
                f"role__{role}_days_share__{windows[-1]}d",
                Sum(f"days_{count}")[0, windows[-1]] / Sum("active")[0, windows[-1]],
                "share",
                f"days with {words}: {{value:.2f}} for each active day of {windows[-1]} days",
                f"no active day in {windows[-1]} days",
            )

    def _change(self, role: str, count: str, words: str) -> Iterator[Feature]:
        recent, before = self.change
        now, then = per_week(count, 0, recent), per_week(count, recent, recent + before)
        yield Feature(
            f"role__{role}_change__{recent}d_{before}d",
            log_ratio(now, then, 0.25),
            "log ratio",
            f"{words} a week over {recent} days against the {before} before: {{value:+.1f}} as a log ratio",
            f"too new for {recent} days against the {before} before",
        )
