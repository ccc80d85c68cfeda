"""Programs: equal parts once, and the layout that the kernel reads."""

from __future__ import annotations

import numpy as np
import pytest

from churnlab.errors import ConfigError
from churnlab.features.compiler import compile_features
from churnlab.features.expression import (
    LOOK_BACK,
    Decayed,
    Observed,
    Since,
    Sum,
    Wave,
    fill,
    positive,
)
from churnlab.kernels import plan as kernel

SOURCES = {"acts": (kernel.COUNT, 0), "money": (kernel.SUM, 1), "active": (kernel.ACTIVE, 0)}


def test_equal_parts_are_computed_once() -> None:
    rate = Sum("acts")[0, 28] / Sum("active")[0, 28]
    program = compile_features([rate, rate + 1, Sum("acts")[0, 28]], SOURCES)
    assert (
        len(program.plan.cells) == 2 and len(program.plan.code) == 2 and len(program.constants) == 1
    )
    assert program.size == 5 and program.plan.results[2] in (0, 1)


def test_cells_stand_in_the_order_of_the_kernel() -> None:
    values = [Observed(), Decayed("money", 7), Sum("acts")[7, None], Decayed("acts", 3), Wave(7.0)]
    program = compile_features(values, SOURCES)
    kinds = [kernel.WINDOW, kernel.DECAYED, kernel.DECAYED, kernel.OBSERVED, kernel.SEASON]
    assert program.plan.cells[:, 0].tolist() == kinds
    assert program.plan.backs.tolist() == [0, 7, 24, 56]
    assert program.plan.cells[0].tolist() == [kernel.WINDOW, program.names.index("acts"), 1, 4]
    assert [program.names[row[1]] for row in program.plan.cells[1:3]] == ["money", "acts"]
    assert program.plan.cells[-1].tolist() == [kernel.SEASON, 0, 70_000, 0]
    assert program.plan.measures[:, 0].tolist() == sorted(program.plan.measures[:, 0])


def test_a_day_weighs_half_as_much_each_half_life_and_nothing_beyond_the_window() -> None:
    weights = compile_features([Decayed("acts", 3)], SOURCES).plan.weights
    assert weights.shape == (LOOK_BACK + 1, 1)
    np.testing.assert_allclose(weights[[0, 3, 24, 25], 0], [1, 0.5, 2.0**-8, 0])


def test_registers_hold_the_constants() -> None:
    program = compile_features([fill(positive(Since("acts")), 400)], SOURCES)
    registers = program.registers()
    assert registers.shape == (program.size, kernel.LANES)
    ((place, value),) = program.constants.items()
    assert value == 400 and set(registers[place]) == {400.0}
    assert program.registers() is not registers


def test_no_feature_at_all_is_a_program_too() -> None:
    program = compile_features([], SOURCES)
    assert len(program.plan.results) == 0 and program.size == 1


def test_an_unknown_measure_is_refused_with_near_names() -> None:
    with pytest.raises(ConfigError, match="unknown measure 'act': did you mean 'acts'"):
        compile_features([Sum("act").all], SOURCES)
