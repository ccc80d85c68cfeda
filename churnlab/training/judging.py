"""The models of a training, judged and explained on the held-out rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.tree import DecisionTreeClassifier

from churnlab.dataset.dataset import Dataset
from churnlab.errors import ChurnlabError, FrameError, HistoryError, ModelError
from churnlab.estimators.base import TreeModel
from churnlab.evaluation.contenders import MODEL, fit_baselines, predict
from churnlab.evaluation.evaluation import Evaluation
from churnlab.evaluation.sample_size import SampleSize
from churnlab.evaluation.segments import segments_of
from churnlab.evaluation.timing import Timing, judge_hazard
from churnlab.explanation.explanation import Explanation, explain
from churnlab.language.sentence import Words, sentence
from churnlab.model_registry.run_facts import ChampionFacts
from churnlab.model_registry.tracking import WHEN
from churnlab.schema.progress import Say, silent, watched
from churnlab.schema.targets import Churn
from churnlab.schema.views import view
from churnlab.training.judgeable import (
    CHURNED,
    by_target,
    check,
    check_names,
    check_no_peeking,
    target_of,
)
from churnlab.training.preparation import SplitRows

ROWS_ON_CARD = 2000


@dataclass(frozen=True, eq=False)
class Judged:
    """How well fitted models do on later rows, beside baselines and other models.

    `evaluations` are by target, `timing` is that of a hazard. `models` are the judged ones by
    target, `predictions` (float64[n], for the rows of `test`) by target and contender; the model
    stands among them as `churnlab`, whatever made it. `train` and `test` are the rows. `champion`
    has today's champion on the same rows; None without one.

    >>> judged = example()
    >>> print(judged.evaluations["churned"].summary())
    AUC 1.000 [1.000, 1.000] on 40 later snapshots of 20 people; the best baseline, my rule,
    reaches 0.500.
    """

    evaluations: Mapping[str, Evaluation]
    timing: Timing | None = None
    models: Mapping[str, Any] = field(default_factory=dict)
    predictions: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=dict)
    train: Dataset | None = None
    test: Dataset | None = None
    champion: ChampionFacts | None = None

    def metrics(self) -> dict[str, float]:
        """All figures, flat, for tracking.

        >>> example().metrics()["churned_auc"]
        1.0
        """
        flat = {name: v for e in self.evaluations.values() for name, v in e.metrics().items()}
        return flat | (self.timing.metrics() if self.timing else {})

    def __repr__(self) -> str:
        said = (f"{target}: {found.summary()}" for target, found in self.evaluations.items())
        return f"Judged({' '.join(said)})"

    def _repr_html_(self) -> str:
        return str(view("training.shown:judged")(self).html())


def judge(
    model: Any,
    train: Dataset,
    test: Dataset,
    *,
    others: Mapping[str, Any] | None = None,
    say: Say = silent,
    progress: bool | None = None,
) -> Judged:
    """Judge fitted models on later rows, beside the baselines, which learn from `train`.

    - `model`: a model of ours or any fitted classifier or regressor in scikit-learn's manner; or
      several, as a list, or by target: `{"churned": classifier, "ltv": regressor}`. A classifier is
      of `churned`, a regressor of `ltv`, a ChurnHazard of `when`, which needs one of `churned`.
    - `train`, `test`: the two sides of `Dataset.split`, with labels. Estimators take the columns
      that they were fitted on from `test.X` by name, or all of them.
    - `others`: more fitted estimators, by any names; each stands beside the model of its target.

    Raises ModelError for an estimator that is not fitted or gives no probabilities, FrameError for
    columns or labels that are not there, HistoryError where labels of `train` reach into `test` or
    a side has one class only, ConfigError for a name that is taken.

    >>> judged = example()
    >>> judged.evaluations["churned"].table["contender"].unique().tolist()
    ['churnlab', 'my rule', 'base_rate']
    """
    say("judging them beside the baselines")
    models = by_target(model)
    beside = _beside(others or {}, models)
    check_no_peeking(train, test, models)
    with watched(progress):
        rows = {t: _judged(t, m, beside, train, test) for t, m in models.items() if t != WHEN}
        timing = _timing(models, train, test)
    evaluations = {target: found for target, (found, _) in rows.items()}
    predictions = {target: said for target, (_, said) in rows.items()}
    return Judged(evaluations, timing, models, predictions, train, test)


def evaluate_models(models: Mapping[str, TreeModel], rows: SplitRows) -> dict[str, Evaluation]:
    """Evaluations by target, beside baselines that learn from the same rows."""
    return {t: _judged(t, model, {}, rows.train, rows.test)[0] for t, model in models.items()}


def _beside(others: Mapping[str, Any], models: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The other estimators by target and name."""
    check_names(others)
    found: dict[str, dict[str, Any]] = {}
    for name, model in others.items():
        target = target_of(model)
        check(model, target)
        if target not in models or target == WHEN:
            raise ModelError.from_nothing_beside(name, target, models)
        found.setdefault(target, {})[name] = model
    return found


