"""The whole way by the command line: train, evaluate, card, score, features; and every bad input that reaches it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from support.command import TOML, call, tree, write

import churnlab
from churnlab.config.tables import Config
from churnlab.demo import datasets
from churnlab.errors import HistoryError, OutputError
from churnlab.estimators.baselines import Recency, SpendRate
from churnlab.nightly.risk_list import RiskList
from churnlab.nightly.score import score
from churnlab.training.preparation import cut_days, test_start


@pytest.fixture(scope="module")
def community() -> datasets.Community:
    return datasets.make_community(users=250, days=170, seed=2)


@pytest.fixture(scope="module")
def trained(
    community: datasets.Community, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict]:
    config = write(tmp_path_factory.mktemp("job"), community.events, community.users)
    return config, json.loads(call("train", "--config", config, "--json"))


def test_training_writes_run_card_and_figures(trained: tuple[Path, dict]) -> None:
    config, result = trained
    page = Path(result["card_html"]).read_text()
    assert (
        "Simulated data" in page and result["version"] in page and page.count("data:image/png") == 5
    )
    assert result["metrics"]["churned_auc"] > result["metrics"]["churned_auc_base_rate"] == 0.5
    assert {p.name for p in config.parent.iterdir()} == {
        "churnlab.toml",
        "events.parquet",
        "users.parquet",
        "runs",
        "output",
    }


def test_evaluation_repeats_what_training_found(trained: tuple[Path, dict]) -> None:
    config, result = trained
    again = json.loads(call("evaluate", "--config", config, "--cuts", "0", "--json"))
    assert set(again) == {"run_id", "churned", "ltv"}
    auc = next(
        r
        for r in again["churned"]["table"]
        if r["metric"] == "auc" and r["contender"] == "churnlab"
    )
    assert auc["value"] == result["metrics"]["churned_auc"]
    assert "recency" in call(
        "evaluate", "--config", config, "--cuts", "0", "--run", result["run_id"]
    )


def dumb(target: str, config: Config) -> object:
    return Recency() if target == "churned" else SpendRate()


def test_evaluation_rolls_over_the_last_cuts(
    trained: tuple[Path, dict], monkeypatch: pytest.MonkeyPatch
) -> None:
    config, _ = trained
    monkeypatch.setattr("churnlab.training.review.new_model", dumb)
    rolled = json.loads(call("evaluate", "--config", config, "--json"))["backtest"]
    assert [c["cut"] for c in rolled["cuts"] if c["target"] == "churned"] == [
        "2026-03-24",
        "2026-04-07",
        "2026-04-21",
    ]
    assert all(c["learnt_rows"] > 0 or c["note"] for c in rolled["cuts"]) and {
        r["metric"] for r in rolled["overall"]
    } >= {"auc", "empc", "normalised_gini"}
    mine = {(r["target"], r["metric"], r["contender"]): r["value"] for r in rolled["overall"]}
    assert (
        mine["churned", "auc", "churnlab"]
        == mine["churned", "auc", "recency"]
        != mine["churned", "auc", "personal_rate"]
    )
    shown = call("evaluate", "--config", config, "--cuts", "1")
    assert (
        "backtest of churned" in shown
        and "unsure: churned: only 28 of 233 rows churned" in shown
        and "first seen" in shown
    )


def test_an_evaluation_stands_where_no_cut_can_be_rolled_over(
    trained: tuple[Path, dict], monkeypatch: pytest.MonkeyPatch
) -> None:
    config, _ = trained
    monkeypatch.setattr(
        "churnlab.training.review._rolled",
        lambda *a, **k: (_ for _ in ()).throw(HistoryError.from_no_rows("the backtest")),
    )
    assert json.loads(call("evaluate", "--config", config, "--json"))["backtest"] == {
        "missing": "the backtest has no row; give snapshots with labels"
    }
    assert "unsure: no backtest: the backtest has no row" in call("evaluate", "--config", config)


def test_how_early_it_can_be_known_is_a_table(
    trained: tuple[Path, dict], community: datasets.Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, _ = trained
    monkeypatch.setattr("churnlab.training.review.new_model", dumb)
    table = json.loads(call("evaluate", "--config", config, "--lead", "14,0", "--json"))["table"]
    assert [r["lead_days"] for r in table] == [0, 14] and table[0]["rows"] == table[1]["rows"]
    activity = community.log().daily()
    days = cut_days(activity, (churnlab.Churn(30, lead=14),), Config.read(config))
    held = [
        d
        for d in days
        if d >= test_start(days, (churnlab.Churn(30, lead=14),), Config.read(config))
    ]
    for row in table:
        left = churnlab.Snapshots.at(
            activity, held, 30, [churnlab.Churn(30, lead=row["lead_days"])]
        ).frame["churned"]
        assert (row["rows"], row["base_rate"]) == (len(left), pytest.approx(left.mean()))
    text = call("evaluate", "--config", config, "--lead", "0,14")
    assert "| days of warning | 0 | 14 |" in text and 'accuracy of "nobody leaves"' in text


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--lead", "soon"), 2, "--lead is 'soon'; give days of warning"),
        (("--lead", "0,-3"), 2, "each 0 or more"),
        (("--lead", "0,400"), 3, "a horizon of 430 days needs a longer log"),
        (("--cuts", "-1"), 2, "--cuts is -1; give 0 or more"),
    ],
)
def test_warnings_and_cuts_that_make_no_sense_are_refused(
    trained: tuple[Path, dict], words: tuple[str, str], code: int, says: str
) -> None:
    said = call("evaluate", "--config", trained[0], *words, code=code)
    assert says in said and said.count("\n") == 1


def test_the_card_of_a_run_can_be_written_again(trained: tuple[Path, dict]) -> None:
    config, result = trained
    page = Path(result["card_html"])
    before = page.read_bytes()
    page.unlink()
    assert str(page) in call("card", "--config", config)
    assert page.read_bytes() == before


def test_the_list_is_whole_sorted_and_the_same_twice(
    trained: tuple[Path, dict], community: datasets.Community
) -> None:
    config, result = trained
    last = community.events["ts"].max().normalize() + pd.Timedelta(days=1)
    said = json.loads(call("score", "--as-of", str(last.date()), "--config", config, "--json"))
    frame = pq.read_table(said["list_parquet"], page_checksum_verification=True).to_pandas()
    assert list(frame) == [
        "user_id",
        "risk",
        "when",
        "ltv",
        "value_at_risk",
        "reason_1",
        "reason_2",
        "reason_3",
        "as_of",
        "model_version",
    ]
    assert len(frame) == said["people"] == frame["user_id"].nunique()
    assert (
        frame["risk"].between(0, 1).all()
        and frame["risk"].is_monotonic_decreasing
        and (frame["ltv"] >= 0).all()
    )
    assert frame["value_at_risk"].to_numpy() == pytest.approx(
        frame["risk"] * frame["ltv"], abs=1e-5
    )
    assert set(frame["model_version"]) == {result["version"]} and frame["reason_1"].iloc[0]
    when, first = frame["when"], str(last.date())
    assert (when[frame["risk"] >= 0.5] == first).all() and not (
        when[frame["risk"] < 0.5] == first
    ).any()
    assert (
        when.map(lambda day: day == "" or (pd.Timestamp(day) - last).days in range(0, 85, 7)).all()
        and (when == "").any()
        and (when != "").any()
    )
    before = [Path(said[k]).read_bytes() for k in ("list_parquet", "list_csv")]
    call("score", "--as-of", str(last.date()), "--config", config)
    assert [Path(said[k]).read_bytes() for k in ("list_parquet", "list_csv")] == before
    assert not list(Path(said["list_csv"]).parent.glob(".*"))


def test_events_from_the_as_of_day_on_do_not_change_the_list(
    trained: tuple[Path, dict], community: datasets.Community
) -> None:
    config = Config.read(trained[0])
    day = community.events["ts"].max().normalize() - pd.Timedelta(days=20)
    past = community.events[community.events["ts"] < day]
    from dataclasses import replace

    whole = score(config, day, log=community.log()).frame
    part = score(config, day, log=replace(community, events=past).log()).frame
    pd.testing.assert_frame_equal(whole, part)


def test_features_can_be_listed_and_written(trained: tuple[Path, dict], tmp_path: Path) -> None:
    config, _ = trained
    catalogue = json.loads(call("features", "--config", config, "--json"))
    assert {
        "push",
        "social",
        "cadence",
        "spend",
        "lifecycle",
        "profile",
        "decay",
        "silence",
        "role",
    } <= {f["signal"] for f in catalogue}
    call("features", "--config", config, "--as-of", "2026-05-01", "--out", tmp_path / "x.parquet")
    assert set(pd.read_parquet(tmp_path / "x.parquet")) == {
        "user_id",
        "snapshot",
        *(f["name"] for f in catalogue),
    }
    assert "go together" in call("features", "--config", config, "--as-of", "2026-05-01", code=2)


def test_a_forest_goes_the_whole_way_too(community: datasets.Community, tmp_path: Path) -> None:
    config = write(
        tmp_path / "job",
        community.events,
        None,
        TOML.replace('users = "users.parquet"\n', "") + '\n[model]\nalgorithm = "random_forest"\n',
    )
    assert json.loads(call("train", "--config", config, "--json"))["metrics"]["churned_auc"] > 0.6
    assert (
        json.loads(call("score", "--as-of", "2026-06-01", "--config", config, "--json"))["people"]
        > 50
    )


def test_a_recipe_stands_where_the_file_says_nothing(
    community: datasets.Community, tmp_path: Path
) -> None:
    (tmp_path / "recipe.toml").write_text(
        "[target]\nchurn_horizon = 21\nltv_horizon = 0\n[snapshots]\nevery = 7\n"
    )
    config = Config.read(
        write(
            tmp_path / "job",
            community.events,
            None,
            'recipe = "../recipe.toml"\n' + TOML.replace("ltv_horizon = 60", ""),
        )
    )
    assert (config.target.churn_horizon, config.target.ltv_horizon, config.snapshots.every) == (
        30,
        0,
        14,
    )


@pytest.mark.parametrize(
    "recipe", sorted((Path(__file__).parents[1] / "models").glob("*.toml")), ids=lambda p: p.stem
)
def test_the_recipes_can_be_read(recipe: Path, tmp_path: Path) -> None:
    (tmp_path / "churnlab.toml").write_text(
        f'recipe = "{recipe}"\n[log]\npath = "x"\nuser = "u"\ntime = "t"\nevent = "e"\n'
    )
    assert Config.read(tmp_path / "churnlab.toml").target.churn_horizon == 30


BAD = [
    (
        "no such file",
        lambda e: e,
        TOML.replace("events.parquet", "gone.parquet"),
        3,
        "no such file",
    ),
    (
        "a pattern without a match",
        lambda e: e,
        TOML.replace("events.parquet", "gone/*.parquet"),
        3,
        "no file matches the pattern",
    ),
    (
        "a missing column",
        lambda e: e,
        TOML.replace('user = "user_id"', 'user = "userid"'),
        3,
        "no column 'userid'.*did you mean 'user_id'",
    ),
    (
        "too long a horizon",
        lambda e: e,
        TOML.replace("churn_horizon = 30", "churn_horizon = 300"),
        3,
        "horizon of 300 days needs a longer log: this one covers 170",
    ),
    (
        "an unknown key",
        lambda e: e,
        TOML.replace("churn_horizon", "churn_horizn"),
        2,
        r"unknown key in \[target\] 'churn_horizn': did you mean 'churn_horizon'",
    ),
    (
        "an unknown table",
        lambda e: e,
        TOML + "\n[modle]\nseed = 1\n",
        2,
        "unknown table or key 'modle': did you mean 'model'",
    ),
    (
        "a wrong type",
        lambda e: e,
        TOML.replace("every = 14", 'every = "14"'),
        2,
        "snapshots.every is '14'; give a whole number",
    ),
    ("broken TOML", lambda e: e, TOML + "\n[", 2, "is not valid TOML"),
    (
        "too many null users",
        lambda e: e.assign(user_id=e["user_id"].where(e.index % 50 > 0)),
        TOML,
        3,
        "'user_id' of .* is null, empty or a word for",
    ),
    (
        "an unknown builder",
        lambda e: e,
        TOML + '\n[features]\nbuilders = ["Tenur"]\n',
        2,
        "did you mean 'Tenure'",
    ),
]


@pytest.mark.parametrize(
    ("change", "toml", "code", "says"), [b[1:] for b in BAD], ids=[b[0] for b in BAD]
)
def test_bad_input_is_one_line_and_writes_nothing(
    community: datasets.Community, tmp_path: Path, change, toml: str, code: int, says: str
) -> None:  # type: ignore[no-untyped-def]
    import re

    config = write(tmp_path / "job", change(community.events), community.users, toml)
    before = tree(tmp_path)
    error = call("train", "--config", config, code=code)
    assert re.search(says, error), error
    assert error.count("\n") == 1 and tree(tmp_path) == before


def test_one_class_is_not_enough(tmp_path: Path) -> None:
    one = pd.DataFrame({"ts": pd.date_range("2026-01-01", periods=200, freq="D"), "event": "open"})
    events = pd.concat([one.assign(user_id=f"u{i}") for i in range(30)])
    toml = '[log]\npath = "events.parquet"\nuser = "user_id"\ntime = "ts"\nevent = "event"\ntimezone = "UTC"\n'
    config = write(tmp_path / "job", events, None, toml)
    before = tree(tmp_path)
    assert "churned is 0 in all" in call("train", "--config", config, code=3)
    assert tree(tmp_path) == before


def test_one_person_is_not_enough(tmp_path: Path) -> None:
    events = pd.DataFrame(
        {
            "user_id": "only",
            "ts": pd.date_range("2026-01-01", periods=200, freq="D"),
            "event": "open",
            "amount": 1.0,
        }
    )
    toml = '[log]\npath = "events.parquet"\nuser = "user_id"\ntime = "ts"\nevent = "event"\ntimezone = "UTC"\n'
    config = write(tmp_path / "job", events, None, toml)
    before = tree(tmp_path)
    assert "the log has 1 person(s) to learn from" in call("train", "--config", config, code=3)
    assert tree(tmp_path) == before


def test_truncated_files_and_missing_models_write_nothing(
    community: datasets.Community, tmp_path: Path
) -> None:
    config = write(tmp_path / "job", community.events, community.users)
    data = (tmp_path / "job" / "events.parquet").read_bytes()
    (tmp_path / "job" / "events.parquet").write_bytes(data[: len(data) // 3])
    before = tree(tmp_path)
    assert "cannot be read" in call("train", "--config", config, code=3)
    assert tree(tmp_path) == before
    assert "does not have any finished training" in call(
        "score", "--as-of", "2026-06-01", "--config", config, code=4
    )


def test_an_as_of_date_outside_the_log_is_refused(trained: tuple[Path, dict]) -> None:
    config, _ = trained
    before = tree(config.parent / "output")
    assert "no event before 2025-12-01" in call(
        "score", "--as-of", "2025-12-01", "--config", config, code=3
    )
    assert "the log ends on" in call("score", "--as-of", "2027-01-01", "--config", config, code=5)
    assert "is not a day" in call("score", "--as-of", "soon", "--config", config, code=2)
    assert tree(config.parent / "output") == before


def test_a_missing_configuration_is_said() -> None:
    assert "no configuration file 'churnlab.toml'" in call("train", code=2)


def test_version_and_help() -> None:
    assert call("--version").strip() == churnlab.__version__
    for name in ("demo", "train", "evaluate", "card", "score", "features"):
        assert name in call("--help") and "--json" in call(name, "--help")


def risks(**more: object) -> RiskList:
    frame = pd.DataFrame(
        {
            "user_id": ["=HYPERLINK(1)", " +1", "ok"],
            "risk": [0.9, 0.5, 0.1],
            "ltv": np.nan,
            "value_at_risk": np.nan,
            "reason_1": ["@x", "", "-y"],
            "reason_2": "",
            "reason_3": "",
            "as_of": "2026-01-01",
            "model_version": "v",
        }
    )
    return RiskList(frame, "2026-01-01", "run", 0)


def test_cells_that_a_spreadsheet_would_run_are_defused(tmp_path: Path) -> None:
    parquet, csv = risks().write(tmp_path)
    text = csv.read_text()
    assert "'=HYPERLINK(1)" in text and "' +1" in text and "'@x" in text and "'-y" in text
    assert pd.read_parquet(parquet)["user_id"].tolist() == ["=HYPERLINK(1)", " +1", "ok"]


def test_a_list_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet, _ = risks().write(tmp_path)
    before = tree(tmp_path)
    monkeypatch.setattr(
        "churnlab.nightly.risk_list.pq.write_table",
        lambda *a, **k: (_ for _ in ()).throw(OSError("disk full")),
    )
    with pytest.raises(OutputError, match="disk full; nothing was changed"):
        risks().write(tmp_path)
    assert tree(tmp_path) == before and parquet.exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        risks().write(tmp_path / "file")


def test_a_log_that_means_something_else_than_in_training_is_refused(
    trained: tuple[Path, dict], tmp_path: Path
) -> None:
    config, _ = trained
    text = (
        config.read_text()
        .replace('"events.parquet"', json.dumps(str(config.parent / "events.parquet")))
        .replace('"users.parquet"', json.dumps(str(config.parent / "users.parquet")))
    )
    text = text.replace('store = "runs"', f"store = {json.dumps(str(config.parent / 'runs'))}")
    other = tmp_path / "churnlab.toml"
    other.write_text(text.replace("Asia/Shanghai", "UTC"))
    assert "the time zone was Asia/Shanghai in training and is UTC now" in call(
        "score", "--as-of", "2026-06-01", "--config", other, code=2
    )
    other.write_text(text.replace('push_opened = ["push_open"]', 'push_opened = ["push_sent"]'))
    assert "roles was" in call("score", "--as-of", "2026-06-01", "--config", other, code=2)
    other.write_text(text.replace("churn_horizon = 30", "churn_horizon = 7"))
    assert json.loads(call("evaluate", "--config", other, "--cuts", "0", "--json"))["churned"][
        "mean"
    ] == pytest.approx(
        json.loads(call("evaluate", "--config", config, "--cuts", "0", "--json"))["churned"]["mean"]
    )
    assert not (tmp_path / "output").exists()


def test_those_who_cancelled_are_not_on_the_list(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    days = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 160, 9000), "D")
    events = pd.DataFrame(
        {"user_id": [f"u{i:03d}" for i in rng.integers(0, 200, 9000)], "ts": days, "event": "open"}
    )
    ends = pd.Series(
        pd.Timestamp("2026-01-20") + pd.to_timedelta(rng.integers(0, 200, 200), "D"),
        index=[f"u{i:03d}" for i in range(200)],
    )
    ends = ends[ends < "2026-06-09"]
    events = events[events["ts"] < events["user_id"].map(ends).fillna(pd.Timestamp("2027-01-01"))]
    events = pd.concat(
        [events, pd.DataFrame({"user_id": ends.index, "ts": ends.to_numpy(), "event": "cancel"})]
    )
    toml = (
        '[log]\npath = "events.parquet"\nuser = "user_id"\ntime = "ts"\nevent = "event"\ntimezone = "UTC"\n[log.roles]\nopen = ["open"]\ncancel = ["cancel"]\n'
        '[target]\nchurn_horizon = 30\nterminal = "cancel"\n'
    )
    config = write(tmp_path / "job", events, None, toml)
    call("train", "--config", config)
    said = json.loads(call("score", "--as-of", "2026-06-10", "--config", config, "--json"))
    listed = set(pd.read_parquet(said["list_parquet"])["user_id"])
    assert listed and not listed & set(ends.index)


def test_a_card_that_cannot_be_written_takes_its_run_back(
    community: datasets.Community, tmp_path: Path
) -> None:
    config = write(tmp_path / "job", community.events, community.users)
    (tmp_path / "job" / "output").write_text("a file where the folder should be")
    assert "cannot be written" in call("train", "--config", config, code=7)
    assert "does not have any finished training" in call(
        "score", "--as-of", "2026-06-01", "--config", config, code=4
    )


def test_a_users_file_that_is_broken_or_of_nobody_is_refused(
    community: datasets.Community, tmp_path: Path
) -> None:
    config = write(
        tmp_path / "job",
        community.events,
        community.users.assign(user_id="x" + community.users["user_id"]),
    )
    assert "none of the" in call("train", "--config", config, code=3)
    (tmp_path / "job" / "users.parquet").write_bytes(b"PAR1 no")
    assert "users.parquet cannot be read" in call("train", "--config", config, code=3)
