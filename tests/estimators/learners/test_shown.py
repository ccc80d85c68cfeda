"""A fit is one bar; see tests/schema/test_progress.py for what a terminal sees."""

from __future__ import annotations

import numpy as np
import pytest

import churnlab as cl
from churnlab.estimators.learners.shown import SHARES, as_one_bar
from churnlab.schema import progress


def test_the_method_keeps_its_name_its_result_and_its_error() -> None:
    @as_one_bar
    def learn(self: object, given: int, judged: object) -> int:
        """Learn."""
        return 1 // given

    assert learn.__name__ == "learn" and learn(None, 1, None) == 1
    with pytest.raises(ZeroDivisionError):
        learn(None, 0, None)


@pytest.mark.parametrize("kind", [cl.ChurnClassifier, cl.LTVRegressor])
def test_the_shares_are_those_of_bars_that_a_fit_has(
    kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts: list[str] = []
    monkeypatch.delenv(progress.OFF, raising=False)
    monkeypatch.setattr(progress, "DELAY", 0.0)
    monkeypatch.setattr(progress, "_BETWEEN", 0.0)
    X = np.random.default_rng(0).normal(size=(300, 3))
    with progress.drawn_by(texts.append):
        kind(n_estimators=5, n_jobs=1).fit(X, X[:, 0] > 0)
    named = {text.split(": ")[1] for text in texts if text.count(": ") > 1}
    assert all(text.startswith(f"fitting {kind.__name__}") for text in texts if text)
    assert {"learning how many trees", "growing trees", "folds of the line"} <= named <= set(SHARES)


def test_a_model_that_is_fitted_again_only_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []
    monkeypatch.delenv(progress.OFF, raising=False)
    monkeypatch.setattr(progress, "DELAY", 0.0)
    monkeypatch.setattr(progress, "_BETWEEN", 0.0)
    X = np.random.default_rng(0).normal(size=(300, 3))
    model = cl.ChurnClassifier(n_estimators=5, n_jobs=1).fit(X, X[:, 0] > 0)
    with progress.drawn_by(texts.append):
        model.refit(X, X[:, 0] > 0)
    assert any(text.startswith("fitting ChurnClassifier: growing trees: 100%") for text in texts)
