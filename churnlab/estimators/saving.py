"""Writing of model folders.

A folder holds model.json, which describes the model, and model.lgb, its trees as LightGBM's text. A
hazard adds hazard.json. No file holds code. Each description holds the
sha256 of the file that it describes, and of itself: `loading.load` checks them before it parses
anything, because a corrupt text crashes LightGBM.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from churnlab.estimators.learners import boosting
from churnlab.schema.files import publish, write_text

MODEL_FILE = "model.json"
MODEL_FORMATS = {"lightgbm": 2, "blend": 2, "random_forest": 3}
HAZARD_FILE = "hazard.json"
HAZARD_FORMAT = 1
TREES_FILE = "model.lgb"
STATE = (
    "calibration_",
    "factor_",
    "n_negative_",
    "linear_",
    "spread_",
    "btyd_",
    "season_",
    "chosen_",
    "categories_",
    "n_features_in_",
    "_seed",
)
_LIBRARIES = ("scikit-learn", "lightgbm", "numpy")


class SavableModel(Protocol):
    """A fitted TreeModel, as far as `save` reads it; base.py imports this module."""

    algorithm: str
    booster_: Any
    _seed: int

    def get_params(self) -> dict[str, Any]:
        """The arguments of the constructor."""


def save(model: SavableModel, folder: Path) -> Path:
    """The folder, after a fitted model was written to it."""
    trees = boosting.to_text(model.booster_).encode()
    about = {
        "format": MODEL_FORMATS[model.algorithm],
        "class": type(model).__name__,
        "params": _json_params(model),
        "state": {k: getattr(model, k) for k in STATE if hasattr(model, k)},
        "feature_names": [str(n) for n in getattr(model, "feature_names_in_", ())],
        "classes": getattr(model, "classes_", np.array([])).tolist(),
        "payload": TREES_FILE,
        "sha256": digest(trees),
        "made_with": {library: version(library) for library in _LIBRARIES},
    }
    text = _signed(about)
    publish(
        {
            folder / TREES_FILE: lambda file: file.write(trees),
            folder / MODEL_FILE: lambda file: file.write(text.encode()),
        }
    )
    return folder


def save_hazard(folder: Path, facts: Mapping[str, Any]) -> Path:
    """The folder, after hazard.json was written beside the files of the hazard's classifier.

    `facts` holds the parameters and the fitted numbers of the hazard as plain JSON values.
    """
    learner = digest((folder / MODEL_FILE).read_bytes())
    about = {"format": HAZARD_FORMAT, "learner_sha256": learner, **facts}
    write_text(folder / HAZARD_FILE, _signed(about))
    return folder


def own_digest(about: Mapping[str, Any]) -> str:
    """sha256 of a description without its field own_sha256, which holds this digest."""
    text = json.dumps({k: v for k, v in about.items() if k != "own_sha256"}, sort_keys=True)
    return digest(text.encode())


def digest(content: bytes) -> str:
    """sha256 of some bytes, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def _signed(about: dict[str, Any]) -> str:
    """The description with its own digest, as JSON text."""
    signed = about | {"own_sha256": own_digest(about)}
    return json.dumps(signed, indent=1, sort_keys=True) + "\n"


def _json_params(model: SavableModel) -> dict[str, Any]:
    """Constructor arguments as plain JSON values; a random generator becomes its seed."""
    params = {
        k: v.item() if isinstance(v, np.generic) else v for k, v in model.get_params().items()
    }
    seed = params["random_state"]
    return params | {"random_state": seed if seed is None or isinstance(seed, int) else model._seed}
