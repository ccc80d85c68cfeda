"""Ids to codes: whole numbers and texts are numbered in the order of their first appearance.

Hash tables of our own, because pandas.factorize and Arrow dictionaries cannot go on with the same
numbers in the next batch without looking at all earlier values again.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churnlab.kernels.jit import bare, frozen, jit

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class IntIds:
    """Distinct whole numbers and their codes 0, 1, 2, …; not safe for two threads at once."""

    def __init__(self) -> None:
        self._index = np.full(1024, -1, np.int32)
        self._known = np.empty(512, np.int64)
        self._n = 0

    def __len__(self) -> int:
        return self._n

    def encode(self, values: np.ndarray) -> np.ndarray:
        """The code of each value, int32[n]; new values get the next codes."""
        need = self._n + len(values)
        if need > len(self._known):
            self._known = np.concatenate(
                [self._known[: self._n], np.empty(2 * need - self._n, np.int64)]
            )
        if 2 * need > len(self._index):
            self._index = np.full(_power(4 * need), -1, np.int32)
            _index_ints(self._index, self._known, self._n)
        codes = np.empty(len(values), np.int32)
        self._n = _encode_ints(frozen(values), self._index, self._known, self._n, codes)
        return codes

    def values(self) -> np.ndarray:
        """The distinct values by code, int64[n]."""
        return self._known[: self._n]

    def order(self) -> np.ndarray:
        """The codes by rising value, int64[n]."""
        return np.argsort(self.values(), kind="stable")

    def take(self, codes: np.ndarray) -> np.ndarray:
        """The values of some codes, int64[k]."""
        return self.values()[codes]


class TextIds:
    """Distinct texts and their codes 0, 1, 2, …; not safe for two threads at once."""

    def __init__(self) -> None:
        self._index = np.full(1024, -1, np.int32)
        self._hashes = np.empty(512, np.uint64)
        self._ends = np.zeros(513, np.int64)
        self._bytes = np.empty(16384, np.uint8)
        self._n = 0

    def __len__(self) -> int:
        return self._n

    @staticmethod
    def hashes(texts: pa.Array) -> np.ndarray:
        """Hash of each text, uint64[n]: the part of `encode` that any thread may do at any time."""
        h = np.empty(len(texts), np.uint64)
        _hashes(*_buffers(texts), h)
        return h

    def find(self, texts: pa.Array) -> np.ndarray:
        """The code of each text, int32[n]; -1 for texts that `encode` has not seen."""
        codes = np.empty(len(texts), np.int32)
        _probe(self.hashes(texts), self._index, self._hashes, codes)
        _check(*_buffers(texts), self._ends, self._bytes, codes)
        return codes

    def encode(self, texts: pa.Array, h: np.ndarray | None = None) -> np.ndarray:
        """The code of each text, int32[n]; new texts get the next codes.

        `texts` holds strings without nulls, `h` their `hashes` where they were computed before.
        """
        offsets, data = _buffers(texts)
        need, size = self._n + len(texts), int(self._ends[self._n] + offsets[-1] - offsets[0])
        if need > len(self._hashes):
            self._hashes = np.concatenate(
                [self._hashes[: self._n], np.empty(2 * need - self._n, np.uint64)]
            )
            self._ends = np.concatenate(
                [self._ends[: self._n + 1], np.empty(2 * need - self._n, np.int64)]
            )
        if size > len(self._bytes):
            self._bytes = np.concatenate(
                [self._bytes, np.empty(2 * size - len(self._bytes), np.uint8)]
            )
        if 2 * need > len(self._index):
            self._index = np.full(_power(4 * need), -1, np.int32)
            _index_texts(self._index, self._hashes, self._n)
        codes, h = np.empty(len(texts), np.int32), self.hashes(texts) if h is None else h
        _probe(h, self._index, self._hashes, codes)
        _check(offsets, data, self._ends, self._bytes, codes)
        self._n = _encode_texts(
            offsets, data, h, self._index, self._hashes, self._ends, self._bytes, self._n, codes
        )
        return codes

    def values(self) -> pa.Array:
        """The distinct texts by code, large_string[n]."""
        ends, size = np.ascontiguousarray(self._ends[: self._n + 1]), int(self._ends[self._n])
        return pa.LargeStringArray.from_buffers(
            self._n, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(self._bytes[:size]))
        )

    def order(self) -> np.ndarray:
        """The codes by rising text, int64[n].

        Texts are compared byte by byte as UTF-8, which is the order of Python's strings.
        """
        return pc.array_sort_indices(self.values()).to_numpy().astype(np.int64)

    def take(self, codes: np.ndarray) -> np.ndarray:
        """The texts of some codes, as Python strings: object[k]."""
        return self.values().take(pa.array(codes)).to_numpy(zero_copy_only=False)


def places(order: np.ndarray, codes: int) -> np.ndarray:
    """The place of each code in `order`, int64[codes]; -1 for codes that are not in it.

    >>> places(np.array([2, 0]), 3)
    array([ 1, -1,  0])
    """
    out = np.full(codes, -1, np.int64)
    out[order] = np.arange(len(order))
    return out


def _power(n: int) -> int:
    """The smallest power of two that is at least n, 1024 at least."""
    return 1 << max(10, int(n - 1).bit_length())


def _buffers(texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Offsets int64[n + 1] and bytes of a string array."""
    texts = texts.cast(pa.large_string())
    _, offsets, data = texts.buffers()
    where = (
        np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
        if offsets
        else np.zeros(1, np.int64)
    )
    return frozen(where), frozen(np.frombuffer(data, np.uint8) if data else np.zeros(0, np.uint8))


