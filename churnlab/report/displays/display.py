"""Display: what all displays share, and how they take labels and predictions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np

from churnlab.errors import FrameError, HistoryError
from churnlab.estimators.base import TreeModel
from churnlab.evaluation.contenders import MODEL, predict
from churnlab.language.catalogues import ENGLISH
from churnlab.report.axes import figure_of
from churnlab.report.drawing import Axes, Figure, legend_above, legend_beside, png

_DPI = 144
_PIXELS_AN_INCH = 96


class Display:
    """Base of the displays: what was computed is kept, and `plot` draws it.

    A display shows itself in a notebook, but where it was drawn on axes that were given: those are
    shown by the figure that they belong to. After `plot`, `ax_` and `figure_` are what was drawn
    on.
    """

    width: ClassVar[float] = 6.4
    height: float = 3.8
    grid: ClassVar[Literal["x", "y"]] = "y"
    ax_: Axes
    figure_: Figure
    _given: bool = False

    def plot(
        self, ax: Axes | None = None, *, language: str = ENGLISH, width: float | None = None
    ) -> Self:
        """Draw on `ax`, or on a new figure of a `width` in inches; labels are in `language`.

        Raises ConfigError for a language without a catalogue.
        """
        self._given = ax is not None
        self.figure_, self.ax_ = figure_of(ax, width or self.width, self.height, self.grid)
        self.draw(self.ax_, language)
        return self

    def draw(self, axes: Axes, language: str) -> None:
        """Draw what was computed on axes."""
        raise NotImplementedError

    def legend(self, axes: Axes, columns: int = 1) -> None:
        """A legend above the axes; over the whole width where the figure is the display's own."""
        if self._given:
            legend_beside(axes, columns)
        else:
            legend_above(self.figure_, columns)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def _repr_png_(self) -> tuple[bytes, dict[str, int]] | None:
        if not hasattr(self, "figure_"):
            self.plot()
        if self._given:
            return None
        wide, high = self.figure_.get_size_inches()
        size = {"width": round(wide * _PIXELS_AN_INCH), "height": round(high * _PIXELS_AN_INCH)}
        return png(self.figure_, _DPI), size


def predicted_by(estimator: Any, X: Any, name: str | None) -> dict[str, np.ndarray]:
    """What estimators predict for X, by name; several are given as a mapping by name.

    >>> from sklearn.dummy import DummyClassifier
    >>> model = DummyClassifier().fit([[1], [2]], [0, 1])
    >>> list(predicted_by({"a rule": model}, np.array([[1]]), None))
    ['a rule']
    """
    if isinstance(estimator, Mapping):
        return {str(key): predict(one, X) for key, one in estimator.items()}
    own = MODEL if isinstance(estimator, TreeModel) else type(estimator).__name__
    return {name or own: predict(estimator, X)}


def by_name(y_pred: Any, name: str | None) -> dict[str, np.ndarray]:
    """Predictions by name: several as they were given, one under `name` or as ours.

    >>> by_name([0.2, 0.7], None)
    {'churnlab': array([0.2, 0.7])}
    """
    if isinstance(y_pred, Mapping):
        return {str(key): np.asarray(p, np.float64) for key, p in y_pred.items()}
    return {name or MODEL: np.asarray(y_pred, np.float64)}


def checked(y: Any, predictions: Mapping[str, np.ndarray], binary: bool = True) -> np.ndarray:
    """Labels float64[n] that fit the predictions; 0 or 1, and both, where they are `binary`.

    Raises HistoryError without rows or with one class, FrameError for other labels, and for
    predictions of another length or that are not finite.

    >>> checked([0, 1], {"churnlab": np.array([0.1, 0.2])})
    array([0., 1.])
    """
    truth = np.asarray(y, np.float64)
    if not len(truth) or not predictions:
        raise HistoryError.from_no_rows("a display")
    if missing := int((~np.isfinite(truth)).sum()):
        raise FrameError.from_missing_labels(missing, len(truth))
    if binary and not np.isin(truth, (0, 1)).all():
        raise FrameError.from_label_kind("other numbers", "0 (stayed) and 1 (churned)")
    if binary and truth.min() == truth.max():
        raise HistoryError.from_one_class("y", truth[0], len(truth))
    for name, p in predictions.items():
        if p.shape != truth.shape or not np.isfinite(p).all():
            bad = int((~np.isfinite(p)).sum())
            raise FrameError.from_bad_predictions(name, p.size, len(truth), bad)
    return truth
