"""Q(B): what several treatments with costs bring under a budget, for every budget at once.

E. Sverdrup, H. Wu, S. Athey and S. Wager (2025), Qini curves for multi-armed treatment rules,
Journal of Computational and Graphical Statistics (arXiv 2306.11979). At each budget a person gets
at most one treatment: a linear multiple-choice knapsack, solved for all budgets by going down the
slopes of each person's convex hull (H. Kellerer, U. Pferschy and D. Pisinger, 2004, Knapsack
problems, chapter 11). The rule is made of *estimated* effects; what it brings is measured by doubly
robust scores of people whom the models did not see.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from churnlab.errors import ConfigError, TrialError
from churnlab.evaluation.intervals import Interval
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words, sentence
from churnlab.schema.views import view
from churnlab.winback.targeting.rate import ALONE, Sample

_NORMAL_95 = 1.959964
_SLACK = 1e-12


@dataclass(frozen=True, eq=False)
class Steps:
    """Steps of the optimal rule, steepest first: which person goes from which arm to which.

    person, before, after: int64[m], arms as codes, 0 for nothing. cost: money more, float64[m].
    slope: estimated effect more for one unit of money more, float64[m]; infinite where the step
    costs nothing. Slopes of a person fall, so that the steps down to any slope are a rule. arms:
    how many arms there are, nothing included.
    """

    person: np.ndarray
    before: np.ndarray
    after: np.ndarray
    cost: np.ndarray
    slope: np.ndarray
    arms: int

    @classmethod
    def of(cls, effect: np.ndarray, cost: np.ndarray, least: float = 0.0) -> Steps:
        """The steps of all people along their upper left convex hulls.

        effect: estimated effect of each treatment, float64[n, k]. cost: money, at least 0,
        float64[n, k]. least: steps that bring no more than that for one unit of money are left
        out; 0 leaves out what brings nothing, or harms.

        Raises TrialError for negative or missing costs and arrays that do not fit.

        >>> steps = Steps.of(np.array([[30.0, 10.0], [40.0, 50.0]]), np.array([[3.0, 6.0]] * 2))
        >>> steps.person.tolist(), steps.after.tolist(), steps.slope.round(2).tolist()
        ([1, 0, 1], [1, 1, 2], [13.33, 10.0, 3.33])
        """
        effect, cost = _checked(effect, cost)
        effect, cost = (np.column_stack([np.zeros(len(a)), a]) for a in (effect, cost))
        rows = np.arange(len(effect))
        now = np.zeros(len(effect), np.int64)
        made: list[tuple[np.ndarray, ...]] = []
        while len(rows) or not made:
            after, slope, more = _steepest(effect[rows], cost[rows], now[rows])
            going = slope > max(least, 0.0)
            rows, after, slope, more = rows[going], after[going], slope[going], more[going]
            made.append((rows, now[rows], after, more, slope))
            now[rows] = after
        person, before, after, more, slope = (
            np.concatenate(part) for part in zip(*made, strict=True)
        )
        order = np.lexsort((person, -slope))
        ends = before[order], after[order]
        return cls(person[order], *ends, more[order], slope[order], effect.shape[1])

    def take(self, kept: np.ndarray) -> Steps:
        """Some of the steps, bool[m], in their order."""
        ends = self.before[kept], self.after[kept]
        return Steps(self.person[kept], *ends, self.cost[kept], self.slope[kept], self.arms)

    def at(self, spend: float, people: int) -> np.ndarray:
        """The rule that spends `spend` a person on average: shares of each arm, float64[n, k + 1].

        Steps of equal slope are taken in part, all in the same part, where the money ends among
        them; all others in whole. `people` is n.
        """
        rule = np.zeros((people, self.arms))
        rule[:, 0] = 1.0
        share = self.shares(spend * people)
        taken = share > 0
        np.add.at(rule, (self.person[taken], self.before[taken]), -share[taken])
        np.add.at(rule, (self.person[taken], self.after[taken]), share[taken])
        return rule

    def shares(self, budget: float) -> np.ndarray:
        """The part of each step that a budget in all pays for, float64[m], in [0, 1]."""
        first, _ = self._levels()
        total = np.add.reduceat(self.cost, first) if len(first) else np.zeros(0)
        spent = np.cumsum(total) - total
        left = np.clip(budget - spent, 0.0, total)
        part = np.divide(left, total, out=(budget >= spent).astype(float), where=total > 0)
        return np.repeat(part, np.diff(np.r_[first, len(self.slope)]))

    def _levels(self) -> tuple[np.ndarray, np.ndarray]:
        """Where each group of equal slopes begins and ends."""
        steeper = self.slope[:-1] != self.slope[1:]
        first = np.flatnonzero(np.r_[True, steeper][: len(self.slope)])
        return first, np.r_[first[1:], len(self.slope)][: len(first)] - 1

    def path(
        self, scores: np.ndarray, weight: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The curve as money and gain a person at the ends of its straight pieces, float64[m + 1].

        scores: doubly robust scores of each treatment's effect, float64[n, k]; `weight` float64[n]
        says how often each person counts. Both begin at 0.
        """
        people = np.ones(len(scores)) if weight is None else weight
        all_scores = np.column_stack([np.zeros(len(scores)), scores])
        more = all_scores[self.person, self.after] - all_scores[self.person, self.before]
        count = people[self.person]
        _, last = self._levels()
        money, gain = (np.r_[0.0, np.cumsum(x)[last]] for x in (count * self.cost, count * more))
        return money / people.sum(), gain / people.sum()


