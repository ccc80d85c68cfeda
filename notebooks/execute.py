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


def execute(path: Path) -> None:
    """Run a notebook from top to bottom, and keep its outputs and the stamp of today."""
    book = nbformat.read(path, 4)
    NotebookClient(book, timeout=TIMEOUT_SECONDS, kernel_name="python3").execute()
    for cell in book.cells:
        cell.metadata.pop("execution", None)
    book.metadata[KEY] = catalogue_digest()
    nbformat.write(book, path)


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted(map(str, FOLDER.glob("*.ipynb"))):
        execute(Path(name))
