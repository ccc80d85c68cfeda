"""The layers of a configuration: a flag over the environment over the file over the default.

| layer | written as |
|---|---|
| flag | `--set list.top=500`, of every command that reads a configuration |
| environment | `CHURNLAB_LIST_TOP=500`: the table, `_` and the key, in capitals |
| file | `top = 500` in `[list]` of churnlab.toml, else in its recipe |
| default | what `churnlab config` shows without any of these |

A text is taken as it is; every other value is written as in TOML (`true`, `14`, `["a", "b"]`,
`{high = 0.5}`), and an empty one takes the value of a key away that need not have one.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from churnlab.config import reading
from churnlab.errors import ChurnlabError, ConfigError

PREFIX = "CHURNLAB_"
FLAG = "--set"
DEFAULT = "default"
NO_KEYS = ("CHURNLAB_PROGRESS",)  # names of the environment that set no key
_flags: ContextVar[Mapping[str, str] | None] = ContextVar("flags", default=None)


@dataclass(frozen=True)
class Override:
    """The text that a flag or the environment has for a key, and what it is called there."""

    text: str
    origin: str


def variable(key: str) -> str:
    """The name of a key in the environment.

    >>> variable("list.top"), variable("lang")
    ('CHURNLAB_LIST_TOP', 'CHURNLAB_LANG')
    """
    return PREFIX + key.replace(".", "_").upper()


@contextmanager
def with_flags(words: Sequence[str]) -> Iterator[None]:
    """Let words such as `list.top=500` count over the environment and the file inside.

    Raises ConfigError for a word without `=`.

    >>> with with_flags(["list.top=500"]):
    ...     override("list.top")
    Override(text='500', origin='--set list.top')
    """
    pairs = [word.partition("=") for word in words]
    for name, equals, _ in pairs:
        if not equals:
            raise ConfigError.from_range(FLAG, name, "a key and its value, like list.top=500")
    token = _flags.set({name.strip(): text for name, _, text in pairs})
    try:
        yield
    finally:
        _flags.reset(token)


def override(key: str) -> Override | None:
    """What a flag, else the environment, has for a key; None without either."""
    flag = (_flags.get() or {}).get(key)
    if flag is not None:
        return Override(flag, f"{FLAG} {key}")
    text = os.environ.get(variable(key))
    return None if text is None else Override(text, variable(key))


@cache
def keys(model: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """Every key of a configuration, those of a table as `table.key`."""
    found: dict[str, FieldInfo] = {}
    for name, field in model.model_fields.items():
        table = field.annotation
        if isinstance(table, type) and issubclass(table, BaseModel):
            found |= {f"{name}.{key}": inner for key, inner in table.model_fields.items()}
        else:
            found[name] = field
    return found


def overrides(model: type[BaseModel]) -> dict[str, Override]:
    """What flags and the environment have, by key.

    Raises ConfigError for a name that is no key, with those that are near.
    """
    known = keys(model)
    for name in _flags.get() or ():
        if name not in known:
            raise ConfigError.from_unknown(f"key in {FLAG}", name, known)
    names = [*map(variable, known), *NO_KEYS]
    for name in os.environ:
        if name.startswith(PREFIX) and name not in names:
            raise ConfigError.from_unknown("name in the environment", name, names)
    return {key: found for key in known if (found := override(key)) is not None}


def laid_over(model: type[BaseModel], tables: Mapping[str, Any]) -> dict[str, Any]:
    """The tables of a file below what flags and the environment have.

    Raises ConfigError for an unknown name, and for a value of the wrong type.
    """
    laid = dict(tables)
    for key, found in overrides(model).items():
        table, dot, name = key.rpartition(".")
        value = _value(found, keys(model)[key])
        if not dot:
            laid[name] = value
        elif isinstance(laid.get(table, {}), Mapping):
            laid[table] = {**laid.get(table, {}), name: value}
    return laid


def origins(
    model: type[BaseModel], files: Sequence[tuple[str, Mapping[str, Any]]]
) -> Callable[[str], str]:
    """Where the value of a key comes from; `files` are names with tables, the first counts most."""
    above = overrides(model)

    def origin(key: str) -> str:
        """Where the value of one key comes from."""
        if key in above:
            return above[key].origin
        return next((name for name, tables in files if _has(tables, key)), DEFAULT)

    return origin


def _has(tables: Mapping[str, Any], key: str) -> bool:
    table, dot, name = key.rpartition(".")
    inner = tables.get(table, {}) if dot else tables
    return isinstance(inner, Mapping) and name in inner


def value_of(model: type[BaseModel], key: str, text: str, origin: str) -> Any:
    """The value that a text has for a key; ConfigError, which names `origin`, for another type."""
    known = keys(model)
    if key not in known:
        raise ConfigError.from_unknown("key", key, known)
    return _value(Override(text, origin), known[key])


def _value(given: Override, field: FieldInfo) -> Any:
    """The value of a text, of the type of a key."""
    hint: Any = field.annotation
    value = _parsed(given, hint)
    adapter = TypeAdapter(field.rebuild_annotation(), config=ConfigDict(strict=True))
    try:
        adapter.validate_python(value)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        cause = fault.get("ctx", {}).get("error")
        if isinstance(cause, ChurnlabError):
            raise cause from None
        raise _wrong(given, hint) from None
    return value


def _parsed(given: Override, hint: Any) -> Any:
    kinds = _kinds(hint)
    if not given.text and type(None) in kinds:
        return None
    as_text = str in kinds and not (given.text[:1] in ("[", "{") and {list, dict} & kinds)
    if as_text:
        return given.text
    try:
        (value,) = tomllib.loads(f"value = {given.text}").values()
    except ValueError:
        raise _wrong(given, hint) from None
    return value


def _kinds(hint: Any) -> set[Any]:
    """The types that a hint names, without what stands in their brackets.

    >>> _kinds(list[str] | None) == {list, type(None)}
    True
    """
    if get_origin(hint) is Annotated:
        return _kinds(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return {kind for each in get_args(hint) for kind in _kinds(each)}
    return {get_origin(hint) or hint}


def _wrong(given: Override, hint: Any) -> ConfigError:
    return ConfigError.from_type(given.origin, given.text, reading.wanted(hint))
