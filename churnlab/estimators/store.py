"""Model files that run no code when they are loaded, and are not parsed unless their digest is right.

A folder holds model.json (what the model is, and the sha256 of its payload) and model.lgb (LightGBM's text) or model.skops
(a forest). LightGBM does not survive a corrupt text, so the digest is checked first.
"""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import skops.io

from churnlab.errors import ModelError
from churnlab.estimators import boosting

if TYPE_CHECKING:
    from churnlab.estimators.base import TreeModel

FORMAT = 2
TRUSTED = ("sklearn.tree._tree.Tree",)
_PAYLOADS = {"lightgbm": "model.lgb", "random_forest": "model.skops", "blend": "model.lgb"}
_STATE = ("calibration_", "factor_", "n_negative_", "linear_", "spread_", "btyd_", "season_", "categories_", "n_features_in_", "_seed")


def save(model: TreeModel, folder: Path) -> Path:
    """Writes the model; returns the folder."""
    name, payload = _payload(model)
    state = {k: getattr(model, k) for k in _STATE if hasattr(model, k)}
    about = {"format": FORMAT, "class": type(model).__name__, "params": _plain_params(model), "state": state,
             "feature_names": [str(n) for n in getattr(model, "feature_names_in_", ())],
             "classes": getattr(model, "classes_", np.array([])).tolist(),
             "payload": name, "sha256": hashlib.sha256(payload).hexdigest(),
             "made_with": {p: version(p) for p in ("scikit-learn", "lightgbm", "numpy", "skops")}}
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


def _plain_params(model: TreeModel) -> dict[str, Any]:
    params = {k: v.item() if isinstance(v, np.generic) else v for k, v in model.get_params().items()}
    seed = params["random_state"]
    return params | {"random_state": seed if seed is None or isinstance(seed, int) else model._seed}


def _payload(model: TreeModel) -> tuple[str, bytes]:
    if model.algorithm != "random_forest":
        return _PAYLOADS["lightgbm"], boosting.to_text(model.booster_).encode()
    return _PAYLOADS["random_forest"], skops.io.dumps(model.forest_)


def load(folder: str | Path) -> TreeModel:
    """The model of a folder; ModelError when a file is missing, changed, of another format or of an unknown kind."""
    folder = Path(folder)
    try:
        about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        if about["own_sha256"] != own_digest(about):
            raise ModelError.from_digest(str(folder / "model.json"))
        if about["format"] != FORMAT or about["payload"] != _PAYLOADS[about["params"]["algorithm"]]:
            raise KeyError(f"format {about['format']!r}, payload {about['payload']!r}")
        return _restore(_kinds()[about["class"]](**about["params"]), about, _read(folder / about["payload"], about["sha256"]))
    except ModelError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError.from_unreadable(str(folder), f"{type(error).__name__}: {error}") from error


def _kinds() -> dict[str, type[TreeModel]]:
    from churnlab.estimators.classifier import ChurnClassifier
    from churnlab.estimators.regressor import LTVRegressor

    return {"ChurnClassifier": ChurnClassifier, "LTVRegressor": LTVRegressor}


def _read(path: Path, digest: str) -> bytes:
    try:
        payload = path.read_bytes()
    except OSError as error:
        raise ModelError.from_unreadable(str(path), str(error)) from error
    if hashlib.sha256(payload).hexdigest() != digest:
        raise ModelError.from_digest(str(path))
    return payload


def _restore(model: TreeModel, about: dict[str, Any], payload: bytes) -> TreeModel:
    state = {k: about["state"][k] for k in _STATE if k in about["state"]}
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
