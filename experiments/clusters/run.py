"""Counts how often clusters are found where none, two or three were planted.

    python experiments/clusters/run.py [--seeds 100] [--planted 20] [--users 1000] [--days 100]

Each seed is a simulated community of its own. The tables of the numbers of clusters that were tried
also say what resampling alone, or the comparison with one group alone, would have answered.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import pandas as pd
from sklearn.metrics import adjusted_rand_score

import churnlab as cl
from churnlab.value.clusters_found import ValueClusters
from churnlab.value.stability import LEVEL, STRENGTH

HERE = Path(__file__).resolve().parent
TOPS = (0.2, 1.0)


def found(
    kinds: int, seed: int, users: int, days: int
) -> tuple[dict[float, ValueClusters], pd.DataFrame]:
    """The clusters by the share of people that counts as high value, and the truth."""
    community = cl.datasets.make_community(users=users, days=days, seed=seed, kinds=kinds)
    activity = community.log().daily()
    data = cl.build_dataset(activity, cl.Snapshots.at(activity, [activity.end]))
    everybody = pd.Series(1.0, community.users["user_id"])
    value = {0.2: None, 1.0: everybody}
    made = {top: cl.value.clusters(data, value=value[top], top=top) for top in TOPS}
    return made, community.truth


def row(kinds: int, seed: int, users: int, days: int) -> list[dict[str, Any]]:
    """What was found for a seed: the number, and the numbers of two simpler rules."""
    by_top, truth = found(kinds, seed, users, days)
    rows = []
    for top, one in by_top.items():
        table = one.chosen.table.set_index("k")
        again = table.index[table["strength"] >= STRENGTH]
        tighter = table.index[table["p"] <= LEVEL]
        known = {"kinds": kinds, "seed": seed, "top": top, "people": len(one.members), "k": one.k}
        known |= {"resampling_alone": max([1, *again]), "one_group_alone": max([1, *tighter])}
        if kinds > 1:
            true = truth.set_index("user_id")["of_kind"].loc[one.members["user_id"]]
            known["agreement"] = round(adjusted_rand_score(true, one.members["cluster"]), 3)
        rows.append({key: v.item() if hasattr(v, "item") else v for key, v in known.items()})
    return rows


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each number planted and share: how often each number was found."""
    out = []
    for (kinds, top), part in pd.DataFrame(rows).groupby(["kinds", "top"]):
        said = {
            rule: {str(k): n for k, n in sorted(Counter(part[rule]).items())}
            for rule in ("k", "resampling_alone", "one_group_alone")
        }
        people = int(part["people"].median())
        out.append({"planted": int(kinds), "top": top, "communities": len(part), "people": people})
        out[-1] |= {"right": int((part["k"] == kinds).sum()), **said}
        if kinds > 1:
            out[-1]["median_agreement"] = round(float(part["agreement"].median()), 3)
    return out


def main(given: list[str]) -> None:
    """Run all seeds and write result.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--planted", type=int, default=20)
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--out", type=Path, default=HERE / "result.json")
    args = parser.parse_args(given)
    rows: list[dict[str, Any]] = []
    for kinds, seeds in ((1, args.seeds), (2, args.planted), (3, args.planted)):
        for seed in range(seeds):
            rows += row(kinds, seed, args.users, args.days)
            print(*rows[-len(TOPS) :], sep="\n", flush=True)
    settings = {name: getattr(args, name) for name in ("seeds", "planted", "users", "days")}
    result = {"settings": settings, "summary": summary(rows), "rows": rows}
    args.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(summary(rows), indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
