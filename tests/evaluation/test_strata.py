"""Figures by how long people have been silent."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from support.learnable import Spy, dataset

from churnlab.dataset.dataset import Dataset
from churnlab.errors import FrameError
from churnlab.estimators.baselines import LAST
from churnlab.evaluation.backtest import Backtest
from churnlab.evaluation.evaluation import Evaluation
from churnlab.evaluation.judge import Judge
from churnlab.evaluation.metrics import auc, lift
from churnlab.evaluation.strata import Silence, among_recent, as_table, recent_half
from churnlab.report import terminal

rng = np.random.default_rng(0)
DAYS = rng.integers(1, 60, 900).astype(float)
Y = (rng.random(900) < 0.2 + DAYS / 150).astype(float)
USERS = np.arange(900) // 2
SAID = {
    "churnlab": np.clip(0.3 * Y + 0.6 * rng.random(900), 0.01, 0.99),
    "recency": DAYS / 100,
    "personal_rate": rng.random(900),
    "base_rate": np.full(900, Y.mean()),
}
INDEX = pd.MultiIndex.from_arrays(
    [USERS, pd.to_datetime(np.tile(["2026-01-01", "2026-02-01"], 450))],
    names=["user_id", "snapshot"],
)
EVALUATION = Evaluation.of(
    SAID, pd.Series(Y, INDEX), target="churned", silence=Silence(DAYS), draws=20
)


def judged(silence: Silence, y: np.ndarray, users: np.ndarray = USERS) -> pd.DataFrame:
    said = {name: p[: len(y)] for name, p in SAID.items()}
    return silence.judged(said, y, users, Judge.of("churned", draws=20))


def test_the_recent_half_is_half_where_no_days_are_equal() -> None:
    days = rng.permutation(100).astype(float)
    assert recent_half(days).sum() == 50
    assert days[recent_half(days)].max() < days[~recent_half(days)].min()


@pytest.mark.parametrize(
    ("days", "inside"),
    [
        ([1, 1, 1, 2], 3),  # three of four are as far from a half as all four are further
        ([1, 2, 2, 2], 1),  # a quarter is nearer than all
        ([5, 5, 5], 3),  # one value: all or nothing
        ([1, np.nan, np.nan, np.nan], 1),  # never seen is the longest ago
        ([np.nan, np.nan], 2),
        ([], 0),
    ],
)
def test_equal_days_stay_together_and_the_share_is_the_nearest_to_a_half(
    days: list[float], inside: int
) -> None:
    assert recent_half(np.array(days)).sum() == inside


def test_among_recent_judges_every_contender_on_those_rows_alone() -> None:
    days = rng.integers(1, 60, 400).astype(float)
    y = (rng.random(400) < days / 80).astype(float)
    said = {"churnlab": y + rng.random(400), "recency": days}
    users = np.arange(400) // 2
    found = among_recent(said, y, users, days, draws=50).set_index("contender")
    half = recent_half(days)
    for name, p in said.items():
        assert found.loc[name, "value"] == auc(y[half], p[half])
    row = found.loc["recency"]
    assert row["difference_low"] < row["difference"] < row["difference_high"]
    assert row["difference"] == pytest.approx(found.loc["churnlab", "value"] - row["value"])


def test_lengths_that_differ_are_refused() -> None:
    y = np.array([0.0, 1.0])
    with pytest.raises(FrameError, match="last"):
        among_recent({"churnlab": y}, y, np.arange(2), np.ones(3))


def test_every_row_is_in_one_stratum_and_the_half_is_named_apart() -> None:
    names, says, inside = zip(*Silence(DAYS).strata(), strict=True)
    assert names == ("recent", "between", "long", "recent_half")
    assert np.sum(inside[:3], axis=0).tolist() == [1] * 900
    assert [DAYS[rows].max() for rows in inside[:2]] == [7, 30] and DAYS[inside[2]].min() == 31
    assert str(says[3]) == f"most recent half, in the last {DAYS[inside[3]].max():.0f} days"


def test_people_never_seen_are_in_the_last_stratum() -> None:
    *_, (_, _, long), (_, says, half) = Silence(np.array([np.nan, np.nan])).strata()
    assert long.all() and half.all() and str(says) == "most recent half"


@pytest.mark.parametrize(
    ("days", "horizon", "bounds"),
    [
        ([1, 5, 40], 365, (7, 30)),  # most were seen within 30 days
        ([1, 40, 90], 365, (30, 121)),
        ([1, 40, 90], 90, (7, 30)),
        ([1, 40, 90], 30, (7, 30)),  # never shorter
        ([1, 40, np.nan], 273, (22, 91)),
        ([1, 40, 90], None, (7, 30)),
        ([], 365, (7, 30)),
    ],
)
def test_bounds_grow_with_the_horizon_where_most_were_seen_longer_ago(
    days: list[float], horizon: int | None, bounds: tuple[int, int]
) -> None:
    found = Silence.of(np.array(days), horizon)
    assert (found.short, found.long) == bounds


def test_each_stratum_is_judged_on_its_own_rows_beside_what_days_say_alone() -> None:
    found = EVALUATION.strata
    assert list(dict.fromkeys(found["contender"])) == ["churnlab", "recency", "personal_rate"]
    for name, _, inside in Silence(DAYS).strata():
        part = found[found["stratum"] == name].set_index(["contender", "metric"])
        y, p = Y[inside], SAID["recency"][inside]
        assert part["rows"].eq(inside.sum()).all() and part["share"].eq(inside.mean()).all()
        assert part["observed"].eq(y.mean()).all()
        assert part.loc[("recency", "auc"), "value"] == pytest.approx(auc(y, p))
        assert part.loc[("recency", "lift_at_10pct"), "value"] == pytest.approx(lift(y, p))
        ratio = part.loc[("recency", "predicted_over_observed")]
        assert ratio["value"] == pytest.approx(p.mean() / y.mean())
        assert ratio["low"] < ratio["value"] < ratio["high"]
        assert np.isfinite(part.loc[("churnlab", "calibration_slope"), "value"])
        assert part["note"].eq("").all()


def test_intervals_come_from_resampling_people_and_not_rows() -> None:
    """The same rows of half as many people: twice the width, but for chance."""
    one = np.tile(DAYS[:450], 2), np.tile(Y[:450], 2)
    widths = []
    for users in (np.arange(900), np.tile(np.arange(450), 2)):
        said = {"churnlab": np.tile(SAID["churnlab"][:450], 2)}
        found = Silence(one[0]).judged(said, one[1], users, Judge.of("churned", draws=100))
        row = found[(found["stratum"] == "long") & (found["metric"] == "auc")].iloc[0]
        widths.append(row["high"] - row["low"])
    assert widths[1] > 1.2 * widths[0]


@pytest.mark.parametrize(
    ("y", "users", "note"),
    [
        (np.where(DAYS <= 7, 0.0, Y), USERS, "too few: 0 of {rows} left"),
        (np.where(DAYS <= 7, 1.0, Y), USERS, "too few: 0 of {rows} stayed"),
        (Y, np.where(DAYS <= 7, 0, USERS), "too few: 1 people"),
    ],
)
def test_one_class_or_few_people_are_too_few_and_never_a_number(
    y: np.ndarray, users: np.ndarray, note: str
) -> None:
    found = judged(Silence(DAYS), y, users)
    recent = found[found["stratum"] == "recent"]
    assert recent[["value", "low", "high", "difference"]].isna().all(axis=None)
    assert set(map(str, recent["note"])) == {note.format(rows=int((DAYS <= 7).sum()))}
    assert found[found["stratum"] == "long"]["value"].notna().all()


def test_a_stratum_without_rows_is_too_few() -> None:
    found = judged(Silence(np.ones(900)), Y)
    empty = found[found["stratum"] == "long"]
    assert empty["rows"].eq(0).all() and empty["value"].isna().all()
    assert str(empty["note"].iloc[0]) == "too few: 0 people"
    shown = as_table(found, "churned").frame()
    assert shown.loc[shown["last active"] == "longer ago", "observed"].tolist() == ["–"]


def test_value_is_judged_by_its_order_and_total() -> None:
    spent = rng.gamma(1, 30, 900) * (1 - Y)
    said = {"churnlab": spent + 1, "spend_rate": rng.random(900), "zero": np.zeros(900)}
    found = Silence(DAYS).judged(said, spent, USERS, Judge.of("ltv", draws=10))
    assert set(found["metric"]) == {"normalised_gini", "total_bias"}
    assert set(found["contender"]) == {"churnlab", "spend_rate"}
    nobody = Silence(DAYS).judged(said, spent * 0, USERS, Judge.of("ltv", draws=10))
    assert nobody["note"].map(str).str.fullmatch(r"too few: 0 of \d+ spent").all()


def test_it_is_in_the_json_the_flat_figures_and_the_terminal() -> None:
    about = json.loads(json.dumps(EVALUATION.to_dict(), allow_nan=False))
    again = Evaluation.from_dict(about)
    assert again.by_silence() == EVALUATION.by_silence()
    flat = EVALUATION.metrics()
    half = recent_half(DAYS)
    assert flat["churned_auc_recent_half"] == auc(Y[half], SAID["churnlab"][half])
    assert flat["churned_auc_recent_half_recency"] == auc(Y[half], DAYS[half])
    lines = list(terminal.evaluations({"churned": EVALUATION}))
    assert "churned, by how lately people were seen" in lines


def test_an_evaluation_of_an_older_run_has_no_strata() -> None:
    old = EVALUATION.to_dict()
    del old["strata"]
    found = Evaluation.from_dict(old)
    assert found.by_silence() is None and found.among_recent().empty


def test_a_half_that_is_too_few_says_so() -> None:
    y = pd.Series(np.where(recent_half(DAYS), 0.0, Y), INDEX)
    found = Evaluation.of(SAID, y, target="churned", silence=Silence(DAYS), draws=5)
    assert found.among_recent()["note"].map(str).str.startswith("too few: 0 of").all()
    assert "churned_auc_recent_half" not in found.metrics()


def test_features_without_days_since_last_are_said_and_do_not_fail() -> None:
    data = dataset()
    model = Spy("churned").fit(data.X, data.y("churned"))
    found = Evaluation.compare({"churnlab": model}, data, "churned", draws=5)
    assert set(found.strata["stratum"]) == {"recent", "between", "long", "recent_half"}
    without = Dataset(data.X.drop(columns=LAST), data.labels, data.catalogue, data.targets)
    model = Spy("churned").fit(without.X, data.y("churned"))
    found = Evaluation.compare({"churnlab": model}, without, "churned", draws=5)
    assert found.strata.empty
    assert f"the features lack '{LAST}'" in " ".join(map(str, found.warnings))


def test_a_backtest_has_them_for_each_target_over_all_cuts() -> None:
    found = Backtest.of(dataset(), cuts=2, make=Spy, draws=5)
    assert set(found.strata["target"]) == {"churned", "ltv"}
    rows = found.strata.query("stratum != 'recent_half'").drop_duplicates(["target", "stratum"])
    whole = found.overall.drop_duplicates("target").set_index("target")["rows"]
    assert rows.groupby("target")["rows"].sum().to_dict() == whole.to_dict()
    again = Backtest.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False)))
    assert "by how lately people were seen" in again.tables("ltv")


def test_silence_of_another_length_is_refused() -> None:
    with pytest.raises(FrameError, match="silence has 3 values"):
        judged(Silence(np.ones(3)), Y)
