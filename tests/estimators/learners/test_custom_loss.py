"""A loss of our own: where its trees begin, and what they lower."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from support.made_models import known_shop

from churnlab.estimators.learners import boosting, folds
from churnlab.estimators.learners.custom_loss import CustomLoss
from churnlab.estimators.learners.plan import Plan

FRAME, _, _ = known_shop()
X = FRAME.to_numpy()
PLAN = Plan("poisson", 0.1, 7, 20, 1.0, 12, seed=0, threads=1)
INNER = folds.by_person(np.arange(len(X)), 0)


def test_a_custom_loss_begins_at_its_start_and_lowers_the_loss() -> None:
    target = np.nan_to_num(X[:, 0])

    def gradients(y: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return scores - np.column_stack([y, -y]), np.ones_like(scores)

    def loss(y: np.ndarray, scores: np.ndarray) -> np.ndarray:
        return ((scores - np.column_stack([y, -y])) ** 2).sum(axis=1) / 2

    task = CustomLoss(gradients, loss, np.array([3.0, -3.0]))
    plan = replace(PLAN, rounds=60, learning_rate=0.2)
    booster, unseen = boosting.fit_custom(plan, task, X, target, [], INNER)
    scores = boosting.raw(booster, X, 1)
    assert scores.shape == unseen.shape == (len(X), 2)
    before = loss(target, np.tile(task.start, (len(X), 1))).mean()
    assert loss(target, scores).mean() < loss(target, unseen).mean() < 0.1 * before
