"""Uplift: who gains most from which treatment, and whether that can be known at all.

Nobody is judged by a model that learnt from them. People are put into folds; the people of a fold
are ranked by a model of *earlier* folds only, so that each fold is a new experiment for the models
before it (S. Wager, 2024, Sequential validation of treatment heterogeneity, arXiv 2405.05534).
With the usual cross-fitting, where each fold is ranked by a model of all others, the folds depend
on one another, and 95% intervals of RATE held the truth 82% of the time where there was nothing to
find (experiments/winback_policy).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd

from churnlab.errors import ConfigError, TrialError
from churnlab.evaluation.corrected import holm
from churnlab.language.catalogues import ENGLISH
from churnlab.schema.progress import bar
from churnlab.schema.views import view
from churnlab.winback.experiments.experiment import Experiment
from churnlab.winback.targeting.budget import BudgetCurve
from churnlab.winback.targeting.gain import auuc, gain_table, qini
from churnlab.winback.targeting.learners import (
    Learner,
    Learnt,
    Outcomes,
    TwoModel,
    UpliftLearner,
    folds_of,
    unseen_scores,
)
from churnlab.winback.targeting.rate import Rate, Sample, Weighting, places, rate
from churnlab.winback.targeting.trial import Trial

FOLDS = 5
WEIGHTINGS: tuple[Weighting, ...] = ("autoc", "qini")


@dataclass(frozen=True, eq=False)
class Uplift:
    """Effects learnt from an experiment, and how well they rank people who were held out.

    - trial: the experiment; X: what was known of each person, one row each.
    - fold: int64[n]; the people of fold 0 only ever teach.
    - scores: doubly robust scores of each treatment's effect, float64[n, k], from outcome models
      without the person.
    - effect: the effect that a model of earlier folds expects, float64[n, k]; NaN in fold 0.
    - model: what was learnt from everybody, for people to come.

    Effects have the sign of `Trial`: for churn P(churn untreated) - P(churn treated).

    >>> Uplift.example().rates["arm"].tolist()
    ['gift', 'gift']
    """

    trial: Trial
    X: pd.DataFrame
    fold: np.ndarray
    scores: np.ndarray
    effect: np.ndarray
    model: Learnt
    draws: int = field(default=200, repr=False)
    seed: int = field(default=0, repr=False)

    @classmethod
    def fit(
        cls,
        trial: Trial,
        X: pd.DataFrame,
        learner: UpliftLearner | None = None,
        *,
        folds: int = FOLDS,
        seed: int = 0,
    ) -> Self:
        """Learn effects, and hold people out to judge them.

        X: one row a person of the trial, numbers and categories, missing where not known; text is
        taken as categories. learner: `Learner()`, or anything with its `fit`. folds: at least 2.

        Raises TrialError for other numbers of rows and for folds that leave an arm without people,
        ConfigError for fewer than 2 folds, FrameError for columns that are no numbers.

        >>> chance = np.random.default_rng(0)
        >>> X = pd.DataFrame({"visits": np.arange(1000.0)})
        >>> w = chance.choice(["none", "gift"], 1000)
        >>> kept = chance.random(1000) < 0.3 + 0.5 * ((w == "gift") & (X["visits"] < 400))
        >>> found = Uplift.fit(Trial.checked(kept, w), X, Learner(n_estimators=20), folds=3)
        >>> found.rate("gift").something_to_target
        True
        """
        _check(trial, X, folds)
        X = as_features(X)
        chosen = Learner(seed=seed) if learner is None else learner
        fold = folds_of(trial, folds, seed)
        scoring = chosen if isinstance(chosen, Learner) else Learner(seed=seed)
        with bar("learning whom to treat", folds + 1) as step:
            scores = unseen_scores(X, trial, scoring, fold)
            step(1)
            effect = np.full(scores.shape, np.nan)
            for one in range(1, folds):
                learn, held_out = np.flatnonzero(fold < one), np.flatnonzero(fold == one)
                model = chosen.fit(X.iloc[learn], trial.take(learn))
                effect[held_out] = model.effects(X.iloc[held_out])
                step(1)
            model = chosen.fit(X, trial)
        return cls(trial, X, fold, scores, effect, model, seed=seed)

    @classmethod
    def of_experiment(
        cls,
        experiment: Experiment,
        outcome: str,
        learner: UpliftLearner | None = None,
        *,
        cost: Mapping[str, float] | None = None,
        seed: int = 0,
    ) -> Self:
        """Effects on one outcome of an experiment, learnt from its features, else from what was
        known before. Other arguments and errors are those of `Experiment.trial` and `fit`.

        >>> table = pd.DataFrame({"user_id": range(400), "treatment": ["none", "gift"] * 200})
        >>> table["visits"], table["kept"] = range(400), [0, 1, 1, 1] * 100
        >>> made = Experiment.from_frame(table, ["kept"], known=["visits"])
        >>> quick = Learner("two_model", n_estimators=5, outcome_trees=5)
        >>> Uplift.of_experiment(made, "kept", quick).trial.outcome
        'kept'
        """
        trial = experiment.trial(outcome, cost)
        return cls.fit(trial, known_of(experiment, trial), learner, seed=seed)

    @classmethod
    def example(cls) -> Self:
        """A made-up uplift model of 400 people, for examples: a gift helps the first half.

        >>> len(Uplift.example().trial)
        400
        """
        people, helped = np.arange(400), np.arange(400) < 200
        gift = people % 2 == 1
        kept = np.where(gift, helped | (people % 4 == 1), people % 4 == 0).astype(np.float64)
        arms = np.where(gift, "gift", "none")
        trial = Trial.checked(kept, arms, cost={"gift": 2.0})
        score = np.where(gift, 1.0, -1.0) * 2 * (kept - 0.5)
        effect = np.where(helped, 0.5, 0.0)[:, None]
        model = TwoModel(Outcomes((0.5, 0.7)))
        X = pd.DataFrame({"visits": people.astype(np.float64)})
        return cls(trial, X, people // 2 % 5, score[:, None], effect, model)

    @property
    def judged(self) -> np.ndarray:
        """Whether each person was held out and ranked, bool[n]."""
        return self.fold > 0

    @property
    def sample(self) -> Sample:
        """How the people who were held out are resampled."""
        mine = self.judged
        return Sample(self.fold[mine], self.trial.cluster[mine], self.draws, self.seed)

    def arm(self, name: str) -> int:
        """The place of a treatment; ConfigError for an unknown one.

        >>> Uplift.example().arm("gift")
        0
        """
        if name not in self.trial.arms:
            raise ConfigError.from_unknown("treatment", name, self.trial.arms)
        return self.trial.arms.index(name)

    def predict(self, X: pd.DataFrame) -> pd.DataFrame:
        """The effect expected of each treatment for new people: a column an arm.

        >>> found = Uplift.example()
        >>> found.predict(found.X.head(2)).round(2).to_dict("list")
        {'gift': [0.2, 0.2]}
        """
        found = self.model.effects(as_features(X))
        return pd.DataFrame(found, X.index, list(self.trial.arms))

    def rate(self, arm: str, weighting: Weighting = "autoc") -> Rate:
        """RATE of ranking people by the effect expected of one treatment, against nothing.

        >>> Uplift.example().rate("gift").something_to_target
        True
        """
        mine, k = self.judged, self.arm(arm)
        return rate(self.scores[mine, k], self.effect[mine, k], weighting, self.sample)

    @cached_property
    def rates(self) -> pd.DataFrame:
        """RATE of each treatment: arm, weighting, value, error, low, high, p and p_holm.

        p_holm is corrected for the number of treatments, for each weighting alone (S. Holm, 1979).
        """
        rows = []
        for weighting in WEIGHTINGS:
            found = {arm: self.rate(arm, weighting) for arm in self.trial.arms}
            p = np.array([one.p_value for one in found.values()])
            for (arm, one), corrected in zip(found.items(), holm(p), strict=True):
                ends = one.interval
                row: dict[str, Any] = {"arm": arm, "weighting": weighting, "value": one.value}
                row |= {"error": one.error, "low": ends.low, "high": ends.high}
                rows.append(row | {"p": one.p_value, "p_holm": corrected})
        return pd.DataFrame(rows)

    def gain(self, arm: str) -> pd.DataFrame:
        """The gain curve of one treatment on people held out: `gain.gain_table`.

        >>> Uplift.example().gain("gift")["people"].tolist()[-1]
        320
        """
        mine, k = self.judged, self.arm(arm)
        cost = None if self.trial.cost is None else self.trial.cost[mine, k]
        return gain_table(self.scores[mine, k], self.effect[mine, k], cost, self.sample)

    def qini(self, arm: str) -> float:
        """Radcliffe's Qini coefficient of one treatment on people held out: `gain.qini`.

        People are put side by side by their place within the fold.

        >>> Uplift.example().qini("gift") > 0
        True
        """
        return qini(*self._of_arm(arm))

    def auuc(self, arm: str) -> float:
        """The area under the uplift curve of one treatment on people held out: `gain.auuc`.

        >>> Uplift.example().auuc("gift") > 0
        True
        """
        return auuc(*self._of_arm(arm))

    def curve(self, budgets: np.ndarray | list[float] | None = None) -> BudgetCurve:
        """Q(B) of the rule that gives each person the treatment with the best expected effect for
        its cost, on people held out. TrialError without costs, ConfigError for negative budgets.

        >>> Uplift.example().curve([0.5, 1.0]).at(1.0).value > 0
        True
        """
        mine, costs = self.judged, self.trial.costs()
        return BudgetCurve.of(
            self.effect[mine], costs[mine], self.scores[mine], budgets=budgets, sample=self.sample
        )

    def plot(self, ax: Any = None, *, language: str = ENGLISH) -> Any:
        """The targeting curve of each treatment: how much more those ranked first gain than all.

        >>> Uplift.example().plot()
        TocDisplay()
        """
        display: Any = view("winback.targeting.displays:TocDisplay")
        return display.of(self, ax=ax, language=language)

    def html(self, language: str = ENGLISH) -> str:
        """What there is to target, for a page or a cell of a notebook.

        >>> "Is there anything to target?" in Uplift.example().html()
        True
        """
        return str(view("winback.targeting.shown:uplift")(self).html(language))

    def __repr__(self) -> str:
        arms = ", ".join(self.trial.arms)
        return f"Uplift({len(self.trial):,} people, {self.trial.outcome}: {arms})"

    def _repr_html_(self) -> str:
        return self.html()

    def _of_arm(self, arm: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Outcomes, who was treated, priority and chance of those held out of an arm or none."""
        k, trial = self.arm(arm), self.trial
        mine = np.flatnonzero(self.judged & np.isin(trial.w, (0, k + 1)))
        place = places(self.effect[mine, k], self.fold[mine])
        return trial.y[mine], trial.w[mine] > 0, -place, trial.p[mine, trial.w[mine]]


