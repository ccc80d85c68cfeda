"""The activity store: the same bytes, whole or not at all, every fault noticed, the carry exact."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnlab.errors import ChurnlabError, ConfigError, LogError, OutputError, StoreError
from churnlab.store import row_file
from churnlab.store.carry import fold
from churnlab.store.folder import Store
from churnlab.store.manifest import SCHEMA_VERSION

MEANING = {"zone": "UTC", "roles": {"social": ["comment"], "push": ["sent"]}, "ids": "int"}
FIRST = 20_000


def day_table(value: int, people: int = 60, text: bool = False, seed: int = 0) -> pa.Table:
    """Rows whose measures all follow from `value`."""
    ids = np.sort(np.random.default_rng(seed).choice(4 * people, people, replace=False)).astype(
        np.int64
    )
    users = [f"user-{i:05}" for i in ids] if text else ids
    return pa.table(
        {
            "user_id": users,
            "acts": ((ids + value) % 3).astype(np.uint16),
            "money": ids * 1000 + value,
            "names": np.full(people, value, np.int32),
        }
    )


def days_of(value: int, count: int = 3, **how: Any) -> dict[int, pa.Table]:
    return {FIRST + i: day_table(value, seed=i, **how) for i in range(count)}


def content(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def values(store: Store) -> set[int]:
    """What the days were made of; one number unless updates were mixed."""
    return {v for day in store.days for v in store.table(day)["names"].unique().to_pylist()}


def check_clean(store: Store) -> None:
    """Verified, and nothing in the folder that the manifest does not name."""
    store.verify()
    named = {file.name for file in store.manifest.files()} | {"manifest.json", ".lock"}
    assert {*content(store.folder)} == named
    assert {p.name for p in store.folder.iterdir() if p.is_dir()} == {
        Path(n).parts[0] for n in named if "/" in n
    }


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store.create(tmp_path / "store", MEANING)
    made.replace(days_of(1), {FIRST: {"events": 7}})
    return made


# ── the same bytes ──


@pytest.mark.parametrize("text", [False, True])
def test_the_same_rows_make_the_same_bytes(tmp_path: Path, text: bool) -> None:
    one, other = (
        Store.create(tmp_path / "one", MEANING),
        Store.create(tmp_path / "other", dict(reversed(MEANING.items()))),
    )
    one.replace(days_of(1, text=text))
    before = content(one.folder)
    one.replace(days_of(1, text=text))
    assert content(one.folder) == before
    for day, table in reversed(days_of(1, text=text).items()):
        other.replace({day: day_table(9, text=text)})
        other.replace(iter([(day, table)]))
    assert content(other.folder) == before
    check_clean(other)


def test_what_was_written_is_what_is_read(store: Store) -> None:
    again = Store.open(store.folder)
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


def test_the_newest_day_may_come_from_a_generator_with_counts_made_on_the_way(store: Store) -> None:
    counts: dict[int, dict[str, int]] = {}

    def tables() -> Iterator[tuple[int, pa.Table]]:
        for day, table in days_of(2).items():
            counts[day] = {"rows": table.num_rows}
            yield day, table

    store.replace(tables(), counts)
    assert values(store) == {2} and store.counts(FIRST + 2) == {"rows": 60}


# ── crashes ──

SERVER = """
import os, sys, time
import pyarrow, churnlab.store
from churnlab import _rowfile
sys.path.insert(0, {here!r})
import test_folder as t

for line in sys.stdin:
    what, folder, number = line.split()
    pid = os.fork()
    if pid == 0:
        getattr(t, what)(folder, int(number))
        os._exit(0)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


