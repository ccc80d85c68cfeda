"""Tonight's list, written whole or not at all."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from churnlab.report.files import publish

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, eq=False)
class RiskList:
    """One row a person, highest risk first: user_id, risk (probability to churn), when (the day, like 2026-03-04, by which they have more likely
    left than not; empty: later than the weeks that the model looks ahead, 12 by default, or `[model] when = false`), ltv (expected spend, missing
    without a value model), value_at_risk (risk times ltv), reason_1 to reason_3, as_of, model_version. `unexplained` rows have no reasons:
    those below the first 20,000 by risk (500 for a forest)."""

    frame: pd.DataFrame
    as_of: str
    run_id: str
    unexplained: int

    def write(self, folder: str | Path) -> tuple[Path, Path]:
        """Writes risk_list_<as_of>.parquet and .csv, each whole or not at all; the same list gives the same bytes.

        In the CSV a text that a spreadsheet would take for a formula gets a leading apostrophe. OutputError when the folder
        cannot be written.
        """
        folder, name = Path(folder), f"risk_list_{self.as_of}"
        table = pa.Table.from_pandas(self.frame, preserve_index=False).replace_schema_metadata(None)
        parquet, csv = folder / f"{name}.parquet", folder / f"{name}.csv"
        publish(
            {
                parquet: lambda part: pq.write_table(
                    table, part, compression="zstd", write_page_checksum=True
                ),
                csv: lambda part: part.write_bytes(_csv(self.frame)),
            }
        )
        return parquet, csv

    def deliver(self, folder: str | Path) -> dict[str, object]:
        """Writes the list and says what was written."""
        parquet, csv = self.write(folder)
        return {
            "as_of": self.as_of,
            "people": len(self.frame),
            "without_reasons": self.unexplained,
            "run_id": self.run_id,
            "list_parquet": str(parquet),
            "list_csv": str(csv),
        }


def _csv(frame: pd.DataFrame) -> bytes:
    safe = frame.copy()
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            text = safe[column].astype(str)
            safe[column] = text.where(
                ~text.str.lstrip(" \u00a0\n").str.startswith(_FORMULA), "'" + text
            )
    out = io.StringIO()
    safe.to_csv(out, index=False, lineterminator="\n")
    return out.getvalue().encode()
