"""Publishing: one manifest is switched, nothing is left behind, and every fault leaves the old list."""

from __future__ import annotations

import json
import random
import time
from multiprocessing import get_context
from pathlib import Path

import pytest
from support.faults import FAULTS
from support.nightly import FaultyDisk, content, publish_for_ever, published, tonight

from churnlab.errors import AuditError, ListError, OutputError
from churnlab.nightly.lists.manifest import LATEST
from churnlab.nightly.lists.publish import Publisher
from churnlab.nightly.lists.read import read_list
from churnlab.nightly.lists.shelf import LocalShelf, shelf_of


def test_a_reader_sees_the_list_that_was_published_last(tmp_path: Path) -> None:
    first, second = tonight(5), tonight(9)
    published(tmp_path, first)
    assert read_list(tmp_path).frame.equals(first.table.to_pandas())
    published(tmp_path, second)
    assert read_list(tmp_path).frame.equals(second.table.to_pandas())
    folder = tmp_path / "list" / f"as_of={second.as_of}"
    assert sorted(p.suffix for p in folder.iterdir()) == [".csv", ".json", ".json", ".parquet"]


def test_the_same_list_twice_is_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b", "b"):
        published(tmp_path / name, tonight(7))
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_an_earlier_day_does_not_take_the_place_of_the_latest(tmp_path: Path) -> None:
    published(tmp_path, tonight(5, "2026-03-04"))
    published(tmp_path, tonight(6, "2026-03-01"))
    assert read_list(tmp_path).as_of == "2026-03-04"
    assert len(read_list(tmp_path, "2026-03-01").frame) == 6
    published(tmp_path, tonight(7, "2026-03-05"))
    assert len(read_list(tmp_path).frame) == 7 and len(read_list(tmp_path, "2026-03-04").frame) == 5


def test_what_killed_runs_have_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    published(tmp_path, tonight(5, "2026-03-04"))
    before = content(tmp_path)
    lists = tmp_path / "list"
    left = [
        lists / ".churnlab-0123456789abcdef.part",
        lists / "as_of=2026-03-04" / ".churnlab-0123456789abcdef.part",
        lists / "as_of=2026-03-04" / "risk_list_2026-03-04-0123456789ab.csv",
        lists / "as_of=2026-03-03" / "risk_list_2026-03-03-0123456789ab.parquet",
    ]
    kept = [lists / "as_of=2026-03-04" / "notes.txt", lists / "other" / "risk_list.csv"]
    for path in (*left, *kept):
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    published(tmp_path, tonight(5, "2026-03-04"))
    assert content(tmp_path) == before | {p.relative_to(tmp_path): b"x" for p in kept}
    assert not (lists / "as_of=2026-03-03").exists()


def fails_at(folder: Path, n: int, reason: str) -> FaultyDisk:
    """Publish nine people on a disk whose n-th step fails; an error is of the output, and names it."""
    disk = FaultyDisk(n, reason)
    with pytest.MonkeyPatch.context() as patch:
        disk.install(patch)
        try:
            published(folder, tonight(9))
        except OutputError as error:
            disk.refused = error
    if disk.refused is not None:
        assert disk.refused.exit_code == 7 and reason in str(disk.refused)
        assert str(folder) in str(disk.refused)
    return disk


@pytest.mark.parametrize("reason", ["No space left on device", "Input/output error"])
def test_the_nth_step_on_the_disk_fails_for_every_n(tmp_path: Path, reason: str) -> None:
    published(tmp_path, tonight(5))
    old, tried, refused = content(tmp_path), 0, 0
    for n in range(1, 200):
        disk = fails_at(tmp_path, n, reason)
        if not disk.failed:
            break
        found = len(read_list(tmp_path).frame)
        assert found == 9 if disk.refused is None else found == 5 or disk.switched
        if not disk.switched:
            assert content(tmp_path) == old
        published(tmp_path, tonight(5))
        assert content(tmp_path) == old
        tried, refused = tried + 1, refused + (disk.refused is not None)
    assert tried > 20 and refused > 15


def test_killed_at_any_moment_a_reader_sees_one_list_or_the_other(tmp_path: Path) -> None:
    context, chance = get_context("forkserver"), random.Random(0)
    context.set_forkserver_preload(["support.nightly", "churnlab.nightly.lists.publish"])
    lists = [tonight(n, reason_1=f"list of {n}") for n in (200, 333)]
    whole = {len(given.table): given.table.to_pandas() for given in lists}
    published(tmp_path, lists[0])
    seen = []
    for _ in range(200 if FAULTS else 8):
        writer = context.Process(target=publish_for_ever, args=(str(tmp_path), lists))
        writer.start()
        time.sleep(0.1 + 0.2 * chance.random())
        writer.kill()
        writer.join()
        found = read_list(tmp_path).frame
        assert found.equals(whole[len(found)])
        seen.append(len(found))
    published(tmp_path, lists[0])
    assert len(content(tmp_path)) == 5 and not list(tmp_path.rglob("*.part"))
    assert not FAULTS or set(seen) == {*whole}


def test_rows_that_are_no_list_are_not_published(tmp_path: Path) -> None:
    published(tmp_path, tonight(5))
    before = content(tmp_path)
    with pytest.raises(AuditError, match="user_id is not unique") as refused:
        published(tmp_path, tonight(5, user_id="same"))
    assert refused.value.exit_code == 5 and content(tmp_path) == before


def test_a_disk_that_keeps_other_bytes_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(tmp_path, tonight(5))
    before = content(tmp_path)
    put = LocalShelf.put
    monkeypatch.setattr(LocalShelf, "put", lambda self, path, data: put(self, path, data[:-1]))
    with pytest.raises(OutputError, match="did not keep what was written"):
        published(tmp_path, tonight(9))
    assert content(tmp_path) == before


def test_a_newer_churnlab_is_not_overruled_and_a_damaged_manifest_is(tmp_path: Path) -> None:
    published(tmp_path, tonight(5))
    latest = tmp_path / "list" / LATEST
    latest.write_text(json.dumps({"schema_version": 99}))
    with pytest.raises(ListError, match="newer churnlab"):
        published(tmp_path, tonight(5))
    latest.write_text("{")
    published(tmp_path, tonight(6))
    assert len(read_list(tmp_path).frame) == 6


def test_one_format_is_enough(tmp_path: Path) -> None:
    given = tonight(4)
    Publisher(shelf_of(tmp_path), ["csv"]).publish(given)
    assert read_list(tmp_path).frame.equals(given.table.to_pandas())
