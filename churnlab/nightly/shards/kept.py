"""What is kept of a scored shard until all are merged: one file, whole or not there.

The file is a ZIP archive and the sha256 of it as 64 letters at the end. It holds `facts.json`, the
rows of everybody in the shard, and what was seen of the log, for the guards of the whole list.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from churnlab.config.tables import Config
from churnlab.errors import ConfigError, ShardError
from churnlab.features.known_attributes import Misfit
from churnlab.language.sentence import Sentence, Words
from churnlab.nightly.guards.evidence import Evidence
from churnlab.nightly.guards.intake import CountedByDay
from churnlab.nightly.guards.witness import Witness
from churnlab.nightly.lists.shelf import LocalShelf
from churnlab.nightly.risk_list import RiskList
from churnlab.nightly.score import score
from churnlab.nightly.shards.name import SHARDS, Shard
from churnlab.nightly.shards.parts import has_own_log
from churnlab.schema.days import Day, day_text
from churnlab.schema.progress import Say, silent

FORMAT = 1
_FACTS, _ROWS, _SEEN = "facts.json", "rows.parquet", "seen"
_SHA = 64
_MOMENT = (1980, 1, 1, 0, 0, 0)  # nothing depends on a clock
# Keys that may differ from one machine to the next without another list.
_PLACES = ("log.path", "log.users", "store.folder", "output.folder", "tracking.store", "sinks")


@dataclass(frozen=True)
class ShardFacts:
    """What a shard says of itself.

    `config` is a digest of the configuration without its places; `own` says that the shard has a
    log of its own. `start` is the first day of the log, `described` and `by_day` are its counts.
    """

    format: int
    shard: str
    as_of: str
    run_id: str
    config: str
    own: bool
    people: int
    notes: tuple[Words, ...]
    model_age: int | None
    model: Mapping[str, str]
    start: int
    described: Mapping[str, Any]
    by_day: Mapping[str, Mapping[str, Any]] | None
    misfits: tuple[Misfit, ...]


@dataclass(frozen=True, eq=False)
class ShardPart:
    """A scored shard: its facts, the rows of everybody in it, and what a Witness saw, by field."""

    facts: ShardFacts
    rows: pd.DataFrame
    seen: Mapping[str, list[Any]]

    def write(self, folder: str | Path) -> str:
        """Write the shard below an output folder, in the place of what it had for the day.

        Returns the path. Raises OutputError where the disk refuses, ScoringError while the same
        shard is scored by another process.
        """
        shelf = _shelf(folder, Shard.of(self.facts.shard))
        with shelf.locked():
            shelf.put(_name(self.facts.as_of), self.to_bytes())
        return self.place(folder)

    def place(self, folder: str | Path) -> str:
        """The path of the file below an output folder."""
        return _shelf(folder, Shard.of(self.facts.shard)).name(_name(self.facts.as_of))

    def to_bytes(self) -> bytes:
        """The file."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            notes = [n if isinstance(n, str) else n.to_dict() for n in self.facts.notes]
            facts = asdict(replace(self.facts, notes=())) | {"notes": notes}
            _add(archive, _FACTS, json.dumps(facts, indent=1).encode())
            _add(archive, _ROWS, _parquet(self.rows))
            for name, values in self.seen.items():
                for place, value in enumerate(values):
                    kind, frame = _as_frame(value)
                    _add(archive, f"{_SEEN}/{name}/{place:06d}/{kind}", _parquet(frame))
        data = file.getvalue()
        return data + hashlib.sha256(data).hexdigest().encode()

    @classmethod
    def parse(cls, data: bytes, where: str) -> ShardPart:
        """The shard in a file; ShardError, which names it, where it is not what was written."""
        content, sha = data[:-_SHA], data[-_SHA:]
        if hashlib.sha256(content).hexdigest().encode() != sha:
            raise ShardError.from_damaged(where, "its sha256 differs")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            given = json.loads(archive.read(_FACTS))
            if given["format"] != FORMAT:
                raise ShardError.from_damaged(where, f"it has the format {given['format']}")
            misfits = tuple(
                Misfit(**each | {"examples": tuple(each["examples"])}) for each in given["misfits"]
            )
            notes = (n if isinstance(n, str) else Sentence.from_dict(n) for n in given["notes"])
            facts = ShardFacts(**given | {"misfits": misfits, "notes": tuple(notes)})
            seen: dict[str, list[Any]] = {}
            for name in sorted(archive.namelist()):
                if name.startswith(f"{_SEEN}/"):
                    _, field, _, kind = name.split("/")
                    seen.setdefault(field, []).append(_from_frame(kind, _frame(archive, name)))
            return cls(facts, _frame(archive, _ROWS), seen)


