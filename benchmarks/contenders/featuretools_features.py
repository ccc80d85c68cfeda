"""Featuretools on a sample: run by the Python of its own environment, never imported by the rest.

    build/featuretools/bin/python benchmarks/contenders/featuretools_features.py \\
        sample.parquet 2026-06-30 '{"social": ["like"], …}'

Sessions are made in pandas beforehand and are not timed. Deep feature synthesis then counts, sums
and averages events (by role) and sessions of each person in `[t - w, t)`, for the windows that
churnlab uses most. It gets only cheap primitives that churnlab also has, so that slow ones do not
raise its time per value. The definitions are made before the clock starts. The result is its time
per value of this matrix over churnlab's time per value of the whole default matrix.
"""

from __future__ import annotations

import json
import sys
import time
import warnings

import featuretools as ft
import pandas as pd

WINDOWS = ("14 days", "28 days", "91 days", None)
PRIMITIVES = [
    "count",
    "sum",
    "mean",
    "std",
    "max",
    "min",
    "num_unique",
    "percent_true",
    "time_since_last",
    "time_since_first",
    "avg_time_between",
]


def entities(events: pd.DataFrame, roles: dict[str, list[str]]) -> ft.EntitySet:
    """People, their sessions and their events, with a flag for each role."""
    events = (
        events.sort_values(["user_id", "ts"], kind="stable")
        .reset_index(drop=True)
        .assign(event_id=range(len(events)))
    )
    for role, names in roles.items():
        events[f"is_{role}"] = events["event"].isin(names)
    quiet = events["ts"].diff() > pd.Timedelta(minutes=30)
    new = (
        quiet
        | (events["user_id"] != events["user_id"].shift())
        | (events["ts"].dt.date != events["ts"].shift().dt.date)
    )
    found = events.assign(session_id=new.cumsum()).groupby("session_id")
    sessions = found.agg(
        user_id=("user_id", "first"),
        began=("ts", "min"),
        ended=("ts", "max"),
        steps=("event", "nunique"),
    ).reset_index()
    sessions["minutes"] = (sessions.pop("ended") - sessions["began"]).dt.total_seconds() / 60
    people = pd.DataFrame({"user_id": events["user_id"].unique()})
    made = ft.EntitySet("log")
    made.add_dataframe(people, "people", index="user_id")
    made.add_dataframe(
        events, "events", index="event_id", time_index="ts", logical_types={"event": "Categorical"}
    )
    made.add_dataframe(sessions, "sessions", index="session_id", time_index="began")
    made.add_relationship("people", "user_id", "events", "user_id")
    made.add_relationship("people", "user_id", "sessions", "user_id")
    return made


def measure(path: str, at: str, roles: dict[str, list[str]]) -> dict[str, object]:
    """Seconds and the number of values over one matrix for each window."""
    made = entities(pd.read_parquet(path), roles)
    cutoffs = pd.DataFrame({"user_id": made["people"]["user_id"], "time": pd.Timestamp(at)})
    definitions = ft.dfs(
        entityset=made,
        target_dataframe_name="people",
        agg_primitives=PRIMITIVES,
        trans_primitives=[],
        max_depth=1,
        features_only=True,
    )
    start, shapes = time.perf_counter(), []
    for window in WINDOWS:
        matrix = ft.calculate_feature_matrix(
            definitions,
            made,
            cutoff_time=cutoffs,
            training_window=window,
            include_cutoff_time=False,
            n_jobs=1,
        )
        shapes.append(matrix.shape)
    return {
        "seconds": time.perf_counter() - start,
        "events": len(made["events"]),
        "people": len(cutoffs),
        "values": sum(r * c for r, c in shapes),
        "columns": sum(c for _, c in shapes),
        "featuretools": ft.__version__,
        "pandas": pd.__version__,
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(json.dumps(measure(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))))
