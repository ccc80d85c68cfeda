"""JSON Lines: types as they are in the file, properties by a path, rare ones, misspelt ones."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.files import LINES, OPTIONS, WANT, refusal, rows, write
from support.logs import COLUMNS, SMALLER, outcome

import churnlab as cl


def lines(*records: dict[str, Any]) -> str:
    base = {"u": "ann", "t": "2026-03-01", "e": "x"}
    return "".join(json.dumps({**base, **record}) + "\n" for record in records)


def users(path: str, **options: Any) -> list[Any]:
    return cl.EventLog.read(path, **{**OPTIONS, "amount": None, **options}).activity.users.tolist()


def test_the_same_events_as_a_frame() -> None:
    frame = SMALLER.to_pandas().replace({"a": {np.inf: None}})  # JSON has no infinity
    frame.to_json("log.jsonl", orient="records", lines=True, date_format="iso", date_unit="us")
    want = outcome(cl.EventLog.from_frame(frame, **COLUMNS))
    for options in ({}, {"memory": "20KB"}, {"threads": 1}):
        assert outcome(cl.EventLog.read("log.jsonl", **COLUMNS, **options)) == want
    text = Path("log.jsonl").read_text().splitlines(keepends=True)
    random.Random(1).shuffle(text)
    write("shuffled.jsonl", "".join(text))
    assert outcome(cl.EventLog.read("shuffled.jsonl", **COLUMNS)) == want


def test_ids_are_of_the_type_that_they_have() -> None:
    assert users(write("a.jsonl", lines({"u": 7}, {"u": 12}))) == [7, 12]
    assert users(write("b.jsonl", lines({"u": "007"}, {"u": "12"}))) == ["007", "12"]
    assert users(write("c.jsonl", lines({"u": 7}, {"u": "007"}))) == ["007", "7"]
    assert users(write("d.jsonl", lines({"u": 2**63 - 1}, {"u": -(2**63)}))) == [
        -(2**63),
        2**63 - 1,
    ]
    assert users(write("e.jsonl", lines({"u": {"id": 5}})), user="u.id") == [5]


def test_ids_whose_type_changes_after_the_first_lines_are_refused() -> None:
    many = [{"u": i} for i in range(200_000)]
    said = refusal(write("a.jsonl", lines(*many, {"u": "007"})), amount=None)
    assert "column 'u' of a.jsonl is" in said and "give one type of id" in said
    assert "is double" in refusal(write("b.jsonl", lines({"u": 1.5})), amount=None)


def test_amounts_of_any_form() -> None:
    path = write("a.jsonl", lines({"a": 1}, {"a": "2.5"}, {"a": None}, {}, {"a": 1e3}))
    assert rows(path) == [("ann", "2026-03-01", 1_003_500_000)]
    many = [{"a": 1}] * 30_000
    rare = write("b.jsonl", lines(*many, {"a": "2.5"}))
    assert rows(rare) == [("ann", "2026-03-01", 30_002_500_000)]
    late = write("c.jsonl", lines(*[{}] * 30_000, {"a": 2.5}))
    assert rows(late) == [("ann", "2026-03-01", 2_500_000)]


def test_properties_by_a_path() -> None:
    record = {
        "p": {"v": 2, "l": [{"key": "page", "value": {"n": 3}}]},
        "items": [{"price": 4}],
        "x.y": 5,
        "x": {"y": 6},
        "o'\"/~": {"a b": 7},
    }
    write("a.jsonl", lines(record))
    for amount, money in {
        "p.v": 2,
        "p.l[page].value.n": 3,
        "items[0].price": 4,
        "x.y": 5,
        "o'\"/~.a b": 7,
    }.items():
        for path in ("a.jsonl", write("a.json", f"[{lines(record)}]")):
            assert rows(path, amount=amount)[0][2] == money * 10**6, amount
    assert rows("a.jsonl", amount="p.v", measures=["p.v"])[0][2] == 2_000_000


def test_names_that_differ_in_their_case_alone() -> None:
    write("a.jsonl", lines({"U": "bob", "E": "y", "A": 3}))
    assert users("a.jsonl") == ["ann"]
    both = cl.EventLog.read("a.jsonl", **{**OPTIONS, "amount": "A", "event": "U"})
    assert both.names == ("bob",) and both.activity.users.tolist() == ["ann"]


@pytest.mark.parametrize("name", ["am", "u.a", "p.v", "e[0]"])
def test_a_property_that_no_line_has_is_refused(name: str) -> None:
    write("a.jsonl", LINES)
    assert f"a.jsonl has no column '{name}' (given as amount=)" in refusal("a.jsonl", amount=name)
    assert f"a.jsonl has no column '{name}' (given as user=)" in refusal("a.jsonl", user=name)


def test_files_without_a_line() -> None:
    write("a.jsonl", LINES)
    for name, empty in (("b.jsonl", ""), ("c.jsonl", "\n\n"), ("d.json", "[]")):
        assert "holds no event (0 rows)" in refusal(write(name, empty))
        write("b.jsonl", empty)
        assert rows("[ab].jsonl") == WANT


def test_a_line_without_an_id_or_a_time() -> None:
    said = refusal(write("a.jsonl", LINES + '{"t": "2026-03-01", "e": "x"}\n'))
    assert "null, empty or a word for nothing in 1 of 3 rows" in said
    said = refusal(write("b.jsonl", LINES + '{"u": "ann", "e": "x"}\n'))
    assert "column 't' of b.jsonl is" in said


def test_lines_that_end_in_any_way_and_a_mark() -> None:
    for text in (LINES.replace("\n", "\r\n"), LINES.replace("\n", "\n\n"), LINES.rstrip("\n")):
        assert rows(write("a.jsonl", text)) == WANT
    assert rows(write("a.jsonl", "\ufeff" + LINES)) == WANT


def test_times_with_a_zone() -> None:
    write("a.jsonl", lines({"t": "2026-03-01T20:00:00Z"}, {"t": "2026-03-02T04:00:00+08:00"}))
    got = rows("a.jsonl", timezone="Asia/Shanghai", amount=None)
    assert [day for _, day, _ in got] == ["2026-03-02"]


def test_a_rare_property_is_null_where_it_is_known_to_be_meant() -> None:
    record = {"user_pseudo_id": "ann", "event_timestamp": 1_772_359_200_000_000, "event_name": "x"}
    Path("ga4.jsonl").write_text(json.dumps(record))
    assert cl.EventLog.read("ga4.jsonl", preset="ga4").daily().frame()["money"].tolist() == [0]
    for day in ("2026-03-01", "2026-03-02"):
        bought = {"a": 2} if day == "2026-03-02" else {}
        write(f"log/{day}.jsonl", lines({"t": day, **bought}))
    store = cl.ActivityStore.create("store", log="log/{day}.jsonl", **OPTIONS)
    for day in ("2026-03-01", "2026-03-02"):
        store.append(day=day)
    assert store.daily().frame()["money"].tolist() == [0, 2_000_000]
    assert "has no column 'a' (given as amount=)" in refusal("log/2026-03-01.jsonl")
