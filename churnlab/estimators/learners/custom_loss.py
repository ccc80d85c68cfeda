"""CustomLoss: a loss that LightGBM does not have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class CustomLoss:
    """A loss that LightGBM does not have, with k raw scores a row.

    gradients: first and second derivatives, float64[n, k] each, of labels float64[n] and scores
    float64[n, k]. loss: the loss of each row, float64[n], of the same. start: the scores at which
    the trees begin, float64[k].
    """

    gradients: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
    loss: Callable[[np.ndarray, np.ndarray], np.ndarray]
    start: np.ndarray

    def objective(self, scores: np.ndarray, data: Any) -> tuple[np.ndarray, np.ndarray]:
        """The derivatives, with the signature of LightGBM's `objective`."""
        labels = np.asarray(data.get_label(), np.float64)
        slope, bend = self.gradients(labels, scores + self.start)
        weight = data.get_weight()
        if weight is None:
            return slope, bend
        counts = np.asarray(weight, np.float64)[:, None]
        return slope * counts, bend * counts

    def measure(self, scores: np.ndarray, data: Any) -> tuple[str, float, bool]:
        """The mean loss, with the signature of LightGBM's `feval`."""
        labels = np.asarray(data.get_label(), np.float64)
        losses = self.loss(labels, scores + self.start)
        return "loss", float(np.average(losses, weights=data.get_weight())), False
