"""The sample of people: the same people in every order, and ranges of about the wanted size."""

from __future__ import annotations

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


@pytest.mark.parametrize("text", [False, True])
def test_chunks_are_about_as_large_as_asked(tmp_path: Path, text: bool) -> None:
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
