"""The picture of churn nodes."""

from __future__ import annotations

import churnlab as cl


def test_each_node_has_a_point_at_its_rate() -> None:
    activity = cl.datasets.make_community(users=200, days=120, seed=3).log().daily()
    found = cl.retention.churn_nodes(activity, silent=[3, 7])
    shown = found.plot()
    (points,) = [c for c in shown.ax_.collections if len(c.get_offsets()) == 2][-1:]
    assert points.get_offsets()[:, 0].tolist() == found.table()["rate"].tolist()
    assert shown.ax_.texts[0].get_text() == "everybody"
