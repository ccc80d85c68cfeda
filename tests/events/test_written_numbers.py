"""Numbers as text in the spellings of many countries: read right or not at all, never as others."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.counting import count

from churnlab.events.written_numbers import NOTHING, number_of, read_written

AMOUNTS = st.one_of(
    st.integers(-(10**10), 10**10).map(float),
    st.floats(-1e10, 1e10).map(lambda v: round(v, 2)),
    st.floats(-1e4, 1e4).map(lambda v: round(v, 3)),
)
THOUSANDS = [",", ".", "", " ", "\u00a0", "\u202f", "'", "’"]


def spelling(value: float, places: int, thousands: str, mark: str, wide: bool) -> str:
    """The number with `places` decimals, its marks those of a country."""
    text = f"{value:,.{places}f}".replace(",", "T").replace(".", mark).replace("T", thousands)
    digits = str.maketrans("0123456789.,-", "０１２３４５６７８９．，－")
    return text.translate(digits) if wide else text


@pytest.mark.examples(stated=30, unstated=30)
@given(
    AMOUNTS,
    st.integers(0, 3),
    st.sampled_from(THOUSANDS),
    st.sampled_from([".", ","]),
    st.booleans(),
    st.booleans(),
)
def test_a_spelling_is_read_right_or_not_at_all(
    value: float, places: int, thousands: str, mark: str, wide: bool, stated: bool
) -> None:
    value = float(f"{value:.{places}f}")
    text = spelling(value, places, thousands if thousands != mark else "", mark, wide)
    values, nothing = read_written(pa.array([text]), mark if stated else None)
    assert not nothing[0]
    if stated:
        count("stated")
        assert values[0] == value, text
    # 1.234 is a little over one, until the user says that the comma is the decimal mark.
    elif mark == "." or thousands != "." or places:
        count("unstated")
        assert math.isnan(values[0]) or values[0] == value, text


@pytest.mark.parametrize(
    "text, plain, point, comma",
    [
        ("12.50", 12.5, 12.5, None),
        ("12,50", None, None, 12.5),
        ("$12.50", None, None, None),
        ("12.50 €", None, None, None),
        ("1,234.50", 1234.5, 1234.5, None),
        ("1.234,50", None, None, 1234.5),
        ("1 234,50", None, None, 1234.5),
        ("1 234.50", 1234.5, 1234.5, None),
        ("1'234.50", 1234.5, 1234.5, None),
        ("1,234", None, 1234.0, 1.234),
        ("1.234", 1.234, 1.234, 1234.0),
        ("1,234,567", 1234567.0, 1234567.0, None),
        ("12,34,567.5", 1234567.5, 1234567.5, None),
        ("1.234.567", None, None, 1234567.0),
        ("0,125", None, None, 0.125),
        ("1,23,4", None, None, None),
        ("１２．５", 12.5, 12.5, None),
        ("１２", 12.0, 12.0, 12.0),
        ("\u22125", -5.0, -5.0, -5.0),
        (" 7 ", 7.0, 7.0, 7.0),
        ("1e3", 1000.0, 1000.0, 1000.0),
        ("-1,5e2", None, None, -150.0),
        ("12\x0034", None, None, None),
        ("१२", None, None, None),
        ("0x10", None, None, None),
        ("1_000", None, None, None),
        ("True", None, None, None),
        ("(12.50)", None, None, None),
    ],
)
def test_each_spelling(
    text: str, plain: float | None, point: float | None, comma: float | None
) -> None:
    for decimal, wanted in ((None, plain), (".", point), (",", comma)):
        found = read_written(pa.array([text]), decimal)[0][0]
        assert found == wanted or (wanted is None and math.isnan(found)), decimal
        alone = number_of(text.strip(), decimal)
        assert alone == found or (math.isnan(alone) and math.isnan(found))


@given(st.text(max_size=12), st.sampled_from([None, ".", ","]))
def test_any_text_is_a_number_of_python_a_number_with_marks_or_none(
    text: str, decimal: str | None
) -> None:
    values, nothing = read_written(pa.array([text, text]), decimal)
    assert (nothing[0] == (text.strip() in NOTHING) and values[0] == values[1]) or math.isnan(
        values[0]
    )
    if not math.isnan(values[0]) and decimal != ",":
        try:
            assert float(text.strip()) == values[0]
        except ValueError:
            assert any(c in text for c in ", '’") or not text.isascii()


def test_dictionaries_nulls_and_words_for_nothing() -> None:
    column = pa.array(["5", None, "NULL", "5", "", "much"]).dictionary_encode()
    values, nothing = read_written(column, None)
    assert nothing.tolist() == [False, True, True, False, True, False]
    assert values[0] == values[3] == 5 and math.isnan(values[5])
    values, nothing = read_written(pa.nulls(2, pa.string()), ",")
    assert nothing.all() and len(values) == 2
