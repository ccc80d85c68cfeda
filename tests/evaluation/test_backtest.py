"""The backtest learns from the past of each cut alone, and warning time from the same rows for every lead."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as theirs
from sklearn.linear_model import LinearRegression, LogisticRegression

from churnlab.dataset.dataset import Dataset
from churnlab.errors import ConfigError, FrameError, HistoryError
from churnlab.estimators import baselines
from churnlab.evaluation.backtest import Backtest
from churnlab.evaluation.warning_time import WarningTime
from churnlab.report import plots
from churnlab.report.document import as_markdown
from churnlab.schema.targets import Churn, LifetimeValue

DAYS = pd.to_datetime(["2026-01-01", "2026-01-15", "2026-02-01", "2026-03-01", "2026-03-15"])
SEEN: list[pd.MultiIndex] = []


class Spy:
    """A plain model that remembers which rows it was fitted on."""

    def __init__(self, target: str) -> None:
        self.inner: Any = LogisticRegression() if target == "churned" else LinearRegression()
        if target == "churned":
            self.predict_proba = lambda X: self.inner.predict_proba(X.select_dtypes("number"))

    def fit(self, X: pd.DataFrame, y: pd.Series) -> Spy:
        SEEN.append(X.index)
        self.inner.fit(X.select_dtypes("number"), y)
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return self.inner.predict(X.select_dtypes("number"))


def dataset(people: int = 120, days: pd.DatetimeIndex = DAYS, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product(
        [days, range(people)], names=["snapshot", "user_id"]
    ).swaplevel()
    n = len(index)
    last = rng.integers(0, 40, n).astype(float)
    X = pd.DataFrame(
        {
            baselines.LAST: last,
            baselines.TENURE: rng.integers(1, 200, n).astype(float),
            baselines.DAYS: rng.integers(1, 30, n).astype(float),
            baselines.SPENT: rng.gamma(1, 30, n),
            "profile__channel__static": pd.Categorical(rng.choice(["ads", "shop"], n)),
        },
        index=index,
    )
    churned = (rng.random(n) < 1 / (1 + np.exp(2 - last / 10))).astype(float)
    labels = pd.DataFrame(
        {"churned": churned, "ltv": rng.gamma(1, 20, n) * (1 - churned)}, index=index
    )
    return Dataset(X, labels, pd.DataFrame(), (Churn(20, lead=8), LifetimeValue(28)))


def test_each_cut_is_judged_by_a_model_of_its_own_past() -> None:
    data = dataset()
    SEEN.clear()
    found = Backtest.of(data, cuts=2, make=Spy, draws=20)
    assert (
        found.targets == ("churned", "ltv")
        and found.cuts["cut"].tolist() == ["2026-03-01", "2026-03-15"] * 2
    )
    for learnt, cut in zip(SEEN, [*DAYS[-2:], *DAYS[-2:]], strict=True):
        days = learnt.get_level_values("snapshot").unique()
        assert (days + pd.Timedelta(days=28) <= cut).all()
        assert set(days) == {d for d in DAYS if d + pd.Timedelta(days=28) <= cut}
    assert found.cuts["learnt_rows"].tolist() == [360, 360, 360, 360]


def test_labels_that_were_not_known_at_a_cut_do_not_change_its_figures() -> None:
    data = dataset()
    late = data.labels.index.get_level_values("snapshot") >= "2026-03-15"
    other = replace(
        data,
        labels=data.labels.assign(
            churned=np.where(late, 1 - data.labels["churned"], data.labels["churned"])
        ),
    )
    first, again = (
        Backtest.of(d, cuts=2, targets=["churned"], make=Spy, draws=20).per_cut
        for d in (data, other)
    )
    same = first["cut"] == "2026-03-01"
    pd.testing.assert_frame_equal(first[same], again[same])
    assert not first[~same].equals(again[~same])


def test_figures_and_differences_are_those_of_scikit_learn_on_the_same_rows() -> None:
    data = dataset()
    found = Backtest.of(data, cuts=2, targets=["churned"], make=Spy, draws=30)
    day = data.X.index.get_level_values("snapshot")
    said, truth = [], []
    for cut in DAYS[-2:]:
        past, now = day + pd.Timedelta(days=28) <= cut, day == cut
        model = Spy("churned").fit(data.X[past], data.y("churned")[past])
        base = baselines.Recency().fit(data.X[past], data.y("churned")[past])
        mine, theirs_ = (
            model.predict_proba(data.X[now])[:, 1],
            base.predict_proba(data.X[now])[:, 1],
        )
        y = data.y("churned")[now]
        part = found.per_cut.query(f"cut == '{cut.date()}' and metric == 'auc'").set_index(
            "contender"
        )
        assert part.loc["churnlab", "value"] == pytest.approx(theirs.roc_auc_score(y, mine))
        assert part.loc["recency", "difference"] == pytest.approx(
            theirs.roc_auc_score(y, mine) - theirs.roc_auc_score(y, theirs_)
        )
        assert (
            part.loc["recency", "difference_low"]
            <= part.loc["recency", "difference"]
            <= part.loc["recency", "difference_high"]
        )
        said.append(mine)
        truth.append(y)
    whole = found.overall.query("metric == 'brier' and contender == 'churnlab'").iloc[0]
    assert whole["value"] == pytest.approx(
        theirs.brier_score_loss(np.concatenate(truth), np.concatenate(said))
    )
    ads = (data.X.loc[day >= DAYS[-2], "profile__channel__static"] == "ads").to_numpy()
    group = found.per_segment.query(
        "group == 'channel' and member == 'ads' and metric == 'auc' and contender == 'churnlab'"
    ).iloc[0]
    assert group["value"] == pytest.approx(
        theirs.roc_auc_score(np.concatenate(truth)[ads], np.concatenate(said)[ads])
    )
    assert group["rows"] == ads.sum() and set(found.per_segment["group"]) == {
        "first seen",
        "channel",
    }


def test_a_cut_without_churners_has_its_reason_and_the_others_their_figures() -> None:
    data = dataset()
    last = data.labels.index.get_level_values("snapshot") == DAYS[-1]
    data.labels.loc[last, "churned"] = 0
    found = Backtest.of(data, cuts=2, targets=["churned"], make=Spy, draws=20)
    aucs = found.per_cut.query("metric == 'auc' and contender == 'churnlab'").set_index("cut")
    assert aucs.loc["2026-03-15", "note"] == "churned is 0 in all 120 rows" and np.isnan(
        aucs.loc["2026-03-15", "value"]
    )
    assert aucs.loc["2026-03-01", "value"] > 0.6 and "churned is 0 in all 120 rows" in as_markdown(
        found
    )


def test_a_past_of_one_class_is_left_out_with_its_reason_and_alone_it_is_refused() -> None:
    data = dataset()
    early = data.labels.index.get_level_values("snapshot") <= DAYS[1]
    data.labels.loc[early, "churned"] = 1
    days = pd.DatetimeIndex([*DAYS[:2], *DAYS[3:]])
    part = data.take(np.isin(data.X.index.get_level_values("snapshot"), days))
    with pytest.raises(HistoryError, match="churned before 2026-03-15 is 1 in all 240 rows"):
        Backtest.of(part, cuts=2, targets=["churned"], make=Spy, draws=5)
    some = Backtest.of(data, cuts=3, targets=["churned"], make=Spy, draws=5)
    assert some.cuts["note"].str.contains("one class only").tolist() == [True, False, False]
    assert any(text.startswith("churned: 2026-02-01: churned before") for text in some.warnings)
    assert "2 cut(s) judged where 3 were asked for" in " ".join(some.warnings)


def test_sixty_people_are_judged_together_and_what_is_unsure_is_said() -> None:
    found = Backtest.of(dataset(60).take(np.arange(300) % 60 < 20), cuts=3, make=Spy, draws=10)
    assert (
        found.per_cut["note"].eq("20 rows, fewer than 30").sum() > 0
        and found.per_cut["value"].isna().all()
    )
    assert found.overall.query("metric == 'auc'")["value"].notna().all()
    assert any("judged on 20 people only" in text for text in found.warnings)


def test_one_customer_who_is_half_of_the_money_is_said() -> None:
    data = dataset()
    judged = data.labels.index.get_level_values("snapshot") >= DAYS[-2]
    data.labels.loc[judged & (data.labels.index.get_level_values("user_id") == 7), "ltv"] = (
        data.labels.loc[judged, "ltv"].sum() / 2
    )
    assert any(
        "of all value" in text
        for text in Backtest.of(data, cuts=2, targets=["ltv"], make=Spy, draws=10).warnings
    )


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: Backtest.of(dataset(), cuts=0), ConfigError, "cuts is 0"),
        (lambda: Backtest.of(dataset(), targets=["chrned"]), FrameError, "did you mean 'churned'"),
        (lambda: Backtest.of(replace(dataset(), targets=())), FrameError, "horizon is not known"),
        (
            lambda: Backtest.of(dataset(days=DAYS[:2]), make=Spy),
            HistoryError,
            "leaves no row on one side",
        ),
    ],
)
def test_what_cannot_be_rolled_over_is_refused(call, error: type[Exception], says: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(error, match=says):
        call()


def test_it_survives_json_and_shows_every_baseline() -> None:
    found = Backtest.of(dataset(), cuts=2, make=Spy, draws=10)
    again = Backtest.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False)))
    pd.testing.assert_frame_equal(again.per_cut, found.per_cut, check_dtype=False)
    assert as_markdown(again) == as_markdown(found)
    table = found.tables("churned")["each cut"]
    assert table["cut"].tolist() == ["2026-03-01", "2026-03-15", "all"] and {
        "minus base rate",
        "minus recency",
    } <= set(table)
    assert "<table" in found._repr_html_() and "| recency |" in as_markdown(found)


def early(data: Dataset, leads: tuple[int, ...] = (0, 30), **options: Any) -> WarningTime:
    """Labels that get harder as the warning grows."""
    rng = np.random.default_rng(5)
    labels = {
        lead: data.y("churned").where(rng.random(len(data.X)) > lead / 60, 1 - data.y("churned"))
        for lead in leads
    }
    return WarningTime.of(data, labels, 20, "2026-03-01", make=Spy, draws=20, **options)


def test_every_lead_learns_from_the_same_rows_and_less_is_known_earlier() -> None:
    SEEN.clear()
    found = early(dataset(), (0, 8, 30))
    assert len(SEEN) == 3 and all(i.equals(SEEN[0]) for i in SEEN)
    assert (
        SEEN[0].get_level_values("snapshot") + pd.Timedelta(days=50) <= pd.Timestamp("2026-03-01")
    ).all()
    assert found.table["rows"].nunique() == 1 and found.table["auc"].is_monotonic_decreasing
    assert found.table["lead_days"].tolist() == [0, 8, 30]


def test_accuracy_stands_beside_the_answers_that_know_nothing() -> None:
    data = dataset()
    day = data.X.index.get_level_values("snapshot")
    past, now = day + pd.Timedelta(days=20) <= "2026-03-01", day >= "2026-03-01"
    row = WarningTime.of(
        data, {0: data.y("churned")}, 20, "2026-03-01", make=Spy, draws=20
    ).table.iloc[0]
    p, y = (
        Spy("churned").fit(data.X[past], data.y("churned")[past]).predict_proba(data.X[now])[:, 1],
        data.y("churned")[now],
    )
    assert row["accuracy"] == pytest.approx(theirs.accuracy_score(y, p >= 0.5)) and row[
        "precision"
    ] == pytest.approx(theirs.precision_score(y, p >= 0.5))
    assert row["recall"] == pytest.approx(theirs.recall_score(y, p >= 0.5)) and row[
        "auc"
    ] == pytest.approx(theirs.roc_auc_score(y, p))
    assert row["nobody_leaves"] == pytest.approx(
        theirs.accuracy_score(y, np.zeros(len(y)))
    ) and row["base_rate"] == pytest.approx(y.mean())
    assert row["auc_difference"] == pytest.approx(row["auc"] - row["beside_auc"]) and row["beside"]


def test_a_lead_of_one_class_has_its_reason_and_all_such_leads_are_refused() -> None:
    data = dataset()
    day = data.X.index.get_level_values("snapshot")
    none = data.y("churned").where(day < "2026-03-01", 0.0)
    never = data.y("churned") * 0
    found = WarningTime.of(
        data, {0: data.y("churned"), 7: none, 9: never}, 20, "2026-03-01", make=Spy, draws=10
    )
    assert found.table["auc"].notna().tolist() == [True, False, False]
    assert (
        found.table["note"].tolist()[1] == "churned is 0 in all 240 rows"
        and "one class only" in found.table["note"].tolist()[2]
    )
    assert "note" in found.shown()["days of warning"].tolist() and found.summary().startswith(
        "0 days ahead"
    )
    json.dumps(found.to_dict(), allow_nan=False)
    with pytest.raises(HistoryError, match="one class only"):
        WarningTime.of(data, {0: never}, 20, "2026-03-01", make=Spy)


def test_warning_time_survives_json_and_has_a_table_and_a_figure() -> None:
    found = early(dataset())
    again = WarningTime.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False)))
    assert as_markdown(again) == as_markdown(
        found
    ) and 'accuracy of "nobody leaves"' in as_markdown(found)
    assert (
        "note" not in found.shown()["days of warning"].tolist() and "<table" in found._repr_html_()
    )
    axes = plots.warning_time(found.table).axes[0]
    assert [t for t in axes.get_xticks()] == [0, 30]
    assert any(text.startswith("0 days: judged on 120 people only") for text in found.warnings)


@pytest.mark.parametrize(
    ("leads", "says"),
    [
        ((), "lead is \\[\\]"),
        ((-1, 0), "days of warning, each 0 or more"),
        ((0, 400), "leaves no row on one side"),
    ],
)
def test_leads_that_are_none_or_too_long_are_refused(leads: tuple[int, ...], says: str) -> None:
    with pytest.raises((ConfigError, HistoryError), match=says):
        early(dataset(), leads)
