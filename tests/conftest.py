"""Hypothesis profiles, a guard against stray files, one trained run, and examples that count."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from support import counting
from support.faults import FAULTS

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
# Threads that wait sleep, so that two tests at once do not take each other's cores.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
if "PYTEST_XDIST_WORKER" in os.environ:  # as many workers as cores: one thread for each
    os.environ.setdefault("OMP_NUM_THREADS", "1")
settings.register_profile(
    "dev", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.register_profile(
    "ci", parent=settings.get_profile("dev"), derandomize=True, print_blob=True
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker of tests that count their examples."""
    config.addinivalue_line("markers", "examples(**least): see support.counting")


# Tests that use one of these fixtures run in one worker, so that it is made once.
SHARED = ("trained", "mlflow_server", "job")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group the tests that share a costly fixture, unless the tests cost more than it."""
    if FAULTS:
        return
    for item in items:
        shared = [name for name in SHARED if name in getattr(item, "fixturenames", ())]
        if shared and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(shared[0]))


@pytest.fixture(autouse=True)
def _enough_examples(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a property test of which too few examples tested something."""
    counting.begin()
    yield
    for marker in request.node.iter_markers("examples"):
        for name, least in marker.kwargs.items():
            found = counting.counted(name)
            assert found >= least, f"only {found} examples tested {name}, {least} are wanted"


@pytest.fixture(autouse=True)
def _no_stray_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test works in an empty folder; a stray MLflow store there is a failure."""
    monkeypatch.chdir(tmp_path)
    yield
    assert not [p for p in ("mlruns", "mlflow.db", "mlartifacts") if (tmp_path / p).exists()]


@pytest.fixture
def heeded() -> Iterator[None]:
    """An interrupt is heeded as Python does by itself, also where these tests run in a background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def community() -> Any:
    """A simulated community of 250 people."""
    from churnlab.demo.datasets import make_community

    return make_community(users=250, days=170, seed=2)


@pytest.fixture(scope="session")
def trained(community: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """The configuration of an approved run that learnt from the community, and what `train`
    printed."""
    from support.command import train_and_approve, write

    config = write(tmp_path_factory.mktemp("job"), community.events, community.users)
    return config, train_and_approve(config)


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an MLflow server on loopback."""
    from support.mlflow_server import served

    with served(tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's database without a run, to be copied: to make its tables takes seconds."""
    from churnlab.model_registry.tracking import Tracker

    tracker = Tracker(tmp_path_factory.mktemp("empty"))
    with tracker.reach.open(create=True) as store:
        store.client.rename_experiment(store.experiment, "used up")
    return tracker.folder / "mlflow.db"  # type: ignore[operator]
