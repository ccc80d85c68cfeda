"""ResolvedFeatures: the features of a feature set for one log, ready to be computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.activity.rows import Carry
from churnlab.errors import ConfigError, HistoryError
from churnlab.features import catalogue
from churnlab.features.builder import Feature
from churnlab.features.compiler import Program
from churnlab.features.derived import Sources, derived
from churnlab.features.expression import Cell, Recent
from churnlab.schema.days import before, day_text


@dataclass(frozen=True, eq=False)
class ResolvedFeatures:
    """The features of a feature set for a log with certain roles and measures.

    `features` are the columns in order, `builders` the name of each one's builder, `about` what it
    is about ("person", or "day" alone) and `topics` what it speaks of; `program` computes them.
    `skipped` has the builders that contribute nothing, with the roles that the log lacks. `sources`
    are the kinds and columns of the measures of the daily rows.
    """

    features: tuple[Feature, ...]
    builders: tuple[str, ...]
    about: tuple[str, ...]
    topics: tuple[str, ...]
    skipped: Mapping[str, str]
    sources: Sources
    program: Program

    @cached_property
    def names(self) -> pd.Index:
        """The names of the columns, in order."""
        return pd.Index([f.name for f in self.features])

    @property
    def catalogue(self) -> pd.DataFrame:
        """One row a column, as `features.catalogue` describes it."""
        return self._catalogue.copy()

    @cached_property
    def _catalogue(self) -> pd.DataFrame:
        return catalogue.table(
            catalogue.Entry(f.name, builder, f.unit, f.says, f.missing, about, topic)
            for f, builder, about, topic in zip(
                self.features, self.builders, self.about, self.topics, strict=True
            )
        )

    @cached_property
    def look_back(self) -> int:
        """How many days before t the features tell apart from the days before them."""
        return max((reach.back for reach in self._reaches), default=0)

    def first_day(self, activity: DailyActivity) -> int:
        """The first day t at which the features can be computed, as days since 1970-01-01.

        It is the second day of the log, or later where a store has folded days away.
        """
        if activity.carry is None:
            return activity.start + 1
        return max(activity.carry.exact_from, activity.carry.before + self.look_back)

    def check_folded(self, carry: Carry | None, day: int) -> None:
        """Raise an error if a feature at `day` needs single days that were folded away.

        `carry` is the folded past (None: nothing was folded). HistoryError for a day among those
        that are not kept whole, ConfigError for a feature that looks further back.
        """
        if carry is None:
            return
        if before(day, carry.exact_from):
            raise HistoryError.from_folded(day_text(day), "features", day_text(carry.before))
        if name := self.too_far(carry, day):
            raise ConfigError.from_folded(name)

    def too_far(self, carry: Carry, day: int) -> str:
        """The first feature that at `day` needs single days that were folded away, "" for none."""
        for reach in self._reaches:
            deep = reach.active_days > carry.recent.shape[1] or before(
                day - reach.back, carry.before
            )
            if deep or reach.endless:
                return reach.name
        return ""

    @cached_property
    def _reaches(self) -> tuple[_Reach, ...]:
        return tuple(_Reach.of(feature, self.sources) for feature in self.features)


@dataclass(frozen=True)
class _Reach:
    """How far back a feature needs single days.

    `back` is in days before t, `active_days` counts a person's last active days; `endless` says
    that every day so far is needed.
    """

    name: str
    back: int
    active_days: int
    endless: bool

    @classmethod
    def of(cls, feature: Feature, sources: Sources) -> _Reach:
        """The reach of a feature, from its cells."""
        cells = list(feature.value.cells())
        gaps = [c.k + 2 for c in cells if isinstance(c, Recent) and c.measure == "gap"]
        back = max((c.back for c in cells), default=0)
        endless = any(_endless(c, sources) for c in cells)
        return cls(feature.name, back, max(gaps, default=0), endless)


def _endless(cell: Cell, sources: Sources) -> bool:
    """Whether a cell needs every single day so far: derived measures leave no sum behind."""
    if isinstance(cell, Recent):
        return cell.measure != "gap"
    return not cell.bounded and derived(getattr(cell, "measure", ""), sources) is not None
