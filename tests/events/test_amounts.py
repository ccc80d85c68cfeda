"""Amounts: money spent and given back, scales, and numbers that cannot be used."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.command import call

import churnlab as cl
from churnlab.errors import LogError
from churnlab.errors.examples import shown
from churnlab.events.amounts import scaled

OPTIONS = {"user": "u", "time": "t", "event": "e", "amount": "a", "timezone": "UTC"}


def table_of(amounts: Any, names: Any = "purchase") -> pa.Table:
    n = len(amounts)
    return pa.table(
        {
            "u": [f"p{i % 3}" for i in range(n)],
            "t": ["2026-03-01 10:00"] * n,
            "e": [names] * n if isinstance(names, str) else names,
            "a": amounts,
        }
    )


def money(log: cl.EventLog) -> int:
    """All money of a log in millionths."""
    return int(log.daily().values("money").sum())


def forms(table: pa.Table) -> dict[str, Any]:
    """The same log as files and frames."""
    pq.write_table(table, "log.parquet")
    table.to_pandas().to_csv("log.csv", index=False)
    return {
        "parquet": "log.parquet",
        "csv": "log.csv",
        "arrow": table,
        "pandas": table.to_pandas(),
        "objects": table.to_pandas().astype({"a": object}),
        "polars": pl.DataFrame(table.to_pandas()),
        "dictionary": table.set_column(3, "a", table["a"].dictionary_encode()),
    }


def read(form: Any, **options: Any) -> cl.EventLog:
    how = cl.EventLog.read if isinstance(form, str) else cl.EventLog.from_frame
    return how(form, **{**OPTIONS, **options})


@pytest.mark.parametrize(
    "text, way, options, worth",
    [
        ("12,50", 'give decimal=","', {"decimal": ","}, 12.5),
        ("1.234,50", 'give decimal=","', {"decimal": ","}, 1234.5),
        ("1 234,50", 'give decimal=","', {"decimal": ","}, 1234.5),
        ("1,234", 'decimal="." where it separates thousands', {"decimal": "."}, 1234.0),
        ("$12.50", "strip currency signs", None, 0),
        ("12.50 EUR", "strip currency signs", None, 0),
        ("１２．５０", None, {}, 12.5),
        ("1,234.50", None, {}, 1234.5),
        ("125000000000000", "give amount_scale=0.01", {"amount_scale": 1e-6}, 125000000.0),
    ],
)
def test_amounts_as_text_are_the_same_from_every_source(
    text: str, way: str | None, options: dict[str, Any] | None, worth: float
) -> None:
    for kind, form in forms(table_of([text] * 3)).items():
        if way is not None:
            with pytest.raises(LogError, match=way) as caught:
                read(form)
            said = str(caught.value)
            assert "\n" not in said and shown(text) in said and caught.value.exit_code == 3, kind
            assert "no usable number in 3 of 3 rows" in said, kind
            assert read(form, bad_amounts=1).counts["bad_amounts"] == 3, kind
        if options is not None:
            log = read(form, **options)
            assert money(log) == 3 * worth * 1e6 and log.counts["bad_amounts"] == 0, kind


def test_the_share_counts_the_amounts_given() -> None:
    sound = ["5"] * 99
    assert read(table_of([*sound, "$5"])).counts["bad_amounts"] == 1
    nothing = [None, "", "NULL", "\\N"] * 100
    with pytest.raises(LogError, match="in 2 of 101 rows"):
        read(table_of([*sound, "$5", "$5", *nothing]))
    log = read(table_of([*sound, "$5", *nothing], names="open"), roles={})
    assert log.counts["bad_amounts"] == 1 and money(log) == 99 * 5_000_000
    with pytest.raises(LogError, match=r"\('\$0', '\$1', '\$2'\)"):
        read(table_of([f"${i}" for i in range(50)]))


def test_nan_gives_no_amount_and_is_counted() -> None:
    log = read(table_of(pa.array([np.nan, np.nan, 5.0])))
    assert log.counts["bad_amounts"] == 2 and money(log) == 5_000_000
    with pytest.raises(LogError, match="write null where there is no number"):
        read(table_of(pa.array([np.inf, np.nan, 5.0])))


def test_a_measure_that_cannot_be_used_is_refused() -> None:
    table = table_of(["5"] * 3).append_column("n", pa.array(["1,5", "2,5", None]))
    with pytest.raises(LogError, match="'n' of the frame is no usable number in 2 of 2 .*decimal"):
        read(table, measures="n")
    log = read(table, measures="n", decimal=",")
    assert log.daily().values("m_n").sum() == 4_000_000
    assert read(table, measures="n", bad_measures=1).counts["bad_measures"] == 2
    far = table.set_column(4, "n", pa.array([1e12, 1.0, 2.0]))
    with pytest.raises(LogError, match="give a larger unit where numbers are beyond 1e.10"):
        read(far, measures="n")


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=20))
def test_cents_with_a_scale_are_the_amounts_to_the_bit(cents: list[int]) -> None:
    amounts = np.array([float(Decimal(c) / 100) for c in cents])
    assert scaled(np.array(cents, np.float64), 0.01).tobytes() == amounts.tobytes()
    for same in (None, 1):
        assert scaled(amounts, same) is amounts


def test_minor_units_beyond_the_limit_work_by_a_scale() -> None:
    table = table_of([125_000_000_000, 1_999])
    with pytest.raises(LogError, match=r"\('999999999999'\).*give amount_scale=0.01"):
        read(table)
    assert money(read(table, amount_scale=0.01)) == 1_250_000_000_000_000 + 19_990_000
    with pytest.raises(cl.ChurnlabError, match="amount_scale is 0; give a number"):
        read(table, amount_scale=0)
    with pytest.raises(cl.ChurnlabError, match="decimal is ';'; give '.' or ','"):
        read(table, decimal=";")


@pytest.mark.parametrize("roles", [None, {"purchase": "purchase", "refund": ["refund", "back"]}])
def test_refunds_net_money_whatever_their_sign(roles: dict[str, Any] | None) -> None:
    names = ["purchase", "refund", "refund", "purchase", "open"]
    if roles:
        names[2] = "back"
    log = read(table_of([100.0, 30.0, -20.0, -5.0, -7.0], names), roles=roles)
    assert money(log) == 45_000_000
    assert log.daily().values("orders").sum() == 1
    assert log.daily().values("n_refund").sum() == 2
    assert log.counts["negative_amounts"] == 1
    assert "refund" in log.roles.names


def test_negative_amounts_that_are_no_money_are_counted() -> None:
    names = ["purchase", "return", "return", "open"]
    log = read(table_of([100.0, -30.0, np.nan, None], names))
    assert money(log) == 100_000_000 and log.counts["negative_amounts"] == 1
    every = read(table_of([100.0, -30.0], "open"))  # no purchase: every amount is money
    assert money(every) == 70_000_000 and every.counts["negative_amounts"] == 0


def test_a_refund_without_an_amount_is_counted() -> None:
    assert read(table_of([1.0, None], ["purchase", "refund"])).counts["bad_amounts"] == 1


def test_spending_labels_and_features_know_refunds() -> None:
    table = pa.table(
        {
            "u": ["ann"] * 4,
            "t": ["2026-03-01", "2026-03-02", "2026-03-11", "2026-03-12"],
            "e": ["purchase", "refund", "purchase", "refund"],
            "a": [50.0, 20.0, 40.0, 15.0],
        }
    )
    activity = read(table).daily()
    target = cl.LifetimeValue(horizon=3)
    snapshots = cl.Snapshots.at(activity, ["2026-03-10"], targets=[target])
    assert snapshots.frame["ltv"].tolist() == [25.0]
    X = cl.build_dataset(activity, snapshots, cl.FeatureSet.of(["SpendDecline"])).X
    assert X["spend__amount_sum__all"].tolist() == [30.0]
    assert X["spend__orders_sum__all"].tolist() == [1.0]
    assert X["spend__since_last_days__all"].tolist() == [9.0]


TOML = """
[log]
path = "log.csv"
user = "u"
time = "t"
event = "e"
amount = "a"
timezone = "UTC"
{options}

