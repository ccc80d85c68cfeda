"""The table of exit codes, end to end: each code by the commands that can end with it."""

from __future__ import annotations

import json
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer.main
from support.command import TOML, call

from churnlab.cli import app
from churnlab.errors import ChurnlabError

DOCS = Path(__file__).parents[2] / "docs" / "guides" / "night.md"
DAY = ("--as-of", "2026-06-01")
SAMPLES = {  # what a command must be given, by option
    "--as-of": "2026-06-01",
    "--day": "2026-05-31",
    "--version": "1",
    "--by": "Test",
    "--difference": "0.1",
    "--week": "2026-W20",
    "log": "log.parquet",
}


def commands(group: Any = None, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every command with its words, those of groups too."""
    group = typer.main.get_command(app) if group is None else group
    for word, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{name}{word} ")
        else:
            yield name + word, command


ALL = dict(commands())
CONFIGURED = sorted(name for name, c in ALL.items() if any("--config" in p.opts for p in c.params))


def words(name: str) -> list[str]:
    """What a command must be given, beside its configuration."""
    found = []
    for parameter in ALL[name].params:
        if parameter.required:
            option = parameter.opts[0]
            found += [option, SAMPLES[option]] if option.startswith("-") else [SAMPLES[option]]
    return found


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A configuration that is right, of a log that is not there."""
    (tmp_path / "churnlab.toml").write_text(TOML + '\n[store]\nfolder = "store"\n')
    return tmp_path / "churnlab.toml"


def test_every_command_can_speak_json_and_says_what_it_does() -> None:
    assert len(CONFIGURED) > 20
    for name, command in ALL.items():
        options = [option for parameter in command.params for option in parameter.opts]
        assert {"--json", "--debug"} <= set(options) and len(set(options)) == len(options), name
        assert ("--config" in options) == ("--set" in options), name
        first = command.help.splitlines()[0]
        assert first[0].isupper() and first.endswith("."), name
        for parameter in command.params:
            assert getattr(parameter, "help", "x"), f"{name} {parameter.name}"


def test_the_table_has_the_codes_that_there_are() -> None:
    table = DOCS.read_text("utf-8").split("## Exit codes")[1].split("\n## ")[0]
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}

    def codes(kind: type[ChurnlabError]) -> set[int]:
        return {kind.exit_code}.union(*(codes(below) for below in kind.__subclasses__()))

    assert told == codes(ChurnlabError) | {0, 1, 130, 143, 141}


@pytest.mark.parametrize("name", [name for name in CONFIGURED if name != "init"])
def test_2_without_a_configuration(name: str, tmp_path: Path) -> None:
    said = call(*name.split(), *words(name), "--config", tmp_path / "none.toml", code=2)
    assert "no configuration file" in said or name == "doctor"


@pytest.mark.parametrize("name", sorted(ALL))
def test_2_for_an_option_that_there_is_not(name: str) -> None:
    assert "No such option" in call(*name.split(), "--nonsense", code=2)


@pytest.mark.parametrize("name", ["profile", "update", "train", "features", "doctor"])
def test_3_without_a_log(name: str, bare: Path) -> None:
    more = ("--set", "store.folder=") if name in ("train", "features") else ()
    call(name, *words(name), "--config", bare, *more, code=3)


@pytest.mark.parametrize("name", ["score", "merge", "evaluate", "card", "approve", "rollback"])
def test_4_without_a_model(name: str, bare: Path) -> None:
    call(name, *words(name), "--config", bare, code=4)


ROLES = ("--set", 'log.roles={open = ["app_open"], purchase = ["purchase"]}')


def store_of_a_day(bare: Path, day: str = "2026-05-29") -> None:
    at = pd.Timestamp(f"{day} 09:00")
    more = {"amount": [None, 2.0], "event": ["app_open", "purchase"]}
    rows = {"user_id": ["ann", "bob"], "ts": at} | more
    pd.DataFrame(rows).to_parquet(bare.parent / "events.parquet")
    call("update", "--day", day, "--config", bare, *ROLES)


def test_5_for_a_day_after_a_gap(bare: Path) -> None:
    store_of_a_day(bare)
    said = call("update", "--day", "2026-05-31", "--config", bare, *ROLES, code=5)
    assert "2026-05-30" in said


def test_6_while_another_one_is_at_it_and_soon(bare: Path) -> None:
    from churnlab.nightly.lists.lock import only_scorer
    from churnlab.store.folder import StoreFolder

    command = [sys.executable, "-c", "from churnlab.cli import main; main()"]
    with only_scorer(bare):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        for name in ("score", "merge"):
            held = [*command, name, *DAY, "--config", str(bare)]
            assert subprocess.run(held, capture_output=True).returncode == 6
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert used < 2  # a second of work each, however busy the machine is
    store_of_a_day(bare)
    with StoreFolder.open(bare.parent / "store").locked():
        held = [*command, "update", "--day", "2026-05-30", "--config", str(bare), *ROLES]
        assert subprocess.run(held, capture_output=True).returncode == 6


@pytest.mark.parametrize("name", ["score", "merge"])
def test_7_where_nothing_can_be_written(name: str, trained: tuple[Path, dict]) -> None:
    file = trained[0].parent / "events.parquet"
    call(name, *DAY, "--config", trained[0], "--set", f"output.folder={file}/x", code=7)


def test_99_before_the_truth_is_there(trained: tuple[Path, dict], tmp_path: Path) -> None:
    shutil.copytree(trained[0].parent, tmp_path / "job")
    config = tmp_path / "job" / "churnlab.toml"
    call("score", *DAY, "--config", config)
    call("grade", *DAY, "--config", config, code=99)


@pytest.mark.parametrize(
    ("name", "key"),
    [("config", "log"), ("models", "state"), ("doctor", "findings"), ("profile", "people")],
)
def test_0_and_json_on_stdout_alone(name: str, key: str, trained: tuple[Path, dict]) -> None:
    said = json.loads(call(name, "--config", trained[0], "--json"))
    assert key in (said[0] if isinstance(said, list) else said)


def test_0_and_the_paths_of_a_card(trained: tuple[Path, dict]) -> None:
    said = json.loads(call("card", "--config", trained[0], "--json"))
    assert said.pop("run_id") == trained[1]["run_id"]
    assert {Path(path).name for path in said.values()} == {"card.html", "card.md", "card.json"}
    assert all(Path(path).is_file() for path in said.values())
