"""Every notebook runs from top to bottom, and every code cell is committed with its output."""

from __future__ import annotations

from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_it_runs_and_its_outputs_are_there(path: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    book = nbformat.read(path, 4)
    assert all(cell["outputs"] for cell in book.cells if cell["cell_type"] == "code")
    nbclient.NotebookClient(book, timeout=300, kernel_name="python3").execute()
