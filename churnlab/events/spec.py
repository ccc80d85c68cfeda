"""LogSpec: which columns of a log mean what, and the measures that are rolled up from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from churnlab.errors import ConfigError
from churnlab.schema.measures import Measure
from churnlab.schema.names import as_names, check_distinct
from churnlab.schema.zones import zone


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
    def of(
        cls,
        *,
        receipts: str | Iterable[str] = (),
        ignore: str | Iterable[str] = (),
        measures: Iterable[str | Measure] | str = (),
        memory: str | int = "1GB",
        **rest: Any,
    ) -> LogSpec:
        """From the arguments as users give them. Raises ConfigError or LogError for what cannot be meant."""
        chosen = tuple(
            m if isinstance(m, Measure) else Measure.sum(m)
            for m in ((measures,) if isinstance(measures, str | Measure) else measures)
        )
        check_distinct("measure", [m.name for m in chosen])
        if rest.get("timezone") is not None:
            zone(rest["timezone"])
        for name, low, high in (("threads", 1, 10_000), ("late_days", 0, 10**6), ("bad_ids", 0, 1)):
            if rest.get(name) is not None and not low <= rest[name] <= high:
                raise ConfigError.from_range(name, rest[name], f"a number from {low} to {high:,}")
        return cls(
            receipts=as_names(receipts),
            ignore=frozenset(as_names(ignore)),
            measures=chosen,
            memory=in_bytes(memory),
            **rest,
        )

    def wanted(self) -> dict[str, str]:
        """Argument → column, of every column that is read."""
        given = {
            "user": self.user,
            "time": self.time,
            "event": self.event,
            "amount": self.amount,
            "event_id": self.event_id,
            "arrived": self.arrived,
        }
        named = {k: v for k, v in given.items() if v is not None}
        return named | {
            f"measures {m.name}.{c}": c
            for m in self.measures
            for c in m.columns
            if c not in named.values()
        }

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