class Children:
    """Processes that fork from one that has everything imported; one runs at a time."""

    def __init__(self) -> None:
        code = SERVER.format(here=str(Path(__file__).parent))
        self.server = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, what: Callable[[str, int], None], folder: Path, number: int = 0) -> int:
        assert self.server.stdin and self.server.stdout
        print(what.__name__, folder, number, file=self.server.stdin, flush=True)
        return int(self.server.stdout.readline())

    def wait(self) -> int:
        assert self.server.stdout
        return int(self.server.stdout.readline())

    def stop(self) -> None:
        self.server.communicate("", timeout=30)


@pytest.fixture
def children() -> Iterator[Children]:
    made = Children()
    yield made
    made.stop()


@pytest.fixture
def more_children() -> Iterator[Children]:
    made = Children()
    yield made
    made.stop()


def update_forever(folder: str, value: int) -> None:
    store = Store.open(folder)
    Path(folder, "..", "started").touch()
    while True:
        value += 1
        store.replace(days_of(value), wait=30)


def update_often(folder: str, value: int) -> None:
    for i in range(25):
        Store.open(folder).replace(days_of(value + i), wait=30)


def hold_half_a_second(folder: str, _: int) -> None:
    with Store.open(folder).locked():
        Path(folder, "..", "started").touch()
        time.sleep(0.5)


def die_at(folder: str, number: int) -> None:
    """An update and a compaction; the process ends at its n-th call that touches the disk."""
    left = [number]

    def ends(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                os._exit(9)
            return call(*args, **kwargs)

        return counted

    row_file.WRITE_BYTES = 2048
    for where, name in IO:
        setattr(where, name, ends(getattr(where, name)))
    store = Store.open(folder)
    store.replace(days_of(2))
    store.compact(FIRST + 1)


IO = [(os, "fsync"), (os, "replace"), (row_file._Sink, "write"), (Path, "mkdir"), (Path, "unlink")]


def await_file(path: Path) -> None:
    until = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < until
        time.sleep(0.002)


def test_killed_at_any_time_the_store_is_whole_and_the_next_update_succeeds(
    store: Store, children: Children
) -> None:
    draw = random.Random(7)
    for kill in range(25):
        started = store.folder.parent / "started"
        started.unlink(missing_ok=True)
        pid = children.start(update_forever, store.folder, 100 * kill)
        await_file(started)
        time.sleep(draw.uniform(0, 0.08))
        os.kill(pid, signal.SIGKILL)
        assert children.wait() == -signal.SIGKILL
        found = Store.open(store.folder)
        found.verify()
        assert len(values(found)) == 1
        if kill % 5 == 0:
            found.replace(days_of(5))
            check_clean(found)


def test_a_process_that_ends_at_any_call_leaves_the_old_or_the_new(
    store: Store, children: Children
) -> None:
    saved = store.folder.parent / "saved"
    shutil.copytree(store.folder, saved)
    for number in range(1, 200):
        shutil.rmtree(store.folder)
        shutil.copytree(saved, store.folder)
        children.start(die_at, store.folder, number)
        code = children.wait()
        found = Store.open(store.folder)
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
    store: Store, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    acts = {"replace": lambda s: s.replace(days_of(2)), "compact": lambda s: s.compact(FIRST + 2)}
    monkeypatch.setattr(row_file, "WRITE_BYTES", 1024)
    before, unsure, number = content(store.folder), 0, 0
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
        assert caught.exit_code == 7 and str(store.folder) in str(caught), caught
        store = Store.open(store.folder)
        store.verify()
        if isinstance(caught, OutputError):
            assert {k: v for k, v in content(store.folder).items() if k in before} == before
        else:
            unsure += 1  # the new manifest is there, and should it be lost, the old one still has its files
            (store.folder / "manifest.json").write_bytes(before["manifest.json"])
            store.refresh()
            store.verify()
        assert store.days == tuple(days_of(1)) and values(store) == {1}
    assert left[0] > 0 and number > 15 and unsure == 1
    check_clean(store)


def test_files_that_cannot_be_removed_go_next_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "not now")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuses)
        store.replace(days_of(2))
    assert values(store) == {2} and len(content(store.folder)) == 8
    (store.folder / "notes.txt").touch()
    store.replace({FIRST: days_of(3)[FIRST]})
    assert sorted(content(store.folder))[-1] == "notes.txt" and len(content(store.folder)) == 6


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


