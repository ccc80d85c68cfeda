"""The only import of pyspark: the session, reading and writing frames, Spark's own computations.

Errors that a worker raises become the one-line errors of this library.
"""

from __future__ import annotations

import codecs
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd
import pyarrow as pa

from churnlab import errors
from churnlab.errors import ConfigError
from churnlab.events import files
from churnlab.events.csv_header import Header, Style, read_header
from churnlab.events.plain_text import TextFile
from churnlab.events.spec import LogSpec
from churnlab.schema.files import check_path, one_line, part_folder
from churnlab.schema.frames import by_engine

# The encodings of text that Spark reads, by Python's names.
CHARSETS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "ascii": "US-ASCII",
    "iso8859-1": "ISO-8859-1",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16LE",
    "utf-16-be": "UTF-16BE",
    "utf-32": "UTF-32",
}
DataFrame: TypeAlias = Any  # pyspark.sql.DataFrame, which is not there on every machine
Column: TypeAlias = Any
Session: TypeAlias = Any
TEXTS = ("string", "char", "varchar")
WHOLES = ("long", "integer", "short", "byte")
NUMBERS = (*WHOLES, "double", "float", "decimal", "boolean")
TIMES = ("date", "timestamp", "timestamp_ntz")
_DDL = {
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.string(): "string",
    pa.timestamp("us"): "timestamp_ntz",
    pa.bool_(): "boolean",
    pa.list_(pa.string()): "array<string>",
    pa.list_(pa.int64()): "array<bigint>",
}


def unchanged(frame: DataFrame, session: Session) -> DataFrame:
    """The frame itself, which is on Spark already; the twin of `sent`."""
    return frame


@by_engine("spark.session:unchanged")
def sent(frame: Any, session: Session) -> DataFrame:
    """A frame of this machine as a Spark DataFrame."""
    if isinstance(frame, pd.DataFrame):
        table = pa.Table.from_pandas(frame, preserve_index=False)
    else:
        table = pa.table(frame)
    with _quiet():
        return session.createDataFrame(table)


def mapped(
    frame: DataFrame,
    job: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]],
    columns: pa.Schema,
) -> DataFrame:
    """The rows that a job makes of the Arrow batches of each partition.

    A job of more than a megabyte, such as one with models, goes to the workers as a broadcast.
    """
    with _quiet():
        return frame.mapInArrow(job, ", ".join(f"`{f.name}` {_DDL[f.type]}" for f in columns))


@contextmanager
def _quiet() -> Iterator[None]:
    """No warnings of pyspark about pandas."""
    with warnings.catch_warnings():  # pyspark 4.3 warns of pandas 3, which these calls do not touch
        warnings.filterwarnings(
            "ignore", "PySpark does not yet fully support pandas", FutureWarning
        )
        yield


@contextmanager
def in_one_line() -> Iterator[None]:
    """Raise an error of a Python worker as it was there, in one line.

    Spark hands on a trace, which holds the error's class and text.
    """
    try:
        yield
    except Exception as error:
        if "No module named 'churnlab'" in str(error):
            raise ConfigError.from_spark(
                "Spark's Python workers do not have churnlab",
                "install it there, or set PYSPARK_PYTHON",
            ) from error
        found = re.search(r"^churnlab\.errors\.(?:\w+\.)*(\w+): (.+)$", str(error), re.MULTILINE)
        if found is None:
            raise
        raise getattr(errors, found[1])(found[2].strip()) from error


def column(name: str) -> Column:
    """A column by its name, which may hold any characters."""
    from pyspark.sql import functions as F

    return F.col("`" + name.replace("`", "``") + "`")


def constant(value: Any) -> Column:
    """A column that holds one value."""
    from pyspark.sql import functions as F

    return F.lit(value)


def collected(frame: DataFrame) -> pa.Table:
    """The rows of a frame on this machine: those of a list, or sums, which one machine holds."""
    with _quiet(), in_one_line():
        return frame.toArrow()


def highest_first(frame: DataFrame, by: str, ties: str) -> DataFrame:
    """The rows by a number, highest first, missing ones last; equal ones by the column `ties`."""
    from pyspark.sql import functions as F

    value = F.nanvl(column(by), F.lit(None).cast("double"))
    return frame.orderBy(value.desc_nulls_last(), column(ties).asc())


def kind_of(frame: DataFrame, name: str) -> str:
    """Spark's name for the type of a column."""
    return str(frame.schema[name].dataType.typeName())


