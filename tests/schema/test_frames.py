"""The engine of a thing, and calls that go to the function's twin on Spark."""

from __future__ import annotations

import uuid

import pandas as pd
import pyarrow as pa
import pytest

from churnlab.errors import ConfigError, FrameError
from churnlab.schema.frames import as_pandas, by_engine, engine_of, on_engine


class OfSpark:
    """A stand-in for a dataframe of Spark."""


OfSpark.__module__ = "pyspark.sql.dataframe"


def test_the_module_of_a_type_decides() -> None:
    assert engine_of(OfSpark()) == "spark"
    assert engine_of(pd.DataFrame()) == engine_of(None) == "local"


def test_the_twin_is_found_by_its_name() -> None:
    assert on_engine("local", len, "no.such:thing") is len
    assert on_engine("spark", len, "schema.days:day_text")(20_000) == "2024-10-04"
    with pytest.raises(AttributeError):
        on_engine("spark", len, "schema.days:no_such_function")


def test_a_call_goes_where_its_first_argument_belongs() -> None:
    @by_engine("schema.frames:engine_of")
    def named(thing: object) -> str:
        """The docstring stays."""
        return "here"

    assert named([1]) == "here" and named(OfSpark()) == "spark"
    assert named.__doc__ == "The docstring stays."


def test_frames_of_other_libraries_become_pandas_and_pandas_stays_itself() -> None:
    frame = pd.DataFrame({"user_id": ["ann", "bob"], "age": [40.0, 50.0]})
    assert as_pandas(frame) is frame
    pd.testing.assert_frame_equal(as_pandas(pa.Table.from_pandas(frame)), frame)


def test_uuids_become_text_and_bytes_that_are_no_text_are_refused() -> None:
    person = uuid.UUID(int=5)
    table = pa.table({"user_id": pa.array([person.bytes, None], pa.uuid())})
    assert as_pandas(table)["user_id"].dropna().tolist() == [str(person)]
    raw = pa.array([b"ann", b"a\xff"], pa.large_binary())
    texts = pa.LargeStringArray.from_buffers(2, *raw.buffers()[1:])
    with pytest.raises(
        FrameError, match=r"column 'c' of the frame holds what is no text"
    ) as caught:
        as_pandas(pa.table({"c": texts}))
    assert r"'a\xff'" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("thing", [None, [1, 2], pd.Series([1, 2], name="user_id"), "frame"])
def test_what_is_no_frame_is_refused_in_one_line(thing: object) -> None:
    with pytest.raises(ConfigError, match="a frame is '.*'; give a DataFrame"):
        as_pandas(thing)
