"""Days from piles: in any memory, order and form of the log, no byte changes."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from support.logs import BIG, COLUMNS, ordered, outcome

import churnlab as cl
from churnlab.events import piled_days
from churnlab.kernels import piles as kernel


@pytest.mark.parametrize("order", ["user", "shuffled"])
def test_a_day_is_rolled_up_in_shares_of_its_people(
    order: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    want = outcome(cl.EventLog.from_frame(BIG, **COLUMNS))
    shares = []
    share = kernel.share
    monkeypatch.setattr(kernel, "share", lambda *given: shares.append(given[1]) or share(*given))
    pq.write_table(ordered(BIG, order), tmp_path / "log.parquet", row_group_size=3000)
    log = cl.EventLog.read(tmp_path / "log.parquet", **COLUMNS, memory="100KB")
    assert max(shares) > 2 and outcome(log) == want


def test_a_file_by_person_and_time_is_not_sorted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    want = outcome(cl.EventLog.from_frame(BIG, **COLUMNS))
    by_person = ordered(BIG, "user")
    pq.write_table(by_person, tmp_path / "log.parquet", row_group_size=20_000)
    monkeypatch.setattr(piled_days.kernel, "by_time", lambda *_: pytest.fail("sorted"))
    assert outcome(cl.EventLog.read(tmp_path / "log.parquet", **COLUMNS, threads=1)) == want
