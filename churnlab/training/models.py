"""The models of a training: fitted, tuned, judged, explained, numbered."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from churnlab.config.tables import Config
from churnlab.dataset.dataset import Dataset
from churnlab.estimators.base import TreeModel
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.hazard import ChurnHazard, Model
from churnlab.estimators.regressor import LTVRegressor
from churnlab.evaluation.contenders import MODEL, fit_baselines
from churnlab.evaluation.evaluation import Evaluation
from churnlab.evaluation.segments import segments
from churnlab.explanation.explanation import Explanation, explain
from churnlab.schema.progress import Say, silent
from churnlab.training.preparation import (
    Prepared,
)
from churnlab.training.tuning import Tuned, tune

EXPLAINED_ROWS = {"blend": 2000, "lightgbm": 2000, "random_forest": 200}


def new_model(target: str, config: Config) -> TreeModel:
    """The estimator of a target, not fitted."""
    kind = ChurnClassifier if target == "churned" else LTVRegressor
    return kind(algorithm=config.model.algorithm, random_state=config.model.seed)


def fit(data: Dataset, config: Config) -> dict[str, TreeModel]:
    """A model for every target."""
    return {
        target: new_model(target, config).fit(data.X, data.y(target))
        for target in ("churned", "ltv")
        if target in data.labels
    }


def fit_hazard(data: Dataset, config: Config) -> ChurnHazard | None:
    """When people leave, learnt by LightGBM from the labels of TimeToChurn; None where there are none."""
    if "leaves_week" not in data.labels:
        return None
    learner = ChurnClassifier("lightgbm", random_state=config.model.seed)
    return ChurnHazard(config.model.when_weeks, learner=learner).fit(data.X, data.labels)


def tune_all(data: Dataset, config: Config, say: Say = silent) -> dict[str, Tuned]:
    """Every target's model with the best of `[model] tune` settings; none where that is 0."""
    reach, out = {t.name: t.window(0)[1] for t in data.targets}, {}
    for target in ("churned", "ltv") if config.model.tune else ():
        if target in data.labels:
            say(f"tuning {target}")
            model, X, y = new_model(target, config), data.X, data.y(target)
            out[target] = tune(
                model, X, y, trials=config.model.tune, purge=reach[target], seed=config.model.seed
            )
    return out


def judge(models: Mapping[str, TreeModel], ready: Prepared) -> dict[str, Evaluation]:
    """Each model beside the dumb things, which learn from the same rows."""
    out = {}
    for target, model in models.items():
        beside, left_out = fit_baselines(ready.train.X, ready.train.y(target), target)
        out[target] = Evaluation.compare(
            {MODEL: model} | beside,
            ready.test,
            target,
            segments=segments(ready.test.X),
            warnings=left_out,
        )
    return out


def explain_sample(model: TreeModel, data: Dataset) -> Explanation:
    """The model explained on at most 2,000 held-out rows (200 for a forest), spread evenly."""
    most = EXPLAINED_ROWS[model.algorithm]
    rows = np.unique(np.linspace(0, len(data.X) - 1, min(most, len(data.X))).astype(int))
    return explain(model, model.select(data.X.iloc[rows]), data.catalogue)


def version_of(models: Mapping[str, Model], data: Dataset) -> str:
    """Twelve digits of what the models are and what they learnt from; the same training gives the same version."""
    digest = hashlib.sha256(data.digest.encode())
    for target in sorted(models):
        with tempfile.TemporaryDirectory() as folder:
            models[target].save(folder)
            for file in sorted(Path(folder).glob("model.*")):
                digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