def _judged(
    target: str,
    model: Any,
    beside: Mapping[str, Mapping[str, Any]],
    train: Dataset,
    test: Dataset,
) -> tuple[Evaluation, dict[str, np.ndarray]]:
    """The evaluation of a model of one target, and what each contender predicts."""
    learnt, truth = train.y(target), test.y(target)
    _check_labels(target, learnt, truth)
    baselines, left_out = fit_baselines(train.X, learnt, target)
    contenders = {MODEL: model, **beside.get(target, {}), **baselines}
    said = {name: _predict(one, test.X) for name, one in contenders.items()}
    groups = segments_of(test)
    return Evaluation.on(said, test, target, segments=groups, warnings=left_out), said


def _predict(model: Any, X: pd.DataFrame) -> np.ndarray:
    """What an estimator predicts; a complaint of another library's in one line."""
    try:
        return predict(model, X)
    except ChurnlabError:
        raise
    except (TypeError, ValueError) as error:
        raise ModelError.from_no_prediction(type(model).__name__, str(error)) from error


def _check_labels(target: str, learnt: pd.Series, truth: pd.Series) -> None:
    """Refuse labels that are missing, or of one class where two are to be told apart."""
    for labels in (learnt, truth):
        if missing := int(labels.isna().sum()):
            raise FrameError.from_missing_labels(missing, len(labels))
        if target == CHURNED and labels.nunique() < 2:
            raise HistoryError.from_one_class(target, labels.iloc[0], len(labels))


def _timing(models: Mapping[str, Any], train: Dataset, test: Dataset) -> Timing | None:
    """How far the hazard is right, if there is one; its curves begin at the risk of churn."""
    if WHEN not in models:
        return None
    if CHURNED not in models:
        raise ModelError.from_hazard_alone()
    return judge_hazard(models[WHEN], models[CHURNED], train, test)


def leavers(model: Any, train: Dataset, churn: Evaluation) -> Words:
    """How many people left and what they support, by the AUC on the held-out rows."""
    found = SampleSize.of(train, churn.interval("auc").value)
    chosen = getattr(model, "chosen_", {})
    if found.enough or chosen.get("share") != 0:
        return found.words()
    return sentence(
        "{leavers}; with so few it is a line without trees, held close to the base rate",
        leavers=found.words(),
    )


def explain_sample(model: TreeModel, data: Dataset, say: Say = silent) -> Explanation:
    """A model explained on at most ROWS_ON_CARD rows, spread evenly."""
    say("explaining")
    count = min(ROWS_ON_CARD, len(data.X))
    rows = np.unique(np.linspace(0, len(data.X) - 1, count).astype(int))
    return explain(model, data.take(rows))


def example() -> Judged:
    """A judged rule on made-up rows of 20 people, on which the methods can be tried.

    >>> sorted(example().predictions["churned"])
    ['base_rate', 'churnlab', 'my rule']
    """
    days = pd.to_datetime(["2026-01-01", "2026-01-15", "2026-03-01", "2026-03-15"])
    index = pd.MultiIndex.from_product([range(20), days], names=["user_id", "snapshot"])
    visits = np.arange(80.0) // 4
    data = Dataset(
        pd.DataFrame({"visits": visits}, index),
        pd.DataFrame({"churned": (visits < 8).astype(np.float64)}, index),
        pd.DataFrame({"name": ["visits"], "builder": ["Visits"]}),
        (Churn(30),),
    )
    train, test = data.split("2026-03-01")
    y = train.y("churned")
    rule = DummyClassifier().fit(train.X, y)
    model = DecisionTreeClassifier(max_depth=1, random_state=0).fit(train.X, y)
    return judge(model, train, test, others={"my rule": rule})
