"""Folds side by side: each on its own thread, with the results of one after another.

LightGBM uses the cores badly where rows are few: its threads wait for each other in every tree.
Boosters of different folds need not wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeVar

import numpy as np

_AT_A_TIME = 8  # rounds of a fold before its thread looks which fold is behind
Item = TypeVar("Item")
Result = TypeVar("Result")


def shared(threads: int, folds: int) -> tuple[int, int]:
    """How many folds go side by side, and the threads of each.

    >>> shared(2, 5), shared(16, 5), shared(1, 5)
    ((2, 1), (5, 3), (1, 1))
    """
    workers = max(1, min(threads, folds))
    return workers, max(1, threads // workers)


def each(work: Callable[[Item], Result], items: Iterable[Item], workers: int) -> list[Result]:
    """What `work` gives for each item, in their order; so many items at a time.

    >>> each(abs, [-1, 2], 2)
    [1, 2]
    """
    if workers == 1:
        return [work(item) for item in items]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, items))


def best_round(
    advance: Callable[[int], float], folds: int, most: int, patience: int, workers: int
) -> int:
    """The round, from 1, with the least mean loss over the folds; the first of equal ones.

    `advance` trains a fold by a round and gives its loss. All folds stop once `patience` rounds in
    a row were no better than the best before, or after `most` rounds; a fold may then have had
    some rounds more than another. Without a fold it is `most`.

    >>> losses = iter([3.0, 1.0, 2.0, 2.0])
    >>> best_round(lambda fold: next(losses), folds=1, most=4, patience=2, workers=1)
    2
    """
    if not folds:
        return most
    race = _Race(advance, folds, most, patience)
    if workers == 1:
        race.run()
        return race.best + 1
    with ThreadPoolExecutor(workers) as pool:
        try:
            list(pool.map(lambda _: race.run(), range(workers)))
        finally:
            race.over = True  # an interrupt or an error ends the other folds too
    return race.best + 1


@dataclass
class _Race:
    """The losses of all folds so far, and which folds a thread is at."""

    advance: Callable[[int], float]
    folds: int
    most: int
    patience: int
    best: int = 0
    means: list[float] = field(default_factory=list)
    over: bool = False

    def __post_init__(self) -> None:
        self.losses: list[list[float]] = [[] for _ in range(self.folds)]
        self.free = set(range(self.folds))
        self.lock = Lock()

    def run(self) -> None:
        """Train the fold that is most behind, again and again, until all stop."""
        while (fold := self._most_behind()) is not None:
            losses = self._rounds(fold)
            with self.lock:
                self.losses[fold] += losses
                self.free.add(fold)
                self._judge()

    def _rounds(self, fold: int) -> list[float]:
        """The losses of some more rounds of a fold."""
        rounds = min(_AT_A_TIME, self.most - len(self.losses[fold]))
        try:
            return [self.advance(fold) for _ in range(rounds) if not self.over]
        except BaseException:
            self.over = True
            raise

    def _most_behind(self) -> int | None:
        with self.lock:
            waiting = [f for f in sorted(self.free) if len(self.losses[f]) < self.most]
            if self.over or not waiting:
                return None
            fold = min(waiting, key=lambda f: len(self.losses[f]))
            self.free.remove(fold)
            return fold

    def _judge(self) -> None:
        """Look at the rounds that all folds have had by now."""
        for i in range(len(self.means), min(map(len, self.losses))):
            if self.over:
                return
            self.means.append(float(np.mean([losses[i] for losses in self.losses])))
            if self.means[i] < self.means[self.best]:
                self.best = i
            self.over = i - self.best >= self.patience
