"""TOML: recipes below a file, broken files, and text that reads back."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.config import reading
from churnlab.errors import ConfigError


def test_a_recipe_counts_where_the_file_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text('name = "r"\n[target]\nlead = 7\nroles = ["x"]\n[model]')
    (tmp_path / "file.toml").write_text('recipe = "recipe.toml"\n[target]\nlead = 3\n[store]')
    assert reading.load(tmp_path / "file.toml") == {
        "recipe": "recipe.toml",
        "name": "r",
        "target": {"lead": 3, "roles": ["x"]},
        "model": {},
        "store": {},
    }


def test_files_that_cannot_be_read_are_refused_in_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("[log\npath =")
    (tmp_path / "latin.toml").write_bytes(b'name = "\xff"')
    (tmp_path / "lost.toml").write_text('recipe = "gone.toml"')
    (tmp_path / "chain.toml").write_text('recipe = "lost.toml"')
    for name, says in (
        ("gone", "no configuration file"),
        ("broken", "is not valid TOML"),
        ("latin", "is not valid TOML"),
        ("lost", "no configuration file .*gone.toml"),
        ("chain", "recipe is 'lost.toml'; give a file that names no recipe itself"),
    ):
        with pytest.raises(ConfigError, match=says) as refused:
            reading.load(tmp_path / f"{name}.toml")
        assert "\n" not in str(refused.value)


PLAIN = st.text() | st.booleans() | st.integers(-(2**53), 2**53) | st.lists(st.text(), max_size=2)
TABLES = st.recursive(PLAIN, lambda inner: st.dictionaries(st.text(), inner, max_size=3))


@given(st.dictionaries(st.text(), TABLES, max_size=4))
def test_tables_as_toml_read_back_to_the_same(tables: dict) -> None:
    assert tomllib.loads(reading.as_toml(tables)) == tables
