"""What all displays share: axes, language, a picture in a notebook, checked labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from support.pictures import cut_off, skip_without_letters

from churnlab.errors import ChurnlabError, ConfigError
from churnlab.report.displays.calibration import CalibrationDisplay, DecilesDisplay
from churnlab.report.displays.display import by_name, checked, predicted_by
from churnlab.report.displays.gains import GainsDisplay
from churnlab.report.displays.thresholds import ThresholdsDisplay
from churnlab.report.drawing import new_figure

Y, P = np.tile([0.0, 0, 1], 20), np.linspace(0, 0.9, 60)
DISPLAYS = [GainsDisplay, CalibrationDisplay, DecilesDisplay, ThresholdsDisplay]


@pytest.mark.parametrize("kind", DISPLAYS)
def test_a_display_shows_itself_but_on_axes_of_others(kind: Any) -> None:
    alone = kind.from_predictions(Y, P)
    picture, size = alone._repr_png_()
    assert picture[:4] == b"\x89PNG"
    assert size == {"width": round(6.4 * 96), "height": round(alone.height * 96)}
    figure, axes = new_figure()
    drawn = kind.from_predictions(Y, P, ax=axes)
    assert drawn.ax_ is axes
    assert drawn.figure_ is figure
    assert drawn._repr_png_() is None
    assert drawn.plot()._repr_png_() is not None


@pytest.mark.parametrize("kind", DISPLAYS)
def test_an_estimator_and_its_predictions_are_drawn_alike(kind: Any) -> None:
    X = pd.DataFrame({"a": P})
    model = DummyClassifier(strategy="stratified", random_state=0).fit(X, Y)
    one = kind.from_estimator(model, X, Y)
    other = kind.from_predictions(Y, model.predict_proba(X)[:, 1], **_named(kind))
    assert one._repr_png_() == other._repr_png_()


def _named(kind: Any) -> dict[str, str]:
    named = kind in (GainsDisplay, CalibrationDisplay)
    return {"name": "DummyClassifier"} if named else {}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", DISPLAYS)
def test_labels_fit_into_small_and_wide_pictures(kind: Any, language: str) -> None:
    skip_without_letters(language)
    for width in (400 / 96, 1400 / 96):
        display = kind.from_predictions(Y, P).plot(language=language, width=width)
        assert cut_off(display.ax_) == []


@pytest.mark.parametrize("kind", DISPLAYS)
def test_labels_are_in_the_language(kind: Any) -> None:
    display = kind.from_predictions(Y, P).plot(language="zh")
    assert display.ax_.get_xlabel() != kind.from_predictions(Y, P).ax_.get_xlabel()
    with pytest.raises(ConfigError, match="unknown language"):
        display.plot(language="xx")


def test_names_of_contenders_are_kept() -> None:
    model = DummyClassifier().fit(P[:, None], Y)
    assert list(predicted_by(model, P[:, None], None)) == ["DummyClassifier"]
    assert list(predicted_by(model, P[:, None], "mine")) == ["mine"]
    assert list(predicted_by({"a": model, "b": model}, P[:, None], None)) == ["a", "b"]
    assert list(by_name(P, None)) == ["churnlab"]
    assert list(by_name({"a": P}, None)) == ["a"]


@pytest.mark.parametrize(
    ("y", "p", "said"),
    [
        ([], {}, "has no row"),
        ([0, 0], {"a": np.zeros(2)}, "one class only"),
        ([0, 2], {"a": np.zeros(2)}, "give 0 \\(stayed\\) and 1"),
        ([0, np.nan], {"a": np.zeros(2)}, "missing or infinite"),
        ([0, 1], {"a": np.zeros(3)}, "3 for 2 labels"),
        ([0, 1], {"a": np.array([0, np.nan])}, "1 of them null"),
    ],
)
def test_labels_and_predictions_that_do_not_fit_are_refused(y: Any, p: Any, said: str) -> None:
    with pytest.raises(ChurnlabError, match=said):
        checked(y, p)
