"""ReasonsDisplay: shares of first reasons by day."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.explained import explained

from churnlab.errors import ConfigError, FrameError
from churnlab.explanation.displays.mix import ReasonsDisplay

WHY = explained()


def test_shares_of_a_day_sum_to_one_and_are_counted_as_by_hand() -> None:
    table = ReasonsDisplay.from_explanation(WHY).table
    assert table.sum(axis=1).tolist() == pytest.approx([1.0] * 3)
    assert list(table)[-1] == "no reason"
    first = WHY.reason_themes(1)["theme_1"]
    day = first.xs("2026-03-15", level="snapshot")
    assert table.loc["2026-03-15", "silence"] == pytest.approx((day == "silence").mean())


def test_rows_can_be_chosen() -> None:
    risky = (WHY.values.sum(axis=1) > 1).to_numpy()
    table = ReasonsDisplay.from_explanation(WHY, among=risky).table
    assert table["silence"].min() > 0.9


def test_an_index_without_days_and_an_explanation_without_facts_are_refused() -> None:
    alone = WHY.values.reset_index(level="snapshot", drop=True)
    with pytest.raises(FrameError, match="'snapshot'"):
        ReasonsDisplay.from_explanation(replace(WHY, values=alone))
    with pytest.raises(ConfigError):
        ReasonsDisplay.from_explanation(replace(WHY, facts=None))
