"""A job of whole nights: a file of events a day, a store, and two places for the list."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.children import ONE_THREAD, Children
from support.nightly import NIGHTS, a_night
from support.nights import job_by_day

from churnlab.demo import datasets


@pytest.fixture(scope="session")
def job(
    trained: tuple[Path, dict],
    community: datasets.Community,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The configuration of a job with a file a day and a store, scored by the run of `trained`."""
    folder = tmp_path_factory.mktemp("night")
    tables = '\n[store]\nfolder = "store"\n\n[[sinks]]\nto = "exports"\n'
    return job_by_day(folder, trained[0], community, tables, "2026-05-30")


@pytest.fixture
def night(job: Path, tmp_path: Path) -> Path:
    """A copy of the job of its own."""
    shutil.copytree(job.parent, tmp_path / "job")
    return tmp_path / "job" / "churnlab.toml"


@pytest.fixture
def nights(night: Path, tmp_path: Path) -> Iterator[Children]:
    """A process that has had both nights, from which others fork; its temporary files are in
    `temporary`."""
    (tmp_path / "temporary").mkdir()
    made = Children(**ONE_THREAD, TMPDIR=str(tmp_path / "temporary"))
    for day in NIGHTS:
        made.warm(a_night, night, day)
    yield made
    made.stop()
