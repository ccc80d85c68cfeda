"""What can be judged: the target of a model, what it must be able to do, rows without peeking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sklearn.base import is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from churnlab.dataset.dataset import Dataset
from churnlab.errors import ConfigError, FrameError, HistoryError, ModelError
from churnlab.estimators.hazard import ChurnHazard
from churnlab.evaluation.contenders import LABELS, MODEL
from churnlab.model_registry.tracking import WHEN
from churnlab.schema.days import day_number, day_text, learnable

CHURNED = "churned"
LTV = "ltv"


def by_target(models: Any) -> dict[str, Any]:
    """Models by target: `churned`, `ltv` and `when` (a hazard), each checked.

    `models` is one fitted estimator, several, or a mapping by target. The kind of an estimator says
    its target: a classifier is of churn, a regressor of value, a ChurnHazard of when. Raises
    ModelError for what is not fitted or cannot be judged, ConfigError for two models of one target
    and for an unknown target.

    >>> from sklearn.dummy import DummyClassifier
    >>> by_target(DummyClassifier().fit([[0], [1]], [0, 1]))
    {'churned': DummyClassifier()}
    """
    if isinstance(models, Mapping):
        found = {str(target): model for target, model in models.items()}
    else:
        several = models if isinstance(models, list | tuple) else [models]
        targets = [target_of(model) for model in several]
        if twice := sorted({t for t in targets if targets.count(t) > 1}):
            raise ConfigError.from_twice("target", twice)
        found = dict(zip(targets, several, strict=True))
    if not found:
        raise ModelError.from_nothing_to_judge()
    for target, model in found.items():
        if target not in (CHURNED, LTV, WHEN):
            raise ConfigError.from_unknown("target", target, (CHURNED, LTV, WHEN))
        check(model, target)
    return found


def target_of(model: Any) -> str:
    """The target of an estimator, by its kind: `churned`, `ltv` or `when`.

    >>> from sklearn.dummy import DummyRegressor
    >>> target_of(DummyRegressor())
    'ltv'
    """
    if isinstance(model, ChurnHazard):
        return WHEN
    if hasattr(model, "fit") and not isinstance(model, type):
        if is_classifier(model) or hasattr(model, "predict_proba"):
            return CHURNED
        if is_regressor(model) or hasattr(model, "predict"):
            return LTV
    raise ModelError.from_no_estimator(_kind(model))


def check(model: Any, target: str) -> None:
    """Refuse a model that is of another target, not fitted, or gives no probability of churn.

    >>> from sklearn.svm import LinearSVC
    >>> check(LinearSVC().fit([[0], [1]], [0, 1]), "churned")
    Traceback (most recent call last):
    ...
    churnlab.errors.models.ModelError: LinearSVC gives no probabilities ...
    """
    kind = _kind(model)
    if target_of(model) != target and not (target == CHURNED and is_classifier(model)):
        raise ModelError.from_other_target(kind, target, target_of(model))
    if target == CHURNED and not hasattr(model, "predict_proba"):
        raise ModelError.from_no_probabilities(kind)
    try:
        check_is_fitted(model)
    except NotFittedError as error:
        raise ModelError.from_not_fitted(kind) from error
    classes = [float(c) if _is_number(c) else str(c) for c in getattr(model, "classes_", [0, 1])]
    if target == CHURNED and classes != [0, 1]:
        raise ModelError.from_other_classes(kind, classes)


def check_names(others: Mapping[str, Any]) -> None:
    """Refuse a name for a contender that is empty or one of our own.

    >>> check_names({"recency": None})
    Traceback (most recent call last):
    ...
    churnlab.errors.base.ConfigError: 'recency' is a name of our own and no contender; ...
    """
    for name in others:
        if not isinstance(name, str) or not name.strip():
            raise ConfigError.from_type("the name of a contender", name, "text that is not empty")
        if name == MODEL or name in LABELS:
            raise ConfigError.from_reserved("contender", name)


def check_no_peeking(train: Dataset, test: Dataset, targets: Iterable[str]) -> None:
    """Refuse rows that a judgement would peek at: labels of `train` that reach into `test`.

    Labels of your own do not say how far they reach: then every day of `train` has to lie before
    every day of `test`. Raises HistoryError, and FrameError for columns of `test` that `train` does
    not have, or the other way round.
    """
    for name, data in (("train", train), ("test", test)):
        if not len(data.X):
            raise HistoryError.from_no_rows(name)
    reach = max((t.window(0)[1] for t in train.targets if t.name in {*targets}), default=1)
    last, first = day_number(train.days[-1]), day_number(test.days[0])
    if not learnable(last, reach, first):
        raise HistoryError.from_learnt(day_text(first), day_text(last + reach))
    missing = [name for name in train.X if name not in test.X]
    if missing:
        raise FrameError.from_missing_columns("test", missing, test.X.columns)
    more = [name for name in test.X if name not in train.X]
    if more:
        raise FrameError.from_missing_columns("train", more, train.X.columns)


def _kind(model: Any) -> str:
    return model.__name__ if isinstance(model, type) else type(model).__name__


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
