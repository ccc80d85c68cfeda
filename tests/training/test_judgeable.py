"""What can be judged: models by target, what they must be able to do, rows without peeking."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from churnlab.dataset.dataset import Dataset
from churnlab.errors import ChurnlabError, ConfigError, FrameError, HistoryError, ModelError
from churnlab.estimators.hazard import ChurnHazard
from churnlab.schema.targets import Churn, LifetimeValue
from churnlab.training.judgeable import (
    by_target,
    check,
    check_names,
    check_no_peeking,
    target_of,
)

X = np.array([[0.0], [1.0]])


def a_dataset(days: list[str], columns: tuple[str, ...] = ("a",), horizon: int = 30) -> Dataset:
    index = pd.MultiIndex.from_product([range(3), pd.to_datetime(days)])
    index.names = ["user_id", "snapshot"]
    frame = pd.DataFrame(dict.fromkeys(columns, 0.0), index)
    labels = pd.DataFrame({"churned": 0.0, "ltv": 1.0}, index)
    targets = (Churn(horizon), LifetimeValue(horizon + 60))
    return Dataset(frame, labels, pd.DataFrame({"name": list(columns)}), targets)


def test_the_kind_of_an_estimator_says_its_target() -> None:
    churn, value = DummyClassifier().fit(X, [0, 1]), DummyRegressor().fit(X, [3.0, 4.0])
    assert by_target(churn) == {"churned": churn}
    assert by_target([value, churn]) == {"ltv": value, "churned": churn}
    assert by_target({"churned": churn}) == {"churned": churn}
    assert target_of(ChurnHazard()) == "when"


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        ([], ModelError, "no model was given"),
        ("a model", ModelError, "str is no fitted classifier or regressor"),
        (DummyClassifier, ModelError, "DummyClassifier is no fitted classifier"),
        (LogisticRegression(), ModelError, "LogisticRegression is not fitted; call fit("),
        (LinearSVC().fit(X, [0, 1]), ModelError, "CalibratedClassifierCV(LinearSVC(…))"),
        (LogisticRegression().fit(X, [1, 2]), ModelError, "on the classes 1.0, 2.0; fit it on 0"),
        (LogisticRegression().fit(X, ["no", "yes"]), ModelError, "on the classes no, yes"),
        ([DummyClassifier().fit(X, [0, 1])] * 2, ConfigError, "target named twice: churned"),
        ({"churn": DummyClassifier()}, ConfigError, "unknown target 'churn'"),
        ({"churned": DummyRegressor().fit(X, [1, 2])}, ModelError, "give it as 'ltv'"),
        ({"ltv": DummyClassifier().fit(X, [0, 1])}, ModelError, "give it as 'churned'"),
    ],
)
def test_a_model_that_cannot_be_judged_is_refused_in_one_line(
    given: Any, kind: type[ChurnlabError], said: str
) -> None:
    with pytest.raises(kind) as refused:
        by_target(given)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_labels_of_truth_values_are_those_of_churn() -> None:
    check(DummyClassifier().fit(X, [False, True]), "churned")


@pytest.mark.parametrize("name", ["", "  ", 7])
def test_a_contender_has_a_name(name: Any) -> None:
    with pytest.raises(ConfigError, match="the name of a contender is"):
        check_names({name: None})


@pytest.mark.parametrize("name", ["churnlab", "base_rate", "recency"])
def test_names_of_the_model_and_of_baselines_are_taken(name: str) -> None:
    with pytest.raises(ConfigError, match="is a name of our own"):
        check_names({name: None})


def test_labels_may_end_on_the_first_day_of_the_test_and_not_later() -> None:
    train = a_dataset(["2026-01-01", "2026-02-01"])
    check_no_peeking(train, a_dataset(["2026-03-03"]), ["churned"])
    with pytest.raises(HistoryError, match="snapshots at 2026-03-02 overlap .* from 2026-03-03 on"):
        check_no_peeking(train, a_dataset(["2026-03-02"]), ["churned"])
    with pytest.raises(HistoryError, match="from 2026-05-02 on"):  # the value's window is longer
        check_no_peeking(train, a_dataset(["2026-03-03"]), ["churned", "ltv"])


def test_labels_of_unknown_reach_need_later_days() -> None:
    plain = Dataset(a_dataset(["2026-01-01"]).X, pd.DataFrame(), pd.DataFrame())
    check_no_peeking(plain, a_dataset(["2026-01-02"]), ["churned"])
    with pytest.raises(HistoryError, match="from 2026-01-02 on"):
        check_no_peeking(plain, a_dataset(["2026-01-01"]), ["churned"])


def test_both_sides_have_rows_and_the_same_columns() -> None:
    train, test = a_dataset(["2026-01-01"]), a_dataset(["2026-05-01"])
    wide = a_dataset(["2026-05-01"], ("a", "ab"))
    with pytest.raises(HistoryError, match="test has no row"):
        check_no_peeking(train, test.take(np.zeros(0, int)), ["churned"])
    with pytest.raises(FrameError, match="train lacks 1 column.*'ab'; did you mean 'a'"):
        check_no_peeking(train, wide, ["churned"])
    with pytest.raises(FrameError, match="test lacks 1 column"):
        check_no_peeking(a_dataset(["2026-01-01"], ("a", "ab")), test, ["churned"])
