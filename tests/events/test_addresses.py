"""Addresses: which scheme, and whether it is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.databases import CANARY, one_line

import churnlab as cl
from churnlab.errors import ChurnlabError, ConfigError, LogError
from churnlab.events.addresses import (
    check_files_alone,
    file_of,
    folder_of,
    holds_password,
    local_folder,
    normal,
    parts_of_adbc,
    scheme_of,
    within,
)

COLUMNS = {"user": "u", "time": "t", "event": "e"}
# The instances of the report, and more of their kind.
WITH_PASSWORDS = [
    "postgresql://bob:{}@127.0.0.1:1/app",
    "POSTGRESQL://bob:{}@127.0.0.1:1/app",
    "PostgreSQL://bob:{}@127.0.0.1:1/app",
    "postgres://bob:{}@127.0.0.1:1/app",
    " postgresql://bob:{}@127.0.0.1:1/app",
    "\tpostgresql://bob:{}@127.0.0.1:1/app ",
    "postgresql+psycopg2://bob:{}@127.0.0.1:1/app",
    "postgresql+asyncpg://bob:{}@127.0.0.1:1/app",
    "postgresql://bob:{}%40x%2Fy@127.0.0.1:1/app",
    "postgresql://bob:{}@x/y@127.0.0.1:1/app",
    "postgresql://127.0.0.1:1/app?user=bob&password={}",
    "postgresql://127.0.0.1:1/app?sslpassword={}",
    "jdbc:postgresql://127.0.0.1:1/app?user=bob&password={}",
    "JDBC:postgresql://bob:{}@127.0.0.1:1/app",
    "jdbc:mysql://127.0.0.1:1/app?user=bob&password={}",
    "jdbc:sqlserver://127.0.0.1;user=bob;password={};database=app",
    "jdbc:oracle:thin:bob/{}@127.0.0.1:1:app",
    "mysql://bob:{}@127.0.0.1:1/app",
    "mysql+pymysql://bob:{}@127.0.0.1:1/app",
    "mssql+pyodbc://bob:{}@127.0.0.1/app?driver=ODBC",
    "mssql+pyodbc:///?odbc_connect=UID%3Dbob%3BPWD%3D{}%3BDATABASE%3Dapp",
    "DRIVER={{x}};SERVER=127.0.0.1;UID=bob;PWD={}",
    "http://bob:{}@127.0.0.1:1/log.csv",
    "https://x.example.org/log.csv?token={}",
    "https://x.blob.core.windows.net/log/a.parquet?sv=2025&sig={}",
    "ftp://bob:{}@127.0.0.1/log.csv",
    "git+https://bob:{}@127.0.0.1/team/log.git",
    "snowflake://bob:{}@account/app",
    "adbc:snowflake:bob:{}@account/app",
    "adbc:postgresql://bob:{}@127.0.0.1:1/app",
    "mongodb+srv://bob:{}@127.0.0.1/app",
    "redis://:{}@127.0.0.1:1/0",
    "sqlite:///no/such/file.db?password={}",
]


@pytest.mark.parametrize("address", WITH_PASSWORDS)
def test_no_password_of_an_address_is_said(address: str) -> None:
    for place in (address, Path(address)):
        with pytest.raises(ChurnlabError) as error:
            cl.EventLog.read(str(place).format(CANARY), table="events", **COLUMNS)
        one_line(error)
        with pytest.raises(ChurnlabError) as error:
            cl.EventLog.read([str(place).format(CANARY), "a.csv"], **COLUMNS)
        one_line(error)


@given(st.sampled_from(WITH_PASSWORDS), st.text("@/:.!$*+-_~=#^,", max_size=5))
def test_nor_is_any_other(address: str, marks: str) -> None:
    with pytest.raises(ChurnlabError) as error:
        cl.EventLog.read(address.format(marks + CANARY), table="events", **COLUMNS)
    one_line(error)


@pytest.mark.parametrize("scheme", ["mysql", "MySQL+pymysql", "http", "https", "mongodb", "ftp"])
def test_an_unknown_scheme_is_named(scheme: str) -> None:
    name = scheme.lower().partition("+")[0]
    with pytest.raises(LogError, match=rf"^churnlab reads no {name}:// address; give a path or"):
        normal(f"{scheme}://host/app")


def test_schemes_are_told_in_every_form(tmp_path: Path) -> None:
    for place in ("POSTGRES://h/a", " postgres://h/a", "postgres+x://h/a", Path("postgres://h/a")):
        assert normal(str(place)) == "postgres://h/a"
    assert normal("jdbc:postgresql://h/a?user=bob") == "postgresql://h/a?user=bob"
    assert normal("S3://Bucket/Key") == "s3://Bucket/Key"
    assert normal(" Delta+S3://Bucket/Key") == "delta+s3://Bucket/Key"
    assert normal("ADBC:Sqlite:a.db") == "adbc:Sqlite:a.db"
    for path in ("a.csv", "C:\\log.csv", "a:b.csv", "2026-03-01T12:30/x.csv", " a.csv"):
        assert scheme_of(path) == "" and normal(path) == path
    os.chdir(tmp_path)
    Path("http:/host").mkdir(parents=True)  # a folder of this machine, however it is called
    assert scheme_of("http:/host") == ""


@pytest.mark.parametrize(
    "place",
    ["adbc:", "adbc::x", "adbc:sqlite:", "sqlite://", "sqlite:///", "delta://", "iceberg://"],
)
def test_an_address_names_something(place: str) -> None:
    with pytest.raises(LogError, match="address names nothing; give one like"):
        normal(place)


@pytest.mark.parametrize("place", ["jdbc:oracle:thin:@h", "odbc:DSN=x"])
def test_a_scheme_without_slashes_is_named_as_it_is_written(place: str) -> None:
    with pytest.raises(LogError, match=rf"^churnlab reads no {place[:4]}: address; give a path"):
        normal(place)


def test_the_parts_of_an_address() -> None:
    assert parts_of_adbc("adbc: DuckDB:/a b.duckdb") == ("duckdb", "/a b.duckdb")
    assert parts_of_adbc("adbc:snowflake:bob@account/db") == ("snowflake", "bob@account/db")
    assert folder_of("delta://relative/t") == "relative/t"
    assert file_of("sqlite:///a%20b.db") == "a%20b.db"
    assert holds_password("x://h?PWD=y") and not holds_password("postgresql://bob@h/a?user=x")


def test_files_of_a_configuration_lie_in_its_folder() -> None:
    job = Path("/job")
    for place, wanted in {
        "a.csv": "/job/a.csv",
        "/a.csv": "/a.csv",
        "sqlite:///a.db": "sqlite:////job/a.db",
        "sqlite:////a.db": "sqlite:////a.db",
        "delta://t": "delta:///job/t",
        "delta:///t": "delta:///t",
        "delta+s3://b/t": "delta+s3://b/t",
        "adbc:sqlite:a.db": "adbc:sqlite:/job/a.db",
        "adbc:snowflake:bob@x/y": "adbc:snowflake:bob@x/y",
        "POSTGRESQL://h/a": "POSTGRESQL://h/a",
    }.items():
        assert within(job, place) == wanted


def test_a_folder_of_this_machine() -> None:
    assert local_folder("/a/b", "output.folder") == Path("/a/b")
    with pytest.raises(ConfigError, match=r"^output.folder is 's3://\*\*\*@b/x'; give a folder"):
        local_folder(f"s3://key:{CANARY}@b/x", "output.folder")


def test_several_places_are_files() -> None:
    check_files_alone(["a.csv", "s3://b/a.csv"])
    with pytest.raises(LogError, match="2 places were given and one of them is a delta address"):
        check_files_alone(["a.csv", "delta:///t"])
