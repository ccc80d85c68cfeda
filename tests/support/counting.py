"""Counts of the examples of a property test that really tested something.

A test that carries `@pytest.mark.examples(name=n)` calls `count("name")` where an example tests
what the name says; the test fails at its end when that happened fewer than n times.
"""

from __future__ import annotations

from collections import Counter

_counts: Counter[str] = Counter()


def begin() -> None:
    """Forget the counts of an earlier test."""
    _counts.clear()


def count(name: str, really: bool = True) -> None:
    """Count an example, unless it turned out to test nothing."""
    _counts[name] += int(really)


def counted(name: str) -> int:
    """How many examples were counted under a name."""
    return _counts[name]
