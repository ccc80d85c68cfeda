"""Every notebook runs from top to bottom; its committed outputs are there, and are today's."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
nbformat = pytest.importorskip("nbformat")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """notebooks/execute.py."""
    pytest.importorskip("nbclient")
    spec = spec_from_file_location("execute_notebooks", FOLDER / "execute.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_it_runs_and_its_outputs_are_there(path: Path, script: ModuleType) -> None:
    book = nbformat.read(path, 4)
    assert all(cell["outputs"] for cell in book.cells if cell["cell_type"] == "code")
    if script.lacks_data(path):
        pytest.skip(f"{path.stem}: {script.SHARED} is not there")
    script.client(book, timeout=300).execute()


def test_a_notebook_on_real_people_shows_nobody(script: ModuleType) -> None:
    """Its outputs hold figures of groups: no row of the file, no id of a person."""
    real = [path for path in NOTEBOOKS if script.reads_shared(nbformat.read(path, 4))]
    assert {"06_winback", "07_retention_and_value", "08_experiments_on_retention"} <= {
        path.stem for path in real
    }
    for path in real:
        outputs = str([cell.get("outputs") for cell in nbformat.read(path, 4).cells])
        assert "user_id" not in outputs and "userid" not in outputs


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_its_outputs_are_of_the_features_and_reasons_of_today(
    path: Path, script: ModuleType
) -> None:
    stamp = nbformat.read(path, 4).metadata.get(script.KEY)
    assert stamp == script.catalogue_digest(), "older than the code: run `make notebooks`"


def test_a_stamp_is_written_when_a_notebook_is_executed(tmp_path: Path, script: ModuleType) -> None:
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    nbformat.write(book, tmp_path / "a.ipynb")
    script.execute(tmp_path / "a.ipynb")
    done = nbformat.read(tmp_path / "a.ipynb", 4)
    assert done.metadata[script.KEY] == script.catalogue_digest()
    assert done.cells[0]["outputs"][0]["data"]["text/plain"] == "2"


def test_the_digest_knows_a_changed_sentence(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = script.catalogue_digest()
    monkeypatch.setattr(script, "reasons_of", lambda builders, roles: ())
    assert script.catalogue_digest() != before
