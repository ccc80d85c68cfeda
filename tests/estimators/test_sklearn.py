"""scikit-learn's own checks of every estimator; under the repository's rule a warning is an error."""

from __future__ import annotations

from typing import Any

from sklearn.utils.estimator_checks import parametrize_with_checks

from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.regressor import LTVRegressor

ESTIMATORS = [
    kind(algorithm=algorithm, n_estimators=trees, n_jobs=1)
    for kind in (ChurnClassifier, LTVRegressor)
    for algorithm, trees in (("blend", 20), ("lightgbm", None), ("random_forest", 20))
]


@parametrize_with_checks(ESTIMATORS)
def test_scikit_learns_checks_pass(estimator: Any, check: Any) -> None:
    check(estimator)