[store]
folder = "store"
"""


@pytest.mark.parametrize(
    "options, code",
    [("", 3), ('decimal = ","\namount_scale = 0.01', 0), ("bad_amounts = 1.0", 0)],
)
def test_from_the_command_line(options: str, code: int) -> None:
    table_of(["1250,00"] * 3).to_pandas().to_csv("log.csv", index=False)
    Path("churnlab.toml").write_text(TOML.format(options=options))
    said = call("update", "--day", "2026-03-01", "--config", "churnlab.toml", code=code)
    if code:
        assert "log.csv is no usable number in 3 of 3 rows" in said
        return
    store = cl.ActivityStore.open("store")
    bad = 3 * options.startswith("bad")
    assert store.describe()["bad_amounts"] == bad
    assert store.daily().values("money").sum() == (0 if bad else 37_500_000)


def test_amounts_of_mixed_objects() -> None:
    frame = pd.DataFrame(
        {
            "u": "ann",
            "t": pd.Timestamp("2026-03-01"),
            "e": "purchase",
            "a": pd.Series([Decimal("1.50"), 2, "3.25", None, 4.5], dtype=object),
        }
    )
    for decimal in (None, "."):
        assert money(read(frame, decimal=decimal)) == 11_250_000
    assert money(read(frame.drop(index=2), decimal=",")) == 8_000_000
