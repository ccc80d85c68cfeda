"""Files and frames to an Arrow table of the columns asked for: the only place that opens an event log."""

from __future__ import annotations

import csv
import glob
import gzip
import warnings
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from churnlab.errors import LogError


def read_files(path: str | Path, columns: dict[str, str]) -> pa.Table:
    """The columns (argument name → column name) of all Parquet or CSV files that a path or pattern names."""
    files = matching(path)
    source = str(path)
    try:
        with duckdb.connect(":memory:") as connection:
            relation = _relation(connection, files)
            check_columns(source, columns, relation.columns)
            return _select(relation, columns)
    except (duckdb.Error, OSError, UnicodeError, EOFError) as error:
        raise LogError.from_unreadable(_culprit(files, source), str(error)) from error


def matching(path: str | Path) -> list[str]:
    """The files of a path or pattern, sorted; a folder stands for the Parquet files in it."""
    text = str(path)
    if Path(text).is_dir():
        text = str(Path(text) / "**" / "*.parquet")
    files = sorted(f for f in glob.glob(text, recursive=True) if Path(f).is_file())
    if not files:
        raise LogError.from_no_file(str(path))
    return files


def _relation(connection: duckdb.DuckDBPyConnection, files: list[str]) -> duckdb.DuckDBPyRelation:
    if files[0].lower().endswith((".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt")):
        names, mark = _header(files[0])
        for file in files[1:]:
            if _header(file) != (names, mark):
                raise LogError.from_other_header(file, files[0])
        return connection.read_csv(files, header=True, sep=mark, quotechar='"', escapechar='"', columns=dict.fromkeys(names, "VARCHAR"),
                                   auto_detect=False)
    return connection.read_parquet(files, union_by_name=True)


def _header(file: str) -> tuple[list[str], str]:
    """The column names of a CSV file and what separates them: the mark that its first line has most of."""
    with gzip.open(file, "rt", encoding="utf-8-sig") if file.endswith(".gz") else open(file, encoding="utf-8-sig") as lines:
        line = lines.readline()
    mark = max(",;\t|", key=line.count)
    return next(csv.reader([line.rstrip("\r\n")], delimiter=mark), []), mark


def _select(relation: duckdb.DuckDBPyRelation, columns: dict[str, str]) -> pa.Table:
    names = dict.fromkeys(columns.values())
    return relation.project(", ".join('"' + n.replace('"', '""') + '"' for n in names)).to_arrow_table()


def _culprit(files: list[str], source: str) -> str:
    """The first file that is not whole, so that the message can name it."""
    for file in files:
        if file.endswith(".parquet"):
            try:
                pq.ParquetFile(file).metadata  # noqa: B018
            except (pa.ArrowException, OSError):
                return file
    return files[0] if len(files) == 1 else source


def frame_table(frame: Any, columns: dict[str, str]) -> pa.Table:
    """The columns of pandas, polars, pyarrow, a DuckDB relation: anything that speaks the Arrow C stream."""
    if isinstance(frame, pd.DataFrame):
        check_columns("the frame", columns, frame.columns)
        with warnings.catch_warnings():  # pyarrow 25 asks pandas 3.1 for zoned times in the old way
            warnings.filterwarnings("ignore", "Series.values returning an ndarray that drops timezone")
            return pa.Table.from_pandas(frame[list(dict.fromkeys(columns.values()))], preserve_index=False)
    if isinstance(frame, duckdb.DuckDBPyRelation):
        check_columns("the relation", columns, frame.columns)
        return _select(frame, columns)
    if hasattr(frame, "collect") and not hasattr(frame, "__arrow_c_stream__"):
        frame = frame.collect()
    if not hasattr(frame, "__arrow_c_stream__"):
        raise LogError.from_wrong_type("the log", "frame", type(frame).__name__,
                                       "a dataframe that speaks the Arrow C stream (pandas, polars, pyarrow, DuckDB)")
    table = pa.table(frame)
    check_columns("the frame", columns, table.column_names)
    return table.select(list(dict.fromkeys(columns.values())))


def check_columns(source: str, columns: dict[str, str], present: Any) -> None:
    """Refuses the first column that is not there, with near names."""
    for role, name in columns.items():
        if name not in list(present):
            raise LogError.from_missing_column(source, role, name, present)
