"""Logs as people have them: each way to be silently wrong, or to end in a trace, once and its kind.

Every test is an event log, a file, an address or a call as a new user would give it. The result is
the right value, or one line that says what to do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import mlflow
import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.exceptions import NotFittedError
from support.command import TOML, error_of, train_and_approve, write
from support.made_models import churn_tides
from support.refusals import one_line
from typer.testing import CliRunner

import churnlab as cl
from churnlab.cli import app
from churnlab.demo.example import trained_config
from churnlab.errors import ChurnlabError
from churnlab.evaluation.calibration import expected_calibration_error

COLUMNS = {"user": "who", "time": "at", "event": "what"}
DAY = timedelta(days=1)


def read(frame: pd.DataFrame, **options: object) -> cl.EventLog:
    """The log of a frame with the columns who, at and what, in UTC unless a zone is given."""
    return cl.EventLog.from_frame(frame, **{**COLUMNS, "timezone": "UTC", **options})


def every_third_day(people: int = 200, days: int = 180) -> pd.DataFrame:
    """People who come every third day up to 2026-06-30."""
    last = datetime(2026, 6, 30, 12)
    rows = [
        (f"u{person}", last - (3 * visit + person % 3) * DAY, "open")
        for person in range(people)
        for visit in range(days // 3)
    ]
    return pd.DataFrame(rows, columns=["who", "at", "what"])


# The observed span


@pytest.mark.parametrize("ahead", ["2027-06-30", "2026-11-01", "2099-01-01"])
def test_a_phone_whose_clock_is_ahead_makes_no_day_observed(ahead: str) -> None:
    log = every_third_day()
    wrong = pd.DataFrame({"who": ["u0"], "at": [pd.Timestamp(ahead)], "what": ["open"]})
    activity = read(pd.concat([log, wrong])).daily()
    assert activity.end == read(log).daily().end
    with pytest.raises(ChurnlabError, match="2026-07-01") as refused:
        cl.Snapshots.at(
            activity, days=["2026-07-01"], active_within=60, targets=[cl.Churn(horizon=30)]
        )
    assert one_line(refused.value)


def test_a_phone_whose_clock_is_behind_makes_no_day_observed() -> None:
    log = every_third_day()
    wrong = pd.DataFrame({"who": ["u0"], "at": [pd.Timestamp("1970-01-01")], "what": ["open"]})
    assert read(pd.concat([log, wrong])).daily().start == read(log).daily().start


def test_events_beyond_a_stated_bound_are_left_out_and_counted() -> None:
    log = read(every_third_day(), until="2026-06-01")
    assert log.daily().end == read(every_third_day(), until=date(2026, 6, 1)).daily().end
    assert str(pd.Timestamp("2026-01-01") + log.daily().end * DAY)[:4]  # a day, not a moment
    aside = {reason: count for reason, count in log.counts.items() if count}
    assert sum(aside.values()) == 200 * 10
    assert "2026-05-31" in repr(log)


@pytest.mark.parametrize("year", [1931, 2093])
def test_a_log_of_times_that_cannot_be_is_refused(year: int) -> None:
    log = every_third_day(people=30)
    log["at"] = log["at"].where(np.arange(len(log)) % 5 > 0, pd.Timestamp(f"{year}-01-01"))
    with pytest.raises(ChurnlabError) as refused:
        read(log)
    assert one_line(refused.value)
    assert "bad_times" in str(refused.value)


# Amounts


def paid(amounts: list[object], **options: object) -> cl.EventLog:
    """A log of one purchase a day by one person, with these amounts."""
    frame = pd.DataFrame(
        {"who": "ann", "what": "purchase", "price": pd.Series(amounts, dtype="object")}
    )
    frame["at"] = pd.date_range("2026-03-01 12:00", periods=len(amounts), freq="D")
    return read(frame, amount="price", **options)


def spent(log: cl.EventLog) -> float:
    """All money of a log."""
    features = cl.FeatureSet.default()
    activity = log.daily()
    snapshots = cl.Snapshots.at(activity, days=[activity.end], active_within=600, targets=())
    X = cl.build_dataset(activity, snapshots, features=features).X
    return float(X.filter(regex=r"^spend__amount.*all$").iloc[0, 0])


@pytest.mark.parametrize(
    "amounts",
    [["12,50"] * 9, ["$12.50"] * 9, ["¥8"] * 5, ["free"] * 5],
)
def test_amounts_that_are_no_numbers_are_refused_with_what_was_seen(amounts: list[object]) -> None:
    with pytest.raises(ChurnlabError) as refused:
        paid(amounts)
    assert one_line(refused.value)
    assert amounts[0] in str(refused.value)


def test_a_decimal_comma_is_read_where_it_is_stated() -> None:
    assert paid(["12,50", "7,25"], decimal=",").daily().frame()["money"].sum() == 19_750_000


def test_a_mark_of_thousands_loses_no_large_amount() -> None:
    assert paid(["1,234.50", "3.10"] * 9).daily().frame()["money"].sum() == 11_138_400_000
    assert paid([5e10], amount_scale=0.01).daily().frame()["money"].sum() == 5 * 10**14


# Names


@pytest.mark.parametrize(
    "names", [("签到", "购买"), ("Quiz Done", "quiz_done"), ("é", "e"), ("👍", "👎")]
)
def test_roles_of_any_name(names: tuple[str, str]) -> None:
    frame = every_third_day(people=20)
    frame["what"] = np.where(np.arange(len(frame)) % 2, "a", "b")
    log = read(frame, roles={names[0]: ["a"], names[1]: ["b"]})
    assert set(names) <= set(log.roles.names)
    snapshots = cl.Snapshots.at(log.daily(), days=["2026-06-01"], active_within=60, targets=())
    data = cl.build_dataset(log.daily(), snapshots)
    assert data.X.columns.is_unique
    assert data.X.columns.str.fullmatch("[a-z0-9_]+").all()
    says = " ".join(data.catalogue["says"].map(str))
    assert all(name in says for name in names)


def test_attributes_of_any_name() -> None:
    log = read(every_third_day(people=20))
    who = [f"u{i}" for i in range(20)]
    users = pd.DataFrame(
        {"user_id": who, "渠道": "app", "城市": ["北京", "上海"] * 10, "城 市": 1.0}
    )
    snapshots = cl.Snapshots.at(log.daily(), days=["2026-06-01"], active_within=60, targets=())
    data = cl.build_dataset(log.daily(), snapshots, users=users)
    mine = data.X.filter(regex="^profile__")
    assert mine.shape[1] == 3
    says = data.catalogue.set_index("name").loc[list(mine), "says"].map(str)
    assert [next(n for n in ("渠道", "城市", "城 市") if n in s) for s in says] == [
        "渠道",
        "城市",
        "城 市",
    ]


# Times


@pytest.mark.parametrize(
    "text",
    [
        "20260301T203000+0000",
        "2026-03-01T20:30:00+00",
        "2026-03-01 20:30:00 UTC",
        "2026-03-01t20:30:00z",
        "2026-03-01T15:30:00-0500",
        "2026-W09-7T20:30Z",
        "2026-060T20:30Z",
    ],
)
def test_an_offset_in_any_form_is_seen(text: str) -> None:
    frame = pd.DataFrame({"who": ["ann"], "at": [text], "what": ["open"]})
    start = read(frame, timezone="Asia/Kolkata").daily().start
    assert start == (date(2026, 3, 2) - date(1970, 1, 1)).days


@pytest.mark.parametrize("as_text", [True, False])
def test_zoned_and_naive_times_in_one_column_are_refused(as_text: bool, tmp_path: Path) -> None:
    frame = pd.DataFrame({"who": ["ann", "bob"], "what": "open"})
    frame["at"] = ["2026-03-01 20:30:00+00:00", "2026-03-01 20:30:00"]
    if not as_text:
        several = [datetime(2026, 3, 1, 20, tzinfo=UTC), datetime(2026, 3, 1, 20)]
        frame["at"] = pd.Series(several, dtype="object")
    frame.to_csv(tmp_path / "log.csv", index=False)
    for make in (
        lambda: read(frame),
        lambda: cl.EventLog.read(tmp_path / "log.csv", **COLUMNS, timezone="UTC"),
    ):
        with pytest.raises(ChurnlabError) as refused:
            make()
        assert one_line(refused.value)


@pytest.mark.parametrize(("unit", "scale"), [("s", 1), ("ms", 1_000), ("us", 10**6), ("ns", 10**9)])
def test_epoch_times(unit: str, scale: int) -> None:
    frame = pd.DataFrame({"who": ["ann"], "at": [1_772_397_000 * scale], "what": "open"})
    assert read(frame, time_unit=unit).daily().start == 1_772_397_000 // 86_400
    with pytest.raises(ChurnlabError, match="time_unit") as refused:
        read(frame)
    assert one_line(refused.value)


@pytest.mark.parametrize(
    "days",
    ["2026-02-05", pd.Timestamp("2026-02-05"), date(2026, 2, 5), np.datetime64("2026-02-05")],
)
def test_one_day_in_place_of_a_list(days: object) -> None:
    activity = read(every_third_day(people=20)).daily()
    snapshots = cl.Snapshots.at(activity, days=days, active_within=60, targets=())
    assert snapshots.frame["snapshot"].unique().tolist() == [pd.Timestamp("2026-02-05")]


def test_a_day_as_a_number_is_no_year() -> None:
    activity = read(every_third_day(people=20)).daily()
    with pytest.raises(ChurnlabError, match="20260205") as refused:
        cl.Snapshots.at(activity, days=[20260205], active_within=60, targets=())
    assert one_line(refused.value)


def test_a_zone_as_an_object() -> None:
    frame = pd.DataFrame({"who": ["ann"], "at": ["2026-03-01T20:30Z"], "what": "open"})
    assert read(frame, timezone=ZoneInfo("Asia/Kolkata")).timezone == "Asia/Kolkata"


# A refund


@pytest.mark.parametrize("amount", [-30.0, 30.0])
def test_a_refund_nets_money_and_is_no_order(amount: float) -> None:
    frame = pd.DataFrame(
        {
            "who": "ann",
            "at": pd.to_datetime(["2026-03-01", "2026-03-05", "2026-03-09"]),
            "what": ["purchase", "refund", "open"],
            "price": [50.0, amount, None],
        }
    )
    activity = read(frame, amount="price").daily()
    snapshots = cl.Snapshots.at(activity, days=["2026-03-10"], active_within=60, targets=())
    X = cl.build_dataset(activity, snapshots).X
    assert X.filter(regex="^spend__amount_sum.*28d$").to_numpy().ravel().tolist() == [20.0]


# Sources


def test_a_file_whose_name_is_a_pattern(tmp_path: Path) -> None:
    frame = every_third_day(people=5)
    frame.to_parquet(tmp_path / "export[1].parquet", index=False)
    log = cl.EventLog.read(tmp_path / "export[1].parquet", **COLUMNS, timezone="UTC")
    assert log.daily().end == read(frame).daily().end


@pytest.mark.parametrize(
    "text",
    [
        'who,"the, day, at",what\nann,2026-03-01,open\n',
        'sep=;\nwho;"the, day, at";what\nann;2026-03-01;open\n',
        'who;"the, day, at";what\nann;2026-03-01;open\n',
        'who\t"the, day, at"\twhat\nann\t2026-03-01\topen\n',
    ],
)
def test_the_separator_of_a_csv_file(text: str, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(text, "utf-8")
    columns = {**COLUMNS, "time": "the, day, at"}
    log = cl.EventLog.read(tmp_path / "log.csv", **columns, timezone="UTC")
    assert repr(log).startswith("EventLog(1 events of 1 people")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("log.parquet", b"PK\x03\x04\x14\x00\x06\x00"),
        ("log.parquet", b"SQLite format 3\x00" + bytes(84)),
        ("log.csv", b"\x1f\x8b\x08\x00\x00\x00\x00\x00"),
        ("log.csv", b"<!DOCTYPE html><html><body>Sign in</body></html>"),
        ("log.parquet", b"%PDF-1.7\n"),
        ("log.xlsx", b"PK\x03\x04\x14\x00\x06\x00"),
        ("log.parquet", b"ORC" + bytes(50)),
        ("log.avro", b"Obj\x01" + bytes(50)),
    ],
)
def test_an_unreadable_file_is_named_for_what_it_is(name: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ChurnlabError) as refused:
        cl.EventLog.read(tmp_path / name, **COLUMNS, timezone="UTC")
    assert one_line(refused.value)
    assert "magic bytes" not in str(refused.value)


# The model that is served


def test_a_model_that_learnt_a_season_never_predicts_without_the_time() -> None:
    X, y, _ = churn_tides()
    model = cl.ChurnClassifier(n_estimators=12, learning_rate=0.2, n_jobs=1).fit(X, y)
    risk = model.predict_proba(X)[:, 1]
    columns = X.reset_index("user_id", drop=True).reset_index()
    text = columns.assign(snapshot=columns["snapshot"].astype(str))
    for same in (columns, text):
        np.testing.assert_array_equal(model.predict_proba(same)[:, 1], risk)
    with pytest.raises(ChurnlabError) as refused:
        model.predict_proba(X.reset_index(drop=True))
    assert one_line(refused.value)


# Runs


def test_training_inside_a_run_of_the_users(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/own.db"
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(store)
    try:
        with mlflow.start_run() as mine:
            done = cl.train(_config(tmp_path))
            assert mlflow.active_run().info.run_id == mine.info.run_id
        assert mlflow.get_run(mine.info.run_id).info.status == "FINISHED"
        assert mlflow.get_tracking_uri() == store
    finally:
        mlflow.set_tracking_uri(before)
    assert cl.Tracker(tmp_path / "runs").load(done.run_id).facts.name == "Example"


def _config(folder: Path, **changes: object) -> cl.Config:
    """The configuration of the small example, with its runs in a folder of the test's."""
    config = trained_config()
    tracking = config.tracking.model_copy(update={"store": str(folder / "runs"), **changes})
    output = config.output.model_copy(update={"folder": str(folder / "out")})
    return config.model_copy(update={"tracking": tracking, "output": output})


