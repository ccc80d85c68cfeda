"""What all results share: JSON, HTML, pages."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

import churnlab as cl
from churnlab.language.sentence import sentence
from churnlab.retention.cohort.cohorts import cohorts
from churnlab.retention.over_time.life_cycle import life_cycle
from churnlab.retention.over_time.stickiness import stickiness
from churnlab.retention.shown import page, records


def test_results_are_json_html_and_a_page_in_both_languages() -> None:
    activity = cl.datasets.make_community(users=60, days=50, seed=3).log().daily()
    results = [make(activity) for make in (cohorts, stickiness, life_cycle)]
    for found in results:
        written = json.dumps(found.to_dict(), allow_nan=False)
        assert json.loads(written)["says"] == [str(words) for words in found.sentences()]
        assert str(found.title) in found._repr_html_()
        assert repr(found).startswith(type(found).__name__)
    made = page("Retention <b>", "", results)
    english, chinese = made.html("en"), made.html("zh")
    assert "&lt;b&gt;" in english and english.count("<img") + english.count("<svg") >= 4
    assert "Who comes back" in english and "Who comes back" not in chinese


def test_plain_rows_are_json_ready() -> None:
    frame = pd.DataFrame(
        {
            "a": [np.int64(3)],
            "b": [np.inf],
            "c": [pd.NaT],
            "d": [sentence("yes")],
            "e": [{"x": np.nan}],
            "f": [pd.Timestamp("2026-03-01")],
            "g": [np.bool_(True)],
        }
    )
    assert records(frame) == [
        {"a": 3, "b": None, "c": None, "d": "yes", "e": {"x": None}, "f": "2026-03-01", "g": True}
    ]
