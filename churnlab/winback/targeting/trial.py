"""Trial: an experiment as arrays, checked once: outcomes, treatments, chances and costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from churnlab.errors import TrialError
from churnlab.language.sentence import Sentence, sentence

NONE = "none"
KEPT = "kept"
LEAST_PEOPLE = 50  # of an arm, below which nothing can be learnt and held out
_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class Trial:
    """What was given to whom, by which chance, at which cost, and what became of them.

    - y: the outcome, float64[n]; **larger is better**. For churn it is 1 for a person who was kept
      and 0 for one who left, so that an effect is P(churn untreated) - P(churn treated): above 0
      the treatment keeps people, below 0 it drives them away.
    - w: what each person was given, int64[n]; 0 is nothing, k is `arms[k - 1]`.
    - p: the chance of each arm for each person, float64[n, k + 1], nothing first.
    - cost: money that an arm costs for each person, float64[n, k]; None where it is not known.
    - cluster: people who were given an arm together, as codes from 0, int64[n].
    - outcome: what y is, in a word; "kept" for people who did not leave.
    - notes: a sentence for each arm that was left out.

    Make one with `Trial.checked` or `Trial.of_churn`, which refuse what cannot be used.
    """

    y: np.ndarray
    w: np.ndarray
    p: np.ndarray
    arms: tuple[str, ...]
    cost: np.ndarray | None
    cluster: np.ndarray
    outcome: str = KEPT
    notes: tuple[Sentence, ...] = ()

    @classmethod
    def checked(
        cls,
        y: np.ndarray,
        w: Sequence[str] | np.ndarray,
        *,
        arms: Sequence[str] | None = None,
        p: Mapping[str, float] | np.ndarray | None = None,
        cost: Mapping[str, float] | np.ndarray | None = None,
        cluster: np.ndarray | None = None,
        outcome: str = KEPT,
    ) -> Self:
        """A trial from one value a person; an arm of fewer than 50 people is left out, and noted.

        w: names of arms, "none" for nothing. arms: the treatments in the order wanted; None takes
        those given, sorted. p: chances by arm, or float64[n, k + 1] with nothing first; None takes
        the shares of the people in each arm, right where everybody had the same chances. cost:
        money by arm, or float64[n, k].

        Raises TrialError for outcomes or costs that are missing, chances of 0 or 1, an unknown arm,
        negative costs, and where nothing or every treatment was given to fewer than 50 people.

        >>> w = np.repeat(["none", "gift"], 60)
        >>> trial = Trial.checked(np.arange(120.0) % 2, w, cost={"gift": 5.0})
        >>> trial.arms, trial.p[0].tolist(), trial.cost[0].tolist()
        (('gift',), [0.5, 0.5], [5.0])
        """
        y, given = np.asarray(y, np.float64), np.asarray(w).astype(str)
        _check_lengths(y, given)
        names = tuple(sorted(set(given.tolist()) - {NONE}) if arms is None else arms)
        w = _codes(given, names)
        chances = _chances(p, w, names)
        costs = None if cost is None else _costs(cost, len(y), names)
        groups = np.arange(len(y)) if cluster is None else _clusters(cluster, len(y))
        return cls(y, w, chances, names, costs, groups, outcome)._without_small()

    @classmethod
    def of_churn(cls, churned: np.ndarray, w: Sequence[str] | np.ndarray, **given: object) -> Self:
        """A trial of who left: `churned` float64[n] is 1 for a person who left, 0 for one kept.

        Other arguments and errors are those of `checked`.

        >>> w = np.repeat(["none", "gift"], 60)
        >>> float(Trial.of_churn(np.zeros(120), w).y.mean())
        1.0
        """
        kept = 1.0 - np.asarray(churned, np.float64)
        return cls.checked(kept, w, **given)  # type: ignore[arg-type]

    def __len__(self) -> int:
        return len(self.y)

    def __repr__(self) -> str:
        return f"Trial({self.outcome}: {self.people})"

    @property
    def binary(self) -> bool:
        """Whether the outcome is 0 or 1, so that an effect is a share of people."""
        return bool(np.isin(self.y, (0, 1)).all())

    @property
    def people(self) -> dict[str, int]:
        """How many people each arm has, nothing first."""
        sizes = np.bincount(self.w, minlength=len(self.arms) + 1).tolist()
        return dict(zip((NONE, *self.arms), sizes, strict=True))

    def costs(self) -> np.ndarray:
        """Money that each arm costs for each person, float64[n, k].

        Raises TrialError where it is not known.
        """
        if self.cost is None:
            raise TrialError.from_no_cost(self.arms)
        return self.cost

    def take(self, at: np.ndarray) -> Self:
        """The people at some positions, with all arms."""
        return replace(
            self,
            y=self.y[at],
            w=self.w[at],
            p=self.p[at],
            cost=None if self.cost is None else self.cost[at],
            cluster=self.cluster[at],
        )

    def _without_small(self) -> Self:
        """The same trial without arms of fewer than 50 people, whose chances go to the others."""
        sizes = np.array(list(self.people.values()))
        if sizes[0] < LEAST_PEOPLE:
            raise TrialError.from_no_control(int(sizes[0]), LEAST_PEOPLE)
        kept = np.flatnonzero(sizes[1:] >= LEAST_PEOPLE) + 1
        if not len(kept):
            said = ", ".join(f"{arm}: {n:,}" for arm, n in self.people.items() if arm != NONE)
            raise TrialError.from_no_arm(said or "there is none", LEAST_PEOPLE)
        if len(kept) == len(self.arms):
            return self
        return self._of_arms(kept, sizes)

    def _of_arms(self, kept: np.ndarray, sizes: np.ndarray) -> Self:
        """The people of nothing and of some arms, and a note for each other arm."""
        left_out = np.setdiff1d(np.arange(1, len(sizes)), kept)
        notes = tuple(_too_small(self.arms[k - 1], int(sizes[k])) for k in left_out)
        places = np.r_[0, kept]
        found = self.take(np.flatnonzero(np.isin(self.w, places)))
        p = found.p[:, places]
        return replace(
            found,
            w=np.searchsorted(places, found.w),
            p=p / p.sum(axis=1, keepdims=True),
            arms=tuple(self.arms[k - 1] for k in kept),
            cost=None if found.cost is None else found.cost[:, kept - 1],
            notes=notes,
        )


def _too_small(arm: str, people: int) -> Sentence:
    return sentence(
        "{arm} was given to {people:,} people; at least {least} are needed to judge it, so it is "
        "left out.",
        arm=arm,
        people=people,
        least=LEAST_PEOPLE,
    )


def _check_lengths(y: np.ndarray, w: np.ndarray) -> None:
    if y.ndim != 1 or w.shape != y.shape:
        raise TrialError.from_length("the treatment", w.shape, y.shape)
    if missing := int((~np.isfinite(y)).sum()):
        raise TrialError.from_unusable("the outcome", missing, len(y))


def _codes(given: np.ndarray, arms: tuple[str, ...]) -> np.ndarray:
    """What each person was given as a code, 0 for nothing, int64[n]."""
    places = {name: k for k, name in enumerate((NONE, *arms))}
    found, which = np.unique(given, return_inverse=True)
    for name in found:
        if name not in places:
            raise TrialError.from_arm(name, places)
    return np.array([places[name] for name in found], np.int64)[which]


def _chances(
    p: Mapping[str, float] | np.ndarray | None, w: np.ndarray, arms: tuple[str, ...]
) -> np.ndarray:
    """The chance of each arm for each person, float64[n, k + 1]."""
    names = (NONE, *arms)
    if p is None:
        sizes = np.bincount(w, minlength=len(names))
        return np.tile(sizes / max(len(w), 1), (len(w), 1))
    if isinstance(p, Mapping):
        for name in [*p, *names]:
            if name not in names or name not in p:
                raise TrialError.from_arm(name, names if name not in names else p)
        p = np.tile([float(p[name]) for name in names], (len(w), 1))
    p = np.asarray(p, np.float64)
    if p.shape != (len(w), len(names)):
        raise TrialError.from_length("the chance of the arms", p.shape, (len(w), len(names)))
    if missing := int((~np.isfinite(p)).any(axis=1).sum()):
        raise TrialError.from_unusable("the chance of the arms", missing, len(p))
    for name, chance in zip(names, p.T, strict=True):
        if len(chance) and not (chance.min() > 0 and chance.max() < 1):
            raise TrialError.from_propensity(name, chance.min(), chance.max())
    total = p.sum(axis=1)
    if len(total) and np.abs(total - 1).max() > _TOLERANCE:
        raise TrialError.from_chances(float(total[np.abs(total - 1).argmax()]))
    return p


def _costs(cost: Mapping[str, float] | np.ndarray, rows: int, arms: tuple[str, ...]) -> np.ndarray:
    """Money that each arm costs for each person, float64[n, k]."""
    if isinstance(cost, Mapping):
        for name in cost:
            if name not in (NONE, *arms):
                raise TrialError.from_arm(name, arms)
        lacking = [name for name in arms if name not in cost]
        if lacking:
            raise TrialError.from_no_cost(lacking)
        cost = np.tile([float(cost[name]) for name in arms], (rows, 1))
    cost = np.asarray(cost, np.float64)
    if cost.shape != (rows, len(arms)):
        raise TrialError.from_length("the cost", cost.shape, (rows, len(arms)))
    lacking = [arm for arm, c in zip(arms, cost.T, strict=True) if not np.isfinite(c).all()]
    if lacking:
        raise TrialError.from_no_cost(lacking)
    for arm, c in zip(arms, cost.T, strict=True):
        if len(c) and c.min() < 0:
            raise TrialError.from_cost(arm, float(c.min()))
    return cost


def _clusters(cluster: np.ndarray, rows: int) -> np.ndarray:
    """Groups as codes from 0, int64[n]."""
    given = np.asarray(cluster)
    if given.shape != (rows,):
        raise TrialError.from_length("the cluster", given.shape, (rows,))
    return np.unique(given, return_inverse=True)[1].astype(np.int64)