def test_an_update_whose_tables_fail_leaves_nothing_behind(store: Store) -> None:
    before = content(store.folder)

    def tables() -> Iterator[tuple[int, pa.Table]]:
        yield FIRST, day_table(2)
        raise LogError.from_empty("the log of the second day")

    with pytest.raises(LogError, match="second day"):
        store.replace(tables())
    with pytest.raises(StoreError, match="not sorted"):
        store.replace({FIRST: day_table(2), FIRST + 1: day_table(2).take([1, 0])})
    assert content(store.folder) == before and values(store) == {1}


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError) as error:
        Store.create(tmp_path / "file" / "store", MEANING)
    assert error.value.exit_code == 7 and str(tmp_path / "file" / "store") in str(error.value)


# ── damage ──


def flipped(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :]


def damaged(data: bytes, draw: random.Random) -> bytes:
    """One bit changed; or the end cut off; or 64 bytes zeroed."""
    kind, at = draw.randrange(4), draw.randrange(len(data))
    if kind == 0:
        return data[:at]
    return (
        data[:at] + bytes(64) + data[at + 64 :]
        if kind == 1 and any(data[at : at + 64])
        else flipped(data, draw)
    )


@pytest.mark.parametrize("text", [False, True])
def test_damaged_files_are_noticed_and_named(tmp_path: Path, text: bool) -> None:
    store = Store.create(tmp_path / "store", MEANING)
    store.replace(days_of(1, people=3000, text=text))
    store.compact(FIRST + 1)
    draw, sound, noticed = (
        random.Random(3),
        {f.name: (store.folder / f.name).read_bytes() for f in store.manifest.files()},
        0,
    )
    truth = rows_and_carry(store)
    for trial in range(120):
        name = sorted(sound)[trial % len(sound)]
        (store.folder / name).write_bytes(damaged(sound[name], draw))
        with pytest.raises(StoreError, match=name) as error:
            store.verify()
        assert error.value.exit_code == 3
        try:
            assert rows_and_carry(store) == truth, "a reader took damaged rows for sound ones"
        except StoreError as seen:
            noticed += name in str(seen)
        (store.folder / name).write_bytes(sound[name])
    store.verify()
    assert noticed >= 115


def rows_and_carry(store: Store) -> list[Any]:
    return [
        (c.low, c.high, [(d, t.to_pydict()) for d, t in c.tables], c.carry and c.carry.to_pydict())
        for c in store.chunks(people=900)
    ]


def test_a_file_that_is_gone_is_named(store: Store) -> None:
    name = store.manifest.days[FIRST + 1].file.name
    (store.folder / name).unlink()
    for read in (store.verify, lambda: store.table(FIRST + 1), store.chunks):
        with pytest.raises(StoreError, match=f"{name} is not what was written: it is missing"):
            read()
    store.replace({FIRST + 1: day_table(1, seed=1)})
    check_clean(store)


def test_appending_a_damaged_day_again_heals_it(store: Store) -> None:
    before = content(store.folder)
    path = store.folder / store.manifest.days[FIRST].file.name
    path.write_bytes(flipped(path.read_bytes(), random.Random(1)))
    store.replace({FIRST: days_of(1)[FIRST]}, {FIRST: {"events": 7}})
    assert content(store.folder) == before


