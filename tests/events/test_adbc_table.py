"""A table by the name of its ADBC driver."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pytest
from support.databases import CANARY, one_line, rows
from support.lakes import make_sqlite

from churnlab.errors import ConfigError, LogError
from churnlab.events.adbc_table import AdbcTable

EVENTS = pa.table({"u": ["ann", "bob"], "t": ["2026-03-01", "2026-03-02"], 'a"b': [1, 2]})


def test_any_driver_that_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_sqlite(tmp_path / "a.db", EVENTS.rename_columns(["u", "t", "n"]))
    source = AdbcTable("sqlite", str(made), "events")
    assert source.schema().names == ["u", "t", "n"] and source.span("t") is None
    assert rows(source, ["n", "u"], "t") == [{"n": 1, "u": "ann"}, {"n": 2, "u": "bob"}]
    monkeypatch.setenv("HERE", str(tmp_path))
    assert len(rows(AdbcTable("sqlite", "${HERE}/a.db", "main.events"), ["u"], "t")) == 2


def test_names_are_quoted_as_the_database_has_it() -> None:
    assert AdbcTable("snowflake", "x", "T")._selected(['a"b'], {}) == '"a""b"'
    assert AdbcTable("bigquery", "x", "T")._selected(["a`b"], {}) == "`a``b`"


@pytest.mark.parametrize(
    "uri", [f"bob:{CANARY}@account/db", f"x://bob:{CANARY}@h", f"x://h?password={CANARY}"]
)
def test_a_password_belongs_in_the_environment(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LogError, match=r"holds a password; write \$\{NAME\} in its place") as error:
        AdbcTable("snowflake", uri, "events")
    one_line(error)
    monkeypatch.setenv("SECRET_URI", uri)
    with pytest.raises(LogError, match="cannot be read") as error:
        AdbcTable("sqlite", "file:///no/${SECRET_URI}", "events").schema()
    one_line(error)


def test_what_cannot_be_read_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = str(make_sqlite(tmp_path / "a.db", EVENTS.select(["u"])))
    with pytest.raises(LogError, match="pip install adbc-driver-nobodys") as error:
        AdbcTable("nobodys", "x", "events").schema()
    one_line(error)
    for table in ("", "event"):
        with pytest.raises(LogError, match="'event'|has no table ''"):
            AdbcTable("sqlite", made, table).schema()
    with pytest.raises(LogError, match="has no column 'n'"):
        rows(AdbcTable("sqlite", made, "events"), ["n"], "u")
    with pytest.raises(ConfigError, match="ADBC driver is '../x'; give a name like snowflake"):
        AdbcTable("../x", made, "events")
    monkeypatch.setitem(sys.modules, "adbc_driver_manager", None)
    with pytest.raises(ConfigError, match=r"pip install churnlab\[adbc\]$"):
        AdbcTable("sqlite", made, "events").schema()
