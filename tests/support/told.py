"""What reasons say of one row of facts."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from churnlab.explanation.reasons import Chosen
from churnlab.features.reasons.reason import Reason


def told(
    reasons: Iterable[Reason], language: str = "en", sign: str = "", **facts: float
) -> list[str]:
    """The sentences that facts, by their names without `fact__`, support; all others are missing."""
    every = list(reasons)
    named = {f.name for r in every for f in r.facts.values()}
    given = {name if name.startswith("btyd") else f"fact__{name}": v for name, v in facts.items()}
    assert set(given) - {n for n in given if n.startswith("btyd")} <= named, set(given) - named
    frame = pd.DataFrame({**dict.fromkeys(named, np.nan), **given}, index=[0])
    holds = [i for i, r in enumerate(every) if r.speaks(frame.columns) and r.holds(frame)[0]]
    return (
        Chosen(every, np.array([holds], int), frame).said(language, sign)[0].tolist()
        if holds
        else []
    )
