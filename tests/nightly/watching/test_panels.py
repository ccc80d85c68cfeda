"""Panels: the values that are drawn are those of the manifests and the grades."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.nights import DAYS, guard, odd_week, publish

import churnlab as cl
from churnlab.nightly.watching.panels import panels


def series(folder: Path, nights: int) -> dict[str, list[float]]:
    """The values of each series by panel and label."""
    return {
        f"{title}: {one.label}": list(one.values)
        for title, (lines, _) in panels(cl.watch(folder, nights).nights)
        for one in lines
    }


def test_each_night_has_its_values(tmp_path: Path) -> None:
    found = series(odd_week(tmp_path), 7)
    nan = float("nan")
    for name, want in {
        "People on the list: on the list": [20, 20, nan, nan, 20, 20, nan],
        "Who entered and left: entered": [nan, 3, nan, nan, nan, nan, nan],
        "Who entered and left: left": [nan, -2, nan, nan, nan, nan, nan],
        "Events of the newest day: events": [900, 900, nan, 900, 900, 900, nan],
        "Events by role, of what is usual: push_sent": [nan, nan, nan, 0, 0, nan, nan],
        "Mean probability and what came: mean probability": [0.2, 0.2, nan, 0.6, 0.2, 0.2, nan],
        "Mean probability and what came: churned": [0.2, *[nan] * 6],
        "AUC: estimate and grade: grade": [0.875, *[nan] * 6],
        "How far scores moved (PSI): against the last list": [
            0.01,
            0.2,
            nan,
            0.01,
            0.01,
            0.01,
            nan,
        ],
        "Missing features by signal: order": [0.3, 0.3, nan, 0.3, 0.3, 0.3, nan],
    }.items():
        assert found[name] == pytest.approx(want, nan_ok=True), name
    themes = found["Themes of the first reasons: Pushes go unopened"]
    assert themes[0] == pytest.approx(0.9) and np.isnan(themes[2])


def test_the_roles_that_fell_most_stand_first(tmp_path: Path) -> None:
    shares = {"all": 0.1, "a": 0.9, "b": 0.4, "c": 0.7, "d": 0.8, "e": 1.0}
    guards = tuple(guard(f"volume_least {n}", share, True) for n, share in shares.items())
    publish(tmp_path, DAYS[0], guards=guards)
    roles = [n.split(": ")[1] for n in series(tmp_path, 1) if n.startswith("Events by role")]
    assert roles == ["b", "c", "d", "a"]
