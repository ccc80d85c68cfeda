"""Version: tags as a person reads them, names that MLflow takes, moments and days."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow.utils.validation import _validate_model_name

from churnlab.errors import ConfigError
from churnlab.model_registry.registry import Registry
from churnlab.model_registry.tracking import Tracker
from churnlab.model_registry.versions import (
    COLUMNS,
    State,
    Version,
    due_after,
    frame,
    model_name,
    moment,
    shortened,
)


def test_tags_of_others_are_left_out_and_an_unknown_state_is_a_draft() -> None:
    made = SimpleNamespace(
        name="churn",
        version="3",
        run_id=None,
        creation_timestamp=1_772_582_400_000,
        tags={"churnlab.by": "Mei", "by": "them", "churnlab.state": "Great", "churnlab.x": "y"},
    )
    found = Version.of(made, {"champion": "3", "best": "2"})
    assert (found.number, found.run_id, found.trained) == (3, "", "2026-03-04")
    assert (found.by, found.state, found.aliases) == ("Mei", State.DRAFT, ("champion",))
    assert list(frame([found])) == list(COLUMNS) == list(frame([]))


@given(st.text())
def test_any_name_becomes_one_that_a_registry_takes(name: str) -> None:
    plain = model_name(name)
    _validate_model_name(plain)  # of MLflow
    assert plain == model_name(plain) and Registry(Tracker("runs"), plain).model == plain
    assert not {*plain} & {*"/:\"'`%\\"} and 0 < len(plain) <= 200


@given(st.text(max_size=300), st.integers(5, 50))
def test_what_people_write_is_one_printable_line(text: str, most: int) -> None:
    line = shortened(text, most)
    assert line.isprintable() and len(line) <= most and shortened(line, most) == line


def test_moments_and_days() -> None:
    assert moment(datetime(2026, 3, 4, 1)) == datetime(2026, 3, 4, 1, tzinfo=UTC)
    assert moment("2026-03-04 23:30:00-05:00").date().isoformat() == "2026-03-04"
    for wrong in ("soon", None, float("nan"), object()):
        with pytest.raises(ConfigError, match="is no date and no moment"):
            moment(wrong)
    assert due_after("2026-12-31", 1) == "2027-01-01"
    due = Version(model="m", number=1, run_id="r", trained="", review_due="2026-03-04")
    assert [due.overdue(day) for day in ("2026-03-04", "2026-03-05")] == [False, True]
