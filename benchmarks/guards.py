"""False alarms of the guards: quiet simulated nights, each compared with the night before.

A log in which nothing goes wrong is scored every night; now and then the models learn again and are
looked at. So each guard that blocks is a false alarm. Features, scores and guards are those of
`churnlab score`; reasons, pages and files are left out, which take most of a night.

    python benchmarks/guards.py --out results/guards.json           # 365 nights and the matrix
    python benchmarks/guards.py --kind growth --people 400 --seed 8 --nights 120 --again 30
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from quiet_worlds import KINDS, World

from churnlab.config.as_trained import as_trained
from churnlab.config.inputs import known_attributes, open_activity, open_tracker, read_users
from churnlab.config.tables import Config
from churnlab.dataset.build import iter_datasets
from churnlab.demo.datasets import START
from churnlab.evaluation.contenders import predict
from churnlab.events.event_log import EventLog
from churnlab.model_registry.tracking import TrainedRun
from churnlab.nightly.chosen import APPROVED, Chosen
from churnlab.nightly.guards.evidence import Evidence
from churnlab.nightly.guards.witness import Witness
from churnlab.nightly.lists.manifest import ListManifest
from churnlab.nightly.lists.read import PublishedList
from churnlab.schema.days import day_text, to_timestamp
from churnlab.training.train import train

EARLIER = 728  # days by which the log is moved back, so that none of it is to come
REVIEW = 90  # nights after which somebody looks at the model again
FIRST = 200  # days of the log before the first night
NEVER = 100_000
STANDARD = {"kind": "plain", "people": 600, "seed": 5, "nights": 365, "again": 90}
MATRIX = (
    {"kind": "no_newcomers", "people": 320, "seed": 25, "nights": 100, "first": 115},
    {"kind": "shop", "people": 300, "seed": 14, "nights": 120, "again": 90},
    {"kind": "plain", "people": 150, "seed": 12, "nights": 120, "again": 90},
    {"kind": "growth", "people": 600, "seed": 8, "nights": 120, "again": 90},
    {"kind": "season", "people": 250, "seed": 19, "nights": 120, "again": 90},
    {"kind": "few_leavers", "people": 400, "seed": 10, "nights": 120},
    {"kind": "plain", "people": 400, "seed": 3, "nights": 120, "again": 30},
    {"kind": "no_newcomers", "people": 320, "seed": 5, "nights": 120, "again": 90},
    {"kind": "shop", "people": 1500, "seed": 13, "nights": 120, "again": 30},
    {"kind": "plain", "people": 2000, "seed": 16, "nights": 120},
    {"kind": "plain", "people": 200, "seed": 2, "nights": 200, "again": 180},
    {"kind": "steady", "people": 400, "seed": 7, "nights": 120, "again": 30},
    {"kind": "plain", "people": 400, "seed": 17, "nights": 300},
)


def main() -> None:
    """Run the nights and write what the guards said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=KINDS, help="one world alone; without it, all of them")
    for name, number in (STANDARD | {"first": FIRST}).items():
        if name != "kind":
            parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--algorithm", default="lightgbm")
    parser.add_argument("--out", type=Path, default=None)
    given = vars(parser.parse_args())
    out, algorithm = given.pop("out"), given.pop("algorithm")
    worlds = (STANDARD, *MATRIX) if given["kind"] is None else (given,)
    found = []
    for world in worlds:
        found.append(measured(algorithm, **world))
        print(json.dumps({k: v for k, v in found[-1].items() if k != "figures"}), flush=True)
        if out is not None:
            out.write_text(json.dumps({"worlds": found}, indent=1) + "\n")


def measured(
    algorithm: str,
    kind: str,
    people: int,
    seed: int,
    nights: int,
    again: int = NEVER,
    first: int = FIRST,
) -> dict[str, Any]:
    """What the guards said in a world whose models learn again after `again` nights."""
    begun = time.perf_counter()
    world = KINDS[kind](people, seed, first, nights)
    with tempfile.TemporaryDirectory() as folder:
        said = pd.DataFrame(Nights.of(world, Path(folder), algorithm).all(again))
    told = {"kind": kind, "people": people, "seed": seed, "nights": nights, "first": first}
    learnt = {"again": None if again == NEVER else again, "algorithm": algorithm}
    seconds = round(time.perf_counter() - begun)
    return told | learnt | summary(said) | {"seconds": seconds}


