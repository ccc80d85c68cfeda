"""registry: by a configuration, its file, a folder or an address; the model's name by one rule."""

from __future__ import annotations

from pathlib import Path

import pytest

import churnlab as cl
from churnlab.errors import ConfigError

LOG = {"path": "x", "user": "u", "time": "t", "event": "e"}


def of(folder: Path, **tables: object) -> cl.Config:
    return cl.Config.of({"log": LOG, **tables}, folder)


@pytest.mark.parametrize(
    ("tables", "asked", "name"),
    [
        ({}, "", "churn"),
        ({"name": "Shop: EU/West"}, "", "Shop- EU-West"),
        ({"name": "Shop", "approval": {"model": "people"}}, "", "people"),
        ({"name": "Shop", "approval": {"model": "people"}}, "others", "others"),
    ],
)
def test_one_rule_names_the_model(tables: dict, asked: str, name: str, tmp_path: Path) -> None:
    assert cl.registry(of(tmp_path, **tables), asked).model == name


def test_a_store_is_given_in_any_way(tmp_path: Path) -> None:
    toml = '[log]\npath = "x"\nuser = "u"\ntime = "t"\nevent = "e"\n[approval]\nreview_days = 30\n'
    (tmp_path / "churnlab.toml").write_text(toml)
    by_file = cl.registry(tmp_path / "churnlab.toml")
    assert (by_file.review_days, by_file.tracker.folder) == (30, tmp_path / "churnlab-runs")
    assert cl.registry(tmp_path / "runs").tracker.folder == tmp_path / "runs"
    assert cl.registry("https://mlflow.shop", "people").tracker.uri == "https://mlflow.shop"


def test_a_configuration_that_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"approval.review_days is 0; give at least 1 day"):
        cl.registry(of(tmp_path, approval={"review_days": 0}))
    with pytest.raises(ConfigError, match="model is 'a/b'; give a name without"):
        cl.registry(of(tmp_path, approval={"model": "a/b"}))
