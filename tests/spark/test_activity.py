"""The number of partitions follows from the memory that a log may take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support.spark import MARKS, on_spark, options

import churnlab as cl

pytestmark = MARKS


def test_memory_decides_on_more_parts(
    session: Any, community: cl.datasets.Community, tmp_path: Path
) -> None:
    frame = on_spark(session, community.events, tmp_path)
    activity = cl.EventLog.from_frame(frame, **options(community), memory=1_000_000).daily()
    assert activity.parts == -(-len(community.events) * 128 // 1_000_000) > 3
