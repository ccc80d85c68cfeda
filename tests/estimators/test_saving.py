"""Writing of model folders: the files, their digests, plain parameters."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from support.made_models import mixed

from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.loading import load
from churnlab.estimators.saving import own_digest, save_hazard

X, Y, _ = mixed()


@pytest.fixture(scope="module")
def model() -> ChurnClassifier:
    return ChurnClassifier("lightgbm", num_leaves=np.int64(7), n_estimators=np.int64(9)).fit(X, Y)


def test_numpy_parameters_can_be_saved(model: ChurnClassifier, tmp_path: Path) -> None:
    model.save(tmp_path)
    assert load(tmp_path).get_params()["num_leaves"] == 7


def test_of_a_random_state_the_seed_that_the_fit_drew_is_saved(tmp_path: Path) -> None:
    model = ChurnClassifier("lightgbm", n_estimators=2, random_state=np.random.RandomState(3))
    again = load(model.fit(X, Y).save(tmp_path))
    assert again.random_state == np.random.RandomState(3).randint(2**31 - 1)


def test_the_description_has_the_digests_of_the_trees_and_of_itself(
    model: ChurnClassifier, tmp_path: Path
) -> None:
    model.save(tmp_path)
    about = json.loads((tmp_path / "model.json").read_text())
    trees = (tmp_path / "model.lgb").read_bytes()
    assert about["format"] == 2
    assert about["sha256"] == hashlib.sha256(trees).hexdigest()
    assert about["own_sha256"] == own_digest(about) == own_digest({**about, "own_sha256": ""})
    assert about["own_sha256"] != own_digest(about | {"class": "LTVRegressor"})


def test_saving_twice_writes_the_same_bytes(model: ChurnClassifier, tmp_path: Path) -> None:
    one, two = model.save(tmp_path / "one"), load(tmp_path / "one").save(tmp_path / "two")
    for file in one.iterdir():
        assert file.read_bytes() == (two / file.name).read_bytes()


def test_the_description_of_a_hazard_has_the_digest_of_its_classifier(
    model: ChurnClassifier, tmp_path: Path
) -> None:
    about = json.loads(
        (save_hazard(model.save(tmp_path), {"weeks": 3}) / "hazard.json").read_text()
    )
    described = (tmp_path / "model.json").read_bytes()
    assert about["learner_sha256"] == hashlib.sha256(described).hexdigest()
    assert (about["format"], about["weeks"], about["own_sha256"]) == (1, 3, own_digest(about))
