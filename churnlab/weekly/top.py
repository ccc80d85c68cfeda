"""The three sentences at the top of a report: what moved, and why."""

from __future__ import annotations

import numpy as np

from churnlab.language.sentence import Words, sentence, template
from churnlab.retention.stages.moves import Moves
from churnlab.weekly.record import WeeklyReport

_PARTS = frozenset({"active", "new"})  # told by the first sentence


def top(report: WeeklyReport) -> tuple[Words, ...]:
    """Active people and who came and went; the largest move beside; the list, or the core."""
    return (_active(report), _largest(report), _listed(report) or _core(report))


def _active(report: WeeklyReport) -> Words:
    active = report.figure("active")
    came = report.came_and_went()
    if active is None or not np.isfinite(active.now):
        return sentence("The active people of this week are not known.")
    if came is None or not np.isfinite(active.last):
        return sentence("{now:person|people} were active this week.", now=int(active.now))
    known = report.figure("new")
    young = known is None or not np.isfinite(known.now)
    return sentence(
        _BEYOND if active.beyond_last else _CHANCE,
        now=int(active.now),
        last=int(active.last),
        first=sentence(_OF_THE_LOG if young else _FIRST, new=came["new"]),
        resurrected=came["resurrected"],
        dormant=came["dormant"],
    )


_BEYOND = template(
    "{now:,} people were active, {last:,} the week before, which is beyond chance: {first} and "
    "{resurrected:,} came back, {dormant:,} stayed away."
)
_CHANCE = template(
    "{now:,} people were active, {last:,} the week before, no more than chance: {first} and "
    "{resurrected:,} came back, {dormant:,} stayed away."
)
_FIRST = template("{new:,} came for the first time")
_OF_THE_LOG = template("{new:,} came for the first time in this young log")


def _largest(report: WeeklyReport) -> Words:
    """The measure that moved most beyond chance, beside the active people."""
    others = [each for each in report.figures if each.name not in _PARTS]
    tested = [each for each in others if np.isfinite(each.last_p)]
    moved = [each for each in tested if each.beyond_last]
    if not tested:
        return sentence("No other measure can be compared with last week.")
    if not moved:
        return sentence(
            "None of {count} other measures moved by more than chance since last week.",
            count=len(tested),
        )
    most = min(moved, key=lambda each: each.last_p)
    several, only = (_MORE, _MORE_ALONE) if most.now > most.last else (_LESS, _LESS_ALONE)
    return sentence(
        several if len(moved) > 1 else only,
        what=most.label,
        now=most.words(most.now),
        last=most.words(most.last),
        of=len(moved),
    )


_MORE = template("{what}: {now}, up from {last}, the clearest of {of:,} moves beyond chance.")
_LESS = template("{what}: {now}, down from {last}, the clearest of {of:,} moves beyond chance.")
_MORE_ALONE = template("{what}: {now}, up from {last}, the only move beyond chance.")
_LESS_ALONE = template("{what}: {now}, down from {last}, the only move beyond chance.")


def _listed(report: WeeklyReport) -> Words:
    """What the newest list holds, and who entered and left; empty without a list."""
    now = report.lists[0]
    if now is None:
        return ""
    counts = {"people": now.people, "entered": now.entered, "left": now.left}
    worth = report.figure("value_at_risk")
    if worth is None:
        return sentence(
            "The list holds {people:person|people}, {entered:,} entered in the week and {left:,} "
            "left.",
            **counts,
        )
    if np.isfinite(worth.last):
        return sentence(
            "The list holds {people:person|people} with {value} at risk, an estimate, after "
            "{before} a week before; {entered:,} entered in the week and {left:,} left.",
            value=worth.words(worth.now),
            before=worth.words(worth.last),
            **counts,
        )
    return sentence(
        "The list holds {people:person|people} with {value} at risk, an estimate; {entered:,} "
        "entered in the week and {left:,} left.",
        value=worth.words(worth.now),
        **counts,
    )


def _core(report: WeeklyReport) -> Words:
    """Who stayed core, where there is no list."""
    found = report.results.get("moves")
    if not isinstance(found, Moves):
        return sentence("No list was published.")
    return sentence("No list was published; {words}.", words=found.sentences()[0])
