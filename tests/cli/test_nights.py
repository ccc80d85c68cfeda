"""The commands of every night: rehearsals that write nothing, signals in every phase, shards."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.command import call, told
from support.faults import FAULTS

import churnlab as cl

DAY = "2026-06-01"
QUICK = (
    "model.algorithm=lightgbm",
    "model.refit=false",
    "model.when=false",
    "card.warning_leads=[0]",
)
CHURNLAB = [sys.executable, "-c", "from churnlab.cli import main; main()"]
PHASES = {
    "update": ["rolling up 2026-05-31"],
    "score": ["loading the model", "reading events", "building features, scoring and explaining"],
    "train": [
        "reading events",
        "judging them beside the baselines",
        "explaining",
        "fitting models",
    ],
}


@pytest.fixture
def mine(trained: tuple[Path, dict], tmp_path: Path) -> Path:
    """A copy of the job of `trained`, with a store that has no day yet."""
    shutil.copytree(trained[0].parent, tmp_path / "job")
    config = tmp_path / "job" / "churnlab.toml"
    config.write_text(config.read_text() + '\n[[sinks]]\nto = "exports"\n')
    return config


def everything(folder: Path) -> dict[str, bytes | None]:
    """Every file and folder below a folder, locks included, with its bytes."""
    return {str(p): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


def unlogged(folder: Path) -> dict[str, bytes | None]:
    """The same without MLflow's database, which notes that it was opened."""
    return {path: data for path, data in everything(folder).items() if "mlflow.db" not in path}


def test_a_rehearsal_of_score_changes_no_byte(mine: Path) -> None:
    before = everything(mine.parent)
    words = ("score", "--as-of", DAY, "--config", mine, "--json")
    said = json.loads(call(*words, "--dry-run"))
    assert said["dry_run"] and said["sinks"] == [str(mine.parent / "exports" / "list")]
    assert everything(mine.parent) == before
    real = json.loads(call(*words))
    assert {k: v for k, v in said.items() if k not in ("dry_run", "sinks")} == {
        k: v for k, v in real.items() if k != "sinks"
    }
    before = everything(mine.parent)
    shard = json.loads(call(*words, "--dry-run", "--shard", "0/2"))
    assert shard["people"] < said["people"] and not Path(shard["kept"]).exists()
    call("merge", "--as-of", DAY, "--config", mine, "--dry-run", code=3)
    assert everything(mine.parent) == before


def test_a_rehearsal_of_update_changes_no_byte(mine: Path) -> None:
    more = ("--config", mine, "--set", "store.folder=store")
    words = ("update", "--since", "2026-05-30", "--day", "2026-05-31", *more, "--json")
    before = everything(mine.parent)
    said = json.loads(call(*words, "--dry-run"))
    assert everything(mine.parent) == before
    real = json.loads(call(*words))
    for rehearsed, done in zip(said, real, strict=True):
        path = Path(rehearsed.pop("would_write"))
        assert path.stat().st_size == rehearsed.pop("bytes") and rehearsed.pop("dry_run")
        assert rehearsed == done
    before = everything(mine.parent)
    assert json.loads(call("update", "--day", "2026-05-31", *more, "--json", "--dry-run"))[
        "replaced"
    ]
    call("update", "--day", "2026-06-02", *more, "--dry-run", code=5)
    assert everything(mine.parent) == before


def test_a_rehearsal_of_train_changes_no_byte(mine: Path) -> None:
    before = everything(mine.parent)
    quick = [word for key in QUICK for word in ("--set", key)]
    said = json.loads(call("train", "--config", mine, *quick, "--dry-run", "--json"))
    assert said["metrics"]["churned_auc"] > 0.5
    assert str(mine.parent / "output" / "card.html") in said["would_write"]
    assert everything(mine.parent) == before


@pytest.mark.parametrize(
    ("command", "phase"),
    [(c, p) for c, phases in PHASES.items() for p in (phases if FAULTS else phases[-1:])],
)
def test_a_signal_ends_every_phase_within_five_seconds(
    mine: Path, command: str, phase: str
) -> None:
    before, versions = unlogged(mine.parent), call("models", "--config", mine, "--json")
    days = {"update": ["--day", "2026-05-31"], "score": ["--as-of", DAY], "train": []}[command]
    more = ["--set", "store.folder=store"] if command == "update" else []
    with subprocess.Popen(
        [*CHURNLAB, command, *days, "--config", mine, *more],
        env=os.environ | {"PYTHONPATH": str(Path(cl.__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stderr is not None and run.stdout is not None
        for line in run.stderr:
            if json.loads(line)["step"] == phase:
                break
        run.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert run.wait(20) == 143
        assert time.monotonic() - began < 5
        last = told(run.stderr.read())[-1]
        assert (last["outcome"], last["code"]) == ("stopped", 143) and run.stdout.read() == ""
    after = unlogged(mine.parent)
    made = {path for path in after.keys() - before.keys() if not path.endswith(".lock")}
    assert not any(Path(path).is_file() and "manifest.json" not in path for path in made)
    assert {path: after[path] for path in before} == before
    assert call("models", "--config", mine, "--json") == versions


def test_a_second_score_of_a_shard_is_refused_and_another_shard_is_not(mine: Path) -> None:
    from churnlab.nightly.lists.lock import only_scorer

    words = ("score", "--as-of", DAY, "--config", mine)
    with only_scorer(mine, "shards/0-of-2"):
        held = [*CHURNLAB, *words, "--shard", "0/2"]
        done = subprocess.run(list(map(str, held)), capture_output=True, text=True)
        assert done.returncode == 6 and told(done.stderr)[-1]["outcome"] == "locked"
        call(*words, "--shard", "1/2")
    assert "like 7/100" in call(*words, "--shard", "2/2", code=2)