def test_every_byte_of_the_manifest_counts(store: Store) -> None:
    path, draw = store.folder / "manifest.json", random.Random(5)
    sound = path.read_bytes()
    for at in range(0, len(sound), 5):
        path.write_bytes(sound[:at] + bytes([sound[at] ^ 1 << draw.randrange(8)]) + sound[at + 1 :])
        with pytest.raises(StoreError) as error:
            Store.open(store.folder)
        assert error.value.exit_code == 3 and str(store.folder) in str(error.value)
    for bad in (b"", b"[]", b"null", b"{}", sound[:-1], sound + b" ", sound[:100]):
        path.write_bytes(bad)
        with pytest.raises(StoreError, match="is not what was written"):
            Store.open(store.folder)


def test_a_newer_store_and_no_store_are_refused(store: Store, tmp_path: Path) -> None:
    path = store.folder / "manifest.json"
    newer = {**json.loads(path.read_text()), "schema_version": SCHEMA_VERSION + 1, "more": 1}
    path.write_text(json.dumps(newer))
    before = content(store.folder)
    for use in (
        lambda: Store.open(store.folder),
        lambda: store.replace(days_of(2)),
        lambda: Store.create(store.folder, MEANING),
    ):
        with pytest.raises(StoreError, match=r"newer churnlab \(schema 2, this one knows 1\)"):
            use()
    assert content(store.folder) == before
    with pytest.raises(StoreError, match="holds no activity store"):
        Store.open(tmp_path / "nowhere")


# ── two at once ──


def test_a_second_update_is_refused_or_waits(store: Store, children: Children) -> None:
    started = store.folder.parent / "started"
    children.start(hold_half_a_second, store.folder)
    await_file(started)
    begin = time.monotonic()
    for update in (lambda: store.replace(days_of(2)), lambda: store.compact(FIRST + 1)):
        with pytest.raises(StoreError, match="another update") as error:
            update()
        assert error.value.exit_code == 6
    assert time.monotonic() - begin < 1 and values(store) == {1}
    store.replace(days_of(2), wait=20)
    assert values(store) == {2} and children.wait() == 0


def test_two_stores_in_one_process_exclude_each_other(store: Store) -> None:
    other = Store.open(store.folder)
    with store.locked(), store.locked():
        store.replace(days_of(3))
        with pytest.raises(StoreError, match="another update"):
            other.replace(days_of(2))
    other.replace({FIRST + 3: day_table(3)})
    assert other.days == (*days_of(3), FIRST + 3) and values(other) == {3}


def test_readers_see_one_update_or_another_never_two(
    store: Store, children: Children, more_children: Children
) -> None:
    children.start(update_often, store.folder, 100)
    more_children.start(update_often, store.folder, 200)
    seen = set()
    for _ in range(60):
        chunks = list(store.chunks(people=25))
        found = {v for c in chunks for _, t in c.tables for v in t["names"].unique().to_pylist()}
        assert len(found) == 1 and sum(t.num_rows for c in chunks for _, t in c.tables) == 180
        store.table(FIRST + 2)
        seen |= found
    assert children.wait() == more_children.wait() == 0
    assert len(seen) > 2
    store.refresh()
    check_clean(store)
    assert values(store) <= {124, 224}


# ── what does not fit ──


