"""No password, key or token in any text: in messages, traces, logs and names."""

from __future__ import annotations

import io
import traceback
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.errors import ConfigError, LogError, ModelError
from churnlab.errors.secrets import (
    ENVIRONMENT,
    HidingStream,
    harmless,
    in_short,
    shown_name,
    without_logins,
    without_secrets,
)

CANARY = "Canary"
SCHEMES = [
    "http",
    "https",
    "postgres",
    "postgresql",
    "POSTGRESQL",
    "postgresql+psycopg2",
    "mysql",
    "mysql+pymysql",
    "redis",
    "mssql",
    "snowflake",
    "databricks",
    "mongodb+srv",
    "s3",
    "S3",
    "gs",
    "abfss",
    "ftp",
    "sftp",
    "git",
    "git+https",
    "oracle",
    "clickhouse",
]
KEYS = [
    "password",
    "PASSWORD",
    "passwd",
    "pwd",
    "PWD",
    "Pwd",
    "pass",
    "secret",
    "token",
    "access_token",
    "refresh_token",
    "api_key",
    "apikey",
    "AccountKey",
    "SharedAccessKey",
    "SharedAccessSignature",
    "sig",
    "X-Amz-Signature",
    "sslpassword",
    "X-Amz-Security-Token",
    "aws_secret_access_key",
    "client_secret",
    "private_key",
]
# What passwords hold beside letters: marks that addresses use, and the percent sign.
MARKS = "=@/:.!$*+-_~#%{}()[]|^,<>"
PASSWORDS = st.tuples(st.text(MARKS, max_size=4), st.text(MARKS, max_size=4)).map(
    lambda ends: ends[0] + CANARY + ends[1]
)
TEXTS = ("{}", "no route to {}", "cannot open '{}'; give another", 'a "{}" b', "{}: refused (2)")


@st.composite
def addresses(draw: st.DrawFn) -> str:
    """An address with a password in one of the places where people put it."""
    secret = draw(PASSWORDS)
    scheme = draw(st.sampled_from(SCHEMES))
    key = draw(st.sampled_from(KEYS))
    shape = draw(
        st.sampled_from(
            [
                "{scheme}://bob:{secret}@host:5000/app",
                "{scheme}://bob:{quoted}@host/app?sslmode=require",
                "{scheme}://{quoted}@host/app",
                " {scheme}://:{quoted}@host",
                "{scheme}://bob:my {quoted} pw@host/app",
                "{scheme}://host/app?user=bob&{key}={quoted}",
                "{scheme}://host/app?{key}={quoted}&user=bob",
                "jdbc:{scheme}://host/app?user=bob&{key}={quoted}",
                "jdbc:sqlserver://host;user=bob;{key}={quoted};database=app",
                "jdbc:oracle:thin:bob/{quoted}@host:1521:app",
                "DRIVER={{ODBC Driver 18}};SERVER=host;UID=bob;{key}={quoted}",
                "{scheme}:///?odbc_connect=UID%3Dbob%3BPWD%3D{quoted}%3BDATABASE%3Dapp",
                "host=h user=bob {key}='{quoted} x' dbname=app",
                "host=h user=bob {key} = {quoted} dbname=app",
                "bob:{quoted}@host.org:team/app.git",
                "//bob:{quoted}@host/app",
                "Authorization: Bearer {quoted}",
                '{{"user": "bob", "{key}": "{quoted}"}}',
            ]
        )
    )
    return shape.format(scheme=scheme, key=key, secret=secret, quoted=quote(secret, safe=""))


@given(addresses(), st.sampled_from(TEXTS))
def test_a_canary_is_in_no_message_and_no_trace(address: str, text: str) -> None:
    said = text.format(address)
    hidden = without_secrets(said)
    assert CANARY not in hidden
    assert without_secrets(hidden) == hidden
    with pytest.raises(LogError) as raised:
        _fail_because_of(ConnectionError(said), FileNotFoundError(2, said, address))
    assert CANARY not in "".join(traceback.format_exception(raised.value))
    for error in (ModelError.from_store(address, said), ConfigError.from_type("x", address, "y")):
        assert CANARY not in str(error)


def _fail_because_of(error: OSError, below: OSError) -> None:
    try:
        raise error from below
    except OSError as of_library:
        raise LogError.from_unreadable(str(error), str(error)) from of_library


@given(addresses(), st.integers(0, 60), st.integers(1, 400))
def test_nothing_of_it_is_left_where_a_text_is_cut(address: str, before: int, most: int) -> None:
    assert "Cana" not in in_short("x" * before + " " + address, most)


@pytest.mark.parametrize(
    "text",
    [
        "http://host:5000 is down; write to me@example.org",
        "unknown role 'token': did you mean 'tokens'?",
        "column 'password' of log.csv is null or empty in 3 of 4 rows; drop or fill these rows",
        "token_count == 5, (given as user=)",
        "ann@example.org and bob@example.org: 12:30:00+08:00",
        "events/2026-03-01T12:30/part-1.parquet",
        "sqlite:////srv/runs/mlflow.db",
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert without_secrets(text) == text


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_secrets_of_the_environment_are_hidden(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, f"{CANARY} of mine")
    assert without_secrets(f"FATAL: {CANARY} of mine is wrong") == "FATAL: *** is wrong"
    monkeypatch.setenv(name, "abc")  # too short to tell from any word
    assert without_secrets("abc") == "abc"


def test_an_error_of_another_library_is_cleaned_in_place() -> None:
    login = f"http://bob:{CANARY}@host"
    error = OSError(2, login, login)
    error.add_note(login)
    error.request = login  # type: ignore[attr-defined]
    outer = RuntimeError(ExceptionGroup(login, [error]), 7)
    assert harmless(outer) is outer and outer.args[1] == 7
    assert CANARY not in "".join(traceback.format_exception(error)) + repr(vars(error)) + str(outer)
    error.__context__ = outer  # a circle ends
    outer.__context__ = error
    harmless(error)


def test_a_stream_hides_and_else_is_the_stream() -> None:
    plain = io.StringIO()
    hiding = HidingStream(plain)
    text = f"http://bob:{CANARY}@host\n"
    assert hiding.write(text) == len(text)
    hiding.writelines([text, "token=abc\n"])
    assert plain.getvalue() == "http://***@host\n" * 2 + "token=***\n"
    assert hiding.isatty() is False and hiding.getvalue() == plain.getvalue()
    HidingStream(plain, logins_alone=True).write("token=abc")
    assert plain.getvalue().endswith("token=abc")


def test_results_keep_words_that_are_no_login() -> None:
    assert without_logins("token=abc http://bob:pw@host") == "token=abc http://***@host"


def test_the_shown_name_is_the_last_part() -> None:
    assert shown_name("events/*.parquet") == "*.parquet"
    assert shown_name("part-?.parquet") == "part-?.parquet"
    assert shown_name(f"s3://key:{CANARY}@bucket") == "***@bucket"
    assert shown_name(f"postgresql://host/app?password={CANARY}") == "app"
