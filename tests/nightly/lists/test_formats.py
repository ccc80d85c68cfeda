"""Formats: the same rows back, whatever the ids, and the same bytes twice."""

from __future__ import annotations

import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.nightly import ODD, frame

from churnlab.nightly.lists.contract import NAMES, schema, table_of
from churnlab.nightly.lists.formats import FORMATS, schema_text

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)


def back(name: str, table: pa.Table) -> pa.Table:
    ids = str(table.schema.field("user_id").type)
    return FORMATS[name].decode(FORMATS[name].encode(table, "en"), schema(ids))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("people", [0, 1, 40])
def test_the_same_rows_come_back(name: str, people: int) -> None:
    table = table_of(frame(people))
    assert back(name, table).equals(table)
    assert FORMATS[name].encode(table, "en") == FORMATS[name].encode(table_of(frame(people)), "en")


@pytest.mark.parametrize("name", FORMATS)
@given(
    ids=st.lists(TEXTS | st.sampled_from(ODD), min_size=1, max_size=5, unique=True), reason=TEXTS
)
def test_any_text_comes_back(name: str, ids: list[str], reason: str) -> None:
    table = table_of(frame(len(ids), user_id=ids, reason_1=reason))
    assert back(name, table).equals(table)


@pytest.mark.parametrize("name", FORMATS)
@given(ids=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=5, unique=True))
def test_whole_numbers_come_back(name: str, ids: list[int]) -> None:
    table = table_of(frame(len(ids), user_id=ids))
    assert back(name, table)["user_id"].to_pylist() == ids


def test_a_spreadsheet_runs_no_cell_of_the_csv() -> None:
    text = FORMATS["csv"].encode(table_of(frame(10)), "en").decode()
    assert '\n"\'=HYPERLINK(1)",' in text and '\n"\' +1",' in text and ",\"'@silent" in text


def test_parquet_keeps_ids_as_they_are_and_has_checksums() -> None:
    data = FORMATS["parquet"].encode(table_of(frame(10)), "en")
    assert pd.read_parquet(pa.BufferReader(data))["user_id"].tolist() == list(ODD)
    ids = pq.ParquetFile(pa.BufferReader(data)).metadata.row_group(0).column(0)
    start = ids.dictionary_page_offset or ids.data_page_offset
    place = start + ids.total_compressed_size - 1  # the last byte of the page
    broken = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
    with pytest.raises((OSError, pa.ArrowException)):
        FORMATS["parquet"].decode(broken, schema("string"))


def test_the_schema_beside_a_csv_is_json() -> None:
    assert [c["name"] for c in json.loads(schema_text())["columns"]] == list(NAMES)
