"""Folders with lists of several nights, some of them odd, made in no time; a job with a store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from support.activity_store import write_days
from support.command import call
from support.nightly import published, tonight

from churnlab.demo import datasets
from churnlab.errors import GuardError
from churnlab.nightly.grading.kept import keep
from churnlab.nightly.grading.page import example
from churnlab.nightly.lists.read import read_list
from churnlab.nightly.watching.blocked import blocked_kept

DAYS = tuple(f"2026-03-{day:02d}" for day in range(1, 8))


def guard(name: str, figure: float, passed: bool, level: str = "warn") -> dict[str, Any]:
    """A guard as a manifest has it."""
    limit = {"warn": 0.1, "block": 0.25}[level]
    return {"name": name, "level": level, "figure": figure, "limit": limit, "passed": passed,
            "says": f"{name} is {figure}"}  # fmt: skip


def facts(people: int, **more: Any) -> dict[str, Any]:
    """The facts of a night."""
    return {
        "scored": people + 5,
        "mean_risk": 0.2,
        "base_rate": 0.18,
        "expected_auc": [0.8, 0.75, 0.85],
        "events": {"2026-02-28": [900, 1000.0]},
        "tier": {"high": [people, 0.5]},
        "stage": {"": [people, 0.5]},
        "theme": {"pushes": [people - 2, 0.5], "": [2, 0.1]},
        "control": 0,
        "missing": {"push": 0.1, "order": 0.3},
        **more,
    }


def publish(folder: Path, day: str, people: int = 20, force: str = "",
            guards: tuple[Mapping[str, Any], ...] = (), **more: Any) -> None:  # fmt: skip
    """Publish a list of a day with the facts of its night."""
    found = replace(tonight(people, day), guards=guards, forced=force, night=facts(people, **more))
    published(folder, found)


def block(folder: Path, day: str, *guards: Mapping[str, Any]) -> None:
    """Let guards block the list of a day."""
    error = GuardError("blocked")
    error.evidence = {"as_of": day, "guards": list(guards), "night": facts(19, mean_risk=0.6)}
    try:
        with blocked_kept(folder):
            raise error
    except GuardError:
        return


def grade_of(folder: Path, day: str, **changes: Any) -> None:
    """Keep a grade beside the list of a day."""
    text = read_list(folder, day).manifest.text()
    listed = hashlib.sha256(text.encode()).hexdigest()
    keep(replace(example(), as_of=day, **{"listed": listed, **changes}), folder)


def odd_week(folder: Path) -> Path:
    """Seven nights: quiet and graded, warned, missing, blocked, forced, of another model, damaged."""
    moved = guard("psi_last", 0.2, False)
    gone = guard("volume_least push_sent", 0.0, False, "block")
    quiet = guard("psi_last", 0.01, True)
    publish(folder, DAYS[0], guards=(quiet,))
    grade_of(folder, DAYS[0])
    publish(
        folder,
        DAYS[1],
        guards=(moved,),
        changes={"enter": {"became active": 3}, "exit": {"churned": 2}},
    )
    block(folder, DAYS[3], gone, quiet)
    publish(folder, DAYS[4], force="known", guards=(gone, quiet))
    publish(folder, DAYS[5], guards=(quiet,))
    publish(folder, DAYS[6])
    manifest = folder / "list" / f"as_of={DAYS[6]}" / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:-9])
    return folder


def job_by_day(
    folder: Path, trained: Path, community: datasets.Community, tables: str, until: str
) -> Path:
    """The configuration of a job with a file a day, and a store that is filled until a day.

    `trained` is the configuration of a job whose run scores this one; `tables` come after its own.
    """
    write_days(folder / "events", community.events, "Asia/Shanghai")
    community.users.to_parquet(folder / "users.parquet", index=False)
    text = trained.read_text().replace('"events.parquet"', '"events/{day}.parquet"')
    text = text.replace('store = "runs"', f"store = {json.dumps(str(trained.parent / 'runs'))}")
    config = folder / "churnlab.toml"
    config.write_text(text + tables)
    first = str(community.events["ts"].min().date())
    call("update", "--since", first, "--day", until, "--config", config)
    return config
