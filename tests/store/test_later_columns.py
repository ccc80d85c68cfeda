"""The column of refunds: there from the first refund on, and zero before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import churnlab as cl
from churnlab.store.later_columns import filled, grown, later_of, without_unused

OPTIONS: dict[str, Any] = {
    "user": "who",
    "time": "at",
    "event": "what",
    "amount": "paid",
    "timezone": "UTC",
}
DAYS = [
    [("ann", "purchase", 10.0), ("bob", "open", None)],
    [("ann", "open", None), ("bob", "purchase", 5.0)],
    [("ann", "refund", 3.0), ("eve", "purchase", 7.0)],
    [("eve", "open", -4.0), ("bob", "refund", -5.0)],
    [("ann", "open", None)],
]


def day(number: int) -> pd.DataFrame:
    events = pd.DataFrame(DAYS[number], columns=["who", "what", "paid"])
    return events.assign(at=pd.Timestamp("2026-03-01 10:00") + pd.Timedelta(days=number))


def text(number: int) -> str:
    return f"2026-03-0{number + 1}"


@pytest.mark.parametrize("folded_before", [None, 1, 3])
def test_a_store_that_meets_its_first_refund_equals_the_log(
    tmp_path: Path, folded_before: int | None
) -> None:
    everything = pd.concat([day(i) for i in range(len(DAYS))])
    log = cl.EventLog.from_frame(everything, **OPTIONS).daily()
    store = cl.ActivityStore.create(tmp_path, **OPTIONS)
    for i in range(len(DAYS)):
        store.append(text(i), day(i))
        assert ("n_refund" in store.folder.columns) == (i >= 2)
        assert ("refund" in store.roles.names) == (i >= 2)
        if i == folded_before:
            store.compact(lookback=1)
    assert store.describe()["negative_amounts"] == 1
    if folded_before is None:
        assert store.daily().digest == log.digest
        assert store.append(text(1), day(1)).changed == 0
        assert store.append(text(2), day(2)).changed == 0
    store.compact(lookback=1)
    store.folder.verify()
    own = pd.DataFrame({"user_id": ["ann", "bob", "eve"], "snapshot": "2026-03-06"})
    features = cl.FeatureSet.of(["Tenure"])
    snapshots = cl.Snapshots.from_frame(own)
    both = [cl.build_dataset(a, snapshots, features).X for a in (log, store.daily())]
    pd.testing.assert_frame_equal(*both)
    sums = store.folder.ranges([], everybody=True)
    carry = pa.concat_tables([r.carry for r in sums if r.carry is not None]).to_pydict()
    kept = dict(
        zip(
            carry["user_id"],
            zip(carry["sum_n_refund"], carry["sum_money"], strict=False),
            strict=True,
        )
    )
    assert kept == {"ann": (1, 7_000_000), "bob": (1, 0), "eve": (0, 7_000_000)}
    assert carry["max_n_refund"] == [1, 1, 0]


def test_a_store_without_refunds_has_no_column_of_them(tmp_path: Path) -> None:
    store = cl.ActivityStore.create(tmp_path, **OPTIONS)
    store.append(text(0), day(0))
    assert "n_refund" not in store.folder.columns
    assert "n_refund" not in store.folder.table(store.days[0]).column_names
    assert "negative_amounts" not in store.folder.counts(store.days[0])


def test_the_parts() -> None:
    assert later_of(["acts"]) == [] and grown(["acts", "n_refund"], ["n_refund"]) == (
        "acts",
        "n_refund",
    )
    table = filled(pa.table({"acts": [1, 2]}), ["n_refund", "max_n_refund", "first_n_refund"])
    assert table.to_pydict() == {
        "acts": [1, 2],
        "n_refund": [0, 0],
        "max_n_refund": [0, 0],
        "first_n_refund": [None, None],
    }
    assert without_unused(table).column_names == ["acts", "max_n_refund", "first_n_refund"]
    used = pa.table({"n_refund": [0, 1]})
    assert without_unused(used) is used
