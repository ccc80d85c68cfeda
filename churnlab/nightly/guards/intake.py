"""Guards of the intake: rows set aside, attributes that do not fit, features that are missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from churnlab.activity.protocol import Activity
from churnlab.config.sections import GuardsTable
from churnlab.features.known_attributes import KnownAttributes, Misfit
from churnlab.language.sentence import sentence
from churnlab.model_registry.run_facts import RunFacts
from churnlab.nightly.guards.guard import Guard, at_most
from churnlab.store.folder import StoreFolder

_BACK = 63  # days that are looked back on
_SOME = 10  # events of a day, at least
ASIDE = ("bad_ids", "bad_times", "bad_measures", "bad_amounts", "negative_amounts", "too_late")


@runtime_checkable
class CountedByDay(Protocol):
    """An activity whose rows were counted day by day, as those of a store are."""

    @property
    def folder(self) -> StoreFolder:
        """The files, with the counts of each day."""


def set_aside(activity: Activity, days: Iterable[int], limits: GuardsTable) -> Iterator[Guard]:
    """The share of rows that were set aside: of the newest `days` in a store, else of the log."""
    counts = [activity.describe()]
    if isinstance(activity, CountedByDay):
        folder = activity.folder
        counts = [dict(folder.counts(d)) for d in days if d in folder.days]
    aside = sum(_number(each, name) for each in counts for name in ASIDE)
    events = sum(_number(each, "events") for each in counts)
    share = aside / max(aside + events, 1)
    says = sentence("{aside:,} rows were set aside, {share:.2%} of all", aside=aside, share=share)
    yield from at_most("set_aside", share, limits.set_aside, says)


def repeats(activity: Activity, days: Iterable[int], limits: GuardsTable) -> Iterator[Guard]:
    """How far the share of events that are there twice rose on the newest `days` of a store.

    The same person, moment and name is the same event. Compared with the largest share of the
    weeks before; a log without a store has no counts of days.
    """
    if not isinstance(activity, CountedByDay):
        return
    folder, new = activity.folder, sorted(days)
    share = {d: _repeated(folder.counts(d)) for d in folder.days if d in _around(new)}
    earlier = [share[d] for d in share if d not in new]
    if not earlier:
        return
    now, before = max((share[d] for d in new if d in share), default=0.0), max(earlier)
    says = sentence(
        "{now:.0%} of the events of the newest days are there twice, {before:.0%} before at most",
        now=now,
        before=before,
    )
    yield from at_most("repeats", max(now - before, 0.0), limits.repeats, says)


def _around(new: Sequence[int]) -> range:
    """The new days and those before that they are compared with."""
    return range(new[0] - _BACK, new[-1] + 1) if new else range(0)


def _repeated(counts: Mapping[str, object]) -> float:
    """The share of a day's events that repeat another one; 0 on a day with next to none."""
    if _number(counts, "events") < _SOME:
        return 0.0
    kept = _number(counts, "duplicates") - _number(counts, "duplicates_dropped")
    return max(kept, 0) / max(_number(counts, "events"), 1)


def _number(counts: Mapping[str, object], name: str) -> int:
    found = counts.get(name, 0)
    return found if isinstance(found, int) else 0


def attributes(
    misfits: Iterable[Misfit], known: KnownAttributes, limits: GuardsTable
) -> Iterator[Guard]:
    """The largest share of values of an attribute that do not fit: categories, and numbers."""
    found = [(m.unfit / max(m.given, 1), m) for m in misfits]
    unseen = [each for each in found if known.is_category(each[1].name)]
    numbers = [each for each in found if not known.is_category(each[1].name)]
    yield from _worst("unseen_categories", unseen, limits.unseen_categories)
    yield from _worst("unfit_attributes", numbers, limits.unfit_attributes)


def _worst(name: str, found: list[tuple[float, Misfit]], limits: list[float]) -> Iterator[Guard]:
    if found:
        share, worst = max(found, key=lambda each: each[0])
        says = sentence(
            "{share:.2%} of the values of {name} are not as in training",
            share=share,
            name=worst.name,
        )
        yield from at_most(name, share, limits, says)


def missing(now: Mapping[str, float], facts: RunFacts, limits: GuardsTable) -> Iterator[Guard]:
    """The largest rise of the share of missing cells of a signal since the held-out days."""
    if facts.reference is None or not facts.reference.missing:
        return
    then = facts.reference.missing
    rises = {name: share - then[name] for name, share in now.items() if name in then}
    if rises:
        worst = max(rises, key=lambda name: rises[name])
        says = sentence(
            "{now:.1%} of the features of {signal} are missing, {then:.1%} in training",
            now=now[worst],
            signal=worst,
            then=then[worst],
        )
        yield from at_most("missing", rises[worst], limits.missing, says)
