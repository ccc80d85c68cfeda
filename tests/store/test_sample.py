"""The sample of people: the same people in every order, and ranges of about the wanted size."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.store_folder import (
    FIRST,
    MEANING,
    day_table,
)

from churnlab.store import row_writer, sample
from churnlab.store.folder import StoreFolder

HASHES_OF_NUMBERS = [16294208416658607535, 10451216379200822465, 16490336266968443936]
HASHES_OF_TEXTS = [2558736989570252433, 14151677830307969248, 14760038643196824066]


@pytest.mark.parametrize("text", [False, True])
def test_ranges_are_about_as_large_as_asked(tmp_path: Path, text: bool) -> None:
    store = StoreFolder.create(tmp_path / "store", MEANING)
    store.replace({FIRST + i: day_table(i, people=9_000, text=text, seed=i) for i in range(4)})
    sizes = [
        len({u for _, t in c.tables for u in t["user_id"].to_pylist()})
        for c in store.ranges(people=2_000)
    ]
    assert sum(sizes) > 20_000 and max(sizes) < 3_000 and min(sizes[:-1]) > 1_300
    assert row_writer.GROUP_ROWS > 9_000 > sample.SAMPLE


@given(st.lists(st.text(max_size=30), min_size=2, max_size=50, unique=True))
def test_different_texts_hash_differently_and_the_same_wherever_they_stand(ids: list[str]) -> None:
    apart = {len(i.encode()): i for i in ids}  # one of each length: those must differ
    hashes = sample.hash_ids(pa.array(ids)).tolist()
    assert sample.hash_ids(pa.array(["x", *ids]).slice(1)).tolist() == hashes
    assert len({hashes[ids.index(i)] for i in apart.values()}) == len(apart)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), unique=True, max_size=60), st.integers(0, 20))
def test_the_sample_does_not_depend_on_order_or_repeats(ids: list[int], seed: int) -> None:
    mixed = random.Random(seed).sample([*ids, *ids[:5]], len(ids) + len(ids[:5]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sample, "SAMPLE", 16)
        patch.setattr(sample, "_HASH_ROWS", 7)
        one, other = sample.Sample(), sample.Sample()
        one.add(pa.chunked_array([ids], pa.int64()), distinct=True)
        other.add(pa.chunked_array([mixed], pa.int64()), distinct=False)
    assert one.text() == other.text()
    assert len(one.ids) == min(len(ids), 16)
    hashes = sorted(zip(sample.hash_ids(pa.array(ids, pa.int64())).tolist(), ids, strict=True))
    assert list(one.ids.values()) == [i for _, i in hashes[:16]]


def test_hashes_are_those_of_the_stores_that_exist() -> None:
    """Written down: another hash would change the bytes of every store."""
    assert sample.hash_ids(pa.array([0, 1, -1])).tolist() == HASHES_OF_NUMBERS
    assert sample.hash_ids(pa.array(["", "ann", "a longer id, of 30 characters"])).tolist() == (
        HASHES_OF_TEXTS
    )
