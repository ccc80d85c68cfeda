"""Changes since the last list: who entered and left, and who moved to another tier or stage.

| change | reason | who |
|---|---|---|
| `enter` | `new in the log` | the first event is not older than the last list |
| | `became active` | was in the log before |
| | `became active or above the cut` | the same, where the list is cut after some people |
| | `became fading` (`lapsing`, …) | the same, where the list asks for stages; the present stage |
| | `became fading or above the cut` | the same, where it is cut too |
| `exit` | `churned` | the last act is too old for the list, or the list asks for stages and the \
present one is silent or gone |
| | `became active` | has no stage any more, where the list asks for some |
| | `became lapsing` (…) | is in a stage that the list does not ask for |
| | `below the cut` | was scored tonight, and is not among those who are listed |
| | `outside the population` | cancelled, or no longer in the log |
| `moved` | `tier`, `stage` | is on both lists; `before` and `after` name the tier or the stage |
"""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from churnlab.nightly.guards.witness import Witness
from churnlab.nightly.lists.read import PublishedList
from churnlab.nightly.ranking import Ranked
from churnlab.schema.days import day_number
from churnlab.schema.stages import GONE, SILENT, STAGES

ENTER, EXIT, MOVED = "enter", "exit", "moved"
NEW, ACTIVE, ABOVE = "new in the log", "became active", "became active or above the cut"
CHURNED, CUT, OUTSIDE = "churned", "below the cut", "outside the population"
BECAME = {stage: f"became {stage}" for stage in STAGES}
BECAME_OR_ABOVE = {stage: f"became {stage} or above the cut" for stage in STAGES}
MOVES = ("tier", "stage")
COLUMNS = ("user_id", "as_of", "change", "reason", "before", "after")


def changes_between(
    last: PublishedList, tonight: Ranked, as_of: str, seen: Witness
) -> pd.DataFrame:
    """The COLUMNS of everybody who entered, left or moved since the last list, in this order.

    Sorted by id in each kind of change. `seen` is what was seen of the log of tonight's list. Moves
    of stages are not told after a list of schema version 1, which knew other ones.
    """
    before = last.frame.set_index("user_id")
    now = tonight.frame.set_index("user_id")
    came = now.loc[now.index.difference(before.index)]
    left = before.index.difference(now.index)
    entered = _rows(came.index, ENTER, _why_in(came, last, tonight, seen))
    gone = _rows(left, EXIT, _why_out(left, tonight, seen))
    known = MOVES[:1] if last.manifest.schema_version == 1 else MOVES
    parts = [entered, gone, *(_moved(before, now, name) for name in known)]
    found = pd.concat([part for part in parts if len(part)] or [entered], ignore_index=True)
    order = {kind: place for place, kind in enumerate((ENTER, EXIT, MOVED))}
    found = found.iloc[np.lexsort((found["user_id"].rank(), found["change"].map(order)))]
    return found.assign(as_of=as_of)[list(COLUMNS)].reset_index(drop=True)


def _rows(users: pd.Index, change: str, reason: object, **more: object) -> pd.DataFrame:
    told = {"user_id": users, "change": change, "reason": reason, "before": "", "after": ""}
    return pd.DataFrame(told | more)


def _why_in(came: pd.DataFrame, last: PublishedList, tonight: Ranked, seen: Witness) -> np.ndarray:
    """Why each person is on the list who was not on the last one, as texts."""
    new = came.index.isin(seen.new_since(day_number(last.as_of)))
    cut = tonight.left_out.get("top", 0) + tonight.left_out.get("budget", 0) > 0
    if tonight.by_stage:
        known = came["stage"].map(BECAME_OR_ABOVE if cut else BECAME).to_numpy(object)
    else:
        known = np.full(len(came), ABOVE if cut else ACTIVE, object)
    return np.where(new, NEW, known)


def _why_out(left: pd.Index, tonight: Ranked, seen: Witness) -> np.ndarray:
    """Why each person is not on the list who was on the last one, as texts."""
    stage = tonight.others.set_index("user_id")["stage"].reindex(left)
    reasons = {"": ACTIVE, **BECAME, SILENT: CHURNED, GONE: CHURNED}
    other = stage.map(reasons).to_numpy(object)
    known = [stage.notna(), left.isin(seen.scored), left.isin(seen.lapsed_ids)]
    return np.select([np.asarray(each, bool) for each in known], [other, CUT, CHURNED], OUTSIDE)


def _moved(before: pd.DataFrame, now: pd.DataFrame, name: str) -> pd.DataFrame:
    """Who is in another tier or stage than on the last list."""
    both = now.index.intersection(before.index).sort_values()
    then, here = before.loc[both, name], now.loc[both, name]
    other = then.to_numpy(object) != here.to_numpy(object)
    told = {"before": then[other].to_numpy(object), "after": here[other].to_numpy(object)}
    return _rows(both[other], MOVED, name, **told)


def changes_table(changes: pd.DataFrame | None, ids: str) -> pa.Table:
    """The changes as an Arrow table, without a row where there are none; `ids` is a type of Arrow.

    >>> changes_table(None, "int64").num_rows
    0
    """
    if changes is None:
        changes = pd.DataFrame(columns=list(COLUMNS))
    types = [(n, pa.type_for_alias(ids) if n == "user_id" else pa.string()) for n in COLUMNS]
    table = pa.Table.from_pandas(changes, pa.schema(types), preserve_index=False)
    return table.replace_schema_metadata(None)


def changes_bytes(changes: pd.DataFrame, ids: str) -> bytes:
    """The changes as a Parquet file, the same bytes for the same rows; `ids` is a type of Arrow.

    >>> row = ["ann", "2026-03-04", "enter", "new in the log", "", ""]
    >>> rows = pd.DataFrame([row], columns=COLUMNS)
    >>> pq.read_table(io.BytesIO(changes_bytes(rows, "string"))).num_rows
    1
    """
    file = io.BytesIO()
    pq.write_table(changes_table(changes, ids), file, compression="zstd")
    return file.getvalue()