@bare
def _encode_ints(
    values: np.ndarray, index: np.ndarray, known: np.ndarray, n: int, codes: np.ndarray
) -> int:
    """Fill `codes`, adding new values to `known` and `index`; returns the number of codes."""
    mask = index.shape[0] - 1
    for i in range(values.shape[0]):  # a loop of its own, as in _probe
        codes[i] = index[np.int64((np.uint64(values[i]) * _GOLDEN) >> np.uint64(20)) & mask]
    for i in range(values.shape[0]):
        value = values[i]
        if codes[i] >= 0 and known[codes[i]] == value:
            continue
        at = np.int64((np.uint64(value) * _GOLDEN) >> np.uint64(20)) & mask
        while index[at] >= 0 and known[index[at]] != value:
            at = (at + 1) & mask
        if index[at] < 0:
            index[at], known[n] = n, value
            n += 1
        codes[i] = index[at]
    return n


@bare
def _index_ints(index: np.ndarray, known: np.ndarray, n: int) -> None:
    """Enter the first n known values into an empty index."""
    mask = index.shape[0] - 1
    for code in range(n):
        at = np.int64((np.uint64(known[code]) * _GOLDEN) >> np.uint64(20)) & mask
        while index[at] >= 0:
            at = (at + 1) & mask
        index[at] = code


@bare
def _hash(data: np.ndarray, begin: int, end: int) -> np.uint64:
    """Hash of `data[begin:end]`: eight bytes at a time, the rest byte by byte as in FNV-1a."""
    h, k, stop = np.uint64(end - begin) * _GOLDEN, np.uint64(begin), np.uint64(end)
    while k + np.uint64(8) <= stop:
        h = (h ^ _word(data, k)) * _GOLDEN
        h ^= h >> np.uint64(29)
        k += np.uint64(8)
    while k < stop:
        h = (h ^ np.uint64(data[k])) * np.uint64(1099511628211)
        k += np.uint64(1)
    h = (h ^ (h >> np.uint64(32))) * _GOLDEN
    return h ^ (h >> np.uint64(29))


@bare
def _hashes(offsets: np.ndarray, data: np.ndarray, out: np.ndarray) -> None:
    """Fill `out` uint64[n] with the hash of each text."""
    for i in range(out.shape[0]):
        out[i] = _hash(data, offsets[i], offsets[i + 1])


@bare
def _probe(h: np.ndarray, index: np.ndarray, hashes: np.ndarray, codes: np.ndarray) -> None:
    """Fill `codes` with the code of the same hash, -1 for none.

    A loop of its own, so that the processor waits for many look-ups at once.
    """
    mask = index.shape[0] - 1
    for i in range(h.shape[0]):
        at = np.int64(h[i] >> np.uint64(20)) & mask
        while index[at] >= 0 and hashes[index[at]] != h[i]:
            at = (at + 1) & mask
        codes[i] = index[at]


@jit
def _check(
    offsets: np.ndarray, data: np.ndarray, ends: np.ndarray, kept: np.ndarray, codes: np.ndarray
) -> None:
    """Set codes to -1 where the text with the same hash is another one.

    Two short loops, as in `_probe`: the first finds the texts, the second reads them.
    """
    first = np.empty(codes.shape[0], np.int64)
    for i in range(codes.shape[0]):
        code = max(codes[i], 0)
        first[i] = ends[code]
        if ends[code + 1] - first[i] != offsets[i + 1] - offsets[i]:
            codes[i] = -1
    for i in range(codes.shape[0]):
        if codes[i] >= 0 and not _same(data, offsets[i], offsets[i + 1], kept, first[i]):
            codes[i] = -1


