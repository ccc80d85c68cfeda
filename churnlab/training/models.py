"""The models of a training: fitted or tuned, and the version that identifies them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from churnlab.config.tables import Config
from churnlab.dataset.dataset import Dataset
from churnlab.estimators.base import TreeModel
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.hazard import ChurnHazard, Model
from churnlab.estimators.regressor import LTVRegressor
from churnlab.model_registry.tracking import WHEN
from churnlab.schema.files import scratch_folder
from churnlab.schema.progress import Say, silent
from churnlab.training.preparation import reach_of
from churnlab.training.tuning import Tuned, tune

TARGETS = ("churned", "ltv")


@dataclass(frozen=True)
class Fitted:
    """The models of a training: one for each target, and the `hazard` that says when people leave.

    `version` identifies them and the rows that they learnt from; `tuned` says what tuning found,
    by target.
    """

    models: Mapping[str, TreeModel]
    hazard: ChurnHazard | None
    version: str
    tuned: Mapping[str, Tuned] = field(default_factory=dict)

    @property
    def churn(self) -> TreeModel:
        """The model of churn."""
        return self.models["churned"]

    @property
    def named(self) -> dict[str, Model]:
        """All models by name: churned, ltv and when, as far as there are."""
        return {**self.models, **({WHEN: self.hazard} if self.hazard else {})}


def fit(config: Config, data: Dataset, say: Say = silent) -> Fitted:
    """Models of all targets that `data` has labels of, tuned if the configuration asks for it."""
    say("fitting models")
    tuned = _tune(config, data, say)
    models = {target: found.model for target, found in tuned.items()} or _fit(config, data)
    hazard = fit_hazard(config, data)
    fitted = Fitted(models, hazard, "", tuned)
    return replace(fitted, version=version_of(fitted.named, data))


def new_model(target: str, config: Config) -> TreeModel:
    """The estimator of a target, not fitted."""
    kind = ChurnClassifier if target == "churned" else LTVRegressor
    given = config.model
    return kind(given.algorithm, random_state=given.seed, n_jobs=given.n_jobs)


def fit_hazard(config: Config, data: Dataset) -> ChurnHazard | None:
    """The hazard, learnt by LightGBM from the labels of TimeToChurn; None without these labels."""
    if "leaves_week" not in data.labels:
        return None
    learner = ChurnClassifier("lightgbm", random_state=config.model.seed)
    hazard = ChurnHazard(config.model.when_weeks, learner=learner, n_jobs=config.model.n_jobs)
    return hazard.fit(data.X, data.labels)


def _labelled(data: Dataset) -> list[str]:
    return [target for target in TARGETS if target in data.labels]


def _fit(config: Config, data: Dataset) -> dict[str, TreeModel]:
    """A model of each target, with the default settings."""
    return {t: new_model(t, config).fit(data.X, data.y(t)) for t in _labelled(data)}


def _tune(config: Config, data: Dataset, say: Say) -> dict[str, Tuned]:
    """A model of each target with the best of `[model] tune` settings; empty where that is 0."""
    if not config.model.tune:
        return {}
    found = {}
    for target in _labelled(data):
        say(f"tuning {target}")
        found[target] = tune(
            new_model(target, config),
            data.X,
            data.y(target),
            trials=config.model.tune,
            purge=reach_of(tuple(t for t in data.targets if t.name == target)),
        )
    return found


def version_of(models: Mapping[str, Model], *data: Dataset) -> str:
    """Twelve hexadecimal digits of the models' files and of what they learnt from.

    The same training gives the same version.
    """
    digest = hashlib.sha256("".join(rows.digest for rows in data).encode())
    for target in sorted(models):
        with scratch_folder() as folder:
            models[target].save(folder)
            for file in sorted(folder.glob("model.*")):
                digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
