"""Whether an estimator still has the parameters that it was fitted with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted


def note(estimator: Any, names: Iterable[str]) -> None:
    """Keep, in `fitted_as_`, the parameters that decide what fit leaves behind.

    >>> from churnlab.estimators.classifier import ChurnClassifier
    >>> model = ChurnClassifier()
    >>> note(model, ["algorithm"])
    >>> model.fitted_as_
    {'algorithm': 'blend'}
    """
    estimator.fitted_as_ = {name: getattr(estimator, name) for name in names}


def forget(estimator: Any) -> None:
    """Make the estimator one that is not fitted, until a fit ends well and calls `note`.

    >>> from churnlab.estimators.classifier import ChurnClassifier
    >>> model = ChurnClassifier()
    >>> note(model, ["algorithm"])
    >>> forget(model)
    >>> hasattr(model, "fitted_as_")
    False
    """
    estimator.__dict__.pop("fitted_as_", None)


def check(estimator: Any) -> None:
    """NotFittedError unless the estimator was fitted with the parameters that it has now.

    Parameters that only steer a fit, such as n_estimators, may change; the fitted model stays.

    >>> from churnlab.estimators.classifier import ChurnClassifier
    >>> model = ChurnClassifier()
    >>> note(model, ["algorithm"])
    >>> check(model.set_params(algorithm="lightgbm"))
    Traceback (most recent call last):
    sklearn.exceptions.NotFittedError: ChurnClassifier was fitted with algorithm='blend' and has
    algorithm='lightgbm' now; set it back, or call fit again
    """
    check_is_fitted(estimator, "fitted_as_")
    for name, then in estimator.fitted_as_.items():
        now = getattr(estimator, name)
        if now != then:
            raise NotFittedError(
                f"{type(estimator).__name__} was fitted with {name}={then!r} and has "
                f"{name}={now!r} now; set it back, or call fit again"
            )
