"""Static attributes of people, read from files."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pyarrow as pa

from churnlab.errors import LogError
from churnlab.events.file_system import File
from churnlab.events.files import kind_of, matching
from churnlab.events.plain_text import TextFile
from churnlab.events.source import check_columns


def read(
    path: str, user: str, text_ids: bool, as_text: Callable[[str], bool] | None = None
) -> pd.DataFrame:
    """One row a person, from Parquet or CSV files; the id column `user` becomes `user_id`.

    `text_ids`: ids in CSV files are text, otherwise whole numbers. `as_text` says of a column of
    CSV files whether its values stay text, so that 007 does not become 7; a column that is text in
    one of several files is text in all. Raises LogError when a file cannot be read, lacks the id
    column or has a column twice.
    """
    try:
        files = matching(path)
        frames = [_read(f, user, as_text or (lambda name: False)) for f in files]
        mixed = _mixed(frames)
        if mixed:
            frames = [_read(f, user, lambda name: name in mixed) for f in files]
    except (OSError, pa.ArrowException, pd.errors.ParserError, UnicodeError) as error:
        raise LogError.from_unreadable(path, str(error)) from error
    except pd.errors.EmptyDataError as error:
        raise LogError.from_empty(path) from error
    frame = pd.concat(frames, ignore_index=True)
    check_columns(path, {"user": user}, frame.columns)
    if not text_ids and pd.api.types.is_string_dtype(frame[user]):
        frame[user] = _whole(path, user, frame[user])
    return frame.rename(columns={user: "user_id"})


def _read(file: File, user: str, as_text: Callable[[str], bool]) -> pd.DataFrame:
    if kind_of(file) == "Parquet":
        return pd.read_parquet(file.path, filesystem=file.system)
    text = TextFile.of(file, None, "CSV")
    with text.opened() as stream:
        head = pd.read_csv(
            stream,
            header=None,
            nrows=1,
            dtype="str",
            keep_default_na=False,
            encoding=text.encoding,
        )
    names = head.iloc[0].tolist()
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise LogError.from_same_columns(file.name, twice)
    kinds = {n: "str" for n in names if n == user or as_text(n)}
    with text.opened() as stream:
        return pd.read_csv(
            stream,
            dtype=kinds,  # type: ignore[arg-type]
            low_memory=False,
            encoding=text.encoding,
        )


def _mixed(frames: list[pd.DataFrame]) -> set[str]:
    """Columns that are text in some of the frames and numbers in others."""
    kinds: dict[str, set[bool]] = {}
    for frame in frames:
        for name in frame:
            if frame[name].notna().any():
                kinds.setdefault(str(name), set()).add(
                    not pd.api.types.is_numeric_dtype(frame[name])
                )
    return {name for name, found in kinds.items() if len(found) > 1}


def _whole(path: str, user: str, ids: pd.Series) -> pd.Series:
    """Text ids as whole numbers; LogError where one is none."""
    numbers = pd.to_numeric(ids, errors="coerce")
    odd = ids[ids.notna() & (numbers.isna() | (numbers % 1 != 0))]
    if len(odd):
        given = f"text, such as {odd.iloc[0]!r}"
        raise LogError.from_wrong_type(path, user, given, "whole numbers, as the log's ids are")
    return numbers.astype("Int64" if numbers.isna().any() else "int64")