def score_shard(
    config: Config, as_of: Day, shard: Shard, run: str | None = None, say: Say = silent
) -> ShardPart:
    """Score the people of a shard, all of them: what a list cuts is cut when shards are merged.

    Raises as `score` does, but for a shard of nobody, and ConfigError for a log on Spark.
    """
    nobody_cut: dict[str, Any] = {"top": None, "budget": None, "stages": []}
    uncut = config.model_copy(update={"list": config.list.model_copy(update=nobody_cut)})
    found = score(uncut, as_of, run, say=say, shard=shard)
    if not isinstance(found, RiskList) or found.evidence is None:
        raise ConfigError.from_spark("Spark splits people itself", "leave --shard out")
    evidence = found.evidence
    return ShardPart(_facts(config, shard, found, evidence), found.frame, _lists(evidence.seen))


def _facts(config: Config, shard: Shard, found: RiskList, evidence: Evidence) -> ShardFacts:
    activity = evidence.activity
    by_day = None
    if isinstance(activity, CountedByDay):
        folder = activity.folder
        by_day = {day_text(day): dict(folder.counts(day)) for day in folder.days}
    return ShardFacts(
        format=FORMAT,
        shard=str(shard),
        as_of=found.as_of,
        run_id=found.run_id,
        config=config_digest(config),
        own=has_own_log(config),
        people=len(found.frame),
        notes=found.notes,
        model_age=found.model_age,
        model=dict(found.model),
        start=activity.start,
        described=activity.describe(),
        by_day=by_day,
        misfits=evidence.misfits,
    )


def config_digest(config: Config) -> str:
    """sha256 of what a configuration says, without the places of its files.

    >>> log = {"path": "a", "user": "who", "time": "at", "event": "what"}
    >>> one, other = (Config.of({"log": log | {"path": path}}, Path()) for path in "ab")
    >>> config_digest(one) == config_digest(other)
    True
    """
    told = config.to_dict()
    for key in _PLACES:
        table, _, name = key.rpartition(".")
        (told[table] if table else told).pop(name)
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def read_shards(folders: Sequence[str | Path], as_of: str) -> list[tuple[str, ShardPart]]:
    """The shards of a day below some output folders, with their paths, in their order.

    Raises ShardError for a file that is not what was written.
    """
    found = []
    for folder in folders:
        for path in sorted((Path(folder) / SHARDS).glob(f"*-of-*/{_name(as_of)}")):
            found.append((str(path), ShardPart.parse(path.read_bytes(), str(path))))
    return sorted(found, key=lambda each: Shard.of(each[1].facts.shard))


def sweep_shards(folders: Sequence[str | Path], as_of: str) -> None:
    """Remove the shards of earlier days; those of the day stay, so that it can be merged again."""
    for folder in folders:
        for path in (Path(folder) / SHARDS).glob("*-of-*/as_of=*.shard"):
            if path.name < _name(as_of):
                path.unlink(missing_ok=True)


def _shelf(folder: str | Path, shard: Shard) -> LocalShelf:
    return LocalShelf(Path(folder) / shard.folder)


def _name(as_of: str) -> str:
    return f"as_of={as_of}.shard"


def _lists(seen: Witness) -> dict[str, list[Any]]:
    """What a witness collected, by field."""
    values = ((each.name, getattr(seen, each.name)) for each in fields(seen))
    return {name: value for name, value in values if isinstance(value, list)}


def _as_frame(value: Any) -> tuple[str, pd.DataFrame]:
    """A value that a witness collected, as its kind and a dataframe."""
    if isinstance(value, pd.DataFrame):
        return "frame", value
    if isinstance(value, pd.Series):
        return "series", value.to_frame("value")
    if isinstance(value, pd.Index):
        return "index", pd.DataFrame({"value": value})
    if value.ndim == 1:
        return "array", pd.DataFrame({"value": value})
    return "matrix", pd.DataFrame(value).rename(columns=str)


def _from_frame(kind: str, frame: pd.DataFrame) -> Any:
    if kind == "frame":
        return frame
    if kind == "series":
        return frame["value"]
    if kind == "index":
        return pd.Index(frame["value"])
    return frame["value"].to_numpy() if kind == "array" else frame.to_numpy()


def _parquet(frame: pd.DataFrame) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(frame), file, compression="zstd")
    return file.getvalue()


def _frame(archive: zipfile.ZipFile, name: str) -> pd.DataFrame:
    return pq.read_table(pa.BufferReader(archive.read(name))).to_pandas()


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _MOMENT), data)


def kept_misfits(parts: Sequence[ShardPart]) -> tuple[Misfit, ...]:
    """The misfits of the attributes: of each shard's own people, or once of all."""
    if not parts[0].facts.own:
        return parts[0].facts.misfits
    found: dict[str, Misfit] = {}
    for misfit in (each for part in parts for each in part.facts.misfits):
        old = found.get(misfit.name)
        found[misfit.name] = (
            misfit
            if old is None
            else replace(old, unfit=old.unfit + misfit.unfit, given=old.given + misfit.given)
        )
    return tuple(found.values())
