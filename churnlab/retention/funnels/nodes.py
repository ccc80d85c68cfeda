"""Churn nodes: where people stand before they leave; steps not taken, runs of silent days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from churnlab.activity.protocol import Activity
from churnlab.errors import ConfigError, HistoryError
from churnlab.errors.retention import PeopleError, ShortLogError
from churnlab.evaluation.corrected import holm
from churnlab.evaluation.intervals import UNKNOWN
from churnlab.evaluation.tables import Table, TitledTable
from churnlab.language.sentence import Words, in_language, sentence
from churnlab.report.displays.display import Display
from churnlab.retention.counting import count
from churnlab.retention.funnels.node_counts import SILENT, Node, Plan, Tally, nodes_of
from churnlab.retention.funnels.node_display import NodesDisplay
from churnlab.retention.funnels.steps import Step, Steps
from churnlab.retention.measured import measure_of
from churnlab.retention.people import People
from churnlab.retention.shares import difference, effective, wilson
from churnlab.retention.shown import (
    Shown,
    count_words,
    p_words,
    points_words,
    share_words,
    words_table,
)
from churnlab.schema.days import (
    Day,
    as_days,
    before,
    check_count,
    day_text,
    fully_observed,
)
from churnlab.schema.targets import Churn


@dataclass(frozen=True, eq=False, repr=False)
class ChurnNodes(Shown):
    """The churn after each node, worst first.

    On the morning of a day t a person stands at the node of a step when the step before was taken
    in `[t - active_within, t)` and this one was not, and at the node of a silence of k days when
    the last such act lies k days back or more. Everybody who acted or registered in
    `[t - active_within, t)` is looked at, and churn is that of the target, after t. A person may
    stand at several nodes. `churn_nodes` makes one.
    """

    nodes: tuple[Node, ...]
    totals: np.ndarray
    rest: np.ndarray
    days: tuple[int, ...]
    active_within: int
    target: Churn

    def table(self) -> pd.DataFrame:
        """One row for each node, most churners beyond those of other people first.

        Columns: node, kind ("step" or "silence"), silent_days (missing for steps), people (who
        stand there, once for each day looked at), churned, rate with low and high (95%, Wilson's;
        people looked at on several days count as `shares.effective` says), share_of_churn (of all
        who churned, how many stood here), rest_rate (churn of all others), difference with
        difference_low and difference_high (rate less rest_rate), p, p_holm, beyond_chance, excess
        (churners beyond what the rate of the others would make). Figures of nobody are missing.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=80, days=90, seed=1).log().daily()
        >>> churn_nodes(activity, ["open", "social"]).table().columns[:4].tolist()
        ['node', 'kind', 'silent_days', 'people']
        """
        n, x = self.totals[:-1, 0], self.totals[:-1, 1]
        others, gone = self.rest[:, 0], self.rest[:, 1]
        worth, worth_rest = effective(self.totals[:-1]), effective(self.rest)
        with np.errstate(invalid="ignore", divide="ignore"):
            rate, rest_rate = x / n, gone / others
            of_all = x / self.totals[-1, 1]
        low, high = wilson(rate * worth, worth)
        ends = difference(rate * worth, worth, rest_rate * worth_rest, worth_rest)
        corrected = holm(ends[2])
        frame = pd.DataFrame(
            {
                "node": [in_language(node.words()) for node in self.nodes],
                "kind": ["silence" if node.silent else "step" for node in self.nodes],
                "silent_days": pd.array([node.silent or None for node in self.nodes], "Int64"),
                "people": n,
                "churned": x,
                "rate": rate,
                "low": low,
                "high": high,
                "share_of_churn": of_all,
                "rest_rate": rest_rate,
                "difference": rate - rest_rate,
                "difference_low": ends[0],
                "difference_high": ends[1],
                "p": ends[2],
                "p_holm": corrected,
                "beyond_chance": corrected < 0.05,
                "excess": x - n * rest_rate,
            }
        )
        return frame.loc[self._order()].reset_index(drop=True)

    def _order(self) -> np.ndarray:
        """The places of nodes, worst first; those without a figure come last."""
        n, x, others, gone = (*self.totals[:-1, :2].T, *self.rest[:, :2].T)
        with np.errstate(invalid="ignore", divide="ignore"):
            excess = x - n * (gone / others)
        return np.argsort(-np.nan_to_num(excess, nan=-np.inf), kind="stable")

    @property
    def overall(self) -> float:
        """The churn rate of everybody who was looked at; NaN for nobody."""
        n, x = (int(v) for v in self.totals[-1, :2])
        return x / n if n else np.nan

    @property
    def title(self) -> Words:
        """What the result is."""
        return sentence("Where people stand before they leave")

    def sentences(self) -> tuple[Words, ...]:
        """What was looked at, then the three worst nodes that are beyond chance."""
        people, churned = (int(v) for v in self.totals[-1, :2])
        if not people:
            return (sentence("Nobody was there on these days"),)
        said: list[Words] = [
            sentence(
                "{share:.1%} of {people:person|people} churned: {definition}",
                share=churned / people,
                people=people,
                definition=self.target.definition,
            )
        ]
        table = self.table()
        worst = table[table["beyond_chance"] & (table["excess"] > 0)].head(3)
        said += [self._node_words(int(place), row) for place, row in worst.iterrows()]
        if worst.empty:
            said.append(sentence("At no node is churn higher than elsewhere beyond chance"))
        return tuple(said)

    def _node_words(self, place: int, row: pd.Series) -> Words:
        return sentence(
            "{node}: {rate:.1%} of {people:person|people} churned, {rest:.1%} of the others; "
            "{share:.0%} of all churn passes through here",
            node=self.nodes[self._order()[place]].words(),
            rate=row["rate"],
            people=int(row["people"]),
            rest=row["rest_rate"],
            share=row["share_of_churn"],
        )

    @property
    def warnings(self) -> tuple[Words, ...]:
        """What to know before the figures are used."""
        where = sentence(
            "Looked at on the morning of {days}; a person may stand at several nodes",
            days=", ".join(day_text(t) for t in self.days),
        )
        cause = sentence("A node says where people leave, not why: only a test shows what helps")
        return (where, cause)

    def sections(self) -> list[TitledTable]:
        """The nodes as words."""
        return [TitledTable(sentence("Nodes, the most churn beyond others first"), self._words())]

    def _words(self) -> Table:
        columns = {
            "node": sentence("node"),
            "people": sentence("people"),
            "rate": sentence("churn"),
            "rest": sentence("churn of the others"),
            "difference": sentence("difference"),
            "p": sentence("p, corrected"),
            "share": sentence("share of all churn"),
        }
        rows = []
        for place, row in enumerate(self.table().to_dict("records")):
            ends = row["difference"], row["difference_low"], row["difference_high"]
            rows.append(
                {
                    "node": self.nodes[self._order()[place]].words(),
                    "people": count_words(row["people"]),
                    "rate": share_words(row["rate"], row["low"], row["high"], UNKNOWN),
                    "rest": share_words(row["rest_rate"], unknown=UNKNOWN),
                    "difference": points_words(*ends),
                    "p": p_words(row["p_holm"]),
                    "share": share_words(row["share_of_churn"], unknown=UNKNOWN),
                }
            )
        return words_table(columns, rows)

    def displays(self) -> tuple[Display, ...]:
        """The churn rate of each node with its interval."""
        names = [self.nodes[i].words() for i in self._order()]
        return (NodesDisplay(self.table(), names, self.overall),)


def churn_nodes(
    activity: Activity,
    steps: Iterable[str | Step] = (),
    users: Any | None = None,
    *,
    registered: str | None = None,
    silent: Iterable[int] | Mapping[str, Iterable[int]] = SILENT,
    target: Churn | None = None,
    at: Day | Iterable[Day] | None = None,
    active_within: int = 60,
) -> ChurnNodes:
    """The churn after each step that was not taken, and after each run of silent days.

    | argument | meaning |
    |---|---|
    | `steps` | the steps of a funnel, as in `funnel`; none: silences alone |
    | `users`, `registered` | a frame with user_id and the column of the day of registration |
    | `silent` | days of silence; or such days for each role: {"acts": [7], "open": [7, 14]} |
    | `target` | what churn is; 30 days without an act by default |
    | `at` | the mornings to look at; by default the last one whose churn window is over |
    | `active_within` | who is looked at: people who acted or registered in so many days before |

    Point in time: a node is judged from the days before t, churn from the days after it. Raises
    StepError as `funnel` does, HistoryError for a day whose churn window is not over or that has no
    past.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=200, days=120, seed=1).log().daily()
    >>> found = churn_nodes(activity, silent=[7])
    >>> print(found.sentences()[0])
    12.2% of 196 people churned: no act in the 30 days after the snapshot
    """
    aim = Churn(30) if target is None else target
    plan = plan_of(activity, Steps.of(activity, steps, least=0), silent, aim, at, active_within)
    if plan.steps.by_registration and (users is None or registered is None):
        raise PeopleError.from_no_registration()
    people = People.of(activity, users, (), registered)
    return finish(plan, count(activity, people, plan.makers(people)))


def plan_of(
    activity: Activity,
    steps: Steps,
    silent: Iterable[int] | Mapping[str, Iterable[int]],
    target: Churn,
    at: Day | Iterable[Day] | None,
    active_within: int,
) -> Plan:
    """What `churn_nodes` counts; errors as there.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
    >>> plan = plan_of(activity, Steps.of(activity, [], least=0), [7], Churn(30), None, 60)
    >>> activity.end - plan.days[0]
    30
    """
    check_count("active_within", active_within, 1)
    given = silent if isinstance(silent, Mapping) else {"acts": silent}
    runs = {str(role): list(dict.fromkeys(map(_run, days))) for role, days in given.items()}
    nodes = nodes_of(steps, runs)
    if not nodes:
        raise ConfigError.from_range("silent", silent, "days of silence, or steps")
    days = _mornings(activity, target, at)
    for t in days:
        _check_day(activity, t, target)
    measures = {"acts": "acts"} | {role: measure_of(activity, role) for role in runs}
    return Plan(steps, nodes, measures, days, active_within, target)


def _mornings(activity: Activity, target: Churn, at: Day | Iterable[Day] | None) -> tuple[int, ...]:
    """The mornings to look at, each once: those that are given, or the last one that is known."""
    if at is None:
        reach = target.window(0)[1]
        if not before(activity.kept_from, activity.end - reach):
            has = activity.end - activity.kept_from
            raise ShortLogError.from_short_for_nodes(reach, has)
        return (activity.end - reach,)
    days = tuple(dict.fromkeys(as_days(at)))
    if not days:
        raise ConfigError.from_range("at", at, "one morning or more")
    return days


def _run(days: int) -> int:
    check_count("silent", days, 1)
    return int(days)


def _check_day(activity: Activity, t: int, target: Churn) -> None:
    """Raise HistoryError for a day without a past, or whose churn window is not over."""
    start, stop = activity.kept_from, target.window(t)[1]
    if not before(start, t):
        raise HistoryError.from_no_past(day_text(t), day_text(start))
    if not fully_observed(stop, activity.end):
        end = day_text(activity.end - 1)
        raise ShortLogError.from_nodes(day_text(t), day_text(stop - 1), end)


def finish(plan: Plan, found: list[Tally]) -> ChurnNodes:
    """The result of the tally."""
    (tally,) = found
    tally.add_absent()
    figures = tally.totals, tally.rest
    return ChurnNodes(plan.nodes, *figures, plan.days, plan.within, plan.target)
