"""A simulated experiment in the community: three treatments, whose effects are known per person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from churnlab.demo.simulation import START
from churnlab.events.event_log import EventLog
from churnlab.schema.days import day_numbers, to_timestamp, to_timestamps
from churnlab.winback.experiments.experiment import Experiment

ARMS = ("none", "gift", "update", "message")
SHARES = {"none": 0.4, "gift": 0.2, "update": 0.2, "message": 0.2}
COSTS = {"none": 0.0, "gift": 4.0, "update": 1.0, "message": 0.1}
STAGES = ("", "fading", "gone")
WINDOW = 28  # days in which people come back, or not
_SHARE_OF_STEADY = (0.6, 0.22, 0.18)  # who of the steady is made fading, and gone
UNTREATED = np.array([0.92, 0.50, 0.08])  # chance to come back, by stage
# Effect of each treatment on that chance, by stage: a gift helps the fading, news of the product
# those who are gone, a message drives some of the fading away.
EFFECTS = np.array([[0.0, 0.0, 0.0], [0.20, 0.0, -0.12], [0.0, 0.12, 0.0]])
_SPREAD = 0.3  # standard deviation of people's own chances, in log-odds
_FADED = 0.35  # share of days that a fading person keeps
_FADING_DAYS = 28
_RECEIPTS = ("push_sent", "like_received")


class Community(Protocol):
    """What an experiment needs of a simulated community."""

    @property
    def events(self) -> pd.DataFrame:
        """The events."""
        ...

    @property
    def truth(self) -> pd.DataFrame:
        """What only a simulation knows of each person."""
        ...

    @property
    def days(self) -> int:
        """How many days the log has."""
        ...

    def log(self) -> EventLog:
        """The events as an EventLog with their roles."""
        ...


@dataclass(frozen=True, eq=False)
class CommunityExperiment:
    """SIMULATED: an experiment with three treatments in a community app.

    - community: the app's events; those after the day of the assignment are what came of it.
    - table: user_id, time, treatment, cost, stage (empty, fading or gone at the assignment).
    - truth: user_id, stage, treatment, came_back, and the true chance to come back within 28 days
      under each arm: chance_none, chance_gift, chance_update, chance_message. No real experiment
      knows them.

    >>> from churnlab.demo.datasets import make_experiment
    >>> list(make_experiment(users=300, days=90).table)
    ['user_id', 'time', 'treatment', 'cost', 'stage']
    """

    community: Community
    table: pd.DataFrame
    truth: pd.DataFrame
    day: pd.Timestamp
    simulated: ClassVar[bool] = True

    def log(self) -> EventLog:
        """The events as an EventLog with their roles."""
        return self.community.log()

    def experiment(self, **options: Any) -> Experiment:
        """The experiment as read from its table and the log: who came back within 28 days."""
        given: dict[str, Any] = {"window": WINDOW, "stage": "stage", "shares": SHARES} | options
        return Experiment.from_log(self.table, self.log().daily(), **given)

    def effects(self) -> np.ndarray:
        """The true effect of each treatment on each person of the table, float64[n, 3].

        >>> from churnlab.demo.datasets import make_experiment
        >>> make_experiment(users=300, days=90).effects().shape[1]
        3
        """
        chance = self.truth[[f"chance_{arm}" for arm in ARMS]].to_numpy()
        return np.asarray(chance[:, 1:] - chance[:, [0]])

    def __repr__(self) -> str:
        return (
            f"CommunityExperiment(SIMULATED: {len(self.table):,} people, none against gift, "
            f"update, message on {self.day:%Y-%m-%d})"
        )


def planted(community: Community, seed: int = 0) -> CommunityExperiment:
    """A simulated experiment in a simulated community, 29 days before the end of its log.

    `datasets.make_experiment` tells what is planted.

    >>> from churnlab.demo.datasets import make_community
    >>> planted(make_community(users=300, days=90))
    CommunityExperiment(SIMULATED: ... people, none against gift, update, message on 2026-03-03)
    """
    rng = np.random.default_rng([seed, 7])
    at = community.days - WINDOW - 1
    people = _people(rng, community, START + at)
    events = _thinned(rng, community.events, people, at)
    events = _with_outcomes(rng, events, people, at)
    day = to_timestamp(START + at)
    table = pd.DataFrame(
        {
            "user_id": people["user_id"],
            "time": day + pd.Timedelta(hours=9),
            "treatment": people["treatment"],
            "cost": people["treatment"].map(COSTS),
            "stage": people["stage"],
        }
    )
    truth = people[
        ["user_id", "stage", "treatment", "came_back", *(f"chance_{arm}" for arm in ARMS)]
    ]
    return CommunityExperiment(_replaced(community, events), table, truth, day)


def _replaced(community: Any, events: pd.DataFrame) -> Community:
    """The same community with other events."""
    found: Community = replace(community, events=events)
    return found


def _people(rng: np.random.Generator, community: Community, day: int) -> pd.DataFrame:
    """Who is in the experiment, in which stage, with which chances, and what came of it."""
    truth = community.truth
    known = day_numbers(truth["registered"]) <= day - _FADING_DAYS
    people = truth.loc[known, ["user_id"]].reset_index(drop=True)
    truth = truth[known]
    left = truth["left_on"].notna() & (truth["left_on"] <= to_timestamp(day))
    onset = truth["onset"].notna() & (truth["onset"] <= to_timestamp(day))
    turned = rng.choice(3, len(people), p=_SHARE_OF_STEADY)
    stage = np.select([left, onset], [2, 1], turned)
    people["stage"] = np.array(STAGES, object)[stage]
    people["silent_since"] = np.where(stage == 2, rng.integers(30, 60, len(people)), 0)
    own = expit(logit(UNTREATED[stage]) + _SPREAD * rng.normal(size=len(people)))
    effect = EFFECTS[stage] * rng.uniform(0.5, 1.5, (len(people), 1))
    chance = np.clip(np.column_stack([own, own[:, None] + effect]), 0.01, 0.99)
    for k, arm in enumerate(ARMS):
        people[f"chance_{arm}"] = chance[:, k]
    given = rng.choice(len(ARMS), len(people), p=list(SHARES.values()))
    people["treatment"] = np.array(ARMS, object)[given]
    luck = rng.random(len(people))
    people["came_back"] = (luck < chance[np.arange(len(people)), given]).astype(np.int64)
    return people


def _day_of(events: pd.DataFrame) -> np.ndarray:
    """Day of each event, counted from the first day of the log."""
    return np.asarray(events["ts"].to_numpy("datetime64[D]").astype(np.int64)) - START


def _thinned(
    rng: np.random.Generator, events: pd.DataFrame, people: pd.DataFrame, at: int
) -> pd.DataFrame:
    """The events without what the fading and the gone no longer do before the assignment."""
    person = pd.Index(people["user_id"]).get_indexer(events["user_id"])
    known, day = person >= 0, _day_of(events)
    act = ~events["event"].isin(_RECEIPTS).to_numpy()
    stage, since = people["stage"].to_numpy(), people["silent_since"].to_numpy()
    keeps = rng.random((len(people), _FADING_DAYS)) < _FADED
    back = np.clip(at - 1 - day, 0, _FADING_DAYS - 1)
    fading = known & (stage[person] == "fading") & (day >= at - _FADING_DAYS) & (day < at)
    gone = known & (stage[person] == "gone") & (day >= at - since[person])
    lost = act & ((fading & ~keeps[person, back]) | gone)
    return events[~lost]


def _with_outcomes(
    rng: np.random.Generator, events: pd.DataFrame, people: pd.DataFrame, at: int
) -> pd.DataFrame:
    """The events in which those come back, and only those, whom chance made come back."""
    person = pd.Index(people["user_id"]).get_indexer(events["user_id"])
    back = people["came_back"].to_numpy() == 1
    after = (person >= 0) & (_day_of(events) > at)
    act = ~events["event"].isin(_RECEIPTS).to_numpy()
    kept = events[~(after & act & ~back[person])]
    seen = np.unique(person[after & act])
    lacking = np.setdiff1d(np.flatnonzero(back), seen)
    days = START + at + 1 + rng.integers(0, WINDOW, len(lacking))
    visits = pd.DataFrame(
        {
            "user_id": people["user_id"].to_numpy()[lacking],
            "ts": to_timestamps(days) + np.timedelta64(12, "h"),
            "event": "app_open",
            "amount": np.nan,
        }
    )
    found = pd.concat([kept, visits], ignore_index=True)
    found.attrs["simulated"] = True
    return found.sort_values(["ts", "user_id"], kind="stable", ignore_index=True)
