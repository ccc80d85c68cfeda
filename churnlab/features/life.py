"""The six stages of life with an app, from tenure, activity and spend, by declared thresholds."""

from __future__ import annotations

from dataclasses import dataclass

from churnlab.errors import ConfigError
from churnlab.features.expression import (
    Expression,
    Since,
    SinceFirst,
    Sum,
    above,
    given,
    greatest,
    money,
)
from churnlab.language.sentence import Words, sentence

TIERS = ("lost", "silent", "fading", "newcomer", "growing", "core")
LOST, SILENT, FADING, NEWCOMER, GROWING, CORE = range(len(TIERS))
RECENT = 28  # days; activity and spend are those of [t - RECENT, t), before it of as many days

NEEDED = 2 * RECENT  # days of the log before a day on which tiers are known
ABSENT = ""
WORDS: dict[str, Words] = {
    "newcomer": sentence("newcomer"),
    "growing": sentence("growing user"),
    "core": sentence("core user"),
    "fading": sentence("fading user"),
    "silent": sentence("silent user"),
    "lost": sentence("lost user"),
    ABSENT: sentence("not there yet"),
}
ORDER = tuple(name for name in WORDS if name != ABSENT)  # as people are told of them


@dataclass(frozen=True, kw_only=True)
class TierRules:
    """The thresholds between the stages of life; the first row that fits a person counts.

    | number | tier     | who                                                                      |
    |--------|----------|--------------------------------------------------------------------------|
    | 0      | lost     | no act in `lost` days                                                    |
    | 1      | silent   | no act in `silent` days                                                  |
    | 3      | newcomer | the first act is at most `new` days ago                                  |
    | 2      | fading   | at most `fading` of the active days of `[t - 56, t - 28)`, if at least   |
    |        |          | `fading_from` there                                                      |
    | 5      | core     | at least `core_days` active days in `[t - 28, t)`, or `core_spend` spent |
    | 4      | growing  | everybody else                                                           |

    `core_spend` is in the money of the log, None where spend does not count; it does not either in
    a log without amounts. An active day has an act: what happens to a person is none. Raises
    ConfigError for thresholds that leave a tier without room.

    >>> TierRules(silent=14, lost=56).core_days
    12
    """

    new: int = 28
    core_days: float = 12
    core_spend: float | None = None
    fading: float = 0.5
    fading_from: int = 4
    silent: int = 14
    lost: int = 56

    def __post_init__(self) -> None:
        if not 1 <= self.silent < self.lost:
            wanted = "1 <= silent < lost"
            raise ConfigError.from_range("silent and lost", (self.silent, self.lost), wanted)
        if not 0 < self.core_days <= RECENT:
            wanted = f"above 0 and at most {RECENT} days"
            raise ConfigError.from_range("core_days", self.core_days, wanted)
        if not 0 <= self.fading < 1:
            raise ConfigError.from_range("fading", self.fading, "at least 0 and below 1")
        if self.new < 1 or self.fading_from < 1:
            given_, wanted = (self.new, self.fading_from), "at least 1"
            raise ConfigError.from_range("new and fading_from", given_, wanted)

    def number(self, has_money: bool) -> Expression:
        """The place in TIERS; missing for a person who has not acted yet."""
        since = Since("acts")
        now, before = Sum("active")[0, RECENT], Sum("active")[RECENT, 2 * RECENT]
        core = _at_least(now, self.core_days)
        if has_money and self.core_spend is not None:
            core = greatest(core, _at_least(money(0, RECENT), self.core_spend))
        fading = _at_least(before, self.fading_from) * _at_least(before * self.fading, now)
        new = _at_least(self.new, SinceFirst("acts"))
        number = core * CORE + (1 - core) * GROWING
        for holds, tier in (
            (fading, FADING),
            (new, NEWCOMER),
            (_silent(since, self.silent), SILENT),
        ):
            number = holds * tier + (1 - holds) * number
        lost = _silent(since, self.lost)
        return given(since, lost * LOST + (1 - lost) * number)


def _silent(since: Expression, days: int) -> Expression:
    """1 where no act lies in the last `days` days."""
    return above(since - days)


def _at_least(value: Expression | float, least: Expression | float) -> Expression:
    """1 where a value is at least as large as another."""
    return 1 - above(least - value)  # type: ignore[operator, arg-type]
