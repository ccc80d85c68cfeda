"""Ranges of people hold every row once, and each person whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.store_folder import (
    FIRST,
    MEANING,
    as_table,
    day_table,
    folded,
    random_rows,
)

from churnlab.store.folder import StoreFolder


def whole(chunks: Iterator[Any]) -> dict[int, list[dict[str, Any]]]:
    out: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for chunk in chunks:
        for day, table in chunk.tables:
            out[day] += table.to_pylist()
    return dict(out)


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("people", [1, 3, 20, 10_000])
@pytest.mark.usefixtures("small_groups")
def test_ranges_hold_every_row_once_and_each_person_whole(
    tmp_path: Path, text: bool, people: int
) -> None:
    store = StoreFolder.create(tmp_path / "store", MEANING)
    store.replace({FIRST + i: day_table(i, people=5 + 11 * i, text=text, seed=i) for i in range(9)})
    last, seen = None, []
    for chunk in store.ranges(people=people):
        ids = {u for _, t in chunk.tables for u in t["user_id"].to_pylist()}
        assert chunk.low == last or (last is not None and chunk.low > last)
        assert all(
            (chunk.low is None or chunk.low < u) and (chunk.high is None or u <= chunk.high)
            for u in ids
        )
        assert [d for d, _ in chunk.tables] == sorted(d for d, _ in chunk.tables) and all(
            t.num_rows for _, t in chunk.tables
        )
        last, seen = chunk.high, [*seen, ids]
    assert last is None and not [1 for a, b in pairwise(seen) if max(a) >= min(b)]
    assert whole(store.ranges(people=people)) == {d: store.table(d).to_pylist() for d in store.days}
    part = range(FIRST + 2, FIRST + 5)
    for threads in (1, 4):
        assert whole(store.ranges(part, people, columns=["money"], threads=threads)) == {
            d: store.table(d, ["money"]).to_pylist() for d in part
        }


@given(st.lists(st.text(max_size=12), unique=True, max_size=80), st.integers(1, 9))
@settings(max_examples=60)
def test_any_text_is_an_id(
    tmp_path_factory: pytest.TempPathFactory, ids: list[str], people: int
) -> None:
    ids = sorted(i for i in ids if i.isprintable())
    store = StoreFolder.create(tmp_path_factory.mktemp("text") / "store", MEANING)
    store.replace(
        {
            FIRST: pa.table(
                {"user_id": pa.array(ids, pa.string()), "acts": np.ones(len(ids), np.int64)}
            )
        }
    )
    found = [t["user_id"].to_pylist() for c in store.ranges(people=people) for _, t in c.tables]
    assert [u for part in found for u in part] == ids
    assert all(len(part) == people for part in found[:-1])


def test_ranges_have_the_carry_of_their_own_people(tmp_path: Path) -> None:
    rows, store = random_rows(2, 12, 60, False), StoreFolder.create(tmp_path / "store", MEANING)
    store.replace({d: as_table(of_day) for d, of_day in rows.items()})
    store.compact(FIRST + 10)
    carried: list[int] = []
    for chunk in store.ranges(people=5, everybody=True):
        ids = chunk.carry["user_id"].to_pylist() if chunk.carry else []
        assert all(
            (chunk.low is None or chunk.low < u) and (chunk.high is None or u <= chunk.high)
            for u in ids
        )
        carried += ids
    assert carried == sorted(folded(rows, FIRST + 10))
    some = [
        u
        for c in store.ranges([FIRST + 11], people=5)
        if c.carry
        for u in c.carry["user_id"].to_pylist()
    ]
    assert {*some} >= {*rows[FIRST + 11]} & {*carried}