@pytest.mark.parametrize("name", ["what?", "100%25 sure", "a#b", "名单"])
def test_a_folder_of_runs_of_any_name(name: str, tmp_path: Path) -> None:
    tracker = cl.Tracker(tmp_path / name)
    run = tracker.log_trials(pd.DataFrame({"trial": [0], "loss": [0.4], "seconds": [2.0]}))
    assert (tmp_path / name / "mlflow.db").exists()
    assert tracker.location(run)
    assert sorted(p.name for p in tmp_path.iterdir()) == [name]


# Lists


def test_an_id_stays_on_its_line(tmp_path: Path) -> None:
    tonight = cl.score(trained_config(), "2026-05-01")
    ids = [
        "eve\r=1+1",
        "\u3000=2",
        "\ufeff=3",
        "\u200b=4",
        "\x0b=5",
        "＝6",
        "a\nb",
        "a\u2028b",
        'q"q',
    ]
    frame = tonight.frame.head(len(ids)).assign(user_id=ids)
    path = Path(replace(tonight, frame=frame).write(tmp_path).files["list_csv"])
    for rows in (
        len(pd.read_csv(path)),
        len(pl.read_csv(path)),
        duckdb.sql(f"from read_csv('{path}')").shape[0],
    ):
        assert rows == len(ids)
    found = pd.read_csv(path, dtype=str)["user_id"]
    blank = "".join(["'", *map(chr, range(33)), "\u3000\ufeff\u200b\xa0"])
    assert not [f for f in found if f[0] != "'" and f.strip(blank)[:1] in "=+-@＝"]


