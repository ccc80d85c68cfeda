"""The command line: options, exit codes, errors in one line, and what they leave behind."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from support.command import TOML, call, tree, write

import churnlab
from churnlab.config.tables import Config
from churnlab.demo import datasets


def test_the_card_of_a_run_can_be_written_again(trained: tuple[Path, dict]) -> None:
    config, result = trained
    page = Path(result["card_html"])
    page.unlink()
    assert str(page) in call("card", "--config", config)
    before = page.read_bytes()
    assert b"Approved by" in before and b"a test" in before
    call("card", "--config", config, "--run", result["run_id"])
    assert page.read_bytes() == before
    call("card", "--config", config, "--lang", "zh")
    assert '<html lang="zh">' in page.read_text("utf-8")
    assert "unknown language 'xx'" in call("card", "--config", config, "--lang", "xx", code=2)


def test_a_card_is_compared_with_its_run(trained: tuple[Path, dict]) -> None:
    config, result = trained
    page = Path(result["card_html"])
    call("card", "--config", config)
    assert "the card says what the run says" in call("card", "--config", config, "--check")
    page.write_text(page.read_text("utf-8").replace("</h2>", "</h2>99% right", 1), "utf-8")
    said = call("card", "--config", config, "--check", code=5)
    assert "a number has no source: '99% right'" in said and said.count("\n") == 1
    call("card", "--config", config)


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
    config = write(tmp_path / "job", change(community.events), community.users, toml)
    before = tree(tmp_path)
    error = call("train", "--config", config, code=code)
    assert re.search(says, error), error
    assert error.count("\n") == 1 and tree(tmp_path) == before


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


def test_a_missing_configuration_is_said() -> None:
    assert "no configuration file 'churnlab.toml'" in call("train", code=2)


def test_version_and_help() -> None:
    assert call("--version").strip() == churnlab.__version__
    for name in ("demo", "train", "evaluate", "card", "score", "features"):
        assert name in call("--help") and "--json" in call(name, "--help")


def test_the_configuration_is_printed_with_its_defaults(tmp_path: Path) -> None:
    (tmp_path / "churnlab.toml").write_text(TOML)
    config = Config.read(tmp_path / "churnlab.toml")
    text = call("config", "--config", tmp_path / "churnlab.toml")
    assert Config.of(tomllib.loads(text), config.folder) == config
    assert "# test_from is not set" in text and "experiment = " in text
    printed = json.loads(call("config", "--config", tmp_path / "churnlab.toml", "--json"))
    origins = printed.pop("from")
    assert printed == config.to_dict() and printed["model"]["algorithm"] == "blend"
    assert origins["log.path"] == "churnlab.toml" and origins["model.algorithm"] == "default"
    (tmp_path / "churnlab.toml").write_text(TOML + "\n[modle]\n")
    assert "did you mean 'model'" in call("config", "--config", tmp_path / "churnlab.toml", code=2)


def test_the_json_schema_needs_no_configuration() -> None:
    assert json.loads(call("config", "--schema")) == Config.json_schema()


def test_a_bug_is_one_line_and_its_trace_on_demand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path) -> Config:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr(Config, "read", broken)
    said = call("config", code=1)
    assert (
        said == "churnlab: a bug of ours: RuntimeError: two lines; run with --debug and report it\n"
    )
    assert "Traceback" in call("config", "--debug", code=1)


def test_a_password_is_in_no_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "churnlab.toml"
    log = 'path = "events.parquet"\nuser = "u"\ntime = "t"\nevent = "e"'
    config.write_text(f'[log]\n{log}\n[tracking]\nstore = "http://bob:Canary@host"\n')
    assert 'store = "http://***@host"' in call("config", "--config", config)

    def fail(*_: object) -> None:
        raise OSError("GET http://bob:Canary@host/?token=Canary")

    monkeypatch.setattr(Config, "read", fail)
    for words in ((), ("--debug",)):
        said = call("config", "--config", config, *words, code=1)
        assert "a bug of ours: OSError: GET http://***@host/?token=***" in said
        assert ("Traceback" in said) == bool(words) and "Canary" not in said


def test_a_log_is_looked_at_before_the_work(trained: tuple[Path, dict], tmp_path: Path) -> None:
    config, _ = trained
    shown = call("profile", "--config", config, "--html", tmp_path / "profile.html")
    assert shown.startswith("people  ") and "Event names that no role takes" in shown
    assert (tmp_path / "profile.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    found = json.loads(call("profile", "--config", config, "--json"))
    assert sum(day["events"] for day in found["days"]) == found["events"]
