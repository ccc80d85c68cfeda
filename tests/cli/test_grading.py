"""grade: what it prints and keeps, and the codes that it ends with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command import call, tree
from support.graded import job_beside

from churnlab.config.inputs import open_tracker
from churnlab.config.tables import Config

DAY = "2026-04-15"


@pytest.fixture(scope="module")
def job(trained: tuple[Path, dict], tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = job_beside(trained[0], tmp_path_factory.mktemp("graded"))
    for day in (DAY, "2026-06-10"):
        call("score", "--as-of", day, "--config", config, "--force", "a test")
    return config


def test_grade_prints_keeps_and_logs(job: Path, tmp_path: Path) -> None:
    said = json.loads(call("grade", "--as-of", DAY, "--config", job, "--json"))
    assert said["as_of"] == DAY and 0.5 < said["auc"]["value"] <= 1
    assert Path(said["kept"]).is_file()
    config = Config.read(job)
    assert open_tracker(config).metrics(said["run_id"])["grade_auc"] == said["auc"]["value"]
    page = tmp_path / "grade.html"
    shown = call("grade", "--as-of", DAY, "--config", job, "--html", page)
    assert "At a glance" in shown and "risk tier" in shown and "Grade of the list" not in shown
    assert f"Grade of the list of {DAY}" in page.read_text()


def test_too_early_is_99_and_no_list_is_3(job: Path) -> None:
    before = tree(job.parent / "output")
    said = call("grade", "--as-of", "2026-06-10", "--config", job, code=99)
    assert "grade it from 2026-07-10 on" in said and said.count("\n") == 1
    said = call("grade", "--as-of", "2026-06-11", "--config", job, code=3)
    assert "no list of 2026-06-11" in said and said.count("\n") == 1
    assert "is not a day" in call("grade", "--as-of", "soon", "--config", job, code=2)
    assert tree(job.parent / "output") == before
    file = next((job.parent / "output" / "list" / f"as_of={DAY}").glob("*.csv"))
    data = file.read_bytes()
    file.write_bytes(data[:-3])
    said = call("grade", "--as-of", DAY, "--config", job, code=3)
    assert "its sha256 differs" in said and file.name in said
    file.write_bytes(data)


def test_watch_writes_a_page_and_prints_lines(job: Path, tmp_path: Path) -> None:
    said = call("watch", "--config", job, "--nights", "60")
    page = job.parent / "output" / "watch.html"
    assert str(page) in said and "missing" in said
    assert "The nights up to 2026-06-10" in page.read_text()
    page.unlink()
    lines = call("watch", "--config", job, "--nights", "60", "--json").splitlines()
    nights = [json.loads(line) for line in lines]
    assert len(nights) == 60 and nights[-1]["as_of"] == "2026-06-10" and not page.exists()
    out = tmp_path / "nights.html"
    call("watch", "--config", job, "--as-of", "2026-06-12", "--out", out, "--json")
    assert "2026-06-12: no list" in out.read_text()
    assert "nights is 0" in call("watch", "--config", job, "--nights", "0", code=2)
    empty = job_beside(job, tmp_path / "empty")
    assert "holds no published list" in call("watch", "--config", empty, code=3)
