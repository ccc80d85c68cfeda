"""Examples in errors say what is wrong and name nobody."""

from __future__ import annotations

import pytest

from churnlab.errors.examples import shape, shown


@pytest.mark.parametrize(
    "value",
    [
        "canary@example.org",
        "Canary <c@x>",
        "canary-00017",
        "c4n4r9-1a2b3",
        13800138000,
        "+86 138 0013",
    ],
)
def test_who_could_be_a_person_is_shown_by_the_shape(value: object) -> None:
    said = shown(value)
    assert said == shape(value) and not {*"cnryx18"} & {*said.lower()}


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "¥12.50",
        "1 234",
        "n/a",
        "",
        "2026-13-01",
        "31.12.2026 25:00",
        "2026/1/1T99",
        "1.234,50",
        7,
    ],
)
def test_other_values_are_shown_as_they_are(value: object) -> None:
    assert shown(value) == repr(value)


def test_a_long_value_is_cut() -> None:
    assert shape("x" * 10_000) == repr("a" * 60)
