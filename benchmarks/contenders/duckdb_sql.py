"""DuckDB: the plain group-by (the floor), and the features in two spellings.

The steps from events to daily rows are written by hand. The rest is generated from the library's
own definitions, so that it is complete. In the plain statement a window is a filtered aggregate,
as an analyst would write it; in the tuned statement it is the fastest spelling that we found. All
else is the same in both: the fastest of the common spellings, or the plainer of two that are about
as fast. Measured on 1 million events and one thread, where the whole takes 0.77 s:

- A window is `sum(measure * (back between … and …)::double)`. 215 of them over the 126,000 daily
  rows take 0.05 s; `sum(case when … end)` takes 0.08 s, filtered aggregates 1.27 s, disjoint
  pieces that are added afterwards 0.04 s, sums by week first 0.09 s or more.
- Names of a day and of a session are bits of a mask, for which the names are listed: daily rows
  take 0.38 s; with count(distinct event) 0.09 s more.
- Daily rows stay in the order of people, in which a window function leaves them: a million of them
  aggregate in 0.5 s, in no order in 1.5 s.
- Gaps beyond the present silence are a list, filtered where that silence is known: a million rows
  take 0.04 s, with a window by person 0.07 s.
- Parts that features share are columns of their own: planning and arithmetic take 0.1 s; with each
  feature written out 0.2 s.
- Sessions use one window by person and day; by person alone takes 10% more, all counts in the
  sessions' pass over the log 11% more.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from functools import cache
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
from events import END, NAMES, RECEIPTS, ROLES, START

from churnlab.features.expression import (
    Apply,
    Cell,
    Constant,
    Decayed,
    Expression,
    GapsBeyond,
    LatestIn,
    Longest,
    LongestIn,
    MedianIn,
    Recent,
    Since,
    SinceFirst,
    SlopeIn,
    WindowSum,
)
from contenders.question import PARTS_OF_DAY, Named, known, question

FLOOR = "select user_id, count(*), max(ts), sum(amount) from read_parquet('{}') group by user_id"
LAST = 3  # the number of last gaps that features read
DAILY = """
with log as (
  select user_id, ts, ts::date as day, event::enum {names} as event, amount,
         event not in {receipts} as act
  from read_parquet('{path}')
),
broken as (
  select user_id, day, ts, 1::bigint << enum_code(event) as name,
         coalesce(
           ts - lag(ts) over (partition by user_id, day order by ts) > interval 30 minutes, true
         )::int as new
  from log where act
),
numbered as (
  select *,
         sum(new) over (partition by user_id, day order by ts rows unbounded preceding) as session
  from broken
),
sessions as (
  select user_id, day, session, epoch_us(max(ts)) - epoch_us(min(ts)) as micros,
         bit_or(name) as names
  from numbered group by user_id, day, session
),
session_days as (
  select user_id, day, count(*) as sessions, sum(micros) as session_micros,
         sum(bit_count(names)) as steps, bit_count(bit_or(names)) as names
  from sessions group by user_id, day
),
counted as (
  select user_id, day, countif(act) as acts, max(act::int) as active, {counts},
         coalesce(round(sum(amount) filter (event in {orders}) * 1e6), 0) as money,
         countif(event in {orders} and amount > 0) as orders
  from log group by user_id, day
),
together as (
  select c.*, coalesce(sessions, 0) as sessions, coalesce(session_micros, 0) as session_micros,
         coalesce(steps, 0) as steps, coalesce(names, 0) as names,
         case when active > 0 then c.day - max(case when active > 0 then c.day end) over (
           partition by c.user_id order by c.day rows between unbounded preceding and 1 preceding
         ) end as gap
  from counted c left join session_days s on c.user_id = s.user_id and c.day = s.day
),
daily as (
  select user_id, day, (date '{at}' - day)::int as back,
         columns(* exclude (user_id, day, gap))::double, coalesce(gap, 0)::double as gap,
         coalesce(gap * gap, 0)::double as gap_sq, (gap is not null)::double as gaps
  from together where day < date '{at}'
)"""


def floor(path: str, threads: int) -> pa.Table:
    """The plainest question that touches every event."""
    return query(FLOOR.format(path), threads)


def features(path: str, threads: int, tuned: bool = True) -> pa.Table:
    """Features of `signals()` at END of everybody active: user_id, then one column each.

    `tuned` takes the fastest spelling of a window, else the usual `sum(…) filter (where …)`.
    """
    return query(daily_sql(path) + features_sql(tuned), threads)


def query(text: str, threads: int) -> pa.Table:
    """The answer of a fresh DuckDB, which may use 60% of the memory before it uses the disk."""
    with TemporaryDirectory() as folder:
        settings: dict[str, Any] = {
            "threads": threads,
            "temp_directory": folder,
            "preserve_insertion_order": False,
        }
        with closing(duckdb.connect(config=settings)) as connection:
            connection.execute("set memory_limit = '60%'")
            return connection.sql(text).to_arrow_table()


def daily_sql(path: str) -> str:
    """The common tables from the file to `daily`; `back` is the number of days from a row to t."""
    roles = {
        **ROLES,
        "other": [n for n in NAMES if not any(n in names for names in ROLES.values())],
    }
    counts = [f"countif(event in {_list(names)}) as n_{role}" for role, names in roles.items()]
    counts += [
        f"countif(act and hour(ts) // 6 = {k}) as {part}" for k, part in enumerate(PARTS_OF_DAY)
    ]
    return DAILY.format(
        path=path,
        at=END,
        names=_list(NAMES),
        receipts=_list(RECEIPTS),
        counts=", ".join(counts),
        orders=_list(ROLES["purchase"]),
    )


def _list(names: Iterable[str]) -> str:
    return "(" + ", ".join(f"'{n}'" for n in names) + ")"


@cache
def features_sql(tuned: bool) -> str:
    """From `daily` to the features: weights by age, cells, stages of shared parts, features.

    Windows are `[t - old, t - new)`, where t is END.
    """
    asked = question()
    beyond = {n: c for n, c in asked.cells.items() if isinstance(c, GapsBeyond)}
    lists = {
        _list_of(c): f"list({c.measure}) filter (gaps > 0 and {inside(0, c.window)})"
        for c in beyond.values()
    }
    aggregates = {
        n: f"({cell_sql(c, tuned)})::double" for n, c in asked.cells.items() if n not in beyond
    }
    weights = {
        _weight(c): f"exp(back * -ln(2) / {c.half_life}) * ({inside(0, c.window)})::double"
        for c in asked.cells.values()
        if isinstance(c, Decayed)
    }
    tables = [
        _select("*", weights, "daily"),
        _select(
            "user_id",
            {"away": "min(case when active > 0 then back end)", **lists, **aggregates},
            "{}",
        )
        + " group by user_id"
        f" having max(case when active > 0 then day end) >= date '{START}'",
        _select("*", {n: beyond_sql(c) for n, c in beyond.items()}, "{}"),
        *(
            _select("*", {n: arithmetic_sql(part) for n, part in stage.items()}, "{}")
            for stage in asked.stages
        ),
        _select("user_id", {n: arithmetic_sql(value) for n, value in asked.features.items()}, "{}"),
    ]
    named = [
        f",\nstep_{i} as (\n{text.format(f'step_{i - 1}')}\n)" for i, text in enumerate(tables[:-1])
    ]
    return "".join(named) + "\n" + tables[-1].format(f"step_{len(named) - 1}")


def _select(first: str, columns: dict[str, str], table: str) -> str:
    return (
        f"select {first}, "
        + ",\n  ".join(f"{text} as {name}" for name, text in columns.items())
        + f"\nfrom {table}"
    )


def _weight(cell: Decayed) -> str:
    return f"weight_{cell.half_life}"


def _list_of(cell: GapsBeyond) -> str:
    return f"all_{cell.measure}_{cell.window}"


def beyond_sql(cell: GapsBeyond) -> str:
    """Number of a person's gaps that exceed the present silence by more than `extra` days."""
    longer = f"list_filter({_list_of(cell)}, lambda one: one > away + {cell.extra})"
    return f"coalesce(len({longer}), 0)::double"


