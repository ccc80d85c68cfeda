"""DuckDB: the plain group-by that is the floor, and the features as an analyst would write them.

The steps from events to daily rows are written by hand. Of the common spellings the fastest is kept, by processor time at 5 million
events: one window by person alone takes 10% more than one by person and day. A mask of bits for count(distinct event) would take 11%
less, but must list all names and ends at 63 of them. The last step, filtered aggregates and their arithmetic, is spelled from the
library's own definitions, so that it is complete.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from datetime import date
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
from events import END, RECEIPTS, ROLES, START

from churnlab.features.expression import Apply, Cell, Constant, Expression, Longest, Observed, Recent, Since, SinceFirst, WindowSum
from contenders.churnlab_features import signals

FLOOR = "select user_id, count(*), max(ts), sum(amount) from read_parquet('{}') group by user_id"
COLUMNS = frozenset({*ROLES, "other", "money"})
DAILY = """
with log as (
  select user_id, ts, ts::date as day, event, amount, event not in {receipts} as act from read_parquet('{path}')
),
broken as (
  select user_id, day, ts, event,
         coalesce(ts - lag(ts) over (partition by user_id, day order by ts) > interval 30 minutes, true)::int as new
  from log where act
),
numbered as (
  select *, sum(new) over (partition by user_id, day order by ts rows unbounded preceding) as session from broken
),
sessions as (
  select user_id, day, session, epoch_us(max(ts)) - epoch_us(min(ts)) as micros, count(distinct event) as steps
  from numbered group by user_id, day, session
),
session_days as (
  select user_id, day, count(*) as sessions, sum(micros)::bigint as session_micros, sum(steps)::bigint as steps
  from sessions group by user_id, day
),
counted as (
  select user_id, day, count(*) filter (act) as acts, max(act::int) as active, {roles},
         coalesce(round(sum(amount) filter (event in {orders}) * 1e6), 0)::bigint as money,
         count(*) filter (event in {orders} and amount > 0) as orders
  from log group by user_id, day
),
together as (
  select c.*, coalesce(sessions, 0) as sessions, coalesce(session_micros, 0) as session_micros, coalesce(steps, 0) as steps,
         case when active > 0 then c.day - max(case when active > 0 then c.day end) over (
             partition by c.user_id order by c.day rows between unbounded preceding and 1 preceding) end as gap
  from counted c left join session_days s on c.user_id = s.user_id and c.day = s.day
),
daily as (
  select * replace (coalesce(gap, 0) as gap), coalesce(gap * gap, 0) as gap_sq, (gap is not null)::int as gaps from together
)
"""


def floor(path: str, threads: int) -> pa.Table:
    """The plainest question that touches every event."""
    return query(FLOOR.format(path), threads)


def features(path: str, threads: int) -> pa.Table:
    """The features of SIGNALS at END of everybody active: user_id, then a column each."""
    return query(statement(path), threads)


def query(text: str, threads: int) -> pa.Table:
    """A fresh DuckDB's answer; what does not fit in 60% of the memory goes to the disk."""
    with TemporaryDirectory() as folder, closing(duckdb.connect(config={"threads": threads, "temp_directory": folder})) as connection:
        connection.execute("set memory_limit = '60%'")
        return connection.sql(text).to_arrow_table()


def statement(path: str, at: date = END) -> str:
    """The whole question. Windows are `[t - old, t - new)`, t being `at`."""
    pairs = signals().features(COLUMNS)
    cells = list(dict.fromkeys(c for _, f in pairs for c in f.value.cells()))
    aggregates = ",\n  ".join(f"({cell_sql(c, at)})::double as {cell_name(c)}" for c in cells)
    columns = ",\n  ".join(f"{arithmetic_sql(f.value)} as {f.name}" for _, f in pairs)
    return (f"{daily_sql(path)}, cells as (\n  select user_id,\n  {aggregates}\n  from daily where day < date '{at}'\n  group by user_id"
            f" having max(day) filter (active > 0) >= date '{START}'\n)\nselect user_id,\n  {columns}\nfrom cells")


def daily_sql(path: str) -> str:
    """The common tables from the file to `daily`."""
    roles = ", ".join(f"count(*) filter (event in {_list(names)}) as n_{role}" for role, names in ROLES.items())
    return DAILY.format(path=path, receipts=_list(RECEIPTS), roles=roles, orders=_list(ROLES["purchase"]))


def _list(names: Iterable[str]) -> str:
    return "(" + ", ".join(f"'{n}'" for n in names) + ")"


def cell_name(cell: Cell) -> str:
    """A column name for a cell."""
    parts = (type(cell).__name__, *vars(cell).values())
    return "_".join("all" if p is None else str(p).lower() for p in parts)


def cell_sql(cell: Cell, at: date) -> str:
    """One aggregate over a person's daily rows before t."""
    match cell:
        case WindowSum(measure, new, old):
            inside = f"day < date '{at}' - {new}" + ("" if old is None else f" and day >= date '{at}' - {old}")
            return f"coalesce(sum({measure}) filter ({inside}), 0)"
        case Since(measure):
            return f"date '{at}' - max(day) filter ({measure} > 0)"
        case SinceFirst(measure):
            return f"date '{at}' - min(day) filter ({measure} > 0)"
        case Recent(measure, k):
            return f"(max_by({measure}, day, {k + 1}) filter (active > 0))[{k + 1}]"
        case Longest(measure):
            return f"max({measure})"
        case Observed():
            return f"date '{at}' - date '{START}'"
    raise TypeError(f"no SQL for {cell}")


SQL = {"add": "({} + {})", "sub": "({} - {})", "mul": "({} * {})", "div": "({} / nullif({}, 0))", "log": "ln({})", "sqrt": "sqrt({})",
       "min": "case when {0} <= {1} then {0} when {1} < {0} then {1} end", "max": "case when {0} >= {1} then {0} when {1} > {0} then {1} end",
       "given": "case when {} > 0 then {} end", "fill": "coalesce({}, {})"}


def arithmetic_sql(expression: Expression) -> str:
    """An expression over the cells' columns."""
    match expression:
        case Apply(operation, operands):
            return SQL[operation].format(*(arithmetic_sql(o) for o in operands))
        case Constant(value):
            return f"{value!r}::double"
        case Cell():
            return cell_name(expression)
    raise TypeError(f"no SQL for {expression}")


def sample(path: str, people: int, out: str) -> None:
    """Writes the events of so many people, chosen by a hash of their ids."""
    chosen = f"select user_id from (select distinct user_id from read_parquet('{path}')) order by hash(user_id) limit {people}"
    with closing(duckdb.connect()) as connection:
        connection.execute(f"copy (select * from read_parquet('{path}') where user_id in ({chosen}) order by ts) to '{out}' (format parquet)")
