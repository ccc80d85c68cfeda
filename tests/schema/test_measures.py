"""Measures of one's own: counts, sums and distinct values under conditions, against plain Python; and a builder over them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import numpy as np
import oracle
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import churnlab as cl
from churnlab.errors import ConfigError, LogError
from churnlab.events import frame_source, rollup
from churnlab.features.expression import Sum
from churnlab.schema.measures import OPERATORS, Measure

START = datetime(2026, 3, 1)
OPTIONS = {"user": "u", "time": "t", "event": "e", "timezone": "UTC", "bad_measures": 1}
KINDS = {
    "text": pa.string(),
    "number": pa.int64(),
    "share": pa.float64(),
    "flag": pa.bool_(),
    "day": pa.date32(),
}
VALUES: dict[str, st.SearchStrategy] = {
    "text": st.sampled_from([None, "", "ios", "android", "Ios", "web"]),
    "number": st.one_of(
        st.none(), st.integers(-3, 3), st.sampled_from([2**53 + 1, -(2**62), 2**40])
    ),
    "share": st.one_of(
        st.none(),
        st.sampled_from([0.0, -0.0, -2.0, 0.5, 1.5, math.nan, math.inf, 1e11, 0.0000005, -1e10]),
    ),
    "flag": st.sampled_from([None, True, False]),
    "day": st.sampled_from([None, date(2026, 3, 1), date(2025, 12, 31)]),
}
PLAIN = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
}


@st.composite
def conditions(draw: st.DrawFn) -> tuple[str, str, Any]:
    column = draw(st.sampled_from(["text", "number", "share", "flag", "day"]))
    operator = draw(
        st.sampled_from(
            [o for o in OPERATORS if column != "flag" or o in ("==", "!=", "in", "not in")]
        )
    )
    value = VALUES[column].filter(lambda v: v is not None and v == v)
    return column, operator, draw(st.lists(value, max_size=3)) if "in" in operator else draw(value)


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    row = st.fixed_dictionaries(
        {
            "u": st.sampled_from(["a", "b"]),
            "t": st.integers(0, 3 * 1440).map(lambda m: START + timedelta(minutes=m)),
            "e": st.sampled_from(["open", "read"]),
            **VALUES,
        }
    )
    return draw(st.lists(row, min_size=1, max_size=25))


def meets(row: dict[str, Any], measure: Measure) -> bool:
    return all(row[c] is not None and PLAIN[o](row[c], v) for c, o, v in measure.where)


def worth(measure: Measure, rows: list[dict[str, Any]]) -> int:
    rows = [r for r in rows if meets(r, measure)]
    if measure.kind == "count":
        return len(rows)
    values = [r[measure.column or ""] for r in rows if r[measure.column or ""] is not None]
    if measure.kind == "sum":
        return sum(oracle.micros(float(v)) for v in values)
    return len({v for v in values if v == v})


def check(rows: list[dict[str, Any]], measures: list[Measure], table: pa.Table) -> cl.EventLog:
    log = cl.EventLog.from_frame(table, **OPTIONS, measures=measures)
    frame = log.daily().frame()
    by_day: dict[tuple[str, date], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_day[row["u"], row["t"].date()].append(row)
    assert list(zip(frame["user_id"], frame["day"].dt.date, strict=True)) == sorted(by_day)
    for measure in measures:
        assert frame[measure.column_name].tolist() == [
            worth(measure, by_day[k]) for k in sorted(by_day)
        ], measure
    return log


def table_of(rows: list[dict[str, Any]], **kinds: pa.DataType) -> pa.Table:
    return pa.table(
        {
            "u": [r["u"] for r in rows],
            "t": [r["t"] for r in rows],
            "e": [r["e"] for r in rows],
            **{n: pa.array([r[n] for r in rows], kinds.get(n, k)) for n, k in KINDS.items()},
        }
    )


@settings(max_examples=300)
@given(
    tables(),
    st.lists(
        st.tuples(
            st.sampled_from(["count", "sum", "distinct"]), st.lists(conditions(), max_size=3)
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([1, 4, 1000]),
    st.data(),
)
def test_measures_equal_plain_python(
    rows: list, asked: list, batch: int, data: st.DataObject
) -> None:
    measures = []
    for i, (kind, where) in enumerate(asked):
        column = {
            "count": [None],
            "sum": ["number", "share"],
            "distinct": ["text", "number", "share", "flag", "e"],
        }[kind]
        measures.append(Measure(f"m{i}", kind, data.draw(st.sampled_from(column)), tuple(where)))  # type: ignore[arg-type]
    with pytest.MonkeyPatch.context() as patch:
        for module in (frame_source, rollup):
            patch.setattr(module, "BATCH", batch)
        log = check(rows, measures, table_of(rows))
    bad = [
        r
        for m in measures
        if m.kind == "sum"
        for r in rows
        if meets(r, m) and (v := r[m.column or ""]) is not None and not abs(v) <= 1e10
    ]
    assert log.counts["bad_measures"] == len(bad)


ROWS = [
    {
        "u": "ab"[i % 2],
        "t": START + timedelta(hours=i),
        "e": ["open", "read"][i % 3 % 2],
        "text": [None, "ios", "web"][i % 3],
        "number": [None, 1, 2, 3][i % 4],
        "share": [0.5, None, math.nan][i % 3],
        "flag": [True, False, None][i % 3],
        "day": None,
    }
    for i in range(60)
]
EVERY = [
    Measure.count("ios", where=[("text", "==", "ios")]),
    Measure.distinct("text"),
    Measure.sum("number", where=[("text", "in", ["ios", "web"]), ("flag", "!=", True)]),
    Measure.count("reads", where=[("e", "==", "read"), ("number", ">=", 2)]),
    Measure.distinct("number"),
    Measure.distinct("share"),
]


@pytest.mark.parametrize(
    "kinds",
    [
        {"text": pa.large_string()},
        {"text": pa.string_view()},
        {"text": pa.dictionary(pa.int8(), pa.string())},
        {"number": pa.int8()},
        {"number": pa.float32()},
        {"number": pa.decimal128(9, 2)},
        {"number": pa.uint64()},
        {"share": pa.float32()},
    ],
)
def test_measures_over_columns_of_every_type(kinds: dict[str, pa.DataType]) -> None:
    check(ROWS, EVERY, table_of(ROWS, **kinds))


def test_dictionaries_whose_null_is_an_entry() -> None:
    texts = pa.DictionaryArray.from_arrays(
        pa.array(
            [0 if r["text"] is None else 1 if r["text"] == "ios" else 2 for r in ROWS], pa.int32()
        ),
        pa.array([None, "ios", "web", "ios"]),
    )
    numbers = pa.array([r["number"] for r in ROWS]).dictionary_encode()
    table = table_of(ROWS)
    for name, column in (("text", texts), ("number", numbers)):
        table = table.set_column(table.column_names.index(name), name, column)
    check(ROWS, EVERY, table)


def test_numbers_that_are_text_are_summed_and_other_text_is_counted() -> None:
    table = pa.table(
        {
            "u": ["a"] * 6,
            "t": [START] * 6,
            "e": ["x"] * 6,
            "n": ["1.5", "", None, "much", " 2 ", "1e3"],
        }
    )
    log = cl.EventLog.from_frame(table, **OPTIONS, measures=["n"])
    assert log.daily().values("m_n").tolist() == [1_003_500_000] and log.counts["bad_measures"] == 1


def test_distinct_tells_large_numbers_apart() -> None:
    for values in (
        pa.array([2**64 - 1, 2**64 - 2, 2**63 + 1, 2**63 - 1, 0, 0], pa.uint64()),
        pa.array([-(2**62), 2**62, -(2**63) + 1, 2**63 - 1, 0, 0]),
    ):
        table = pa.table({"u": ["a"] * 6, "t": [START] * 6, "e": ["x"] * 6, "n": values})
        assert cl.EventLog.from_frame(
            table, **OPTIONS, measures=[Measure.distinct("n")]
        ).daily().values("m_n_distinct").tolist() == [5]


@pytest.mark.parametrize("batch", [1, 100, 131_072])
@pytest.mark.parametrize("order", ["time", "shuffled"])
def test_distinct_values_of_many_people_across_batches(
    batch: int, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, rows = np.random.default_rng(0), 1500 if batch == 1 else 20_000
    for module in (frame_source, rollup):
        monkeypatch.setattr(module, "BATCH", batch)
    at = np.datetime64("2026-03-01", "us") + np.sort(rng.integers(0, 2 * 86_400, rows)).astype(
        "timedelta64[s]"
    )
    table = pa.table(
        {
            "u": rng.integers(0, 40, rows),
            "t": at,
            "e": ["x"] * rows,
            "page": [f"page {i}" for i in rng.zipf(1.3, rows) % 700],
            "n": rng.integers(0, 300, rows),
        }
    )
    table = table if order == "time" else table.take(rng.permutation(rows))
    frame = (
        cl.EventLog.from_frame(
            table, **OPTIONS, measures=[Measure.distinct("page"), Measure.distinct("n")]
        )
        .daily()
        .frame()
    )
    plain = table.to_pandas()
    want = plain.groupby(["u", plain["t"].dt.normalize()])[["page", "n"]].nunique()
    assert (
        frame["m_page_distinct"].tolist() == want["page"].tolist()
        and frame["m_n_distinct"].tolist() == want["n"].tolist()
    )


@pytest.mark.parametrize(
    "measure, match",
    [
        (Measure.sum("text"), None),
        (Measure.sum("flag"), "column 'flag' of the frame is bool; give numbers"),
        (Measure.sum("day"), "column 'day' of the frame is date32"),
        (Measure.distinct("day"), "column 'day' of the frame is date32"),
        (Measure.sum("t"), "column 't' of the frame is timestamp"),
        (
            Measure.count("x", where=[("text", ">", 5)]),
            "column 'text' of the frame is string and cannot be compared by > 5; give a value of its type",
        ),
        (
            Measure.count("x", where=[("number", "==", "ios")]),
            "column 'number' of the frame is int64 and cannot be compared by == 'ios'",
        ),
        (
            Measure.count("x", where=[("flag", "==", "yes")]),
            "column 'flag' of the frame is bool and cannot be compared",
        ),
        (
            Measure.count("x", where=[("number", "in", ["ios"])]),
            "column 'number' of the frame is int64 and cannot be compared by in",
        ),
        (Measure.count("x", where=[("number", "in", [1, "ios"])]), "cannot be compared by in"),
        (Measure.count("x", where=[("text", "==", object())]), "cannot be compared by =="),
        (Measure.count("x", where=[("text", "==", "\ud800")]), "cannot be compared by =="),
        (Measure.count("x", where=[("text", "in", ["\ud800"])]), "cannot be compared by in"),
        (
            Measure.count("x", where=[("numbr", "==", 1)]),
            r"no column 'numbr' \(given as measures x\.numbr=\): did you mean 'number'",
        ),
    ],
)
def test_measures_of_the_wrong_type_are_refused_in_one_line(
    measure: Measure, match: str | None
) -> None:
    if match is None:
        log = cl.EventLog.from_frame(table_of(ROWS), **OPTIONS, measures=[measure])
        assert log.counts["bad_measures"] == sum(r["text"] is not None for r in ROWS)
        return
    with pytest.raises(LogError, match=match) as caught:
        cl.EventLog.from_frame(table_of(ROWS), **OPTIONS, measures=[measure])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "make, match",
    [
        (lambda: Measure.count("x", where=[("a", "=", 1)]), "unknown operator on 'a' '=': "),
        (
            lambda: Measure.count("x", where=[("a", "in", "ios")]),
            "the value of 'in' on 'a' is 'ios'; give a list",
        ),
        (
            lambda: Measure.count("x", where=[("a", "not in", 5)]),
            "the value of 'not in' on 'a' is 5; give a list",
        ),
        (
            lambda: cl.EventLog.from_frame(
                table_of(ROWS),
                **OPTIONS,
                measures=[Measure.count("A b"), Measure.sum("number", name="A b")],
            ),
            "measure named twice: A b",
        ),
        (lambda: Measure.count("x", where=[("a", "==")]), "a condition of 'x' is .*; give"),
        (lambda: Measure.count("x", where=["abc"]), "a condition of 'x' is .*; give"),
    ],
)
def test_measures_that_mean_nothing_are_refused_in_one_line(make: Any, match: str) -> None:
    with pytest.raises(ConfigError, match=match) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_a_null_or_a_decimal_as_a_value() -> None:
    def count(where: list[Any], **kinds: pa.DataType) -> int:
        log = cl.EventLog.from_frame(
            table_of(ROWS, **kinds), **OPTIONS, measures=[Measure.count("x", where=where)]
        )
        return int(log.daily().values("m_x").sum())

    assert count([("text", "==", None)]) == 0 and count([("text", "in", [None, "ios"])]) == sum(
        r["text"] == "ios" for r in ROWS
    )
    assert count([("number", "==", Decimal(2))], number=pa.decimal128(9, 2)) == sum(
        r["number"] == 2 for r in ROWS
    )
    assert count([("text", "not in", [])]) == sum(r["text"] is not None for r in ROWS)


@dataclass(frozen=True, kw_only=True)
class Pages(cl.FeatureBuilder):
    """How many different pages a person reads."""

    signal: ClassVar[str] = "pages"
    days: int = 3

    def features(self, roles: frozenset[str]) -> Iterator[cl.Feature]:
        yield cl.Feature(
            f"pages__distinct_sum__{self.days}d",
            Sum("m_text_distinct")[0, self.days],
            "pages",
            "{value:.0f} pages",
        )
        yield cl.Feature(
            f"pages__ios_share__{self.days}d",
            Sum("m_ios")[0, self.days] / Sum("acts")[0, self.days],
            "share",
            "{value:.0%} on iOS",
        )


def test_a_builder_over_ones_own_measures() -> None:
    log = check(ROWS, EVERY, table_of(ROWS))
    features, day = (
        cl.FeatureSet((*cl.FeatureSet.default().builders, Pages())),
        START + timedelta(days=2),
    )
    data = cl.build_dataset(
        log.daily(), cl.Snapshots.at(log.daily(), [day], active_within=9), features=features
    )
    for user in ("a", "b"):
        mine = [r for r in ROWS if r["u"] == user and day - timedelta(days=3) <= r["t"] < day]
        by_day = [[r for r in mine if r["t"].date() == d] for d in {r["t"].date() for r in mine}]
        row = data.X.loc[(user, day)]
        assert row["pages__distinct_sum__3d"] == sum(worth(EVERY[1], rows) for rows in by_day)
        assert row["pages__ios_share__3d"] == worth(EVERY[0], mine) / len(mine)
    plain = cl.EventLog.from_frame(table_of(ROWS), **OPTIONS).daily()
    snapshots = cl.Snapshots.at(plain, [day], active_within=9)
    with pytest.raises(ConfigError, match="unknown measure 'm_text_distinct'"):
        cl.build_dataset(plain, snapshots, features=features)
