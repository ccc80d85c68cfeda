"""Changes since the last list: who entered, who left, and why.

| reason | who |
|---|---|
| `new in the log` | entered; the first event is not older than the last list |
| `became active` | entered; was in the log before |
| `became active or above the cut` | the same, where not everybody who was scored is listed |
| `churned` | left; the last act is too old for the list |
| `below the cut` | left; was scored tonight, and is not among those who are listed |
| `outside the population` | left otherwise: cancelled, or no longer in the log |
"""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from churnlab.nightly.guards.witness import Witness
from churnlab.schema.days import day_number

ENTER, EXIT = "enter", "exit"
NEW, ACTIVE, ABOVE = "new in the log", "became active", "became active or above the cut"
CHURNED, CUT, OUTSIDE = "churned", "below the cut", "outside the population"
COLUMNS = ("user_id", "as_of", "change", "reason")


def changes_between(
    last: pd.DataFrame, last_day: str, tonight: pd.DataFrame, as_of: str, seen: Witness
) -> pd.DataFrame:
    """The COLUMNS for everybody on one of two lists alone, sorted by change and id.

    `last` is the list of `last_day`, `tonight` that of `as_of`, whose log was `seen`.
    """
    before, now = pd.Index(last["user_id"]), pd.Index(tonight["user_id"])
    came, left = now.difference(before), before.difference(now)
    new = came.isin(seen.new_since(day_number(last_day)))
    why = np.select([left.isin(seen.scored), left.isin(seen.lapsed_ids)], [CUT, CHURNED], OUTSIDE)
    older = ABOVE if len(seen.scored) > len(now) else ACTIVE
    entered = pd.DataFrame({"user_id": came, "change": ENTER, "reason": np.where(new, NEW, older)})
    gone = pd.DataFrame({"user_id": left, "change": EXIT, "reason": why})
    parts = [part for part in (entered, gone) if len(part)] or [entered]
    return pd.concat(parts, ignore_index=True).assign(as_of=as_of)[list(COLUMNS)]


def changes_bytes(changes: pd.DataFrame, ids: str) -> bytes:
    """The changes as a Parquet file, the same bytes for the same rows; `ids` is a type of Arrow.

    >>> rows = pd.DataFrame([["ann", "2026-03-04", "enter", "new in the log"]], columns=COLUMNS)
    >>> pq.read_table(io.BytesIO(changes_bytes(rows, "string"))).num_rows
    1
    """
    types = [(n, pa.type_for_alias(ids) if n == "user_id" else pa.string()) for n in COLUMNS]
    table = pa.Table.from_pandas(changes, pa.schema(types), preserve_index=False)
    file = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(None), file, compression="zstd")
    return file.getvalue()
