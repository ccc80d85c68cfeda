"""Refitting: a fitted model learns again from other rows, with everything as it was chosen."""

from __future__ import annotations

from typing import Any, Self

from sklearn.base import clone

from churnlab.errors import ModelError
from churnlab.estimators.learners import as_fitted, weights
from churnlab.estimators.learners.weights import Counted


class Refits:
    """Base class of estimators that can be fitted again as they were judged.

    A subclass defines `_learn`, which fits it, and has `chosen_` after it.
    """

    chosen_: dict[str, Any]

    def refit(
        self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None, time: Any = None
    ) -> Self:
        """A new model of the same kind, learnt from X and y with all that this model chose.

        As chosen stay: the number and size of the trees, the shares of a blend, whether snapshots
        have effects of their own, the slope and shift of the calibration, the factor of totals and
        the errors that intervals are made of. Trees, lines and the effects themselves are learnt
        from the new rows. There are no inner folds, so that it takes a fraction of a fit.

        This model stays as it is. It is judged on rows that it has not seen; the new one can then
        learn from these rows too. Nothing says how well the new one does: the figures belong to
        this model.

        X has the columns of this model's fit, in their order; the other arguments and errors are
        those of `fit`. ModelError for a model that an older version saved without what it chose.

        >>> import numpy as np
        >>> import pandas as pd
        >>> import churnlab as cl
        >>> X = pd.DataFrame({"visits": np.arange(80.0) % 40})
        >>> y = X["visits"] < 15
        >>> judged = cl.ChurnClassifier("lightgbm").fit(X[:40], y[:40])
        >>> served = judged.refit(X, y)
        >>> served.chosen_ == judged.chosen_, served.calibration_ == judged.calibration_
        (True, True)
        """
        as_fitted.check(self)
        if not hasattr(self, "chosen_"):
            raise ModelError.from_nothing_chosen(type(self).__name__)
        given = weights.counted(X, y, groups, time, sample_weight)
        again: Self = clone(self)
        return again._learn(given, self)

    def _learn(self, given: Counted, judged: Self | None) -> Self:
        """This model, fitted on the rows; as `judged` was, if that is given."""
        raise NotImplementedError
