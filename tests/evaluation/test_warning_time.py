"""Warning time learns from the same rows for every lead."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as theirs
from support import made_up_language
from support.english import english_words
from support.learnable import SEEN, Spy, dataset

from churnlab.dataset.dataset import Dataset
from churnlab.errors import ConfigError, HistoryError
from churnlab.evaluation.warning_time import WarningTime
from churnlab.report.document import as_markdown


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
        str(found.table["note"].tolist()[1]) == "churned is 0 in all 240 rows"
        and "one class only" in found.table["note"].tolist()[2]
    )
    assert "note" in found.shown()["days of warning"].tolist() and str(found.summary()).startswith(
        "0 days ahead"
    )
    json.dumps(found.to_dict(), allow_nan=False)
    with pytest.raises(HistoryError, match="one class only"):
        WarningTime.of(data, {0: never}, 20, "2026-03-01", make=Spy)


def test_it_survives_json_and_has_a_table() -> None:
    found = early(dataset())
    again = WarningTime.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False)))
    assert as_markdown(again) == as_markdown(
        found
    ) and 'accuracy of "nobody leaves"' in as_markdown(found)
    assert (
        "note" not in found.shown()["days of warning"].tolist() and "<table" in found._repr_html_()
    )
    assert any(str(text).startswith("0 days: judged on 120 people only") for text in found.warnings)


@pytest.mark.parametrize(
    ("leads", "says"),
    [
        ((), "lead is \\[\\]"),
        ((-1, 0), "days of warning, each 0 or more"),
        ((0, 400), "leaves no row on one side"),
    ],
)
def test_missing_negative_and_too_long_leads_are_refused(leads: tuple[int, ...], says: str) -> None:
    with pytest.raises((ConfigError, HistoryError), match=says):
        early(dataset(), leads)


def test_its_table_and_warnings_are_said_in_another_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = early(dataset())
    language = made_up_language.install(tmp_path, monkeypatch)
    assert found.warnings
    assert english_words(as_markdown(found, language)) <= {"bg", "mbg", "nbd"}
    assert english_words(str(found.summary().text(language))) == set()
    assert len(english_words(as_markdown(found))) > 50


def test_nothing_judged_is_a_sentence_too() -> None:
    table = early(dataset()).table.assign(auc=np.nan)
    assert str(WarningTime(20, table).summary()) == "No warning time could be judged."
