"""The tables of a report as Excel."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

from churnlab.weekly.record import WeeklyReport
from churnlab.weekly.workbook import workbook

WEEK = "2026-W17"


def test_the_tables_come_as_excel_without_formulas(report: WeeklyReport, tmp_path: Path) -> None:
    data = workbook(report)
    assert data == workbook(report)
    file = tmp_path / "report.xlsx"
    file.write_bytes(data)
    with ZipFile(file) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        assert len(sheets) > 5
        assert not any(b"<f>" in parts.read(name) for name in sheets)
    assert workbook(report, "zh") != data
