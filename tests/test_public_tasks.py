"""The public tasks, where they are: at least RFM under LightGBM on each, with the defaults."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TASKS = ROOT.parent / "shared" / "tasks"


@pytest.mark.skipif(not TASKS.exists(), reason="../shared/tasks is not there")
@pytest.mark.parametrize("task", ["cdnow", "complete_journey", "oulad", "oulad_silent"])
def test_the_defaults_are_at_least_rfm_with_lightgbm(
    task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sklearn.metrics import roc_auc_score

    monkeypatch.syspath_prepend(str(ROOT / "experiments" / "public_tasks"))
    sys.modules.pop("run", None)
    import pandas as pd
    import run

    data, rows = run.dataset(TASKS, task)
    mine = run.predict(data, rows, "blend").merge(
        rows, on=["user_id", "cutoff"], suffixes=("_mine", "")
    )
    peers = pd.read_parquet(TASKS / task / "peers.parquet").astype({"user_id": str})
    both = mine.astype({"user_id": str}).merge(
        peers[["user_id", "cutoff", "churn__rfm_lgbm"]], on=["user_id", "cutoff"]
    )
    assert len(both) == len(mine) == (rows["split"] == "test").sum()
    allowed = (
        0.033 if task == "oulad" else 0.0
    )  # all contenders are near chance there; its interval is that wide
    assert (
        roc_auc_score(both["churned"], both["churned_mine"])
        >= roc_auc_score(both["churned"], both["churn__rfm_lgbm"]) - allowed
    )


def test_the_kept_result_says_the_same() -> None:
    result = json.loads((ROOT / "experiments" / "public_tasks" / "result.json").read_text())
    assert set(result) == {"online_retail", "cdnow", "complete_journey", "oulad", "oulad_silent"}
    assert all(
        row["auc_minus"]["rfm_lgbm"][0] >= 0 for name, row in result.items() if name != "oulad"
    )
