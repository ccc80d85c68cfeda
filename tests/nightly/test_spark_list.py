"""The risk list on Spark is that of one machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.command import call
from support.faults import FAULTS
from support.nightly import content
from support.spark import MARKS, check_same, on_spark, options, running_session
from typer.testing import CliRunner

import churnlab as cl
from churnlab.cli import app
from churnlab.config.inputs import open_log
from churnlab.config.tables import Config
from churnlab.errors import ConfigError, HistoryError
from churnlab.nightly.lists.contract import NAMES
from churnlab.nightly.ranking import Ranking
from churnlab.nightly.spark_list import SparkRiskList
from churnlab.nightly.spark_witness import COUNTS

pytestmark = MARKS
POLICY = """
schema_version = 1
made = "2026-06-01"
control = 0.1
[[treatments]]
name = "gift"
cost = 2
[[rules]]
stage = "lapsing"
treatment = "gift"
"""


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with running_session(tmp_path_factory.mktemp("spark")) as running:
        yield running


@pytest.fixture(scope="module")
def job(
    community: cl.datasets.Community,
    trained: tuple[Path, dict],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A folder with configurations that ask for Spark, whose model is the approved run's."""
    folder = tmp_path_factory.mktemp("job")
    community.events.to_parquet(folder / "events.parquet", index=False)
    community.users.to_parquet(folder / "users.parquet", index=False)
    community.events.to_csv(folder / "events.csv", index=False, sep=";")
    runs = json.dumps(str(trained[0].parent / "runs"))
    text = trained[0].read_text().replace('store = "runs"', f"store = {runs}")
    (folder / "local.toml").write_text(text)
    (folder / "spark.toml").write_text('engine = "spark"\n' + text)
    (folder / "csv.toml").write_text(
        'engine = "spark"\n' + text.replace("events.parquet", "events.csv")
    )
    return folder


DAYS = ("2026-06-03", "2026-06-10")
ORDERS = {
    "plain": "",
    "cut": 'sort = "value_at_risk"\ntop = 30\nstages = ["fading", "lapsing", "silent", "gone"]\n'
    'control = 0.2\ntiers_by = "share"\ntiers = { first = 0.1, rest = 1.0 }\n',
    "paid": 'sort = "profit"\nbudget = 40.0\npolicy = "policy.toml"\n[costs]\ncontact = 0.1\n'
    "offer = 1.0\nsuccess = 0.2\n",
}


def nights(job: Path, engine: str, order: str) -> tuple[Path, list[dict]]:
    """Two lists of a configuration, a week apart, in a folder of its own and in a sink."""
    folder = job / f"{engine}-{order}"
    toml = job / f"{engine}-{order}.toml"
    text = (job / f"{engine}.toml").read_text().replace('folder = "output"', f'folder = "{folder}"')
    sinks = f'\n[[sinks]]\nto = "{folder}/exports"\n'
    toml.write_text(text + "\n[list]\n" + ORDERS[order] + sinks)
    (job / "policy.toml").write_text(POLICY)
    words = ("score", "--config", toml, "--force", "a test", "--json", "--as-of")
    return folder, [json.loads(call(*words, day)) for day in DAYS]


@pytest.mark.parametrize("order", ORDERS if FAULTS else ["cut"])
def test_lists_guards_and_files_are_those_of_one_machine(
    session: Any, job: Path, order: str
) -> None:
    """Byte by byte: rows, changes, counts of features, the summary, the manifest, the sink."""
    want, told = nights(job, "local", order)
    got, said = nights(job, "spark", order)
    assert content(got) == content(want)
    here, there = (
        json.dumps(each).replace(str(at), "") for each, at in ((told, want), (said, got))
    )
    assert here == there and len(cl.read_list(got).frame) > 10
    assert [each["sinks"] for each in said] == [[f"{got}/exports/list/latest.json"]] * 2
    pd.testing.assert_frame_equal(cl.read_list(got / "exports").frame, cl.read_list(got).frame)
    manifest = cl.read_list(got).manifest
    assert manifest.compared_with == DAYS[0] and {"changes", "summary"} <= manifest.files.keys()
    assert len(manifest.guards) > 10 and (order == "plain") == (not any(manifest.left_out.values()))


