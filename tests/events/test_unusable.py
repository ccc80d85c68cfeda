"""Counts and examples of numbers that cannot be used."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from churnlab.events.unusable import EXAMPLES, Unusable, usable


def test_examples_are_the_first_different_ones_and_short() -> None:
    seen = Unusable()
    column = pa.array(["a", "a", "b", "5", "x" * 100, "c"])
    seen.add(column, 6, np.array([True, True, True, False, True, True]))
    assert (seen.given, seen.unusable) == (6, 5)
    assert seen.examples == ["a", "b", "x" * 40 + "…"] and len(seen.examples) == EXAMPLES
    seen.add(pa.array(["d"]), 1, np.array([True]))
    assert seen.unusable == 6 and len(seen.examples) == EXAMPLES


def test_nan_in_a_column_of_numbers_is_not_given() -> None:
    seen = Unusable()
    column = pa.array([1.0, np.nan, None, np.inf, np.nan])
    seen.add(column, 3, np.array([False, True, False, True, False]))
    assert (seen.given, seen.unusable, seen.examples) == (2, 1, ["inf"])


def test_parts_are_merged_also_from_plain_values() -> None:
    one, other = Unusable(3, 1, ["a"]), Unusable(2, 2, ["b", "a"])
    one.merge(other)
    one.merge({"given": 1, "unusable": 1, "examples": ["c"]})
    assert one == Unusable(6, 4, ["a", "b", "c"])


def test_usable_numbers() -> None:
    assert usable(np.array([1e10, -1e10])) is None and usable(np.zeros(0)) is None
    found = usable(np.array([1e10, np.nextafter(-1e10, -np.inf), np.nan, np.inf]))
    assert found is not None and found.tolist() == [True, False, False, False]
