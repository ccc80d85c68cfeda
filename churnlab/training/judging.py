"""The models of a training, judged and explained on the held-out rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from churnlab.dataset.dataset import Dataset
from churnlab.estimators.base import TreeModel
from churnlab.evaluation.contenders import MODEL, fit_baselines
from churnlab.evaluation.evaluation import Evaluation
from churnlab.evaluation.sample_size import SampleSize
from churnlab.evaluation.segments import segments
from churnlab.evaluation.timing import Timing, judge_hazard
from churnlab.explanation.explanation import Explanation, explain
from churnlab.language.sentence import Words, sentence
from churnlab.schema.progress import Say, silent
from churnlab.training.models import Fitted
from churnlab.training.preparation import SplitRows

ROWS_ON_CARD = 2000


@dataclass(frozen=True)
class Judged:
    """How well fitted models do on held-out rows: evaluations by target, `timing` of the hazard."""

    evaluations: Mapping[str, Evaluation]
    timing: Timing | None = None

    def metrics(self) -> dict[str, float]:
        """All figures, flat, for tracking."""
        flat = {name: v for e in self.evaluations.values() for name, v in e.metrics().items()}
        return flat | (self.timing.metrics() if self.timing else {})


def judge(fitted: Fitted, rows: SplitRows, say: Say = silent) -> Judged:
    """Judge each model and the hazard on the held-out rows, beside the baselines."""
    say("judging them beside the baselines")
    evaluations = evaluate_models(fitted.models, rows)
    hazard = fitted.hazard
    timing = judge_hazard(hazard, fitted.churn, rows.train, rows.test) if hazard else None
    return Judged(evaluations, timing)


def evaluate_models(models: Mapping[str, TreeModel], rows: SplitRows) -> dict[str, Evaluation]:
    """Evaluations by target, beside baselines that learn from the same rows."""
    found = {}
    for target, model in models.items():
        baselines, left_out = fit_baselines(rows.train.X, rows.train.y(target), target)
        found[target] = Evaluation.compare(
            {MODEL: model} | baselines,
            rows.test,
            target,
            segments=segments(rows.test.X, rows.test.catalogue),
            warnings=left_out,
        )
    return found


def leavers(model: TreeModel, rows: SplitRows, churn: Evaluation) -> Words:
    """How many people left and what they support, by the AUC on the held-out rows."""
    found = SampleSize.of(rows.train, churn.interval("auc").value)
    chosen = getattr(model, "chosen_", {})
    if found.enough or chosen.get("share") != 0:
        return found.words()
    return sentence(
        "{leavers}; with so few it is a line without trees, held close to the base rate",
        leavers=found.words(),
    )


def explain_sample(model: TreeModel, data: Dataset, say: Say = silent) -> Explanation:
    """A model explained on at most ROWS_ON_CARD rows, spread evenly."""
    say("explaining")
    count = min(ROWS_ON_CARD, len(data.X))
    rows = np.unique(np.linspace(0, len(data.X) - 1, count).astype(int))
    return explain(model, model.select(data.X.iloc[rows]), data.catalogue)
