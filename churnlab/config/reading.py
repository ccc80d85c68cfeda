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


def load(path: Path, recipe: str | None = None) -> dict[str, Any]:
    """The tables of a TOML file, above those of the `recipe` that it may name, or that is given.

    Raises ConfigError for a missing file and for a syntax error.
    """
    (_, above), *rest = layers(path, recipe)
    return _merged(rest[0][1], above) if rest else above


def layers(path: Path, recipe: str | None = None) -> list[tuple[str, dict[str, Any]]]:
    """The names and tables of a TOML file and of the `recipe` that it names, if it does.

    A `recipe` that is given takes the place of the file's. Raises ConfigError as `load` does.
    """
    given = read_toml(path)
    name = given.get("recipe") if recipe is None else recipe
    if not name:
        return [(path.name, given)]
    below = read_toml(path.parent / str(name))
    if "recipe" in below:
        raise ConfigError.from_type("recipe", name, "a file that names no recipe itself")
    return [(path.name, given), (str(name), below)]


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
    return ConfigError.from_type(name, value, wanted(known.model_fields[key].annotation))


def _refusal_of_several(
    fault: Any, model: type[BaseModel], given: Mapping[str, Any]
) -> ChurnlabError:
    """The refusal of one of several tables of a name, such as [[sinks]], or of one in a list."""
    name, place, *rest = fault["loc"]
    hint = get_args(model.model_fields[name].annotation)[0]
    if not rest or not isinstance(given[name][place], Mapping):
        return ConfigError.from_type(name, given[name], wanted(model.model_fields[name].annotation))
    key = str(rest[0])
    if fault["type"] == "extra_forbidden":
        return ConfigError.from_unknown(f"key in [[{name}]]", key, hint.model_fields)
    if fault["type"] == "missing":
        return ConfigError.from_lacking(f"[[{name}]]", key)
    kind = wanted(hint.model_fields[key].annotation)
    return ConfigError.from_type(f"{name}.{key}", given[name][place][key], kind)


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


def wanted(hint: Any) -> str:
    """The types of a key, in words.

    >>> wanted(dict[str, str] | None), wanted(int)
    ('a table of texts', 'a whole number')
    """
    if hint == dict[str, float]:
        return "a table of numbers"
    if get_origin(hint) is list and isinstance(get_args(hint)[0], type(BaseModel)):
        return "a list of tables"
    options = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    kinds = [get_origin(option) or option for option in options]
    return " or ".join(WORDS[kind] for kind in kinds if kind in WORDS) or "a table"
