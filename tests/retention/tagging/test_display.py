"""The picture of tags: which are drawn, in which order, and what stands beside them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from churnlab.retention.tagging.display import TagsDisplay


def table(lifts: list[float]) -> pd.DataFrame:
    """The table of some tags; the share of a tag falls as its number rises."""
    lift = np.array(lifts)
    return pd.DataFrame(
        {
            "tag": [f"t{i}" for i in range(len(lift))],
            "share": 0.5 - 0.01 * np.arange(len(lift)),
            "lift": lift,
            "lift_low": lift - 0.1,
            "lift_high": lift + 0.2,
            "p": np.where(lift > 1.5, 0.01, 0.5),
        }
    )


def names(display: TagsDisplay) -> list[str]:
    """The tags from the bottom up."""
    return [label.get_text() for label in display.plot().ax_.get_yticklabels()]


def test_tags_rise_by_lift_and_have_their_intervals() -> None:
    display = TagsDisplay(table([2.0, 0.5, 1.2]))
    assert names(display) == ["t1", "t2", "t0"]
    sure, chance = display.ax_.containers
    assert sure.lines[0].get_xydata().tolist() == [[2.0, 2.0]]
    [[low, high]] = [segment[:, 0] for segment in sure.lines[2][0].get_segments()]
    assert (low, high) == pytest.approx((1.9, 2.2))
    assert chance.lines[0].get_xydata().tolist() == [[0.5, 0.0], [1.2, 1.0]]


def test_of_many_tags_the_twelve_at_each_end_are_drawn() -> None:
    drawn = names(TagsDisplay(table([0.1 * (i + 1) for i in range(40)])))
    assert drawn == [f"t{i}" for i in [*range(12), *range(28, 40)]]


def test_without_churn_the_largest_shares_are_drawn() -> None:
    display = TagsDisplay(table([np.nan] * 40))
    assert names(display) == [f"t{i}" for i in range(11, -1, -1)]
    assert [bar.get_width() for bar in display.ax_.patches] == pytest.approx(
        [0.5 - 0.01 * i for i in range(11, -1, -1)]
    )
