"""What a published list holds: its columns, their types and meanings, and what every row keeps to.

A reader of a list can rely on this as long as SCHEMA_VERSION is one that it knows.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from churnlab.errors import AuditError

SCHEMA_VERSION = 2


class Column(NamedTuple):
    """A column of the list: its name, its type in words, whether it may be empty, its meaning."""

    name: str
    kind: str
    empty: bool
    says: str


COLUMNS = (
    Column("user_id", "text or whole number", False, "the person; each is on the list once"),
    Column("risk", "number", False, "the probability of churn, from 0 to 1, to 9 decimals"),
    Column("tier", "text", True, "the name of the band that the person is in"),
    Column("stage", "text", True, "fading, lapsing, silent or gone; empty where none fits"),
    Column("when", "text", True, "the day by which the person has more likely left than not"),
    Column("ltv", "number", True, "expected spend over the value horizon, in the log's money"),
    Column("value_at_risk", "number", True, "risk times ltv, in the log's money"),
    Column("profit", "number", True, "what a contact is expected to bring, in the log's money"),
    Column("reason_1", "text", True, "why the risk is what it is, in words; the first reason"),
    Column("reason_2", "text", True, "the second reason"),
    Column("reason_3", "text", True, "the third reason"),
    Column("theme", "text", True, "the theme of the first reason, such as pushes or spending"),
    Column("treatment", "text", True, "what a win-back policy suggests; never for the control"),
    Column("control", "text", False, "yes: not to be contacted, to measure effects; else no"),
    Column("as_of", "text", False, "the day whose morning the list is for, like 2026-03-04"),
    Column("run_id", "text", False, "the run whose models scored"),
    Column("model_name", "text", False, "the name of the model"),
    Column("model_version", "text", False, "the version of the models that scored"),
    Column("approval", "text", False, "whether a person has approved these models"),
    Column("approver", "text", True, "who has approved them"),
)
_LATER = ("theme", "treatment", "run_id", "model_name", "approver")  # not in version 1
NAMES = tuple(column.name for column in COLUMNS)
ID = "user_id"
_ARROW = {"text": pa.string(), "number": pa.float64(), "whole number": pa.int64()}


def columns_of(version: int = SCHEMA_VERSION) -> tuple[Column, ...]:
    """The columns of lists of a schema version.

    >>> [column.name for column in columns_of(1)][-3:]
    ['as_of', 'model_version', 'approval']
    """
    return tuple(c for c in COLUMNS if version > 1 or c.name not in _LATER)


def schema(ids: str, version: int = SCHEMA_VERSION) -> pa.Schema:
    """The Arrow schema of a list whose ids are of a type, "string" or "int64".

    >>> schema("int64").field("user_id").type
    DataType(int64)
    """
    types = {column.name: _ARROW.get(column.kind) for column in columns_of(version)}
    return pa.schema([*(types | {ID: pa.type_for_alias(ids)}).items()])


def described() -> dict[str, Any]:
    """The schema as `schema.json` gives it beside a CSV file.

    >>> described()["columns"][1]["type"]
    'number'
    """
    columns = [{"name": c.name, "type": c.kind, "may_be_empty": c.empty, "meaning": c.says}
               for c in COLUMNS]  # fmt: skip
    guard = (
        "a text that a spreadsheet could take for a formula has a leading apostrophe in CSV, "
        "which is no part of it"
    )
    return {"schema_version": SCHEMA_VERSION, "columns": columns, "csv": guard}


def table_of(frame: pd.DataFrame) -> pa.Table:
    """The rows of a list as an Arrow table with the columns of the schema, in their order.

    Raises AuditError when the columns are others.
    """
    lacks, odd = [n for n in NAMES if n not in frame], [n for n in frame if n not in NAMES]
    if lacks or odd:
        raise AuditError.from_columns(lacks, map(str, odd))
    found = pa.Table.from_pandas(frame[list(NAMES)], preserve_index=False)
    ids = "int64" if pa.types.is_integer(found.schema.field(ID).type) else "string"
    return found.replace_schema_metadata(None).cast(schema(ids))


def audit(table: pa.Table, as_of: str, sort: str = "risk", version: int = SCHEMA_VERSION) -> None:
    """Raise AuditError unless the rows keep to the schema.

    Nothing needed is missing, everybody is there once, risks lie in [0, 1], the column `sort` falls
    from row to row, money is finite, and all rows are of one day.

    >>> audit(schema("string").empty_table(), "2026-03-04")
    """
    for column in columns_of(version):
        if not column.empty and table[column.name].null_count:
            raise AuditError.from_rows(column.name, "is missing in some rows")
    if pc.count_distinct(table[ID]).as_py() != len(table):
        raise AuditError.from_rows(ID, "is not unique")
    risk = table["risk"].to_numpy()
    if not ((risk >= 0) & (risk <= 1)).all():
        raise AuditError.from_rows("risk", "is not a probability in some rows")
    order = table[sort].to_numpy()
    order = np.where(np.isnan(order), -np.inf, order)
    if (order[1:] > order[:-1]).any():
        raise AuditError.from_rows(sort, "does not fall from row to row")
    for name in ("ltv", "value_at_risk", "profit"):
        if pc.any(pc.invert(pc.is_finite(table[name]))).as_py():
            raise AuditError.from_rows(name, "is not finite in some rows")
    if set(table["as_of"].unique().to_pylist()) - {as_of}:
        raise AuditError.from_rows("as_of", f"is not {as_of} in some rows")