def test_missing_days_are_named_and_empty_ones_are_none(store: Store) -> None:
    store.replace({FIRST + 5: day_table(1), FIRST + 4: day_table(1).slice(0, 0)})
    assert store.missing_days() == (FIRST + 3,)
    for read in (
        lambda: store.chunks(range(FIRST, FIRST + 6)),
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
    assert [d for c in store.chunks(range(FIRST + 4, FIRST + 6)) for d, _ in c.tables] == [
        FIRST + 5
    ]
    store.replace({FIRST + 3: day_table(1).slice(0, 0)})
    assert store.missing_days() == () and store.describe()["missing_days"] == []
    with pytest.raises(StoreError, match="the first is 2024-10-10"):
        store.compact(FIRST + 7)


def test_an_empty_store_says_so(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "store", MEANING)
    assert (
        store.days == store.missing_days() == ()
        and list(store.chunks()) == []
        and store.describe()["rows"] == 0
    )
    with pytest.raises(StoreError, match="lacks 1 day"):
        store.compact(FIRST)
    check_clean(store)


def test_another_meaning_is_refused_with_the_way_out(store: Store) -> None:
    changed = {**MEANING, "roles": {"social": ["comment", "like"], "push": ["sent"]}}
    for use in (lambda: store.check_meaning(changed), lambda: Store.create(store.folder, changed)):
        with pytest.raises(
            ConfigError,
            match=r"roles\.social was \['comment'\] .* is \['comment', 'like'\] now; set it back, or build a new store",
        ):
            use()
    with pytest.raises(ConfigError, match="zone was UTC .* is None now") as error:
        store.check_meaning({k: v for k, v in MEANING.items() if k != "zone"})
    assert error.value.exit_code == 2
    store.check_meaning(dict(reversed(MEANING.items())))
    assert Store.create(store.folder, MEANING).days == store.days


BAD_TABLES = {
    "lack acts": (lambda t: t.drop_columns(["acts"]), "need user_id and acts"),
    "hold nulls": (
        lambda t: t.set_column(2, "money", pa.array([None] * t.num_rows, pa.int64())),
        "hold what they cannot in money",
    ),
    "hold fractions": (
        lambda t: t.set_column(2, "money", pa.array([0.5] * t.num_rows)),
        "hold what they cannot in money",
    ),
    "hold what is derived": (
        lambda t: t.append_column("gap", t["money"]),
        "hold what they cannot in gap",
    ),
    "have a person twice": (
        lambda t: pa.concat_tables([t.slice(0, 1), t]),
        "not sorted by person and version, or hold one twice",
    ),
    "have other measures": (
        lambda t: t.append_column("more", t["money"]),
        "have the measures acts, money, names, more, the store acts, money, names",
    ),
    "have other ids": (
        lambda t: t.set_column(
            0, "user_id", t["user_id"].cast(pa.string()).combine_chunks().sort()
        ),
        "the ids of 2024-10-07 are string, .* int64",
    ),
    "have ids of no kind": (
        lambda t: t.set_column(0, "user_id", t["user_id"].cast(pa.float64())),
        "hold what they cannot in user_id",
    ),
    "have versions that fall": (
        lambda t: pa.concat_tables([t.slice(0, 1)] * 2).append_column(
            "known", pa.array([3, 2], pa.int32())
        ),
        "not sorted",
    ),
}


@pytest.mark.parametrize("kind", BAD_TABLES)
def test_tables_that_do_not_fit_are_refused(store: Store, kind: str) -> None:
    change, says = BAD_TABLES[kind]
    before = content(store.folder)
    with pytest.raises(StoreError, match=says) as error:
        store.replace({FIRST + 3: change(day_table(2))})
    assert (
        error.value.exit_code == 3
        and "2024-10-07" in str(error.value)
        and content(store.folder) == before
    )


def test_columns_may_come_in_another_order_and_ids_as_a_dictionary(tmp_path: Path) -> None:
    store, plain = Store.create(tmp_path / "store", MEANING), day_table(1, text=True)
    store.replace({FIRST: plain})
    before = content(store.folder)
    coded = plain.set_column(0, "user_id", plain["user_id"].dictionary_encode()).select(
        ["names", "money", "user_id", "acts"]
    )
    large = plain.set_column(0, "user_id", plain["user_id"].cast(pa.large_string()))
    for table in (large, pa.concat_tables([plain.slice(0, 7), plain.slice(7)])):
        store.replace({FIRST: table})
        assert content(store.folder) == before
    store.replace({FIRST + 1: coded})
    assert store.table(FIRST + 1).equals(store.table(FIRST))


# ── chunks ──


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_file, "GROUP_ROWS", 7)
    monkeypatch.setattr(row_file, "SAMPLE", 16)