@dataclass(frozen=True, eq=False)
class BudgetCurve:
    """Q(B) on a grid of budgets, with its standard errors.

    table: budget (money a person), gain (outcomes a person), error, low and high (95% interval).
    drawn: the resampled gains, float64[draws, m], for differences between curves of one seed.
    needed: the budget a person from which on more money changes nothing.

    >>> effect = np.array([[30.0, 10.0], [40.0, 50.0], [10.0, 55.0]])
    >>> cost = np.array([[3.0, 6.0]] * 3)
    >>> curve = BudgetCurve.of(effect, cost, effect, budgets=[5.0])
    >>> curve.at(5.0).value
    45.0
    """

    table: pd.DataFrame
    drawn: np.ndarray = field(repr=False)
    needed: float

    @classmethod
    def of(
        cls,
        effect: np.ndarray,
        cost: np.ndarray,
        scores: np.ndarray,
        *,
        budgets: np.ndarray | list[float] | None = None,
        sample: Sample = ALONE,
        least: float = 0.0,
    ) -> BudgetCurve:
        """The curve of a rule made of estimated effects, valued by doubly robust scores.

        With pi_B the rule of `Steps` that spends B a person, Q(B) is the mean over people of the
        score of what the rule gives them, 0 for nothing. Standard errors are those of random
        halves of the clusters, in each of which the money is spent again; as in the package maq.
        Each fold spends B a person of its own people; folds count by their people.

        effect: estimated effects, float64[n, k]. cost: money, float64[n, k]. scores: doubly robust
        scores, float64[n, k]. budgets: money a person; None takes 50 steps to the largest that can
        be spent. least: as in `Steps.of`.

        Raises ConfigError for a negative budget, TrialError for what `Steps.of` refuses.
        """
        parts = _parts(effect, cost, scores, sample, least)
        needed = max((part.money(None)[0][-1] for part in parts), default=0.0)
        grid = _grid(budgets, needed)
        gain = _gain(parts, grid, None)
        drawn = np.array([_gain(parts, grid, half) for half in sample.halves(len(scores))])
        error = drawn.std(axis=0, ddof=1)
        table = pd.DataFrame(
            {
                "budget": grid,
                "gain": gain,
                "error": error,
                "low": gain - _NORMAL_95 * error,
                "high": gain + _NORMAL_95 * error,
            }
        )
        return cls(table, drawn, float(needed))

    def __repr__(self) -> str:
        return f"BudgetCurve({len(self.table)} budgets, up to {self.needed:,.2f} a person)"

    def plot(self, ax: Any = None, *, what: Words = "", language: str = ENGLISH) -> Any:
        """Draw the curve with its intervals; `what` names what is gained.

        >>> BudgetCurve.of(np.ones((9, 1)), np.ones((9, 1)), np.ones((9, 1))).plot()
        BudgetDisplay()
        """
        display: Any = view("winback.targeting.displays:BudgetDisplay")
        return display({"": self}, what or sentence("gain")).plot(ax, language=language)

    def _repr_html_(self) -> str:
        steps = np.unique(np.linspace(0, len(self.table) - 1, 11).astype(int))
        return str(self.table.iloc[steps].to_html(index=False, float_format="%.4g"))

    def at(self, budget: float) -> Interval:
        """The gain a person at a budget a person, with its 95% interval; linear in the grid.

        Above the largest budget that can be spent it is that of the largest. ConfigError for a
        negative budget.
        """
        _check_budget(budget)
        grid = self.table["budget"].to_numpy()
        value, low, high = (
            float(np.interp(budget, grid, self.table[name])) for name in ("gain", "low", "high")
        )
        return Interval(value, low, high)


