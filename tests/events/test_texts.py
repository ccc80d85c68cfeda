"""Text of every type of Arrow."""

from __future__ import annotations

import pyarrow as pa
import pytest
from support.logs import (
    COLUMNS,
    SOUND,
    as_dictionary,
    outcome,
    put,
)

import churnlab as cl
from churnlab.errors import LogError

WANT = outcome(cl.EventLog.from_frame(SOUND, **COLUMNS))


@pytest.mark.parametrize("value", [pa.string(), pa.large_string(), pa.string_view()])
@pytest.mark.parametrize(
    "index", [None, pa.int16(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64(), pa.uint64()]
)
@pytest.mark.parametrize("column", ["u", "e", "p"])
def test_text_of_every_type(column: str, index: pa.DataType | None, value: pa.DataType) -> None:
    if column == "p":
        text = SOUND["p"].combine_chunks()
        encoded = text.dictionary_encode()
        values = (
            pa.DictionaryArray.from_arrays(
                encoded.indices.cast(index or pa.int32()), encoded.dictionary.cast(value)
            )
            if index
            else text.cast(value)
        )
    else:
        values = (
            as_dictionary(SOUND[column], index, value, ("unused", "like", "x" * 50))
            if index
            else SOUND[column].cast(value)
        )
    assert outcome(cl.EventLog.from_frame(put(SOUND, column, values), **COLUMNS)) == WANT


def test_dictionaries_with_unused_repeated_and_null_entries() -> None:
    for column in ("u", "e"):
        values = as_dictionary(SOUND[column], more=(None, "", "onboarding", "never", None, "null"))
        assert outcome(cl.EventLog.from_frame(put(SOUND, column, values), **COLUMNS)) == WANT
    names = cl.EventLog.from_frame(
        put(SOUND, "e", as_dictionary(SOUND["e"], more=("onboarding",))), **COLUMNS
    )
    assert "onboarding" not in names.names and "n_onboarding" not in names.daily().columns
    with pytest.raises(LogError, match="role 'social' names 'like', and the log has no such event"):
        cl.EventLog.from_frame(
            put(SOUND, "e", as_dictionary(SOUND["e"], more=("like",))),
            **COLUMNS,
            roles={"social": ["like"]},
        )
