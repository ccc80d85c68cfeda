"""A list as an Excel file, headed in a language: every text is text and nothing is a formula.

The same rows give the same bytes. The file is written by XlsxWriter, which
`pip install churnlab[excel]` installs, and read back here from its own XML.
"""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa

from churnlab.errors import ConfigError, SinkError
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import sentence

ROWS, LETTERS = 1_048_575, 32_767  # of a sheet below its head, of a cell
HEADINGS = {
    "user_id": sentence("user"),
    "risk": sentence("churn probability"),
    "tier": sentence("risk tier"),
    "stage": sentence("stage"),
    "when": sentence("likely gone by"),
    "ltv": sentence("expected value"),
    "value_at_risk": sentence("value at risk"),
    "profit": sentence("profit of a contact"),
    "reason_1": sentence("first reason"),
    "reason_2": sentence("second reason"),
    "reason_3": sentence("third reason"),
    "theme": sentence("theme of the first reason"),
    "treatment": sentence("suggested treatment"),
    "control": sentence("control group"),
    "as_of": sentence("day of the list"),
    "run_id": sentence("run"),
    "model_name": sentence("model"),
    "model_version": sentence("model version"),
    "approval": sentence("approval"),
    "approver": sentence("approved by"),
}
_MADE = datetime(2000, 1, 1)  # no file says when it was made
_AS_TEXT = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def library() -> Any:
    """The package xlsxwriter; ConfigError without it."""
    try:
        import xlsxwriter
    except ImportError:
        raise ConfigError.from_extra("a list in Excel", "XlsxWriter", "excel") from None
    return xlsxwriter


def encode(table: pa.Table, language: str = ENGLISH) -> bytes:
    """The rows on one sheet below a head that stays in sight; ids are text, empty cells are empty.

    The head is in words of the language. Raises SinkError for a list that no sheet can hold,
    ConfigError without the package or for a language without a catalogue.
    """
    _check(table)
    file = io.BytesIO()
    with library().Workbook(file, _AS_TEXT) as book:
        book.set_properties({"created": _MADE})
        sheet = book.add_worksheet("list")
        sheet.freeze_panes(1, 0)
        for at, name in enumerate(table.column_names):
            sheet.write_string(0, at, HEADINGS[name].text(language))
            write = (
                sheet.write_number if _is_number(table.schema.field(name)) else sheet.write_string
            )
            for row, value in enumerate(table[name].to_pylist(), start=1):
                if value is not None and value != "":
                    write(row, at, value if isinstance(value, float) else str(value))
    return file.getvalue()


def _is_number(field: pa.Field) -> bool:
    return pa.types.is_floating(field.type)


def _check(table: pa.Table) -> None:
    if len(table) > ROWS:
        raise SinkError.from_too_big("an Excel sheet", f"{ROWS:,} rows", f"{len(table):,}")
    for column in table.columns:
        longest = max((len(str(v)) for v in column.to_pylist()), default=0)
        if longest > LETTERS:
            raise SinkError.from_too_big("an Excel cell", f"{LETTERS:,} letters", f"{longest:,}")


def decode(data: bytes, schema: pa.Schema) -> pa.Table:
    """The rows of a file that `encode` wrote."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        shared = _shared(parts)
        sheet = _parsed(parts, "xl/worksheets/sheet1.xml")
    rows = [_cells(row, shared) for row in sheet.iter(f"{_NS}row")][1:]
    columns = []
    for at, field in enumerate(schema):
        given = [row.get(at, "") for row in rows]
        if _is_number(field):
            columns.append(pa.array([float(v) if v else None for v in given], field.type))
        else:
            columns.append(pa.array(given, pa.string()).cast(field.type))
    return pa.Table.from_arrays(columns, schema=schema)


def _parsed(parts: zipfile.ZipFile, name: str) -> ElementTree.Element:
    """A part of a file whose sha256 the manifest has."""
    return ElementTree.fromstring(parts.read(name))  # noqa: S314


def _shared(parts: zipfile.ZipFile) -> list[str]:
    """The texts of a file, which its cells name by number."""
    if "xl/sharedStrings.xml" not in parts.namelist():
        return []
    found = _parsed(parts, "xl/sharedStrings.xml")
    texts = ["".join(t.text or "" for t in each.iter(f"{_NS}t")) for each in found]
    return [_ESCAPED.sub(lambda hit: chr(int(hit[1], 16)), text) for text in texts]


def _cells(row: ElementTree.Element, shared: list[str]) -> dict[int, str]:
    found = {}
    for cell in row:
        value = cell.find(f"{_NS}v")
        if value is not None and value.text is not None:
            text = shared[int(value.text)] if cell.get("t") == "s" else value.text
            found[_column(cell.get("r", ""))] = text
    return found


def _column(name: str) -> int:
    """The number of a column from 0 in the name of a cell.

    >>> _column("A1"), _column("AB7")
    (0, 27)
    """
    number = 0
    for letter in name.rstrip("0123456789"):
        number = number * 26 + ord(letter) - 64
    return number - 1
