"""A whole job of people whose ids are e-mail addresses, in a process that may open no connection."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from support.activity_store import write_days
from support.command import TOML
from support.sealed import can_seal, seal, watch

CANARY = "canary"
FIRST, LAST, NIGHT = "2026-01-01", "2026-04-20", "2026-04-24"
GRADED = "2026-03-20"
SINKS = """
[store]
folder = "store"

[[sinks]]
to = "exports"
formats = ["csv", "excel"]

[[sinks]]
to = "more"
"""


def email(user: pd.Series) -> pd.Series:
    """Ids as addresses of people who are nobody."""
    return CANARY + "." + user + "@example.org"


def write_job(folder: Path) -> Path:
    """A file of events a day, people and a configuration; every id is an address."""
    from churnlab.demo import datasets

    found = datasets.make_community(users=100, days=115, seed=5)
    events = found.events.assign(user_id=email(found.events["user_id"]))
    write_days(folder / "events", events, "Asia/Shanghai")
    ids = email(found.users["user_id"])
    people = found.users.assign(user_id=ids, mail=ids)
    people.to_parquet(folder / "users.parquet", index=False)
    text = TOML.replace("ltv_horizon = 60", "ltv_horizon = 30")
    text = text.replace('path = "events.parquet"', 'path = "events/{day}.parquet"')
    (folder / "churnlab.toml").write_text(text + SINKS)
    return folder / "churnlab.toml"


def spoiled(folder: Path) -> Iterator[tuple[str, ...]]:
    """Commands that fail because of rows of people, with the configuration of each."""
    frame = pd.read_parquet(folder / "events" / f"{LAST}.parquet")
    users = pd.read_parquet(folder / "users.parquet")
    text = (folder / "churnlab.toml").read_text()
    events = {
        "times": frame.assign(ts=frame["user_id"]),
        "amounts": frame.assign(amount=frame["user_id"]),
        "numbers": frame.assign(user_id=range(len(frame))),
        "halves": frame.assign(user_id=frame["user_id"].where(frame.index % 2 > 0)),
    }
    people = {
        "twice": pd.concat([users, users.assign(channel="another")]),
        "strange": users.assign(age_band=users["user_id"]),
        "whole": users.assign(user_id=range(len(users))),
    }
    for name, given in events.items():
        (folder / name).mkdir()
        given.to_parquet(folder / name / f"{LAST}.parquet", index=False)
        changed = text.replace("events/{day}", f"{name}/{{day}}")
        yield ("update", "--day", LAST, "--config", _config(folder, name, changed))
    (folder / "torn").mkdir()
    lines = frame.to_csv(index=False).splitlines()
    lines[7] += ',"more,'
    (folder / "torn" / f"{LAST}.csv").write_text("\n".join(lines))
    changed = text.replace("events/{day}.parquet", "torn/{day}.csv")
    yield ("update", "--day", LAST, "--config", _config(folder, "torn", changed))
    for name, given in people.items():
        given.to_parquet(folder / f"{name}.parquet", index=False)
        changed = text.replace("users.parquet", f"{name}.parquet")
        yield ("score", "--as-of", NIGHT, "--config", _config(folder, name, changed))


def _config(folder: Path, name: str, text: str) -> str:
    (folder / f"{name}.toml").write_text(text)
    return str(folder / f"{name}.toml")


def say(what: dict[str, object]) -> None:
    """One line of JSON, at once: a sealed process may be ended."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main(folder: str, sealed: bool) -> None:
    """Run the whole job; what it asked of the network stands on the last line."""
    seen = watch()
    import churnlab.model_registry.mlflow_store  # noqa: F401
    from churnlab.cli import app

    if sealed and can_seal():
        seal()
    config = str(Path(folder) / "churnlab.toml")

    def call(*words: str) -> None:
        try:
            app(words, standalone_mode=True)
        except SystemExit as done:
            say({"words": words, "code": done.code})

    def run(*words: str) -> None:
        call(*words, "--config", config)

    run("update", "--since", FIRST, "--day", LAST)
    run("train")
    run("approve", "--version", "1", "--by", "Test", "--override", "a test")
    for day in ("2026-04-21", "2026-04-22", "2026-04-23"):
        run("update", "--day", day)
    for day in (GRADED, "2026-04-23", NIGHT):
        run("score", "--as-of", day, "--force", "a test")
    run("grade", "--as-of", GRADED)
    run("watch")
    for words in spoiled(Path(folder)):
        call(*words)
        call(*words, "--debug")
    say({"network": seen})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] == "sealed")
