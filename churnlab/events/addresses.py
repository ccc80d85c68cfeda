"""Addresses of logs, of people's attributes and of folders: which scheme they have, and whether it
is read.

| address | what it names |
|---|---|
| `postgresql://host/database` | a table of PostgreSQL; `postgres://`, `postgresql+psycopg://` and \
`jdbc:postgresql://` too |
| `sqlite:///file.db`, `duckdb:///file.duckdb` | a table of a file; one slash more for a path from \
the root |
| `adbc:NAME:address` | a table of any database with the ADBC driver NAME |
| `delta:///folder`, `delta+s3://bucket/folder` | a Delta table |
| `iceberg://catalogue/namespace.table` | an Iceberg table of a catalogue that pyiceberg knows |
| `s3://`, `gs://`, `abfss://`, `file://` | files; other names of these systems too |
| no scheme | files of this machine |

Schemes are told whatever their case and with blanks before them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

from churnlab.errors import ConfigError, LogError

POSTGRES = ("postgresql", "postgres")
FILE_SYSTEMS = ("file", "s3", "s3a", "gs", "gcs", "abfs", "abfss", "hdfs", "viewfs")
TABLES = ("postgresql", "postgres", "sqlite", "duckdb", "adbc", "delta", "iceberg")
# What each scheme needs after it.
_EXAMPLES = {
    "sqlite": "sqlite:///app.db",
    "duckdb": "duckdb:///app.duckdb",
    "delta": "delta:///srv/events",
    "iceberg": "iceberg://catalogue/shop.events",
    "adbc": "adbc:snowflake:${SNOWFLAKE_URI}",
}
_SHOWN = (
    *("postgresql://", "sqlite://", "duckdb://", "delta://", "iceberg://"),
    *("s3://", "gs://", "abfss://", "file://"),
)
_ADBC = "adbc"
_SCHEME = re.compile(r"\s*(?:jdbc:)?([a-z][a-z0-9+.-]+):(//?)(?=.|$)", re.I)
_OTHER = re.compile(r"\s*(adbc|jdbc|odbc):", re.I)
_PASSWORD = re.compile(
    r"://.*:.*@|^[\w.%+-]+:[^/\s@][^@]*@"
    r"|[?&;]\s*(\w*password|pwd|\w*secret|\w*token|scram_\w+key)\s*=",
    re.I | re.S,
)


def scheme_of(place: str) -> str:
    """The scheme of an address in lower case, without a driver's name; "" for a path.

    >>> [scheme_of(p) for p in (" POSTGRESQL+psycopg2://h/a", "jdbc:mysql://h/a", "a/b.csv")]
    ['postgresql', 'mysql', '']
    >>> scheme_of("adbc:sqlite:a.db"), scheme_of("delta+s3://bucket/a")
    ('adbc', 'delta+s3')
    """
    found = _SCHEME.match(place) or _OTHER.match(place)
    if found is None or Path(place).exists():
        return ""
    scheme = found[1].lower()
    base = scheme.partition("+")[0]
    return scheme if base in ("delta", "git") else base


def normal(place: str) -> str:
    """The path as it is, or the address with its scheme in lower case and two slashes after it.

    `pathlib.Path` takes one of the two slashes away. LogError for a scheme that is not read.

    >>> normal(" POSTGRES://host/app"), normal("events/*.parquet")
    ('postgres://host/app', 'events/*.parquet')
    >>> normal("mysql://bob:secret@host/app")
    Traceback (most recent call last):
    ...
    churnlab.errors.log.LogError: churnlab reads no mysql:// address; ...
    """
    scheme = scheme_of(place)
    if not scheme:
        return place
    if scheme == _ADBC:
        return _checked(scheme, "adbc:" + place.strip().split(":", 1)[1])
    known = {*FILE_SYSTEMS, *TABLES, *(f"delta+{name}" for name in FILE_SYSTEMS)}
    if scheme not in known:
        written = f"{scheme}://" if _SCHEME.match(place) else f"{scheme}:"
        raise LogError.from_unknown_scheme(written, _SHOWN)
    rest = _SCHEME.sub("", place, count=1).rstrip()
    return _checked(scheme, f"{scheme}://{rest}")


def _checked(scheme: str, address: str) -> str:
    """The address; LogError where nothing stands after its scheme."""
    example = _EXAMPLES.get(scheme.partition("+")[0])
    named = parts_of_adbc(address) if scheme == _ADBC else (address[len(scheme) + 3 :],)
    if example is not None and not all(part.strip("/") for part in named):
        raise LogError.from_no_place(f"{scheme}:", example)
    return address


def local_folder(place: str | Path, what: str) -> Path:
    """A folder of this machine; ConfigError where `place` is an address. `what` names the option.

    >>> local_folder("lists", "output.folder").as_posix()
    'lists'
    """
    if scheme_of(str(place)):
        raise ConfigError.from_type(what, str(place), "a folder of this machine")
    return Path(place)


def holds_password(address: str) -> bool:
    """Whether an address holds a password or a token, percent-encoded or not.

    >>> holds_password("postgresql://bob@host/app"), holds_password("postgresql://bob:x@host/app")
    (False, True)
    """
    return any(_PASSWORD.search(text) for text in (address, unquote(address)))


def file_of(address: str) -> str:
    """The path in an address like `sqlite:///file.db`: one more slash for a path from the root.

    >>> file_of("sqlite:///app.db"), file_of("sqlite:////srv/app.db"), file_of("duckdb://app.db")
    ('app.db', '/srv/app.db', 'app.db')
    """
    return address.partition("://")[2].removeprefix("/")


def folder_of(address: str) -> str:
    """The path or address of the folder in an address of a Delta table.

    >>> folder_of("delta:///srv/events"), folder_of("delta+s3://bucket/events")
    ('/srv/events', 's3://bucket/events')
    """
    scheme, _, rest = address.partition("://")
    inner = scheme.partition("+")[2]
    return f"{inner}://{rest}" if inner else rest


def within(folder: Path, place: str) -> str:
    """A path of a configuration file in `folder` as one that holds wherever the process runs.

    Addresses stay, but for files named relative to the folder in them.

    >>> within(Path("/job"), "a.csv"), within(Path("/job"), "s3://b/a.csv")
    ('/job/a.csv', 's3://b/a.csv')
    >>> within(Path("/job"), "sqlite:///app.db"), within(Path("/job"), "adbc:duckdb:app.duckdb")
    ('sqlite:////job/app.db', 'adbc:duckdb:/job/app.duckdb')
    """
    scheme = scheme_of(place)
    if scheme in ("sqlite", "duckdb"):
        return f"{scheme}:///{folder / file_of(normal(place))}"
    if scheme == "delta":
        return f"delta://{folder / folder_of(normal(place))}"
    if scheme == _ADBC:
        driver, rest = parts_of_adbc(normal(place))
        return f"adbc:{driver}:{folder / rest if driver in ('sqlite', 'duckdb') else rest}"
    return place if scheme else str(folder / place)


def parts_of_adbc(address: str) -> tuple[str, str]:
    """The driver's name and the address for it.

    >>> parts_of_adbc("adbc:sqlite:app.db"), parts_of_adbc("adbc:postgresql://host/app")
    (('sqlite', 'app.db'), ('postgresql', 'postgresql://host/app'))
    """
    driver, _, rest = address.partition(":")[2].strip().partition(":")
    driver = driver.lower()
    return driver, f"{driver}:{rest}" if rest.startswith("//") else rest


def check_files_alone(places: Sequence[str]) -> None:
    """LogError where one of several places is an address of a table."""
    for place in places:
        scheme = scheme_of(place)
        if scheme and scheme not in FILE_SYSTEMS:
            raise LogError.from_several_tables(scheme, len(places))
