"""Merge: one list of all shards, ranked, cut, judged and published as if it had been one run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd

from churnlab.config.tables import Config
from churnlab.errors import HistoryError, ShardError
from churnlab.nightly.chosen import Chosen
from churnlab.nightly.guards.evidence import Evidence
from churnlab.nightly.guards.witness import Witness
from churnlab.nightly.ranking import Ranking
from churnlab.nightly.risk_list import RiskList
from churnlab.nightly.shards.kept import ShardPart, config_digest, kept_misfits, read_shards
from churnlab.nightly.shards.name import Shard
from churnlab.schema.days import Day, day_number, day_text
from churnlab.schema.progress import Say, silent


def merge(
    config: Config,
    as_of: Day,
    folders: Sequence[str | Path] = (),
    run: str | None = None,
    say: Say = silent,
) -> RiskList:
    """The list of a day from its shards, which were scored by `score_shard`.

    `folders` are the output folders that hold them; that of the configuration without any. The rows
    are those of one run over everybody: order, tiers, `top`, `budget` and guards are of the whole.

    Raises ShardError, which names them, for shards that are missing, there twice, or of another
    day, model or configuration; GuardError where no version is approved, HistoryError for a list
    of nobody.
    """
    day = day_number(as_of)
    ranking = Ranking.of(config)
    say("loading the model")
    chosen = Chosen.of(config, run, day)
    say("reading the shards")
    places = [str(each) for each in folders] or [config.path(config.output.folder)]
    parts = _belonging(read_shards(places, day_text(day)), day_text(day), places, config, chosen)
    say("merging the shards")
    frames = [part.rows for part in parts if len(part.rows)]
    if not frames:
        raise HistoryError.from_nobody(day_text(day), chosen.trained.facts.active_within)
    _check_apart(frames)
    facts = parts[0].facts
    found = RiskList.together(frames, ranking, facts.as_of, facts.run_id, facts.model)
    notes = tuple(dict.fromkeys(note for part in parts for note in part.facts.notes))
    evidence = _evidence(parts, chosen, config, day)
    told = {"notes": notes, "model_age": facts.model_age, "language": config.lang}
    return replace(found, evidence=evidence, **told)  # type: ignore[arg-type]


def _belonging(
    found: list[tuple[str, ShardPart]],
    as_of: str,
    places: Sequence[str],
    config: Config,
    chosen: Chosen,
) -> list[ShardPart]:
    """The shards, once each; ShardError where they are not all of one list."""
    if not found:
        raise ShardError.from_none(as_of, places)
    first_path, first = found[0]
    count = Shard.of(first.facts.shard).count
    wanted = {
        "its day": as_of,
        "its model": chosen.trained.run_id,
        "the digest of its configuration": config_digest(config),
    }
    seen: dict[str, str] = {}
    for path, part in found:
        facts = part.facts
        given = dict(zip(wanted, (facts.as_of, facts.run_id, facts.config), strict=True))
        for what, value in wanted.items():
            if given[what] != value:
                raise ShardError.from_foreign(path, what, given[what], value)
        _check_like(path, part, first_path, first)
        if facts.shard in seen:
            raise ShardError.from_twice(facts.shard, seen[facts.shard], path)
        seen[facts.shard] = path
    missing = [str(s) for s in (Shard(k, count) for k in range(count)) if str(s) not in seen]
    if missing:
        raise ShardError.from_missing(as_of, missing, places)
    return [part for _, part in found]


def _check_like(path: str, part: ShardPart, first_path: str, first: ShardPart) -> None:
    """Refuse a shard of another number of shards, or of another state of the store of all."""
    counts = Shard.of(part.facts.shard).count, Shard.of(first.facts.shard).count
    if counts[0] != counts[1]:
        raise ShardError.from_foreign(path, "the number of shards", *counts)
    if not first.facts.own:
        given, wanted = _state(part), _state(first)
        if given != wanted:
            odd = next(name for name in wanted if given.get(name) != wanted[name])
            what = f"{odd} of the log, in {first_path},"
            raise ShardError.from_foreign(path, what, given.get(odd), wanted[odd])


def _state(part: ShardPart) -> dict[str, Any]:
    """What a shard says of the log, without where the log lies."""
    return {n: v for n, v in part.facts.described.items() if n != "source"}


def _check_apart(frames: Sequence[pd.DataFrame]) -> None:
    """Refuse people who are in more than one shard."""
    ids = pd.concat([frame["user_id"] for frame in frames])
    if not ids.is_unique:
        raise ShardError.from_shared(int(ids.duplicated().sum()))


def _evidence(parts: Sequence[ShardPart], chosen: Chosen, config: Config, day: int) -> Evidence:
    """The evidence of all shards together: that of one run over everybody."""
    facts = chosen.trained.facts
    columns = tuple(chosen.trained.models["churned"].feature_names_in_)
    edges = {} if facts.reference is None else facts.reference.features
    names = dict.fromkeys(name for part in parts for name in part.seen)
    lists: Any = {n: [v for part in parts for v in part.seen.get(n, ())] for n in names}
    seen = Witness(day, facts.active_within, columns, edges, **lists)
    log: Any = _MergedLog.of(parts)
    return Evidence(seen, log, chosen, kept_misfits(parts), config.guards)


@dataclass(frozen=True)
class _MergedLog:
    """The log of all shards as guards ask for it: its first day and its counts."""

    start: int
    described: Mapping[str, Any]

    @classmethod
    def of(cls, parts: Sequence[ShardPart]) -> _MergedLog:
        """The log of some shards: their sum where each has its own."""
        facts = [part.facts for part in parts]
        facts = facts if facts[0].own else facts[:1]
        start, described = min(f.start for f in facts), _total([f.described for f in facts])
        by_days = [f.by_day for f in facts if f.by_day is not None]
        if not by_days:
            return cls(start, described)
        days = {day for each in by_days for day in each}
        by_day = {day_number(d): _total([e[d] for e in by_days if d in e]) for d in days}
        return _MergedStore(start, described, by_day)

    def describe(self) -> dict[str, Any]:
        """The counts of the log."""
        return dict(self.described)


@dataclass(frozen=True)
class _MergedStore(_MergedLog):
    """The same with counts by day."""

    by_day: Mapping[int, Mapping[str, Any]]

    @property
    def folder(self) -> Any:
        """The days, and the counts of each."""
        return SimpleNamespace(days=tuple(sorted(self.by_day)), counts=self.by_day.__getitem__)


def _total(counts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The sums of whole numbers; what else there is as the first has it."""
    numbers: Counter[str] = Counter()
    for each in counts:
        whole = {n: v for n, v in each.items() if isinstance(v, int)}
        numbers.update(whole)
    return {**counts[0], **numbers}
