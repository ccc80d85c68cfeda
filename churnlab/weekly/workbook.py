"""The tables of a report as an Excel file: a sheet for each, headed in a language, no formulas."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import in_language, sentence
from churnlab.nightly.lists.excel import library
from churnlab.weekly.record import WeeklyReport
from churnlab.weekly.tables import tables

_MADE = datetime(2000, 1, 1)  # no file says when it was made
_AS_TEXT = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": False,
}
_LONGEST = 31  # letters of the name of a sheet
_REFUSED = re.compile(r"[\[\]:*?/\\']")
FIGURES = sentence("Figures")


def workbook(report: WeeklyReport, language: str = ENGLISH) -> bytes:
    """The bytes of the file; the same report gives the same bytes.

    The first sheet has the figures as numbers; the others have the tables of the page as they are
    read there. Raises ConfigError without XlsxWriter, or for a language without a catalogue.
    """
    file = io.BytesIO()
    with library().Workbook(file, _AS_TEXT) as book:
        book.set_properties({"created": _MADE})
        bold = book.add_format({"bold": True})
        names: set[str] = set()
        for title, head, rows in _sheets(report, language):
            sheet = book.add_worksheet(_name(title, names))
            sheet.freeze_panes(1, 1)
            sheet.set_column(0, 0, 44)
            sheet.set_column(1, len(head), 16)
            for column, words in enumerate(head):
                sheet.write_string(0, column, words, bold)
            for line, row in enumerate(rows, start=1):
                for column, value in enumerate(row):
                    _write(sheet, line, column, value)
    return file.getvalue()


def _sheets(
    report: WeeklyReport, language: str
) -> Iterator[tuple[str, list[str], list[list[Any]]]]:
    head = [
        sentence("measure"),
        sentence("this week"),
        sentence("last week"),
        sentence("p against last week, corrected"),
        sentence("a year before"),
        sentence("p against a year before, corrected"),
    ]
    rows = [
        [in_language(f.label, language), f.now, f.last, f.last_p, f.year, f.year_p]
        for f in report.figures
    ]
    yield in_language(FIGURES, language), [in_language(w, language) for w in head], rows
    for titled in tables(report):
        frame = titled.table.frame(language)
        title = in_language(titled.title, language)
        yield title, list(map(str, frame.columns)), frame.to_numpy().tolist()


def _name(title: str, names: set[str]) -> str:
    """A name that Excel takes and no other sheet has."""
    plain = _REFUSED.sub(" ", title).strip()[:_LONGEST] or "sheet"
    found, number = plain, 2
    while found.lower() in names:
        tail = f" {number}"
        found, number = plain[: _LONGEST - len(tail)] + tail, number + 1
    names.add(found.lower())
    return found


def _write(sheet: Any, line: int, column: int, value: Any) -> None:
    if isinstance(value, float | int | np.number):
        if not pd.isna(value):
            sheet.write_number(line, column, float(value))
    elif value not in (None, ""):
        sheet.write_string(line, column, str(value))
