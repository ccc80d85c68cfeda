"""scikit-learn's own checks over every estimator, with no undeclared failure."""

from __future__ import annotations

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.regressor import LTVRegressor

ESTIMATORS = [
    kind(algorithm=a, n_estimators=n, n_jobs=1)
    for kind in (ChurnClassifier, LTVRegressor)
    for a, n in (("blend", 20), ("lightgbm", None), ("random_forest", 20))
]


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(ESTIMATORS)
def test_scikit_learn_finds_nothing_to_complain_of(estimator, check) -> None:  # type: ignore[no-untyped-def]
    check(estimator)
