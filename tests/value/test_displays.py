"""Displays of value: what is drawn, in which language."""

from __future__ import annotations

import pandas as pd
from support.pictures import skip_without_letters

from churnlab.value.acquired import NO_CHANNEL
from churnlab.value.displays import ChannelsDisplay, LiftsDisplay


def lifts(n: int) -> LiftsDisplay:
    rows = pd.DataFrame(
        {"group": "g", "trait": "device", "member": "phone", "lift": 2.0, "low": 1.5, "high": 3.0},
        index=range(n),
    )
    return LiftsDisplay(rows, ["g"], {"g": "group", "device": "device", "phone": "phone"})


def test_lifts_are_points_with_intervals_and_at_most_twelve() -> None:
    axes = lifts(30).plot().ax_
    assert len(axes.get_yticklabels()) == 12
    assert axes.get_yticklabels()[0].get_text() == "device: phone"
    low, high = axes.lines[0].get_xdata()
    assert (low, high) == (1.5, 3.0)
    assert lifts(30).height > lifts(3).height


def test_lifts_are_drawn_in_chinese() -> None:
    assert lifts(2).plot().ax_.get_xlabel() == "times as often as others"
    skip_without_letters("zh")
    assert lifts(2).plot(language="zh").ax_.get_xlabel() == "是其他人的几倍"


def test_people_without_a_channel_are_said_in_the_language_of_the_picture() -> None:
    rows = pd.DataFrame(
        {
            "channel": [NO_CHANNEL],
            "people": 9,
            "cost_per_person": 1.0,
            "value_30": 2.0,
            "extrapolated_30": 0.5,
        }
    )
    curves = pd.DataFrame({"channel": NO_CHANNEL, "age": [0, 30], "value": [0.0, 2.0]})
    shown = ChannelsDisplay(curves, rows, [30], "€")
    for language, first in (("en", "no channel"), ("zh", "无渠道")):
        legend = shown.plot(language=language).figure_.legends[0]
        assert legend.get_texts()[0].get_text() == first
