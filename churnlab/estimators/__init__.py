"""Models: two scikit-learn estimators, and the dumb things that stand beside them."""

from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.regressor import LTVRegressor
from churnlab.estimators.store import load

__all__ = ["ChurnClassifier", "LTVRegressor", "load"]