def whole(chunks: Iterator[Any]) -> dict[int, list[dict[str, Any]]]:
    out: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for chunk in chunks:
        for day, table in chunk.tables:
            out[day] += table.to_pylist()
    return dict(out)


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("people", [1, 3, 20, 10_000])
@pytest.mark.usefixtures("small_groups")
def test_chunks_hold_every_row_once_and_persons_whole(
    tmp_path: Path, text: bool, people: int
) -> None:
    store = Store.create(tmp_path / "store", MEANING)
    store.replace({FIRST + i: day_table(i, people=5 + 11 * i, text=text, seed=i) for i in range(9)})
    last, seen = None, []
    for chunk in store.chunks(people=people):
        ids = {u for _, t in chunk.tables for u in t["user_id"].to_pylist()}
        assert chunk.low == last or (last is not None and chunk.low > last)
        assert all(
            (chunk.low is None or chunk.low < u) and (chunk.high is None or u <= chunk.high)
            for u in ids
        )
        assert [d for d, _ in chunk.tables] == sorted(d for d, _ in chunk.tables) and all(
            t.num_rows for _, t in chunk.tables
        )
        last, seen = chunk.high, [*seen, ids]
    assert last is None and not [1 for a, b in pairwise(seen) if max(a) >= min(b)]
    assert whole(store.chunks(people=people)) == {d: store.table(d).to_pylist() for d in store.days}
    part = range(FIRST + 2, FIRST + 5)
    for threads in (1, 4):
        assert whole(store.chunks(part, people, columns=["money"], threads=threads)) == {
            d: store.table(d, ["money"]).to_pylist() for d in part
        }


@pytest.mark.parametrize("text", [False, True])
def test_chunks_are_about_as_large_as_asked(tmp_path: Path, text: bool) -> None:
    store = Store.create(tmp_path / "store", MEANING)
    store.replace({FIRST + i: day_table(i, people=9_000, text=text, seed=i) for i in range(4)})
    sizes = [
        len({u for _, t in c.tables for u in t["user_id"].to_pylist()})
        for c in store.chunks(people=2_000)
    ]
    assert sum(sizes) > 20_000 and max(sizes) < 3_000 and min(sizes[:-1]) > 1_300
    assert row_file.GROUP_ROWS > 9_000 > row_file.SAMPLE


@given(st.lists(st.text(max_size=12), unique=True, max_size=80), st.integers(1, 9))
@settings(max_examples=60)
def test_any_text_is_an_id(
    tmp_path_factory: pytest.TempPathFactory, ids: list[str], people: int
) -> None:
    ids = sorted(i for i in ids if i.isprintable())
    store = Store.create(tmp_path_factory.mktemp("text") / "store", MEANING)
    store.replace(
        {
            FIRST: pa.table(
                {"user_id": pa.array(ids, pa.string()), "acts": np.ones(len(ids), np.int64)}
            )
        }
    )
    found = [t["user_id"].to_pylist() for c in store.chunks(people=people) for _, t in c.tables]
    assert [u for part in found for u in part] == ids
    assert all(len(part) == people for part in found[:-1])


@given(st.lists(st.text(max_size=30), min_size=2, max_size=50, unique=True))
def test_different_texts_hash_differently_and_the_same_wherever_they_stand(ids: list[str]) -> None:
    apart = {len(i.encode()): i for i in ids}  # one of each length: those must differ
    hashes = row_file._hashes(pa.array(ids)).tolist()
    assert row_file._hashes(pa.array(["x", *ids]).slice(1)).tolist() == hashes
    assert len({hashes[ids.index(i)] for i in apart.values()}) == len(apart)


# ── the carry ──

Rows = Mapping[int, Mapping[Any, Mapping[str, int]]]


def folded(rows: Rows, before: int) -> dict[Any, dict[str, int | None]]:
    """The carry in plain Python: person → column → whole number."""
    people: dict[Any, list[tuple[int, dict[str, int]]]] = defaultdict(list)
    for day in sorted(d for d in rows if d < before):
        for user, row in rows[day].items():
            people[user].append((day, dict(row)))
    return {user: one_carry(found) for user, found in sorted(people.items())}


