"""Shadow scores: what a challenger said of everybody, kept beside the lists and never among them.

| file | what it is |
|---|---|
| `shadow/version=3/as_of=2026-03-04/manifest.json` | which scores, of which run |
| `shadow/version=3/as_of=2026-03-04/scores-<digest>.parquet` | user_id and risk |

No reader of `list/` sees them. The same scores give the same bytes, a file that was changed is
refused, and what a killed run has left is removed by the next one.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from churnlab.errors import ListError
from churnlab.nightly.lists.manifest import MANIFEST, ListFile, sealed, unsealed
from churnlab.nightly.lists.shelf import Shelf, shelf_below

SHADOW = "shadow"
_VERSION = re.compile(r"version=(\d+)")
_SCORES = re.compile(r"scores-[0-9a-f]{12}\.parquet")


@dataclass(frozen=True, eq=False)
class ShadowScores:
    """The risks that a version gave to everybody on the morning of a day.

    `frame` has user_id and risk, by rising id; `version` is the number of the version.
    """

    frame: pd.DataFrame
    as_of: str
    version: int
    run_id: str

    def write(self, folder: str | Path) -> str:
        """Keep the scores below `shadow/` in a folder of lists, and return the manifest's name.

        Raises OutputError where the disk refuses; then older scores of the day are as they were.
        """
        shelf = shelf_below(folder, SHADOW)
        place = f"version={self.version}/as_of={self.as_of}"
        data = _parquet(self.frame)
        digest = hashlib.sha256(data).hexdigest()
        path = f"{place}/scores-{digest[:12]}.parquet"
        file = ListFile(path, digest, len(data), len(self.frame))
        about = {"as_of": self.as_of, "version": self.version, "run_id": self.run_id}
        shelf.put(path, data)
        shelf.put(f"{place}/{MANIFEST}", sealed(about | {"file": asdict(file)}).encode())
        old = [n for n in shelf.names(place) if _SCORES.fullmatch(n) and n not in path]
        shelf.tidy(place, old)
        return shelf.name(f"{place}/{MANIFEST}")


def _parquet(frame: pd.DataFrame) -> bytes:
    table = pa.Table.from_pandas(frame[["user_id", "risk"]], preserve_index=False)
    file = io.BytesIO()
    plain = table.replace_schema_metadata(None)
    pq.write_table(plain, file, compression="zstd", write_page_checksum=True)
    return file.getvalue()


def shadow_scores(folder: str | Path, as_of: str) -> list[ShadowScores]:
    """The scores of all versions that are kept for a day, by rising number.

    Raises ListError for a file that is missing or was changed.

    >>> shadow_scores("nowhere", "2026-03-04")
    []
    """
    shelf = shelf_below(folder, SHADOW)
    found = (_VERSION.fullmatch(name) for name in shelf.names(""))
    numbers = sorted(int(each[1]) for each in found if each)
    places = [f"version={number}/as_of={as_of}" for number in numbers]
    return [_read(shelf, place) for place in places if MANIFEST in shelf.names(place)]


def _read(shelf: Shelf, place: str) -> ShadowScores:
    where = shelf.name(f"{place}/{MANIFEST}")
    about = unsealed(_bytes(shelf, f"{place}/{MANIFEST}"), where)
    file = ListFile(**about["file"])
    data = _bytes(shelf, file.path)
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise ListError.from_damaged(shelf.name(file.path), "its sha256 differs")
    frame = pq.read_table(pa.BufferReader(data)).to_pandas()
    return ShadowScores(frame, about["as_of"], about["version"], about["run_id"])


def _bytes(shelf: Shelf, path: str) -> bytes:
    try:
        return shelf.get(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ListError.from_damaged(shelf.name(path), reason) from error


def beside(folder: str | Path, as_of: str, users: pd.Series) -> Iterator[tuple[str, Any]]:
    """Each challenger, as "version 3", with its risks of `users`, float64[n]; NaN if unknown."""
    for each in shadow_scores(folder, as_of):
        risk = each.frame.set_index("user_id")["risk"].reindex(pd.Index(users))
        yield f"version {each.version}", risk.to_numpy(np.float64)
