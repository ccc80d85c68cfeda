"""Measures: whole numbers for each person and day, rolled up from the events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from churnlab.errors import ConfigError
from churnlab.schema.names import as_column

Condition: TypeAlias = tuple[str, str, Any]
OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "in", "not in")


@dataclass(frozen=True)
class Measure:
    """A whole number for each person and day; `count`, `sum` and `distinct` make one.

    Features sum it over windows as `Sum("m_<name>")`. `where` lists conditions (column, operator,
    value), all of which an event must meet; operators are == != < <= > >= in and "not in", and the
    value of the last two is a list. A null meets no condition. Sums are in millionths of the
    column's unit, counts are plain. Raises ConfigError for a condition of another form.

    >>> where = [("event", "==", "open"), ("platform", "==", "ios")]
    >>> Measure.count("ios_opens", where=where).column_name
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
        """The number of events that meet the conditions.

        >>> Measure.count("big", where=[("amount", ">", 100)]).columns
        ('amount',)
        """
        return cls(name, "count", None, _conditions(where))

    @classmethod
    def sum(cls, column: str, name: str | None = None, where: Iterable[Condition] = ()) -> Measure:
        """The sum of a numeric column over the events that meet the conditions, in millionths.

        NaN and values beyond 1e10 in magnitude count as 0. The measure is called `name`, or as the
        column when no name is given.

        >>> Measure.sum("seconds").column_name
        'm_seconds'
        """
        return cls(name or column, "sum", column, _conditions(where))

    @classmethod
    def distinct(
        cls, column: str, name: str | None = None, where: Iterable[Condition] = ()
    ) -> Measure:
        """The number of different values of a column on a day, over the events that meet `where`.

        Over a window these daily numbers are summed. Nulls, NaN and the whole number -2**63 do not
        count as values.

        >>> Measure.distinct("page").column_name
        'm_page_distinct'
        """
        return cls(name or f"{column}_distinct", "distinct", column, _conditions(where))

    @property
    def column_name(self) -> str:
        """The name of the measure among the daily columns."""
        return f"m_{as_column(self.name)}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the log that the measure reads."""
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
    """Conditions as tuples; text is left as it is, so that it is refused."""
    return tuple(c if isinstance(c, str) else tuple(c) for c in where)
