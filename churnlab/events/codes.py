"""The whole numbers that stand for ids, event names and texts, shared by all batches of a log."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa

from churnlab.errors import LogError
from churnlab.events.texts import is_text
from churnlab.kernels.ids import IntIds, TextIds
from churnlab.kernels.jit import frozen
from churnlab.kernels.records import ACT, MONEY, MUST_PAY
from churnlab.kernels.rollup import Kinds, Meaning
from churnlab.schema.roles import Roles


@dataclass
class Tables:
    """Codes of a log's ids, event names and texts, in the order in which they come up.

    The methods take the lock; code that uses a table itself must hold it. `naive` says whether the
    log's times carry no zone; None until the first of them is read.
    """

    roles: Roles
    lock: threading.Lock = field(default_factory=threading.Lock)
    ids: IntIds | TextIds | None = None
    names: dict[str, int] = field(default_factory=dict)
    texts: dict[str, TextIds] = field(default_factory=dict)
    naive: bool | None = None
    _meaning: Meaning | None = None
    _refunds: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))

    def ids_of(self, source: str, column: str, kind: pa.DataType) -> IntIds | TextIds:
        """The table of ids, made when the first batch shows their type.

        Raises LogError for a type that is neither text nor whole numbers, or that changes.
        """
        text = is_text(kind)
        if not text and not pa.types.is_integer(kind):
            raise LogError.from_wrong_type(source, column, str(kind), "text or whole numbers")
        with self.lock:
            if self.ids is None:
                self.ids = TextIds() if text else IntIds()
        if isinstance(self.ids, TextIds) != text:
            given = f"{kind} in some rows and another type in others"
            raise LogError.from_wrong_type(source, column, given, "one type of id")
        return self.ids

    def person_codes(self, ids: np.ndarray) -> np.ndarray:
        """The code of each person, int32[n]; text ids are codes already."""
        if isinstance(self.ids, IntIds):
            with self.lock:
                return self.ids.encode(ids)
        return ids.astype(np.int32)

    def name_codes(self, names: Sequence[str], indices: np.ndarray) -> np.ndarray:
        """The code of each event name, int32[names].

        -1 for an ignored name, 0 for a name that has no code because no event of `indices` has it.
        """
        with self.lock:
            if any(n not in self.names for n in names):
                for i in np.flatnonzero(np.bincount(indices, minlength=len(names))).tolist():
                    if names[i] not in self.roles.ignore:
                        self.names.setdefault(names[i], len(self.names))
            codes = [-1 if n in self.roles.ignore else self.names.get(n, 0) for n in names]
            return np.array(codes, np.int32)

    def text_codes(self, column: str, texts: pa.Array) -> np.ndarray:
        """The code of each text among the values of a column."""
        with self.lock:
            return self.texts.setdefault(column, TextIds()).encode(texts)

    def check_clock(self, source: str, column: str, naive: bool) -> None:
        """Raise LogError when some times of the log carry a zone and others do not."""
        with self.lock:
            if self.naive is None:
                self.naive = naive
        if self.naive != naive:
            raise LogError.from_mixed_zones(source, column)

    def meaning(self) -> Meaning:
        """What the event names seen so far mean."""
        with self.lock:
            if self._meaning is None or len(self._meaning.flags) != len(self.names):
                self._meaning = meaning_of(self.roles, list(self.names))
            return self._meaning

    @cached_property
    def kinds(self) -> Kinds:
        """The kinds of the log's events."""
        return kinds_of(self.roles)

    def refunds(self) -> np.ndarray:
        """Which of the event names seen so far give money back, bool[names]."""
        with self.lock:
            if len(self._refunds) != len(self.names):
                self._refunds = np.array([self.roles.is_refund(n) for n in self.names], bool)
            return self._refunds


def meaning_of(roles: Roles, names: list[str]) -> Meaning:
    """Flags and kinds of event names, by code."""
    money = [roles.is_money(n) for n in names]
    must = MUST_PAY if "purchase" in roles.events else 0
    flags = [ACT * roles.is_act(n) | (MONEY | must) * m for n, m in zip(names, money, strict=True)]
    kinds = [roles.kinds.index((roles.is_act(n), roles.of_event(n))) for n in names]
    return Meaning(frozen(np.array(flags, np.uint8)), frozen(np.array(kinds, np.int32)))


def kinds_of(roles: Roles) -> Kinds:
    """The kinds of events as the kernels take them."""
    pairs = [
        (kind, roles.names.index(role))
        for kind, (_, found) in enumerate(roles.kinds)
        for role in found
    ]
    act = np.array([act for act, _ in roles.kinds], np.uint8)
    return Kinds(frozen(act), frozen(np.array(pairs, np.int32).reshape(-1, 2)))
