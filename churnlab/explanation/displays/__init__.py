"""Displays in scikit-learn's manner: figures of predictions and of explanations.

Each has `from_…` constructors that compute, and `plot(ax, language=…)` that draws; one that was
drawn on a figure of its own shows itself in a notebook.
"""

from churnlab.explanation.displays.beeswarm import BeeswarmDisplay
from churnlab.explanation.displays.dependence import DependenceDisplay
from churnlab.explanation.displays.importance import ImportanceDisplay
from churnlab.explanation.displays.mix import ReasonsDisplay
from churnlab.explanation.displays.waterfall import WaterfallDisplay
from churnlab.report.displays.calibration import CalibrationDisplay, DecilesDisplay
from churnlab.report.displays.gains import GainsDisplay
from churnlab.report.displays.segments import SegmentsDisplay
from churnlab.report.displays.thresholds import ThresholdsDisplay

__all__ = [
    "BeeswarmDisplay",
    "CalibrationDisplay",
    "DecilesDisplay",
    "DependenceDisplay",
    "GainsDisplay",
    "ImportanceDisplay",
    "ReasonsDisplay",
    "SegmentsDisplay",
    "ThresholdsDisplay",
    "WaterfallDisplay",
]