def one_carry(found: list[tuple[int, dict[str, int]]]) -> dict[str, int | None]:
    previous = None
    for day, row in found:
        row["active"] = int(row["acts"] > 0)
        row["gap"] = day - previous if row["active"] and previous is not None else 0
        row["gap_sq"], row["gaps"] = row["gap"] ** 2, int(row["gap"] > 0)
        previous = day if row["active"] else previous
    out: dict[str, int | None] = {}
    for measure in found[0][1]:
        above = [day for day, row in found if row[measure] > 0]
        out[f"sum_{measure}"] = sum(row[measure] for _, row in found)
        out[f"max_{measure}"] = max(row[measure] for _, row in found)
        out[f"first_{measure}"], out[f"last_{measure}"] = (
            (above[0], above[-1]) if above else (None, None)
        )
    recent = [day for day, row in found if row["active"]][::-1]
    out |= {f"recent_{k + 1}": recent[k] if k < len(recent) else None for k in range(4)}
    return out | {"first_day": found[0][0], "last_day": found[-1][0]}


def by_user(table: pa.Table) -> dict[Any, dict[str, int | None]]:
    return {row.pop("user_id"): row for row in table.to_pylist()}


def as_table(rows: Mapping[Any, Mapping[str, int]], versions: bool = False) -> pa.Table:
    """A day's rows; with versions, an earlier and wrong one stands before each."""
    columns: dict[str, list[Any]] = {
        "user_id": [],
        **({"known": []} if versions else {}),
        "acts": [],
        "money": [],
    }
    for user, row in sorted(rows.items()):
        for version in range(2 if versions and row["money"] % 2 else 1):
            columns["user_id"].append(user)
            for name in ("acts", "money"):
                columns[name].append(
                    row[name] if version or not (versions and row["money"] % 2) else 77
                )
            if versions:
                columns["known"].append(100 + version)
    kind = pa.string() if rows and isinstance(next(iter(rows)), str) else pa.int64()
    return pa.table(
        {
            n: pa.array(v, kind if n == "user_id" else pa.int32() if n == "known" else pa.int64())
            for n, v in columns.items()
        }
    )


logs = st.dictionaries(
    st.integers(0, 40),
    st.dictionaries(
        st.integers(0, 5),
        st.fixed_dictionaries({"acts": st.integers(0, 2), "money": st.integers(-(2**50), 2**50)}),
        max_size=5,
    ),
    max_size=16,
)


@given(logs, st.lists(st.integers(0, 42), max_size=4), st.booleans(), st.booleans())
def test_folding_in_any_steps_is_the_oracle(
    rows: Rows, cuts: list[int], versions: bool, text: bool
) -> None:
    rows = {
        d: {f"u{u}" if text else u: row for u, row in of_day.items()}
        for d, of_day in rows.items()
        if of_day
    }
    carry, low = None, 0
    for high in [*sorted(cuts), 42]:
        tables = [(d, as_table(rows[d], versions)) for d in sorted(rows) if low <= d < high]
        if tables:
            carry, low = fold(tables, carry, ["acts", "money"]), high
    assert (by_user(carry) if carry else {}) == folded(rows, 42)


