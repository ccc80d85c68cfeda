"""Nights: what manifests, kept grades and blocked nights say of the last days, night by night."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from churnlab.errors import ListError
from churnlab.evaluation.records import json_value
from churnlab.nightly.grading.kept import kept
from churnlab.nightly.grading.record import Grade
from churnlab.nightly.lists.manifest import MANIFEST, ListManifest
from churnlab.nightly.lists.shelf import Shelf, shelf_of
from churnlab.nightly.watching.blocked import blocked_days, blocked_night
from churnlab.schema.days import day_number, day_text

QUIET, WARNED, FORCED, BLOCKED = "published", "warned", "forced", "blocked"
MISSING, DAMAGED = "missing", "damaged"
STATES = (QUIET, WARNED, FORCED, BLOCKED, MISSING, DAMAGED)
_FOLDER = "as_of="


@dataclass(frozen=True, eq=False)
class Night:
    """One night of a job.

    `state` is `published`, `warned` (a guard did not pass), `forced` (published in spite of one
    that blocks), `blocked` (not published), `missing` (no list and no word of it) or `damaged` (its
    manifest cannot be read, as `reason` says). `said` has what the manifest says, or the evidence
    of the blocked night. `grade` is the kept grade of this very list, or None.
    """

    as_of: str
    state: str
    said: Mapping[str, Any] = field(default_factory=dict)
    grade: Grade | None = None
    reason: str = ""

    @property
    def facts(self) -> Mapping[str, Any]:
        """The facts of `watching.facts.night_facts`; empty where nothing is known."""
        found: Mapping[str, Any] = self.said.get("night", {})
        return found

    @property
    def version(self) -> str:
        """The version of the models that scored; "" where nothing was published."""
        return str(self.said.get("model", {}).get("version", ""))

    def failed(self) -> list[Mapping[str, Any]]:
        """The guards that did not pass."""
        return [guard for guard in self.said.get("guards", ()) if not guard["passed"]]

    def guard(self, name: str, part: str = "figure") -> float | None:
        """The figure of a guard, or another part of it; None where there was no such guard."""
        found = [g[part] for g in self.said.get("guards", ()) if g["name"] == name]
        return found[0] if found else None

    def changed(self, kind: str) -> int | None:
        """How many people entered ("enter"), left ("exit") or moved; None for the first list."""
        changes = self.facts.get("changes")
        return None if changes is None else sum(changes.get(kind, {}).values())

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the state and the figures of the night."""
        keep = ("people", "forced", "compared_with", "model", "run_id", "left_out")
        told = {name: self.said[name] for name in keep if self.said.get(name)}
        grade = {} if self.grade is None else {"grade": _figures(self.grade)}
        reason = {"reason": self.reason} if self.reason else {}
        guards = [dict(guard) for guard in self.said.get("guards", ())]
        facts = {"night": dict(self.facts), "guards": guards} if self.said else {}
        return {"as_of": self.as_of, "state": self.state, **told, **facts, **grade, **reason}


def _figures(grade: Grade) -> dict[str, Any]:
    others = {name: json_value(vars(grade.metric("auc", name))) for name in grade.challengers}
    return {
        "auc": json_value(vars(grade.auc)),
        "expected_auc": json_value(vars(grade.expected_auc)),
        "estimate_error": json_value(grade.error),
        "base_rate": json_value(grade.base_rate),
        "mean_risk": json_value(grade.mean_risk),
        "known": grade.known,
        "challengers": others,
    }


def last_nights(folder: str | Path, count: int, until: str = "") -> list[Night]:
    """The last `count` nights of a folder of lists, oldest first, one for each day.

    They end on the day `until`; without it, on the newest day of which anything is known. Raises
    ListError where nothing is.
    """
    shelf = shelf_of(folder)
    lists = [n.removeprefix(_FOLDER) for n in shelf.names("") if n.startswith(_FOLDER)]
    published = {day for day in lists if MANIFEST in shelf.names(_FOLDER + day)}
    blocked = set(blocked_days(folder))
    if not published | blocked:
        raise ListError.from_none(str(folder), None)
    last = day_number(until or max(published | blocked))
    days = [day_text(day) for day in range(last - count + 1, last + 1)]
    return [_night(folder, shelf, day, published, blocked) for day in days]


def _night(
    folder: str | Path, shelf: Shelf, day: str, published: set[str], blocked: set[str]
) -> Night:
    try:
        if day in published:
            return _published(folder, shelf, day)
        if day in blocked:
            return Night(day, BLOCKED, blocked_night(folder, day))
        return Night(day, MISSING)
    except ListError as error:
        return Night(day, DAMAGED, reason=str(error))


def _published(folder: str | Path, shelf: Shelf, day: str) -> Night:
    path = f"{_FOLDER}{day}/{MANIFEST}"
    try:
        data = shelf.get(path)
    except OSError as error:
        raise ListError.from_damaged(shelf.name(path), error.strerror or str(error)) from error
    manifest = ListManifest.parse(data, shelf.name(path))
    grade = kept(folder, day)
    if grade is not None and grade.listed != hashlib.sha256(manifest.text().encode()).hexdigest():
        grade = None  # of a list that was replaced later
    failed = any(not guard["passed"] for guard in manifest.guards)
    state = FORCED if manifest.forced and _blocks(manifest) else WARNED if failed else QUIET
    return Night(day, state, vars(manifest), grade)


def _blocks(manifest: ListManifest) -> bool:
    return any(not g["passed"] and g["level"] == "block" for g in manifest.guards)
