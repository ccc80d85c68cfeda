"""Tables for people."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from churnlab.evaluation.tables import HEADINGS, Table, cell, difference, heading
from churnlab.language.sentence import sentence


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.12345, "0.123"),
        (np.float64(999.9996), "1,000.000"),
        (1234.6, "1,235"),
        (1234567, "1,234,567"),
        (np.int64(3), "3"),
        (float("nan"), "–"),
        (None, "–"),
        (True, "True"),
        ("a name", "a name"),
        (sentence("{n} rows", n=2), "2 rows"),
    ],
)
def test_a_value_as_people_read_it(value: object, text: str) -> None:
    assert str(cell(value)) == text


def test_a_frame_becomes_a_table_with_numbers_set_right() -> None:
    frame = pd.DataFrame({"value": ["a"], "rows": [1200], "auc": [0.51]})
    table = Table.of(frame, 2, headings={"value": sentence("snapshot day")})
    assert table.frame().to_dict("records") == [
        {"snapshot day": "a", "rows": "1,200", "AUC": "0.51"}
    ]
    assert table.numbers == {1, 2}


def test_a_heading_is_a_metrics_label_a_known_word_or_the_name() -> None:
    assert str(heading("lift_at_10pct")) == "lift, riskiest tenth"
    assert heading("note") is HEADINGS["note"] and heading("x_y") == "x y"


def test_a_difference_has_signs() -> None:
    assert str(difference(0.02, -0.01, 0.05)) == "+0.020 [-0.010, +0.050]"
    assert difference(float("nan"), 0, 0) == "–"
