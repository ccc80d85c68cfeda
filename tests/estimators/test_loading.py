"""Reading of model folders: the same predictions, and a refusal of every changed file."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from support.made_models import (
    TREE_MODELS,
    VALUE_KINDS,
    fitted_on_mixed,
    fitted_on_shop,
    known_shop,
    mixed,
    predicted,
)

from churnlab.errors import ModelError
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.loading import load
from churnlab.estimators.saving import own_digest

MIXED, _, _ = mixed()
SHOP, _, _ = known_shop()


@pytest.mark.parametrize(("kind", "algorithm"), TREE_MODELS)
def test_a_saved_model_scores_the_same_and_a_changed_file_is_refused(
    kind: type, algorithm: str, tmp_path: Path
) -> None:
    model = fitted_on_mixed(kind, algorithm)
    model.save(tmp_path)
    np.testing.assert_array_equal(predicted(load(tmp_path), MIXED), predicted(model, MIXED))
    payload = tmp_path / "model.lgb"
    whole = payload.read_bytes()
    for place in np.random.default_rng(0).integers(0, len(whole), 25):
        payload.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ModelError, match="sha256 differs"):
            load(tmp_path)
    payload.unlink()
    with pytest.raises(ModelError, match="no model can be read"):
        load(tmp_path)


def test_a_model_file_cannot_bring_code_or_leave_its_folder(tmp_path: Path) -> None:
    fitted_on_mixed(ChurnClassifier, "random_forest").save(tmp_path)
    about = json.loads((tmp_path / "model.json").read_text())
    (tmp_path / "bad.pkl").write_bytes(pickle.dumps(print))
    for change in (
        {"payload": "../model.lgb"},
        {"payload": "bad.pkl"},
        {"class": "Popen"},
        {"format": 99},
        {"state": 3},
        {"format": 4},
        {"format": 2.5},
        {"format": None},
        {"params": {"algorithm": "lightgbm"}},
    ):
        changed = about | change
        (tmp_path / "model.json").write_text(
            json.dumps(changed | {"own_sha256": own_digest(changed)})
        )
        with pytest.raises(ModelError, match="no model can be read"):
            load(tmp_path)
    (tmp_path / "model.json").write_text(
        json.dumps(about | {"state": about["state"] | {"calibration_": [-1, 3]}})
    )
    with pytest.raises(ModelError, match="sha256 differs"):
        load(tmp_path)
    (tmp_path / "model.json").write_text("{")
    with pytest.raises(ModelError, match="no model can be read"):
        load(tmp_path)


def test_a_forest_of_an_older_version_is_refused_in_one_line(tmp_path: Path) -> None:
    fitted_on_mixed(ChurnClassifier, "random_forest").save(tmp_path)
    (tmp_path / "model.lgb").rename(tmp_path / "model.skops")
    about = json.loads((tmp_path / "model.json").read_text())
    older = about | {"format": 2, "payload": "model.skops"}
    (tmp_path / "model.json").write_text(json.dumps(older | {"own_sha256": own_digest(older)}))
    with pytest.raises(
        ModelError,
        match="a random_forest, was saved by an older churnlab .format 2, this one reads 3",
    ):
        load(tmp_path)


@pytest.mark.parametrize(("algorithm", "objective"), VALUE_KINDS)
def test_saved_models_predict_the_same_bits(algorithm: str, objective: str, tmp_path: Path) -> None:
    model = fitted_on_shop(algorithm, objective)
    model.save(tmp_path)
    again = load(tmp_path)
    np.testing.assert_array_equal(again.predict(SHOP), model.predict(SHOP))  # type: ignore[attr-defined]
    np.testing.assert_array_equal(again.predict_interval(SHOP), model.predict_interval(SHOP))  # type: ignore[attr-defined]
    np.testing.assert_array_equal(
        np.concatenate([model.predict(SHOP[:7]), model.predict(SHOP[7:])]), model.predict(SHOP)
    )
    assert again.get_params() == model.get_params()
