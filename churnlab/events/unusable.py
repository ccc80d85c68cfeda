"""The numbers of a column that cannot be used: how many of those given, and examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from churnlab.events.texts import is_text, readable
from churnlab.kernels.units import AMOUNT_LIMIT

EXAMPLES = 3
_LONGEST = 40  # characters of an example


@dataclass
class Unusable:
    """Numbers of a column: how many rows give one, in how many it cannot be used, and examples.

    A null, empty text and a NaN in a column of numbers give none.
    """

    given: int = 0
    unusable: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, column: pa.Array, given: int, bad: np.ndarray | None) -> None:
        """Add a batch: how many rows give a number, and which of these are unusable (None: none).

        >>> seen = Unusable()
        >>> seen.add(pa.array(["5", "$7"]), 2, np.array([False, True]))
        >>> seen
        Unusable(given=2, unusable=1, examples=['$7'])
        """
        self.given += given
        if bad is None or not bad.any():
            return
        nan = _is_nan(column) & bad
        bad = bad & ~nan
        self.given -= int(nan.sum())
        self.unusable += int(bad.sum())
        if len(self.examples) < EXAMPLES:
            self._note(_examples(column.filter(pa.array(bad)).unique()))

    def merge(self, other: Unusable | Mapping[str, Any]) -> None:
        """Add what another part of the log found."""
        found = other if isinstance(other, Mapping) else asdict(other)
        self.given += found["given"]
        self.unusable += found["unusable"]
        self._note(found["examples"])

    def _note(self, examples: list[str]) -> None:
        self.examples = list(dict.fromkeys([*self.examples, *examples]))[:EXAMPLES]


def usable(values: np.ndarray) -> np.ndarray | None:
    """Which numbers can be added up, bool[n]; None where all can.

    >>> usable(np.array([1.0, np.nan, 1e11])).tolist()
    [True, False, False]
    """
    if not len(values) or (values.max() <= AMOUNT_LIMIT and values.min() >= -AMOUNT_LIMIT):
        return None
    return np.abs(values) <= AMOUNT_LIMIT


def _is_nan(column: pa.Array) -> np.ndarray:
    """Where a column of numbers holds NaN, bool[n]."""
    if not pa.types.is_floating(column.type):
        return np.zeros(len(column), bool)
    return np.isnan(column.fill_null(0).to_numpy(zero_copy_only=False))


def _examples(values: pa.Array) -> list[str]:
    """The first values as text, long ones cut."""
    if is_text(values.type):
        values = readable(values.cast(pa.large_string()))
    told = [str(v) for v in values[:EXAMPLES].to_pylist()]
    return [t if len(t) <= _LONGEST else t[:_LONGEST] + "…" for t in told]
