"""A run as a folder: all that is to be logged, written before the store of runs is touched.

| there | holds |
|---|---|
| run.json | parameters, metrics, trials, the dataset's name and digest |
| files/ | the texts of the run: facts, catalogue, cards |
| models/<name>/ | a model in MLflow's form |

Where logging fails this folder is kept, so that nothing that was trained is lost.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pandas as pd

from churnlab.errors import ModelError
from churnlab.errors.secrets import without_secrets

RECORD = "run.json"
FILES = "files"
MODELS = "models"
_LONGEST = 500
_LONGEST_NAME = 200
_LONGEST_DIGEST = 32
_UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")


def plain(text: str) -> str:
    """The text with control characters and lone surrogates escaped: every store takes the rest.

    >>> plain("a shop" + chr(10) + chr(0xD800))
    'a shop\\\\n\\\\ud800'
    """
    return "".join(
        c.encode("unicode_escape").decode() if unicodedata.category(c) in _UNPRINTABLE else c
        for c in text
    )


def short(value: object) -> str:
    """A parameter as text that every store takes, without secrets."""
    return plain(without_secrets(str(value)))[:_LONGEST]


@dataclass(frozen=True)
class Trial:
    """One setting that tuning tried: its number, its settings, its loss, the seconds it took."""

    number: int
    params: Mapping[str, str]
    metrics: Mapping[str, float]

    @classmethod
    def all_of(cls, trials: pd.DataFrame) -> list[Self]:
        """The rows of a table of trials.

        >>> Trial.all_of(pd.DataFrame({"trial": [0], "loss": [0.4], "seconds": [2.0], "leaves": 7}))
        [Trial(number=0, params={'leaves': '7'}, metrics={'loss': 0.4, 'seconds': 2.0})]
        """
        return [cls._of(row) for row in trials.to_dict("records")]

    @classmethod
    def _of(cls, row: dict[Any, Any]) -> Self:
        number = int(row.pop("trial"))
        metrics = {name: float(row.pop(name)) for name in ("loss", "seconds")}
        return cls(number, {str(name): short(value) for name, value in row.items()}, metrics)


@dataclass(frozen=True)
class RunRecord:
    """What a run says besides its files: `dataset` is the name and digest of what it learnt from.

    `trials` are by the name of what was tuned.
    """

    params: Mapping[str, str]
    metrics: Mapping[str, float]
    dataset: tuple[str, str]
    trials: Mapping[str, list[Trial]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        params: Mapping[str, Any],
        metrics: Mapping[str, float],
        dataset: tuple[str, str],
        trials: Mapping[str, pd.DataFrame],
    ) -> Self:
        """The record of any values, as text and numbers that every store takes.

        >>> RunRecord.of({"seed": 0}, {}, ("", "d" * 64), {}).dataset
        ('log', 'dddddddddddddddddddddddddddddddd')
        """
        name, digest = dataset
        return cls(
            {key: short(value) for key, value in params.items()},
            {key: float(value) for key, value in metrics.items()},
            (plain(name)[:_LONGEST_NAME] or "log", digest[:_LONGEST_DIGEST]),
            {key: Trial.all_of(rows) for key, rows in trials.items()},
        )

    def write(self, folder: Path, texts: Mapping[str, str]) -> None:
        """Write this record and the texts of the run, by file name, into a folder."""
        for name, text in texts.items():
            path = folder / FILES / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8", "backslashreplace"))
        about = {**vars(self), "trials": {k: list(map(vars, v)) for k, v in self.trials.items()}}
        (folder / RECORD).write_text(json.dumps(about, indent=1), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The record in a folder; ModelError where there is none.

        >>> import tempfile
        >>> record = RunRecord({"seed": "0"}, {"auc": 0.7}, ("events.parquet", "d"))
        >>> with tempfile.TemporaryDirectory() as place:
        ...     record.write(Path(place), {"card.md": "# Card"})
        ...     RunRecord.read(Path(place)) == record
        True
        """
        try:
            about = json.loads((folder / RECORD).read_text(encoding="utf-8"))
            trials = {k: [Trial(**trial) for trial in v] for k, v in about["trials"].items()}
            name, digest = about["dataset"]
            return cls(about["params"], about["metrics"], (name, digest), trials)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise ModelError.from_unreadable(str(folder / RECORD), reason) from error


def keep(folder: Path, place: Path | None) -> Path:
    """Move a run's folder below `place`; it stays where it is if that is None or not writable."""
    if place is None:
        return folder
    try:
        place.mkdir(parents=True, exist_ok=True)
        kept = Path(tempfile.mkdtemp(prefix="run-not-logged-", dir=place))
        shutil.copytree(folder, kept, dirs_exist_ok=True)
    except OSError:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    return kept
