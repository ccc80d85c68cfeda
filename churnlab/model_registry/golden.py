"""Golden batch: made-up rows and the scores that they had in training.

After loading, a model must give these scores again. So models that were made with other versions of
the libraries are used where this changes nothing, and refused where it does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from churnlab.errors import ModelError
from churnlab.estimators.hazard import Model
from churnlab.estimators.learners.times import SNAPSHOT
from churnlab.served import Served

GOLDEN = "golden.json"
TOLERANCE = 1e-9
LIBRARIES = ("scikit-learn", "lightgbm", "numpy", "pandas", "scipy")
_ROWS = 16
_NUMBERS = (0.0, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, 34.0, 55.0, 89.0, 233.0)  # counts, too


def made_up_rows(model: Model, rows: int = _ROWS) -> pd.DataFrame:
    """Made-up rows for a model, no person's: numbers of many sizes, categories, missing values.

    A model that learnt a season gets a column `snapshot` of ISO text.

    >>> from churnlab.estimators.classifier import ChurnClassifier
    >>> X = pd.DataFrame({"visits": np.arange(40.0)})
    >>> model = ChurnClassifier("lightgbm", n_estimators=5).fit(X, X["visits"] < 15)
    >>> made_up_rows(model, 4)["visits"].tolist()
    [nan, 1.0, 2.0, 3.0]
    """
    names = [str(name) for name in model.feature_names_in_]
    columns = {n: _column(model.categories_.get(n), i, rows) for i, n in enumerate(names)}
    if model.needs_time_:
        columns[SNAPSHOT] = [f"2026-{1 + i % 12:02d}-01" for i in range(rows)]
    return pd.DataFrame(columns)


def golden_text(models: Mapping[str, Model]) -> str:
    """The golden batch of models by name, as JSON: versions of libraries, rows and scores.

    >>> json.loads(golden_text({}))["models"]
    {}
    """
    batches = {name: _batch(model) for name, model in models.items()}
    return json.dumps({"versions": _versions(), "models": batches}, indent=1, allow_nan=False)


def check_golden(content: bytes, models: Mapping[str, Model], run: str) -> None:
    """Raise ModelError where a loaded model does not give the scores that it had in training.

    `content` is what `golden_text` gave; `models` are by the same names. A score may differ by
    TOLERANCE, or by that share of it where it is more than 1.

    >>> check_golden(golden_text({}).encode(), {}, "run 1")
    """
    golden = json.loads(content)
    for name, model in models.items():
        batch = golden["models"][name]
        wanted = np.array(batch["scores"], dtype=np.float64)
        given = np.asarray(Served(model).predict(_frame(batch["rows"])), dtype=np.float64)
        worst = _largest_difference(wanted, given)
        if not worst <= TOLERANCE:
            now, then = _versions(), golden["versions"]
            changed = [f"{k} {then.get(k)} -> {v}" for k, v in now.items() if then.get(k) != v]
            raise ModelError.from_other_scores(name, run, worst, changed)


def _largest_difference(wanted: np.ndarray, given: np.ndarray) -> float:
    """The largest difference, relative for scores above 1; infinite where one alone is missing."""
    if wanted.shape != given.shape or (np.isnan(wanted) != np.isnan(given)).any():
        return float("inf")
    size = np.maximum(np.abs(wanted), 1.0)
    return float(np.nanmax(np.abs(wanted - given) / size, initial=0.0))


def _batch(model: Model) -> dict[str, Any]:
    rows = made_up_rows(model)
    plain = {name: _plain(rows[name]) for name in rows}
    scores = np.asarray(Served(model).predict(_frame(plain)), dtype=object)
    scores[pd.isna(scores)] = None
    return {"rows": plain, "scores": scores.tolist()}


def _frame(rows: Mapping[str, list[Any]]) -> pd.DataFrame:
    """The rows as they are in the file; a column of numbers is of floats."""
    texts = {name: any(isinstance(value, str) for value in rows[name]) for name in rows}
    return pd.DataFrame({n: v if texts[n] else np.array(v, float) for n, v in rows.items()})


def _plain(column: pd.Series) -> list[Any]:
    return [None if pd.isna(value) else value for value in column.tolist()]


def _column(categories: Any, place: int, rows: int) -> list[Any]:
    """A column: its categories or the numbers in turn; each column misses another row's value."""
    values = list(categories) if categories else list(_NUMBERS)
    missing = (place * 7) % max(rows, 1)
    return [None if i == missing else values[i % len(values)] for i in range(rows)]


def _versions() -> dict[str, str]:
    return {library: version(library) for library in LIBRARIES}
