"""The ids in a frame that a user gives: text or whole numbers, like the ids of a log."""

from __future__ import annotations

import uuid
from collections.abc import Hashable

import pandas as pd

from churnlab.errors import FrameError


def known_ids(frame: str, column: pd.Series) -> pd.Series:
    """The ids of a frame, UUIDs as text; `frame` names it in errors.

    Raises FrameError for text that is no text (half of a surrogate pair), and for truth values,
    lists and mappings, which are no ids.

    >>> known_ids("the users frame", pd.Series([uuid.UUID(int=5)]))[0]
    '00000000-0000-0000-0000-000000000005'
    """
    name = str(column.name)
    if column.dtype == bool:
        raise FrameError.from_wrong_ids(frame, name, "bool")
    if column.dtype != object:
        return column
    wrong = next((type(v).__name__ for v in column if not isinstance(v, Hashable)), None)
    if wrong is not None:
        raise FrameError.from_wrong_ids(frame, name, wrong)
    texts = [v for v in column if isinstance(v, str)]
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        example = next(t for t in texts if not _is_text(t))
        raise FrameError.from_no_text(frame, name, example) from None
    if any(isinstance(v, uuid.UUID) for v in column):
        return column.map(lambda v: str(v) if isinstance(v, uuid.UUID) else v)
    return column


def _is_text(given: str) -> bool:
    return given.encode(errors="replace") == given.encode(errors="surrogatepass")
