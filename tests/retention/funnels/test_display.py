"""The picture of a funnel."""

from __future__ import annotations

import churnlab as cl


def test_bars_have_their_people_and_groups_a_mark() -> None:
    made = cl.datasets.make_community(users=80, days=40, seed=3)
    found = cl.retention.funnel(made.log().daily(), ["open", "social"], made.users, by="channel")
    shown = found.plot()
    table = found.table()
    widths = [bar.get_width() for bar in shown.ax_.patches]
    assert widths == table["of_first"].head(2).tolist()
    assert f"{table['people'].iloc[1]:,} (" in shown.ax_.texts[1].get_text()
    assert len(shown.ax_.lines) == 4
