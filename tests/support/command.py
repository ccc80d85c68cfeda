"""The command line, called in tests, and the folders that it works in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
from typer.testing import CliRunner

from churnlab.cli import app
from churnlab.demo import datasets
from churnlab.demo.run import COMMUNITY

ROLES = "\n".join(f"{role} = {json.dumps(names)}" for role, names in datasets.ROLES.items())
TOML = COMMUNITY.format(roles=ROLES)


def call(*words: object, code: int = 0) -> str:
    """What a command wrote to stdout, or its error as a terminal has it where a code is expected."""
    done = CliRunner().invoke(app, [str(w) for w in words])
    assert done.exit_code == code, (done.exit_code, done.output, done.exception)
    return done.stdout if code == 0 else error_of(done.stderr)


def told(stderr: str) -> list[dict[str, Any]]:
    """The JSON lines that a command told; each line must be one."""
    return [json.loads(line) for line in stderr.splitlines()]


def error_of(stderr: str) -> str:
    """The error in the last of the JSON lines of a command, as a terminal has it."""
    last = told(stderr)[-1]
    assert last["step"] == "end" and last["code"]
    return last.get("trace", "") + f"churnlab: {last['error']}\n"


def train_and_approve(config: Path) -> dict:
    """What `train` printed, after a person has let the version score, whatever it is like."""
    said: dict = json.loads(call("train", "--config", config, "--json"))
    words = ("--by", "Test", "--override", "a test", "--config", config)
    call("approve", "--version", said["registered_version"], *words)
    return said


def write(folder: Path, events: pd.DataFrame, users: pd.DataFrame | None, toml: str = TOML) -> Path:
    """A folder with a log, attributes of people and a configuration, whose path is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    events.to_parquet(folder / "events.parquet", index=False)
    if users is not None:
        users.to_parquet(folder / "users.parquet", index=False)
    (folder / "churnlab.toml").write_text(toml)
    return folder / "churnlab.toml"


def tree(folder: Path) -> dict[str, float]:
    """Every path below a folder, with the time of its last change."""
    return {str(p): p.stat().st_mtime_ns for p in folder.rglob("*")}
