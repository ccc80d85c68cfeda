"""Words of the watch page: states of nights, guards, stages and themes."""

from __future__ import annotations

from collections.abc import Mapping

from churnlab.language.sentence import Words, sentence
from churnlab.nightly.watching.nights import BLOCKED, DAMAGED, FORCED, MISSING, QUIET, WARNED

STATES: Mapping[str, Words] = {
    QUIET: sentence("published, all guards passed"),
    WARNED: sentence("published, with a warning"),
    FORCED: sentence("published in spite of a guard"),
    BLOCKED: sentence("blocked by a guard"),
    MISSING: sentence("no list"),
    DAMAGED: sentence("damaged"),
}
_GUARDS: Mapping[str, Words] = {
    "approved": sentence("the model is approved"),
    "review": sentence("days past the model's review"),
    "model_age": sentence("age of the model in days"),
    "learnt_days": sentence("days after those that the model learnt from"),
    "days_without_events": sentence("days without an event"),
    "order_value": sentence("value of an order against before"),
    "newcomers": sentence("people who are new in the log"),
    "repeats": sentence("events that are there twice"),
    "hours_of_day": sentence("hours of the day, PSI"),
    "set_aside": sentence("share of rows set aside"),
    "unseen_categories": sentence("share of unseen categories"),
    "unfit_attributes": sentence("share of attributes that do not fit"),
    "missing": sentence("rise of missing features"),
    "mean_score": sentence("mean score against the base rate"),
    "psi_training": sentence("scores against training, PSI"),
    "psi_last": sentence("scores against the last list, PSI"),
    "people_least": sentence("people against the last list, at least"),
    "people_most": sentence("people against the last list, at most"),
    "features_moved": sentence("features that moved"),
}
_VOLUMES = {
    "volume_least": sentence("events of the newest days, at least"),
    "volume_most": sentence("events of the newest days, at most"),
}


def guard_words(name: str) -> Words:
    """A guard as people read it; a name that is not known stays as it is.

    >>> str(guard_words("psi_last")), str(guard_words("volume_least all"))
    ('scores against the last list, PSI', 'events of the newest days, at least')
    >>> str(guard_words("volume_most push_sent")), guard_words("mine")
    ('events of push_sent, at most', 'mine')
    """
    kind, _, role = name.partition(" ")
    if kind in _VOLUMES:
        return _VOLUMES[kind] if role == "all" else _of_role(kind, role)
    return _GUARDS.get(name, name)


def _of_role(kind: str, role: str) -> Words:
    if kind == "volume_least":
        return sentence("events of {role}, at least", role=role)
    return sentence("events of {role}, at most", role=role)
