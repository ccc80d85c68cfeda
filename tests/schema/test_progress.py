"""Progress: messages, and bars where somebody watches, never elsewhere."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.terminal import in_terminal

import churnlab as cl
from churnlab.schema import progress
from churnlab.schema.progress import bar, counted, drawn_by, silent, uncounted, watched, whole

WORK = """
import numpy as np, pandas as pd, churnlab as cl
from churnlab.schema import progress
progress.DELAY = {delay}
progress._BETWEEN = 0.0  # every step is drawn, however fast the machine is
rng = np.random.default_rng(0)
at = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 60 * 86400, 9000)), "s")
frame = pd.DataFrame({{"u": rng.integers(0, 50, 9000), "t": at, "e": "open"}})
{more}
log = cl.EventLog.from_frame(frame, user="u", time="t", event="e", timezone="UTC", progress={on})
snapshots = cl.Snapshots.at(log.daily(), ["2026-02-01"], targets=[cl.Churn(horizon=7)])
data = cl.build_dataset(log.daily(), snapshots, progress={on})
"""
FIT = """
from churnlab import ChurnClassifier
X = pd.DataFrame(rng.normal(size=(400, 3)), columns=["a__b__1d", "c__d__1d", "e__f__1d"])
model = ChurnClassifier("{algorithm}", n_estimators=30).fit(X, X["a__b__1d"] > 0)
catalogue = pd.DataFrame({{"name": list(X), "signal": "s", "says": "x", "unit": "y"}})
cl.explain(model, X, catalogue, progress={on})
"""


def work(on: object = None, delay: float = 0.0, more: str = "") -> str:
    return WORK.format(on=on, delay=delay, more=more)


def test_silent_work_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    silent("reading events")
    with bar("reading", 3) as step:
        assert step is uncounted
        step(3)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_sees_bars_that_vanish() -> None:
    small_groups = "from churnlab.activity import blocks; blocks.PIECE_BITS = 3"
    said = in_terminal(work(more=small_groups) + FIT.format(algorithm="lightgbm", on=None))
    for words in ("reading events: ", "computing features: ", "trees: ", "explaining: "):
        assert words in said, words
    assert said.endswith("\r") or said.rstrip(" ").endswith("\r")


def test_a_terminal_sees_no_bar_where_none_is_wanted() -> None:
    assert in_terminal(work(False)) == ""
    assert in_terminal(work(more="cl.progress(False)")) == ""
    assert in_terminal(work(), CHURNLAB_PROGRESS="0") == ""


def test_a_terminal_sees_a_fit_as_one_bar_over_all_its_parts() -> None:
    said = in_terminal(work(False) + FIT.format(algorithm="blend", on=None))
    lines = [line for line in said.split("\r") if "trees" in line or "line:" in line]
    assert lines and all(line.startswith("fitting ChurnClassifier: ") for line in lines)


def test_short_work_shows_no_bar() -> None:
    assert in_terminal(work(delay=60.0)) == ""


def test_where_nobody_watches_there_is_none() -> None:
    done = subprocess.run([sys.executable, "-c", work(True)], capture_output=True, check=True)
    assert done.stderr == b"" and done.stdout == b""


def test_a_notebook_sees_a_bar(tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    cells = [nbformat.v4.new_code_cell(work()), nbformat.v4.new_code_cell(work(False))]
    book = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(book, timeout=300, kernel_name="python3").execute()
    assert "reading events" in str(book.cells[0]["outputs"]) and not book.cells[1]["outputs"]


def test_watched_ends_with_what_was_before() -> None:
    with watched(False):
        assert progress._wanted is False
        with watched(None):
            assert progress._wanted is False
        with watched(True):
            assert progress._wanted is True
    assert progress._wanted is None


def test_steps_of_many_threads_add_up_and_never_pass_the_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "somebody_watches", lambda on=None: True)
    monkeypatch.setattr(progress, "DELAY", 0.0)
    with bar("reading", lambda: 1000) as step, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: list(counted([[1, 2]] * 50, step, len)), range(10)))
        step(7)
    said = capsys.readouterr().err
    assert "reading:" in said and "1.01k" not in said
    with bar("scoring", None) as step:
        step(3)
    assert "scoring: " in capsys.readouterr().err


def test_somebody_else_is_told_of_the_outer_bars_that_nobody_sees() -> None:
    done: dict[str, int] = {}

    def tell(what: str) -> progress.Step:
        done[what] = 0
        return lambda more: done.update({what: done[what] + more})

    with (
        progress.told_to(tell),
        whole("fitting", {"trees": 1}),
        bar("trees", lambda: 1 / 0) as step,
    ):
        step(3)
        with bar("inside", 1) as inner:
            inner(1)
        step(4)
    assert done == {"trees": 7}


@pytest.mark.parametrize("algorithm", ["lightgbm", "random_forest"])
def test_bars_change_no_bit(algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    names = ["a__b__1d", "c__d__1d", "e__f__1d"]
    X = pd.DataFrame(rng.normal(size=(300, 3)), columns=names)
    catalogue = pd.DataFrame({"name": names, "signal": "s", "says": "x", "unit": "y"})
    found = []
    for shown in (False, True):
        monkeypatch.setattr(progress, "somebody_watches", lambda on=None, shown=shown: shown)
        model = cl.ChurnClassifier(algorithm, n_estimators=20).fit(X, X["a__b__1d"] > 0)
        found.append((model.predict_proba(X), cl.explain(model, X, catalogue).values.to_numpy()))
    for one, other in zip(*found, strict=True):
        assert np.array_equal(one, other)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The texts of all bars inside, each drawn at once."""
    texts: list[str] = []
    monkeypatch.delenv(progress.OFF, raising=False)
    monkeypatch.setattr(progress, "DELAY", 0.0)
    monkeypatch.setattr(progress, "_BETWEEN", 0.0)
    with drawn_by(texts.append):
        yield texts


def percent(text: str) -> int:
    return int(text.split("%")[0].split(":")[-1])


def test_a_whole_is_the_sum_of_its_parts(drawn: list[str]) -> None:
    with whole("fitting", {"trees": 3, "lines": 1}):
        with bar("trees", lambda: 6) as step:
            step(2)
            assert percent(drawn[-1]) == 25 and drawn[-1].startswith("fitting: trees: ")
            with bar("hidden", 1) as inner:
                inner(1)
            step(9)
        assert percent(drawn[-1]) == 75
        with bar("lines", 2):
            pass  # counts as done at its end
        assert percent(drawn[-1]) == 100
        with bar("more", 1) as step:
            step(1)
        assert drawn[-1].startswith("fitting: more: ") and percent(drawn[-1]) == 100
    assert not any("hidden" in text for text in drawn)
    with bar("after", 1) as step:
        step(1)
    assert any(text.startswith("after: ") for text in drawn)


def test_a_whole_in_a_whole_adds_its_parts(drawn: list[str]) -> None:
    with whole("outer", {"trees": 1}), whole("inner", {"lines": 1}), bar("trees", 1) as step:
        step(1)
    assert not any("inner" in text for text in drawn)
    assert any(text.startswith("outer: trees: 100%") for text in drawn)


def test_a_failure_inside_leaves_no_bar_behind(drawn: list[str]) -> None:
    with pytest.raises(ZeroDivisionError), whole("fitting", {"trees": 1}), bar("trees", 1):
        _ = 1 / 0
    with bar("after", 1) as step:
        step(1)
    assert drawn[-1] == "" and any(text.startswith("after: ") for text in drawn)
