"""Lapse: its window, its sentence, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import churnlab as cl
from churnlab.errors import ConfigError


def test_the_window_ends_with_the_last_day_of_grace() -> None:
    assert cl.Lapse(grace=0, days=1).window(100) == (100, 102)  # the renewal is on day 101
    assert cl.Lapse(grace=7, role="payment", days=14).window(100) == (100, 122)


@pytest.mark.parametrize(
    "target, text",
    [
        (cl.Lapse(3), "churned: not renewed up to 3 days after the renewal date"),
        (
            cl.Lapse(3, role="pay"),
            "churned: no event of role pay from the snapshot to 3 days after the renewal date",
        ),
    ],
)
def test_the_sentence(target: cl.Lapse, text: str) -> None:
    assert str(target.describe()) == text and f"{target.name}: {target.definition}" == text


@pytest.mark.parametrize(
    "make, match",
    [
        (lambda: cl.Lapse(5.5), "grace is 5.5; give a whole number"),  # type: ignore[arg-type]
        (lambda: cl.Lapse(-1), "grace is -1; give 0 days or more"),
        (lambda: cl.Lapse(1, days=0), "days is 0; give at least 1 day"),
        (lambda: cl.Lapse(1).window(0), "give it to Snapshots.before_renewal"),
    ],
)
def test_what_means_nothing_is_refused(make: Callable[[], object], match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        make()
