"""LogSpec: the options of a log, each written once, with its default and its check.

`EventLog.read`, `EventLog.from_frame`, the table [log] of churnlab.toml and the activity store
derive their options from the fields of LogSpec: a new option is one line there, and one in its
table.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, tzinfo
from functools import wraps
from numbers import Integral, Real
from typing import (
    Any,
    Concatenate,
    Generic,
    ParamSpec,
    TypeAlias,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)

from churnlab.errors import ConfigError
from churnlab.events import clock
from churnlab.events.moments import Moment, as_moment
from churnlab.events.presets import PRESETS, filled, preset_of
from churnlab.events.text_options import check_text_options
from churnlab.kernels.units import MICRO
from churnlab.schema.measures import Measure
from churnlab.schema.names import as_names, check_distinct
from churnlab.schema.zones import zone, zone_name

NEEDED = ("user", "time", "event")
Given = TypeVar("Given")
Held = TypeVar("Held")
Options = ParamSpec("Options")
Class = TypeVar("Class")
First = TypeVar("First")
Result = TypeVar("Result")
Names: TypeAlias = str | Iterable[str]
Measures: TypeAlias = str | Measure | Iterable[str | Measure]


# Microseconds of each unit of times that are numbers; a nanosecond is less than one.
UNITS: Mapping[str, float] = {"s": MICRO, "ms": 1000, "us": 1, "ns": 0.001}


class Converted(Generic[Given, Held]):
    """A field of a dataclass that takes a value of one type and holds it as another.

    `convert` must leave a value that it made itself as it is, so that `dataclasses.replace` works.
    """

    def __init__(self, default: Given, convert: Callable[[Given], Held]) -> None:
        self.default = default
        self.convert = convert

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, holder: None, owner: type) -> Given: ...
    @overload
    def __get__(self, holder: object, owner: type) -> Held: ...
    def __get__(self, holder: Any, owner: type) -> Any:
        return self.default if holder is None else holder.__dict__[self.name]

    def __set__(self, holder: object, given: Given) -> None:
        holder.__dict__[self.name] = self.convert(given)


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


def as_measures(given: Measures) -> tuple[Measure, ...]:
    """Measures from columns to sum and from measures; ConfigError where two have the same name.

    >>> [m.column_name for m in as_measures(["seconds", Measure.distinct("page")])]
    ['m_seconds', 'm_page_distinct']
    """
    several = (given,) if isinstance(given, str | Measure) else given
    found = tuple(m if isinstance(m, Measure) else Measure.sum(m) for m in several)
    check_distinct("measure", [m.name for m in found])
    return found


def _name_set(given: Names) -> frozenset[str]:
    return frozenset(as_names(given))


def _number(low: float, high: float, default: float | None = None) -> Any:
    """A field that must be a number in `[low, high]`, or None."""
    return field(default=default, metadata={"range": (low, high)})


@dataclass(frozen=True, kw_only=True)
class LogSpec:
    """What the columns of a log mean, and how it is read.

    | option | type | default | meaning |
    |---|---|---|---|
    | `user` | str | needed | column of the person's id: text, whole numbers or UUIDs |
    | `time` | str | needed | column of the event's time: timestamps, dates, ISO 8601 text, or \
numbers with `time_unit` |
    | `event` | str | needed | column of the event's name: text or whole numbers |
    | `amount` | str | None | column of amounts in one currency: money spent in the role \
`purchase` (without it: in all events), money given back in the role `refund` |
    | `roles` | {role: names} | None | the event names of each role; None: an event named like \
a standard role has it |
    | `receipts` | str or list | () | more roles or events that happen to a person and are no acts |
    | `ignore` | str or list | () | events to drop |
    | `measures` | str, `Measure` or list | () | numeric columns to sum, or measures of your own |
    | `timezone` | str or ZoneInfo | None | zone of the local days, and of times that carry no \
zone; None: UTC, and every time must carry a zone |
    | `time_unit` | str | None | what times that are numbers count since 1970 in UTC: "s", "ms", \
"us" or "ns" |
    | `event_id` | str | None | column of event ids; of events with one id the earliest counts |
    | `arrived` | str | None | column of arrival times; a snapshot sees an event only when it had \
occurred and arrived before |
    | `late_days` | int, days | None | events that arrive more days late are set aside; \
None: no limit (the store: 3) |
    | `bad_ids` | share, 0 to 1 | 0.01 | rows whose id is null, empty or a word such as "null" are \