def one_row(parts: DataFrame, sums: Iterable[str]) -> dict[str, Any]:
    """One row from a few, the only row that is ever collected.

    It has the sum of each column of `sums`, whether all and whether any of the rows are `naive`,
    all `names`, all lists of `unusable` together, and `by_day`: of each of the `days`, the sum of
    its numbers in `of_days`.
    """
    from pyspark.sql import functions as F

    totals = [F.coalesce(F.sum(n), F.lit(0)).alias(n) for n in sums]
    zoned = [
        F.min("naive").alias("all_naive"),
        F.max("naive").alias("any_naive"),
    ]
    names = F.array_sort(F.array_distinct(F.flatten(F.collect_set("names")))).alias("names")
    unusable = F.flatten(F.collect_list("unusable")).alias("unusable")
    listed = F.collect_list(F.struct("days", "of_days")).alias("listed")
    with in_one_line():
        row = dict(parts.agg(*totals, *zoned, names, unusable, listed).collect()[0].asDict())
    by_day: dict[int, int] = {}
    for part in row.pop("listed"):
        for day, count in zip(part["days"], part["of_days"], strict=True):
            by_day[day] = by_day.get(day, 0) + count
    return row | {"by_day": by_day}


def first_of_each(frame: DataFrame, key: str, order: Iterable[str], place: str) -> DataFrame:
    """The first row of each key in the order of the columns `order`, nulls last.

    Rows without a key all stay. `place` is a name that no column has.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    rising = [column(c).asc_nulls_last() for c in order]
    ranked = F.row_number().over(Window.partitionBy(column(key)).orderBy(*rising))
    numbered = frame.where(column(key).isNotNull()).withColumn(place, ranked)
    first = numbered.where(column(place) == 1).drop(place)
    return frame.where(column(key).isNull()).unionByName(first)


def shuffle_partitions(session: Session) -> int:
    """The number in `spark.sql.shuffle.partitions`, or 200 if it is left to Spark."""
    stated = str(session.conf.get("spark.sql.shuffle.partitions"))
    return int(stated) if stated.isdigit() else 200


def spark_session() -> Session:
    """The running session, or a new one. Raises ConfigError when pyspark or Java is missing."""
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise ConfigError.from_spark(
            "pyspark is not installed", "pip install churnlab[spark]"
        ) from error
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    try:
        return SparkSession.builder.appName("churnlab").getOrCreate()
    except PySparkException as error:
        if "JAVA" not in str(error).upper():
            raise
        raise ConfigError.from_spark(
            "Spark finds no Java", "install Java 17 or newer and set JAVA_HOME"
        ) from error


def read(path: str, spec: LogSpec | None = None) -> DataFrame:
    """Parquet or CSV files as a frame, where every column of CSV is text.

    `path` is a file, a folder, a pattern, or an address that Spark knows; `spec` says how CSV is
    written. ConfigError for files of another kind.
    """
    style = Style.of(spec)
    if "://" in path:
        header = Header(style.names, style.separator or ",", 0, not style.names)
        if ".csv" in path:
            return _csv(path, header, style.encoding or "utf-8")
        return spark_session().read.parquet(path)
    found = files.matching(path)
    local = [f"file://{Path(f.path).resolve()}" for f in found]
    kind = files.kind_of(found[0])
    if kind == "CSV":
        text = TextFile.of(found[0], style.encoding)
        return _csv(local, read_header(text, style), text.encoding)
    if kind != "Parquet":
        way = "read them with Spark and give the frame to EventLog.from_frame"
        raise ConfigError.from_spark(f"{path} holds {kind}, which is not read on Spark", way)
    return spark_session().read.parquet(*local)


def _csv(paths: str | list[str], header: Header, encoding: str) -> DataFrame:
    charset = CHARSETS.get(codecs.lookup(encoding).name)
    if charset is None:
        way = "write the files in UTF-8, or read them without Spark"
        raise ConfigError.from_spark(f"Spark reads no CSV in {encoding}", way)
    if header.skip:
        way = "take them away, or read the files without Spark"
        raise ConfigError.from_spark("there are lines before the header", way)
    reader = spark_session().read
    frame = reader.csv(
        paths,
        header=header.named,
        sep=header.separator,
        encoding=charset,
        escape='"',
        multiLine=True,
    )
    return frame if header.named else frame.toDF(*header.names)


def write_whole(frame: DataFrame, target: str) -> int:
    """Write a folder of Parquet files, and return the number of rows.

    A folder on this machine is written whole or not at all; at an address, Spark's mark
    `_SUCCESS` says that it is whole. Raises OutputError when it cannot be written.
    """
    if "://" in target:
        return _write(frame, target)
    check_path(target)
    place = Path(target).absolute()
    with one_line(target):
        place.parent.mkdir(parents=True, exist_ok=True)
        with part_folder(place.parent) as part:
            rows = _write(frame, f"file://{part / 'new'}")
            if os.path.lexists(place):
                place.rename(part / "old")
            (part / "new").rename(place)
        return rows


def _write(frame: DataFrame, address: str) -> int:
    """Write Parquet files to an address, and return the number of rows."""
    with in_one_line():
        frame.write.mode("overwrite").parquet(address)
    return int(frame.sparkSession.read.parquet(address).count())
