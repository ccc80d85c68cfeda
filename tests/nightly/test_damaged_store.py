"""A damaged store is never scored in silence: the commands name the file, and the old list stands."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from pathlib import Path

import pytest
from support.command import call, error_of
from support.faults import FAULTS, damaged
from support.nightly import NIGHTS, a_night, content
from typer.testing import CliRunner

from churnlab.cli import app
from churnlab.store.folder import StoreFolder


def ends(*words: object) -> tuple[int, str]:
    """The exit code of a command, and its error as a terminal has it; none of 0."""
    done = CliRunner().invoke(app, [str(w) for w in words])
    return done.exit_code, error_of(done.stderr) if done.exit_code else ""


def test_a_flipped_bit_or_a_lost_end_of_the_store_is_never_scored(night: Path) -> None:
    """What a score does not read may be damaged: then its list is the one of a sound store."""
    a_night(str(night), NIGHTS[0])
    output, store, chance = night.parent / "output", night.parent / "store", random.Random(0)
    whole, files = content(output), sorted(StoreFolder.open(store).manifest.files(), key=str)
    names, seen = ["manifest.json", *(file.name for file in files)], Counter[str]()
    for turn in range(300 if FAULTS else 8):
        file = store / (names[0] if turn % 8 == 0 else chance.choice(names[1:]))
        sound = file.read_bytes()
        file.write_bytes(damaged(sound, chance))
        code, error = ends("score", "--as-of", NIGHTS[0], "--config", night)
        assert content(output) == whole
        seen["refused" if code else "not read"] += 1
        if code:
            assert code == 3 and file.name in error and error.count("\n") == 1, error
        file.write_bytes(sound)
    assert seen["refused"] > 0.8 * sum(seen.values()), seen
    call("score", "--as-of", NIGHTS[0], "--config", night)
    assert content(output) == whole


def test_an_update_of_a_damaged_store_names_the_file_or_puts_the_day_right(
    night: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = night.parent / "store"
    whole = content(store)
    day = next((store / "day=2026-05-30").glob("*.parquet"))
    for file, code in ((store / "manifest.json", 3), (day, 0)):
        sound = file.read_bytes()
        for data in (sound[:-9], b"", sound[:40] + b"?" + sound[41:]):
            file.write_bytes(data)
            done, error = ends("update", "--day", "2026-05-30", "--config", night)
            assert done == code, error
            assert f"{file.name} is not what was written" in error + caplog.text
            caplog.clear()
            if code:
                assert error.count("\n") == 1
                file.write_bytes(sound)
            assert content(store) == whole


def test_a_lost_file_or_folder_of_the_store_is_named(night: Path) -> None:
    store, words = night.parent / "store", ("score", "--as-of", "2026-05-31", "--config", night)
    file = next((store / "day=2026-05-29").glob("*.parquet"))
    sound = file.read_bytes()
    file.unlink()
    assert f"{file.name} is not what was written: it is missing" in call(*words, code=3)
    file.write_bytes(sound)
    shutil.rmtree(store)
    assert f"{store} holds no activity store" in call(*words, code=3)
    assert content(night.parent / "output") == {}
