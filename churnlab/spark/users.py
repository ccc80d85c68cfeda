"""Static attributes of people on Spark."""

from __future__ import annotations

import pandas as pd

from churnlab.errors import FrameError
from churnlab.events import users
from churnlab.spark.activity import SparkActivity
from churnlab.spark.session import NUMBERS, TIMES, DataFrame, column, kind_of
from churnlab.spark.session import read as read_frame


def read(activity: SparkActivity, path: str, user: str) -> DataFrame | pd.DataFrame:
    """Static attributes in files whose id column is `user`: a Spark DataFrame of Parquet files.

    Files of another kind are read on this machine, into a pandas DataFrame.
    """
    if ".parquet" in path:
        return read_frame(path).withColumnRenamed(user, "user_id")
    return users.read(path, user, activity.text_ids)


def typed(frame: DataFrame, text_ids: bool) -> DataFrame:
    """Static attributes with numbers as doubles and everything else as text.

    Raises FrameError for a date, and when user_id is missing.
    """
    if "user_id" not in frame.columns:
        raise FrameError.from_missing_columns("the users frame", ["user_id"], frame.columns)
    attributes = []
    for name in frame.columns:
        kind = kind_of(frame, name)
        if name == "user_id":
            continue
        if kind in TIMES:
            raise FrameError.from_date_attribute(name)
        attributes.append(column(name).cast("double" if kind in NUMBERS else "string").alias(name))
    user = column("user_id").cast("string") if text_ids else column("user_id")
    return frame.select(user.alias("user_id"), *attributes)
