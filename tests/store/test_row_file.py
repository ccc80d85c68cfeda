"""Every damage of a file is noticed and named."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from support.store_folder import (
    FIRST,
    MEANING,
    check_clean,
    content,
    day_table,
    days_of,
    flipped,
    rows_and_carry,
)

from churnlab.errors import StoreError
from churnlab.store.folder import StoreFolder


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
    store = StoreFolder.create(tmp_path / "store", MEANING)
    store.replace(days_of(1, people=3000, text=text))
    store.compact(FIRST + 1)
    draw, sound, noticed = (
        random.Random(3),
        {f.name: (store.path / f.name).read_bytes() for f in store.manifest.files()},
        0,
    )
    truth = rows_and_carry(store)
    for trial in range(120):
        name = sorted(sound)[trial % len(sound)]
        (store.path / name).write_bytes(damaged(sound[name], draw))
        with pytest.raises(StoreError, match=name) as error:
            store.verify()
        assert error.value.exit_code == 3
        try:
            assert rows_and_carry(store) == truth, "a reader took damaged rows for sound ones"
        except StoreError as seen:
            noticed += name in str(seen)
        (store.path / name).write_bytes(sound[name])
    store.verify()
    assert noticed >= 115


def test_a_file_that_is_gone_is_named(store: StoreFolder) -> None:
    name = store.manifest.days[FIRST + 1].file.name
    (store.path / name).unlink()
    for read in (store.verify, lambda: store.table(FIRST + 1), store.ranges):
        with pytest.raises(StoreError, match=f"{name} is not what was written: it is missing"):
            read()
    store.replace({FIRST + 1: day_table(1, seed=1)})
    check_clean(store)


def test_appending_a_damaged_day_again_heals_it(store: StoreFolder) -> None:
    before = content(store.path)
    path = store.path / store.manifest.days[FIRST].file.name
    path.write_bytes(flipped(path.read_bytes(), random.Random(1)))
    store.replace({FIRST: days_of(1)[FIRST]}, {FIRST: {"events": 7}})
    assert content(store.path) == before
