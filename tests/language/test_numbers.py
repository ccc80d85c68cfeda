"""Numbers and dates: Python's digits, in the manner of a language."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from churnlab.errors import ConfigError
from churnlab.language.numbers import shown, understood


@pytest.mark.parametrize(
    "value, spec, german",
    [
        (1234.5, ",.1f", "1.234,5"),
        (1234.5, ".1f", "1234,5"),
        (-1234.5, "+,.0f", "-1.234"),
        (0.5, "+.1f", "+0,5"),
        (0.256, ".0%", "26\xa0%"),
        (0.256, "+.1%", "+25,6\xa0%"),
        (7, "", "7"),
        (7.25, "", "7,25"),
        (7.0, "d", "7"),
        (np.float32(0.5), ".1f", "0,5"),
        (np.int64(12), "", "12"),
        ("ads", ".1f", "ads"),
        (True, "", "True"),
        (float("inf"), ".0f", "inf"),
        (date(2026, 8, 28), "", "28.08.2026"),
    ],
)
def test_numbers_of_a_language(value: object, spec: str, german: str) -> None:
    assert shown(value, spec, "de") == german


@pytest.mark.parametrize("value", [0.5, 1.5, 2.675, 0.345, 0.355, 1.005, 1e7, 12345.678])
@pytest.mark.parametrize("spec", [".0f", ".1f", ".2f", ",.2f", ".0%", ".1%", "+.1f"])
def test_digits_are_those_of_python_in_every_language(value: float, spec: str) -> None:
    english = shown(value, spec, "en")
    assert english == format(value, spec)
    there = shown(value, spec, "de").replace("\xa0", "")
    assert there.translate(str.maketrans(",.", ".,")) == english


@pytest.mark.parametrize("spec", [">10", ".2e", "x", "{n}"])
def test_other_formats_are_refused(spec: str) -> None:
    assert not understood(spec)
    with pytest.raises(ConfigError, match="the format of a value"):
        shown(1.5, spec, "de")


@pytest.mark.parametrize(
    "value, spec, english, chinese",
    [
        (1, "push|pushes", "1 push", "1 push"),
        (0, "push|pushes", "0 pushes", "0 push"),
        (12_345.0, "push|pushes", "12,345 pushes", "1.2万 push"),
        (1, "day|# days", "day", "day"),
        (2, "day|# days", "2 days", "day"),
        (1, "span", "1 day", "1天"),
        (14, "span", "14 days", "14天"),
        (20, "span", "20 days", "20天"),
        (28, "span", "4 weeks", "4周"),
        (80.0, "amount", "80", "80"),
        (80.5, "amount", "80.50", "80.50"),
        (310.4, "amount", "310", "310"),
        (12_345.6, "amount", "12,346", "12,346"),
        (9_999, ",.0f", "9,999", "9,999"),
        (12_345, ",.0f", "12,345", "1.2万"),
        (20_000, ",", "20,000", "2万"),
        (12_345, ".0f", "12345", "12345"),
        (date(2026, 8, 28), "", "Aug 28, 2026", "2026年8月28日"),
    ],
)
def test_counts_lengths_and_money(value: object, spec: str, english: str, chinese: str) -> None:
    assert shown(value, spec, "en") == english
    assert shown(value, spec, "zh") == chinese


def test_a_word_has_as_many_forms_as_its_language() -> None:
    forms = "push|pushe|pushy|pushów"
    assert [shown(n, forms, "pl").split()[1] for n in (1, 2, 5)] == ["push", "pushe", "pushy"]
