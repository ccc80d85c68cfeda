"""A run judged again, backtested, and the warning time of churn."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command import call

import churnlab
from churnlab.config.tables import Config
from churnlab.demo import datasets
from churnlab.errors import HistoryError
from churnlab.estimators.baselines import Recency, SpendRate
from churnlab.training.preparation import held_out_from, snapshot_days


def test_evaluation_repeats_what_training_found(trained: tuple[Path, dict]) -> None:
    config, result = trained
    again = json.loads(call("evaluate", "--config", config, "--cuts", "0", "--json"))
    assert set(again) == {"run_id", "churned", "ltv", "notes"}
    auc = next(
        r
        for r in again["churned"]["table"]
        if r["metric"] == "auc" and r["contender"] == "churnlab"
    )
    assert auc["value"] == result["metrics"]["churned_auc"]
    assert "days since last activity" in call(
        "evaluate", "--config", config, "--cuts", "0", "--run", result["run_id"]
    )


def baseline(target: str, config: Config) -> object:
    return Recency() if target == "churned" else SpendRate()


def test_evaluation_rolls_over_the_last_cuts(
    trained: tuple[Path, dict], monkeypatch: pytest.MonkeyPatch
) -> None:
    config, _ = trained
    monkeypatch.setattr("churnlab.training.review.new_model", baseline)
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
    monkeypatch.setattr("churnlab.training.review.new_model", baseline)
    table = json.loads(call("evaluate", "--config", config, "--lead", "14,0", "--json"))["table"]
    assert [r["lead_days"] for r in table] == [0, 14] and table[0]["rows"] == table[1]["rows"]
    activity = community.log().daily()
    settings, targets = Config.read(config), (churnlab.Churn(30, lead=14),)
    days = snapshot_days(settings, activity, targets)
    held = [d for d in days if d >= held_out_from(settings, days, targets)]
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