@dataclass(frozen=True, eq=False)
class _Part:
    """The steps of one fold and the scores of its people."""

    steps: Steps
    scores: np.ndarray
    people: np.ndarray

    def money(self, kept: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """The path, of the people kept (bool of everybody) or of all of the fold."""
        weight = None if kept is None else kept[self.people].astype(np.float64)
        return self.steps.path(self.scores, weight)


def _parts(
    effect: np.ndarray, cost: np.ndarray, scores: np.ndarray, sample: Sample, least: float
) -> list[_Part]:
    effect, cost = _checked(effect, cost)
    scores = np.asarray(scores, np.float64)
    if scores.shape != effect.shape:
        raise TrialError.from_length("the score", scores.shape, effect.shape)
    fold = sample.folds(len(effect))
    found = []
    for one in np.unique(fold):
        mine = np.flatnonzero(fold == one)
        found.append(_Part(Steps.of(effect[mine], cost[mine], least), scores[mine], mine))
    return found


def _gain(parts: list[_Part], grid: np.ndarray, kept: np.ndarray | None) -> np.ndarray:
    """Gain a person on the grid, the mean over folds by their people."""
    total, people = np.zeros(len(grid)), 0
    for part in parts:
        count = len(part.people) if kept is None else int(kept[part.people].sum())
        if count:
            total += count * np.interp(grid, *part.money(kept))
            people += count
    return total / max(people, 1)


def _steepest(
    effect: np.ndarray, cost: np.ndarray, now: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The arm with the steepest way up from the present one, its slope and its money more.

    Of arms with one slope it is the dearest; free ones come first, by their effect. The slope is
    -inf where no way leads up.
    """
    rows = np.arange(len(effect))
    gain = effect - effect[rows, now][:, None]
    more = cost - cost[rows, now][:, None]
    up = (gain > 0) & (more >= 0)
    free = up & (more <= 0)
    slope = np.full(gain.shape, -np.inf)
    np.divide(gain, more, out=slope, where=up & ~free)
    slope[free] = np.inf
    best = slope.max(axis=1)
    near = slope >= ((1 - _SLACK) * best)[:, None]
    # Among free ways the largest gain, among equal slopes the largest cost: the end of the piece.
    far = np.where(near, np.where(np.isinf(best)[:, None], gain, more), -np.inf)
    after = far.argmax(axis=1)
    return after, best, more[rows, after]


def _checked(effect: np.ndarray, cost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    effect, cost = np.asarray(effect, np.float64), np.asarray(cost, np.float64)
    if effect.ndim != 2 or cost.shape != effect.shape:
        raise TrialError.from_length("the cost", cost.shape, effect.shape)
    if missing := int((~np.isfinite(effect)).any(axis=1).sum()):
        raise TrialError.from_unusable("the estimated effect", missing, len(effect))
    if missing := int((~np.isfinite(cost)).any(axis=1).sum()):
        raise TrialError.from_unusable("the cost", missing, len(cost))
    if cost.size and cost.min() < 0:
        arm = int(np.unravel_index(cost.argmin(), cost.shape)[1])
        raise TrialError.from_cost(f"arm {arm + 1}", float(cost.min()))
    return effect, cost


def _grid(budgets: np.ndarray | list[float] | None, needed: float) -> np.ndarray:
    if budgets is None:
        return np.linspace(0, needed, 51)
    grid = np.unique(np.asarray(budgets, np.float64))
    for budget in grid[:1]:
        _check_budget(float(budget))
    if not np.isfinite(grid).all():
        _check_budget(float("nan"))
    return grid


def _check_budget(budget: float) -> None:
    if not budget >= 0:
        raise ConfigError.from_range("budget", budget, "money of at least 0")
