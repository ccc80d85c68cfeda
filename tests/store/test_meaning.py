"""The meaning of a store's rows: kept, compared, and refused when it changes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.activity_store import (
    MEASURES,
    assert_same,
    by_day,
    content,
    events,
    fill,
    options,
    six_days,
)

import churnlab as cl
from churnlab.demo import datasets
from churnlab.errors import ConfigError, StoreError
from churnlab.events.spec import READING, LogSpec
from churnlab.schema.measures import Measure
from churnlab.store.activity_store import ActivityStore
from churnlab.store.meaning import LATE_DAYS, meaning_of, spec_of


@pytest.fixture
def store(tmp_path: Path) -> ActivityStore:
    return six_days(tmp_path)


CHANGED = [
    ("timezone", {"timezone": "UTC"}, "timezone was Asia/Shanghai .* and is UTC now"),
    (
        "roles",
        {"roles": {**datasets.ROLES, "social": ["like"]}},
        r"roles\.social was .*'comment'.* is \['like'\] now",
    ),
    (
        "a role less",
        {"roles": {k: v for k, v in datasets.ROLES.items() if k != "purchase"}},
        r"roles\.purchase was \['purchase'\] .* is None now",
    ),
    ("measures", {"measures": ["amount"]}, "measures was"),
    ("receipts", {"receipts": ["push_open"]}, "receipts was"),
    ("ignore", {"ignore": ["like"]}, "ignore was"),
    ("arrived", {"arrived": "ts"}, "arrived was None"),
    ("amount", {"amount": None}, "amount was amount"),
    ("user", {"user": "event"}, "user was user_id"),
]


@pytest.mark.parametrize(("more", "says"), [c[1:] for c in CHANGED], ids=[c[0] for c in CHANGED])
def test_another_meaning_is_refused_and_the_key_named(
    store: ActivityStore, more: dict[str, Any], says: str
) -> None:
    before = content(store.folder.path)
    for use in (ActivityStore.create, ActivityStore.open):
        with pytest.raises(
            ConfigError, match=says + r".*; set it back, or build a new store in another folder"
        ) as error:
            use(store.folder.path, **options(**more))
        assert error.value.exit_code == 2 and "\n" not in str(error.value)
    assert content(store.folder.path) == before


def test_what_does_not_change_the_rows_may_change(store: ActivityStore) -> None:
    how = options(
        memory="64MB",
        threads=1,
        bad_ids=0.5,
        roles={k: list(v) for k, v in reversed(datasets.ROLES.items())},
        measures=(),
    )
    again = ActivityStore.create(store.folder.path, log=store.log, **how)
    assert (again.spec.memory, again.spec.threads, again.spec.bad_ids) == (2**26, 1, 0.5)
    before = content(store.folder.path)
    assert again.append("2026-01-03").changed == 0 and content(store.folder.path) == before


def test_a_store_without_a_day_takes_a_new_meaning(tmp_path: Path) -> None:
    ActivityStore.create(tmp_path / "store", **options(timezone="UTC"))
    made = ActivityStore.create(tmp_path / "store", **options())
    assert made.timezone == "Asia/Shanghai" == ActivityStore.open(tmp_path / "store").timezone
    for read in (
        made.daily,
        lambda: list(made.parts()),
        lambda: made.end,
        lambda: cl.Snapshots.at(made, ["2026-01-05"]),
        lambda: made.compact(3),
    ):
        with pytest.raises(StoreError, match="has no day yet; append one"):
            read()
    with pytest.raises(ConfigError, match="a log: give one to append, or its path to open"):
        made.append("2026-01-01")


def test_conditions_of_measures_are_kept(tmp_path: Path) -> None:
    measures = [
        Measure.count("a", where=[("event", "in", {"like", "comment"})]),
        Measure.count("b", where=[("amount", ">", np.float64(3))]),
    ]
    frames = by_day(events(), "Asia/Shanghai")
    how = options(measures=measures)
    store = fill(ActivityStore.create(tmp_path / "store", **how), list(frames)[:3], frames)
    fill(ActivityStore.open(tmp_path / "store"), list(frames)[3:20], frames)
    store.folder.refresh()
    assert_same(
        store,
        cl.EventLog.from_frame(pd.concat(list(frames.values())[:20]), **how).daily(),
        [store.end],
    )
    with pytest.raises(
        ConfigError, match="a condition of a measure is .*datetime.*; give text, numbers"
    ):
        ActivityStore.create(
            tmp_path / "other",
            **options(measures=[Measure.count("c", where=[("ts", ">", datetime(2026, 1, 1))])]),
        )


NAMES = st.lists(st.sampled_from(["like", "badge", "ping"]), unique=True, max_size=3)


@given(
    roles=st.none() | st.dictionaries(st.sampled_from(["open", "social"]), NAMES, max_size=2),
    receipts=NAMES,
    ignore=NAMES,
    late_days=st.none() | st.integers(0, 9),
    arrived=st.sampled_from([None, "arr"]),
    bad_ids=st.floats(0, 1),
)
def test_a_meaning_is_read_back_as_the_options_that_it_came_from(**how: Any) -> None:
    spec = LogSpec.of(user="u", time="t", event="e", measures=MEASURES, timezone="UTC", **how)
    meaning = meaning_of(spec)
    back = spec_of(json.loads(json.dumps(meaning)))
    assert meaning_of(back) == meaning
    assert back.measures == spec.measures and back.ignore == spec.ignore
    other = {
        "bad_ids": 0.5,
        "bad_amounts": 0.5,
        "bad_measures": 0.5,
        "until": "2026-06-30",
        "since": "2026-01-01",
        "bad_times": 0.5,
        "memory": "3MB",
        "threads": 7,
        "encoding": "utf-16",
        "names": ("u", "t", "e"),
        "separator": ";",
        "progress": False,
        "table": "events",
        "version": 3,
    }
    assert set(other) == set(READING)
    assert meaning == meaning_of(replace(spec, **other))
    assert meaning["late_days"] == (
        None
        if how["arrived"] is None
        else LATE_DAYS
        if how["late_days"] is None
        else back.late_days
    )
