"""The options of a log: written once, derived everywhere, checked."""

from __future__ import annotations

import inspect
import pickle
import pydoc
from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any, get_type_hints

import numpy as np
import pytest
from support.logs import COLUMNS, TABLE

import churnlab as cl
from churnlab.config.tables import LogTable
from churnlab.errors import ConfigError, LogError
from churnlab.events.spec import OPTIONS, READING, LogSpec, as_measures, in_bytes
from churnlab.schema.measures import Measure

NEEDED = {"user": "u", "time": "t", "event": "e"}
ALL = {f.name for f in fields(LogSpec)} - {"days", "one_day", "read_at"}
# [log] is about the log: cores, memory and bars belong to the machine and are no key of it.
MACHINE = {"memory", "threads", "progress"}


def test_every_place_that_takes_options_takes_those_of_the_spec() -> None:
    assert set(OPTIONS) == ALL
    assert set(inspect.signature(cl.EventLog.read).parameters) - {"path"} == ALL
    assert set(inspect.signature(cl.EventLog.from_frame).parameters) - {"frame"} == ALL - {
        "table",
        "version",
    }
    keys = getattr(LogTable, "model_fields", None) or get_type_hints(LogTable)
    assert set(keys) == (ALL - MACHINE) | {"path", "users", "bad_attributes", "simulated"}
    assert set(READING) < ALL


def test_defaults_and_given_types_are_shown() -> None:
    shown = inspect.signature(cl.EventLog.read).parameters
    assert all(p.kind is p.KEYWORD_ONLY for name, p in shown.items() if name != "path")
    assert {n for n, p in shown.items() if p.default is p.empty} == {"path"}
    assert shown["memory"].default == "1GB" and shown["memory"].annotation == str | int
    assert shown["receipts"].annotation == str | Iterable[str]
    assert shown["bad_ids"].default == 0.01 and shown["receipts"].default == ()
    for method in (cl.EventLog.read, cl.EventLog.from_frame):
        assert all(f" {name}:" in pydoc.render_doc(method) for name in ("user", "late_days"))


def test_every_option_is_described_once() -> None:
    described = [line.split("`")[1] for line in LogSpec.__doc__.splitlines() if "    | `" in line]
    assert described == [f.name for f in fields(LogSpec) if f.name in ALL]


@pytest.mark.parametrize("options", [{**NEEDED, "usr": "u"}, {**NEEDED, "days": (0, 1)}])
def test_an_unknown_option_is_a_type_error(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="argument"):
        cl.EventLog.read("log.parquet", **options)
    with pytest.raises(TypeError, match="argument"):
        cl.EventLog.from_frame(TABLE, **options)


def test_a_needed_option_that_is_lacking_is_named() -> None:
    for call in (
        lambda: cl.EventLog.read("a.csv"),
        lambda: cl.EventLog.from_frame(TABLE, time="t"),
    ):
        with pytest.raises(ConfigError, match=r"user=.* names no column of the log; give it, or"):
            call()


def test_only_a_database_takes_a_table() -> None:
    with pytest.raises(TypeError, match="'table'"):
        cl.EventLog.from_frame(TABLE, **NEEDED, table="events")


def test_values_are_held_in_one_form() -> None:
    spec = LogSpec(**NEEDED, receipts="badge", ignore=["ping", "ping"], measures="n", memory="2MB")
    assert (spec.receipts, spec.ignore, spec.memory) == (("badge",), {"ping"}, 2**21)
    assert spec.measures == (Measure.sum("n"),)
    assert spec.columns == ["u", "t", "e", "n"]
    assert LogSpec(**NEEDED).memory == 2**30
    assert LogSpec.of(**NEEDED, receipts="badge") == LogSpec(**NEEDED, receipts=("badge",))


def test_a_changed_copy_and_a_pickled_one_keep_the_rest() -> None:
    spec = LogSpec(**NEEDED, receipts=["badge"], measures=["n"], memory="2MB", threads=3)
    assert replace(spec, threads=3) == spec == pickle.loads(pickle.dumps(spec))
    assert replace(spec, memory="1KB").memory == 1024
    with pytest.raises(AttributeError):
        spec.threads = 4  # type: ignore[misc]


def test_measures_of_one_name_and_unknown_zones_are_refused() -> None:
    with pytest.raises(ConfigError, match="measure"):
        as_measures(["n", Measure.count("n")])
    with pytest.raises(LogError, match="did you mean 'Asia/Shanghai'"):
        LogSpec(**NEEDED, timezone="Asia/Shangai")


@pytest.mark.parametrize("size, wanted", [("1.5KB", 1536), ("3gib", 3 * 2**30), ("7", 7), (9, 9)])
def test_sizes(size: str | int, wanted: int) -> None:
    assert in_bytes(size) == wanted


@pytest.mark.parametrize(
    "name, value",
    [
        ("threads", 0),
        ("threads", -1),
        ("memory", 0),
        ("memory", -5),
        ("memory", "much"),
        ("bad_ids", 2.0),
        ("bad_ids", -0.1),
        ("late_days", -1),
    ],
)
def test_settings_that_mean_nothing_are_refused_in_one_line(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"{name} is .*; give a") as caught:
        cl.EventLog.from_frame(TABLE, **{**COLUMNS, name: value})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "options, wanted",
    [
        ({"version": "1"}, "a whole number from 0 to"),
        ({"version": True}, "a whole number from 0 to"),
        ({"version": 1.5}, "a whole number from 0 to"),
        ({"threads": "2"}, "a whole number from 1 to"),
        ({"late_days": 2.5}, "a whole number from 0 to"),
        ({"bad_ids": "few"}, "a number from 0 to 1"),
        ({"bad_ids": float("nan")}, "a number from 0 to 1"),
        ({"bad_ids": True}, "a number from 0 to 1"),
    ],
)
def test_a_number_of_another_type_is_one_line(options: dict[str, Any], wanted: str) -> None:
    with pytest.raises(ConfigError, match=f"^{next(iter(options))} is .*; give {wanted}"):
        LogSpec.of(**NEEDED, **options)
    assert LogSpec.of(**NEEDED, threads=np.int64(2), bad_ids=np.float32(0.5)).threads == 2
