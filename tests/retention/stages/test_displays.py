"""Pictures of tiers on made-up figures."""

from __future__ import annotations

import numpy as np
import pandas as pd

from churnlab.features.life import ABSENT, ORDER
from churnlab.retention.stages.displays import MovesDisplay, TiersDisplay


def test_a_share_who_churned_stands_on_a_bar_only_where_it_is_known() -> None:
    churn = [0.1, np.nan, 0.0, 0.5, 0.9, 1.0]
    figures = pd.DataFrame({"tier": ORDER, "people": [5, 4, 3, 2, 1, 0], "churn": churn})
    shown = [text.get_text() for text in TiersDisplay(figures).plot().ax_.texts]
    assert shown == ["10% churned", "0% churned", "50% churned", "90% churned", "100% churned"]


def test_bars_of_both_sides_are_as_high_as_their_people() -> None:
    rows = [("core", "core", 60, 0.6), ("core", "lost", 40, 0.4), (ABSENT, "newcomer", 100, 1.0)]
    figures = pd.DataFrame(rows, columns=["from", "to", "people", "share"])
    axes = MovesDisplay(figures, "2026-03-01", "2026-03-29").plot().ax_
    heights = sorted(round(bar.get_height(), 6) for bar in axes.patches)
    assert heights == [0.2, 0.3, 0.5, 0.5, 0.5]
    bottom, top = axes.get_ylim()
    ends = [bar.get_y() + bar.get_height() for bar in axes.patches]
    assert max(ends) <= bottom and min(bar.get_y() for bar in axes.patches) >= top
