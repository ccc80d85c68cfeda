"""The carry is exact, whatever the steps: it equals one in plain Python."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.store_folder import (
    FIRST,
    MEANING,
    Rows,
    as_table,
    by_user,
    check_clean,
    content,
    folded,
    random_rows,
)

from churnlab.errors import LogError
from churnlab.store.carry import fold
from churnlab.store.folder import StoreFolder

logs = st.dictionaries(
    st.integers(0, 40),
    st.dictionaries(
        st.integers(0, 5),
        st.fixed_dictionaries({"acts": st.integers(0, 2), "money": st.integers(-(2**50), 2**50)}),
        max_size=5,
    ),
    max_size=16,
)


@given(logs, st.lists(st.integers(0, 42), max_size=4), st.booleans(), st.booleans())
def test_folding_in_any_steps_is_the_oracle(
    rows: Rows, cuts: list[int], versions: bool, text: bool
) -> None:
    rows = {
        d: {f"u{u}" if text else u: row for u, row in of_day.items()}
        for d, of_day in rows.items()
        if of_day
    }
    carry, low = None, 0
    for high in [*sorted(cuts), 42]:
        tables = [(d, as_table(rows[d], versions)) for d in sorted(rows) if low <= d < high]
        if tables:
            carry, low = fold(tables, carry, ["acts", "money"]), high
    assert (by_user(carry) if carry else {}) == folded(rows, 42)


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("versions", [False, True])
@pytest.mark.usefixtures("small_groups")
def test_compaction_in_one_step_or_many_is_the_oracle(
    tmp_path: Path, text: bool, versions: bool
) -> None:
    rows, stores = random_rows(4, 24, 50, text), []
    for name, steps, people in (("one", [20], 1000), ("many", [1, 2, 9, 9, 3, 15, 20], 6)):
        store = StoreFolder.create(tmp_path / name, MEANING)
        store.replace({d: as_table(of_day, versions) for d, of_day in rows.items()})
        for step in steps:
            store.compact(FIRST + step, people=people)
        check_clean(store)
        stores.append(store)
    carries = [
        pa.concat_tables(c.carry for c in s.ranges(people=9, everybody=True) if c.carry)
        for s in stores
    ]
    assert by_user(carries[0]) == by_user(carries[1]) == folded(rows, FIRST + 20)
    assert carries[0]["user_id"].to_pylist() == sorted(folded(rows, FIRST + 20))
    one = stores[0]
    assert (
        one.days == tuple(range(FIRST + 20, FIRST + 24))
        and one.before_day == FIRST + 20
        and one.first_day == FIRST
    )
    assert one.describe()["compaction"] == {
        "before_day": "2024-10-24",
        "days": 20,
        "rows": stores[1].describe()["compaction"]["rows"],
        "people": len(folded(rows, FIRST + 20)),
    }
    narrow = next(one.ranges(carry_columns=["sum_money"])).carry
    assert narrow.column_names == ["user_id", "sum_money"]


def test_sums_past_64_bits_are_refused(store: StoreFolder) -> None:
    day = pa.table({"user_id": [1, 2], "acts": [1, 1], "money": [2**62, -5], "names": [1, 1]})
    store.replace({FIRST: day, FIRST + 1: day, FIRST + 2: day})
    before = content(store.path)
    store.compact(FIRST + 1)
    with pytest.raises(LogError, match="'money' sums to more than"):
        store.compact(FIRST + 3)
    assert store.before_day == FIRST + 1 and before
    check_clean(store)
