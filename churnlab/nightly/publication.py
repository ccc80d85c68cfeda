"""Publication: the audited rows of a list, and where they came from, as every sink gets them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from churnlab.nightly.contract import ID, audit, table_of


@dataclass(frozen=True)
class Publication:
    """A list that keeps to its schema.

    `table` has the columns of the schema; `model` says which models scored.
    """

    table: pa.Table
    as_of: str
    run_id: str
    model: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        frame: pd.DataFrame,
        as_of: str,
        run_id: str,
        model: Mapping[str, Any],
        notes: tuple[str, ...] = (),
    ) -> Publication:
        """The rows of a list, audited; raises AuditError where they do not keep to the schema."""
        table = table_of(frame)
        audit(table, as_of)
        return cls(table, as_of, run_id, model, notes)

    @property
    def ids(self) -> str:
        """The type of user_id: "string" or "int64"."""
        return str(self.table.schema.field(ID).type)
