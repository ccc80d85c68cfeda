"""When people leave: how far the hazard of a training was right on later snapshots."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from churnlab.dataset.dataset import Dataset
from churnlab.estimators.base import TreeModel
from churnlab.estimators.hazard import FEWEST_AT_RISK, ChurnHazard, survival
from churnlab.evaluation.contenders import predict
from churnlab.language.sentence import Sentence, sentence


@dataclass(frozen=True)
class Timing:
    """How far a hazard was right on later snapshots, all of them observed for `weeks` weeks.

    `predicted` and `observed` are the shares of the `rows` that had left by then. `brier` is the
    mean squared error of the predicted probabilities, `brier_base_rate` that of one curve for
    everybody, the one observed in training; lower is better.
    """

    weeks: int
    rows: int
    predicted: float
    observed: float
    brier: float
    brier_base_rate: float

    def metrics(self) -> dict[str, float]:
        """The figures, flat, for tracking.

        >>> Timing(12, 900, 0.31, 0.29, 0.15, 0.2).metrics()["when_weeks"]
        12.0
        """
        return {
            "when_weeks": float(self.weeks),
            "when_rows": float(self.rows),
            "when_left_predicted": self.predicted,
            "when_left_observed": self.observed,
            "when_brier": self.brier,
            "when_brier_base_rate": self.brier_base_rate,
        }

    def sentence(self) -> Sentence:
        """The figures in words, for the card.

        >>> print(Timing(12, 900, 0.31, 0.29, 0.15, 0.2).sentence())
        It also estimates who leaves in later weeks. Of 900 later snapshots 31.0% were predicted to
        churn at once or within 12 weeks, and 29.0% did. Mean squared error 0.150; one curve for
        everybody has 0.200.
        """
        if not self.weeks:
            return sentence(
                "It also estimates who leaves in later weeks. That could not be tested: the log "
                "ends before a later week is over."
            )
        return sentence(
            "It also estimates who leaves in later weeks. Of {rows:,} later snapshots "
            "{predicted:.1%} were predicted to churn at once or within {weeks:week|weeks}, and "
            "{observed:.1%} did. "
            "Mean squared error {brier:.3f}; one curve for everybody has "
            "{brier_base_rate:.3f}.",
            rows=self.rows,
            predicted=self.predicted,
            weeks=self.weeks,
            observed=self.observed,
            brier=self.brier,
            brier_base_rate=self.brier_base_rate,
        )


def judge_hazard(hazard: ChurnHazard, churn: TreeModel, train: Dataset, test: Dataset) -> Timing:
    """The timing of curves that begin at the risk of the churn model.

    They are judged at the last week that at least 20 later snapshots were observed to reach; week 0
    is the risk of the churn model itself.
    """
    usual = survival(train.labels)
    known = test.labels["known_weeks"].to_numpy()
    reached = range(min(hazard.weeks_, len(usual) - 1) + 1)
    week = max((w for w in reached if (known > w).sum() >= FEWEST_AT_RISK), default=0)
    rows = np.flatnonzero(known > week)
    X = test.X.iloc[rows]
    gone = (test.labels["leaves_week"].to_numpy()[rows] <= week).astype(np.float64)
    left = 1 - hazard.predict_curve(X, predict(churn, X))[week].to_numpy()
    return Timing(
        weeks=week,
        rows=len(rows),
        predicted=float(left.mean()),
        observed=float(gone.mean()),
        brier=float(np.mean((left - gone) ** 2)),
        brier_base_rate=float(np.mean((1 - usual[week] - gone) ** 2)),
    )
