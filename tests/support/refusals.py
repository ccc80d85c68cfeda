"""Logs that must be refused in one line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import churnlab as cl
from churnlab.errors import ChurnlabError, LogError

OPTIONS = {"user": "user_id", "time": "ts", "event": "event", "amount": "amount", "timezone": "UTC"}


def events_frame() -> pd.DataFrame:
    """500 sound events of 30 people."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "user_id": [f"{i:04d}" for i in rng.integers(0, 30, 500)],
            "ts": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 10**6, 500), "s"),
            "event": rng.choice(["open", "purchase"], 500),
            "amount": rng.gamma(2, 5, 500).round(2),
        }
    )


def refused(match: str, frame: object = None, path: str | None = None, **changes: object) -> None:
    """The log is refused with a LogError of one line; `changes` are options."""
    options = {**OPTIONS, **changes}
    with pytest.raises(LogError, match=match) as caught:
        cl.EventLog.read(path, **options) if path else cl.EventLog.from_frame(frame, **options)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 3


def one_line(error: Exception) -> bool:
    """Whether an error is of this library and says everything in one line."""
    text = str(error)
    return isinstance(error, ChurnlabError) and "\n" not in text and "a bug of ours" not in text
