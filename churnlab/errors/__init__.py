"""Every error that churnlab raises on purpose: what broke, what was given, what to do, in one line.

All are `ValueError`s, so that code which knows nothing of churnlab can catch them. Texts are built in `from_*`
constructors, never where they are raised. `exit_code` is what the command line returns.
"""

from churnlab.errors.base import ChurnlabError, ConfigError, near
from churnlab.errors.data import FrameError, HistoryError
from churnlab.errors.kept import ModelError, OutputError, StoreError
from churnlab.errors.log import LogError

__all__ = [
    "ChurnlabError",
    "ConfigError",
    "FrameError",
    "HistoryError",
    "LogError",
    "ModelError",
    "OutputError",
    "StoreError",
    "near",
]
