"""What is said of a person: risk, value and reasons, from features and models; by rows, so that any part of the people can be scored alone."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from churnlab.estimators.base import TreeModel
from churnlab.estimators.loading import load
from churnlab.estimators.hazard import ChurnHazard, Model
from churnlab.evaluation.contenders import predict
from churnlab.explanation.explanation import explain
from churnlab.schema.days import day_number, day_text
from churnlab.schema.targets import TimeToChurn

EXPLAINED = {"blend": 20_000, "lightgbm": 20_000, "random_forest": 500}
COLUMNS = (
    "user_id",
    "risk",
    "when",
    "ltv",
    "value_at_risk",
    "reason_1",
    "reason_2",
    "reason_3",
    "as_of",
    "model_version",
)
REASONS = ("reason_1", "reason_2", "reason_3")
Packed: TypeAlias = tuple[tuple[str, bytes], ...]


def scores(models: Mapping[str, TreeModel], X: pd.DataFrame) -> pd.DataFrame:
    """user_id, risk, ltv and value_at_risk of each row of X, in its order; ltv is missing without a value model."""
    risk, value = np.round(predict(models["churned"], X), 9), models.get("ltv")
    ltv = np.full(len(X), np.nan) if value is None else np.round(predict(value, X), 6)
    return pd.DataFrame(
        {
            "user_id": X.index.get_level_values("user_id"),
            "risk": risk,
            "ltv": ltv,
            "value_at_risk": np.round(risk * ltv, 6),
        }
    )


def when(
    hazard: ChurnHazard | None,
    target: TimeToChurn | None,
    X: pd.DataFrame,
    risk: pd.Series,
    as_of: str,
) -> pd.Series:
    """The day by which each row of X has more likely left than not, as text; empty when that is later than the curve reaches, or there is no hazard.

    The curve begins at the row's risk, so that it is the first possible day where the risk is one half or more.
    """
    if hazard is None or target is None:
        return pd.Series("", index=risk.index, dtype="str")
    weeks, day = hazard.predict_when(X, risk.to_numpy()), day_number(as_of)
    texts = {week: day_text(target.left_by(day, int(week))) for week in weeks.dropna().unique()}
    return pd.Series(
        weeks.map(texts).astype(object).fillna("").to_numpy(), index=risk.index, dtype="str"
    )


def reasons(model: TreeModel, X: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    """The three reasons of each row of X."""
    return explain(model, model.select(X), catalogue).reasons(len(REASONS))


def pack(model: Model) -> Packed:
    """A model as the bytes of its files, which run no code when loaded."""
    with tempfile.TemporaryDirectory(prefix="churnlab-") as folder:
        model.save(folder)
        return tuple((file.name, file.read_bytes()) for file in sorted(Path(folder).iterdir()))


@lru_cache(maxsize=8)
def unpack(packed: Packed) -> Any:
    """The model again, on one thread; loaded once a process."""
    with tempfile.TemporaryDirectory(prefix="churnlab-") as folder:
        for name, data in packed:
            (Path(folder) / name).write_bytes(data)
        return load(folder).set_params(n_jobs=1)


@dataclass(frozen=True)
class Scores:
    """`scores` and `when` that travel: the models packed."""

    models: tuple[tuple[str, Packed], ...]
    as_of: str
    version: str
    hazard: Packed | None = None
    leaving: TimeToChurn | None = None

    def __call__(self, X: pd.DataFrame) -> pd.DataFrame:
        """The scores, when, the day and the version."""
        frame = scores({target: unpack(packed) for target, packed in self.models}, X)
        said = when(
            unpack(self.hazard) if self.hazard else None, self.leaving, X, frame["risk"], self.as_of
        )
        return frame.assign(when=said, as_of=self.as_of, model_version=self.version)


@dataclass(frozen=True)
class Reasons:
    """`reasons` that travels: the model packed."""

    model: Packed
    catalogue: pd.DataFrame

    def __call__(self, X: pd.DataFrame) -> pd.DataFrame:
        """The reasons beside user_id."""
        found = reasons(unpack(self.model), X, self.catalogue)
        return found.assign(user_id=X.index.get_level_values("user_id")).reset_index(drop=True)
