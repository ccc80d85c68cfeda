"""The public tasks, if they are there: the defaults are at least RFM, and every reason is true."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TASKS = ROOT.parent / "shared" / "tasks"
# On oulad all contenders are near chance; the interval of the difference is that wide.
ALLOWED = {"cdnow": 0.0, "complete_journey": 0.0, "oulad": 0.033, "oulad_silent": 0.0}


@pytest.mark.skipif(not TASKS.exists(), reason="../shared/tasks is not there")
@pytest.mark.parametrize("task", ALLOWED)
def test_the_defaults_are_at_least_rfm_with_lightgbm(task: str) -> None:
    import pandas as pd
    from sklearn.metrics import roc_auc_score

    script = runpy.run_path(str(ROOT / "experiments" / "public_tasks" / "run.py"))
    data, rows = script["dataset"](TASKS, task)
    keys = ["user_id", "cutoff"]
    mine = script["predict"](data, rows, "blend").merge(rows, on=keys, suffixes=("_mine", ""))
    peers = pd.read_parquet(TASKS / task / "peers.parquet").astype({"user_id": str})
    both = mine.astype({"user_id": str}).merge(peers[[*keys, "churn__rfm_lgbm"]], on=keys)
    assert len(both) == len(mine) == (rows["split"] == "test").sum()
    ours = roc_auc_score(both["churned"], both["churned_mine"])
    theirs = roc_auc_score(both["churned"], both["churn__rfm_lgbm"])
    assert ours >= theirs - ALLOWED[task]


@pytest.mark.skipif(not TASKS.exists(), reason="../shared/tasks is not there")
@pytest.mark.parametrize("task", [*ALLOWED, "online_retail", "donations"])
def test_every_reason_of_some_people_is_true_bad_news_and_in_words(task: str) -> None:
    """A sample; experiments/reasons checks all people."""
    import numpy as np

    import churnlab as cl

    public = runpy.run_path(str(ROOT / "experiments" / "public_tasks" / "run.py"))
    check = runpy.run_path(str(ROOT / "experiments" / "reasons" / "run.py"))["checked"]
    log, snapshots = public["log_and_snapshots"](TASKS, task)
    rng = np.random.default_rng(0)
    some = snapshots.iloc[np.sort(rng.choice(len(snapshots), 500, replace=False))]
    some = some.rename(columns={"cutoff": "snapshot"})
    data = cl.build_dataset(log.daily(), cl.Snapshots.from_frame(some))
    model = cl.ChurnClassifier("lightgbm", n_estimators=60).fit(data.X, data.y("churned"))
    found = check(cl.explain(model, data))
    assert found["reasons"] > 100 and found["at_risk_without_reason"] < 0.4
    assert not any(found["wrong"].values()), found["examples_of_wrong"]
    assert found["not_at_risk_with_reasons"] == 0
    assert found["largest_difference_of_theme_sums"] < 1e-6
