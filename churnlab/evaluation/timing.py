"""When people leave: the hazard of a training, and how far it was right on later snapshots."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from churnlab.dataset.dataset import Dataset
from churnlab.estimators.base import TreeModel
from churnlab.estimators.hazard import FEWEST_AT_RISK, ChurnHazard, survival
from churnlab.evaluation.contenders import predict


@dataclass(frozen=True)
class Timing:
    """What a hazard said of later snapshots, all of them observed for `weeks` weeks: the shares predicted and observed to have left by then, and
    the mean squared error (lower is better) of the predicted probability and of one curve for everybody, the observed one of the training."""

    weeks: int
    rows: int
    predicted: float
    observed: float
    brier: float
    brier_base_rate: float

    def metrics(self) -> dict[str, float]:
        """The figures, flat, for tracking."""
        return {
            "when_weeks": float(self.weeks),
            "when_rows": float(self.rows),
            "when_left_predicted": self.predicted,
            "when_left_observed": self.observed,
            "when_brier": self.brier,
            "when_brier_base_rate": self.brier_base_rate,
        }

    def sentence(self) -> str:
        """The same in words, for the card."""
        return (
            f"It also says by which day they have more likely left than not. Of {self.rows:,} judged snapshots {self.predicted:.1%} were "
            f"expected to have left after {self.weeks} weeks and {self.observed:.1%} had; the squared error is {self.brier:.3f}, with one curve "
            f"for everybody {self.brier_base_rate:.3f}."
        )


def judge_hazard(hazard: ChurnHazard, churn: TreeModel, train: Dataset, test: Dataset) -> Timing:
    """The curve that begins at the risk of the churn model, judged at the last week that at least 20 later snapshots were seen to reach."""
    usual, known = survival(train.labels), test.labels["known_weeks"].to_numpy()
    weeks = [
        w
        for w in range(min(hazard.weeks_, len(usual) - 1) + 1)
        if (known > w).sum() >= FEWEST_AT_RISK
    ]
    week = weeks[-1] if weeks else 0
    rows = np.flatnonzero(known > week)
    X, gone = (
        test.X.iloc[rows],
        (test.labels["leaves_week"].to_numpy()[rows] <= week).astype(np.float64),
    )
    left = 1 - hazard.predict_curve(X, predict(churn, X))[week].to_numpy()
    return Timing(
        week,
        len(rows),
        float(left.mean()),
        float(gone.mean()),
        float(np.mean((left - gone) ** 2)),
        float(np.mean((1 - usual[week] - gone) ** 2)),
    )