def inside(new: int, old: int | None) -> str:
    """Whether a row is in `[t - old, t - new)`."""
    return f"back > {new}" if old is None else f"back between {new + 1} and {old}"


def cell_sql(cell: Cell, tuned: bool) -> str:
    """One aggregate over a person's daily rows before t."""
    match cell:
        case WindowSum(measure, new, old):
            return window_sql(measure_sql(measure), new, old, tuned)
        case Decayed(measure):
            return f"sum({measure_sql(measure)} * {_weight(cell)})"
        case Since(measure):
            return f"min(case when {measure} > 0 then back end)"
        case SinceFirst(measure):
            return f"max(case when {measure} > 0 then back end)"
        case Recent(measure, k):
            return f"(max_by({measure}, day, {LAST}) filter (active > 0))[{k + 1}]"
        case Longest(measure):
            return f"max({measure})"
    return of_window_sql(cell)


def of_window_sql(cell: Cell) -> str:
    """A value or a line of the days of a window, where a sum cannot say it."""
    match cell:
        case LongestIn(measure, window):
            return f"max(case when {inside(0, window)} then {measure} end)"
        case LatestIn(measure, window):
            return f"max_by({measure}, day) filter ({measure} > 0 and {inside(0, window)})"
        case MedianIn(measure, window):
            return f"median({measure}) filter ({measure} > 0 and {inside(0, window)})"
        case SlopeIn(measure, window):
            return slope_sql(measure, window)
    raise TypeError(f"no SQL for {cell}")


