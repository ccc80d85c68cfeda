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
from support.faults import FAULTS
from support.nightly import content
from support.spark import MARKS, check_same, on_spark, options, running_session
from typer.testing import CliRunner

import churnlab as cl
from churnlab.cli import app
from churnlab.config.inputs import open_log
from churnlab.config.tables import Config
from churnlab.demo.run import COMMUNITY
from churnlab.errors import ConfigError, HistoryError
from churnlab.nightly.contract import NAMES
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
def community() -> cl.datasets.Community:
    return cl.datasets.make_community(users=250, days=170, seed=2)


@pytest.fixture(scope="module")
def trained(community: cl.datasets.Community, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained run whose configuration asks for Spark."""
    folder = tmp_path_factory.mktemp("job")
    roles = "\n".join(f"{role} = {json.dumps(names)}" for role, names in community.roles.items())
    community.events.to_parquet(folder / "events.parquet", index=False)
    community.users.to_parquet(folder / "users.parquet", index=False)
    community.events.to_csv(folder / "events.csv", index=False, sep=";")
    text = COMMUNITY.format(roles=roles)
    (folder / "local.toml").write_text(text)
    (folder / "spark.toml").write_text('engine = "spark"\n' + text)
    (folder / "csv.toml").write_text(
        'engine = "spark"\n' + text.replace("events.parquet", "events.csv")
    )
    config = Config.read(folder / "local.toml")
    number = cl.train(config).registered.number
    cl.registry(config).approve(number, by="Test", now="2026-06-10", override="a test")
    return folder


DAYS = ("2026-06-03", "2026-06-10")
ORDERS = {
    "plain": "",
    "cut": 'sort = "value_at_risk"\ntop = 30\nstages = ["fading", "lapsing", "silent", "gone"]\n'
    'control = 0.2\ntiers_by = "share"\ntiers = { first = 0.1, rest = 1.0 }\n',
    "paid": 'sort = "profit"\nbudget = 40.0\npolicy = "policy.toml"\n[costs]\ncontact = 0.1\n'
    "offer = 1.0\nsuccess = 0.2\n",
}


def nights(trained: Path, engine: str, order: str) -> tuple[Path, list[dict]]:
    """Two lists of a configuration, a week apart, in a folder of its own."""
    folder = trained / f"{engine}-{order}"
    toml = trained / f"{engine}-{order}.toml"
    toml.write_text((trained / f"{engine}.toml").read_text() + "\n[list]\n" + ORDERS[order])
    (trained / "policy.toml").write_text(POLICY)
    told = []
    for day in DAYS:
        tonight = cl.score(Config.read(toml), day)
        told.append(tonight.write(folder, force="a test").to_dict())
    return folder, told


@pytest.mark.parametrize("order", ORDERS if FAULTS else ["cut"])
def test_lists_guards_and_files_are_those_of_one_machine(
    session: Any, trained: Path, order: str
) -> None:
    """Byte by byte: rows, changes, counts of features, the summary, and the manifest of all."""
    want, told = nights(trained, "local", order)
    got, said = nights(trained, "spark", order)
    assert content(got) == content(want)
    here, there = (
        json.dumps(each).replace(str(at), "") for each, at in ((told, want), (said, got))
    )
    assert here == there and len(cl.read_list(got).frame) > 10
    manifest = cl.read_list(got).manifest
    assert manifest.compared_with == DAYS[0] and {"changes", "summary"} <= manifest.files.keys()
    assert len(manifest.guards) > 10 and (order == "plain") == (not any(manifest.left_out.values()))


def test_neither_events_nor_features_come_to_this_machine(
    session: Any, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config.read(trained / "spark.toml")
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


def test_a_list_goes_to_sinks_from_spark_too(session: Any, trained: Path) -> None:
    toml = trained / "sinks.toml"
    sinks = '\n[[sinks]]\nto = "exports"\n\n[output]\nfolder = "with-sinks"\n'
    text = (trained / "spark.toml").read_text().replace('[output]\nfolder = "output"\n', "")
    toml.write_text(text + sinks)
    done = CliRunner().invoke(
        app, ["score", "--config", str(toml), "--as-of", DAYS[1], "--force", "a test", "--json"]
    )
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["sinks"] == [f"{trained}/exports/list/latest.json"]
    one, other = (cl.read_list(trained / name).frame for name in ("exports", "with-sinks"))
    pd.testing.assert_frame_equal(one, other)


def test_the_command_line_scores_and_writes_features_from_csv_on_spark(
    session: Any, trained: Path, community: cl.datasets.Community
) -> None:
    done = CliRunner().invoke(
        app,
        [
            "features",
            "--config",
            str(trained / "csv.toml"),
            "--as-of",
            "2026-04-01",
            "--out",
            str(trained / "X"),
            "--json",
        ],
    )
    assert done.exit_code == 0, done.output
    local = community.log().daily()
    within = Config.read(trained / "local.toml").snapshots.active_within
    want = cl.build_dataset(
        local, cl.Snapshots.at(local, ["2026-04-01"], within), users=community.users
    )
    assert json.loads(done.stdout) == {
        "rows": len(want.X),
        "columns": want.X.shape[1],
        "written": str(trained / "X"),
    }
    check_same(session.read.parquet(f"file://{trained}/X"), want.X.reset_index())
    for command, code, text in (
        (["score", "--as-of", "2027-01-01"], 5, "the log ends on"),
        (["train"], 2, "trained on one machine"),
    ):
        done = CliRunner().invoke(app, [*command, "--config", str(trained / "spark.toml")])
        assert done.exit_code == code, done.output
        assert text in done.stderr


def test_a_list_of_nobody_is_not_written(
    session: Any, trained: Path, community: cl.datasets.Community, tmp_path: Path
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
    config = Config.read(trained / "spark.toml")
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
