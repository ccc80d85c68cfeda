"""Units: the same numbers as in the oracle, which states them for itself."""

from __future__ import annotations

from datetime import timedelta

import oracle

from churnlab.kernels import units


def test_a_session_ends_after_the_oracles_quiet_time() -> None:
    assert units.SESSION_GAP_MICROS == oracle.QUIET


def test_amounts_are_limited_where_the_oracle_limits_them() -> None:
    assert oracle.micros(units.AMOUNT_LIMIT) == units.AMOUNT_LIMIT * units.MICRO
    assert oracle.micros(units.AMOUNT_LIMIT * 1.001) == 0


def test_a_day_has_24_hours() -> None:
    assert timedelta(days=1) // timedelta(microseconds=1) == units.DAY_MICROS


def test_no_day_lies_before_every_calendar() -> None:
    assert units.NO_DAY < -(10**7)
