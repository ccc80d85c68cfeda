"""Results as JSON, and back."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from churnlab.evaluation.records import frame_from, json_value, records, words_list
from churnlab.language.sentence import sentence

NOTE = sentence("{cut}: {text}", cut="2026-01-01", text=sentence("{rows:,} rows", rows=1200))


def test_a_frame_survives_json_with_missing_values_and_sentences() -> None:
    frame = pd.DataFrame(
        {"day": ["a", "b"], "auc": [0.5, np.nan], "rows": [3, 4], "note": ["", NOTE]}
    )
    again = frame_from(json.loads(json.dumps(records(frame), allow_nan=False)))
    pd.testing.assert_frame_equal(again, frame, check_dtype=False)
    assert str(again["note"][1]) == "2026-01-01: 1,200 rows"


def test_values_that_json_does_not_know_become_plain() -> None:
    values = [np.float64(0.5), np.int64(3), np.bool_(True), np.inf, "text", None]
    assert [json_value(v) for v in values] == [0.5, 3, True, None, "text", None]


def test_stored_text_and_stored_sentences_are_read_alike() -> None:
    stored = json.loads(json.dumps([json_value(NOTE), "plain"]))
    assert words_list(stored) == (NOTE, "plain")
