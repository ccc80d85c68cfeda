"""Guard: one figure of a night, the limit that it keeps to, and whether it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import gt, lt
from typing import Any

from churnlab.errors import GuardError
from churnlab.language.sentence import Sentence

WARN, BLOCK = "warn", "block"
_DIGITS = 6
_BEYOND = 1e9


@dataclass(frozen=True)
class Guard:
    """A figure of the night beside its limit.

    `level` says what a guard that did not pass does: "warn" says so in the manifest, "block" keeps
    the old list. `figure` and `limit` are missing where there is nothing to compare.

    >>> from churnlab.language.sentence import sentence
    >>> at_most("psi_last", 0.3, [0.1, 0.25], sentence("scores moved"))[0].level
    'block'
    """

    name: str
    level: str
    figure: float | None
    limit: float | None
    passed: bool
    says: Sentence

    def to_dict(self) -> dict[str, Any]:
        """The guard as the manifest has it."""
        figure = None if self.figure is None else round(float(self.figure), _DIGITS)
        return vars(self) | {"figure": figure, "says": str(self.says)}


def at_most(
    name: str, figure: float | None, limits: Sequence[float], says: Sentence
) -> list[Guard]:
    """A figure that must not be above its limits, to warn and to block; no guard without limits."""
    return _judged(name, figure, limits, says, gt)


def at_least(
    name: str, figure: float | None, limits: Sequence[float], says: Sentence
) -> list[Guard]:
    """A figure that must not be below its limits, to warn and to block; no guard without limits."""
    return _judged(name, figure, limits, says, lt)


def _judged(
    name: str, figure: float | None, limits: Sequence[float], says: Sentence, beyond: Any
) -> list[Guard]:
    if not limits:
        return []
    warn, block = limits
    if figure is None:
        return [Guard(name, WARN, None, None, True, says)]
    if beyond(figure, block):
        return [Guard(name, BLOCK, figure, block, False, says)]
    return [Guard(name, WARN, figure, warn, not beyond(figure, warn), says)]


def fold(now: float, then: float) -> float:
    """How many times as large the larger of two amounts is; a billion where one is 0.

    >>> fold(2.0, 8.0)
    4.0
    """
    small, large = sorted((now, then))
    return large / small if small > 0 else (1.0 if large == small else _BEYOND)


def refuse(guards: Iterable[Guard], as_of: str, evidence: Mapping[str, Any] | None = None) -> None:
    """Raise GuardError, with its evidence, for the guards that block the list of a day."""
    said = [(guard.name, str(guard.says)) for guard in blocking(guards)]
    if said:
        error = GuardError.from_blocked(as_of, said)
        error.evidence = evidence or {}
        raise error


def blocking(guards: Iterable[Guard]) -> list[Guard]:
    """The guards that did not pass and keep the old list."""
    return [guard for guard in guards if guard.level == BLOCK and not guard.passed]
