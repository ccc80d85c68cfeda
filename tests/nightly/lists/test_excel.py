"""Excel: read by another program every cell is the text or number that it was, and no formula."""

from __future__ import annotations

import io
import sys
import zipfile

import openpyxl
import pytest
from support.nightly import ODD, frame

from churnlab.errors import ConfigError, SinkError
from churnlab.nightly.lists import excel
from churnlab.nightly.lists.contract import NAMES, table_of


def as_text(value: object) -> object:
    """A cell's value; openpyxl leaves the end of a line as Excel's files have it."""
    return value.replace("_x000D_", "\r") if isinstance(value, str) else value


def test_another_program_reads_the_same_rows_and_no_formula() -> None:
    table = table_of(frame(20))
    sheet = openpyxl.load_workbook(io.BytesIO(excel.encode(table))).active
    head, *rows = sheet.iter_rows()
    assert list(excel.HEADINGS) == list(NAMES)
    assert [cell.value for cell in head] == [h.text() for h in excel.HEADINGS.values()]
    for row, want in zip(rows, table.to_pylist(), strict=True):
        found = [as_text(cell.value) for cell in row]
        assert found == [None if v == "" else v for v in want.values()]
    kinds = {(cell.column - 1, cell.data_type) for row in rows for cell in row if cell.value}
    assert {kind for _, kind in kinds} == {"s", "n"} and (0, "s") in kinds and (0, "n") not in kinds
    assert (
        "<f>"
        not in zipfile.ZipFile(io.BytesIO(excel.encode(table)))
        .read("xl/worksheets/sheet1.xml")
        .decode()
    )
    assert [as_text(row[0].value) for row in rows][: len(ODD)] == list(ODD)


def test_the_head_is_in_the_language_and_the_rows_come_back() -> None:
    table = table_of(frame(3))
    data = excel.encode(table, "zh")
    head = next(openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows())
    assert [cell.value for cell in head][:3] == ["用户", "流失概率", "风险等级"]
    assert excel.decode(data, table.schema).equals(table)


def test_whole_numbers_are_text_so_that_no_digit_is_lost() -> None:
    table = table_of(frame(1, user_id=[2**62 + 1]))
    sheet = openpyxl.load_workbook(io.BytesIO(excel.encode(table))).active
    assert sheet["A2"].value == str(2**62 + 1)


def test_what_no_sheet_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SinkError, match="cell holds 32,767 letters and the list has 40,000"):
        excel.encode(table_of(frame(2, reason_1="x" * 40_000)))
    monkeypatch.setattr(excel, "ROWS", 3)
    with pytest.raises(SinkError, match="sheet holds 3 rows and the list has 4") as refused:
        excel.encode(table_of(frame(4)))
    assert refused.value.exit_code == 7


def test_without_the_package_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(ConfigError, match=r"pip install churnlab\[excel\]"):
        excel.library()
