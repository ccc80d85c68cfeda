"""README.md and the pages of docs/: each command, option, call and file that they name is there."""

from __future__ import annotations

import re
import shlex
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer

import churnlab
from churnlab.cli import app
from churnlab.config.layers import with_flags
from churnlab.config.tables import Config

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PAGES = sorted([README, *(ROOT / "docs").rglob("*.md")])
GUIDE = ROOT / "docs" / "guides" / "configuration.md"
MAP = ROOT / "docs" / "how_it_works.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"


def page(path: Path) -> str:
    return path.read_text("utf-8")


def told(text: str) -> list[str]:
    """The calls of churnlab: in `…`, and on lines of their own."""
    spans = re.findall(r"`(churnlab [a-z][^`]*)`", text)
    lines = re.findall(r"(?m)^ *(?:\$ )?(churnlab [a-z][^#\n`]*)", text)
    return [*spans, *(line for line in lines if re.match(r"churnlab [a-z]+( -|$| [a-z]+ -)", line))]


def called(words: list[str]) -> tuple[Any, list[str]]:
    """The command that is called, and the words after its name."""
    found, rest = typer.main.get_command(app), words
    while rest and rest[0] in getattr(found, "commands", {}):
        found, rest = found.commands[rest[0]], rest[1:]
    return found, rest


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_each_command_and_option_is_there(path: Path) -> None:
    for call in told(page(path)):
        command, rest = called(shlex.split(call)[1:])
        assert command.name in call.split(), call
        options = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
        for word in rest:
            assert not word.startswith("--") or word.partition("=")[0] in options, call


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_each_name_of_the_library_is_there(path: Path) -> None:
    for name in re.findall(r"\bcl\.([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)", page(path)):
        reduce(getattr, name.split("."), churnlab)


def test_each_file_that_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page(README))
    assert len(links) > 20
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_each_row_of_what_it_does_is_shown_by_one_command_or_call() -> None:
    table = page(README).split("## What it does\n")[1].split("### What it does not do")[0]
    rows = re.findall(r"(?m)^\| (.+) \| (.*) \|$", table)[1:]
    shown = [shows for what, shows in rows if not what.startswith("**")]
    assert len(shown) > 40
    for shows in shown:
        assert re.fullmatch(r"`(churnlab |cl\.)[^`]+`", shows), shows
    commands = {name for shows in shown for name in shows.strip("`").split()[1:2]}
    left_out = {"demo", "config", "warm", "reject", "rollback"}
    assert set(typer.main.get_command(app).commands) - commands == left_out


def test_each_setting_of_a_command_in_the_readme_is_a_key(tmp_path: Path) -> None:
    file = tmp_path / "churnlab.toml"
    file.write_text('[log]\npath = "x"\nuser = "u"\ntime = "t"\nevent = "e"\ntimezone = "UTC"\n')
    calls = [shlex.split(call) for call in told(page(README)) if "--set" in call]
    assert len(calls) > 5
    for words in calls:
        given = [word for before, word in pairwise(words) if before == "--set"]
        with with_flags(given):
            Config.read(file)


def test_the_guide_of_the_configuration_has_a_row_for_each_table() -> None:
    schema = Config.json_schema()["properties"]
    kinds = {
        name: "[[{}]]" if "$ref" in about.get("items", {}) else "[{}]"
        for name, about in schema.items()
        if "$ref" in about or "$ref" in about.get("items", {})
    }
    rows = re.findall(r"(?m)^\| `(\[+\w+\]+)`", page(GUIDE))
    assert sorted(rows) == sorted(kind.format(name) for name, kind in kinds.items())
    top = {name for name in schema if name not in kinds}
    block = page(GUIDE).rsplit("```toml\n", 1)[1].split("```")[0]
    assert set(re.findall(r"(?m)^(\w+) = ", block)) == top


def test_the_map_names_every_room_and_a_file_of_it_to_read_first() -> None:
    rows = re.findall(r"(?m)^\| `(\w+)(?:/|\.py)` \| (.*?) \| (?:`([\w/.]+)` )?\|$", page(MAP))
    package = ROOT / "churnlab"
    rooms = {path.parent.name for path in package.glob("*/__init__.py")}
    assert {name for name, _, _ in rows} == {*rooms, "served"}
    for name, about, first in rows:
        assert not first or (package / name / first).exists(), (name, first)
        within = re.findall(r"`(\w+)/`", about)
        assert [inner for inner in within if not (package / name / inner).is_dir()] == []


def test_the_files_where_a_change_goes_are_there() -> None:
    table = page(CONTRIBUTING).split("## Where a change goes")[1].split("## Rules")[0]
    files = [f for f in re.findall(r"`((?:churnlab|tests)/[\w/.]+)`", table) if "<" not in f]
    assert len(files) > 8
    assert [file for file in files if not (ROOT / file).exists()] == []
