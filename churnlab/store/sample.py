"""A sample of the people in a file, drawn by their ids, and where it cuts people into ranges.

A file's sample holds the people whose ids have the smallest hashes. Every file draws the same
people, in whatever order they come, so the samples of many days count a person once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

SAMPLE = 2_048
_HASH_ROWS = 65_536
_TOP = 2**64 - 1


class Sample:
    """The ids with the smallest hashes of all that were added, at most SAMPLE."""

    def __init__(self) -> None:
        self.ids: dict[int, Any] = {}

    def add(self, ids: pa.ChunkedArray, distinct: bool) -> None:
        """Add ids; `distinct` says that no id occurs twice."""
        for start in range(0, len(ids), _HASH_ROWS):
            some = ids.slice(start, _HASH_ROWS)
            self._add(some.combine_chunks() if distinct else some.unique())

    def _add(self, ids: pa.Array) -> None:
        hashes = hash_ids(ids)
        least = np.arange(len(hashes))
        if len(hashes) > SAMPLE:
            least = np.argpartition(hashes, SAMPLE)[:SAMPLE]
        self.ids |= zip(hashes[least].tolist(), ids.take(pa.array(least)).to_pylist(), strict=True)
        self.ids = dict(sorted(self.ids.items())[:SAMPLE])

    def text(self) -> str:
        """The ids as JSON, in the order of their hashes.

        >>> sample = Sample()
        >>> sample.add(pa.chunked_array([["ann", "bob", "ann"]]), distinct=False)
        >>> sample.text()
        '["bob","ann"]'
        """
        return json.dumps(list(self.ids.values()), separators=(",", ":"))


def range_ends(samples: Iterable[list[Any]], people: int) -> list[Any]:
    """The last ids of ranges of about `people` people, ascending, for files with these samples.

    The last range has no end. Ranges are exact where no file has more than SAMPLE people, and
    never finer than the sample.

    >>> range_ends([[1, 4, 5], [2, 4]], people=2)
    [2]
    """
    seen: dict[int, Any] = {}
    limit = _TOP
    for ids in samples:
        hashes = hash_ids(pa.array(ids)).tolist() if ids else []
        if len(ids) >= SAMPLE:  # above its largest hash the file has people who are not in it
            limit = min(limit, max(hashes))
        seen |= {h: i for h, i in zip(hashes, ids, strict=True) if h <= limit}
    drawn = sorted(i for h, i in seen.items() if h <= limit)
    step = max(1, round(people * (limit / _TOP)))
    return drawn[step - 1 : -1 : step]


# The hash stands here, and not in a library, because the samples are part of the stored bytes: a
# hash that changed between versions of a library would make other bytes of the same rows, and the
# samples of old and new files would hold different people.


def hash_ids(ids: pa.Array) -> np.ndarray:
    """A hash of each id, uint64[n].

    It depends on all bits of a whole number, and on the length and the first, middle and last 8
    bytes of a text.
    """
    if pa.types.is_integer(ids.type):
        return _mix(ids.cast(pa.int64()).to_numpy().view(np.uint64))
    ids = ids.cast(pa.string())
    offsets = np.frombuffer(ids.buffers()[1], np.int32)[ids.offset : ids.offset + len(ids) + 1]
    at = offsets.astype(np.int64)
    begin = at[:-1]
    length = np.diff(at)
    data = np.concatenate([np.zeros(8, np.uint8), np.frombuffer(ids.buffers()[2] or b"", np.uint8)])
    windows = np.lib.stride_tricks.sliding_window_view(data, 8)
    hashes = length.astype(np.uint64)
    for width in (length, length // 2, np.minimum(length, 8)):
        hashes = _mix(hashes ^ _last_bytes(windows[begin + width], np.minimum(width, 8)))
    return hashes


def _mix(word: np.ndarray) -> np.ndarray:
    """splitmix64 (Steele, Lea and Flood 2014): every bit of a uint64 changes every other."""
    word = word + np.uint64(0x9E3779B97F4A7C15)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


def _last_bytes(windows: np.ndarray, width: np.ndarray) -> np.ndarray:
    """The last `width` of each 8 bytes as a uint64."""
    words = np.ascontiguousarray(windows).view("<u8").reshape(-1)
    shift = np.minimum(8 * (8 - width), 63).astype(np.uint64)
    return np.where(width > 0, words >> shift, 0).astype(np.uint64)
