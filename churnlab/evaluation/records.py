"""Frames as JSON."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class Titled:
    """A table for people: its title, its cells as text, and what stands before and after it."""

    title: str
    frame: pd.DataFrame
    before: str = ""
    after: str = ""


def plain_value(value: Any) -> Any:
    """A value that JSON knows; NaN and infinity become null."""
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame, JSON-ready: what is not known is null."""
    return [{str(k): plain_value(v) for k, v in row.items()} for row in frame.to_dict("records")]
