"""Model folders, read back."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import skops.io
from sklearn.base import clone

from churnlab.errors import ModelError
from churnlab.estimators import hazard
from churnlab.estimators.base import TreeModel
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.hazard import FILE, ChurnHazard
from churnlab.estimators.learners import boosting
from churnlab.estimators.regressor import LTVRegressor
from churnlab.estimators.saving import FORMAT, PAYLOADS, STATE, TRUSTED, file_digest, own_digest

KINDS: dict[str, type[TreeModel]] = {
    "ChurnClassifier": ChurnClassifier,
    "LTVRegressor": LTVRegressor,
}


def load(folder: str | Path) -> Any:
    """The model of a folder, a ChurnHazard or one of the others; ModelError when a file is missing, changed or of another format."""
    folder = Path(folder)
    if not (folder / FILE).exists():
        return load_trees(folder)
    try:
        about = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if about["own_sha256"] != own_digest(about) or about["learner_sha256"] != file_digest(
            folder / "model.json"
        ):
            raise ModelError.from_digest(str(folder / FILE))
        if about["format"] != hazard.FORMAT:
            raise KeyError(f"format {about['format']!r}")
        learner: Any = load_trees(folder)
        model = ChurnHazard(
            about["weeks"],
            learner=clone(learner),
            max_rows=about["max_rows"],
            most=about["most"],
            n_jobs=learner.n_jobs,
        )
        model.model_, model.weeks_ = learner, int(about["weeks_"])
        return model
    except ModelError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError.from_unreadable(str(folder), f"{type(error).__name__}: {error}") from error


def load_trees(folder: str | Path) -> TreeModel:
    """The model of a folder; ModelError when a file is missing, changed, of another format or of an unknown kind."""
    folder = Path(folder)
    try:
        about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        if about["own_sha256"] != own_digest(about):
            raise ModelError.from_digest(str(folder / "model.json"))
        if about["format"] != FORMAT or about["payload"] != PAYLOADS[about["params"]["algorithm"]]:
            raise KeyError(f"format {about['format']!r}, payload {about['payload']!r}")
        return _restore(
            KINDS[about["class"]](**about["params"]),
            about,
            _read(folder / about["payload"], about["sha256"]),
        )
    except ModelError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError.from_unreadable(str(folder), f"{type(error).__name__}: {error}") from error


def _read(path: Path, digest: str) -> bytes:
    try:
        payload = path.read_bytes()
    except OSError as error:
        raise ModelError.from_unreadable(str(path), str(error)) from error
    if hashlib.sha256(payload).hexdigest() != digest:
        raise ModelError.from_digest(str(path))
    return payload


def _restore(model: TreeModel, about: dict[str, Any], payload: bytes) -> TreeModel:
    state = {k: about["state"][k] for k in STATE if k in about["state"]}
    if "calibration_" in state:
        state["calibration_"] = tuple(state["calibration_"])
    if about["feature_names"]:
        state["feature_names_in_"] = np.array(about["feature_names"], dtype=object)
    if about["classes"]:
        state["classes_"] = np.array(about["classes"])
    if about["payload"] == "model.lgb":
        return model._restore(state | {"booster_": boosting.from_text(payload.decode())})
    return model._restore(state | {"forest_": _forest(payload)})


def _forest(payload: bytes) -> Any:
    """The forest; only types of our own list are trusted, whatever the file asks for."""
    unknown = [t for t in skops.io.get_untrusted_types(data=payload) if t not in TRUSTED]
    if unknown:
        raise ModelError.from_untrusted(unknown)
    return skops.io.loads(payload, trusted=list(TRUSTED))