@bare
def _encode_texts(
    offsets: np.ndarray,
    data: np.ndarray,
    h: np.ndarray,
    index: np.ndarray,
    hashes: np.ndarray,
    ends: np.ndarray,
    kept: np.ndarray,
    n: int,
    codes: np.ndarray,
) -> int:
    """Find or make the codes that are -1; returns the number of codes."""
    mask = index.shape[0] - 1
    for i in range(codes.shape[0]):
        if codes[i] >= 0:
            continue
        begin, end = offsets[i], offsets[i + 1]
        at = np.int64(h[i] >> np.uint64(20)) & mask
        while index[at] >= 0:
            code = index[at]
            if (
                hashes[code] == h[i]
                and ends[code + 1] - ends[code] == end - begin
                and _same(data, begin, end, kept, ends[code])
            ):
                break
            at = (at + 1) & mask
        if index[at] < 0:
            index[at], hashes[n] = n, h[i]
            for k in range(end - begin):
                kept[ends[n] + k] = data[begin + k]
            ends[n + 1] = ends[n] + end - begin
            n += 1
        codes[i] = index[at]
    return n


@bare
def _same(data: np.ndarray, begin: int, end: int, kept: np.ndarray, first: int) -> bool:
    """Whether two texts of equal length are the same, eight bytes at a time."""
    differ, k, to = np.uint64(0), np.uint64(begin), np.uint64(first)
    stop = np.uint64(end)
    while k + np.uint64(8) <= stop:
        differ |= _word(data, k) ^ _word(kept, to)
        k, to = k + np.uint64(8), to + np.uint64(8)
    while k < stop:
        differ |= np.uint64(data[k] ^ kept[to])
        k, to = k + np.uint64(1), to + np.uint64(1)
    return differ == 0


@bare
def _word(data: np.ndarray, at: np.uint64) -> np.uint64:
    """Eight bytes as one number.

    Written so that it is compiled to one load, for which places have to be unsigned.
    """
    low = (
        np.uint64(data[at])
        | np.uint64(data[at + np.uint64(1)]) << np.uint64(8)
        | np.uint64(data[at + np.uint64(2)]) << np.uint64(16)
        | np.uint64(data[at + np.uint64(3)]) << np.uint64(24)
    )
    return (
        low
        | np.uint64(data[at + np.uint64(4)]) << np.uint64(32)
        | np.uint64(data[at + np.uint64(5)]) << np.uint64(40)
        | np.uint64(data[at + np.uint64(6)]) << np.uint64(48)
        | np.uint64(data[at + np.uint64(7)]) << np.uint64(56)
    )


@bare
def _index_texts(index: np.ndarray, hashes: np.ndarray, n: int) -> None:
    """Enter the first n hashes into an empty index."""
    mask = index.shape[0] - 1
    for code in range(n):
        at = np.int64(hashes[code] >> np.uint64(20)) & mask
        while index[at] >= 0:
            at = (at + 1) & mask
        index[at] = code


class FirstSeen:
    """A set of (id, value) that says which pairs are new; not safe for two threads at once."""

    def __init__(self) -> None:
        self._table = np.zeros((1024, 3), np.int64)
        self._n = 0

    def first(self, ids: np.ndarray, values: np.ndarray, none: int) -> np.ndarray:
        """1 where a person's value appears for the first time, else 0: int64[n].

        A value equal to `none` stands for a missing one and is never new.
        """
        if 2 * (self._n + len(ids)) > len(self._table):
            self._grow(4 * (self._n + len(ids)), none)
        out = np.empty(len(ids), np.int64)
        self._n += _first_seen(frozen(ids), frozen(values), none, self._table, out)
        return out

    def _grow(self, size: int, none: int) -> None:
        """Enter the pairs into a larger, empty table."""
        kept = self._table[self._table[:, 2] == 1]
        self._table = np.zeros((_power(size), 3), np.int64)
        new = np.empty(len(kept), np.int64)
        _first_seen(frozen(kept[:, 0]), frozen(kept[:, 1]), none, self._table, new)


@bare
def _first_seen(
    ids: np.ndarray, values: np.ndarray, none: int, table: np.ndarray, out: np.ndarray
) -> int:
    mask, fresh = table.shape[0] - 1, 0
    for i in range(ids.shape[0]):
        out[i] = 0
        if values[i] == none:
            continue
        h = (np.uint64(ids[i]) * _GOLDEN) ^ (np.uint64(values[i]) * np.uint64(0xC2B2AE3D27D4EB4F))
        at = np.int64((h * _GOLDEN) >> np.uint64(20)) & mask
        while table[at, 2] == 1 and (table[at, 0] != ids[i] or table[at, 1] != values[i]):
            at = (at + 1) & mask
        if table[at, 2] == 0:
            table[at, 0], table[at, 1], table[at, 2] = ids[i], values[i], 1
            out[i] = 1
            fresh += 1
    return fresh
