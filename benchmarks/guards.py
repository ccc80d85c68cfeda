"""False alarms of the guards: quiet simulated nights, each compared with the night before.

A simulated community is scored every night; every 90 nights the models learn again and are approved
in spite of anything. Nothing is wrong on any night, so each guard that blocks is a false alarm.

    python benchmarks/guards.py --nights 365 --people 600 --seed 5 --out results/guards.json
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from churnlab.config.tables import Config
from churnlab.demo.datasets import ROLES, START, make_community
from churnlab.errors import GuardError
from churnlab.nightly.published import read_list
from churnlab.nightly.score import score
from churnlab.schema.days import day_text
from churnlab.training.approval import registry
from churnlab.training.train import train

FIRST = 200  # days of the log before the first night
EARLIER = 728  # days by which the log is moved back, so that none of it is to come
AGAIN = 90  # nights after which the models learn again


def main() -> None:
    """Run the nights and write what the guards said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--people", type=int, default=600)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--out", type=Path, default=None)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = job(Path(folder), given.people, FIRST + given.nights, given.seed)
        found = pd.DataFrame(nights(config, given.nights))
    said = summary(found) | {"nights": given.nights, "people": given.people, "seed": given.seed}
    text = json.dumps(said, indent=1)
    print(text)
    if given.out is not None:
        given.out.write_text(text + "\n")


def job(folder: Path, people: int, days: int, seed: int) -> Config:
    """The configuration of a community whose log is in a folder."""
    community = make_community(people, days, seed)
    events = community.events.assign(ts=community.events["ts"] - pd.Timedelta(days=EARLIER))
    events.to_parquet(folder / "events.parquet")
    community.users.to_parquet(folder / "users.parquet")
    log = {
        "path": "events.parquet",
        "users": "users.parquet",
        "user": "user_id",
        "time": "ts",
        "event": "event",
        "amount": "amount",
        "timezone": community.timezone,
        "roles": {role: list(names) for role, names in ROLES.items()},
        "simulated": True,
    }
    model = {"algorithm": "lightgbm", "when": False}
    horizons = {"ltv_horizon": 60}
    return Config.of({"name": "Quiet", "log": log, "model": model, "target": horizons}, folder)


def nights(config: Config, count: int) -> list[dict[str, Any]]:
    """Every guard of every night: its name, figure, level and whether it passed."""
    found = []
    for night in range(count):
        day = START - EARLIER + FIRST + night
        if night % AGAIN == 0:
            renew(config, day)
        lists = config.path(config.output.folder)
        tonight = score(config, day, progress=False)
        try:
            tonight.write(lists)
        except GuardError:
            tonight.write(lists, "measured here")
        said = read_list(lists).manifest.guards
        found += [{"night": night} | {k: g[k] for k in KEPT} for g in said]
    return found


KEPT = ("name", "figure", "level", "passed", "says")


def renew(config: Config, day: int) -> None:
    """Train on what was known on a morning, and approve it, whatever it is like."""
    trained = train(config.as_of(day), progress=False)
    versions, number = registry(config), trained.registered.number
    versions.approve(number, by="Quiet", now=day_text(day), note="quiet", override="a measure")


def summary(found: pd.DataFrame) -> dict[str, Any]:
    """How many nights were blocked or warned, and the figures of each guard."""
    bad = found[~found["passed"]]
    blocked = bad[bad["level"] == "block"]
    figures = found.dropna(subset="figure").groupby("name")["figure"]
    table = figures.quantile([0, 0.01, 0.5, 0.99, 1]).unstack().round(4)
    return {
        "blocked_nights": int(blocked["night"].nunique()),
        "warned_nights": int(bad["night"].nunique()),
        "blocked_by": blocked["name"].value_counts().to_dict(),
        "warned_by": bad["name"].value_counts().to_dict(),
        "figures": {name: row.tolist() for name, row in table.iterrows()},
        "examples": blocked["says"].head(8).tolist(),
    }


if __name__ == "__main__":
    main()