def random_rows(seed: int, days: int, people: int, text: bool) -> Rows:
    draw = random.Random(seed)
    name = (lambda u: f"person-{u:04}") if text else (lambda u: u * 3)
    return {
        FIRST + d: {
            name(u): {"acts": draw.choice([0, 0, 1, 5]), "money": draw.choice([0, -3, 10**12 + u])}
            for u in range(people)
            if draw.random() < 0.3
        }
        for d in range(days)
    }


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("versions", [False, True])
@pytest.mark.usefixtures("small_groups")
def test_compaction_in_one_step_or_many_is_the_oracle(
    tmp_path: Path, text: bool, versions: bool
) -> None:
    rows, stores = random_rows(4, 24, 50, text), []
    for name, steps, people in (("one", [20], 1000), ("many", [1, 2, 9, 9, 3, 15, 20], 6)):
        store = Store.create(tmp_path / name, MEANING)
        store.replace({d: as_table(of_day, versions) for d, of_day in rows.items()})
        for step in steps:
            store.compact(FIRST + step, people=people)
        check_clean(store)
        stores.append(store)
    carries = [
        pa.concat_tables(c.carry for c in s.chunks(people=9, everybody=True) if c.carry)
        for s in stores
    ]
    assert by_user(carries[0]) == by_user(carries[1]) == folded(rows, FIRST + 20)
    assert carries[0]["user_id"].to_pylist() == sorted(folded(rows, FIRST + 20))
    one = stores[0]
    assert (
        one.days == tuple(range(FIRST + 20, FIRST + 24))
        and one.before_day == FIRST + 20
        and one.first_day == FIRST
    )
    assert one.describe()["compaction"] == {
        "before_day": "2024-10-24",
        "days": 20,
        "rows": stores[1].describe()["compaction"]["rows"],
        "people": len(folded(rows, FIRST + 20)),
    }
    narrow = next(one.chunks(carry_columns=["sum_money"])).carry
    assert narrow.column_names == ["user_id", "sum_money"]


def test_chunks_give_the_carry_of_their_own_range(tmp_path: Path) -> None:
    rows, store = random_rows(2, 12, 60, False), Store.create(tmp_path / "store", MEANING)
    store.replace({d: as_table(of_day) for d, of_day in rows.items()})
    store.compact(FIRST + 10)
    carried: list[int] = []
    for chunk in store.chunks(people=5, everybody=True):
        ids = chunk.carry["user_id"].to_pylist() if chunk.carry else []
        assert all(
            (chunk.low is None or chunk.low < u) and (chunk.high is None or u <= chunk.high)
            for u in ids
        )
        carried += ids
    assert carried == sorted(folded(rows, FIRST + 10))
    some = [
        u
        for c in store.chunks([FIRST + 11], people=5)
        if c.carry
        for u in c.carry["user_id"].to_pylist()
    ]
    assert {*some} >= {*rows[FIRST + 11]} & {*carried}


def test_folded_days_cannot_be_changed_or_read(store: Store) -> None:
    store.compact(FIRST + 2)
    before = content(store.folder)
    store.compact(FIRST + 1)
    for use in (
        lambda: store.replace({FIRST + 1: day_table(1)}),
        lambda: store.table(FIRST),
        lambda: store.chunks(range(FIRST, FIRST + 3)),
    ):
        with pytest.raises(
            StoreError, match=r"folded into the carry, days are kept from 2024-10-06"
        ) as error:
            use()
        assert error.value.exit_code == 3
    assert content(store.folder) == before
    store.compact(FIRST + 3)
    assert (
        store.days == ()
        and list(store.chunks()) == []
        and sum(c.carry.num_rows for c in store.chunks(everybody=True))
        == len({u for t in days_of(1).values() for u in t["user_id"].to_pylist()})
    )
    store.replace({FIRST + 3: day_table(1)})
    assert store.missing_days() == () and store.first_day == FIRST


def test_sums_past_64_bits_are_refused(store: Store) -> None:
    day = pa.table({"user_id": [1, 2], "acts": [1, 1], "money": [2**62, -5], "names": [1, 1]})
    store.replace({FIRST: day, FIRST + 1: day, FIRST + 2: day})
    before = content(store.folder)
    store.compact(FIRST + 1)
    with pytest.raises(LogError, match="'money' sums to more than"):
        store.compact(FIRST + 3)
    assert store.before_day == FIRST + 1 and before
    check_clean(store)
