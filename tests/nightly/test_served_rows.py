"""Published rows equal the slow plain oracle: from raw events to risk, value and reasons."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import oracle
import pandas as pd
from support.faults import FAULTS
from support.nightly import NIGHTS, a_night
from support.plain_facts import Plain, problems

import churnlab as cl
from churnlab.config.tables import Config
from churnlab.demo.datasets import ROLES
from churnlab.model_registry.tracking import TrainedRun
from churnlab.nightly.chosen import Chosen
from churnlab.schema.days import day_number

ZONE = "Asia/Shanghai"
MORE_NIGHTS = ("2026-06-03", "2026-06-04", "2026-06-05", "2026-06-06")
EXACT = 1e-9
HALF = {"risk": 5e-10, "ltv": 5e-7}  # a list has 9 decimals of risk and 6 of money
Rows = dict[object, dict[int, dict[str, int]]]


def test_a_row_is_what_the_raw_log_says(night: Path) -> None:
    """Features by the oracle, then the model's prediction, against what was published."""
    days = (*NIGHTS, *MORE_NIGHTS) if FAULTS else NIGHTS[:1]
    people = pd.read_parquet(night.parent / "users.parquet").set_index("user_id")
    if not FAULTS:
        people = people.loc[random.Random(0).sample(sorted(people.index), 40)]
    rows = raw_rows(night.parent / "events", set(people.index))
    trained = Chosen.of(Config.read(night), None, day_number(days[0])).trained
    served = reasons = 0
    for day in days:
        a_night(str(night), day)
        found = cl.read_list(night.parent / "output", day).frame
        found = found[found["user_id"].isin(people.index)]
        assert (found["as_of"] == day).all()
        check_scores(found, by_oracle(trained, Config.read(night), rows, people, found, day))
        reasons += check_reasons(found, rows, day)
        served += len(found)
    assert served >= (1000 if FAULTS else 25) and reasons > served / 4


def raw_rows(folder: Path, users: set[str]) -> Rows:
    """The oracle's daily rows of some people, from the files of events."""
    frame = pd.concat(map(pd.read_parquet, sorted(folder.glob("*.parquet"))))
    frame = frame[frame["user_id"].isin(users)][["user_id", "ts", "event", "amount"]]
    events = [oracle.Event(*row) for row in frame.itertuples(index=False)]
    return oracle.daily(events, oracle.Meaning(ROLES, set(), set(), ZONE))


def by_oracle(
    trained: TrainedRun,
    config: Config,
    rows: Rows,
    people: pd.DataFrame,
    found: pd.DataFrame,
    day: str,
) -> dict[str, np.ndarray]:
    """Risk and value of the people of a list, of features that the library has not computed."""
    roles, at = frozenset({*ROLES, "other", "money"}), day_number(day)
    told = {f.name: f.value for _, f in config.feature_set().features(roles)}
    start = day_number(min(Path(config.path("events")).glob("*.parquet")).stem)

    def features(user: str, names: list[str]) -> list[Any]:
        person = oracle.Person(rows[user], at, start)
        return [
            person.value(told[n]) if n in told else people.loc[user, n.split("__")[1]]
            for n in names
        ]

    def frame(names: list[str]) -> pd.DataFrame:
        index = pd.MultiIndex.from_product(
            [found["user_id"], [pd.Timestamp(day)]], names=["user_id", "snapshot"]
        )
        made = [features(user, names) for user in found["user_id"]]
        return pd.DataFrame(made, index=index, columns=names)

    churn, value = trained.models["churned"], trained.models["ltv"]
    risk = churn.predict_proba(frame([*churn.feature_names_in_]))[:, 1]  # type: ignore[attr-defined]
    return {"risk": risk, "ltv": value.predict(frame([*value.feature_names_in_]))}  # type: ignore[attr-defined]


def check_scores(found: pd.DataFrame, wanted: dict[str, np.ndarray]) -> None:
    for name, values in wanted.items():
        assert np.abs(found[name].to_numpy() - values).max() <= HALF[name] + EXACT, name


def check_reasons(found: pd.DataFrame, rows: Rows, day: str) -> int:
    """How many reasons were checked; each of their numbers is recomputed."""
    at, roles, seen = day_number(day), tuple(sorted(ROLES)), 0
    start = min(d for of_one in rows.values() for d in of_one)
    for user, *reasons in found[["user_id", "reason_1", "reason_2", "reason_3"]].itertuples(
        index=False
    ):
        plain = Plain({d: row for d, row in rows[user].items() if d < at}, at, roles, start)
        for text in filter(None, reasons):
            assert problems(text, plain.number) == []
            seen += 1
    return seen
