"""Scores and reasons of some people: from features and a run's models, on any engine.

A part of the people can be scored alone, and workers of Spark score with the same objects. These
travel as model files, which run no code when they are loaded.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Self, TypeAlias

import numpy as np
import pandas as pd

from churnlab.config.tables import Config
from churnlab.estimators.base import TreeModel
from churnlab.estimators.hazard import ChurnHazard, Model
from churnlab.estimators.loading import load
from churnlab.evaluation.contenders import predict
from churnlab.explanation.explanation import explain
from churnlab.model_registry.tracking import TrainedRun
from churnlab.schema.days import day_number, day_text
from churnlab.schema.targets import TimeToChurn

ROWS_WITH_REASONS = {"blend": 20_000, "lightgbm": 20_000, "random_forest": 500}
REASONS = ("reason_1", "reason_2", "reason_3")
COLUMNS = (
    "user_id",
    "risk",
    "when",
    "ltv",
    "value_at_risk",
    *REASONS,
    "as_of",
    "model_version",
)
_RISK_DIGITS = 9
_MONEY_DIGITS = 6
Packed: TypeAlias = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Scorer:
    """Scores rows of features on the morning of the day `as_of`, like 2026-03-04.

    `time_to_churn` is the target that the hazard was learnt from; both are None without a hazard.
    """

    models: Mapping[str, TreeModel]
    as_of: str
    version: str
    hazard: ChurnHazard | None = None
    time_to_churn: TimeToChurn | None = None

    @classmethod
    def of(cls, trained: TrainedRun, config: Config, day: int) -> Self:
        """The scorer of a run; `config` is as the run was trained."""
        hazard = trained.hazard
        leaving = config.time_to_churn(hazard.weeks) if hazard else None
        return cls(trained.models, day_text(day), trained.facts.version, hazard, leaving)

    def __call__(self, X: pd.DataFrame) -> pd.DataFrame:
        """The columns of the list, without reasons, of each row of X, in its order.

        ltv and value_at_risk are missing without a value model.
        """
        risk = np.round(predict(self.models["churned"], X), _RISK_DIGITS)
        value = self.models.get("ltv")
        missing = np.full(len(X), np.nan)
        ltv = missing if value is None else np.round(predict(value, X), _MONEY_DIGITS)
        frame = pd.DataFrame(
            {
                "user_id": X.index.get_level_values("user_id"),
                "risk": risk,
                "ltv": ltv,
                "value_at_risk": np.round(risk * ltv, _MONEY_DIGITS),
            }
        )
        when = self.when(X, frame["risk"])
        return frame.assign(when=when, as_of=self.as_of, model_version=self.version)

    def when(self, X: pd.DataFrame, risk: pd.Series) -> pd.Series:
        """The day, as text, by which each row has more likely left than not.

        Empty when that is later than the curve reaches, or without a hazard. The curve begins at
        the row's risk, so that it is the first possible day where the risk is one half or more.
        """
        if self.hazard is None or self.time_to_churn is None:
            return pd.Series("", index=risk.index, dtype="str")
        weeks = self.hazard.predict_when(X, risk.to_numpy())
        day = day_number(self.as_of)
        left_by = {w: self.time_to_churn.left_by(day, int(w)) for w in weeks.dropna().unique()}
        texts = weeks.map({w: day_text(left) for w, left in left_by.items()})
        return pd.Series(texts.astype(object).fillna("").to_numpy(), index=risk.index, dtype="str")

    def __reduce__(self) -> Any:
        models = tuple((target, pack(model)) for target, model in self.models.items())
        hazard = pack(self.hazard) if self.hazard else None
        return _unpacked_scorer, (models, self.as_of, self.version, hazard, self.time_to_churn)


@dataclass(frozen=True)
class Explainer:
    """Gives the reasons of rows of features; `catalogue` has the words of each feature."""

    model: TreeModel
    catalogue: pd.DataFrame

    @classmethod
    def of(cls, trained: TrainedRun) -> Self:
        """The explainer of a run's churn model."""
        return cls(trained.models["churned"], trained.catalogue)

    @property
    def most(self) -> int:
        """How many rows of a list get reasons, from the highest risk down."""
        return ROWS_WITH_REASONS[self.model.algorithm]

    def __call__(self, X: pd.DataFrame) -> pd.DataFrame:
        """user_id and the REASONS of each row of X, in its order."""
        found = explain(self.model, self.model.select(X), self.catalogue).reasons(len(REASONS))
        return found.assign(user_id=X.index.get_level_values("user_id")).reset_index(drop=True)

    def __reduce__(self) -> Any:
        return _unpacked_explainer, (pack(self.model), self.catalogue)


def pack(model: Model) -> Packed:
    """A model as the names and bytes of its files."""
    with tempfile.TemporaryDirectory(prefix="churnlab-") as folder:
        model.save(folder)
        return tuple((file.name, file.read_bytes()) for file in sorted(Path(folder).iterdir()))


@lru_cache(maxsize=8)
def unpack(packed: Packed) -> Any:
    """The model of packed files, on one thread; loaded once a process."""
    with tempfile.TemporaryDirectory(prefix="churnlab-") as folder:
        for name, data in packed:
            (Path(folder) / name).write_bytes(data)
        return load(folder).set_params(n_jobs=1)


def _unpacked_scorer(
    models: tuple[tuple[str, Packed], ...],
    as_of: str,
    version: str,
    hazard: Packed | None,
    time_to_churn: TimeToChurn | None,
) -> Scorer:
    unpacked = {target: unpack(packed) for target, packed in models}
    return Scorer(unpacked, as_of, version, unpack(hazard) if hazard else None, time_to_churn)


def _unpacked_explainer(model: Packed, catalogue: pd.DataFrame) -> Explainer:
    return Explainer(unpack(model), catalogue)
