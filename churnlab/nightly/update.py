"""Update: the activity store of a configuration, brought up to date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from churnlab.config.inputs import open_store
from churnlab.config.tables import Config
from churnlab.errors import ConfigError, GuardError
from churnlab.schema.days import Day, day_number, day_text
from churnlab.schema.progress import Say, silent
from churnlab.store.activity_store import ActivityStore
from churnlab.store.update import Update


def update(
    config: Config,
    day: Day,
    since: Day | None = None,
    *,
    allow_empty: bool = False,
    allow_gap: bool = False,
    compact: bool = False,
    wait: float = 0.0,
    say: Say = silent,
) -> list[Update]:
    """Roll up a day, or every day from `since` to it, in the place of what was there for it.

    The store is created if it does not exist. `allow_empty` accepts a day without an event,
    `allow_gap` one after days that were never put in, `compact` folds days older than the look-back
    into one row a person, `wait` is in seconds, for another update to end. Raises ConfigError for a
    `since` after the day, StoreError or LogError for a day that cannot be rolled up, GuardError for
    a day after a gap.
    """
    say("opening the store")
    days = _days(day, since)
    store = open_store(config, new=True, wait=wait)
    if not allow_gap:
        _check_gap(store, days[0])
    done = []
    for each in days:
        say(f"rolling up {day_text(each)}")
        done.append(store.append(each, allow_empty=allow_empty, wait=wait))
    if compact:
        say("folding old days")
        store.compact(config.store.lookback, wait=wait)
    return done


def rehearse(
    config: Config,
    day: Day,
    since: Day | None = None,
    *,
    allow_empty: bool = False,
    allow_gap: bool = False,
    say: Say = silent,
) -> list[Rehearsal]:
    """What `update` would do, without a change on the disk. Arguments and errors are its own."""
    say("opening the store")
    days = _days(day, since)
    store = open_store(config, dry_run=True)
    if not allow_gap:
        _check_gap(store, days[0])
    done = []
    for each in days:
        say(f"rolling up {day_text(each)}")
        found, folder = store.append(each, allow_empty=allow_empty), store.folder
        file = folder.manifest.days[each].file
        done.append(Rehearsal(found, str(folder.path / file.name), file.bytes))
    return done


@dataclass(frozen=True)
class Rehearsal:
    """An update that was not written: the path and the bytes of the file of its day."""

    update: Update
    path: str
    bytes: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return self.update.to_dict() | {"would_write": self.path, "bytes": self.bytes}


def _days(day: Day, since: Day | None) -> range:
    """The days of an update; ConfigError for a `since` after the day."""
    last = day_number(day)
    first = last if since is None else day_number(since)
    if first > last:
        raise ConfigError.from_range("--since", since, f"a day up to {day_text(last)}")
    return range(first, last + 1)


def _check_gap(store: ActivityStore, day: int) -> None:
    """Refuse a day after days that were never put in, not even as empty ones."""
    kept = store.folder.manifest.kept_from
    missing = [] if kept is None else store.folder.manifest.missing(range(kept, day))
    if missing:
        raise GuardError.from_gap(day_text(day), day_text(missing[0]), len(missing))
