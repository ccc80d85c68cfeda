"""RiskList: tonight's list, put together from parts of the people and written whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from churnlab.events.addresses import local_folder
from churnlab.nightly.scoring import COLUMNS, Listing
from churnlab.nightly.written import Written
from churnlab.report.csv_text import csv_text, guarded
from churnlab.schema.files import publish
from churnlab.schema.progress import bar, counted


@dataclass(frozen=True, eq=False)
class RiskList:
    """Tonight's list: one row a person, highest risk first, ties by id.

    Columns of `frame`: user_id; risk (churn probability); stage ("silent" for a person who already
    is as silent as the churn label asks, else empty); when (the day, like 2026-03-04, by which
    the person has more likely left than not; empty where the risk is below one half or the stage
    is silent, so it is always after as_of); ltv (expected spend, missing without a value model);
    value_at_risk (risk times ltv); reason_1 to reason_3; as_of; model_version; approval
    ("approved", "not approved" for a trial, "no approval required" where none is asked for).
    `notes` say who approved the model, and which events lie outside the log's observed days.
    `model_age` counts the days from
    the newest snapshot that the churn model learnt from to the day of the list.
    """

    frame: pd.DataFrame
    as_of: str
    run_id: str
    notes: tuple[str, ...] = ()
    model_age: int | None = None

    @classmethod
    def of(cls, parts: Iterable[pd.DataFrame], listing: Listing, run_id: str) -> RiskList:
        """Score and explain people a part at a time.

        `parts` are features, [people, features], on (user_id, snapshot); no more than one is kept
        in memory. No part, no row.
        """
        with bar("scoring and explaining people", None) as step:
            listed = [listing(X) for X in counted(parts, step, len)]
        if not listed:
            return cls(pd.DataFrame(columns=list(COLUMNS)), listing.scorer.as_of, run_id)
        frame = pd.concat(listed).sort_values(
            ["risk", "user_id"], ascending=[False, True], kind="stable", ignore_index=True
        )
        return cls(frame, listing.scorer.as_of, run_id)

    def write(self, folder: str | Path) -> Written:
        """Write risk_list_<as_of>.parquet and .csv, both whole or not at all.

        The same list gives the same bytes. The Parquet file has ids as they are. In the CSV a text
        that a spreadsheet could take for a formula gets a leading apostrophe, which
        `report.csv_text.unguarded` takes away again. Raises OutputError when the folder cannot be
        written; then an older list is as it was. ConfigError for an address.
        """
        stem = local_folder(folder, "the folder of the list") / f"risk_list_{self.as_of}"
        parquet = stem.with_name(f"{stem.name}.parquet")
        csv = stem.with_name(f"{stem.name}.csv")
        table = pa.Table.from_pandas(self.frame, preserve_index=False).replace_schema_metadata(None)

        text = csv_text(self.frame, guarded).encode()

        def write_parquet(file: BinaryIO) -> None:
            pq.write_table(table, file, compression="zstd", write_page_checksum=True)

        publish({parquet: write_parquet, csv: lambda file: file.write(text)})
        files = {"list_parquet": str(parquet), "list_csv": str(csv)}
        return Written(
            self.as_of,
            len(self.frame),
            self.run_id,
            files,
            self.notes,
            self.model_age,
        )
