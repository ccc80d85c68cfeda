"""Rows sorted by person and day: groups of people, versions, and the folded past."""

from __future__ import annotations

import numpy as np
import pytest
from support.histories import carry_of

from churnlab.activity import rows as module
from churnlab.activity.rows import Rows

FIRST = np.array([0, 3, 3, 5])
DAY = np.array([1, 1, 4, 2, 9], np.int32)
KNOWN = np.array([1, 6, 4, 2, 9], np.int32)


def made(known: np.ndarray | None = KNOWN) -> Rows:
    counts = np.arange(10, dtype=np.int32).reshape(5, 2)
    given = {} if known is None else {"known": known}
    return Rows(FIRST, DAY, counts, counts.astype(np.int64), carry=carry_of([7, 8, 9]), **given)


@pytest.mark.parametrize(
    "day, kept",
    [(2, [0]), (5, [0, 2, 3]), (7, [1, 2, 3]), (10, [1, 2, 3, 4]), (None, [1, 2, 3, 4])],
)
def test_a_snapshot_sees_the_latest_version_known_before_it(
    day: int | None, kept: list[int]
) -> None:
    seen = made().as_of(day)
    assert seen.day.tolist() == DAY[kept].tolist()
    assert seen.counts.tolist() == made().counts[kept].tolist()
    assert seen.first.tolist() == [sum(k < f for k in kept) for f in FIRST]
    assert seen.carry is not None and not len(seen.known)


@pytest.mark.parametrize("known", [None, DAY])
def test_rows_without_a_late_one_stay_as_they_are(known: np.ndarray | None) -> None:
    rows = made(known)
    assert not rows.late and rows.as_of(3) is rows and rows.whole is rows
    assert made().late


def test_some_of_the_people_keep_their_rows_and_their_past() -> None:
    taken = made().take(1, 3)
    assert taken.first.tolist() == [0, 0, 2] and taken.day.tolist() == [2, 9]
    assert taken.known.tolist() == [2, 9]
    assert taken.carry is not None and taken.carry.recent[:, 0].tolist() == [8, 9]


def test_groups_of_people_are_all_of_them_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PIECE_BITS", 1)
    rows = made()
    assert [p.tolist() for p in rows.pieces()] == [[0, 1], [2]]
    days = [rows.piece(p).day.tolist() for p in rows.pieces()]
    assert days == [[1, 1, 4], [2, 9]]
