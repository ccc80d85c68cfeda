"""Static attributes of people on Spark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import pandas as pd
import pyarrow as pa

from churnlab.errors import FrameError, LogError
from churnlab.events import users
from churnlab.features import profile
from churnlab.features.known_attributes import KnownAttributes, Misfit, joined
from churnlab.schema.frames import as_pandas, by_engine
from churnlab.schema.names import twins
from churnlab.spark.activity import SparkActivity
from churnlab.spark.batches import USER, to_arrow, travelling
from churnlab.spark.session import (
    NUMBERS,
    TEXTS,
    TIMES,
    DataFrame,
    Session,
    column,
    in_one_line,
    mapped,
    sent,
)
from churnlab.spark.session import read as read_frame

_ID = "user_id"
_COUNTED = pa.schema(
    {
        "name": pa.string(),
        "unfit": pa.int64(),
        "given": pa.int64(),
        "examples": pa.list_(pa.string()),
        "wanted": pa.string(),
        "learnt": pa.bool_(),
    }
)


def read(
    activity: SparkActivity, path: str, user: str, known: KnownAttributes | None = None
) -> DataFrame | pd.DataFrame:
    """Static attributes in files whose id column is `user`: a Spark DataFrame of Parquet files.

    Files of another kind are read on this machine, into a pandas DataFrame.
    """
    if ".parquet" in path:
        frame = _parquet(path)
        return frame.toDF(*(_ID if n == user else n for n in frame.columns))
    return users.read(path, user, activity.text_ids, known.is_category if known else None)


def _parquet(path: str) -> DataFrame:
    """Parquet files; LogError where names of columns differ in capitals alone, as Spark wants."""
    try:
        return read_frame(path)
    except Exception as error:
        if "COLUMN_ALREADY_EXISTS" not in str(error):
            raise
        reason = "for Spark, two columns whose names differ in capitals alone are one"
        raise LogError.from_unreadable(path, reason, "rename one of them") from error


def as_in_training(
    frame: DataFrame, known: KnownAttributes, share: float, told: list[Misfit] | None = None
) -> DataFrame:
    """The attributes as in a training; the twin of that in config/inputs, which has the errors.

    The frame is read once for what does not fit, which is added to `told`.
    """
    kept = known.columns_of(frame.columns)
    text_ids = frame.schema.fields[frame.columns.index(_ID)].dataType.typeName() in TEXTS
    job = _AsInTraining(known, tuple(frame.columns), tuple(kept), text_ids)
    plain = frame.toDF(*job.travel)
    with in_one_line():  # a row an attribute and batch comes here, and no person's
        found = list(mapped(plain, replace(job, count=True), _COUNTED).toLocalIterator())
    for name in kept:
        same = [Misfit(**row.asDict()) for row in found if row["name"] == name]
        if same:
            misfit = joined(same)
            misfit.check(share)
            if told is not None:
                told.append(misfit)
    return mapped(plain, job, job.schema).toDF(_ID, *kept)


@dataclass(frozen=True)
class _AsInTraining:
    """Job from rows of users to the same as in a training, or to a count of what does not fit.

    `columns` are those of the users and `kept` the attributes of the training among them.
    """

    known: KnownAttributes
    columns: tuple[str, ...]
    kept: tuple[str, ...]
    text_ids: bool
    count: bool = False

    @property
    def travel(self) -> list[str]:
        """Names of the columns that Spark tells apart, whatever their letters."""
        return [f"churnlab_{i}" for i in range(len(self.columns))]

    @property
    def schema(self) -> pa.Schema:
        """The columns that come out, under names that Spark takes."""
        texts = map(self.known.is_category, self.kept)
        kinds = [pa.string() if text else pa.float64() for text in texts]
        user = (_ID, pa.string() if self.text_ids else pa.int64())
        return pa.schema([user, *((f"churnlab_{i}", kind) for i, kind in enumerate(kinds))])

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The rows of one task."""
        for batch in batches:
            frame = batch.rename_columns(list(self.columns)).to_pandas()
            fitted, misfits = self.known.fit(frame[frame[_ID].notna()])
            if self.count:
                yield pa.RecordBatch.from_pylist([asdict(m) for m in misfits], _COUNTED)
            else:
                yield to_arrow(fitted.set_axis(self.schema.names, axis=1), self.schema)


@by_engine("spark.users:typed_there")
def typed(given: Any, text_ids: bool, session: Session) -> tuple[DataFrame, dict[str, str]]:
    """user_id and attributes, numbers as doubles and all else as text, under travelling names.

    `given` is a Spark DataFrame or a frame on this machine. The second value gives each attribute
    its travelling name. Raises FrameError as `features.profile.attributes` does.
    """
    table = profile.table(as_pandas(given), text_ids)
    texts = [n for n in table if isinstance(table[n].dtype, pd.CategoricalDtype)]
    columns = travelling(USER, table, texts)
    arrays = {
        columns[n]: pa.array(table[n].astype(object).where(table[n].notna(), None), pa.string())
        if n in texts
        else pa.array(table[n].to_numpy(), pa.float64())
        for n in table
    }
    user = pa.array(table.index, pa.string() if text_ids else pa.int64())
    return sent(pa.table({_ID: user, **arrays}), session), columns


def typed_there(
    given: DataFrame, text_ids: bool, session: Session
) -> tuple[DataFrame, dict[str, str]]:
    """`typed` for a Spark DataFrame, by the types of Spark."""
    names = list(given.columns)
    if _ID not in names:
        raise FrameError.from_missing_columns("the users frame", [_ID], names)
    twice = twins(names)
    if twice:
        raise FrameError.from_same_names("the users frame", twice)
    kinds = {f.name: f.dataType.typeName() for f in given.schema.fields if f.name != _ID}
    for name, kind in kinds.items():
        if kind in TIMES:
            raise FrameError.from_date_attribute(name)
        if kind not in (*NUMBERS, *TEXTS):
            raise FrameError.from_odd_attribute(name)
    columns = travelling(USER, kinds, [n for n, kind in kinds.items() if kind in TEXTS])
    plain = given.toDF(*(columns.get(n, _ID) for n in names))
    user = column(_ID).cast("string") if text_ids else column(_ID)
    casts = {n: "string" if kind in TEXTS else "double" for n, kind in kinds.items()}
    attributes = [column(c).cast(casts[n]).alias(c) for n, c in columns.items()]
    return plain.select(user.alias(_ID), *attributes), columns
