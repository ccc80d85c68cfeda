"""Golden batch: the scores of made-up rows decide whether a loaded model may score."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from support.made_models import churn_tides
from support.small_runs import log_small, new_store, small_hazard, small_models

from churnlab.errors import ModelError
from churnlab.estimators.base import TreeModel
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.loading import load
from churnlab.model_registry import golden
from churnlab.model_registry.golden import check_golden, golden_text, made_up_rows


def test_a_loaded_model_gives_its_scores_again(tmp_path: Path) -> None:
    X, y, _ = churn_tides()
    season = ChurnClassifier(n_estimators=12, learning_rate=0.2, n_jobs=1).fit(X, y)
    assert season.needs_time_ and "snapshot" in made_up_rows(season)
    models = {**small_models(), "when": small_hazard(), "season": season}
    text = golden_text(models)
    assert len({str(score) for score in json.loads(text)["models"]["churned"]["scores"]}) > 1
    again = {name: load(model.save(tmp_path / name)) for name, model in models.items()}
    check_golden(text.encode(), again, "run 1")


@pytest.mark.parametrize(
    ("by", "passes"), [(0.0, True), (5e-10, True), (3e-9, False), (0.3, False)]
)
def test_with_other_versions_the_scores_decide(by: float, passes: bool) -> None:
    model = small_models()["churned"]
    batch = json.loads(golden_text({"churned": model}))
    batch["versions"]["lightgbm"] = "4.0.0"
    batch["models"]["churned"]["scores"][3] += by
    content = json.dumps(batch).encode()
    if passes:
        check_golden(content, {"churned": model}, "run 1")
        return
    with pytest.raises(ModelError, match=r"lightgbm 4\.0\.0 -> .*\); install the versions") as said:
        check_golden(content, {"churned": model}, "run 1")
    assert f"by up to {by:.1e}" in str(said.value) and "\n" not in str(said.value)


def test_a_missing_score_is_no_other_score() -> None:
    hazard = small_hazard()
    batch = json.loads(golden_text({"when": hazard}))
    batch["models"]["when"]["scores"][0][0] = None
    with pytest.raises(ModelError, match="by up to inf"):
        check_golden(json.dumps(batch).encode(), {"when": hazard}, "run 1")


def test_a_run_is_loaded_only_if_its_models_score_as_in_training(
    tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = new_store(tmp_path / "runs", empty_database)
    run_id = log_small(tracker)
    assert tracker.load(run_id).models
    with monkeypatch.context() as patched:
        patched.setattr(golden.Served, "predict", lambda self, data: np.zeros(len(data)))
        with pytest.raises(ModelError, match="'churned' of run .* gives other scores"):
            tracker.load(run_id)


def test_no_row_of_a_person_is_kept() -> None:
    model: TreeModel = small_models()["churned"]
    rows = made_up_rows(model)
    assert rows.isna().any().any() and rows.notna().any().all() and len(rows) == 16
    assert set(rows["c"].dropna()) == {"p", "q", "r"}
