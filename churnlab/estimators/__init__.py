"""Models: scikit-learn estimators of who leaves, what they spend and when they leave, and the dumb things that stand beside them."""

from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.hazard import ChurnHazard, load
from churnlab.estimators.regressor import LTVRegressor

__all__ = ["ChurnClassifier", "ChurnHazard", "LTVRegressor", "load"]