@dataclass
class Nights:
    """The nights of a world, one after the other; `last` is the list of the night before."""

    world: World
    config: Config
    log: EventLog
    run: TrainedRun | None = None
    last: PublishedList | None = None
    reviewed: int = 0
    said: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, world: World, folder: Path, algorithm: str) -> Nights:
        """The nights of a world whose log and runs are in a folder."""
        events = world.events.assign(ts=world.events["ts"] - pd.Timedelta(days=EARLIER))
        events.to_parquet(folder / "events.parquet")
        columns = {"user": "user_id", "time": "ts", "event": "event", "amount": "amount"}
        meaning = {"roles": dict(world.roles), "timezone": world.timezone}
        log = {"path": "events.parquet", "simulated": True, **columns, **meaning}
        if world.users is not None:
            world.users.to_parquet(folder / "users.parquet")
            log["users"] = "users.parquet"
        config = {
            "name": "Quiet",
            "log": log,
            "model": {"algorithm": algorithm, "when": False},
            "snapshots": {"active_within": world.active_within},
            "target": {"churn_horizon": world.churn_horizon, "ltv_horizon": 0},
            "card": {"warning_leads": []},
        }
        end = to_timestamp(START - EARLIER + world.first + world.nights)
        read = EventLog.from_frame(events, **columns, **meaning, until=end)
        return cls(world, Config.of(config, folder), read)

    def all(self, again: int) -> list[dict[str, Any]]:
        """Every guard of every night: its name, figure, level and whether it passed."""
        for night in range(self.world.nights):
            day = START - EARLIER + self.world.first + night
            if night % again == 0:
                trained = train(self.config.as_of(day), progress=False)
                self.run = open_tracker(self.config).load(trained.run_id)
            if night % again == 0 or day - self.reviewed >= REVIEW:
                self.reviewed = day
            told = [guard.to_dict() for guard in self.guards(day)]
            self.said += [{"night": night} | {k: g[k] for k in KEPT} for g in told]
        return self.said

    def guards(self, day: int) -> tuple[Any, ...]:
        """The guards of the list of a day, which is the last one then."""
        run = self.run
        assert run is not None
        assert run.facts.reference is not None
        config = as_trained(self.config, run.facts)
        activity = open_activity(config.as_of(day), self.log, by_groups=True)
        model, within = run.models["churned"], config.snapshots.active_within
        names = tuple(model.feature_names_in_)
        seen = Witness(day, within, names, run.facts.reference.features)
        misfits: list[Any] = []
        users = read_users(config, activity, known_attributes(run), misfits)
        parts = iter_datasets(
            seen.watching(activity), [day], within, (), config.feature_set(), users, None
        )
        risk = np.concatenate([predict(model, seen.count(part.X)) for part in parts])
        chosen = Chosen(run, APPROVED, (), day - self.reviewed - REVIEW)
        evidence = Evidence(seen, activity, chosen, tuple(misfits), config.guards)
        found = evidence.guards(risk, risk, self.last)
        manifest = ListManifest(day_text(day), run.run_id, len(risk), "string", {}, {}, {})
        frame = pd.DataFrame({"risk": risk})
        self.last = PublishedList(frame, manifest, seen.feature_counts)
        return found


KEPT = ("name", "figure", "limit", "level", "passed", "says")


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
        "blocked_said": [f"night {b.night}: {b.name_}: {b.says}" for b in _rows(blocked)],
        "figures": {name: row.tolist() for name, row in table.iterrows()},
    }


def _rows(blocked: pd.DataFrame) -> Any:
    return blocked.rename(columns={"name": "name_"}).head(8).itertuples()


if __name__ == "__main__":
    main()
