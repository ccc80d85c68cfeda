"""The number of partitions follows from the memory that a log may take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.spark import MARKS, on_spark, options

import churnlab as cl

pytestmark = MARKS


def test_memory_decides_on_more_parts(
    session: Any, community: cl.datasets.Community, tmp_path: Path
) -> None:
    frame = on_spark(session, community.events, tmp_path)
    activity = cl.EventLog.from_frame(frame, **options(community), memory=1_000_000).daily()
    assert activity.parts == -(-len(community.events) * 128 // 1_000_000) > 3


def test_people_are_not_counted_on_spark_and_it_is_said_what_to_do(
    session: Any, community: cl.datasets.Community, tmp_path: Path
) -> None:
    frame = on_spark(session, community.events, tmp_path)
    activity = cl.EventLog.from_frame(frame, **options(community)).daily()
    for count in (
        lambda: cl.retention.cohorts(activity),
        lambda: cl.retention.funnel(activity, ["open", "social"]),
        lambda: cl.retention.churn_nodes(activity, silent=[7]),
        lambda: cl.retention.tiers(activity, activity.start + 60),
        lambda: cl.retention.tags(activity, activity.start + 60, {"keen": "active[7] > 3"}),
    ):
        with pytest.raises(cl.ChurnlabError, match='on one machine.*engine = "local"'):
            count()
