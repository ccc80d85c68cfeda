"""Execute notebooks in place and stamp them: `python notebooks/execute.py [notebook.ipynb …]`.

The stamp is a digest of what features and reasons are called and say today, in the notebook's
metadata. A test compares it, so that outputs older than the code are found.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from churnlab import FeatureSet, Snapshots, build_dataset, datasets
from churnlab.features.facts import reasons_of
from churnlab.schema.roles import Roles

FOLDER = Path(__file__).resolve().parent
KEY = "churnlab_catalogue"
SHARED = "../../shared/tasks"
TIMEOUT_SECONDS = 900


def catalogue_digest() -> str:
    """sha256 of the catalogue of the default features, and of the reasons that tell them."""
    activity = datasets.make_community(users=30, days=60).log().daily()
    snapshots = Snapshots.at(activity, ["2026-02-15"])
    catalogue = build_dataset(activity, snapshots).catalogue
    digest = hashlib.sha256(catalogue.to_csv(index=False).encode())
    roles = frozenset(Roles.declared(None, (), ()).names) | {"money"}
    for reason in reasons_of(FeatureSet.default().builders, roles):
        digest.update(f"{reason.name}|{reason.topic}|{reason.says}".encode())
    return digest.hexdigest()


def reads_shared(book: nbformat.NotebookNode) -> bool:
    """Whether a notebook reads data that lie outside the project, beside its folder."""
    return any(SHARED in cell.source for cell in book.cells)


def lacks_data(path: Path) -> bool:
    """Whether a notebook reads data that are not there."""
    return reads_shared(nbformat.read(path, 4)) and not (FOLDER / SHARED).exists()


def client(book: nbformat.NotebookNode, timeout: int) -> NotebookClient:
    """What runs a notebook; one that reads shared data runs in its own folder."""
    where = {"resources": {"metadata": {"path": str(FOLDER)}}} if reads_shared(book) else {}
    return NotebookClient(book, timeout=timeout, kernel_name="python3", **where)


def execute(path: Path) -> None:
    """Run a notebook from top to bottom, and keep its outputs and the stamp of today."""
    book = nbformat.read(path, 4)
    client(book, TIMEOUT_SECONDS).execute()
    for cell in book.cells:
        cell.metadata.pop("execution", None)
    book.metadata[KEY] = catalogue_digest()
    nbformat.write(book, path)


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted(map(str, FOLDER.glob("*.ipynb"))):
        if lacks_data(Path(name)):
            print(f"{name} stays as it is: {SHARED} is not there", file=sys.stderr)
        else:
            execute(Path(name))