set aside; the log is refused when they are a larger share of all rows |
    | `bad_amounts` | share, 0 to 1 | 0.01 | amounts that are no number or beyond 1e10 are set \
aside; the log is refused when they are a larger share of the amounts given |
    | `bad_measures` | share, 0 to 1 | 0.01 | the same for the numbers of each measure |
    | `decimal` | "." or "," | None | decimal mark of amounts and measures written as text; None: \
".", and a text with two readings, such as 1,234, is no number |
    | `amount_scale` | number | None | amounts are multiplied by it: 0.01 for cents; None: 1 |
    | `until` | date or moment | None | events at this moment (of a date: its midnight) or after \
it are set aside; None: the moment of reading |
    | `since` | date or moment | "1971-01-01" | events before it are set aside; None: none |
    | `bad_times` | share, 0 to 1 | 0.01 | the log is refused when a larger share of all rows lies \
after both the moment of reading and `until`, or before both 1971 and `since` |
    | `memory` | str or int, bytes | "1GB" | bound on the raw events held in memory |
    | `threads` | int | None | cores that work; None: all |
    | `encoding` | str | None | encoding of CSV and JSON files, such as "gb18030", "utf-16" or \
"latin-1"; None: by the byte order mark, else UTF-8 |
    | `names` | str or list | () | names of all columns of CSV files that have no header |
    | `separator` | str | None | what separates the columns of CSV files; None: the one of comma, \
semicolon, tab and bar that fits the first line |
    | `progress` | bool | None | whether a bar shows how far reading is; None: where somebody \
watches, see `churnlab.progress` |
    | `table` | str | None | table of a database (`EventLog.read` alone) |
    | `version` | int | None | version of a Delta table, or id of a snapshot of an Iceberg table; \
None: the newest (`EventLog.read` alone) |
    | `preset` | str | None | a known export, whose options need not be given: "ga4", \
