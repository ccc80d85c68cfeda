"""Errors of a history that is too short."""

from __future__ import annotations

from churnlab.errors.base import ChurnlabError


class HistoryError(ChurnlabError):
    """The log has no past to compute features from, or no future to learn from."""

    @classmethod
    def from_no_past(cls, day: object, start: object) -> HistoryError:
        """The log begins on or after the snapshot day."""
        return cls(
            f"the log has no event before {day}: it begins on {start}; "
            "give a later as-of date or an earlier log"
        )

    @classmethod
    def from_unobserved(cls, target: str, day: object, needs: object, end: object) -> HistoryError:
        """A label window reaches past the end of the log, and such rows are not to be dropped."""
        return cls(
            f"{target} at {day} needs events up to {needs}, and the log ends on {end}; "
            'take an earlier snapshot, a shorter horizon, or unobserved="drop"'
        )

    @classmethod
    def from_horizon_too_long(cls, horizon: int, observed: int) -> HistoryError:
        """The label window is longer than the whole log."""
        return cls(
            f"a horizon of {horizon} days needs a longer log: this one covers {observed} days; "
            "give a shorter horizon or a longer log"
        )

    @classmethod
    def from_folded(cls, day: object, what: str, since: object) -> HistoryError:
        """A snapshot day needs single days that a store has folded into its carry."""
        return cls(
            f"{what} cannot be computed at {day}: the store keeps days one by one from {since} on; "
            "take a later day, or build the store again with a longer look-back"
        )

    @classmethod
    def from_empty_split(
        cls, start: object, first: object, last: object, reach: int
    ) -> HistoryError:
        """A split leaves no training row or no held-out row."""
        return cls(
            f"a split at {start} leaves no row on one side: snapshots run from {first} to {last} "
            f"and labels reach {reach} days ahead; give more snapshot days or a shorter horizon"
        )

    @classmethod
    def from_nobody(cls, day: object, active_within: int) -> HistoryError:
        """Nobody is eligible on a day."""
        return cls(
            f"nobody was active in the {active_within} days before {day}; "
            "give a larger active_within or another day"
        )

    @classmethod
    def from_one_person(cls, count: int) -> HistoryError:
        """The log has fewer than two people."""
        return cls(
            f"the log has {count} person(s) to learn from; "
            "a model needs at least 2, and hundreds to be of use"
        )

    @classmethod
    def from_no_money(cls, rows: int) -> HistoryError:
        """Every value label is 0."""
        return cls(
            f"the value is 0 in all {rows:,} rows, nothing to learn from; "
            "give a longer horizon or leave the value out"
        )

    @classmethod
    def from_no_folds(cls, people: int) -> HistoryError:
        """No fold of the people can judge settings: one side lacks a class, or money."""
        return cls(
            f"settings cannot be judged on these {people:,} person(s): no part of them has both "
            "classes, or money, on either side; give more people or do not tune"
        )

    @classmethod
    def from_no_unseen(cls, what: str) -> HistoryError:
        """Training had too few people to set some aside and predict for them."""
        return cls(
            f"{what} needs predictions for people not seen in training, "
            "and fit had fewer than 20 people or 10 amounts; give more people"
        )

    @classmethod
    def from_no_repeats(cls, people: int) -> HistoryError:
        """No history goes on after its first transaction, so no rate can be fitted."""
        return cls(
            f"none of {people:,} people with a history came back after their first time; "
            "give more people or a longer log"
        )

    @classmethod
    def from_learnt(cls, day: object, earliest: object) -> HistoryError:
        """A model is to be judged on days whose labels it learnt from."""
        return cls(
            f"snapshots at {day} overlap the days of labels that the model learnt from; "
            f"judge it on days from {earliest} on, or train again"
        )

    @classmethod
    def from_no_rows(cls, what: str) -> HistoryError:
        """A dataset has no row."""
        return cls(f"{what} has no row; give snapshots with labels")

    @classmethod
    def from_one_class(cls, target: str, value: object, rows: int) -> HistoryError:
        """All labels are equal, so a classifier has nothing to tell apart."""
        return cls(
            f"{target} is {value} in all {rows:,} rows, one class only; "
            "give other snapshot days, a longer horizon or more people"
        )
