"""A folder of daily rows: the same bytes, whole or not at all, one writer at a time."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from support.children import Children
from support.store_folder import (
    FIRST,
    IO,
    MEANING,
    await_file,
    check_clean,
    content,
    day_table,
    days_of,
    die_at,
    hold_half_a_second,
    update_forever,
    update_often,
    values,
)

from churnlab.errors import ChurnlabError, LogError, StoreError
from churnlab.store import row_writer
from churnlab.store.folder import StoreFolder


@pytest.mark.parametrize("text", [False, True])
def test_the_same_rows_make_the_same_bytes(tmp_path: Path, text: bool) -> None:
    one, other = (
        StoreFolder.create(tmp_path / "one", MEANING),
        StoreFolder.create(tmp_path / "other", dict(reversed(MEANING.items()))),
    )
    one.replace(days_of(1, text=text))
    before = content(one.path)
    one.replace(days_of(1, text=text))
    assert content(one.path) == before
    for day, table in reversed(days_of(1, text=text).items()):
        other.replace({day: day_table(9, text=text)})
        other.replace(iter([(day, table)]))
    assert content(other.path) == before
    check_clean(other)


def test_what_was_written_is_what_is_read(store: StoreFolder) -> None:
    again = StoreFolder.open(store.path)
    assert again.days == (FIRST, FIRST + 1, FIRST + 2) and again.columns == (
        "acts",
        "money",
        "names",
    )
    assert again.counts(FIRST) == {"events": 7} and again.counts(FIRST + 1) == {}
    for day, table in days_of(1).items():
        assert again.table(day).to_pydict() == table.to_pydict()
        assert again.table(day).schema.types == table.schema.types
    assert again.table(FIRST, columns=["money"]).column_names == ["user_id", "money"]
    assert json.loads(json.dumps(again.describe()))["rows"] == 180


def test_the_newest_day_may_come_from_a_generator_with_counts_made_on_the_way(
    store: StoreFolder,
) -> None:
    counts: dict[int, dict[str, int]] = {}

    def tables() -> Iterator[tuple[int, pa.Table]]:
        for day, table in days_of(2).items():
            counts[day] = {"rows": table.num_rows}
            yield day, table

    store.replace(tables(), counts)
    assert values(store) == {2} and store.counts(FIRST + 2) == {"rows": 60}


def test_killed_at_any_time_the_store_is_whole_and_the_next_update_succeeds(
    store: StoreFolder, children: Children
) -> None:
    draw = random.Random(7)
    for kill in range(25):
        started = store.path.parent / "started"
        started.unlink(missing_ok=True)
        pid = children.start(update_forever, store.path, 100 * kill)
        await_file(started)
        time.sleep(draw.uniform(0, 0.08))
        os.kill(pid, signal.SIGKILL)
        assert children.wait() == -signal.SIGKILL
        found = StoreFolder.open(store.path)
        found.verify()
        assert len(values(found)) == 1
        if kill % 5 == 0:
            found.replace(days_of(5))
            check_clean(found)


def test_a_process_that_ends_at_any_call_leaves_the_old_or_the_new(
    store: StoreFolder, children: Children
) -> None:
    saved = store.path.parent / "saved"
    shutil.copytree(store.path, saved)
    for number in range(1, 200):
        shutil.rmtree(store.path)
        shutil.copytree(saved, store.path)
        children.start(die_at, store.path, number)
        code = children.wait()
        found = StoreFolder.open(store.path)
        found.verify()
        assert values(found) in ({1}, {2})
        assert found.first_day == FIRST and (found.before_day in (None, FIRST + 1))
        found.replace({day: table for day, table in days_of(3).items() if day in found.days})
        assert values(found) == {3}
        check_clean(found)
        if code == 0:
            break
    assert number > 30 and code == 0 and found.before_day == FIRST + 1


@pytest.mark.parametrize("act", ["replace", "compact"])
def test_whichever_call_fails_the_old_store_stays(
    store: StoreFolder, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    acts = {"replace": lambda s: s.replace(days_of(2)), "compact": lambda s: s.compact(FIRST + 2)}
    monkeypatch.setattr(row_writer, "WRITE_BYTES", 1024)
    before, unsure, number = content(store.path), 0, 0
    while True:
        number += 1
        with monkeypatch.context() as patch:
            left = fail_at(patch, number)
            try:
                acts[act](store)
            except ChurnlabError as error:
                caught = error
            else:
                break
        assert caught.exit_code == 7 and str(store.path) in str(caught), caught
        store = StoreFolder.open(store.path)
        store.verify()
        if "did not confirm" not in str(caught):
            assert {k: v for k, v in content(store.path).items() if k in before} == before
        else:
            unsure += 1  # the new manifest is there, and should it be lost, the old one still has its files
            (store.path / "manifest.json").write_bytes(before["manifest.json"])
            store.refresh()
            store.verify()
        assert store.days == tuple(days_of(1)) and values(store) == {1}
    assert left[0] > 0 and number > 15 and unsure == 1
    check_clean(store)


def test_files_that_cannot_be_removed_go_next_time(
    store: StoreFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "not now")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuses)
        store.replace(days_of(2))
    assert values(store) == {2} and len(content(store.path)) == 8
    (store.path / "notes.txt").touch()
    store.replace({FIRST: days_of(3)[FIRST]})
    assert sorted(content(store.path))[-1] == "notes.txt" and len(content(store.path)) == 6


def fail_at(patch: pytest.MonkeyPatch, number: int) -> list[int]:
    """Makes the n-th of the calls that write fail: no space left."""
    left = [number]

    def fails(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            return call(*args, **kwargs)

        return counted

    for where, name in IO[:-1]:
        patch.setattr(where, name, fails(getattr(where, name)))
    return left


def test_an_update_whose_tables_fail_leaves_nothing_behind(store: StoreFolder) -> None:
    before = content(store.path)

    def tables() -> Iterator[tuple[int, pa.Table]]:
        yield FIRST, day_table(2)
        raise LogError.from_empty("the log of the second day")

    with pytest.raises(LogError, match="second day"):
        store.replace(tables())
    with pytest.raises(StoreError, match="not sorted"):
        store.replace({FIRST: day_table(2), FIRST + 1: day_table(2).take([1, 0])})
    assert content(store.path) == before and values(store) == {1}


def test_a_second_update_is_refused_or_waits(store: StoreFolder, children: Children) -> None:
    started = store.path.parent / "started"
    children.start(hold_half_a_second, store.path)
    await_file(started)
    for update in (lambda: store.replace(days_of(2)), lambda: store.compact(FIRST + 1)):
        with pytest.raises(StoreError, match="another update") as error:
            update()
        assert error.value.exit_code == 6
    assert values(store) == {1}
    store.replace(days_of(2), wait=20)
    assert values(store) == {2} and children.wait() == 0


def test_two_stores_in_one_process_exclude_each_other(store: StoreFolder) -> None:
    other = StoreFolder.open(store.path)
    with store.locked(), store.locked():
        store.replace(days_of(3))
        with pytest.raises(StoreError, match="another update"):
            other.replace(days_of(2))
    other.replace({FIRST + 3: day_table(3)})
    assert other.days == (*days_of(3), FIRST + 3) and values(other) == {3}


def test_readers_see_one_update_or_another_never_two(
    store: StoreFolder, children: Children, more_children: Children
) -> None:
    children.start(update_often, store.path, 100)
    more_children.start(update_often, store.path, 200)
    seen = set()
    for _ in range(60):
        chunks = list(store.ranges(people=25))
        found = {v for c in chunks for _, t in c.tables for v in t["names"].unique().to_pylist()}
        assert len(found) == 1 and sum(t.num_rows for c in chunks for _, t in c.tables) == 180
        store.table(FIRST + 2)
        seen |= found
    assert children.wait() == more_children.wait() == 0
    assert len(seen) > 2
    store.refresh()
    check_clean(store)
    assert values(store) <= {124, 224}


def test_missing_days_are_named_and_empty_days_are_not_missing(store: StoreFolder) -> None:
    store.replace({FIRST + 5: day_table(1), FIRST + 4: day_table(1).slice(0, 0)})
    assert store.missing_days() == (FIRST + 3,)
    for read in (
        lambda: store.ranges(range(FIRST, FIRST + 6)),
        lambda: store.table(FIRST + 3),
        lambda: store.compact(FIRST + 6),
        lambda: store.counts(FIRST + 3),
    ):
        with pytest.raises(StoreError, match=r"lacks 1 day\(s\), the first is 2024-10-07") as error:
            read()
        assert error.value.exit_code == 3
    assert store.table(FIRST + 4).to_pydict() == {
        "user_id": [],
        "acts": [],
        "money": [],
        "names": [],
    }
    assert [d for c in store.ranges(range(FIRST + 4, FIRST + 6)) for d, _ in c.tables] == [
        FIRST + 5
    ]
    store.replace({FIRST + 3: day_table(1).slice(0, 0)})
    assert store.missing_days() == () and store.describe()["missing_days"] == []
    with pytest.raises(StoreError, match="the first is 2024-10-10"):
        store.compact(FIRST + 7)


def test_an_empty_store_says_so(tmp_path: Path) -> None:
    store = StoreFolder.create(tmp_path / "store", MEANING)
    assert (
        store.days == store.missing_days() == ()
        and list(store.ranges()) == []
        and store.describe()["rows"] == 0
    )
    with pytest.raises(StoreError, match="lacks 1 day"):
        store.compact(FIRST)
    check_clean(store)


def test_folded_days_cannot_be_changed_or_read(store: StoreFolder) -> None:
    store.compact(FIRST + 2)
    before = content(store.path)
    store.compact(FIRST + 1)
    for use in (
        lambda: store.replace({FIRST + 1: day_table(1)}),
        lambda: store.table(FIRST),
        lambda: store.ranges(range(FIRST, FIRST + 3)),
    ):
        with pytest.raises(
            StoreError, match=r"folded into the carry, days are kept from 2024-10-06"
        ) as error:
            use()
        assert error.value.exit_code == 3
    assert content(store.path) == before
    store.compact(FIRST + 3)
    assert (
        store.days == ()
        and list(store.ranges()) == []
        and sum(c.carry.num_rows for c in store.ranges(everybody=True))
        == len({u for t in days_of(1).values() for u in t["user_id"].to_pylist()})
    )
    store.replace({FIRST + 3: day_table(1)})
    assert store.missing_days() == () and store.first_day == FIRST
