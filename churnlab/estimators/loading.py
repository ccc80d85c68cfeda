"""Reading of model folders: digests first, then the files, which run no code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone

from churnlab.errors import ModelError
from churnlab.estimators.base import TreeModel
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.hazard import ChurnHazard
from churnlab.estimators.learners import as_fitted, boosting
from churnlab.estimators.regressor import LTVRegressor
from churnlab.estimators.saving import (
    HAZARD_FILE,
    HAZARD_FORMAT,
    MODEL_FILE,
    MODEL_FORMATS,
    STATE,
    TREES_FILE,
    digest,
    own_digest,
)

_FILES = (MODEL_FILE, TREES_FILE, HAZARD_FILE)
MODEL_CLASSES: dict[str, type[TreeModel]] = {
    "ChurnClassifier": ChurnClassifier,
    "LTVRegressor": LTVRegressor,
}


def load(folder: str | Path) -> Any:
    """The fitted model of a folder: a ChurnClassifier, an LTVRegressor or a ChurnHazard.

    ModelError when a file is missing, was changed or added, or has another format, such as a
    forest of scikit-learn's trees that an older version saved.

    >>> import tempfile
    >>> import churnlab as cl
    >>> X = np.arange(40.0)[:, None]
    >>> model = cl.ChurnClassifier("lightgbm", n_estimators=5).fit(X, X[:, 0] < 15)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = load(model.save(folder))
    >>> bool((again.predict_proba(X) == model.predict_proba(X)).all())
    True
    """
    folder = Path(folder)
    if not (folder / HAZARD_FILE).exists():
        return _load_model(folder)
    with _unreadable_is_model_error(folder):
        return _load_hazard(folder)


def _check_files(folder: Path) -> None:
    """Raise ModelError for a file that no model has, and for a link in a file's place."""
    for path in sorted(folder.iterdir()):
        if path.name not in _FILES or path.is_symlink() or not path.is_file():
            raise ModelError.from_extra_file(path.name, str(folder))


@contextmanager
def _unreadable_is_model_error(folder: Path) -> Iterator[None]:
    """Raises ModelError for every error that a damaged folder can cause."""
    try:
        yield
    except ModelError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError.from_unreadable(str(folder), f"{type(error).__name__}: {error}") from error


def _load_hazard(folder: Path) -> ChurnHazard:
    described = _description(folder / HAZARD_FILE)
    if described["learner_sha256"] != digest((folder / MODEL_FILE).read_bytes()):
        raise ModelError.from_digest(str(folder / HAZARD_FILE))
    if described["format"] != HAZARD_FORMAT:
        raise KeyError(f"format {described['format']!r}")
    learner: Any = _load_model(folder)
    model = ChurnHazard(
        described["weeks"],
        learner=clone(learner),
        max_rows=described["max_rows"],
        most=described["most"],
        n_jobs=learner.n_jobs,
    )
    model.model_ = learner
    model.weeks_ = int(described["weeks_"])
    as_fitted.note(model, ["weeks"])
    return model


def _load_model(folder: Path) -> TreeModel:
    with _unreadable_is_model_error(folder):
        described = _description(folder / MODEL_FILE)
        _check_format(folder, described)
        _check_files(folder)
        model = MODEL_CLASSES[described["class"]](**described["params"])
        for name, value in _fitted_attributes(described).items():
            setattr(model, name, value)
        as_fitted.note(model, model.structure)
        trees = _checked_bytes(folder / described["payload"], described["sha256"])
        model.booster_ = boosting.from_text(trees.decode())
        return model


def _check_format(folder: Path, described: dict[str, Any]) -> None:
    algorithm, format_ = described["params"]["algorithm"], described["format"]
    known = MODEL_FORMATS[algorithm]
    if format_ in range(1, known):
        raise ModelError.from_older_model(str(folder), algorithm, format_, known)
    if format_ != known or described["payload"] != TREES_FILE:
        raise KeyError(f"format {format_!r}, payload {described['payload']!r}")


def _description(path: Path) -> dict[str, Any]:
    """A description file as a dict; ModelError when it was changed."""
    described: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if described["own_sha256"] != own_digest(described):
        raise ModelError.from_digest(str(path))
    return described


def _checked_bytes(path: Path, sha256: str) -> bytes:
    """The bytes of a file; ModelError when it is missing or was changed."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError.from_unreadable(str(path), str(error)) from error
    if digest(content) != sha256:
        raise ModelError.from_digest(str(path))
    return content


def _fitted_attributes(described: dict[str, Any]) -> dict[str, Any]:
    """The fitted attributes besides the trees, by name."""
    state = {k: described["state"][k] for k in STATE if k in described["state"]}
    if "calibration_" in state:
        state["calibration_"] = tuple(state["calibration_"])
    if described["feature_names"]:
        state["feature_names_in_"] = np.array(described["feature_names"], dtype=object)
    if described["classes"]:
        state["classes_"] = np.array(described["classes"])
    return state
