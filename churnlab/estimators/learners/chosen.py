"""Chosen: what a fit chose, so that the same model can be fitted again without choosing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Self


class TreeSize(NamedTuple):
    """Size of a booster: the number of its rounds, and the most leaves of a tree."""

    rounds: int
    leaves: int


@dataclass(frozen=True)
class Chosen:
    """What a fit chose by out-of-fold predictions and by later days.

    trees: the size of each booster; a hurdle has two, a median up to three, a forest none. share:
    of the trees in the churn blend, or of the expected spending in the value blend; None without
    such a member. day_effects: whether snapshots have effects of their own. total: the factor that
    made totals right. left_out: positions of the columns that were not learnt from. strength: the
    share of its freedom that the logistic line had (`learners.small`). errors: quantiles of the
    errors of log money among payers (`learners.payers`).

    >>> chosen = Chosen((TreeSize(120, 7),), share=0.5)
    >>> Chosen.of(chosen.state()) == chosen
    True
    """

    trees: tuple[TreeSize, ...] = ()
    share: float | None = None
    day_effects: bool = False
    total: float = 1.0
    left_out: tuple[int, ...] = ()
    strength: float | None = None
    errors: tuple[float, ...] = ()

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Self:
        """The record that `state()` wrote down, also after a way through JSON."""
        trees = tuple(TreeSize(*size) for size in state["trees"])
        left_out, errors = tuple(state["left_out"]), tuple(state.get("errors", ()))
        return cls(**{**state, "trees": trees, "left_out": left_out, "errors": errors})

    def state(self) -> dict[str, Any]:
        """The fields as plain JSON values."""
        return asdict(self)