def slope_sql(measure: str, window: int) -> str:
    """The least squares slope through the values above zero, at equal steps in order of days."""
    wanted = f"filter ({measure} > 0 and {inside(0, window)})"
    count = f"(count(*) {wanted})"
    steps = f"list_transform(list({measure} order by day) {wanted}, lambda x, i: x * i)"
    above = f"list_sum({steps}) - ({count} + 1) / 2 * sum({measure}) {wanted}"
    return f"case when {count} > 1 then ({above}) / ({count} * ({count}::double ** 2 - 1) / 12) end"


def window_sql(measure: str, new: int, old: int | None, tuned: bool) -> str:
    """A sum over a window."""
    if old is None and not new:
        return f"sum({measure})"
    return (
        f"sum({measure} * ({inside(new, old)})::double)"
        if tuned
        else f"coalesce(sum({measure}) filter ({inside(new, old)}), 0)"
    )


def measure_sql(measure: str) -> str:
    """A measure of the daily rows, or one that is derived from them."""
    what, _, of = measure.rpartition("_")
    if what in ("gap_over", "gaps_over"):
        return f"greatest(gap - {of}, 0)" if what == "gap_over" else f"(gap > {of})::double"
    if what == "weekday":
        return f"(active > 0 and isodow(day) = {of} + 1)::double"
    return (
        f"({measure.removeprefix('days_')} > 0)::double" if measure.startswith("days_") else measure
    )


SQL = {
    "add": "({} + {})",
    "sub": "({} - {})",
    "mul": "({} * {})",
    "div": "({} / {})",
    "log": "ln({})",
    "sqrt": "sqrt({})",
    "min": "least({}, {})",
    "max": "greatest({}, {})",
    "given": "case when {} > 0 then {} end",
    "fill": "coalesce({}, {})",
}


def arithmetic_sql(expression: Expression) -> str:
    """An expression over existing columns; null is missing and spreads."""
    match expression:
        case Apply(operation, operands):
            texts = [arithmetic_sql(o) for o in operands]
            if operation == "div" and not (isinstance(operands[1], Constant) and operands[1].value):
                texts[1] = f"nullif({texts[1]}, 0)"
            whole = SQL[operation].format(*texts)
            missing = [
                t
                for t, o in zip(texts, operands, strict=True)
                if operation in ("min", "max") and not known(o)
            ]
            return (
                f"case when {' and '.join(f'{t} is not null' for t in missing)} then {whole} end"
                if missing
                else whole
            )
        case Constant(value):
            return f"{value!r}::double"
        case Named(name):
            return name
    raise TypeError(f"no SQL for {expression}")


def sample(path: str, people: int, out: str) -> None:
    """Writes the events of `people` people, chosen by a hash of their ids."""
    log = f"read_parquet('{path}')"
    everybody = f"select distinct user_id from {log}"
    chosen = f"select user_id from ({everybody}) order by hash(user_id) limit {people}"
    with closing(duckdb.connect()) as connection:
        connection.execute(
            f"copy (select * from {log} where user_id in ({chosen}) order by ts) "
            f"to '{out}' (format parquet)"
        )
