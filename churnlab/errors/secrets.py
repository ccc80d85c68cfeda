"""Passwords, keys and tokens taken out of text before anybody sees it.

| what is hidden | seen as |
|---|---|
| user and password of an address, whatever its scheme | `http://***@host/path` |
| the value of a key that names a secret: `password=`, `PWD=`, `token:`, `sig=` … | `password=***` |
| credentials of a header | `Bearer ***` |
| values of the environment's own secrets, such as PGPASSWORD | `***` |

Every ChurnlabError hides its own text and the texts of the errors that it came from, the command
line all that it prints, and a run its parameters and names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, TypeVar

E = TypeVar("E", bound=BaseException)
HIDDEN = "***"
ENVIRONMENT = (
    "PGPASSWORD",
    "PGSSLPASSWORD",
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_TOKEN",
    "DATABRICKS_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_STORAGE_KEY",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_CLIENT_SECRET",
)
_SCHEME = r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,40}://"
# Of a token in an address: up to the last @, because passwords hold @ and / unquoted too.
_USER = re.compile(rf"({_SCHEME})[^\s]*@", re.I)
# A password with a blank: the part after `user:` is no port.
_BLANK = re.compile(
    rf"({_SCHEME})[^\s/?#@:]*:(?!\d{{0,5}}(?:[\s/?#,;)'\"\]]|$))[^\n]{{1,200}}?@", re.I
)
# A login without a scheme, as git and Oracle's addresses have it.
_SHORT = re.compile(r"(?<![\w@.%+-])[\w.%+-]+:\S+(?<!://\*{3})@(?=[\w\[])")
_WORD = (
    r"[\w.-]*(?:pass(?:word|wd|phrase|code)|pwd|secret|token|credentials?|signature|"
    r"(?:api|access|account|private|shared|encryption)[_-]?key)[\w.-]*|pass|pw|sig|sas|jwt"
)
_KEY = rf"(?<![\w.-])(?:{_WORD})"
_EQUALS = r"(?:\s*=(?!=\s)\s*|%3D)"  # and no comparison, like a == b
_QUOTED = r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|\{[^}]*\}"
_QUERY = re.compile(
    rf"([?&](?:{_WORD}|key|code|auth)=|(?:%3F|%26)(?:{_WORD})%3D)((?:(?!%26)[^\s&])+)", re.I
)
_PAIR = re.compile(rf"({_KEY}{_EQUALS})({_QUOTED}|(?:(?!%3B|%26)[^\s&;])+)", re.I)
_ENTRY = re.compile(rf"((?<=[\"'])(?:{_WORD})[\"']\s*:\s*)({_QUOTED})", re.I)
_LINE = re.compile(
    r"((?<![\w.-])(?:password|passwd|pwd|passphrase|secret|api[_-]?key)\s*:\s*)([^\s,;]+)", re.I
)
_HEADER = re.compile(r"\b(authorization['\"]?\s*[:=]\s*['\"]?\w+\s+)(\S+)", re.I)
_BEARER = re.compile(r"\b((?:bearer|basic)\s+)([\w.~+/=%-]{16,})", re.I)
_OF_OS_ERRORS = ("strerror", "filename", "filename2")
_END = re.compile(r"['\")\],.;:}]*$")


def without_secrets(text: str) -> str:
    """The text with `***` where it has a password, a key or a token; applied twice it is the same.

    >>> without_secrets("no route to postgresql+psycopg2://me:p@ss/w@host:5432/app")
    'no route to postgresql+psycopg2://***@host:5432/app'
    >>> without_secrets("https://x.blob.core.windows.net/log?sv=2025&sig=aB%2Fc; try again")
    'https://x.blob.core.windows.net/log?sv=2025&sig=***; try again'
    >>> without_secrets("DRIVER={x};UID=me;PWD={a;b};DATABASE=app")
    'DRIVER={x};UID=me;PWD=***;DATABASE=app'
    """
    for secret in _of_environment(os.environ):
        text = text.replace(secret, HIDDEN)
    text = without_logins(text)
    for pattern in (_QUERY, _PAIR, _ENTRY, _LINE, _HEADER, _BEARER):
        text = pattern.sub(_hide_value, text)
    return text


def without_logins(text: str) -> str:
    """The text without users and passwords of addresses; for output that people wrote themselves.

    >>> without_logins("store = 'http://bob:pw@host:5000'")
    "store = 'http://***@host:5000'"
    """
    for pattern in (_USER, _BLANK):
        text = pattern.sub(rf"\1{HIDDEN}@", text)
    return _SHORT.sub(f"{HIDDEN}@", text)


def _hide_value(found: re.Match[str]) -> str:
    """The key as it was and the value hidden; marks that close a sentence or a quote stay."""
    key, value = found.groups()
    whole = value[0] in "\"'{" and len(value) > 1 and value[-1] in "\"'}"
    end = "" if whole else _END.search(value)[0]  # type: ignore[index]
    return key + HIDDEN + end


def _of_environment(environment: Mapping[str, str]) -> list[str]:
    """The environment's secrets of more than three characters, the longest first."""
    values = {environment.get(name, "") for name in ENVIRONMENT}
    return sorted((v for v in values if len(v) > 3), key=len, reverse=True)


def shown_name(place: str) -> str:
    """The last part of a path or an address, by which a run and its card name the log.

    >>> shown_name("events/2026.parquet"), shown_name("postgresql://bob:pw@host/app?sslkey=x")
    ('2026.parquet', 'app')
    """
    text = without_secrets(place)
    return Path(text.partition("?")[0] if "://" in text else text).name


def in_short(text: str, most: int = 300) -> str:
    """The text of another library on one line, without secrets, and only then cut.

    >>> in_short("cannot reach\\n  http://bob:secret@host", most=28)
    'cannot reach http://***@host'
    """
    return without_secrets(" ".join(text.split()))[:most]


def harmless(error: E) -> E:
    """The error itself, with secrets taken out of its texts and of those that it came from.

    A trace shows the texts of every error in the chain, so each is changed in place.

    >>> str(harmless(OSError("no route to http://bob:pw@host")))
    'no route to http://***@host'
    """
    seen: set[int] = set()
    several: list[object] = [error]
    while several:
        one = several.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            _clean(one)
            several += [one.__cause__, one.__context__, *one.args, *getattr(one, "exceptions", ())]
    return error


def _clean(error: BaseException) -> None:
    """Hide the secrets in an error's arguments and in its attributes that are text."""
    error.args = tuple(map(_hidden, error.args))
    for name in {*vars(error), *_OF_OS_ERRORS}:
        value = getattr(error, name, None)
        if isinstance(value, str):
            setattr(error, name, _hidden(value))
    for i, note in enumerate(getattr(error, "__notes__", ())):
        error.__notes__[i] = _hidden(note)


def _hidden(value: Any) -> Any:
    return without_secrets(value) if isinstance(value, str) else value


class HidingStream:
    """A text stream that hides secrets in all that is written to it, and else is the stream.

    `logins_alone` leaves keys such as `token=` as they are.

    >>> import io
    >>> plain = io.StringIO()
    >>> _ = HidingStream(plain).write("GET http://bob:pw@host/?token=abc")
    >>> plain.getvalue()
    'GET http://***@host/?token=***'
    """

    def __init__(self, stream: IO[str], logins_alone: bool = False) -> None:
        self._stream = stream
        self._hide = without_logins if logins_alone else without_secrets

    def write(self, text: str) -> int:
        """Write the text without secrets; returns its own length, as callers expect."""
        self._stream.write(self._hide(text))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        """Write each line without secrets."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
