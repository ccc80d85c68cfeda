"""The tables of churnlab.toml besides [log]: what they take, and that they do not change."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from pydantic import ValidationError

from churnlab.config.sections import CostsTable, SnapshotsTable, Table, TargetTable
from churnlab.errors import ConfigError


@pytest.mark.parametrize("given", [date(2026, 3, 4), "2026-03-04", datetime(2026, 3, 4)])
def test_a_day_is_a_date_however_it_is_given(given: object) -> None:
    assert SnapshotsTable(first=given).first == date(2026, 3, 4)  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="is not a day"):
        SnapshotsTable(first="soon")  # type: ignore[arg-type]


def test_a_table_takes_its_own_keys_and_types_alone_and_stays_as_it_is() -> None:
    table = TargetTable(churn_horizon=14)
    for name, value in {"churn_horizn": 14, "churn_horizon": "14"}.items():
        with pytest.raises(ValidationError):
            TargetTable(**{name: value})
    with pytest.raises(ValidationError, match="frozen"):
        table.lead = 3  # type: ignore[misc]
    assert isinstance(table, Table) and table.churn().horizon == 14


def test_costs_are_given_whole_or_not_at_all() -> None:
    assert CostsTable().costs() is None
    given = CostsTable(contact=1, offer=2.5, success=0.1).costs()
    assert given is not None and given.value_kept is None
    with pytest.raises(ConfigError, match=r"lacks offer, success in \[costs\]"):
        CostsTable(contact=1.0).costs()
    for wrong in ({"contact": -1.0}, {"success": 1.5}, {"value_kept": float("nan")}):
        with pytest.raises(ConfigError, match=r"costs\."):
            CostsTable(**{"contact": 1.0, "offer": 2.0, "success": 0.1, **wrong}).costs()
