"""Addresses in the database of a folder that was moved."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from support.small_runs import log_small, new_store

from churnlab.model_registry.address import Address
from churnlab.model_registry.moved import settle


def test_only_what_lay_in_the_old_folder_is_changed(tmp_path: Path, empty_database: Path) -> None:
    tracker = new_store(tmp_path / "a b", empty_database)
    run_id = log_small(tracker)
    old = (tmp_path / "a b" / "artifacts").as_uri()
    database = tmp_path / "a b" / "mlflow.db"
    with sqlite3.connect(database) as opened:
        opened.execute("UPDATE runs SET artifact_uri = ? WHERE 0", ("",))
        opened.execute(
            "INSERT INTO experiments (name, artifact_location, lifecycle_stage, workspace) "
            "VALUES ('theirs', ?, 'active', 'default')",
            (f"{old}-of-others/x",),
        )
    opened.close()
    assert not settle(Address.of(tmp_path / "a b"), old)
    moved = (tmp_path / "a b").rename(tmp_path / "c")
    assert settle(Address.of(moved), old)
    new = (moved / "artifacts").as_uri()
    with sqlite3.connect(moved / "mlflow.db") as opened:
        experiments = dict(opened.execute("SELECT name, artifact_location FROM experiments"))
        [[place]] = opened.execute("SELECT artifact_uri FROM runs WHERE run_uuid = ?", (run_id,))
        models = [row[0] for row in opened.execute("SELECT artifact_location FROM logged_models")]
    opened.close()
    assert experiments["churnlab"] == new and experiments["theirs"] == f"{old}-of-others/x"
    assert place == f"{new}/{run_id}/artifacts"
    assert models and all(model.startswith(f"{new}/models/") for model in models)


def test_a_place_that_a_user_chose_stays(tmp_path: Path, empty_database: Path) -> None:
    new_store(tmp_path / "runs", empty_database)
    for theirs in ("s3://bucket/artifacts", "/data/elsewhere"):
        assert not settle(Address.of("https://mlflow.shop"), theirs)
    assert not settle(Address.of(tmp_path / "runs"), "/data/elsewhere")
