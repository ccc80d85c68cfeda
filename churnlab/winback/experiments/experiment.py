"""Experiment: who was assigned to which treatment, and what happened after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Activity
from churnlab.dataset import compute
from churnlab.dataset.rule import check_unobserved
from churnlab.errors import ConfigError, TrialError
from churnlab.errors.experiments import ExperimentError
from churnlab.features.feature_set import FeatureSet
from churnlab.schema.days import before, check_count, day_text, fully_observed
from churnlab.winback.experiments import outcomes as of_log
from churnlab.winback.experiments.arms import EVERYBODY, STAGE, Arms
from churnlab.winback.experiments.balance import Balance, balance_of
from churnlab.winback.experiments.comparison import Comparison, comparison_of
from churnlab.winback.experiments.design import Design
from churnlab.winback.experiments.differences import Differences, differences_of
from churnlab.winback.experiments.effects import Effects, effects_of
from churnlab.winback.experiments.next_test import NextTest
from churnlab.winback.experiments.table import Assigned, assigned, check_sizes
from churnlab.winback.targeting.trial import KEPT, NONE, Trial


@dataclass(frozen=True, eq=False)
class Experiment(Arms):
    """Who was assigned to which treatment, what was known before, and what happened after.

    `from_frame` and `from_log` make one. Each row is a person.

    | field        | type                     | meaning                                           |
    |--------------|--------------------------|---------------------------------------------------|
    | `users`      | ids[n]                   | the people                                        |
    | `arms`       | names                    | the arms, the control group first                 |
    | `arm`        | int64[n]                 | the arm of each person, as a place in `arms`      |
    | `outcomes`   | {name: float64[n]}       | what happened after the assignment                |
    | `known`      | DataFrame[n]             | what was known before the assignment              |
    | `propensity` | float64[n, arms]         | the probability of each arm for each person       |
    | `stage`      | object[n] or None        | the stage at the assignment, as text              |
    | `X`          | DataFrame[n, p] or None  | features as of the assignment, for models         |
    | `costs`      | float64[n] or None       | the cost of each person's treatment               |
    | `days`       | int64[n] or None         | the local day of the assignment, since 1970-01-01 |
    | `worse`      | names                    | outcomes of which more is worse                   |
    | `randomised` | bool                     | False: differences between arms are no effects    |
    | `dropped`    | {reason: int}            | people who were left out                          |
    | `shares`     | {arm: share} or None     | the planned shares, where they were declared      |
    """

    @classmethod
    def from_frame(cls, frame: Any, outcomes: Sequence[str], **design: Any) -> Experiment:
        """The experiment of a table that has its outcomes as columns.

        `frame` has one row a person; `outcomes` are columns of numbers, or of true and false, that
        came after the assignment; `design` are the options of `Design`: which column holds what,
        the control group, what was known before. Raises ConfigError for an unknown option,
        FrameError and its child ExperimentError for a table that cannot be used, or whose arms
        differed before the assignment beyond chance (once in 1,000 experiments).

        >>> table = pd.DataFrame({"user_id": range(80), "arm": ["none", "gift"] * 40})
        >>> table["visit"] = [0, 1, 0, 0] * 20
        >>> Experiment.from_frame(table, ["visit"], treatment="arm")
        Experiment(80 people, none against gift: visit)
        """
        options = Design.of(design)
        rows = assigned(frame, options)
        names = [outcomes] if isinstance(outcomes, str) else list(outcomes)
        if not names:
            raise ConfigError.from_type("outcomes", names, "at least one column of the table")
        for name in names:
            if name in options.known:
                raise ExperimentError.from_later_column(name)
        return _checked(_made(rows, options, {name: rows.numbers(name) for name in names}))

    @classmethod
    def from_log(
        cls,
        frame: Any,
        activity: Activity,
        window: int = 14,
        *,
        outcomes: Sequence[str] | None = None,
        silence: Sequence[int] = (7, 28),
        features: FeatureSet | None = None,
        unobserved: str = "error",
        strangers: str = "error",
        **design: Any,
    ) -> Experiment:
        """The experiment of a table, with outcomes from the log.

        With d the local day of the assignment, outcomes are counted in `[d + 1, d + 1 + window)`:
        `came_back` (an act), `active_days`, `money`, and where asked for `day_N` (an act on day
        d + N). By default all that the log has. What was known before comes from `[.., d)`: days of
        silence, days since the first act, active days and money, beside the columns `known` of the
        table. Without a column of stages, the stage is by days of silence, cut at `silence`; give
        () for one stage. `features` are computed as of d for models.

        People whose window is not over yet are an error, or left out with `unobserved="drop"`;
        people who are not in the log are an error, or with `strangers="silent"` people who did
        nothing.

        Raises ConfigError for unknown options and outcomes and for a log on Spark, HistoryError
        for days that a store has folded away, FrameError and its child ExperimentError for a table
        that cannot be used, or whose arms differed before the assignment beyond chance.

        >>> import churnlab as cl
        >>> made = cl.datasets.make_community(users=100, days=90, seed=1)
        >>> table = made.users[["user_id"]].assign(time="2026-03-01", treatment="gift")
        >>> table.loc[::2, "treatment"] = None
        >>> found = Experiment.from_log(table, made.log().daily(), window=7)
        >>> found, list(found.known)[:2]
        (Experiment(100 people, none against gift: came_back, active_days, money),
         ['silent_days', 'tenure_days'])
        """
        check_count("window", window, 1)
        of_log.check_silence(silence)
        options, daily = Design.of(design), activity.daily()
        names = of_log.chosen(outcomes, activity.has_money)
        rows = assigned(frame, options, activity.timezone)
        assert rows.days is not None
        codes = np.asarray(daily.ids.get_indexer(pd.Index(rows.users)), np.int64)
        _check_people(rows, codes, strangers)
        kept = _observed(rows.days, daily, of_log.reach(names, window), unobserved)
        rows, codes = _part(rows, kept), codes[kept]
        days = rows.days
        assert days is not None
        known = of_log.known_before(daily, codes, days)
        _check_names(options.known, (*known, STAGE))
        found = of_log.measured(daily, codes, days, window, names)
        made = _made(rows, options, found)
        stage = made.stage
        if stage is None and len(silence):
            stage = of_log.silence_stage(known["silent_days"].to_numpy(), silence)
        X = None if features is None else compute.compute(daily, codes, days, features)
        lost = int((~kept).sum())
        made = replace(
            made,
            stage=stage,
            known=pd.concat([known, made.known], axis=1),
            X=X,
            dropped={"window not over": lost} if lost else {},
        )
        return _checked(made)

    @cached_property
    def balance(self) -> Balance:
        """How the arms differed before the assignment."""
        return balance_of(self.known, self.stage, self.arm, self.arms, self.shares)

    def effects(self, by: str = EVERYBODY) -> Effects:
        """The effect of each treatment on each outcome, for everybody or for each group of `by`.

        `by` is "stage" or a known column; a number of many values is cut into four bands. Shares
        have Newcombe's interval, other outcomes Welch's; p values are corrected by Holm for all
        rows. ConfigError for an unknown grouping.

        >>> table = pd.DataFrame({"user_id": range(400), "treatment": ["none", "gift"] * 200})
        >>> table["kept"] = [0, 1, 0, 0, 1, 1, 0, 1] * 50
        >>> found = Experiment.from_frame(table, ["kept"]).effects().frame
        >>> found[["treatment", "effect", "verdict"]].to_numpy().tolist()
        [['gift', 0.5, 'better']]
        """
        return effects_of(self, by)

    def differences(self, by: str | Sequence[str] | None = None) -> Differences:
        """Whether effects differ between groups, beyond chance.

        `by` is one grouping or several; None: the stage and all that was known. p values are
        corrected by Holm for all rows. ConfigError for an unknown grouping.

        >>> table = pd.DataFrame({"user_id": range(400), "treatment": ["none", "gift"] * 200})
        >>> table["kept"] = [0, 1, 0, 0, 1, 1, 0, 1] * 50
        >>> table["city"] = ["x", "x", "y", "y"] * 100
        >>> found = Experiment.from_frame(table, ["kept"], known="city").differences()
        >>> found.frame[["by", "groups"]].to_numpy().tolist()
        [['city', 2]]
        """
        several = [by] if isinstance(by, str) else self.groupings if by is None else by
        return differences_of(self, several)

    def compare(self) -> Comparison:
        """All of it: balance, effects for everybody and by stage, and whether groups differ.

        >>> table = pd.DataFrame({"user_id": range(400), "treatment": ["none", "gift"] * 200})
        >>> table["kept"] = [0, 1, 0, 0, 1, 1, 0, 1] * 50
        >>> print(Experiment.from_frame(table, ["kept"]).compare().words()[0])
        gift: kept 75.00% against 25.00% in none, +50.00 [+40.90, +57.77] points,
        better, beyond chance
        """
        return comparison_of(self, self.balance)

    def next_test(self, outcome: str, difference: float, **options: Any) -> NextTest:
        """How many people the next test needs to see a `difference` of an outcome.

        The base is the control group of this one: its share, or its standard deviation. `options`
        are those of `NextTest`: power, alpha, comparisons, ratio.

        >>> table = pd.DataFrame({"user_id": range(400), "treatment": ["none", "gift"] * 200})
        >>> table["kept"] = [0, 1, 0, 0, 1, 1, 0, 1] * 50
        >>> Experiment.from_frame(table, ["kept"]).next_test("kept", 0.05).people
        (1251, 1251)
        """
        values = self.outcome(outcome)[self.arm == 0]
        if outcome in self.share_outcomes:
            return NextTest.of_shares(float(values.mean()), difference, **options)
        return NextTest.of_means(float(values.std(ddof=1)), difference, **options)

    def trial(self, outcome: str, cost: Mapping[str, float] | None = None) -> Trial:
        """One outcome as the Trial that uplift models, gain curves and policies take.

        Larger is better there: a share of which more is worse becomes its complement, "kept",
        another outcome its negative. cost: money by treatment; None takes the mean of the people of
        each arm, where the table has costs. ConfigError for an unknown outcome, TrialError for an
        experiment that was not randomised, and the errors of `Trial.checked`.

        >>> table = pd.DataFrame({"user_id": range(400), "treatment": ["none", "gift"] * 200})
        >>> table["left"] = [0, 1, 0, 0, 1, 1, 0, 1] * 50
        >>> found = Experiment.from_frame(table, ["left"], worse="left").trial("left")
        >>> found.arms, found.y[:3].tolist()
        (('gift',), [1.0, 0.0, 1.0])
        """
        y, name = self.outcome(outcome), outcome
        if not self.randomised:
            raise TrialError.from_observational()
        if outcome in self.worse:
            y, name = (1 - y, KEPT) if outcome in self.share_outcomes else (-y, outcome)
        given = np.array((NONE, *self.treatments))[self.arm]
        costs = cost
        if cost is None and self.costs is not None:
            each = np.bincount(self.arm, self.costs) / np.bincount(self.arm)
            costs = dict(zip(self.treatments, each[1:].tolist(), strict=True))
        return Trial.checked(
            y, given, arms=self.treatments, p=self.propensity, cost=costs, outcome=name
        )

    def __repr__(self) -> str:
        against = ", ".join(self.treatments)
        kind = "" if self.randomised else ", observational"
        names = ", ".join(self.outcomes)
        return f"Experiment({len(self):,} people{kind}, {self.control} against {against}: {names})"


def _made(rows: Assigned, options: Design, found: Mapping[str, np.ndarray]) -> Experiment:
    """The experiment of checked rows and their outcomes."""
    for name in options.worse:
        if name not in found:
            raise ConfigError.from_unknown("outcome", name, found)
    return Experiment(
        users=rows.users.to_numpy(),
        arms=rows.arms,
        arm=rows.arm,
        outcomes=found,
        known=rows.known,
        propensity=options.propensity(rows.arms, rows.arm),
        stage=rows.stage,
        costs=rows.costs,
        days=rows.days,
        worse=frozenset(options.worse),
        randomised=options.randomised,
        dropped={},
        shares=options.shares,
    )


def _checked(made: Experiment) -> Experiment:
    """The experiment, if its arms were alike before the assignment or it claims nothing."""
    if made.randomised:
        made.balance.check()
    return made


def _check_names(known: Sequence[str], own: Sequence[str]) -> None:
    """Refuse known columns that have the name of a fact of ours."""
    for name in known:
        if name in own:
            raise ConfigError.from_reserved("column known before", name)


def _check_people(rows: Assigned, codes: np.ndarray, rule: str) -> None:
    """Refuse people who are not in the log, unless they count as silent."""
    if rule not in ("error", "silent"):
        raise ConfigError.from_unknown("value of strangers=", rule, ("error", "silent"))
    unknown = codes < 0
    if unknown.all():
        raise ExperimentError.from_nobody_known(len(codes), rows.users.tolist()[0])
    if unknown.any() and rule == "error":
        example = rows.users[unknown].tolist()[0]
        raise ExperimentError.from_strangers(int(unknown.sum()), len(codes), example)


def _observed(days: np.ndarray, activity: DailyActivity, reach: int, rule: str) -> np.ndarray:
    """Rows whose window of outcomes is over, bool[n]; an error for others, unless dropped."""
    check_unobserved(rule)
    early = before(days, activity.start)
    if early.any():
        first, start = day_text(int(days.min())), day_text(activity.start)
        raise ExperimentError.from_before_log(int(early.sum()), first, start)
    over = fully_observed(days + 1 + reach, activity.end)
    if rule == "error" and not over.all():
        day = int(days[~over].min())
        told = day_text(day), day_text(day + reach), day_text(activity.end - 1)
        raise ExperimentError.from_open_window(int((~over).sum()), reach, *told)
    return over


def _part(rows: Assigned, kept: np.ndarray) -> Assigned:
    """The rows that are kept, in their order."""
    if kept.all():
        return rows
    check_sizes(rows.arms, rows.arm[kept])
    return replace(
        rows,
        frame=rows.frame[kept],
        users=rows.users[kept],
        arm=rows.arm[kept],
        days=None if rows.days is None else rows.days[kept],
        costs=None if rows.costs is None else rows.costs[kept],
        stage=None if rows.stage is None else rows.stage[kept],
        known=rows.known[kept].reset_index(drop=True),
    )
