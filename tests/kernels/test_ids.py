"""Codes of ids against a dict of Python."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from churnlab.kernels.ids import FirstSeen, IntIds, TextIds, places


def texts(rng: np.random.Generator, n: int) -> list[str]:
    """Texts of 0 to 40 bytes that often share all but one byte, anywhere."""
    stems = ["", "a" * 40, "\x00" * 40, "é" * 20]
    out = []
    for _ in range(n):
        text = bytearray(stems[rng.integers(len(stems))].encode()[: 2 * rng.integers(21)])
        if text and text[0] < 128:
            text[rng.integers(len(text))] = int(rng.integers(97, 123))
        out.append(text.decode())
    return out


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_text_ids_are_numbered_as_they_come_up(kind: pa.DataType) -> None:
    rng, table, known = np.random.default_rng(3), TextIds(), {}
    for size in (0, 1, 700, 5_000, 300):
        batch = texts(rng, size)
        expected = [known.setdefault(t, len(known)) for t in batch]
        array = pa.array(["cut off", *batch], kind).slice(1)
        given = TextIds.hashes(array) if size % 2 else None
        assert table.encode(array, given).tolist() == expected
    assert table.values().to_pylist() == list(known)


def test_finding_adds_nothing() -> None:
    table = TextIds()
    assert table.find(pa.array(["x"])).tolist() == [-1]
    table.encode(pa.array(["null", "", "00000000-0000-0000-0000-000000000000"]))
    asked = [
        "00000000-0000-0000-0000-000000000001",
        "",
        "nul",
        "null",
        "null\x00",
        "00000000-0000-0000-0000-000000000000",
    ]
    assert table.find(pa.array(asked)).tolist() == [-1, 1, -1, 0, -1, 2]
    assert len(table) == 3


def test_the_same_hash_is_not_the_same_text() -> None:
    table, same = TextIds(), np.zeros(4, np.uint64)
    assert table.encode(
        pa.array(["12345678a", "12345678b", "12345678a", "1234567"]), same
    ).tolist() == [0, 1, 0, 2]
    assert table.encode(
        pa.array(["12345678b", "1234567", "12345678c", "12345678a"]), same
    ).tolist() == [1, 2, 3, 0]


def test_whole_numbers_are_numbered_as_they_come_up() -> None:
    rng, table, known = np.random.default_rng(3), IntIds(), {}
    for size in (0, 1, 700, 5_000, 300):
        batch = rng.choice([-(2**63), -1, 0, 2**63 - 1, *range(2_000, 9_000)], size)
        expected = [known.setdefault(int(v), len(known)) for v in batch]
        assert table.encode(batch).tolist() == expected
    assert table.values().tolist() == list(known) and len(table) == len(known)
    assert table.take(table.order()).tolist() == sorted(known)


def test_texts_are_ordered_as_python_orders_them() -> None:
    table, found = TextIds(), ["b", "", "é", "a", "z", "ab", "\U0001f600"]
    table.encode(pa.array(found))
    assert table.take(table.order()).tolist() == sorted(found)
    assert table.take(np.array([2, 0])).tolist() == ["é", "b"]


def test_places_are_positions_in_an_order() -> None:
    assert places(np.array([3, 0, 2]), 5).tolist() == [1, -1, 2, 0, -1]


def test_a_value_is_new_once_for_each_person() -> None:
    rng, table, seen = np.random.default_rng(0), FirstSeen(), set()
    for size in (3, 4_000, 500):
        ids, values = rng.integers(0, 60, size), rng.integers(-1, 90, size)
        expected = []
        for pair in zip(ids.tolist(), values.tolist(), strict=True):
            expected.append(int(pair[1] != -1 and pair not in seen))
            seen.add(pair)
        assert table.first(ids, values, none=-1).tolist() == expected
