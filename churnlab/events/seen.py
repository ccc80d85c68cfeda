"""What a reader saw beside the events: how many of each name, examples of what was set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from churnlab.events.texts import is_text
from churnlab.kernels.jit import frozen
from churnlab.kernels.tally import tally

EXAMPLES = 3
_LONGEST = 40  # characters of an example


@dataclass
class Seen:
    """Events by the code of their name, and up to three different examples for each reason."""

    events: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    examples: dict[str, list[str]] = field(default_factory=dict)

    def count(self, codes: np.ndarray) -> None:
        """Count events by the codes of their names, int32[n].

        >>> seen = Seen()
        >>> seen.count(np.array([0, 2, 2], np.int32))
        >>> seen.by_name(["open", "like", "buy"])
        {'open': 1, 'buy': 2}
        """
        codes = frozen(codes)
        if not tally(codes, self.events):
            self._grow(int(codes.max()) + 1)
            tally(codes, self.events)

    def _grow(self, length: int) -> None:
        """Make room for the events of at least `length` codes."""
        more = max(length - len(self.events), 0)
        self.events = np.concatenate([self.events, np.zeros(more, np.int64)])

    def by_name(self, names: Sequence[str]) -> dict[str, int]:
        """The events of each name that has any; `names` are in the order of their codes."""
        counted = zip(names, self.events.tolist(), strict=False)
        return {name: events for name, events in counted if events}

    def wants(self, reason: str) -> bool:
        """True while there are fewer than three examples for a reason."""
        return len(self.examples.get(reason, ())) < EXAMPLES

    def note(self, reason: str, values: pa.Array) -> None:
        """Note values that were set aside for a reason; text in quotes, long ones cut.

        >>> seen = Seen()
        >>> seen.note("bad_ids", pa.array(["", "null", None, "", "none"]))
        >>> seen.examples
        {'bad_ids': ["''", "'null'", 'null']}
        """
        self.tell(reason, [_told(v) for v in _plain(values.unique()[:EXAMPLES])])

    def tell(self, reason: str, told: Sequence[str]) -> None:
        """Add examples that are text already, as far as there are fewer than three."""
        known = self.examples.get(reason, ())
        self.examples[reason] = list(dict.fromkeys([*known, *told]))[:EXAMPLES]

    def add(self, other: Seen) -> None:
        """Add what the reader of another part of the log saw."""
        self._grow(len(other.events))
        self.events[: len(other.events)] += other.events
        for reason, told in other.examples.items():
            self.tell(reason, told)


def _plain(values: pa.Array) -> list[object]:
    """Values as Python has them; bytes that are no text are written out."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if not is_text(values.type):
        return values.to_pylist()
    found = values.cast(pa.large_binary()).to_pylist()
    return [None if v is None else v.decode("utf-8", "backslashreplace") for v in found]


def _told(value: object) -> str:
    if value is None:
        return "null"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
