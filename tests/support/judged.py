"""Models judged by hand: a rule by days since last seen, and a value that rises row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from churnlab.dataset.dataset import Dataset
from churnlab.estimators import baselines
from churnlab.evaluation.evaluation import Evaluation
from churnlab.evaluation.segments import segments
from churnlab.evaluation.timing import Timing
from churnlab.training.judging import Judged


class ByRecency:
    """A churn model: the longer away, the riskier."""

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        away = X[baselines.LAST].to_numpy(np.float64)
        risk = away / (away.max() + 1)
        return np.column_stack([1 - risk, risk])


def judged_by_hand(train: Dataset, test: Dataset, timing: Timing | None = None) -> Judged:
    """Both targets of some rows, judged beside a constant."""
    model, n = ByRecency(), len(test.X)
    risk = model.predict_proba(test.X)[:, 1]
    said: dict[str, dict[str, np.ndarray]] = {
        "churned": {"churnlab": risk, "base_rate": np.full(n, 0.3)},
        "ltv": {"churnlab": np.linspace(1, 30, n), "zero": np.zeros(n)},
    }
    evaluations = {
        target: Evaluation.on(p, test, target, draws=5, segments=segments(test.X))
        for target, p in said.items()
    }
    models: dict[str, Any] = {"churned": model}
    return Judged(evaluations, timing, models, said, train, test)
