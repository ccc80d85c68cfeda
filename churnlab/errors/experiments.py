"""Errors of the tables of experiments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from churnlab.errors.base import near
from churnlab.errors.data import FrameError
from churnlab.errors.examples import shape, shown

_SMALLEST_P = 1e-12


class ExperimentError(FrameError):
    """The table of an experiment cannot be used, or was not randomised."""

    @classmethod
    def _of_people(cls, count: int, what: str, person: object, advice: str) -> ExperimentError:
        """What is wrong with some people, one of them by the shape of the id, and what to do."""
        return cls(f"{count:,} people {what}, the first like {shape(person)}; {advice}")

    @classmethod
    def from_no_control(cls, arms: Iterable[str]) -> ExperimentError:
        """Nothing says which arm is the control group."""
        return cls(
            f"nothing says which arm is the control group: there are {_named(arms)}; "
            "give control=, or leave the treatment empty for people without one"
        )

    @classmethod
    def from_unknown_control(cls, given: str, arms: Iterable[str]) -> ExperimentError:
        """The control group that was named is no arm of the table."""
        return cls(f"control={given!r} is no arm of the experiment; {near(given, arms)}")

    @classmethod
    def from_one_arm(cls, arm: str, people: int) -> ExperimentError:
        """Everybody is in one arm."""
        return cls(
            f"all {people:,} people are in the arm {arm!r}, so nothing can be compared; "
            "give the people of the control group too"
        )

    @classmethod
    def from_small_arm(cls, arm: str, people: int, least: int) -> ExperimentError:
        """An arm has too few people for any interval."""
        return cls(
            f"the arm {arm!r} has {people:,} people, fewer than {least}, from which nothing can be "
            "learnt; leave its rows out, or join it to another arm"
        )

    @classmethod
    def from_two_arms(cls, people: int, example: object, arms: Iterable[str]) -> ExperimentError:
        """People were assigned to more than one arm."""
        return cls(
            f"{people:,} people are in more than one arm, the first like {shape(example)} in "
            f"{_named(arms)}; give each person the arm that was drawn first, or leave them out"
        )

    @classmethod
    def from_no_ids(cls, count: int) -> ExperimentError:
        """Rows without a user id."""
        return cls(f"the person is missing in {count:,} rows of the experiment; leave them out")

    @classmethod
    def from_bad_moment(cls, column: str, count: int, example: object) -> ExperimentError:
        """Times that cannot be read."""
        return cls(
            f"column {column!r} of the experiment is no time in {count:,} rows, "
            f"the first {shown(example)}; give dates, moments, or ISO text like '2026-03-01 09:30'"
        )

    @classmethod
    def from_late_treatment(cls, count: int, person: object) -> ExperimentError:
        """Treatments were given after the outcome that they are to change."""
        return cls._of_people(
            count,
            "were treated after their outcome",
            person,
            "correct the times, or give outcomes that came after the treatment",
        )

    @classmethod
    def from_early_outcome(cls, count: int, person: object) -> ExperimentError:
        """Outcomes lie before the assignment."""
        return cls._of_people(
            count,
            "have an outcome before their assignment",
            person,
            "a treatment cannot change what was before it: give outcomes after the assignment",
        )

    @classmethod
    def from_early_treatment(cls, count: int, person: object) -> ExperimentError:
        """Treatments were given before people were assigned to them."""
        return cls._of_people(
            count,
            "were treated before they were assigned",
            person,
            "give the time at which chance decided on the arm",
        )

    @classmethod
    def from_open_window(
        cls, count: int, window: int, day: object, needs: object, end: object
    ) -> ExperimentError:
        """The window of outcomes of some people is not over yet."""
        return cls(
            f"the {window} days after the assignment are not over for {count:,} people: those of "
            f"{day} need events up to {needs}, and the log ends on {end}; wait, give a shorter "
            'window, or unobserved="drop"'
        )

    @classmethod
    def from_before_log(cls, count: int, day: object, start: object) -> ExperimentError:
        """People were assigned before the log begins."""
        return cls(
            f"{count:,} people were assigned before the log begins, the first on {day}, the log on "
            f"{start}; give an earlier log, or leave them out"
        )

    @classmethod
    def from_empty(cls) -> ExperimentError:
        """The table has no row."""
        return cls("the table of the experiment has no row; give one for each person")

    @classmethod
    def from_nobody_known(cls, people: int, example: object) -> ExperimentError:
        """Nobody of the experiment is in the log, mostly because the id types differ."""
        return cls(
            f"none of the {people:,} people of the experiment is in the log, the first "
            f"{example!r}; give ids of the same type in the log and the table"
        )

    @classmethod
    def from_strangers(cls, count: int, people: int, example: object) -> ExperimentError:
        """People of the experiment have no event in the log."""
        return cls(
            f"{count:,} of {people:,} people of the experiment are not in the log, "
            f'the first like {shape(example)}; correct the ids, or give strangers="silent" '
            "to count them as people who did nothing"
        )

    @classmethod
    def from_missing_costs(cls, count: int, treated: int) -> ExperimentError:
        """Some treated people have no cost."""
        return cls(
            f"the cost is missing for {count:,} of {treated:,} treated people; give 0 where the "
            "treatment cost nothing, or leave the column out"
        )

    @classmethod
    def from_negative_costs(cls, column: str, count: int) -> ExperimentError:
        """Costs below 0."""
        return cls(
            f"column {column!r} of the experiment is below 0 in {count:,} rows; "
            "give a cost of 0 or more for each treated person"
        )

    @classmethod
    def from_bad_number(cls, column: str, count: int, wanted: str) -> ExperimentError:
        """A column of numbers holds something else."""
        return cls(
            f"column {column!r} of the experiment is missing or no number in {count:,} rows; "
            f"give {wanted}"
        )

    @classmethod
    def from_later_column(cls, column: str) -> ExperimentError:
        """A column is said to be both known before the assignment and an outcome after it."""
        return cls(
            f"column {column!r} is given both as known before the assignment and as an outcome "
            "after it; name it once"
        )

    @classmethod
    def from_odd_known(cls, column: str, kind: str) -> ExperimentError:
        """A column that was known before is neither a number nor a category."""
        return cls(
            f"column {column!r}, known before the assignment, holds {kind}; "
            "give numbers, texts or true and false"
        )

    @classmethod
    def from_bad_shares(cls, given: Mapping[str, float], arms: Iterable[str]) -> ExperimentError:
        """The planned shares do not name every arm once with a share above 0."""
        return cls(
            f"shares={dict(given)!r} is no plan for the arms {_named(arms)}; "
            "give each of them a share above 0"
        )

    @classmethod
    def from_unbalanced(cls, column: str, difference: float, p: float) -> ExperimentError:
        """What was known before the assignment differs between arms beyond chance."""
        return cls(
            "the arms were not drawn at random: they differed before the assignment, most in "
            f"{column!r} by {difference:.2f} standard deviations (p {_p(p)}); give the table of "
            "a randomised experiment, or randomised=False to see differences that are no effects"
        )

    @classmethod
    def from_ratio(cls, arm: str, people: int, planned: float, p: float) -> ExperimentError:
        """The people per arm are not those of the plan."""
        return cls(
            f"the arms do not have the planned sizes: {people:,} people in {arm!r} where "
            f"{planned:,.0f} were planned (p {_p(p)}), so people were lost or drawn twice; find "
            "out who, or give randomised=False to see differences that are no effects"
        )

    @classmethod
    def from_no_code(cls, column: str, count: int) -> ExperimentError:
        """Statements without a code."""
        return cls(
            f"column {column!r} of the stated reasons is missing in {count:,} rows; "
            "leave these rows out, or give them a code of their own"
        )

    @classmethod
    def from_no_snapshot(cls, count: int, within: int) -> ExperimentError:
        """No statement has a snapshot of its person in the days before it."""
        return cls(
            f"none of {count:,} statements has a snapshot of its person in the {within} days "
            "before it; explain snapshots from before the statements, or give a longer within="
        )


def _p(p: float) -> str:
    """A p value, or that it is very small."""
    return f"= {p:.2g}" if p > _SMALLEST_P else f"below {_SMALLEST_P:g}"


def _named(arms: Iterable[str]) -> str:
    """The first ten arms."""
    every = [repr(str(a)) for a in arms]
    return ", ".join(every[:10]) + (" …" if len(every) > 10 else "")
