"""TOML: recipes below a file, and broken files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from churnlab.config import reading
from churnlab.config.tables import Config
from churnlab.errors import ConfigError
from churnlab.schema.toml_text import as_toml


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


@pytest.mark.parametrize(
    ("sinks", "says"),
    [
        (
            [{"to": "a", "tabel": "x"}],
            r"unknown key in \[\[sinks\]\] 'tabel': did you mean 'table'",
        ),
        ([{"to": "a"}, {}], r"lacks to in \[\[sinks\]\]"),
        ([{"to": 1}], "sinks.to is 1; give text"),
        ([{"to": "a", "formats": "csv"}], "sinks.formats is 'csv'; give a list of texts"),
        ([1], "sinks is"),
        ({"to": "a"}, "sinks is"),
    ],
)
def test_one_of_several_tables_is_refused_in_one_line(sinks: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Config.of({"log": BASE, "sinks": sinks}, Path())


BASE = {"path": "e.parquet", "user": "u", "time": "t", "event": "e"}


@pytest.mark.parametrize("half", ["x" + chr(0xD800), "x" + chr(0xDCFF)])
@pytest.mark.parametrize(
    ("place", "says"),
    [
        (lambda half: {"name": half}, "name 'x"),
        (lambda half: {"output": {"folder": half}}, "output.folder 'x"),
        (lambda half: {"log": {**BASE, "path": half}}, "log.path 'x"),
        (lambda half: {"log": {**BASE, "path": ["a", half]}}, "log.path 'x"),
        (lambda half: {"log": {**BASE, "roles": {"buy": [half]}}}, "log.roles.buy 'x"),
        (lambda half: {"log": {**BASE, "roles": {half: ["buy"]}}}, "the key 'x"),
        (lambda half: {half: 1}, "the key 'x"),
    ],
)
def test_half_a_character_is_no_text(half: str, place: Any, says: str) -> None:
    with pytest.raises(ConfigError, match="is no text") as error:
        Config.of({"log": BASE, **place(half)}, Path())
    assert str(error.value).startswith(says) and str(error.value).isascii()


def test_a_path_that_holds_nul_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no text"):
        Config.read("a\0.toml")
    (tmp_path / "churnlab.toml").write_text('recipe = "a\\u0000b"\n')
    with pytest.raises(ConfigError, match="is no text"):
        Config.read(tmp_path / "churnlab.toml")
    with pytest.raises(ConfigError, match="is no text"):
        Config.of({"log": BASE}, Path()).path("lists\0")
    (tmp_path / "churnlab.toml").write_bytes(b'name = "\xff"\n')
    with pytest.raises(ConfigError, match="is not valid TOML"):
        Config.read(tmp_path / "churnlab.toml")
    (tmp_path / "churnlab.toml").write_bytes(b'name = "\\ud800"\n')
    with pytest.raises(ConfigError, match="is not valid TOML"):
        Config.read(tmp_path / "churnlab.toml")


def test_keys_in_any_letters_are_read_and_written(tmp_path: Path) -> None:
    file = tmp_path / "churnlab.toml"
    given = '[log.roles]\n"签到" = ["check-in"]\n"Age band" = ["a"]\n"👩\u200d👧" = ["b"]\n'
    file.write_text(given, encoding="utf-8-sig")
    found = reading.load(file)
    assert found["log"]["roles"]["签到"] == ["check-in"]
    file.write_text(as_toml(found), encoding="utf-8")
    assert reading.load(file) == found


def test_a_key_without_quotes_is_told_what_toml_wants(tmp_path: Path) -> None:
    file = tmp_path / "churnlab.toml"
    file.write_text('[log.roles]\n签到 = ["check-in"]\n', encoding="utf-8")
    with pytest.raises(ConfigError, match='not valid TOML: .*line 2.*TOML wants quotes: "签到" ='):
        reading.load(file)
    file.write_bytes('name = "渠道"'.encode("gbk"))
    with pytest.raises(ConfigError, match="not valid TOML: it is not UTF-8"):
        reading.load(file)
