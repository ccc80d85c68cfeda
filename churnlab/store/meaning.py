"""The meaning of a store's rows: the options of a log that decide what the rows say, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from churnlab.errors import ConfigError
from churnlab.events.spec import OPTIONS, READING, LogSpec
from churnlab.kernels.units import SESSION_GAP_MICROS
from churnlab.schema.measures import Measure
from churnlab.schema.names import as_names

LATE_DAYS = 3
_CONVERTED = ("roles", "receipts", "ignore", "measures")
_FIRST = ("user", "time", "event", "amount", "timezone", "event_id", "arrived", "late_days")
# Options that came later: a store that was made without them has their defaults.
_LATER = tuple(n for n in OPTIONS if n not in (*READING, *_CONVERTED, *_FIRST))


def meaning_of(spec: LogSpec) -> dict[str, Any]:
    """The meaning of rows that are rolled up by `spec`, ready for JSON.

    Raises ConfigError for a condition of a measure that JSON cannot hold.

    >>> meaning_of(LogSpec.of(user="u", time="t", event="e", ignore=["ping"]))["ignore"]
    ['ping']
    """
    roles = {role: list(as_names(n)) for role, n in sorted((spec.roles or {}).items())}
    late_days = LATE_DAYS if spec.late_days is None else spec.late_days
    given = {
        **{name: getattr(spec, name) for name in _FIRST},
        **{n: getattr(spec, n) for n in _LATER if getattr(spec, n) != OPTIONS[n].default},
        "late_days": None if spec.arrived is None else late_days,
        "roles": None if spec.roles is None else roles,
        "receipts": sorted(spec.receipts),
        "ignore": sorted(spec.ignore),
        "measures": [m.to_dict() for m in spec.measures],
        "session_minutes": SESSION_GAP_MICROS // 60_000_000,
    }
    try:
        return json.loads(json.dumps(given, allow_nan=False, default=_plain))
    except (TypeError, ValueError) as error:
        raise ConfigError.from_type(
            "a condition of a measure",
            str(error),
            "text, numbers and true or false, which a store can keep",
        ) from error


def _plain(value: Any) -> Any:
    """A set or a numpy value as JSON holds it."""
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{value!r}")


def spec_of(meaning: Mapping[str, Any]) -> LogSpec:
    """The LogSpec of a meaning, with defaults for the options in READING.

    >>> spec = LogSpec.of(user="u", time="t", event="e", receipts=["badge"])
    >>> spec_of(meaning_of(spec)) == spec
    True
    """
    measures = [
        Measure(m["name"], m["kind"], m["column"], tuple(tuple(c) for c in m["where"]))
        for m in meaning["measures"]
    ]
    return LogSpec.of(
        roles=meaning["roles"],
        receipts=meaning["receipts"],
        ignore=meaning["ignore"],
        measures=measures,
        **{name: meaning[name] for name in (*_FIRST, *_LATER) if name in meaning},
    )
