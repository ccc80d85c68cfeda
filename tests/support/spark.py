"""Spark in tests: the session, frames on it, and the comparison with one machine to the bit."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import churnlab as cl

pytest.importorskip("pyspark", reason="pyspark is not installed (pip install churnlab[spark])")

MARKS = [
    pytest.mark.skipif(
        shutil.which("java") is None and "JAVA_HOME" not in os.environ,
        reason="no Java on this machine",
    ),
    pytest.mark.xdist_group("spark"),
    # November 2026: pyspark 4.3 does not know pandas 3 yet; these calls of it touch no pandas.
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
]

TWELVE = [date(2026, 2, d) for d in range(10, 22)]

TARGETS = [cl.Churn(horizon=30), cl.LifetimeValue(horizon=20)]


@contextmanager
def running_session(folder: Path) -> Iterator[Any]:
    """A Spark session of two threads on this machine, with its files in a folder."""
    from pyspark.sql import SparkSession

    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.log.level": "OFF",
        "spark.sql.warehouse.dir": str(folder),
        "spark.local.dir": str(folder),
        "spark.sql.shuffle.partitions": "3",
        "spark.sql.session.timeZone": "America/New_York",
        "spark.driver.extraJavaOptions": f"-Dderby.system.home={folder}",
    }
    before = os.environ.get("PYSPARK_PYTHON")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    with warnings.catch_warnings():  # as above
        warnings.filterwarnings(
            "ignore", "PySpark does not yet fully support pandas", FutureWarning
        )
        builder = SparkSession.builder.master("local[2]").appName("churnlab tests")
        for name, value in settings.items():
            builder = builder.config(name, value)
        made = builder.getOrCreate()
    yield made
    made.stop()
    os.environ.pop("PYSPARK_PYTHON")
    if before is not None:
        os.environ["PYSPARK_PYTHON"] = before


def options(community: cl.datasets.Community) -> dict[str, Any]:
    """The arguments of `EventLog.from_frame` for a community."""
    return {
        "user": "user_id",
        "time": "ts",
        "event": "event",
        "amount": "amount",
        "roles": community.roles,
        "timezone": community.timezone,
    }


def on_spark(session: Any, frame: pd.DataFrame | pa.Table, folder: Path) -> Any:
    """A frame as Spark reads it from a file, so that times without a zone have none there either."""
    table = (
        pa.Table.from_pandas(frame, preserve_index=False)
        if isinstance(frame, pd.DataFrame)
        else frame
    )
    pq.write_table(table, folder / f"{len(list(folder.iterdir()))}.parquet")
    return session.read.parquet(f"file://{folder}/{len(list(folder.iterdir())) - 1}.parquet")


def pulled(frame: Any, keys: tuple[str, ...] = ("user_id", "snapshot")) -> pd.DataFrame:
    """The rows of a Spark DataFrame, sorted by its keys."""
    return frame.toArrow().to_pandas().sort_values(list(keys)).reset_index(drop=True)


def check_same(
    got: Any, want: pd.DataFrame, keys: tuple[str, ...] = ("user_id", "snapshot")
) -> None:
    """Equal names, order of columns, rows, and every float to its last bit."""
    got, want = pulled(got, keys), want.sort_values(list(keys)).reset_index(drop=True)
    assert list(got.columns) == list(want.columns)
    assert len(got) == len(want)
    for name in want:
        if want[name].dtype == np.float64:
            assert np.array_equal(
                got[name].to_numpy().view(np.int64), want[name].to_numpy().view(np.int64)
            ), name
        else:
            plain = [
                f[name].astype(object).where(f[name].notna(), None).tolist() for f in (got, want)
            ]
            assert plain[0] == plain[1], name


def flat(data: cl.Dataset) -> pd.DataFrame:
    """Keys, labels and features of a dataset side by side."""
    return pd.concat([data.labels, data.X], axis=1).reset_index()


FIRST = 1_772_323_200_000_000  # microseconds of 2026-03-01 in UTC


def small(session: Any, folder: Path, **columns: Any) -> Any:
    """Three events of three people on Spark, with some columns replaced."""
    table = {
        "u": ["a", "b", "c"],
        "t": pa.array([FIRST, FIRST + 1, FIRST + 2], pa.timestamp("us", tz="UTC")),
        "e": ["open", "open", "purchase"],
        "a": [1.0, 2.0, 3.0],
    }
    return on_spark(session, pa.table(table | columns), folder)
