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

from churnlab import served
from churnlab.errors import ModelError
from churnlab.estimators import loading
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


def test_500_damaged_files_are_refused_before_the_trees_are_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted_on_mixed(ChurnClassifier, "lightgbm").save(tmp_path)
    parsed: list[str] = []
    monkeypatch.setattr(loading.boosting, "from_text", parsed.append)
    chance = np.random.default_rng(0)
    for name in ("model.lgb", "model.json"):
        file = tmp_path / name
        whole = file.read_bytes()
        for i in range(250):
            at = int(chance.integers(len(whole)))
            flipped = bytes([whole[at] ^ (1 << int(chance.integers(8)))])
            damaged = whole[:at] if i % 2 else whole[:at] + flipped + whole[at + 1 :]
            file.write_bytes(damaged)
            with pytest.raises(ModelError) as refused:
                load(tmp_path)
            assert "\n" not in str(refused.value)
        file.write_bytes(whole)
    assert parsed == []


def test_a_model_file_cannot_bring_code_or_leave_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    fitted_on_mixed(ChurnClassifier, "random_forest").save(folder)
    about = json.loads((folder / "model.json").read_text())
    (tmp_path / "bad.pkl").write_bytes(pickle.dumps(print))
    for change in (
        {"payload": "../model/model.lgb"},
        {"payload": "../bad.pkl"},
        {"class": "Popen"},
        {"format": 99},
        {"state": 3},
        {"format": 4},
        {"format": 2.5},
        {"format": None},
        {"params": {"algorithm": "lightgbm"}},
    ):
        changed = about | change
        (folder / "model.json").write_text(
            json.dumps(changed | {"own_sha256": own_digest(changed)})
        )
        with pytest.raises(ModelError, match="no model can be read"):
            load(folder)
    (folder / "model.json").write_text(
        json.dumps(about | {"state": about["state"] | {"calibration_": [-1, 3]}})
    )
    with pytest.raises(ModelError, match="sha256 differs"):
        load(folder)
    (folder / "model.json").write_text("{")
    with pytest.raises(ModelError, match="no model can be read"):
        load(folder)


class Canary:
    """What a pickle would run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("name", ["model.lgb", "model.json", "model.pkl", "hazard.json"])
def test_a_pickle_in_a_model_folder_is_refused_and_not_run(name: str, tmp_path: Path) -> None:
    folder, canary = tmp_path / "model", tmp_path / "canary"
    fitted_on_mixed(ChurnClassifier, "lightgbm").save(folder)
    (folder / name).write_bytes(pickle.dumps(Canary(canary)))
    with pytest.raises(ModelError):
        load(folder)
    with pytest.raises(ModelError):
        served._load_pyfunc(str(folder))
    assert not canary.exists()


def test_an_extra_file_a_folder_and_a_link_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    fitted_on_mixed(ChurnClassifier, "lightgbm").save(folder)
    trees = folder / "model.lgb"
    (folder / "more.txt").touch()
    with pytest.raises(ModelError, match=r"more\.txt in .* is not a file that was saved there"):
        load(folder)
    (folder / "more.txt").unlink()
    (folder / "hazard.json").mkdir()
    with pytest.raises(ModelError, match="no model can be read"):
        load(folder)
    (folder / "hazard.json").rmdir()
    trees.rename(tmp_path / "same.lgb")
    trees.symlink_to(tmp_path / "same.lgb")
    with pytest.raises(ModelError, match=r"model\.lgb in .* is not a file"):
        load(folder)


def test_models_together_are_refused_with_anything_beside_them(tmp_path: Path) -> None:
    model = fitted_on_mixed(ChurnClassifier, "lightgbm")
    model.save(tmp_path / "churned")
    assert isinstance(served._load_pyfunc(str(tmp_path)), served.ServedTogether)
    (tmp_path / "ltv.pkl").touch()
    with pytest.raises(ModelError, match=r"ltv\.pkl in .* is not a file that was saved there"):
        served._load_pyfunc(str(tmp_path))
    (tmp_path / "ltv.pkl").unlink()
    (tmp_path / "ltv").symlink_to(tmp_path / "churned")
    with pytest.raises(ModelError, match="ltv in .* is not a file that was saved there"):
        served._load_pyfunc(str(tmp_path))


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
