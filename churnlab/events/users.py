"""Static attributes of people, read from files."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from churnlab.errors import LogError
from churnlab.events.files import matching
from churnlab.events.source import check_columns


def read(path: str, user: str, text_ids: bool) -> pd.DataFrame:
    """One row a person, from Parquet or CSV files; the id column `user` becomes `user_id`.

    `text_ids`: ids in CSV files are text, otherwise whole numbers. Raises LogError when a file
    cannot be read or lacks the id column.
    """
    kind = "str" if text_ids else "int64"
    try:
        frames = [
            pd.read_parquet(f) if f.endswith(".parquet") else pd.read_csv(f, dtype={user: kind})
            for f in matching(path)
        ]
    except (OSError, pa.ArrowException, pd.errors.ParserError, UnicodeError) as error:
        raise LogError.from_unreadable(path, str(error)) from error
    frame = pd.concat(frames)
    check_columns(path, {"user": user}, frame.columns)
    return frame.rename(columns={user: "user_id"})