# Texts that are none


def test_a_lone_surrogate_is_one_line_or_counted() -> None:
    frame = every_third_day(people=300, days=30)
    frame["who"] = frame["who"].astype(object)
    frame.loc[0, "who"] = "a\ud800"
    log = read(frame)
    assert log.counts["bad_ids"] == 1


# What others of LightGBM's users do


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_child_fits() -> None:
    code = (
        "import multiprocessing, numpy as np, pandas as pd, churnlab as cl\n"
        "X = pd.DataFrame({'visits': np.arange(400.0)}); y = np.arange(400) % 3 == 0\n"
        "fit = lambda: cl.ChurnClassifier('lightgbm', n_estimators=5).fit(X, y).predict_proba(X)[0, 1]\n"
        "here = fit()\n"
        "context = multiprocessing.get_context('fork'); queue = context.Queue()\n"
        "child = context.Process(target=lambda: queue.put(fit())); child.start()\n"
        "there = queue.get(timeout=100); child.join(); print(here == there)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=150
    )
    assert done.stdout.strip() == "True", done.stderr


# Attributes, as in training


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of a trained job whose people have a tier: 1, 2, 3 or unknown."""
    community = cl.datasets.make_community(users=250, days=170, seed=2)
    tiers = np.random.default_rng(0).choice(["1", "2", "3", "unknown"], len(community.users))
    users = community.users.assign(tier=tiers, age=np.arange(len(tiers)) % 60 + 15.0)
    toml = TOML.replace("[target]", '[features]\nbuilders = ["Tenure", "LoginIntervals"]\n[target]')
    toml += '\n[model]\nalgorithm = "lightgbm"\nwhen = false\n'
    path = write(tmp_path_factory.mktemp("tiers"), community.events, users, toml)
    train_and_approve(path)
    return path


def tonight(job: Path, users: pd.DataFrame, folder: Path) -> tuple[int, pd.DataFrame | str]:
    """The list of a night with another file of people: the exit code, and the list or the words.

    A guard would not publish a list of people of whom many are unknown; here it is forced.
    """
    text = job.read_text().replace("users.parquet", str(folder / "tonight.parquet"))
    there = job.with_name(f"{folder.name}.toml")
    there.write_text(text.replace('folder = "output"', f'folder = "{folder}/out"'))
    users.to_parquet(folder / "tonight.parquet", index=False)
    words = ["score", "--as-of", "2026-06-15", "--config", str(there), "--json"]
    done = CliRunner().invoke(app, [*words, "--force", "people are left out on purpose"])
    if done.exit_code:
        return done.exit_code, error_of(done.stderr)
    return 0, pd.read_parquet(json.loads(done.stdout)["list_parquet"])


def test_a_tier_is_known_again_whatever_its_type_tonight(job: Path, tmp_path: Path) -> None:
    users = pd.read_parquet(job.with_name("users.parquet"))
    plain = users[users["tier"] != "unknown"]
    code, as_text = tonight(job, plain, tmp_path)
    assert code == 0
    for kind in ("int64", "float64"):
        code, as_number = tonight(job, plain.assign(tier=plain["tier"].astype(kind)), tmp_path)
        assert code == 0
        pd.testing.assert_frame_equal(as_number, as_text)


def test_one_text_among_numbers_is_missing_and_many_are_refused(job: Path, tmp_path: Path) -> None:
    users = pd.read_parquet(job.with_name("users.parquet"))
    age = users["age"].astype(object)
    code, _ = tonight(job, users.assign(age=age.where(age.index != 3, "n/a").astype(str)), tmp_path)
    assert code == 0
    code, words = tonight(job, users.assign(age="n/a"), tmp_path)
    assert code == 3
    assert "age" in words
    assert "n/a" in words
    code, words = tonight(job, users.drop(columns="age"), tmp_path)
    assert code == 3
    assert "age" in words


# Runs that somebody changed


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("about.json", '"active_within": 30', '"active_within": 3'),
        ("catalogue.csv", "days", "weeks"),
        ("about.json", "}", ""),
    ],
)
def test_a_file_of_a_run_that_was_edited_is_refused(
    name: str, old: str, new: str, job: Path
) -> None:
    config = cl.Config.read(job)
    run = cl.Tracker(job.parent / "runs").latest()
    (file,) = (job.parent / "runs").rglob(f"{run}/artifacts/{name}")
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    try:
        with pytest.raises(ChurnlabError, match=name) as refused:
            cl.score(config, "2026-06-15")
    finally:
        file.write_text(text, "utf-8")
    assert one_line(refused.value)
    assert refused.value.exit_code == 4
    assert len(cl.score(config, "2026-06-15").frame) > 100


def test_a_json_of_train_is_json_whatever_mlflow_prints(job: Path) -> None:
    words = ["train", "--config", str(job), "--json"]
    command = [sys.executable, "-c", "from churnlab.cli import main; main()", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert json.loads(done.stdout)["run_id"], done.stderr


# Addresses


@pytest.mark.parametrize(
    "address",
    [
        "http://bob:pw-canary@host/db",
        "POSTGRESQL://bob:pw-canary@127.0.0.1:1/db",
        "postgresql+psycopg2://bob:pw-canary@127.0.0.1:1/db",
        "mysql://bob:pw-canary@127.0.0.1:1/db",
        "jdbc:postgresql://127.0.0.1:1/db?user=bob&password=pw-canary",
        " postgresql://bob:pw-canary@127.0.0.1:1/db",
    ],
)
def test_a_password_is_in_no_message(address: str) -> None:
    with pytest.raises(ChurnlabError) as refused:
        cl.EventLog.read(address, **COLUMNS, timezone="UTC", table="events")
    assert one_line(refused.value)
    assert "pw-canary" not in str(refused.value)


# A metric that depends on the order of rows


def test_the_calibration_error_of_ties_does_not_depend_on_the_order_of_rows() -> None:
    rng = np.random.default_rng(0)
    risk = np.repeat([0.1, 0.3, 0.5], 400)
    churned = rng.random(1200) < risk
    orders = [np.arange(1200), np.argsort(churned), np.argsort(~churned), rng.permutation(1200)]
    found = {round(expected_calibration_error(churned[o], risk[o]), 12) for o in orders}
    assert len(found) == 1
    assert found.pop() < 0.03


# Files of others


def test_a_store_removes_no_file_that_it_did_not_write(tmp_path: Path) -> None:
    events = every_third_day(people=20)
    store = cl.ActivityStore.create(tmp_path / "store", **COLUMNS, timezone="UTC")
    names = ["carry-backup.parquet", "rows-notes.parquet", "manifest-old.json", "rows.part"]
    for day in pd.date_range("2026-06-28", "2026-06-30"):
        store.append(str(day.date()), events[events["at"].dt.normalize() == day])
        for name in names:
            (tmp_path / "store" / name).write_text("mine")
    assert all((tmp_path / "store" / name).read_text() == "mine" for name in names)


# A fitted thing that was changed


def test_a_model_changed_after_its_fit_is_not_fitted() -> None:
    X = pd.DataFrame({"visits": np.arange(400.0)})
    model = cl.ChurnClassifier("lightgbm", n_estimators=5).fit(X, np.arange(400) % 3 == 0)
    with pytest.raises(NotFittedError):
        model.set_params(algorithm="random_forest").predict_proba(X)


@pytest.mark.parametrize(
    "change",
    [
        lambda X: X.assign(visits="many"),
        lambda X: X.assign(visits=pd.Timestamp("2026-03-01")),
        lambda X: pd.concat([X, X], axis=1),
        lambda X: X.rename(columns={"visits": "calls"}),
        lambda X: X.assign(visits=np.inf),
    ],
)
def test_columns_that_a_model_cannot_use_are_named(change: Callable) -> None:
    X = pd.DataFrame({"visits": np.arange(400.0), "days": 1.0})
    y = np.arange(400) % 3 == 0
    model = cl.ChurnClassifier("lightgbm", n_estimators=5).fit(X, y)
    with pytest.raises(ValueError, match=r"visits|calls") as refused:
        model.predict_proba(change(X))
    assert one_line(refused.value)