def test_neither_events_nor_features_come_to_this_machine(
    session: Any, job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config.read(job / "spark.toml")
    log = open_log(config)
    log.daily()
    got = cl.score(config, DAYS[1], log=log)
    from pyspark.sql.classic.dataframe import DataFrame

    seen, collect = [], DataFrame.toArrow
    with monkeypatch.context() as patch:
        patch.setattr(DataFrame, "collect", lambda self: pytest.fail("collected"))
        patch.setattr(DataFrame, "toPandas", lambda self: pytest.fail("collected"))
        patch.setattr(DataFrame, "toArrow", lambda self: seen.append(self.columns) or collect(self))
        people = got.write(tmp_path).people
    known = [list(NAMES), ["risk"], [COUNTS], ["user_id", "kind", "day", "counts"]]
    assert all(columns in known for columns in seen) and people > 40
    assert got.frame.columns == list(NAMES)
    order = [row["user_id"] for row in got.frame.select("user_id").collect()]
    assert order == cl.read_list(tmp_path).frame["user_id"].tolist()


def test_a_list_that_one_machine_cannot_hold_is_refused(tmp_path: Path) -> None:
    rows = SimpleNamespace(persist=list, unpersist=list, count=lambda: 3_000_000)
    scorer = SimpleNamespace(as_of=DAYS[1], run_id="run", approval="approved")
    listing: Any = SimpleNamespace(scorer=scorer, ranking=Ranking())
    tonight = SparkRiskList(rows, listing, None, HistoryError("nobody"))  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"3,000,000 people is more than one machine holds"):
        tonight.write(tmp_path)
    assert content(tmp_path) == {}


def test_the_command_line_scores_and_writes_features_from_csv_on_spark(
    session: Any, job: Path, community: cl.datasets.Community
) -> None:
    done = CliRunner().invoke(
        app,
        [
            "features",
            "--config",
            str(job / "csv.toml"),
            "--as-of",
            "2026-04-01",
            "--out",
            str(job / "X"),
            "--json",
        ],
    )
    assert done.exit_code == 0, done.output
    local = community.log().daily()
    within = Config.read(job / "local.toml").snapshots.active_within
    want = cl.build_dataset(
        local, cl.Snapshots.at(local, ["2026-04-01"], within), users=community.users
    )
    assert json.loads(done.stdout) == {
        "rows": len(want.X),
        "columns": want.X.shape[1],
        "written": str(job / "X"),
    }
    check_same(session.read.parquet(f"file://{job}/X"), want.X.reset_index())
    for command, code, text in (
        (["score", "--as-of", "2027-01-01"], 5, "the log ends on"),
        (["train"], 2, "trained on one machine"),
    ):
        done = CliRunner().invoke(app, [*command, "--config", str(job / "spark.toml")])
        assert done.exit_code == code, done.output
        assert text in done.stderr


def test_a_list_of_nobody_is_not_written(
    session: Any, job: Path, community: cl.datasets.Community, tmp_path: Path
) -> None:
    early = community.events[community.events["ts"] < "2026-01-20"]
    one = community.events.iloc[[-1]].assign(event="push_sent")
    # A hundred pushes a day and no act: nobody is active on these days.
    days = np.repeat(pd.date_range("2026-01-20", "2026-06-21", unit="us"), 100)
    last = pd.concat([one] * len(days), ignore_index=True).assign(ts=days)
    log = cl.EventLog.from_frame(
        on_spark(session, pd.concat([early, last], ignore_index=True), tmp_path),
        **options(community) | {"roles": None},
    )
    config = Config.read(job / "spark.toml")
    with pytest.raises(ConfigError, match="roles was"):
        cl.score(config, "2026-06-22", log=log)
    every = [
        one.assign(event=e, ts=pd.Timestamp("2026-01-02"))
        for names in community.roles.values()
        for e in names
    ]
    everything = pd.concat([early, last, *every], ignore_index=True)
    log = cl.EventLog.from_frame(on_spark(session, everything, tmp_path), **options(community))
    with pytest.raises(HistoryError, match="nobody was active"):
        cl.score(config, "2026-06-22", log=log).write(tmp_path / "out")
    assert not (tmp_path / "out").exists()
