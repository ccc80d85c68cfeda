"""Every notebook runs from top to bottom, and is committed with its outputs."""

from __future__ import annotations

from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_it_runs_and_its_outputs_are_there(path: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    book = nbformat.read(path, 4)
    assert all(
        c["outputs"]
        for c in book.cells
        if c["cell_type"] == "code"
        and not c["source"].startswith("from IPython.display import Image\n\nx")
    )
    nbclient.NotebookClient(book, timeout=300, kernel_name="python3").execute()
