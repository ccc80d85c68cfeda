"""A whole night at size: 1.8 million registered people, 300,000 of them active, a 90-day store.

`make` writes the log of a simulated app, trains and approves a model on a sample of its people, and
puts 90 days into an activity store. `night` rolls up one more day and scores everybody, with
reasons, guards and two sinks, by the two commands of a nightly job, and says what they took.

    python benchmarks/night.py make FOLDER [--people 1_800_000 --daily 1_000_000]
    python benchmarks/night.py night FOLDER
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from events import END, RECEIPTS, ROLES, START, ZONE, People, Shape, tables

KEPT = 90  # days in the store
SAMPLE = 100  # one of so many people is in the sample that the model learns from
HERE = 0.28  # share of the registered people who have not left before the log begins
NIGHT = END - timedelta(days=1)  # the day that the night rolls up; the list is for END

CONFIG = """
name = "Night"
[log]
path = "{path}"
users = "users.parquet"
user = "user_id"
time = "ts"
event = "event"
amount = "amount"
timezone = "{zone}"
receipts = {receipts}
simulated = true
[log.roles]
{roles}
[target]
ltv_horizon = 30
[approval]
model = "night"
[tracking]
store = "runs"
"""
STORED = """
[store]
folder = "store"
[output]
folder = "lists"
[list]
sort = "value_at_risk"
control = 0.05
campaign = "measured"
[[sinks]]
to = "crm"
formats = ["csv"]
[[sinks]]
to = "warehouse"
formats = ["parquet"]
"""

COMMAND = "from churnlab.cli import main; main()"


def make(folder: Path, registered: int, daily: int) -> None:
    """Write the log, the users, the model and the store that `night` needs."""
    shape = Shape(daily * 180, people=registered)
    people = crowd(shape)
    write_users(people, folder)
    write_log(shape, people, folder)
    for name, path, more in (("train", "sample.parquet", ""), ("night", "days/*.parquet", STORED)):
        roles = "\n".join(f"{role} = {json.dumps(names)}" for role, names in ROLES.items())
        told = {"path": path, "zone": ZONE, "receipts": json.dumps(list(RECEIPTS)), "roles": roles}
        (folder / f"{name}.toml").write_text(CONFIG.format(**told) + more)
    run("train", "--config", "train.toml", folder=folder)
    said = ("--by", "Benchmark", "--override", "a measure of speed", "--note", "measured")
    run("approve", "--version", "1", *said, "--config", "train.toml", folder=folder)
    since = str(NIGHT - timedelta(days=KEPT))
    last = str(NIGHT - timedelta(days=1))
    run("update", "--since", since, "--day", last, "--config", "night.toml", folder=folder)


def crowd(shape: Shape) -> People:
    """The people of a log, most of whom had left before it began and still get pushes."""
    people = People.of(shape, np.random.default_rng(shape.seed))
    here = np.random.default_rng(7).random(shape.registered) < HERE
    return replace(people, leave=np.where(here, people.leave, 0))


def write_users(people: People, folder: Path) -> None:
    """Two attributes of everybody."""
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"user_id": people.ids.to_numpy()})
    table["channel"] = rng.choice(["organic", "ads", "referral", "campus"], len(table))
    table["age_band"] = rng.choice(["18-24", "25-34", "35-49", "50+"], len(table))
    table.to_parquet(folder / "users.parquet")


def write_log(shape: Shape, people: People, folder: Path) -> None:
    """A file for each of the last days, and one of the sample's people over all days."""
    (folder / "days").mkdir(exist_ok=True)
    sampled = pa.array(people.ids.to_numpy()[::SAMPLE])
    kept = []
    for day, table in tables(shape, people):
        kept.append(table.filter(pc.is_in(table["user_id"], sampled)))
        if day >= shape.days - KEPT - 1:
            pq.write_table(table, folder / "days" / f"{START + timedelta(days=day)}.parquet")
    pq.write_table(pa.concat_tables(kept), folder / "sample.parquet")


def night(folder: Path) -> dict[str, object]:
    """Seconds and peak memory of the two commands of a night, and the people on the list."""
    told = {}
    for name, given in (("update", ("--day", NIGHT)), ("score", ("--as-of", END))):
        told[name] = run(name, *map(str, given), "--config", "night.toml", folder=folder)
    listed = pq.read_metadata(next((folder / "warehouse").rglob("*.parquet"))).num_rows
    seconds = sum(each["seconds"] for each in told.values())
    peak = max(each["peak_mib"] for each in told.values())
    return told | {"people": listed, "seconds": round(seconds, 1), "peak_mib": peak}


def run(*given: str, folder: Path) -> dict[str, float]:
    """Run a command of churnlab; its seconds, its processor time and its peak memory."""
    began = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *given], cwd=folder, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(child.pid, 0)
    if status:
        code = os.waitstatus_to_exitcode(status)
        raise SystemExit(f"churnlab {' '.join(given)} ended with {code}")
    return {
        "seconds": round(time.perf_counter() - began, 1),
        "processor_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_mib": round(used.ru_maxrss / 1024),
    }


def main() -> None:
    """Prints what a night took as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("make", "night"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--people", type=int, default=1_800_000)
    parser.add_argument("--daily", type=int, default=1_000_000)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    if given.what == "make":
        make(given.folder, given.people, given.daily)
    else:
        print(json.dumps(night(given.folder), indent=1))


if __name__ == "__main__":
    main()
