"""TOML: text that reads back to the same, and files that are none."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.errors import ConfigError
from churnlab.schema.toml_text import as_toml, read_toml

PLAIN = st.text() | st.booleans() | st.integers(-(2**53), 2**53) | st.lists(st.text(), max_size=2)
TABLES = st.recursive(PLAIN, lambda inner: st.dictionaries(st.text(), inner, max_size=3))


@given(st.dictionaries(st.text(), TABLES, max_size=4))
def test_tables_as_toml_read_back_to_the_same(tables: dict) -> None:
    assert tomllib.loads(as_toml(tables)) == tables


def test_several_tables_of_a_name_read_back_to_the_same() -> None:
    given = {
        "name": "x",
        "sinks": [{"to": "a", "formats": ["csv"]}, {"to": "b"}],
        "log": {"path": "e"},
    }
    assert tomllib.loads(as_toml(given)) == given


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("[a\nb =")
    with pytest.raises(ConfigError, match="is not valid TOML"):
        read_toml(file)
    file.write_text('a = "b"\n', encoding="utf-8-sig")
    assert read_toml(file) == {"a": "b"}
