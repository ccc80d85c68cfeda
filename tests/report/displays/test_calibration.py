"""CalibrationDisplay and DecilesDisplay: tables and points."""

from __future__ import annotations

import numpy as np

from churnlab.report.displays.calibration import CalibrationDisplay, DecilesDisplay

Y, P = np.tile([0.0, 0, 1], 20), np.linspace(0.01, 0.6, 60)


def test_points_lie_at_the_means_and_their_areas_are_rows() -> None:
    display = CalibrationDisplay.from_predictions(Y, np.where(P < 0.3, 0.1, P), bins=4)
    table = display.tables["churnlab"]
    points = display.ax_.collections[0]
    assert (
        np.asarray(points.get_offsets()).tolist()
        == table[["predicted", "observed"]].to_numpy().tolist()
    )
    areas = points.get_sizes()
    assert areas.argmax() == table["rows"].to_numpy().argmax()


def test_several_contenders_are_drawn() -> None:
    display = CalibrationDisplay.from_predictions(Y, {"a": P, "b": P / 2})
    assert len(display.ax_.collections) == 2


def test_tenths_of_amounts_stand_side_by_side() -> None:
    display = DecilesDisplay.from_predictions(P * 100, P * 90, bins=5)
    assert len(display.ax_.patches) == 10
    assert display.table["observed"].is_monotonic_increasing
