"""Folds side by side: the results of one after another, on any number of threads."""

from __future__ import annotations

import signal
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.estimators.learners.side_by_side import best_round, each, shared


@pytest.mark.parametrize(
    ("threads", "folds", "wanted"),
    [(1, 5, (1, 1)), (2, 5, (2, 1)), (12, 5, (5, 2)), (4, 0, (1, 4))],
)
def test_no_more_threads_are_used_than_there_are(
    threads: int, folds: int, wanted: tuple[int, int]
) -> None:
    assert shared(threads, folds) == wanted
    assert wanted[0] * wanted[1] <= threads


def test_several_items_are_worked_on_at_a_time_and_come_in_order() -> None:
    both = threading.Barrier(2, timeout=20)  # breaks unless two are there at once

    def work(item: int) -> int:
        both.wait()
        return item * 10

    assert each(work, range(4), 2) == [0, 10, 20, 30]
    assert each(lambda item: item, [], 2) == []


def one_after_another(losses: np.ndarray, patience: int) -> int:
    """The rule of LightGBM's early stopping, on losses float64[folds, rounds]."""
    means = losses.mean(axis=0)
    best = 0
    for i, mean in enumerate(means):
        if mean < means[best]:
            best = i
        if i - best >= patience:
            break
    return best + 1


@given(
    st.integers(1, 6), st.integers(1, 60), st.integers(1, 30), st.integers(1, 4), st.integers(0, 99)
)
def test_the_best_round_is_the_one_of_folds_in_step(
    folds: int, most: int, patience: int, workers: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    losses = np.abs(np.linspace(-1, 2, most)) + rng.integers(0, 3, (folds, most))
    had = [0] * folds

    def advance(fold: int) -> float:
        had[fold] += 1
        if rng.random() < 0.02:
            time.sleep(0.001)
        return float(losses[fold, had[fold] - 1])

    assert best_round(advance, folds, most, patience, workers) == one_after_another(
        losses, patience
    )
    assert max(had) <= most


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_in_a_fold_ends_the_others_and_is_raised(error: type[BaseException]) -> None:
    had = [0, 0]

    def advance(fold: int) -> float:
        had[fold] += 1
        time.sleep(0.001)
        if had[1] == 20:
            raise error("broken")
        return 0.0

    with pytest.raises(error, match="broken"):
        best_round(advance, 2, 10_000, 10_000, 2)
    assert sum(had) < 2000


def test_an_interrupt_of_the_thread_that_waits_ends_the_folds(heeded: None) -> None:
    began = threading.Event()
    had = []

    def advance(fold: int) -> float:
        had.append(fold)
        began.set()
        time.sleep(0.001)
        return 0.0

    def interrupt() -> None:
        began.wait()
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        best_round(advance, 2, 10_000, 10_000, 2)
    assert len(had) < 2000
