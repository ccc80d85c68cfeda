"""Model files that run no code when they are loaded, and are not parsed unless their digest is right.

A folder holds model.json (what the model is, and the sha256 of its payload) and model.lgb (LightGBM's text) or model.skops
(a forest). LightGBM does not survive a corrupt text, so the digest is checked first.
"""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import skops.io

from churnlab.estimators.learners import boosting

FORMAT = 2
TRUSTED = ("sklearn.tree._tree.Tree",)
PAYLOADS = {"lightgbm": "model.lgb", "random_forest": "model.skops", "blend": "model.lgb"}
STATE = (
    "calibration_",
    "factor_",
    "n_negative_",
    "linear_",
    "spread_",
    "btyd_",
    "season_",
    "categories_",
    "n_features_in_",
    "_seed",
)


class Saved(Protocol):
    """A fitted model that can be written: LightGBM's text or a forest beside its parameters."""

    algorithm: str
    booster_: Any
    forest_: Any
    _seed: int

    def get_params(self) -> dict[str, Any]:
        """The parameters of the constructor."""


def save(model: Saved, folder: Path) -> Path:
    """Writes the model; returns the folder."""
    name, payload = _payload(model)
    state = {k: getattr(model, k) for k in STATE if hasattr(model, k)}
    about = {
        "format": FORMAT,
        "class": type(model).__name__,
        "params": _plain_params(model),
        "state": state,
        "feature_names": [str(n) for n in getattr(model, "feature_names_in_", ())],
        "classes": getattr(model, "classes_", np.array([])).tolist(),
        "payload": name,
        "sha256": hashlib.sha256(payload).hexdigest(),
        "made_with": {p: version(p) for p in ("scikit-learn", "lightgbm", "numpy", "skops")},
    }
    about["own_sha256"] = own_digest(about)
    text = json.dumps(about, indent=1, sort_keys=True) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(payload)
    (folder / "model.json").write_text(text, encoding="utf-8")
    return folder


def own_digest(about: dict[str, Any]) -> str:
    """sha256 of the description itself, without that field."""
    text = json.dumps({k: v for k, v in about.items() if k != "own_sha256"}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain_params(model: Saved) -> dict[str, Any]:
    params = {
        k: v.item() if isinstance(v, np.generic) else v for k, v in model.get_params().items()
    }
    seed = params["random_state"]
    return params | {"random_state": seed if seed is None or isinstance(seed, int) else model._seed}


def _payload(model: Saved) -> tuple[str, bytes]:
    if model.algorithm != "random_forest":
        return PAYLOADS["lightgbm"], boosting.to_text(model.booster_).encode()
    return PAYLOADS["random_forest"], skops.io.dumps(model.forest_)


def file_digest(path: Path) -> str:
    """sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
