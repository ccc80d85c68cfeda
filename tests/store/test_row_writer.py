"""Rows that do not fit are refused; equal rows in other types are written as the same bytes."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from support.store_folder import (
    FIRST,
    MEANING,
    content,
    day_table,
)

from churnlab.errors import StoreError
from churnlab.store.folder import StoreFolder

BAD_TABLES = {
    "lack acts": (lambda t: t.drop_columns(["acts"]), "need user_id and acts"),
    "hold nulls": (
        lambda t: t.set_column(2, "money", pa.array([None] * t.num_rows, pa.int64())),
        "hold what they cannot in money",
    ),
    "hold fractions": (
        lambda t: t.set_column(2, "money", pa.array([0.5] * t.num_rows)),
        "hold what they cannot in money",
    ),
    "hold what is derived": (
        lambda t: t.append_column("gap", t["money"]),
        "hold what they cannot in gap",
    ),
    "have a person twice": (
        lambda t: pa.concat_tables([t.slice(0, 1), t]),
        "not sorted by person and version, or hold one twice",
    ),
    "have other measures": (
        lambda t: t.append_column("more", t["money"]),
        "have the measures acts, money, names, more, the store acts, money, names",
    ),
    "have other ids": (
        lambda t: t.set_column(
            0, "user_id", t["user_id"].cast(pa.string()).combine_chunks().sort()
        ),
        "the ids of 2024-10-07 are string, .* int64",
    ),
    "have ids of no kind": (
        lambda t: t.set_column(0, "user_id", t["user_id"].cast(pa.float64())),
        "hold what they cannot in user_id",
    ),
    "have versions that fall": (
        lambda t: pa.concat_tables([t.slice(0, 1)] * 2).append_column(
            "known", pa.array([3, 2], pa.int32())
        ),
        "not sorted",
    ),
}


@pytest.mark.parametrize("kind", BAD_TABLES)
def test_tables_that_do_not_fit_are_refused(store: StoreFolder, kind: str) -> None:
    change, says = BAD_TABLES[kind]
    before = content(store.path)
    with pytest.raises(StoreError, match=says) as error:
        store.replace({FIRST + 3: change(day_table(2))})
    assert (
        error.value.exit_code == 3
        and "2024-10-07" in str(error.value)
        and content(store.path) == before
    )


def test_columns_may_come_in_another_order_and_ids_as_a_dictionary(tmp_path: Path) -> None:
    store, plain = StoreFolder.create(tmp_path / "store", MEANING), day_table(1, text=True)
    store.replace({FIRST: plain})
    before = content(store.path)
    coded = plain.set_column(0, "user_id", plain["user_id"].dictionary_encode()).select(
        ["names", "money", "user_id", "acts"]
    )
    large = plain.set_column(0, "user_id", plain["user_id"].cast(pa.large_string()))
    for table in (large, pa.concat_tables([plain.slice(0, 7), plain.slice(7)])):
        store.replace({FIRST: table})
        assert content(store.path) == before
    store.replace({FIRST + 1: coded})
    assert store.table(FIRST + 1).equals(store.table(FIRST))
