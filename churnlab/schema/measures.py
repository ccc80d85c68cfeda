"""Measures: whole numbers of every person and day, rolled up from the events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from churnlab.errors import ConfigError
from churnlab.schema.names import plain

Condition: TypeAlias = tuple[str, str, Any]
OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "in", "not in")


@dataclass(frozen=True)
class Measure:
    """A whole number of every person and day, summed over windows as `Sum("m_<name>")`; made by `count`, `sum` or `distinct`.

    `where` is conditions (column, operator, value) that an event must meet, all of them; operators are == != < <= > >= in and
    "not in", the value of the last two a list. A null meets no condition. Sums are in millionths of the column's unit, counts are plain.

    >>> Measure.count("ios_opens", where=[("event", "==", "open"), ("platform", "==", "ios")]).column_name
    'm_ios_opens'
    """

    name: str
    kind: Literal["count", "sum", "distinct"]
    column: str | None = None
    where: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        for condition in self.where:
            if len(condition) != 3 or isinstance(condition, str):
                raise ConfigError.from_type(
                    f"a condition of {self.name!r}", condition, "(column, operator, value)"
                )
            column, operator, value = condition
            if operator not in OPERATORS:
                raise ConfigError.from_unknown(f"operator on {column!r}", str(operator), OPERATORS)
            if operator in ("in", "not in") and (
                isinstance(value, str) or not isinstance(value, Iterable)
            ):
                raise ConfigError.from_type(
                    f"the value of {operator!r} on {column!r}", value, "a list"
                )

    @classmethod
    def count(cls, name: str, where: Iterable[Condition] = ()) -> Measure:
        """How many events meet the conditions."""
        return cls(name, "count", None, _conditions(where))

    @classmethod
    def sum(cls, column: str, name: str | None = None, where: Iterable[Condition] = ()) -> Measure:
        """The sum of a numeric column over the events that meet the conditions, in millionths; NaN and what is beyond 1e10 count as 0."""
        return cls(name or column, "sum", column, _conditions(where))

    @classmethod
    def distinct(
        cls, column: str, name: str | None = None, where: Iterable[Condition] = ()
    ) -> Measure:
        """How many different values a column takes on a day; over a window these daily numbers are summed. Nulls and NaN are no
        value, nor is the whole number -2**63."""
        return cls(name or f"{column}_distinct", "distinct", column, _conditions(where))

    @property
    def column_name(self) -> str:
        """What the measure is called among the daily columns."""
        return f"m_{plain(self.name)}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the log that it reads."""
        return (*((self.column,) if self.column else ()), *(c for c, _, _ in self.where))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a fingerprint."""
        return {
            "name": self.name,
            "kind": self.kind,
            "column": self.column,
            "where": [[c, o, v] for c, o, v in self.where],
        }


def _conditions(where: Iterable[Condition]) -> tuple[Any, ...]:
    """Conditions as tuples, texts left as they are to be refused."""
    return tuple(c if isinstance(c, str) else tuple(c) for c in where)
