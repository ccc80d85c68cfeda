"""Models in a forked child of a process that has used LightGBM, in real forks with a hard limit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from churnlab.kernels import forks

PROGRAM = """
import multiprocessing, sys, tempfile, warnings
import numpy as np
import churnlab as cl

X = np.random.default_rng(0).normal(size=(3000, 4))
y = (X[:, 0] > 0).astype(float)
PARENT = {parent!r}
folder = tempfile.mkdtemp()
if PARENT == "churnlab":
    before = cl.ChurnClassifier(n_estimators=5).fit(X, y)
    right = before.predict_proba(X)
    before.save(folder)
else:
    import lightgbm
    lightgbm.train({{"verbosity": -1, "num_threads": 4}}, lightgbm.Dataset(X, y), 3)

def child(pipe):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        model = cl.ChurnClassifier(n_estimators=5).fit(X, y)
        same = True
        if PARENT == "churnlab":
            from churnlab.estimators.loading import load
            same = bool((model.predict_proba(X) == right).all())
            same = same and bool((before.predict_proba(X) == right).all())
            same = same and bool((load(folder).predict_proba(X) == right).all())
            before.contributions(X[:50])
        cl.LTVRegressor("lightgbm", objective="ziln", n_estimators=3).fit(X, np.abs(X[:, 0]))
        cl.ChurnClassifier("random_forest", n_estimators=3).fit(X, y).predict(X)
    pipe.send((same, [str(w.message) for w in told if "forked" in str(w.message)]))

fork = multiprocessing.get_context("fork")
here, there = fork.Pipe()
process = fork.Process(target=child, args=(there,))
process.start()
done = here.poll(150)
process.kill()
process.join()
assert done, "the child hangs"
same, told = here.recv()
assert same, "the child predicts other numbers"
assert len(told) == 1, told
print("ok")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("parent", ["churnlab", "lightgbm"])
def test_models_work_in_a_forked_child(parent: str) -> None:
    root = str(Path(__file__).parents[2])
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM.format(parent=parent)],
        capture_output=True,
        text=True,
        timeout=280,
        env={**os.environ, "PYTHONPATH": root, "OMP_NUM_THREADS": "4"},
        check=False,
    )
    assert ran.stdout.strip() == "ok", ran.stderr[-2000:]


def test_a_process_that_was_not_forked_uses_what_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert forks.threads(3) == 3
    monkeypatch.setitem(forks._state, "forked", True)
    monkeypatch.setitem(forks._state, "told", False)
    assert forks.threads(1) == 1
    with pytest.warns(UserWarning, match="models use one thread here"):
        assert forks.threads(2) == 1
    assert forks.threads(8) == 1  # said once: a second warning would be an error
    called: list[int] = []
    monkeypatch.setattr(forks, "_in_child", [])
    forks.in_children(lambda: called.append(1))
    assert called == [1]
