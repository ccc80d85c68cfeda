"""Frozen dataclasses as JSON-ready data and back, by their type hints."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from churnlab.language.sentence import Sentence
from churnlab.report.sourced import Moment, Name

_Made = TypeVar("_Made")


def as_data(value: Any) -> Any:
    """A dataclass, and what is in it, as dicts, lists, numbers and texts.

    A missing number becomes None, a day text like 2026-03-01, a sentence its English text with its
    template and values.

    >>> as_data((date(2026, 3, 1), float("nan"), Sentence("{n} days", {"n": 7})))
    ['2026-03-01', None, {'text': '7 days', 'template': '{n} days', 'values': {'n': 7}}]
    """
    if is_dataclass(value) and not isinstance(value, type | Sentence):
        return {f.name: as_data(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Sentence):
        values = {name: as_data(inner) for name, inner in value.values.items()}
        return {"text": str(value), "template": value.template, "values": values}
    if isinstance(value, Mapping):
        return {str(name): as_data(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [as_data(inner) for inner in value]
    return _plain(value)


def _plain(value: Any) -> Any:
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, float) and not math.isfinite(plain):
        return None
    return plain.isoformat() if isinstance(plain, date) else plain


def from_data(kind: type[_Made], given: Mapping[str, Any]) -> _Made:
    """The dataclass that `as_data` was called on. A key that it does not have raises TypeError.

    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Visit:
    ...     day: date
    ...     pages: tuple[int, ...] = ()
    >>> from_data(Visit, {"day": "2026-03-01", "pages": [1, 2]}).pages
    (1, 2)
    """
    hints = get_type_hints(kind)
    unknown = given.keys() - hints.keys()
    if unknown:
        raise TypeError(f"unknown fact {min(unknown)!r}")
    return kind(**{name: _made(hints[name], value) for name, value in given.items()})


def _made(hint: Any, value: Any) -> Any:
    """A value of a type from plain data."""
    options = get_args(hint) if get_origin(hint) in (UnionType, Union) else (hint,)
    if value is None:
        return _missing(options)
    kinds = [option for option in options if option is not NoneType]
    if Sentence in kinds:
        return _words(value)
    kind = kinds[0]
    if is_dataclass(kind):
        return from_data(kind, value)  # type: ignore[arg-type]
    if get_origin(kind) is tuple:
        return tuple(_made(get_args(kind)[0], inner) for inner in value)
    if get_origin(kind) is not None:  # a mapping by name
        return {name: _made(get_args(kind)[1], inner) for name, inner in value.items()}
    return _one(kind, value)


def _missing(options: tuple[Any, ...]) -> float | None:
    """None, or NaN for a number that is always there; TypeError where nothing may be missing."""
    if NoneType in options:
        return None
    if float not in options:
        raise TypeError("a fact is null that cannot be missing")
    return math.nan


def _words(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Sentence.from_dict({k: v for k, v in value.items() if k != "text"})
    return _as_text(value) if isinstance(value, date) else value


def _one(kind: Any, value: Any) -> Any:
    """A day, a text or a number."""
    if kind is date and isinstance(value, str):
        return date.fromisoformat(value)
    return _as_text(value) if kind is str and isinstance(value, date) else value


def _as_text(day: date) -> str:
    """A name that looks like a day, as it was given."""
    if not isinstance(day, Moment):
        return day.isoformat()
    name = Name(day.isoformat())
    name.path = day.path
    return name
