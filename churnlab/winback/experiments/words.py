"""What outcomes, stages and known facts are called for people."""

from __future__ import annotations

import re
from collections.abc import Mapping

from churnlab.language.sentence import Words, sentence
from churnlab.winback.experiments.groups import OTHER, UNKNOWN

_OUTCOMES: Mapping[str, Words] = {
    "came_back": sentence("came back"),
    "active_days": sentence("active days"),
    "money": sentence("money spent"),
}
_FACTS: Mapping[str, Words] = {
    "stage": sentence("stage"),
    "silent_days": sentence("days of silence"),
    "tenure_days": sentence("days since first seen"),
    "active_days_28d": sentence("active days in 4 weeks"),
    "active_days_84d": sentence("active days in 12 weeks"),
    "money_84d": sentence("money in 12 weeks"),
}
_GROUPS: Mapping[str, Words] = {
    "fading": sentence("fading"),
    "lapsing": sentence("lapsing"),
    "silent": sentence("silent"),
    "gone": sentence("gone"),
    "": sentence("everybody"),
    UNKNOWN: sentence("unknown"),
    OTHER: sentence("other"),
}
_SILENT = re.compile(r"silent (\d+)(?:-(\d+)|\+) days")


def outcome_words(name: str) -> Words:
    """The name of an outcome; a column of the table is called by its own name.

    >>> str(outcome_words("came_back")), str(outcome_words("day_7")), outcome_words("visit")
    ('came back', 'active on day 7', 'visit')
    """
    if re.fullmatch(r"day_\d+", name):
        return sentence("active on day {day}", day=int(name.removeprefix("day_")))
    return _OUTCOMES.get(name, name)


def fact_words(name: str) -> Words:
    """The name of a known fact or of a grouping.

    >>> str(fact_words("silent_days")), fact_words("city")
    ('days of silence', 'city')
    """
    return _FACTS.get(name, name)


def group_words(name: str) -> Words:
    """The name of a group.

    >>> [str(group_words(n)) for n in ("", "silent 7-27 days", "silent 28+ days", "ads")]
    ['everybody', 'silent for 7 to 27 days', 'silent for 28 days or more', 'ads']
    """
    found = _SILENT.fullmatch(name)
    if found is None:
        return _GROUPS.get(name, name)
    low, high = found.groups()
    if high is None:
        return sentence("silent for {low} days or more", low=int(low))
    return sentence("silent for {low} to {high} days", low=int(low), high=int(high))
