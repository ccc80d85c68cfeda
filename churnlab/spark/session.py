"""The one import of pyspark: a session, frames in and out, what Spark itself has to compute, and its errors in one line."""

from __future__ import annotations

import os
import re
import shutil
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd
import pyarrow as pa

from churnlab import errors
from churnlab.errors import ConfigError, OutputError
from churnlab.events import sources
from churnlab.schema.frames import by_engine

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
}


def as_it_is(frame: DataFrame, spark_session: Session) -> DataFrame:
    """A frame that is on Spark already."""
    return frame


@by_engine("spark.session:as_it_is")
def sent(frame: Any, spark_session: Session) -> DataFrame:
    """A frame of this machine on Spark."""
    table = (
        pa.Table.from_pandas(frame, preserve_index=False)
        if isinstance(frame, pd.DataFrame)
        else pa.table(frame)
    )
    with _quiet():
        return spark_session.createDataFrame(table)


def mapped(
    frame: DataFrame,
    job: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]],
    columns: pa.Schema,
) -> DataFrame:
    """What a job makes of the Arrow batches of each partition. A job of more than a megabyte (models) goes to the workers as a broadcast."""
    with _quiet():
        return frame.mapInArrow(job, ", ".join(f"`{f.name}` {_DDL[f.type]}" for f in columns))


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():  # pyspark 4.3 warns of pandas 3, which these calls do not touch
        warnings.filterwarnings(
            "ignore", "PySpark does not yet fully support pandas", FutureWarning
        )
        yield


@contextmanager
def in_one_line() -> Iterator[None]:
    """What a Python worker raised, in the one line that it was: the last line of the trace that Spark hands on."""
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
    """A column by its name, whatever signs it holds."""
    from pyspark.sql import functions as F

    return F.col("`" + name.replace("`", "``") + "`")


def constant(value: Any) -> Column:
    """A column of one value."""
    from pyspark.sql import functions as F

    return F.lit(value)


def kind_of(frame: DataFrame, name: str) -> str:
    """Spark's word for the type of a column."""
    return str(frame.schema[name].dataType.typeName())


def one_row(parts: DataFrame, sums: Iterable[str]) -> dict[str, Any]:
    """Sums, the first `start`, the last `end`, the least and the most `naive`, and all `names` of a few rows: the one row that is collected."""
    from pyspark.sql import functions as F

    totals = [F.coalesce(F.sum(n), F.lit(0)).alias(n) for n in sums]
    ends = [
        F.min("start").alias("start"),
        F.max("end").alias("end"),
        F.min("naive").alias("all_naive"),
        F.max("naive").alias("any_naive"),
    ]
    names = F.array_sort(F.array_distinct(F.flatten(F.collect_set("names")))).alias("names")
    with in_one_line():
        return dict(parts.agg(*totals, *ends, names).collect()[0].asDict())


def first_of_each(frame: DataFrame, key: str, order: Iterable[str], place: str) -> DataFrame:
    """The first row of each key by `order`, nulls last; rows without a key all stay. `place` names a column that is not there."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    ranked = F.row_number().over(
        Window.partitionBy(column(key)).orderBy(*(column(c).asc_nulls_last() for c in order))
    )
    first = (
        frame.where(column(key).isNotNull())
        .withColumn(place, ranked)
        .where(column(place) == 1)
        .drop(place)
    )
    return frame.where(column(key).isNull()).unionByName(first)


def shuffle_partitions(spark_session: Session) -> int:
    """`spark.sql.shuffle.partitions`, 200 where it is left to Spark."""
    stated = str(spark_session.conf.get("spark.sql.shuffle.partitions"))
    return int(stated) if stated.isdigit() else 200


def spark_session() -> Session:
    """The spark_session that is running, or a new one. ConfigError in one line where pyspark or Java is not there."""
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


def read(path: str) -> DataFrame:
    """Parquet or CSV files, all columns of CSV as text; `path` is a file, a folder, a pattern or an address that Spark knows."""
    if "://" in path:
        return (
            spark_session().read.csv(path, header=True, escape='"', multiLine=True)
            if ".csv" in path
            else spark_session().read.parquet(path)
        )
    found = sources.matching(path)
    files = [f"file://{Path(f).resolve()}" for f in found]
    if found[0].lower().endswith(sources._CSV):
        return spark_session().read.csv(
            files, header=True, sep=sources.header(found[0])[1], escape='"', multiLine=True
        )
    return spark_session().read.parquet(*files)


def write_whole(frame: DataFrame, target: str) -> int:
    """Writes a folder of Parquet and gives its rows; on this machine whole or not at all, at an address with Spark's mark `_SUCCESS`.

    OutputError when it cannot be written.
    """
    if "://" in target:
        with in_one_line():
            frame.write.mode("overwrite").parquet(target)
        return int(frame.sparkSession.read.parquet(target).count())
    place = Path(target).resolve()
    part, old = (place.with_name(f".{place.name}.{os.getpid()}.{end}") for end in ("part", "old"))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with in_one_line():
            frame.write.mode("overwrite").parquet(f"file://{part}")
        rows = int(frame.sparkSession.read.parquet(f"file://{part}").count())
        if place.exists():
            place.rename(old)
        part.rename(place)
        return rows
    except OSError as error:
        raise OutputError.from_unwritable(target, str(error)) from error
    finally:
        for left in (part, old):
            with suppress(OSError):
                left.unlink() if left.is_file() else shutil.rmtree(left)
