"""Update: the activity store of a configuration, brought up to date."""

from __future__ import annotations

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
    last = day_number(day)
    first = last if since is None else day_number(since)
    if first > last:
        raise ConfigError.from_range("--since", since, f"a day up to {day_text(last)}")
    say("opening the store")
    store = open_store(config, new=True, wait=wait)
    if not allow_gap:
        _check_gap(store, first)
    done = []
    for each in range(first, last + 1):
        say(f"rolling up {day_text(each)}")
        done.append(store.append(each, allow_empty=allow_empty, wait=wait))
    if compact:
        say("folding old days")
        store.compact(config.store.lookback, wait=wait)
    return done


def _check_gap(store: ActivityStore, day: int) -> None:
    """Refuse a day after days that were never put in, not even as empty ones."""
    kept = store.folder.manifest.kept_from
    missing = [] if kept is None else store.folder.manifest.missing(range(kept, day))
    if missing:
        raise GuardError.from_gap(day_text(day), day_text(missing[0]), len(missing))
