"""Who entered, left and moved since the last list, and why."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from churnlab.nightly.changes import COLUMNS, changes_between, changes_bytes
from churnlab.nightly.guards.witness import Witness
from churnlab.nightly.lists.manifest import ListManifest
from churnlab.nightly.lists.read import PublishedList
from churnlab.nightly.ranking import Ranked
from churnlab.schema.days import day_number

LAST, AS_OF = "2026-03-03", "2026-03-04"


def witness(ids: list, first: list[str], scored: list, lapsed: list) -> Witness:
    seen = Witness(day_number(AS_OF), 30, ())
    seen.new.append(pd.Series([day_number(day) for day in first], ids))
    seen.people.append(pd.Index(scored))
    seen.lapsed.append(np.array(lapsed))
    return seen


def people(rows: dict[Any, tuple[str, str]]) -> pd.DataFrame:
    """Ids with tier and stage."""
    told = [(user, *row) for user, row in rows.items()]
    return pd.DataFrame(told, columns=["user_id", "tier", "stage"])


def last_list(rows: dict[Any, tuple[str, str]], version: int = 2) -> PublishedList:
    manifest = ListManifest(LAST, "r", len(rows), "string", {}, {}, {}, schema_version=version)
    return PublishedList(people(rows), manifest)


def tonight(rows: dict, others: dict | None = None, **left_out: int) -> Ranked:
    away = people({user: ("", stage) for user, stage in (others or {}).items()})
    return Ranked(people(rows), left_out, away[["user_id", "stage"]], others is not None)


@pytest.mark.parametrize("kind", [str, int])
def test_each_change_has_its_reason(kind: type) -> None:
    stays, new, back, silent, cut, cancelled, moves = map(kind, range(7))
    plain = ("high", "fading")
    last = last_list(dict.fromkeys([stays, silent, cut, cancelled, moves], plain))
    now = {new: plain, back: plain, stays: plain, moves: ("low", "lapsing")}
    seen = witness([new, back], [LAST, "2026-03-02"], [stays, new, back, cut], [silent])
    found = changes_between(last, tonight(now, top=1), AS_OF, seen)
    assert found.to_numpy().tolist() == [
        [new, AS_OF, "enter", "new in the log", "", ""],
        [back, AS_OF, "enter", "became active or above the cut", "", ""],
        [silent, AS_OF, "exit", "churned", "", ""],
        [cut, AS_OF, "exit", "below the cut", "", ""],
        [cancelled, AS_OF, "exit", "outside the population", "", ""],
        [moves, AS_OF, "moved", "tier", "high", "low"],
        [moves, AS_OF, "moved", "stage", "fading", "lapsing"],
    ]
    ids = "int64" if kind is int else "string"
    kept = pq.read_table(io.BytesIO(changes_bytes(found, ids)))
    assert str(kept.schema.field("user_id").type) == ids and kept.column_names == list(COLUMNS)
    pd.testing.assert_frame_equal(kept.to_pandas(), found, check_dtype=False)
    assert changes_bytes(found, ids) == changes_bytes(found, ids)


def test_where_everybody_is_listed_who_comes_back_became_active() -> None:
    last, now = last_list({"ann": ("", "")}), tonight({"ann": ("", ""), "bob": ("", "")})
    found = changes_between(last, now, AS_OF, witness(["bob"], ["2026-02-02"], ["ann", "bob"], []))
    assert found["reason"].tolist() == ["became active"]


@pytest.mark.parametrize(("top", "more"), [(0, ""), (3, " or above the cut")])
def test_where_the_list_asks_for_stages_these_are_the_reasons(top: int, more: str) -> None:
    names = ["well", "still", "off", "slower", "cut"]
    last = last_list(dict.fromkeys(names, ("", "fading")) | {"well": ("", "lapsing")})
    others = {"well": "", "still": "silent", "off": "gone", "slower": "lapsing"}
    now = tonight({"here": ("", "fading"), "there": ("", "lapsing")}, others, stages=4, top=top)
    found = changes_between(last, now, AS_OF, witness([], [], [*names, "here", "there"], []))
    assert dict(zip(found["user_id"], found["reason"], strict=True)) == {
        "here": f"became fading{more}",
        "there": f"became lapsing{more}",
        "well": "became active",
        "still": "churned",
        "off": "churned",
        "slower": "became lapsing",
        "cut": "below the cut",
    }


def test_after_a_list_of_the_first_schema_no_stage_has_moved() -> None:
    last, now = {"ann": ("high", "")}, tonight({"ann": ("low", "lapsing")})
    seen = witness([], [], ["ann"], [])
    for version, moves in ((1, ["tier"]), (2, ["tier", "stage"])):
        found = changes_between(last_list(last, version), now, AS_OF, seen)
        assert found["reason"].tolist() == moves


def test_equal_lists_have_no_changes() -> None:
    rows = {"ann": ("high", "fading")}
    found = changes_between(last_list(rows), tonight(rows), AS_OF, witness([], [], ["ann"], []))
    assert found.empty and pq.read_table(io.BytesIO(changes_bytes(found, "string"))).num_rows == 0


def test_nobody_on_either_list_is_no_change() -> None:
    for last, now in (({}, {"ann": ("", "")}), ({"ann": ("", "")}, {})):
        found = changes_between(last_list(last), tonight(now), AS_OF, witness([], [], [], []))
        assert len(found) == 1
