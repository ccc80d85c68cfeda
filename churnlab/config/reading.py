"""Reading a configuration, and what is wrong with it in one line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from churnlab.errors import ChurnlabError, ConfigError
from churnlab.schema.files import is_text
from churnlab.schema.toml_text import read_toml

OUTPUT = "churnlab-output"  # the folder of cards and lists where [output] names none
WORDS: Mapping[Any, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    date: "a date",
    datetime: "a moment",
    list: "a list of texts",
    dict: "a table of texts",
}


def load(path: Path) -> dict[str, Any]:
    """The tables of a TOML file, below those of the `recipe` that it may name.

    Raises ConfigError for a missing file and for a syntax error.
    """
    given = read_toml(path)
    if "recipe" not in given:
        return given
    below = read_toml(path.parent / str(given["recipe"]))
    if "recipe" in below:
        raise ConfigError.from_type("recipe", given["recipe"], "a file that names no recipe itself")
    return _merged(below, given)


def check_texts(given: object, where: str = "") -> None:
    r"""Raise ConfigError for a key or a text of a configuration that holds half a character.

    >>> check_texts({"log": {"path": "渠道.parquet"}})
    """
    if isinstance(given, str) and not is_text(given):
        raise ConfigError.from_no_text(where or "the key", given)
    if isinstance(given, Mapping):
        for key, value in given.items():
            check_texts(key)
            check_texts(value, f"{where}.{key}" if where else str(key))
    elif isinstance(given, list | tuple):
        for value in given:
            check_texts(value, where)


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both, key by key of each table; `above` wins."""
    both = dict(above)
    for key, value in below.items():
        if isinstance(value, dict) and isinstance(above.get(key, {}), dict):
            both[key] = {**value, **above.get(key, {})}
        else:
            both.setdefault(key, value)
    return both


def refusal(
    error: ValidationError, model: type[BaseModel], given: Mapping[str, Any]
) -> ChurnlabError:
    """The first refusal of pydantic in `given` as a ConfigError; an unknown key comes first."""
    faults = error.errors(include_url=False)
    fault = next((f for f in faults if f["type"] == "extra_forbidden"), faults[0])
    cause = fault.get("ctx", {}).get("error")
    if isinstance(cause, ChurnlabError):
        return cause
    if len(fault["loc"]) > 1 and isinstance(fault["loc"][1], int):
        return _refusal_of_several(fault, model, given)
    *tables, key = map(str, fault["loc"][:2])
    table = tables[0] if tables else ""
    known = _table_of(model, table) if table else model
    if fault["type"] == "extra_forbidden":
        what = f"key in [{table}]" if table else "table or key"
        return ConfigError.from_unknown(what, key, known.model_fields)
    if fault["type"] == "missing":
        return _lacking(known, table, given.get(table, {})) if table else _no_table(model, key)
    value = given[table][key] if table else given[key]
    name = f"{table}.{key}" if table else key
    return ConfigError.from_type(name, value, _wanted(known.model_fields[key].annotation))


def _refusal_of_several(
    fault: Any, model: type[BaseModel], given: Mapping[str, Any]
) -> ChurnlabError:
    """The refusal of one of several tables of a name, such as [[sinks]], or of one in a list."""
    name, place, *rest = fault["loc"]
    hint = get_args(model.model_fields[name].annotation)[0]
    if not rest or not isinstance(given[name][place], Mapping):
        return ConfigError.from_type(
            name, given[name], _wanted(model.model_fields[name].annotation)
        )
    key = str(rest[0])
    if fault["type"] == "extra_forbidden":
        return ConfigError.from_unknown(f"key in [[{name}]]", key, hint.model_fields)
    if fault["type"] == "missing":
        return ConfigError.from_lacking(f"[[{name}]]", key)
    wanted = _wanted(hint.model_fields[key].annotation)
    return ConfigError.from_type(f"{name}.{key}", given[name][place][key], wanted)


def _table_of(model: type[BaseModel], name: str) -> type[BaseModel]:
    return model.model_fields[name].annotation  # type: ignore[return-value]


def _required(model: type[BaseModel]) -> list[str]:
    return [name for name, field in model.model_fields.items() if field.is_required()]


def _lacking(model: type[BaseModel], table: str, given: Mapping[str, Any]) -> ConfigError:
    names = [name for name in _required(model) if name not in given]
    return ConfigError.from_lacking(f"[{table}]", ", ".join(names))


def _no_table(model: type[BaseModel], table: str) -> ConfigError:
    *names, last = _required(_table_of(model, table))
    return ConfigError.from_lacking(f"[{table}]", f"{', '.join(names)} and {last}")


def _wanted(hint: Any) -> str:
    """The types of a key, in words.

    >>> _wanted(dict[str, str] | None), _wanted(int)
    ('a table of texts', 'a whole number')
    """
    if hint == dict[str, float]:
        return "a table of numbers"
    options = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    kinds = [get_origin(option) or option for option in options]
    return " or ".join(WORDS[kind] for kind in kinds if kind in WORDS) or "a table"
