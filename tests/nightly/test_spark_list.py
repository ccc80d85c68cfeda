"""The risk list on Spark is that of one machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.spark import MARKS, check_same, on_spark, options, running_session
from typer.testing import CliRunner

import churnlab as cl
from churnlab.cli import app
from churnlab.config.inputs import open_log
from churnlab.config.tables import Config
from churnlab.demo.run import COMMUNITY
from churnlab.errors import ConfigError, HistoryError
from churnlab.nightly.score import score

pytestmark = MARKS


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


def test_the_list_is_the_same(
    session: Any, trained: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    want = score(Config.read(trained / "local.toml"), "2026-06-10")
    assert len(want.frame) > 40 and (want.frame["reason_1"] != "").any()
    assert want.model_age is not None
    config = Config.read(trained / "spark.toml")
    log = open_log(config)
    log.daily()
    with monkeypatch.context() as patch:
        from pyspark.sql.classic.dataframe import DataFrame

        patch.setattr(DataFrame, "collect", lambda self: pytest.fail("collected"))
        patch.setattr(DataFrame, "toArrow", lambda self: pytest.fail("collected"))
        got = cl.score(config, "2026-06-10", log=log)
        told = got.write(trained / "lists").to_dict()
    assert told == {
        "as_of": "2026-06-10",
        "people": len(want.frame),
        "run_id": want.run_id,
        "model_age_days": want.model_age,
        "list_parquet": f"{trained}/lists/risk_list_2026-06-10.parquet",
        "notes": list(want.notes),
    }
    written = pd.concat(
        [pd.read_parquet(f) for f in sorted(Path(str(told["list_parquet"])).glob("*.parquet"))],
        ignore_index=True,
    )
    pd.testing.assert_frame_equal(written, want.frame, check_exact=True, check_dtype=False)
    assert np.array_equal(
        written["risk"].to_numpy().view(np.int64), want.frame["risk"].to_numpy().view(np.int64)
    )
    assert {p.name for p in (trained / "lists").iterdir()} == {"risk_list_2026-06-10.parquet"}


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
