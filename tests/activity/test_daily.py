"""DailyActivity: measures of rows, groups of people, digest and totals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.histories import activity_of, carry_of

from churnlab.kernels.units import NO_DAY
from churnlab.schema.measures import Measure

DAYS = [[1, 4, 9], [], [2, 3]]
ACTS = [2, 0, 1, 1, 3]


def test_derived_measures_come_from_the_acts() -> None:
    activity = activity_of(DAYS, ACTS)
    assert activity.values("active").tolist() == [1, 0, 1, 1, 1]
    assert activity.values("gap").tolist() == [0, 0, 8, 0, 1]
    assert activity.values("gap_sq").tolist() == [0, 0, 64, 0, 1]
    assert activity.values("gaps").tolist() == [0, 0, 1, 0, 1]


def test_a_folded_active_day_is_the_previous_one() -> None:
    activity = activity_of(DAYS, ACTS, carry_of([-4, -1, NO_DAY]))
    assert activity.values("gap").tolist() == [5, 0, 8, 0, 1]


def test_every_measure_is_in_the_frame() -> None:
    activity = replace(activity_of(DAYS, ACTS), measures=())
    frame = activity.frame()
    assert list(frame.columns) == ["user_id", "day", *activity.columns]
    assert frame["user_id"].tolist() == [0, 0, 0, 2, 2]
    assert str(frame["day"].iloc[2].date()) == "1970-01-10"
    assert {"n_open", "n_other", "money", "session_micros"} <= set(frame)


def test_measures_of_ones_own_are_sums() -> None:
    activity = replace(activity_of(DAYS, ACTS), measures=(Measure.sum("Screen time"),))
    assert activity.sum_names == ("money", "session_micros", Measure.sum("Screen time").column_name)


def test_totals_hold_the_folded_past() -> None:
    assert activity_of(DAYS, ACTS).total("acts") == 7
    assert activity_of(DAYS, ACTS, carry_of([-4, -1, NO_DAY])).total("acts") == 7 + 3 * 7


def test_people_are_taken_with_their_rows() -> None:
    taken = activity_of(DAYS, ACTS).take(1, 3)
    assert taken.users.tolist() == [1, 2] and taken.first.tolist() == [0, 0, 2]
    assert taken.codes.tolist() == [1, 1]
    whole = activity_of(DAYS, ACTS)
    parts = [part.digest for _, part in whole.parts()]
    assert parts == [job().digest for job in whole.jobs()] == [whole.digest]


@pytest.mark.parametrize(
    "days, acts, carry",
    [
        ([[1, 4, 8], [], [2, 3]], ACTS, None),
        ([[1, 4, 9], [2], [3]], ACTS, None),
        (DAYS, [2, 0, 1, 1, 4], None),
        (DAYS, ACTS, carry_of([-4, -1, NO_DAY])),
    ],
)
def test_the_digest_changes_with_what_features_can_see(
    days: list[list[int]], acts: list[int], carry: object
) -> None:
    digest = activity_of(DAYS, ACTS).digest
    assert digest == activity_of(DAYS, ACTS).digest
    assert activity_of(days, acts, carry).digest != digest  # type: ignore[arg-type]


def test_kinds_of_ids_and_the_first_day_that_is_kept() -> None:
    activity = activity_of(DAYS, ACTS)
    assert not activity.text_ids and activity.kept_from == 0
    text = replace(activity, users=np.array(["a", "b", "c"], object))
    assert text.text_ids and text.ids.tolist() == ["a", "b", "c"]
    assert activity_of(DAYS, ACTS, carry_of([0, 0, 0], before=5)).kept_from == 5


def test_a_description_counts_rows_people_and_money() -> None:
    about = replace(activity_of(DAYS, ACTS), source={"events": 12}).describe()
    assert about["events"] == 12 and about["daily_rows"] == 5 and about["active_days"] == 4
    assert about["money"] == 0.0
    assert repr(activity_of(DAYS, ACTS)) == "DailyActivity(3 people, 1970-01-01 to 1970-02-10)"
