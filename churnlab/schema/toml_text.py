"""TOML: reading a file of it, and writing text that reads back to the same."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from churnlab.errors import ConfigError
from churnlab.schema.files import check_path

# A key with other letters than a-z that stands without quotes, at the start of a line.
_BARE_KEY = re.compile(r"^[ \t]*([^\s\"'#\[=]*[^\x00-\x7f][^\s\"'#\[=]*)[ \t]*=", re.MULTILINE)


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file in UTF-8.

    Raises ConfigError for a missing file and for a syntax error.
    """
    check_path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors put a mark before UTF-8
        return tomllib.loads(text)
    except OSError as error:
        raise ConfigError.from_no_file(str(path)) from error
    except UnicodeDecodeError as error:
        raise ConfigError.from_syntax(str(path), f"it is not UTF-8 ({error})") from error
    except tomllib.TOMLDecodeError as error:
        key = _BARE_KEY.search(text)
        reason = str(error) if key is None else f"{error}; TOML wants quotes: {_json(key[1])} ="
        raise ConfigError.from_syntax(str(path), reason) from error


def as_toml(tables: Mapping[str, Any], origin: Callable[[str], str] | None = None) -> str:
    """Tables as TOML text that reads back to the same; a key without a value is a comment.

    `origin` says where the value of a key such as `log.path` comes from, which stands behind it.

    >>> log = {"path": "x", "table": None, "roles": {"buy": ["b"]}}
    >>> print(as_toml({"name": "shop", "log": log}))
    name = "shop"
    <BLANKLINE>
    [log]
    path = "x"
    # table is not set
    <BLANKLINE>
    [log.roles]
    buy = ["b"]
    """
    return "\n".join(_lines(tables, "", origin))


def _lines(
    table: Mapping[str, Any], name: str, origin: Callable[[str], str] | None = None
) -> Iterator[str]:
    plain = {key: value for key, value in table.items() if not _is_tables(value)}
    for key, value in plain.items():
        line = f"# {key} is not set" if value is None else f"{_key(key)} = {_value(value)}"
        yield line if origin is None else f"{line}  # {origin(f'{name}.{key}' if name else key)}"
    for key, value in table.items():
        if isinstance(value, Mapping):
            inner = f"{name}.{_key(key)}" if name else _key(key)
            from_key = None if origin is None or not name else _of(origin(inner))
            yield from ("", f"[{inner}]", *_lines(value, inner, from_key or origin))
        elif _is_tables(value):
            for each in value:
                yield from ("", f"[[{key}]]", *_lines(each, key))


def _of(origin: str) -> Callable[[str], str]:
    """The origin of all keys of a table that is itself one value, such as [log.roles]."""
    return lambda key: origin


def _is_tables(value: object) -> bool:
    """True for a table, and for several of one name."""
    several = isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)
    return several or isinstance(value, Mapping)


def _key(name: str) -> str:
    plain = name.replace("_", "").replace("-", "")
    return name if plain.isalnum() and plain.isascii() else _json(name)


def _value(value: Any) -> str:
    """A text, number, truth value or list as in JSON, a day as it is."""
    return _json(value) if isinstance(value, str | int | float | list) else str(value)


def _json(value: Any) -> str:
    """JSON that is TOML too: characters beyond 16 bits and the delete character differ there."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
