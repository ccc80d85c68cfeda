"""The contract of a list: its columns are those that scoring gives, and broken rows are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.nightly import DAY, frame

from churnlab.errors import AuditError
from churnlab.nightly import scoring
from churnlab.nightly.lists.contract import COLUMNS, NAMES, audit, described, schema, table_of


def test_the_columns_are_those_of_scoring() -> None:
    assert NAMES == scoring.COLUMNS
    assert all(column.says for column in COLUMNS)


@pytest.mark.parametrize("ids", [["a", "b"], [7, 11]])
def test_rows_come_back_with_their_types(ids: list) -> None:
    given = frame(2, user_id=ids)
    table = table_of(given)
    audit(table, DAY)
    assert table.schema == schema("int64" if isinstance(ids[0], int) else "string")
    assert table["user_id"].to_pylist() == ids
    assert table["ltv"].to_pylist() == [None, 1.25]


BROKEN = {
    "risk": [
        ([0.9, 1.5], "not a probability"),
        ([0.1, 0.9], "does not fall"),
        ([0.9, None], "missing"),
    ],
    "user_id": [(["a", "a"], "not unique"), (["a", None], "missing")],
    "profit": [([np.nan, -np.inf], "not finite")],
    "ltv": [([np.inf, 1.0], "not finite")],
    "as_of": [([DAY, "2026-03-05"], "is not 2026-03-04"), ([DAY, None], "missing")],
}


@pytest.mark.parametrize(
    "column, values, says", [(c, v, s) for c, cases in BROKEN.items() for v, s in cases]
)
def test_rows_that_break_it_are_refused(column: str, values: list, says: str) -> None:
    with pytest.raises(AuditError, match=f"{column} .*{says}"):
        audit(table_of(frame(2, **{column: values})), DAY)


def test_rows_may_stand_by_another_column() -> None:
    given = table_of(frame(3, risk=[0.1, 0.9, 0.5], value_at_risk=[9.0, 4.0, None]))
    audit(given, DAY, "value_at_risk")
    with pytest.raises(AuditError, match="risk does not fall"):
        audit(given, DAY)
    with pytest.raises(AuditError, match="profit does not fall"):
        audit(given, DAY, "profit")


def test_other_columns_are_refused() -> None:
    with pytest.raises(AuditError, match="it lacks risk and has mood; give it the columns"):
        table_of(frame(2).rename(columns={"risk": "mood"}))
    with pytest.raises(AuditError, match="it lacks when; give"):
        table_of(frame(2).drop(columns="when"))


def test_an_empty_list_keeps_to_it() -> None:
    audit(table_of(pd.DataFrame(columns=list(NAMES))), DAY)


def test_the_description_names_every_column() -> None:
    told = described()
    assert [c["name"] for c in told["columns"]] == list(NAMES) and told["schema_version"] == 2


def test_the_page_of_the_list_says_the_same() -> None:
    page = (Path(__file__).parents[3] / "docs" / "list.md").read_text()
    rows = [f"| `{c.name}` | {c.kind} | {'yes' if c.empty else 'no'} | {c.says} |" for c in COLUMNS]
    assert "\n".join(rows) in page
