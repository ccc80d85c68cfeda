"""Hypothesis profiles, and a guard against stray files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault(
    "OMP_WAIT_POLICY", "passive"
)  # threads that wait sleep: two tests at once do not take each other's cores
settings.register_profile(
    "dev", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.register_profile(
    "ci", parent=settings.get_profile("dev"), derandomize=True, print_blob=True
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture(autouse=True)
def _no_stray_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test works in an empty folder; a stray MLflow store there is a failure."""
    monkeypatch.chdir(tmp_path)
    yield
    assert not [p for p in ("mlruns", "mlflow.db", "mlartifacts") if (tmp_path / p).exists()]
