"""Addresses of stores: folders of any name, servers, databases, and what is neither."""

from __future__ import annotations

import shutil
from pathlib import Path

import mlflow
import numpy as np
import pytest
from support.mlflow_server import free_port
from support.small_runs import ROWS, log_small, new_store, small_models

from churnlab.errors import ChurnlabError, ModelError
from churnlab.model_registry.address import Address, is_address
from churnlab.model_registry.tracking import Tracker

NAMES = [
    "what?",
    "100%25 sure",
    "a#b",
    "my runs",
    "中文",
    "a;b&c=d",
    "a@b:c",
    "new\nline",
    "q\"'\\",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_of_any_name_keeps_its_runs(
    name: str, tmp_path: Path, empty_database: Path
) -> None:
    tracker = new_store(tmp_path / "stores" / name, empty_database)
    tracker.check()
    run = tracker.load(log_small(tracker))
    expected = small_models()["churned"].predict_proba(ROWS)
    np.testing.assert_array_equal(run.models["churned"].predict_proba(ROWS), expected)
    assert [p.name for p in (tmp_path / "stores").iterdir()] == [name]
    found = mlflow.MlflowClient(tracker.uri).get_run(run.run_id)
    assert found.info.status == "FINISHED"


@pytest.mark.parametrize(
    "store, uri",
    [
        ("databricks", "databricks"),
        (" databricks://profile", "databricks://profile"),
        ("databricks-uc", "databricks-uc"),
        ("HTTP://Host:5000/x", "http://Host:5000/x"),
        ("PostgreSQL+psycopg2://me@h/db", "postgresql+psycopg2://me@h/db"),
        ("arn:aws:sagemaker:eu:1:x", "arn:aws:sagemaker:eu:1:x"),
    ],
)
def test_an_address_of_mlflow_is_no_folder(store: str, uri: str) -> None:
    assert is_address(store) and not is_address(Path(store))
    assert Address.of(store) == Address(uri)


@pytest.mark.parametrize("store", ["runs", "arn", "databricks2", "a:b", "/data/x"])
def test_any_other_name_is_a_folder(store: str, tmp_path: Path) -> None:
    assert Address.of(store).folder == tmp_path / store


def test_a_file_address_is_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "my runs?"
    assert Address.of(folder.as_uri()) == Address.of(folder)


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "\udcff", "file/runs"])
def test_a_folder_that_cannot_be_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ChurnlabError, match="cannot be used|the path") as error:
        Tracker(tmp_path / name).check()
    assert len(str(error.value).splitlines()) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("store", ["s3://bucket/runs", "quux://x", "ftp://host/runs"])
def test_an_unknown_scheme_is_named(store: str) -> None:
    with pytest.raises(ModelError, match=f"'{store.partition(':')[0]}' is unknown; give a folder"):
        Tracker(store).check()


def test_a_database_that_is_none_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "mlflow.db").write_text("no database, but a text of some length" * 100)
    tracker = Tracker(tmp_path / "runs")
    for call in (tracker.check, tracker.load):
        with pytest.raises(ModelError, match="file is not a database"):
            call()


@pytest.mark.parametrize("scheme", ["http", "postgresql", "mysql+pymysql"])
def test_nobody_listens(scheme: str) -> None:
    with pytest.raises(ModelError, match="cannot be used") as error:
        Tracker(f"{scheme}://bob:pw@127.0.0.1:{free_port()}/db").check()
    assert "pw" not in str(error.value).replace("pwd", "") and "\n" not in str(error.value)


@pytest.mark.parametrize("store", ["sqlite://", "sqlite:///:memory:", "sqlite:///"])
def test_a_store_that_would_be_lost_is_refused(store: str) -> None:
    with pytest.raises(ModelError, match="it is in memory"):
        Tracker(store).check()


def test_the_artifacts_of_a_database_are_beside_it(tmp_path: Path, empty_database: Path) -> None:
    (tmp_path / "a b").mkdir()
    shutil.copy(empty_database, tmp_path / "a b" / "runs.db")
    tracker = Tracker("sqlite:///a b/runs.db")  # in the working directory
    tracker.check()
    run = log_small(tracker)
    assert tracker.load().run_id == run
    assert (tmp_path / "a b" / "artifacts").is_dir() and not (tmp_path / "mlruns").exists()