"amplitude", "mixpanel", "segment", "segment_warehouse", "snowplow"; see `churnlab.events.presets` |

    `memory` and `threads` change no bit of the result. Three fields are no options of users: `days`
    restricts reading to the local days `[days[0], days[1])`, `one_day` says that the log is that of
    one day, which may lack rare properties of JSON, and `read_at` is the moment of reading.

    Raises ConfigError for a number out of range, an unreadable size or two measures of one name,
    LogError for an unknown time zone.

    >>> LogSpec(user="u", time="t", event="e", receipts="badge").receipts
    ('badge',)
    """

    user: str = ""
    time: str = ""
    event: str = ""
    amount: str | None = None
    roles: Mapping[str, Names] | None = None
    receipts: Converted[Names, tuple[str, ...]] = Converted((), as_names)
    ignore: Converted[Names, frozenset[str]] = Converted((), _name_set)
    measures: Converted[Measures, tuple[Measure, ...]] = Converted((), as_measures)
    timezone: Converted[str | tzinfo | None, str | None] = Converted(None, zone_name)
    time_unit: str | None = None
    event_id: str | None = None
    arrived: str | None = None
    late_days: int | None = _number(0, 10**6)
    bad_ids: float = _number(0, 1, default=0.01)
    bad_amounts: float = _number(0, 1, default=0.01)
    bad_measures: float = _number(0, 1, default=0.01)
    decimal: str | None = field(default=None, metadata={"among": (".", ",")})
    amount_scale: float | None = _number(1e-12, 1e12)
    until: Converted[Moment | None, datetime | None] = Converted(None, as_moment)
    since: Converted[Moment | None, datetime | None] = Converted("1971-01-01", as_moment)
    bad_times: float = _number(0, 1, default=0.01)
    memory: Converted[str | int, int] = Converted("1GB", in_bytes)
    threads: int | None = _number(1, 10_000)
    encoding: str | None = None
    names: Converted[Names, tuple[str, ...]] = Converted((), as_names)
    separator: str | None = None
    progress: bool | None = None
    table: str | None = None
    version: int | None = _number(0, 2**63 - 1)
    preset: str | None = None
    days: tuple[int, int] | None = None
    one_day: bool = False
    read_at: datetime = field(default_factory=lambda: clock.now(), compare=False, repr=False)

    def __post_init__(self) -> None:
        lacking = [name for name in NEEDED if not getattr(self, name)]
        if lacking:
            raise ConfigError.from_no_column(lacking, PRESETS)
        preset_of(self.preset)
        if self.timezone is not None:
            zone(self.timezone)
        if self.time_unit is not None and self.time_unit not in UNITS:
            raise ConfigError.from_unknown("time_unit", str(self.time_unit), UNITS)
        check_text_options(self.encoding, self.names, self.separator)
        for option in fields(self):
            value = getattr(self, option.name)
            if "range" in option.metadata and value is not None:
                low, high = option.metadata["range"]
                kind = Real if "float" in str(option.type) else Integral
                right = isinstance(value, kind) and not isinstance(value, bool)
                if not right or not low <= value <= high:
                    what = "a number" if kind is Real else "a whole number"
                    wanted = f"{what} from {low} to {high:,}"
                    raise ConfigError.from_range(option.name, value, wanted)
            if value is not None and value not in option.metadata.get("among", (value,)):
                known = map(repr, option.metadata["among"])
                raise ConfigError.from_type(option.name, value, " or ".join(known))

    @classmethod
    def of(cls, **options: Any) -> LogSpec:
        """The options, with those of a preset filled in.

        >>> LogSpec.of(preset="ga4").user
        'user_pseudo_id'
        """
        return cls(**filled(options))

    @property
    def utc(self) -> bool:
        """Whether times without a zone are in UTC, as those of some presets are."""
        return preset_of(self.preset).utc

    @property
    def of_preset(self) -> dict[str, Any]:
        """The options that are as the preset fills them, by name."""
        options = preset_of(self.preset).options
        return {name: value for name, value in options.items() if getattr(self, name) == value}

    def clock_zone(self, naive: bool) -> str | None:
        """The zone that takes the log's clock to local time, None where it shows local time.

        `naive`: the times carry no zone.
        """
        return None if naive and not self.utc else self.timezone or "UTC"

    def wanted(self) -> dict[str, str]:
        """The column of each option that names one, and of each measure.

        >>> LogSpec(user="u", time="t", event="e", measures="seconds").wanted()
        {'user': 'u', 'time': 't', 'event': 'e', 'measures seconds.seconds': 'seconds'}
        """
        options = ("user", "time", "event", "amount", "event_id", "arrived")
        named = {o: getattr(self, o) for o in options if getattr(self, o) is not None}
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


def _parameters() -> dict[str, inspect.Parameter]:
    """The options as keyword arguments, with the types that users give."""
    hints = get_type_hints(LogSpec)
    found = {}
    for name, parameter in inspect.signature(LogSpec).parameters.items():
        hint = hints[name]
        given = get_args(hint)[0] if get_origin(hint) is Converted else hint
        found[name] = parameter.replace(annotation=given)
    del found["days"], found["one_day"], found["read_at"]
    return found


# Every option by name: a keyword argument with the type that users give and its default.
OPTIONS: Mapping[str, inspect.Parameter] = _parameters()
# Options that say how to read a log. All others decide what its daily rows say.
READING = (
    "bad_ids",
    "bad_amounts",
    "bad_measures",
    "until",
    "since",
    "bad_times",
    "memory",
    "threads",
    "encoding",
    "names",
    "separator",
    "progress",
    "table",
    "version",
)


def takes_options(
    spec: Callable[Options, LogSpec], *, without: tuple[str, ...] = ()
) -> Callable[
    [Callable[Concatenate[Class, First, ...], Result]],
    Callable[Concatenate[Class, First, Options], Result],
]:
    """Decorate a method whose `**options` are those of LogSpec, except `without`.

    Type checkers, `help` and `inspect.signature` see every option; another one is a TypeError.
    """

    def decorate(
        method: Callable[Concatenate[Class, First, ...], Result],
    ) -> Callable[Concatenate[Class, First, Options], Result]:
        """Give a method the options of a log."""
        plain = inspect.signature(method)
        own = [p for p in plain.parameters.values() if p.kind is not p.VAR_KEYWORD]
        options = [p for name, p in OPTIONS.items() if name not in without]
        shown = plain.replace(parameters=[*own, *options])

        @wraps(method)
        def checked(*args: Any, **options: Any) -> Result:
            """Refuse an unknown option by its name, then call with all options."""
            shown.bind(*args, **options)
            return method(*args, **filled(options))

        checked.__signature__ = shown  # type: ignore[attr-defined]
        return checked  # type: ignore[return-value]

    return decorate
