"""The backtest learns from the past of each cut alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as theirs
from support import made_up_language
from support.english import as_given, english_words
from support.learnable import DAYS, SEEN, Spy, dataset

from churnlab.errors import ConfigError, FrameError, HistoryError
from churnlab.estimators import baselines
from churnlab.evaluation.backtest import Backtest
from churnlab.report.document import as_markdown


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
    assert str(aucs.loc["2026-03-15", "note"]) == "churned is 0 in all 120 rows" and np.isnan(
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
    assert some.cuts["note"].astype(str).str.contains("one class only").tolist() == [
        True,
        False,
        False,
    ]
    assert any(
        str(text).startswith("churned: 2026-02-01: churned before") for text in some.warnings
    )
    assert "2 cuts judged where 3 were asked for" in " ".join(map(str, some.warnings))


def test_sixty_people_are_judged_together_and_what_is_unsure_is_said() -> None:
    found = Backtest.of(dataset(60).take(np.arange(300) % 60 < 20), cuts=3, make=Spy, draws=10)
    assert (
        found.per_cut["note"].astype(str).eq("20 rows, fewer than 30").sum() > 0
        and found.per_cut["value"].isna().all()
    )
    assert found.overall.query("metric == 'auc'")["value"].notna().all()
    assert any("judged on 20 people only" in str(text) for text in found.warnings)


def test_one_customer_who_is_half_of_the_money_is_said() -> None:
    data = dataset()
    judged = data.labels.index.get_level_values("snapshot") >= DAYS[-2]
    data.labels.loc[judged & (data.labels.index.get_level_values("user_id") == 7), "ltv"] = (
        data.labels.loc[judged, "ltv"].sum() / 2
    )
    assert any(
        "of all value" in str(text)
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
        "minus days since last activity",
    } <= set(table)
    assert "<table" in found._repr_html_() and "| days since last activity |" in as_markdown(found)


def test_its_tables_and_warnings_are_said_in_another_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = dataset(people=60)
    early = data.labels.index.get_level_values("snapshot") <= DAYS[1]
    data.labels.loc[early, "churned"] = 1  # the first cut cannot be learnt for
    found = Backtest.of(data, cuts=3, make=Spy, draws=5)
    language = made_up_language.install(tmp_path, monkeypatch)
    errors = [text for words in (*found.cuts["note"], *found.warnings) for text in as_given(words)]
    names = {
        "churned",
        "cuts",
        "ltv",
        "channel",
        "ads",
        "shop",
        "churnlab",
        "bg",
        "mbg",
        "nbd",
        "gamma",
    }
    left = english_words(as_markdown(found, language)) - names
    assert left <= english_words(" ".join(errors))
    assert {"judged", "group", "observed", "minus", "learnt"}.isdisjoint(left)
    assert len(english_words(as_markdown(found))) > 60
    titles = list(found.tables("churned", language))
    assert len(titles) == 4 and all(made_up_language.START in title for title in titles)
