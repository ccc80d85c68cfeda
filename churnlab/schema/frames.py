"""The engine that a dataframe or an activity belongs to: the only place that knows of Spark.

Spark is optional and its room stands below those that call it. So it is never imported by name: a
function that works on this machine names its twin on Spark, and the twin is looked up here.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import pandas as pd
import pyarrow as pa

from churnlab.errors import ConfigError, FrameError

F = TypeVar("F", bound=Callable[..., Any])
ENGINES = ("local", "spark")
_SPARK = ("pyspark.", "churnlab.spark.")


def engine_of(thing: object) -> str:
    """The engine that a dataframe or an activity belongs to: "spark" or "local".

    >>> engine_of([1, 2])
    'local'
    """
    return "spark" if type(thing).__module__.startswith(_SPARK) else "local"


def on_engine(engine: str, local: Callable[..., Any], spark: str) -> Callable[..., Any]:
    """`local`, or on Spark the function that `spark` names as "room.module:function".

    >>> on_engine("local", len, "spark.log:length")([1, 2])
    2
    """
    if engine != "spark":
        return local
    module, _, function = spark.partition(":")
    return getattr(importlib.import_module(f"churnlab.{module}"), function)


def by_engine(spark: str) -> Callable[[F], F]:
    """A decorator: calls whose first argument belongs to Spark go to the function's twin there.

    `spark` names the twin as "room.module:function".
    """

    def decorate(local: F) -> F:
        """Send calls of a function to the engine of their first argument."""

        @wraps(local)
        def routed(thing: Any, *args: Any, **options: Any) -> Any:
            """Call the function of the engine that the first argument belongs to."""
            return on_engine(engine_of(thing), local, spark)(thing, *args, **options)

        return routed  # type: ignore[return-value]

    return decorate


def as_pandas(frame: Any) -> pd.DataFrame:
    """A dataframe of any library that speaks the Arrow C stream, as a pandas DataFrame.

    UUIDs become text. Raises FrameError for a column of text with bytes that are not UTF-8,
    ConfigError for what is no dataframe.

    >>> as_pandas(pa.table({"user_id": ["ann"]}))["user_id"].tolist()
    ['ann']
    """
    if isinstance(frame, pd.DataFrame):
        return frame
    try:
        table = pa.table(frame)
    except (TypeError, ValueError) as error:
        kind, wanted = type(frame).__name__, "a DataFrame, or a pyarrow Table"
        raise ConfigError.from_type("a frame", kind, wanted) from error
    for i, field in enumerate(table.schema):
        if isinstance(field.type, pa.UuidType):
            texts = [None if v is None else str(v) for v in table.column(i).to_pylist()]
            table = table.set_column(i, field.name, pa.array(texts, pa.string()))
        elif pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            _check_text(field.name, table.column(i))
    return table.to_pandas()


def _check_text(name: str, column: pa.ChunkedArray) -> None:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        raw = column.cast(pa.large_binary()).to_pylist()
        told = (v.decode(errors="backslashreplace") for v in raw if v is not None)
        odd = next(t for t, v in zip(told, filter(None, raw), strict=False) if t.encode() != v)
        raise FrameError.from_no_text("the frame", name, odd) from None
