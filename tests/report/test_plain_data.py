"""Dataclasses as data and back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pytest

from churnlab.language.sentence import Words, sentence
from churnlab.report.plain_data import as_data, from_data
from churnlab.report.sourced import sourced


@dataclass(frozen=True)
class Inner:
    says: Words
    share: float = math.nan


@dataclass(frozen=True)
class Outer:
    day: date
    rows: tuple[Inner, ...] = ()
    best: Inner | None = None
    by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    value: float | None = None


WHOLE = Outer(
    date(2026, 3, 1),
    (Inner(sentence("{n} days", n=np.int64(7)), np.float64(0.5)), Inner("2026-03-02")),
    Inner("ads"),
    {"en": ("2026-03-03",)},
)


def test_data_become_the_same_dataclass_again() -> None:
    written = json.loads(json.dumps(as_data(WHOLE), allow_nan=False))
    again = from_data(Outer, written)
    assert as_data(again) == as_data(WHOLE)
    assert again.day == WHOLE.day and str(again.rows[0].says) == "7 days"
    assert math.isnan(again.rows[1].share) and again.value is None


def test_a_name_that_looks_like_a_day_stays_a_name_with_its_source() -> None:
    again = from_data(Outer, sourced(as_data(WHOLE)))
    assert again.rows[1].says == "2026-03-02" and again.rows[1].says.path == "rows.1.says"
    assert again.by["en"][0] == "2026-03-03" and again.day == date(2026, 3, 1)


def test_an_unknown_or_lacking_fact_is_an_error() -> None:
    with pytest.raises(TypeError, match="unknown fact 'more'"):
        from_data(Inner, {"says": "a", "more": 1})
    with pytest.raises(TypeError, match="says"):
        from_data(Inner, {})
