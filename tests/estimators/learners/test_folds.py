"""Inner folds: by person, by the seed, from the index or from arguments."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from churnlab.errors import FrameError
from churnlab.estimators.learners import folds

FRAME = pd.DataFrame(
    {"v": range(90)},
    index=pd.MultiIndex.from_product(
        [[f"p{i}" for i in range(30)], range(3)], names=["user_id", "snapshot"]
    ),
)


def test_people_are_never_on_both_sides_of_a_fold() -> None:
    person = folds.people(FRAME, None, 90)
    for learn, held_out in folds.by_person(person, 0):
        assert not set(person[learn]) & set(person[held_out])
    assert folds.by_person(np.arange(19), 0) == []


def test_every_row_is_held_out_once_and_the_seed_decides_the_fold() -> None:
    person = np.arange(200) // 2
    inner = folds.by_person(person, 0)
    assert np.array_equal(np.sort(np.concatenate([out for _, out in inner])), np.arange(200))
    assert all(len(learn) + len(out) == 200 for learn, out in inner)
    again, other = folds.by_person(person, 0), folds.by_person(person, 1)
    assert np.array_equal(inner[0][1], again[0][1]) and not np.array_equal(inner[0][1], other[0][1])


def test_many_rows_have_one_holdout_of_a_tenth_of_the_people() -> None:
    person = np.arange(1000) // 10
    assert len(folds.of_size(person, 0, many=1000)) == 5
    ((learn, held_out),) = folds.of_size(person, 0, many=999)
    assert len(set(person[held_out])) == 10 and len(learn) == 900


def test_people_and_snapshots_come_from_arguments_or_the_index() -> None:
    assert (
        folds.people(FRAME, None, 90).tolist()
        == np.repeat(folds.people(FRAME[::3], None, 30), 3).tolist()
    )
    assert folds.snapshot_days(FRAME, None, 90).tolist() == [0, 1, 2] * 30
    assert folds.people(FRAME, np.arange(90) % 2, 90).tolist() == [0, 1] * 45
    plain = FRAME.reset_index(drop=True)
    assert folds.people(plain, None, 90).tolist() == list(range(90))
    assert not folds.snapshot_days(plain, None, 90).any()
    for name, codes in (("groups", folds.people), ("time", folds.snapshot_days)):
        with pytest.raises(FrameError, match=f"{name} has 2 values for 90 rows"):
            codes(FRAME, [1, 2], 90)
