"""LogSpec: which columns of a log mean what, and the measures that are rolled up from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from churnlab import schema
from churnlab.errors import ConfigError

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
                raise ConfigError.from_type(f"a condition of {self.name!r}", condition, "(column, operator, value)")
            column, operator, value = condition
            if operator not in OPERATORS:
                raise ConfigError.from_unknown(f"operator on {column!r}", str(operator), OPERATORS)
            if operator in ("in", "not in") and (isinstance(value, str) or not isinstance(value, Iterable)):
                raise ConfigError.from_type(f"the value of {operator!r} on {column!r}", value, "a list")

    @classmethod
    def count(cls, name: str, where: Iterable[Condition] = ()) -> Measure:
        """How many events meet the conditions."""
        return cls(name, "count", None, _conditions(where))

    @classmethod
    def sum(cls, column: str, name: str | None = None, where: Iterable[Condition] = ()) -> Measure:
        """The sum of a numeric column over the events that meet the conditions, in millionths; NaN and what is beyond 1e10 count as 0."""
        return cls(name or column, "sum", column, _conditions(where))

    @classmethod
    def distinct(cls, column: str, name: str | None = None, where: Iterable[Condition] = ()) -> Measure:
        """How many different values a column takes on a day; over a window these daily numbers are summed. Nulls and NaN are no
        value, nor is the whole number -2**63."""
        return cls(name or f"{column}_distinct", "distinct", column, _conditions(where))

    @property
    def column_name(self) -> str:
        """What the measure is called among the daily columns."""
        return f"m_{schema.plain(self.name)}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the log that it reads."""
        return (*((self.column,) if self.column else ()), *(c for c, _, _ in self.where))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a fingerprint."""
        return {"name": self.name, "kind": self.kind, "column": self.column, "where": [[c, o, v] for c, o, v in self.where]}


def _conditions(where: Iterable[Condition]) -> tuple[Any, ...]:
    """Conditions as tuples, texts left as they are to be refused."""
    return tuple(c if isinstance(c, str) else tuple(c) for c in where)


@dataclass(frozen=True)
class LogSpec:
    """What the columns of a log mean; the arguments of `EventLog.read`, checked."""

    user: str
    time: str
    event: str
    amount: str | None = None
    roles: Mapping[str, str | Iterable[str]] | None = None
    receipts: tuple[str, ...] = ()
    ignore: frozenset[str] = frozenset()
    measures: tuple[Measure, ...] = ()
    timezone: str | None = None
    event_id: str | None = None
    arrived: str | None = None
    late_days: int | None = None
    bad_ids: float = 0.01
    memory: int = 2**30
    threads: int | None = None
    days: tuple[int, int] | None = None
    table: str | None = None

    @classmethod
    def of(cls, *, receipts: str | Iterable[str] = (), ignore: str | Iterable[str] = (), measures: Iterable[str | Measure] | str = (),
           memory: str | int = "1GB", **rest: Any) -> LogSpec:
        """From the arguments as users give them. Raises ConfigError or LogError for what cannot be meant."""
        chosen = tuple(m if isinstance(m, Measure) else Measure.sum(m) for m in ((measures,) if isinstance(measures, str | Measure) else measures))
        schema.check_distinct("measure", [m.name for m in chosen])
        if rest.get("timezone") is not None:
            schema.zone(rest["timezone"])
        for name, low, high in (("threads", 1, 10_000), ("late_days", 0, 10**6), ("bad_ids", 0, 1)):
            if rest.get(name) is not None and not low <= rest[name] <= high:
                raise ConfigError.from_range(name, rest[name], f"a number from {low} to {high:,}")
        return cls(receipts=schema.as_names(receipts), ignore=frozenset(schema.as_names(ignore)), measures=chosen, memory=in_bytes(memory), **rest)

    def wanted(self) -> dict[str, str]:
        """Argument → column, of every column that is read."""
        given = {"user": self.user, "time": self.time, "event": self.event, "amount": self.amount, "event_id": self.event_id,
                 "arrived": self.arrived}
        named = {k: v for k, v in given.items() if v is not None}
        return named | {f"measures {m.name}.{c}": c for m in self.measures for c in m.columns if c not in named.values()}

    @property
    def columns(self) -> list[str]:
        """The columns that are read, each once."""
        return list(dict.fromkeys(self.wanted().values()))


def in_bytes(size: str | int) -> int:
    """A size as a number of bytes.

    >>> in_bytes("2GB"), in_bytes("512MB"), in_bytes(100)
    (2147483648, 536870912, 100)
    """
    if isinstance(size, int) and size > 0:
        return size
    size = str(size)
    text = size.strip().upper().removesuffix("B").removesuffix("I")
    for unit, power in (("K", 10), ("M", 20), ("G", 30), ("T", 40)):
        if text.endswith(unit) and text[:-1].strip().replace(".", "", 1).isdigit():
            return int(float(text[:-1]) * 2**power)
    if text.isdigit() and int(text):
        return int(text)
    raise ConfigError.from_type("memory", size, 'a size like "512MB" or "2GB"')

