"""read_list: the list that was published, or a refusal; nothing in between."""

from __future__ import annotations

import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.faults import FAULTS, damaged
from support.nightly import DAY, published, tonight

import churnlab as cl
from churnlab.errors import ConfigError, ListError
from churnlab.nightly.lists.contract import schema
from churnlab.nightly.lists.publish import Publisher
from churnlab.nightly.lists.shelf import LocalShelf, shelf_of


def test_the_reader_is_public_and_says_where_the_list_came_from(tmp_path: Path) -> None:
    published(tmp_path, tonight(5))
    found = cl.read_list(str(tmp_path))
    assert (found.as_of, found.model["version"], len(found.frame)) == (DAY, "v1", 5)
    assert found.frame["risk"].is_monotonic_decreasing


def test_no_list_is_an_error_that_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ListError, match=f"{tmp_path} holds no published list"):
        cl.read_list(tmp_path)
    published(tmp_path, tonight(5))
    with pytest.raises(ListError, match="holds no list of 2026-01-01"):
        cl.read_list(tmp_path, "2026-01-01")
    with pytest.raises(ConfigError, match="is not a day"):
        cl.read_list(tmp_path, "soon")


def test_a_flipped_bit_or_a_lost_end_is_refused(tmp_path: Path) -> None:
    published(tmp_path, tonight(30))
    files = sorted(p for p in (tmp_path / "list").rglob("*.*") if p.name != ".lock")
    followed = [p for p in files if p.name != "manifest.json"]
    chance, tried = random.Random(0), 300 if FAULTS else 60
    for _ in range(tried):
        file = chance.choice(followed)
        whole = file.read_bytes()
        file.write_bytes(damaged(whole, chance))
        with pytest.raises(ListError, match=f"{tmp_path}.*is not what was published"):
            cl.read_list(tmp_path)
        file.write_bytes(whole)
    assert len(cl.read_list(tmp_path).frame) == 30


def test_a_lost_file_is_refused(tmp_path: Path) -> None:
    published(tmp_path, tonight(5))
    next((tmp_path / "list").rglob("*.parquet")).unlink()
    with pytest.raises(ListError, match="parquet is not what was published: it is missing"):
        cl.read_list(tmp_path)


def test_a_list_that_is_replaced_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(tmp_path, tonight(5))
    get, asked = LocalShelf.get, []

    def once(self: LocalShelf, path: str) -> bytes:
        asked.append(path)
        if path.endswith(".parquet") and len(asked) == 2:
            with monkeypatch.context() as patch:
                patch.setattr(LocalShelf, "get", get)
                published(tmp_path, tonight(9))
        return get(self, path)

    monkeypatch.setattr(LocalShelf, "get", once)
    assert len(cl.read_list(tmp_path).frame) == 9


def test_readers_beside_a_writer_see_one_list_or_the_other(tmp_path: Path) -> None:
    """Each list has risks of its own, so that a mix would show."""
    lists = {n: tonight(n, reason_1=f"list of {n}") for n in (20, 33)}
    published(tmp_path, lists[20])

    def read(_: int) -> int:
        frame = cl.read_list(tmp_path).frame
        assert set(frame["reason_1"]) == {f"list of {len(frame)}"}
        return len(frame)

    with ThreadPoolExecutor(2) as pool:
        seen = pool.map(read, range(150))
        for turn in range(20):
            Publisher(shelf_of(tmp_path)).publish(lists[(33, 20)[turn % 2]])
        assert set(seen) == {20, 33}


def test_a_list_of_the_first_schema_is_still_read(tmp_path: Path) -> None:
    """As churnlab wrote it before there were stages, treatments and names of models in its rows."""
    shutil.copytree(Path(__file__).parents[2] / "data" / "list_v1", tmp_path / "old")
    found = cl.read_list(tmp_path / "old")
    assert found.manifest.schema_version == 1 and len(found.frame) == 5
    assert list(found.frame) == list(schema("string", 1).names)
    manifest = tmp_path / "old" / "list" / "latest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"people": 5', b'"people": 4'))
    with pytest.raises(ListError, match="its sha256 differs"):
        cl.read_list(tmp_path / "old")
    published(tmp_path / "old", tonight(6))
    assert cl.read_list(tmp_path / "old").manifest.schema_version == 2
