"""Results as JSON: frames as lists of records, sentences as template and values.

A sentence is stored as its English text, for people and programs that read the file, and as
template and values, so that a stored result can be shown in any language later.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from churnlab.language.sentence import Sentence, Words


def json_value(value: Any) -> Any:
    """A value that JSON knows; NaN and infinity become null.

    >>> json_value(np.float64("nan")), json_value(np.int64(3))
    (None, 3)
    """
    if isinstance(value, Sentence):
        return {"text": str(value), **json_value(value.to_dict())}
    if isinstance(value, Mapping):
        return {name: json_value(inner) for name, inner in value.items()}
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame, JSON-ready; a missing value is null.

    >>> records(pd.DataFrame({"day": ["2026-01-01"], "auc": [float("nan")]}))
    [{'day': '2026-01-01', 'auc': None}]
    """
    return [{str(k): json_value(v) for k, v in row.items()} for row in frame.to_dict("records")]


def frame_from(stored: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """The frame that `records` was called on.

    >>> frame_from([{"day": "2026-01-01", "auc": None}])
              day  auc
    0  2026-01-01  NaN
    """
    rows = [{name: words_from(value) for name, value in row.items()} for row in stored]
    return pd.DataFrame(rows).replace({None: np.nan})


def words_from(stored: Any) -> Any:
    """A sentence from its stored form; any other value as it is.

    >>> str(words_from({"text": "2 rows", "template": "{n} rows", "values": {"n": 2}}))
    '2 rows'
    """
    return Sentence.from_dict(stored) if isinstance(stored, Mapping) else stored


def words_list(stored: Iterable[Any]) -> tuple[Words, ...]:
    """Sentences from their stored form, such as the warnings of a result.

    >>> words_list(["few people"])
    ('few people',)
    """
    return tuple(words_from(words) for words in stored)
