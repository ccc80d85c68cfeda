"""What is printed: JSON of any result, lines, tables as wide as a pipe or a terminal."""

from __future__ import annotations

import json
from datetime import date

import pytest
from rich.table import Table

from churnlab.cli.showing import PIPE_WIDTH, print_all, print_json, show


def test_a_result_is_json_or_a_line_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    show({"run_id": "r", "day": date(2026, 3, 1)}, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"run_id": "r", "day": "2026-03-01"}
    show({"run_id": "r"}, as_json=False)
    assert capsys.readouterr().out == "run id  r\n"
    print_json([1])
    assert json.loads(capsys.readouterr().out) == [1]


def test_tables_are_as_wide_as_a_pipe_allows(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("渠道")
    table.add_row("x" * 150)
    print_all(["text", table])
    out = capsys.readouterr().out
    assert out.startswith("text\n") and "渠道" in out and "x" * 150 in out
    assert max(map(len, out.splitlines())) <= PIPE_WIDTH
