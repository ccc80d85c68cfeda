"""The table of an experiment: each row is checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from churnlab.errors import FrameError
from churnlab.errors.experiments import ExperimentError
from churnlab.winback.experiments.design import Design
from churnlab.winback.experiments.table import assigned


def table(people: int = 80, **columns: Any) -> pd.DataFrame:
    """People who are in the arms none and gift by turns."""
    base = {"user_id": range(people), "treatment": ["none", "gift"] * (people // 2)}
    return pd.DataFrame({**base, **columns})


def changed(frame: pd.DataFrame, column: str, value: object, rows: Any = 5) -> pd.DataFrame:
    frame = frame.astype({column: object}) if column in frame else frame.assign(**{column: None})
    frame.loc[rows, column] = value
    return frame


def test_people_without_a_treatment_are_the_control_group() -> None:
    frame = table().replace({"treatment": {"none": None}})
    found = assigned(frame, Design())
    assert found.arms == ("none", "gift") and found.arm[:3].tolist() == [0, 1, 0]


def test_the_control_group_comes_first_whatever_its_name() -> None:
    frame = table().replace({"treatment": {"none": "z"}})
    assert assigned(frame, Design(control="z")).arms == ("z", "gift")


@pytest.mark.parametrize("values", [[0, 1], [0.0, 1.0], [False, True], ["0", "1"]])
def test_a_treatment_of_0_and_1_has_its_control_group(values: list[Any]) -> None:
    found = assigned(table(treatment=values * 40), Design())
    assert found.arms[0] in ("0", "False") and found.arm[:2].tolist() == [0, 1]
    assert assigned(table(treatment=values * 40), Design(control=values[1])).arm[:2].tolist() == [
        1,
        0,
    ]


def test_a_frame_of_another_library_and_own_column_names() -> None:
    frame = pl.from_pandas(table().rename(columns={"user_id": "who", "treatment": "arm"}))
    found = assigned(frame, Design(user="who", treatment="arm"))
    assert found.users.tolist() == list(range(80))


def test_a_person_in_two_arms_is_refused() -> None:
    frame = changed(table(), "user_id", 4)
    with pytest.raises(
        ExperimentError, match="1 people are in more than one arm, the first like 9"
    ):
        assigned(frame, Design())


def test_a_person_twice_in_one_arm_is_refused() -> None:
    with pytest.raises(FrameError, match="holds 1 duplicate keys"):
        assigned(changed(table(), "user_id", 3), Design())


def test_an_arm_of_twelve_people_is_refused() -> None:
    frame = changed(table(), "treatment", "call", list(range(1, 25, 2)))
    with pytest.raises(ExperimentError, match="the arm 'call' has 12 people, fewer than 30"):
        assigned(frame, Design())


@pytest.mark.parametrize(
    "frame, design, text",
    [
        (table().assign(treatment="gift"), Design(), "all 80 people are in the arm 'gift'"),
        (table().replace("none", "mail"), Design(), "there are 'gift', 'mail'; give control="),
        (table(), Design(control="nobody"), "control='nobody' is no arm"),
        (changed(table(), "user_id", None), Design(), "the person is missing in 1 rows"),
        (table(), Design(known=("age",)), "lacks 1 column"),
        (table().head(0), Design(), "has no row"),
        (table(born=pd.Timestamp("2000-01-01")), Design(known=("born",)), "holds moments"),
        (table(tags=[[1]] * 80), Design(known=("tags",)), "holds lists, bytes"),
    ],
)
def test_what_cannot_be_compared_is_refused(frame: pd.DataFrame, design: Design, text: str) -> None:
    with pytest.raises(FrameError, match=text):
        assigned(frame, design)


@pytest.mark.parametrize(
    "columns, text",
    [
        ({"time": "soon"}, "no time in 80 rows, the first 'soon'"),
        ({"time": 20_000}, "no time in 80 rows, the first 20000"),
        ({"time": "2026-03-01", "seen": "2026-02-28"}, "an outcome before their assignment"),
        ({"time": "2026-03-01", "given": "2026-02-28"}, "treated before they were assigned"),
        (
            {"time": "2026-03-01", "given": "2026-03-09", "seen": "2026-03-08"},
            "80 people were treated after their outcome, the first like 9",
        ),
    ],
)
def test_times_that_contradict_each_other_are_refused(columns: dict[str, Any], text: str) -> None:
    design = Design(
        treated="given" if "given" in columns else None,
        outcome_time="seen" if "seen" in columns else None,
    )
    with pytest.raises(ExperimentError, match=text):
        assigned(table(**columns), design)


def test_a_person_without_an_outcome_has_no_time_of_it() -> None:
    frame = changed(table(time="2026-03-01"), "seen", "2026-03-02")
    assert len(assigned(frame, Design(outcome_time="seen")).arm) == 80


def test_times_with_a_zone_become_local_days() -> None:
    frame = table(time="2026-03-01T20:00:00Z")
    day = int(np.datetime64("2026-03-01", "D").astype(int))
    assert set(assigned(frame, Design(), "Asia/Shanghai").days) == {day + 1}
    stamps = frame.assign(time=pd.to_datetime(frame["time"]))
    assert set(assigned(stamps, Design(), "Asia/Shanghai").days) == {day + 1}
    local = frame.assign(time="2026-03-01 20:00")
    assert set(assigned(local, Design(), "Asia/Shanghai").days) == {day}


def test_costs_of_the_control_group_may_be_missing_those_of_the_treated_not() -> None:
    given = [None, 2.5] * 40
    assert assigned(table(cost=given), Design()).costs[:2].tolist() == [0.0, 2.5]
    with pytest.raises(ExperimentError, match="missing for 1 of 40 treated people"):
        assigned(changed(table(cost=given), "cost", None), Design())
    with pytest.raises(ExperimentError, match="below 0 in 1 rows; give a cost of 0 or more"):
        assigned(changed(table(cost=given), "cost", -1.0), Design())


def test_known_columns_are_numbers_or_categories_and_stages_are_text() -> None:
    frame = table(age=7, new=[True, False] * 40, city="x", tier=[1, None] * 40)
    found = assigned(frame, Design(known=("age", "new", "city"), stage="tier"))
    assert [str(t) for t in found.known.dtypes] == ["float64", "float64", "category"]
    assert set(found.stage) == {"1.0", "unknown"}
