"""Every error that churnlab raises on purpose: what broke, what was given, what to do, in one line.

All are `ValueError`s, so that code which does not know churnlab can catch them. Their texts are
written in `from_*` constructors, never where an error is raised. `exit_code` is the code with which
the command line ends:

| code | class                                                               | meaning           |
|------|---------------------------------------------------------------------|-------------------|
| 2    | `ConfigError`                                                       | usage             |
| 3    | `LogError`, `HistoryError`, `FrameError`, `StoreError`, `ListError` | bad input         |
| 3    | `TrialError`, `ShardError`                                          | bad input         |
| 4    | `ModelError`                                                        | model or registry |
| 5    | `GuardError`, `AuditError`                                          | a guard refused   |
| 6    | `LockedError`, `ScoringError`                                       | another is at it  |
| 7    | `OutputError`, `SinkError`                                          | no output         |
| 99   | `NothingToDo`                                                       | not yet, or done  |
"""

from churnlab.errors.base import ChurnlabError, ConfigError, near
from churnlab.errors.data import FrameError
from churnlab.errors.files import FileError
from churnlab.errors.guard import GuardError
from churnlab.errors.history import HistoryError
from churnlab.errors.kept import LockedError, OutputError, StoreError
from churnlab.errors.lists import (
    AuditError,
    ListError,
    ScoringError,
    ShadowError,
    ShardError,
    SinkError,
)
from churnlab.errors.log import EmptyLogError, LogError
from churnlab.errors.models import ModelError
from churnlab.errors.nothing import NothingToDo
from churnlab.errors.trials import TrialError
from churnlab.errors.value import CostsError

__all__ = [
    "AuditError",
    "ChurnlabError",
    "ConfigError",
    "CostsError",
    "EmptyLogError",
    "FileError",
    "FrameError",
    "GuardError",
    "HistoryError",
    "ListError",
    "LockedError",
    "LogError",
    "ModelError",
    "NothingToDo",
    "OutputError",
    "ScoringError",
    "ShadowError",
    "ShardError",
    "SinkError",
    "StoreError",
    "TrialError",
    "near",
]
