"""Tiers: everybody's stage of life on the morning of a day, and who moved between two days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Activity
from churnlab.dataset.labels import label_measures, target_labels
from churnlab.errors import ConfigError, HistoryError
from churnlab.errors.retention import ShortLogError
from churnlab.evaluation.intervals import UNKNOWN
from churnlab.evaluation.tables import TitledTable
from churnlab.features.expression import Expression, Sum, money
from churnlab.features.life import NEEDED, ORDER, RECENT, TIERS, WORDS, TierRules
from churnlab.kernels.windows import totals
from churnlab.language.sentence import Words, sentence
from churnlab.report.displays.display import Display
from churnlab.retention.at_day import check_day, over_groups, values_at
from churnlab.retention.shares import Z, wilson
from churnlab.retention.shown import (
    NOT_YET,
    Shown,
    count_words,
    money_words,
    share_words,
    words_table,
)
from churnlab.retention.stages.displays import TiersDisplay
from churnlab.schema.days import Day, before, contains, day_number, day_text, fully_observed
from churnlab.schema.targets import Churn, LifetimeValue

_GAPS = 84  # days whose gaps tell how long a usual silence is
_LONGEST_GAP = 365


@dataclass(frozen=True, eq=False)
class _Group:
    """Some people at a day: tier int8[n], -1 before the first act; the rest float64[n]."""

    users: pd.Index
    tier: np.ndarray
    active: np.ndarray
    spent: np.ndarray
    churned: np.ndarray
    value: np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class Tiers(Shown):
    """Everybody's tier on the morning of a day. `tiers` makes one.

    `users` are the people who had acted, `codes` int8[people] are places in TIERS. `active` and
    `spent` float64[people] are days and money of the 28 days before; `churned` and `value` what
    came after, missing where the log does not show it yet.
    """

    day: int
    rules: TierRules
    users: pd.Index
    codes: np.ndarray
    active: np.ndarray
    spent: np.ndarray
    churned: np.ndarray
    value: np.ndarray

    def table(self) -> pd.DataFrame:
        """One row a tier, from newcomers to the lost.

        Columns: tier, people, share, active_days and money (means of the 28 days before the day),
        churn with churn_low and churn_high (95%, Wilson), value (mean money after the day) with
        value_low and value_high (95%, by the normal law of a mean). What is not known is missing.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=80, days=120, seed=1).log().daily()
        >>> tiers(activity, "2026-03-15").table()["people"].tolist()
        [19, 10, 47, 1, 1, 1]
        """
        rows = [self._row(name, self.codes == TIERS.index(name)) for name in ORDER]
        return pd.DataFrame(rows)

    def _row(self, name: str, inside: np.ndarray) -> dict[str, object]:
        people = int(inside.sum())
        churned, value = self.churned[inside], self.value[inside]
        low, high = wilson(np.array(churned.sum()), np.array(people))
        mean = _mean(value)
        reach = Z * value.std(ddof=1) / np.sqrt(people) if people > 1 else np.nan
        return {
            "tier": name,
            "people": people,
            "share": people / max(len(self.codes), 1),
            "active_days": _mean(self.active[inside]),
            "money": _mean(self.spent[inside]),
            "churn": _mean(churned),
            "churn_low": float(low),
            "churn_high": float(high),
            "value": mean,
            "value_low": mean - reach,
            "value_high": mean + reach,
        }

    def frame(self) -> pd.DataFrame:
        """The tier of each person, a category, by user_id: a grouping for any report.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=80, days=120, seed=1).log().daily()
        >>> tiers(activity, "2026-03-15").frame()["tier"].dtype.categories[0]
        'newcomer'
        """
        names = pd.Categorical.from_codes(self.codes, list(TIERS)).set_categories(list(ORDER))
        return pd.DataFrame({"tier": names}, self.users)

    @property
    def title(self) -> Words:
        """What the result is."""
        return sentence("Stages of life on {day}", day=day_text(self.day))

    def sentences(self) -> tuple[Words, ...]:
        """How many people are core, how many are fading, and how many of these churned."""
        table = self.table().set_index("tier")
        first = sentence(
            "{day}: of {people:,} people {core:,} are core, {fading:,} fading, {lost:,} lost",
            day=day_text(self.day),
            people=len(self.codes),
            core=int(table.at["core", "people"]),
            fading=int(table.at["fading", "people"]),
            lost=int(table.at["lost", "people"]),
        )
        fading = table.at["fading", "churn"]
        if not np.isfinite(fading):
            return (first,)
        core = table.at["core", "churn"]
        if not np.isfinite(core):
            return (first,)
        second = sentence(
            "of the fading {fading:.0%} churned afterwards, of the core {core:.0%}",
            fading=fading,
            core=core,
        )
        return (first, second)

    @property
    def warnings(self) -> tuple[Words, ...]:
        """What is not yet known."""
        if not len(self.codes):
            return ()
        said: list[Words] = []
        if not np.isfinite(self.churned).any():
            said.append(sentence("churn after this day is not yet known"))
        if np.isfinite(self.spent).any() and not np.isfinite(self.value).any():
            said.append(sentence("money after this day is not yet known"))
        return tuple(said)

    def sections(self) -> list[TitledTable]:
        """The table as words."""
        columns = {
            "who": sentence("tier"),
            "people": sentence("people"),
            "share": sentence("share"),
            "active_days": sentence("active days in {days} days", days=RECENT),
            "churn": sentence("churn"),
            "value": sentence("money afterwards"),
        }
        rows = [
            {
                "who": WORDS[row["tier"]],
                "people": count_words(row["people"]),
                "share": sentence("{value:.1%}", value=row["share"]),
                "active_days": _number(row["active_days"]),
                "churn": share_words(
                    row["churn"],
                    row["churn_low"],
                    row["churn_high"],
                    NOT_YET if row["people"] else UNKNOWN,
                ),
                "value": self._value_words(row),
            }
            for row in self.table().to_dict("records")
        ]
        return [TitledTable(sentence("Stages of life"), words_table(columns, rows))]

    def _value_words(self, row: Mapping[str, Any]) -> Words:
        """The mean money after the day; a dash where nobody spends or is in the tier."""
        if np.isfinite(row["value"]):
            return money_words(row["value"], row["value_low"], row["value_high"])
        return NOT_YET if row["people"] and np.isfinite(self.spent).any() else UNKNOWN

    def displays(self) -> tuple[Display, ...]:
        """How many people are in each tier, and the share of them who churned."""
        return (TiersDisplay(self.table()),)


def tiers(
    activity: Activity,
    day: Day,
    rules: TierRules | None = None,
    *,
    churn: Churn | None = None,
    value: LifetimeValue | None = None,
) -> Tiers:
    """The tier of everybody who had acted before a day, as known that morning.

    `rules` are the thresholds (None: the defaults). `churn` and `value` are the labels of what came
    after (None: silence of 30 days, the money of 90 days); where the log does not reach to the
    end of their horizon they are not yet known, and without amounts there is no value.

    Raises HistoryError where the log has fewer than 56 days before the day or ends before it, and
    where nobody acted there; ConfigError on Spark.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=80, days=120, seed=1).log().daily()
    >>> print(tiers(activity, "2026-03-15"))
    Tiers(2026-03-15: of 79 people 47 are core, 1 fading, 1 lost)
    """
    number, rules = day_number(day), rules or TierRules()
    targets = _known_targets(activity, number, churn or Churn(horizon=30), value)
    parts = over_groups(activity, lambda part: _group(part, number, rules, targets))
    users = [part.users for part in parts if len(part.users)]
    if not users:
        raise HistoryError.from_nobody(day_text(number), number - activity.start)
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("tier", "active", "spent", "churned", "value")
    }
    return Tiers(number, rules, users[0].append(users[1:]), *joined.values())


def tier_rules(
    activity: Activity,
    day: Day,
    rules: TierRules | None = None,
    *,
    core: float = 0.2,
    silent: float = 0.95,
    lost: float = 0.99,
) -> TierRules:
    """Thresholds from quantiles of this log, as known on the morning of a day.

    The other thresholds are those of `rules`. `core` is the share of the people of the last 28 days
    who are to be core by their active days. A silence is long where it outlasts a share `silent` of
    the gaps between active days that ended in the last 84 days, and a person is lost where it
    outlasts a share `lost` of them; at least 7 days, and 7 days more. Raises HistoryError as
    `tiers` does, and where nobody acted; ConfigError for what is no share.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=80, days=120, seed=1).log().daily()
    >>> rules = tier_rules(activity, "2026-03-15")
    >>> rules.core_days, rules.silent, rules.lost
    (21, 7, 14)
    """
    number = day_number(day)
    for name, share in (("core", core), ("silent", silent), ("lost", lost)):
        if not 0 < share < 1:
            raise ConfigError.from_range(name, share, "a share above 0 and below 1")
    check_reach(activity, number)
    found = over_groups(activity, lambda part: _habits(part, number))
    active = np.sum([days for days, _ in found], axis=0)
    gaps = np.sum([gaps for _, gaps in found], axis=0)
    if not active[1:].sum():
        raise HistoryError.from_nobody(day_text(number), RECENT)
    at_least = active[::-1].cumsum()[::-1] / active[1:].sum()
    enough = np.flatnonzero(at_least[1:] <= core) + 1
    quiet = max(_quantile(gaps, silent), 7)
    days = int(enough[0]) if len(enough) else RECENT
    gone = max(_quantile(gaps, lost), quiet + 7)
    return replace(rules or TierRules(), core_days=days, silent=quiet, lost=gone)


def _habits(part: DailyActivity, day: int) -> tuple[np.ndarray, np.ndarray]:
    """People by active days of the last 28, and gaps by their length, of a group."""
    then = part.as_of(day)
    days = totals(then.first, then.day, then.values("active"), day - RECENT, day)
    recent = contains(then.day, day - _GAPS, day) & (then.values("gap") > 0)
    gaps = np.minimum(then.values("gap")[recent], _LONGEST_GAP)
    return np.bincount(days, minlength=RECENT + 1), np.bincount(gaps, minlength=_LONGEST_GAP + 1)


def _quantile(counts: np.ndarray, share: float) -> int:
    """The smallest length that at least a share of what was counted does not exceed."""
    total = counts.cumsum()
    return int(np.searchsorted(total, share * total[-1])) if total[-1] else 0


def check_reach(activity: Activity, day: int) -> None:
    """Refuse a day before which too little of the log lies, and one after the log."""
    check_day(activity, day)
    if before(day, activity.start + NEEDED):
        what = f"a tier on the morning of {day_text(day)}"
        raise ShortLogError.from_past(what, NEEDED, max(day - activity.start, 0))


def _known_targets(
    activity: Activity, day: int, churn: Churn, value: LifetimeValue | None
) -> tuple[Churn | LifetimeValue, ...]:
    """The labels that the log shows to their end."""
    check_reach(activity, day)
    wanted: list[Churn | LifetimeValue] = [churn]
    if value is not None or activity.has_money:
        wanted.append(value or LifetimeValue(horizon=90))
    for target in wanted:
        label_measures(target, activity.roles, activity.has_money)
    return tuple(t for t in wanted if fully_observed(t.window(day)[1], activity.end))


def tiers_of(part: DailyActivity, day: int, rules: TierRules) -> np.ndarray:
    """The place in TIERS of each person of a group, int8[people]; -1 before the first act."""
    number = rules.number(part.has_money)
    found = values_at(part, np.arange(len(part.users)), day, (number,), ("a stage of life",))[:, 0]
    return np.where(np.isnan(found), -1, found).astype(np.int8)


def _group(
    part: DailyActivity, day: int, rules: TierRules, targets: Sequence[Churn | LifetimeValue]
) -> _Group:
    found = tiers_of(part, day, rules)
    there = np.flatnonzero(found >= 0)
    spent: Expression = money(0, RECENT) if part.has_money else Sum("active")[0, RECENT] * np.nan
    recent = values_at(part, there, day, (Sum("active")[0, RECENT], spent))
    whole = part.as_of()
    labels = {t.name: target_labels(whole, day, t)[t.name][there] for t in targets}
    missing = np.full(len(there), np.nan)
    after = (labels.get("churned", missing), labels.get("ltv", missing))
    users = pd.Index(part.ids.take(there), name="user_id")
    return _Group(users, found[there], recent[:, 0], recent[:, 1], *after)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else np.nan


def _number(value: float) -> Words:
    return UNKNOWN if np.isnan(value) else sentence("{value:.1f}", value=value)
