"""Policy: which treatment is for which stage under a budget, and what that brings.

A treatment is for a cell of people only where it is proved to help there: where the interval of its
effect, corrected for all cells and treatments, holds 0, it is nobody's. Among the treatments that
are left the budget buys the steepest steps of the convex hulls first, as in `budget.Steps`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Self

import numpy as np
import pandas as pd

from churnlab.errors import TrialError
from churnlab.evaluation.intervals import Interval
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words, in_language
from churnlab.schema.stages import STAGES
from churnlab.schema.views import view
from churnlab.winback.experiments.experiment import Experiment
from churnlab.winback.experiments.groups import UNKNOWN
from churnlab.winback.targeting.budget import BudgetCurve
from churnlab.winback.targeting.cells import CellEffects, Cells
from churnlab.winback.targeting.finding import (
    FOLDS,
    Finder,
    least_effect,
    money_a_person,
    proved_apart,
)
from churnlab.winback.targeting.learners import Learner, folds_of, unseen_scores
from churnlab.winback.targeting.policy_file import (
    NO_TREATMENT,
    PolicyFile,
    PolicyRule,
    PolicyTreatment,
)
from churnlab.winback.targeting.rate import Sample
from churnlab.winback.targeting.scores import standard_error
from churnlab.winback.targeting.trial import Trial
from churnlab.winback.targeting.uplift import known_of, people_of
from churnlab.winback.targeting.winners import Winner

CONTROL = 0.1


@dataclass(frozen=True, eq=False)
class Policy:
    """A treatment, or none, for each cell of people, with its value on people held out.

    - effects: of each treatment in each cell; chosen: the treatment of each cell, int64[cells], 0
      for none.
    - value: what it brings a person of the experiment, with its 95% interval; in people kept where
      the outcome is churn; corrected for having chosen the policy on the same people
      (`winners.Winner`).
    - spent: money a person; treated: the share of people who are treated; both of the policy.
    - fold, hidden: five folds of people, and for each person the effects that are proved without
      the person's fold, float64[n, k], 0 for others; `curve` is made of them.
    - scores: doubly robust scores, float64[n, k].
    - budget: money in all, and `listed`, the people it is for; None without a limit.
    - partly: cells for which the budget ends in the middle; they have what the whole cell can have.

    >>> Policy.example().rules
    {'': 'none', 'fading': 'gift'}
    """

    trial: Trial
    cells: Cells
    effects: CellEffects
    chosen: np.ndarray
    value: Interval
    spent: float
    treated: float
    scores: np.ndarray = field(repr=False)
    fold: np.ndarray = field(repr=False)
    hidden: np.ndarray = field(repr=False)
    least: float = 0.0
    budget: float | None = None
    listed: int = 0
    partly: tuple[int, ...] = ()

    @classmethod
    def find(
        cls,
        trial: Trial,
        cells: Cells,
        scores: np.ndarray,
        *,
        budget: float | None = None,
        people: int | None = None,
        worth: float | None = None,
        seed: int = 0,
    ) -> Self:
        """The policy of an experiment.

        scores: doubly robust scores of people held out, float64[n, k], as of `unseen_scores` or
        `Uplift.scores`. budget: money in all, for `people` people like those of the experiment
        (None: as many as it has); None for no limit. worth: money that one unit of the outcome
        (a person kept) is worth; treatments that cost more than they bring are then left out.

        Raises TrialError without costs and for lengths that differ, ConfigError for a negative
        budget and for a worth that is not above 0.

        >>> made = Policy.example()
        >>> Policy.find(made.trial, made.cells, made.scores, budget=0.0).rules
        {'': 'none', 'fading': 'none'}
        """
        trial.costs()
        if scores.shape != (len(trial), len(trial.arms)) or len(cells.code) != len(trial):
            raise TrialError.from_length("the score", scores.shape, (len(trial), len(trial.arms)))
        listed = len(trial) if people is None else people
        each = money_a_person(budget, listed)
        people_of_cell = np.bincount(cells.code, minlength=len(cells)).astype(np.float64)
        finder = Finder(people_of_cell, least_effect(worth), each)
        effects = cells.effects(trial, scores)
        chosen, partly = finder.decide(effects)
        decide = partial(finder.decide_moved, effects)
        winner = Winner(effects, people_of_cell / len(trial), chosen, decide)
        fold = folds_of(trial, FOLDS, seed)
        at, mine = np.arange(len(trial)), chosen[cells.code]
        gains, costs = (np.column_stack([np.zeros(len(trial)), a]) for a in (scores, trial.costs()))
        gain = gains[at, mine]
        return cls(
            trial=trial,
            cells=cells,
            effects=effects,
            chosen=chosen,
            value=winner.value(gain.mean(), standard_error(gain, trial.cluster), seed),
            spent=float(costs[at, mine].mean()),
            treated=float((mine > 0).mean()),
            scores=scores,
            fold=fold,
            hidden=proved_apart(trial, cells, scores, fold),
            least=finder.least,
            budget=budget,
            listed=listed,
            partly=partly,
        )

    @classmethod
    def example(cls) -> Self:
        """A made-up policy of 2,000 people, for examples: a gift helps the fading.

        >>> Policy.example().treated
        0.5
        """
        given = np.repeat(["none", "gift"], 1000)
        kept = np.r_[np.arange(1000) % 2, np.ones(1000)].astype(np.float64)
        trial = Trial.checked(kept, given, cost={"gift": 2.0})
        stage = np.array(["fading", ""] * 1000)
        scores = np.where(stage == "fading", 0.4, -0.1)[:, None] + (kept[:, None] - 0.75) % 0.1
        return cls.find(trial, Cells.of(stage), scores)

    @classmethod
    def learn(
        cls,
        trial: Trial,
        X: pd.DataFrame,
        cells: Cells,
        *,
        budget: float | None = None,
        people: int | None = None,
        worth: float | None = None,
        seed: int = 0,
    ) -> Self:
        """`find` with scores whose outcome models learn from X, what was known of each person, and
        are fitted to each cell (`scores.fitted`).

        >>> made = Policy.example()
        >>> X = pd.DataFrame({"visits": np.arange(2000.0)})
        >>> Policy.learn(made.trial, X, made.cells).rules["fading"]
        'gift'
        """
        learner = Learner(seed=seed)
        scores = unseen_scores(X, trial, learner, folds_of(trial, FOLDS, seed), cells.code)
        return cls.find(trial, cells, scores, budget=budget, people=people, worth=worth, seed=seed)

    @classmethod
    def of_experiment(
        cls,
        experiment: Experiment,
        outcome: str | None = None,
        *,
        cost: Mapping[str, float] | None = None,
        budget: float | None = None,
        people: int | None = None,
        worth: float | None = None,
        seed: int = 0,
    ) -> Self:
        """The policy by stage of an experiment, for one outcome, the first by default.

        People whose stage is missing are those of no stage, as in a list. Other arguments and
        errors are those of `find` and `Experiment.trial`; TrialError where the experiment has no
        stage.

        >>> table = pd.DataFrame({"user_id": range(400), "treatment": ["none", "gift"] * 200})
        >>> table["stage"], table["kept"], table["cost"] = "fading", [0, 1, 1, 1] * 100, 2.0
        >>> made = Experiment.from_frame(table, ["kept"], stage="stage", known=["cost"])
        >>> Policy.of_experiment(made).rules
        {'fading': 'gift'}
        """
        if experiment.stage is None:
            raise TrialError.from_no_stage()
        chosen = next(iter(experiment.outcomes)) if outcome is None else outcome
        trial = experiment.trial(chosen, cost)
        stage = experiment.stage[people_of(experiment, trial)]
        cells = Cells.of(np.where(stage == UNKNOWN, "", stage))
        X = known_of(experiment, trial)
        return cls.learn(trial, X, cells, budget=budget, people=people, worth=worth, seed=seed)

    @cached_property
    def curve(self) -> BudgetCurve:
        """Q(B) of policies by cell under every budget: each person gets what a policy made without
        the person's fold gives them.
        """
        sample = Sample(self.fold, self.trial.cluster)
        costs = self.trial.costs()
        return BudgetCurve.of(self.hidden, costs, self.scores, sample=sample, least=self.least)

    @property
    def rules(self) -> dict[str, str]:
        """The treatment of each cell by its words; "none" for no treatment."""
        names = (NO_TREATMENT, *self.trial.arms)
        rows = zip(self.cells.names.itertuples(index=False), self.chosen, strict=True)
        return {_cell(row): names[k] for row, k in rows}

    @property
    def helps(self) -> bool:
        """Whether any treatment is given to anybody."""
        return bool((self.chosen > 0).any())

    @property
    def table(self) -> pd.DataFrame:
        """One row a cell and treatment: stage, tier, min_value, people (of the cell), treatment,
        effect, low, high (corrected for all rows), cost, and chosen.
        """
        rows = []
        sizes = np.bincount(self.cells.code, minlength=len(self.cells))
        for cell, row in enumerate(self.cells.names.to_dict("records")):
            for k, arm in enumerate(self.trial.arms):
                found = {
                    "people": int(sizes[cell]),
                    "treatment": arm,
                    "effect": self.effects.value[cell, k],
                    "low": self.effects.low[cell, k],
                    "high": self.effects.high[cell, k],
                    "cost": self.effects.cost[cell, k],
                    "chosen": bool(self.chosen[cell] == k + 1),
                }
                rows.append(row | found)
        return pd.DataFrame(rows)

    def to_file(
        self, made: str, control: float = CONTROL, about: dict[str, str | float] | None = None
    ) -> PolicyFile:
        """The policy as a nightly list reads it, for column `treatment`.

        made: the day, as text. control: the share of people to leave alone whatever the policy
        says, so that its effect stays known. Rules of people without a stage come last, because a
        rule without a stage fits everybody. Raises TrialError for a stage that a list does not
        have, ConfigError for a share outside [0, 1).

        >>> [rule.treatment for rule in Policy.example().to_file("2026-11-29").rules]
        ['gift', 'none']
        """
        costs = self.trial.costs().mean(axis=0)
        treatments = tuple(
            PolicyTreatment(name=arm, cost=round(float(c), 6))
            for arm, c in zip(self.trial.arms, costs, strict=True)
        )
        order = sorted(range(len(self.cells)), key=lambda c: self.cells.names["stage"][c] == "")
        return PolicyFile(
            schema_version=1,
            made=made,
            budget=self.budget,
            control=control,
            about=self._about() | (about or {}),
            treatments=treatments,
            rules=tuple(self._rule(cell) for cell in order),
        )

    def words(self) -> tuple[Words, ...]:
        """What the policy does, brings and costs, and whom a treatment harms, in sentences.

        >>> str(Policy.example().words()[0])[:29]
        'The policy treats 50% of peop'
        """
        return tuple(view("winback.targeting.words:policy_sentences")(self))

    def plot(self, ax: Any = None, *, uplift: Any = None, language: str = ENGLISH) -> Any:
        """Q(B) of policies by group; beside it, if given, that of an `uplift` model by person.

        >>> Policy.example().plot()
        BudgetDisplay()
        """
        display: Any = view("winback.targeting.displays:BudgetDisplay")
        return display.of_policy(self, uplift, ax=ax, language=language)

    def html(self, language: str = ENGLISH) -> str:
        """The policy for a page or a cell of a notebook.

        >>> "Which treatment for whom" in Policy.example().html()
        True
        """
        return str(view("winback.targeting.shown:policy")(self).html(language))

    def to_dict(self, language: str = ENGLISH) -> dict[str, Any]:
        """The policy as plain values, JSON-ready, with its sentences; a missing number is null.

        >>> Policy.example().to_dict()["treated_share"]
        0.5
        """
        ends = self.value
        rows = self.table.astype(object).where(self.table.notna(), None).to_dict("records")
        return {
            "outcome": self.trial.outcome,
            "people": len(self.trial),
            "budget": self.budget,
            "budget_for_people": self.listed,
            "treated_share": self.treated,
            "spent_a_person": self.spent,
            "gain_a_person": {"value": ends.value, "low": ends.low, "high": ends.high},
            "effects": rows,
            "curve": self.curve.table.to_dict("records"),
            "says": [in_language(words, language) for words in self.words()],
        }

    def __repr__(self) -> str:
        return f"Policy({len(self.trial):,} people, {self.trial.outcome}: {self.rules})"

    def _repr_html_(self) -> str:
        return self.html()

    def _about(self) -> dict[str, str | float]:
        """What the file says of where the policy comes from."""
        found: dict[str, str | float] = {
            "outcome": self.trial.outcome,
            "people_in_experiment": float(len(self.trial)),
            "spent_a_person": self.spent,
        }
        for name in ("value", "low", "high"):
            found[f"gain_a_person_{name}"] = getattr(self.value, name)
        return {name: x for name, x in found.items() if isinstance(x, str) or np.isfinite(x)}

    def _rule(self, cell: int) -> PolicyRule:
        row, k = self.cells.names.iloc[cell], int(self.chosen[cell])
        if row["stage"] not in ("", *STAGES):
            raise TrialError.from_stage(row["stage"], STAGES)
        known = {} if k == 0 or not self.trial.binary else self._effect(cell, k - 1)
        return PolicyRule(
            stage=row["stage"] or None,
            tier=None if pd.isna(row["tier"]) else str(row["tier"]),
            min_value=None if pd.isna(row["min_value"]) else float(row["min_value"]),
            treatment=NO_TREATMENT if k == 0 else self.trial.arms[k - 1],
            **known,
        )

    def _effect(self, cell: int, arm: int) -> dict[str, float]:
        """An effect with its interval, as shares between -1 and 1."""
        ends = {"effect": self.effects.value, "low": self.effects.low, "high": self.effects.high}
        return {name: float(np.clip(x[cell, arm], -1, 1)) for name, x in ends.items()}


def _cell(row: tuple) -> str:
    """A cell in a word or three."""
    stage, tier, value = row
    parts = [stage, "" if pd.isna(tier) else str(tier), "" if pd.isna(value) else f">={value:g}"]
    return " ".join(part for part in parts if part)
