"""Blocks of a day: in memory, on disk, and put in order by person."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from churnlab.activity import blocks as module
from churnlab.activity.blocks import Block, BlockRows, OnDisk, Shelf, blocks_of
from churnlab.activity.rows import Rows

PEOPLE = 70


@pytest.fixture(autouse=True)
def _small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PIECE_BITS", 4)


def rolled(day: int, known: int, rng: np.random.Generator) -> Iterator[tuple[Block, np.ndarray]]:
    """Blocks of a random day, each with (code, counts, sums) of its rows by code."""
    codes = rng.choice(PEOPLE, 40, replace=False).astype(np.int32)
    counts = rng.choice([1, 255, 256], (40, 2))
    sums = rng.integers(-5, 5, (40, 1))

    def fill(to: np.ndarray, out_counts: np.ndarray, out_sums: np.ndarray) -> None:
        kept = to >= 0
        out_counts[to[kept]], out_sums[to[kept]] = counts[kept], sums[kept]

    wide = (counts > 255).any(axis=1)
    rows = np.column_stack([codes, counts, sums])
    for block in blocks_of(day, known, codes, wide, (2, 1), fill):
        mine = rows[wide == (block.counts.dtype == np.int32)]
        yield block, mine[np.argsort(mine[:, 0] >> 4, kind="stable")]


def test_a_block_holds_its_rows_by_group_in_bytes_where_they_fit() -> None:
    found = list(rolled(3, 3, np.random.default_rng(0)))
    assert [b.counts.dtype for b, _ in found] == [np.uint8, np.int32]
    for block, rows in found:
        table = np.column_stack([block.codes, block.counts, block.sums])
        assert table.tolist() == rows.tolist()
        groups = [block.codes[block.group(g)] for g in range(6)]
        assert np.concatenate(groups).tolist() == block.codes.tolist()
        assert all((codes >> 4 == g).all() for g, codes in enumerate(groups))


def made(shelf: Shelf) -> tuple[BlockRows, dict[tuple[int, int, int], list[int]]]:
    """Rows of six days, the third in two versions, and what they should be by person and day."""
    rng, kept, want = np.random.default_rng(1), [], {}
    place = rng.permutation(PEOPLE)
    for day, known in [(0, 0), (5, 5), (1, 1), (2, 2), (2, 4), (3, 3)]:
        for block, rows in rolled(day, known, rng):
            kept.append(shelf.put(block))
            want |= {(int(place[r[0]]), day, known): r[1:].tolist() for r in rows}
    return BlockRows(kept, place, np.arange(2), True, (2, 1)), want


def listed(rows: Rows, places: np.ndarray) -> dict[tuple[int, int, int], list[int]]:
    people = np.repeat(places, np.diff(rows.first))
    values = np.column_stack([rows.counts, rows.sums]).tolist()
    keys = zip(people.tolist(), rows.day.tolist(), rows.known.tolist(), strict=True)
    return dict(zip(keys, values, strict=True))


@pytest.mark.parametrize("limit", [0, 2_000, 10**9])
def test_rows_in_order_are_the_same_in_memory_and_on_disk(limit: int) -> None:
    rows, want = made(Shelf(limit))
    on_disk = [isinstance(b.sums, OnDisk) for b in rows.blocks]
    assert any(on_disk) == (limit < 10**9) and all(on_disk) == (limit == 0)
    found = listed(rows.whole, np.arange(PEOPLE))
    assert found == want and list(found) == sorted(want)
    assert rows.late


def test_groups_of_people_make_up_the_whole() -> None:
    rows, want = made(Shelf(10**9))
    found: dict[tuple[int, int, int], list[int]] = {}
    for places in rows.pieces():
        assert (np.diff(places) > 0).all()
        found |= listed(rows.piece(places), places)
    assert found == want and len(rows.pieces()) == 5


def test_columns_that_the_log_does_not_have_are_left_out() -> None:
    rows, _ = made(Shelf(10**9))
    fewer = BlockRows(rows.blocks, rows.place, np.array([1]), True, (2, 1))
    assert fewer.whole.counts.tolist() == rows.whole.counts[:, [1]].tolist()


def test_an_array_on_disk_is_read_in_slices() -> None:
    shelf = Shelf(0)
    block, _ = next(rolled(3, 3, np.random.default_rng(0)))
    kept = shelf.put(block)
    assert isinstance(kept.sums, OnDisk) and len(kept.sums) == len(block.sums)
    assert kept.sums[2:7].tolist() == block.sums[2:7].tolist()
    assert kept.sums[[3, 1]].tolist() == block.sums[[3, 1]].tolist()
    assert np.asarray(kept.counts).tolist() == block.counts.tolist()


@pytest.mark.parametrize("limit", [0, 2**40])
def test_rows_with_the_count_of_acts_alone(limit: int) -> None:
    rng, shelf = np.random.default_rng(5), Shelf(limit)
    blocks = [shelf.put(b) for day in (3, 4, 9) for b, _ in rolled(day, day, rng)]
    rows = BlockRows(blocks, np.arange(PEOPLE), np.arange(2), False, (2, 1))
    narrow = rows.acts_alone()
    for places in rows.pieces():
        full, alone = rows.piece(places), narrow.piece(places)
        assert alone.counts.shape[1] == 1 and alone.sums.shape[1] == 0
        assert (alone.first.tolist(), alone.day.tolist()) == (
            full.first.tolist(),
            full.day.tolist(),
        )
        assert alone.counts[:, 0].tolist() == full.counts[:, 0].tolist()
    assert rows.whole.acts_alone() is rows.whole
