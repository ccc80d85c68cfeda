"""Who entered and left since the last list, and why."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from churnlab.nightly.changes import changes_between, changes_bytes
from churnlab.nightly.guards.witness import Witness
from churnlab.schema.days import day_number

LAST, AS_OF = "2026-03-03", "2026-03-04"


def witness(ids: list, first: list[str], scored: list, lapsed: list) -> Witness:
    seen = Witness(day_number(AS_OF), 30, ())
    seen.new.append(pd.Series([day_number(day) for day in first], ids))
    seen.people.append(pd.Index(scored))
    seen.lapsed.append(np.array(lapsed))
    return seen


@pytest.mark.parametrize("kind", [str, int])
def test_each_change_has_its_reason(kind: type) -> None:
    stays, new, back, silent, cut, cancelled = map(kind, range(6))
    last = pd.DataFrame({"user_id": [stays, silent, cut, cancelled]})
    tonight = pd.DataFrame({"user_id": [new, back, stays]})
    seen = witness([new, back], [LAST, "2026-03-02"], [stays, new, back, cut], [silent])
    found = changes_between(last, LAST, tonight, AS_OF, seen)
    assert found.to_numpy().tolist() == [
        [new, AS_OF, "enter", "new in the log"],
        [back, AS_OF, "enter", "became active or above the cut"],
        [silent, AS_OF, "exit", "churned"],
        [cut, AS_OF, "exit", "below the cut"],
        [cancelled, AS_OF, "exit", "outside the population"],
    ]
    ids = "int64" if kind is int else "string"
    kept = pq.read_table(io.BytesIO(changes_bytes(found, ids)))
    assert str(kept.schema.field("user_id").type) == ids
    pd.testing.assert_frame_equal(kept.to_pandas(), found, check_dtype=False)
    assert changes_bytes(found, ids) == changes_bytes(found, ids)


def test_where_everybody_is_listed_who_comes_back_became_active() -> None:
    last, tonight = (pd.DataFrame({"user_id": ids}) for ids in (["ann"], ["ann", "bob"]))
    seen = witness(["bob"], ["2026-02-02"], ["ann", "bob"], [])
    found = changes_between(last, LAST, tonight, AS_OF, seen)
    assert found["reason"].tolist() == ["became active"]


def test_equal_lists_have_no_changes() -> None:
    same = pd.DataFrame({"user_id": ["ann"]})
    found = changes_between(same, LAST, same, AS_OF, witness([], [], ["ann"], []))
    assert found.empty and pq.read_table(io.BytesIO(changes_bytes(found, "string"))).num_rows == 0