def people_of(experiment: Experiment, trial: Trial) -> np.ndarray:
    """Whether each person of an experiment is in its trial, bool[n]: small arms are left out."""
    return (experiment.arm == 0) | np.isin(np.array(experiment.arms)[experiment.arm], trial.arms)


def known_of(experiment: Experiment, trial: Trial) -> pd.DataFrame:
    """What was known of the people of a trial: the features, else what was known before."""
    X = experiment.known if experiment.X is None else experiment.X
    return as_features(X[people_of(experiment, trial)])


def as_features(X: pd.DataFrame) -> pd.DataFrame:
    """X with a plain index, text as categories and truth values as numbers.

    >>> as_features(pd.DataFrame({"city": ["a", "b"]}, index=[7, 8])).dtypes.tolist()
    [CategoricalDtype(categories=['a', 'b'], ordered=False, categories_dtype=str)]
    """
    found = X.reset_index(drop=True)
    for name in found.columns:
        kind = found[name].dtype
        if pd.api.types.is_bool_dtype(kind):
            found[name] = found[name].astype(np.float64)
        elif pd.api.types.is_object_dtype(kind) or pd.api.types.is_string_dtype(kind):
            found[name] = found[name].astype("category")
    return found


def _check(trial: Trial, X: pd.DataFrame, folds: int) -> None:
    if len(X) != len(trial):
        raise TrialError.from_length("X", len(X), len(trial))
    if folds < 2:
        raise ConfigError.from_range("folds", folds, "at least 2")
    if min(trial.people.values()) < folds:
        raise TrialError.from_few_people(len(trial), folds)
