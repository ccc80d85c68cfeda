"""Errors of uplift models and policies: an experiment that cannot be learnt from."""

from __future__ import annotations

from collections.abc import Iterable

from churnlab.errors.base import ChurnlabError, near


class TrialError(ChurnlabError):
    """The arrays of an experiment cannot be used to learn whom to treat."""

    @classmethod
    def from_length(cls, what: str, given: object, wanted: object) -> TrialError:
        """An array has another shape than the outcomes."""
        return cls(f"{what} has the shape {given} and {wanted} is needed; give one value a person")

    @classmethod
    def from_unusable(cls, what: str, count: int, rows: int) -> TrialError:
        """Some values are missing or infinite."""
        return cls(
            f"{what} is missing or infinite for {count:,} of {rows:,} people; "
            "give each a finite number, or leave those people out"
        )

    @classmethod
    def from_arm(cls, given: object, arms: Iterable[str]) -> TrialError:
        """A person was given a treatment that is not among the arms."""
        return cls(f"treatment {given!r} is unknown: {near(str(given), arms)}")

    @classmethod
    def from_propensity(cls, arm: str, least: float, most: float) -> TrialError:
        """An arm was certain or impossible for somebody, so that nothing can be compared."""
        return cls(
            f"the chance of being given {arm!r} goes from {least:.3g} to {most:.3g}; each must be "
            "above 0 and below 1: leave out the people who could not be given each arm"
        )

    @classmethod
    def from_chances(cls, worst: float) -> TrialError:
        """The chances of a person do not add up to one."""
        return cls(
            f"the chances of the arms add up to {worst:.4g} for somebody; they must add up to 1, "
            "that of no treatment included"
        )

    @classmethod
    def from_no_control(cls, people: int, least: int) -> TrialError:
        """Too few people were left untreated."""
        return cls(
            f"{people:,} people were given nothing and {least:,} are needed; "
            "without a control group no effect is known: keep one in the next experiment"
        )

    @classmethod
    def from_no_arm(cls, sizes: str, least: int) -> TrialError:
        """No treatment was given to enough people."""
        return cls(
            f"no treatment was given to {least:,} people ({sizes}); "
            "run the experiment for longer, or put treatments together"
        )

    @classmethod
    def from_no_cost(cls, arms: Iterable[str]) -> TrialError:
        """A policy under a budget was asked for, and the cost of a treatment is not known."""
        return cls(
            f"the cost of {', '.join(map(repr, arms))} is not known; give each treatment the money "
            "that one person costs, 0 if it costs nothing"
        )

    @classmethod
    def from_cost(cls, arm: str, given: float) -> TrialError:
        """A cost is below zero."""
        return cls(f"{arm!r} costs {given:.6g} for somebody; give a cost of at least 0")

    @classmethod
    def from_few_people(cls, people: int, folds: int) -> TrialError:
        """There are too few people to hold any out."""
        return cls(
            f"{people:,} people cannot be split into {folds} folds with each arm in each; "
            "give fewer folds, or more people"
        )

    @classmethod
    def from_observational(cls) -> TrialError:
        """The treatments were not drawn at random."""
        return cls(
            "the experiment was not randomised, so nobody knows what its treatments do; "
            "give one whose arms were drawn at random"
        )

    @classmethod
    def from_stage(cls, given: str, known: Iterable[str]) -> TrialError:
        """The experiment has a stage that no nightly list has."""
        return cls(
            f"stage {given!r} is not a stage of a list ({', '.join(known)}, or empty); "
            "give the experiment a column with the stage that the list had at the assignment"
        )

    @classmethod
    def from_no_stage(cls) -> TrialError:
        """A policy by stage was asked for, and the stages are not known."""
        return cls(
            "the experiment says no stage; give its column with stage=, or the stage of each person"
        )
