"""Polars: the same features, lazily, as a good Polars user would write them.

Sessions by sorting once and comparing neighbours; windows as filtered sums in one group-by. The arithmetic of the features is
spelled from the library's own definitions.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl
from events import END, NAMES, RECEIPTS, ROLES, START

from churnlab.features.expression import Apply, Cell, Constant, Expression, Longest, Observed, Recent, Since, SinceFirst, WindowSum
from contenders.churnlab_features import signals
from contenders.duckdb_sql import COLUMNS, cell_name

PERSON_DAY = ["user_id", "day"]


def features(path: str, engine: str = "streaming") -> pl.DataFrame:
    """The features of SIGNALS at END of everybody active: user_id, then a column each."""
    pairs = signals().features(COLUMNS)
    cells = list(dict.fromkeys(c for _, f in pairs for c in f.value.cells()))
    active = pl.col("day").filter(pl.col("active") > 0).max() >= START
    people = daily(path).filter(pl.col("day") < END).group_by("user_id").agg(
        active.alias("eligible"), *(cell_expression(c).cast(pl.Float64).alias(cell_name(c)) for c in cells))
    columns = [arithmetic(f.value).alias(f.name) for _, f in pairs]
    return people.filter(pl.col("eligible")).select("user_id", *columns).collect(engine=engine)


def daily(path: str) -> pl.LazyFrame:
    """One row per person and day, sorted by both."""
    log = pl.scan_parquet(path).with_columns(pl.col("event").cast(pl.Enum(NAMES)), day=pl.col("ts").dt.date())
    counted = log.group_by(PERSON_DAY).agg(*_counts())
    together = counted.join(session_days(log), on=PERSON_DAY, how="left").sort(PERSON_DAY)
    zeros = pl.col("sessions", "session_micros", "steps").fill_null(0)
    acted = pl.when(pl.col("active") > 0).then(pl.col("day"))
    gap = pl.when(pl.col("active") > 0).then((pl.col("day") - acted.shift().forward_fill().over("user_id")).dt.total_days())
    return together.with_columns(zeros, gap=gap.fill_null(0)).with_columns(
        gap_sq=pl.col("gap") ** 2, gaps=(pl.col("gap") > 0).cast(pl.Int64))


def _counts() -> list[pl.Expr]:
    event, order = pl.col("event"), pl.col("event").is_in(ROLES["purchase"])
    acts = event.is_in(RECEIPTS).not_()
    roles = [event.is_in(names).sum().cast(pl.Int64).alias(f"n_{role}") for role, names in ROLES.items()]
    return [acts.sum().cast(pl.Int64).alias("acts"), acts.any().cast(pl.Int64).alias("active"), *roles,
            (pl.col("amount").filter(order).sum() * 1e6).round().cast(pl.Int64).alias("money"),
            (order & (pl.col("amount") > 0)).sum().cast(pl.Int64).alias("orders")]


def session_days(log: pl.LazyFrame) -> pl.LazyFrame:
    """Sessions of a person's day, their length in microseconds and their steps."""
    acts = log.filter(pl.col("event").is_in(RECEIPTS).not_()).select("user_id", "ts", "event", "day").sort("user_id", "ts")
    new = ((pl.col("user_id") != pl.col("user_id").shift()) | (pl.col("day") != pl.col("day").shift())
           | (pl.col("ts").diff() > pl.duration(minutes=30))).fill_null(True)
    sessions = acts.with_columns(session=new.cum_sum()).group_by("user_id", "day", "session").agg(
        micros=(pl.col("ts").max() - pl.col("ts").min()).dt.total_microseconds(), steps=pl.col("event").n_unique())
    return sessions.group_by(PERSON_DAY).agg(sessions=pl.len().cast(pl.Int64), session_micros=pl.col("micros").sum(),
                                             steps=pl.col("steps").sum().cast(pl.Int64))


def cell_expression(cell: Cell) -> pl.Expr:
    """One aggregate over a person's daily rows before END; the rows are in order of days."""
    day = pl.col("day")
    match cell:
        case WindowSum(measure, new, old):
            inside = (day < END - timedelta(days=new)) & (True if old is None else day >= END - timedelta(days=old))
            return pl.col(measure).filter(inside).sum()
        case Since(measure):
            return (pl.lit(END) - day.filter(pl.col(measure) > 0).max()).dt.total_days()
        case SinceFirst(measure):
            return (pl.lit(END) - day.filter(pl.col(measure) > 0).min()).dt.total_days()
        case Recent(measure, k):
            return pl.col(measure).filter(pl.col("active") > 0).sort_by(day.filter(pl.col("active") > 0), descending=True).get(k, null_on_oob=True)
        case Longest(measure):
            return pl.col(measure).max()
        case Observed():
            return pl.lit((END - START).days).first()
    raise TypeError(f"no Polars expression for {cell}")


def _smaller(a: pl.Expr, b: pl.Expr) -> pl.Expr:
    return pl.when(a <= b).then(a).when(b < a).then(b)


def _larger(a: pl.Expr, b: pl.Expr) -> pl.Expr:
    return pl.when(a >= b).then(a).when(b > a).then(b)


OPERATIONS = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: pl.when(b != 0).then(a / b),
    "min": _smaller, "max": _larger, "log": pl.Expr.log, "sqrt": pl.Expr.sqrt, "given": lambda c, v: pl.when(c > 0).then(v),
    "fill": lambda a, b: a.fill_null(b)}


def arithmetic(expression: Expression) -> pl.Expr:
    """An expression over the cells' columns; null is not known."""
    match expression:
        case Apply(operation, operands):
            return OPERATIONS[operation](*(arithmetic(o) for o in operands))
        case Constant(value):
            return pl.lit(value)
        case Cell():
            return pl.col(cell_name(expression))
    raise TypeError(f"no Polars expression for {expression}")
