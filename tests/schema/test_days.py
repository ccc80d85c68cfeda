"""Days: conversions, the purge rule, and that no other module compares days."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import churnlab
from churnlab.errors import ConfigError
from churnlab.schema import days

ROOT = Path(churnlab.__file__).parent
# The kernels compare days in compiled loops; the demo draws people's lives day by day.
ALLOWED = ("schema/days.py", "kernels/", "demo/")
ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
REACHES = {"reach", "purge", "horizon", "lead", "late_days"}


@pytest.mark.parametrize(
    "when",
    [
        "2024-10-04",
        date(2024, 10, 4),
        datetime(2024, 10, 4),
        pd.Timestamp("2024-10-04", tz="Asia/Shanghai"),
        np.datetime64("2024-10-04"),
        np.int32(20_000),
        "20241004",
        "2024-10-4",
        "2024/10/04",
        " 2024-10-04 ",
        "2024-10-04T00:00:00",
        pd.Period("2024-10-04"),
        np.str_("2024-10-04"),
    ],
)
def test_a_day_of_every_type_is_one_number(when: days.Day) -> None:
    assert days.day_number(when) == 20_000


@pytest.mark.parametrize(
    "when",
    [
        "soon",
        "2024-10-04 12:00",
        pd.NaT,
        "",
        [1],
        20_241_004,
        True,
        1.0,
        None,
        "now",
        "today",
        "2024",
        "04/10/2024",
        "3",
        pd.Period("2024-10"),
        b"2024-10-04",
    ],
)
def test_a_time_inside_a_day_and_no_date_are_refused(when: object) -> None:
    with pytest.raises(ConfigError, match="is not a day; give a date like"):
        days.day_number(when)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "given",
    [
        "2024-10-04",
        pd.Timestamp("2024-10-04"),
        date(2024, 10, 4),
        20_000,
        np.array("2024-10-04"),
        np.datetime64("2024-10-04"),
        ["2024-10-04"],
        pd.DatetimeIndex(["2024-10-04"]),
        pd.period_range("2024-10-04", periods=1),
        pd.Series(["2024-10-04"]),
        (d for d in ["2024-10-04"]),
    ],
)
def test_one_day_or_several(given: object) -> None:
    assert days.as_days(given) == [20_000]  # type: ignore[arg-type]


@given(st.integers(-100_000, 100_000))
def test_conversions_lead_back_to_the_same_day(day: int) -> None:
    assert days.day_number(days.day_text(day)) == day
    assert days.day_number(days.to_timestamp(day)) == day
    stamps = days.to_timestamps(np.array([day, day + 1]))
    assert days.day_numbers(pd.DatetimeIndex(stamps)).tolist() == [day, day + 1]


def test_a_window_holds_its_first_day_and_not_its_last() -> None:
    assert [d for d in range(10) if days.contains(d, 3, 6)] == [3, 4, 5]
    assert [d for d in range(10) if days.before(d, 3)] == [0, 1, 2]
    assert [d for d in range(10) if days.up_to(d, 3)] == [0, 1, 2, 3]


@given(st.integers(-50, 50), st.integers(0, 60), st.integers(-50, 50))
def test_a_label_is_learnable_when_every_day_of_its_window_lies_before_the_cut(
    day: int, reach: int, cut: int
) -> None:
    window = range(day, day + reach)
    wanted = day < cut and all(d < cut for d in window)
    assert days.learnable(day, reach, cut) == wanted
    assert days.learnable(np.array([day]), reach, cut).tolist() == [wanted]


def compared_days(tree: ast.AST) -> Iterator[ast.Compare]:
    """Ordering comparisons of which a side is a day, as far as names tell.

    A side counts when it mentions a variable or an attribute `day`, or adds one of REACHES to
    something. Days under other names (`d`, `number`, `stop`), and those that a
    call returns, are not found.
    """
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ORDERS):
            continue
        if any(map(is_day, (node.left, *node.comparators))):
            yield node


def is_day(side: ast.AST) -> bool:
    """Whether a side of a comparison is a day; what a function returns is not looked into."""
    if isinstance(side, ast.Call):
        return False
    if called(side) == "day":
        return True
    if (
        isinstance(side, ast.BinOp)
        and isinstance(side.op, ast.Add)
        and called(side.right) in REACHES
    ):
        return True
    return any(map(is_day, ast.iter_child_nodes(side)))


def called(node: ast.AST) -> str:
    """The name of a variable or an attribute."""
    return getattr(node, "id", getattr(node, "attr", ""))


@pytest.mark.parametrize(
    "code, found",
    [
        ("day + reach <= start", True),
        ("number + self.purge < cut", True),
        ("b.known > b.day", True),
        ("start <= day < stop", True),
        ("days[0] + reach <= cut", True),
        ("day == start", False),
        ("len(days) < 3", False),
        ("before(day, cut)", False),
        ("label(activity, day) > 0", False),
    ],
)
def test_what_the_search_finds(code: str, found: bool) -> None:
    assert bool(list(compared_days(ast.parse(code)))) == found


def test_no_other_module_compares_days_that_are_called_so() -> None:
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(ALLOWED):
            continue
        for node in compared_days(ast.parse(path.read_text(encoding="utf-8"))):
            found.append(f"{name}:{node.lineno} {ast.unparse(node)}")
    assert found == []


@pytest.mark.parametrize(
    "given_, least, says",
    [
        (True, 0, "lead is True; give a whole number of days"),
        (1.0, 0, "lead is 1.0; give a whole number of days"),
        (0, 1, "lead is 0; give at least 1 day"),
        (-1, 0, "lead is -1; give 0 days or more"),
    ],
)
def test_a_number_of_days_is_whole_and_not_too_small(given_: object, least: int, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        days.check_count("lead", given_, least)
    days.check_count("lead", np.int64(least), least)
