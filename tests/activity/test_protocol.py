"""The three activities have the interface that they share."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from support.histories import activity_of

from churnlab.activity.protocol import Activity
from churnlab.store.activity_store import ActivityStore

ROOT = Path(__file__).parents[2]
TYPED = """
from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Activity
from churnlab.spark.{module} import SparkActivity
from churnlab.store.activity_store import ActivityStore

def same(daily: DailyActivity, store: ActivityStore, spark: SparkActivity) -> list[Activity]:
    one: Activity = daily
    two: Activity = store
    three: Activity = spark
    return [one, two, three]
"""


def test_local_activities_have_every_name() -> None:
    assert isinstance(activity_of([[1]], [1]), Activity)
    wanted = {n for n in vars(Activity) if not n.startswith("_")}
    assert len(wanted) == 12 and wanted <= set(dir(ActivityStore))


def test_something_else_is_not_an_activity() -> None:
    assert not isinstance(ROOT, Activity)


@pytest.mark.skipif(not importlib.util.find_spec("mypy"), reason="mypy is not installed")
def test_the_types_of_all_three_agree(tmp_path: Path) -> None:
    module = "activity" if (ROOT / "churnlab/spark/activity.py").exists() else "frames"
    (tmp_path / "typed.py").write_text(TYPED.format(module=module))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--config-file",
            ROOT / "pyproject.toml",
            tmp_path / "typed.py",
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout
