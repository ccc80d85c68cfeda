"""The manifest of a list: one text, and no change of it goes unseen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.nightly import published, tonight

from churnlab.errors import ListError
from churnlab.nightly.lists.manifest import LATEST, ListManifest


@pytest.fixture
def text(tmp_path: Path) -> bytes:
    published(tmp_path, tonight(5))
    return (tmp_path / "list" / LATEST).read_bytes()


def test_a_stranger_can_read_it(text: bytes) -> None:
    said = json.loads(text)
    assert said["schema_version"] == 2 and said["people"] == 5 and said["run_id"] == "run1"
    assert said["model"] == {"version": "v1", "age_days": 3} and said["notes"] == ["a note"]
    assert said["files"]["list_csv"]["rows"] == 5
    assert set(said["files"]) == {"list_parquet", "list_csv", "list_schema"}


def test_the_text_comes_back(text: bytes) -> None:
    assert ListManifest.parse(text, "here").text().encode() == text


def test_any_byte_that_changes_is_seen(text: bytes) -> None:
    for i in range(len(text)):
        for bit in (0, 5):
            changed = text[:i] + bytes([text[i] ^ (1 << bit)]) + text[i + 1 :]
            with pytest.raises(ListError, match="here"):
                ListManifest.parse(changed, "here")
        with pytest.raises(ListError):
            ListManifest.parse(text[:i], "here")


@pytest.mark.parametrize("given", [b"[]", b"{}", b'"x"', b"\xff", b'{"schema_version": 1}'])
def test_what_is_no_manifest_is_refused(given: bytes) -> None:
    with pytest.raises(ListError, match="here is not what was published"):
        ListManifest.parse(given, "here")


def test_a_newer_schema_is_told_from_damage() -> None:
    with pytest.raises(ListError, match="newer churnlab") as refused:
        ListManifest.parse(b'{"schema_version": 9}', "here")
    assert refused.value.newer and refused.value.exit_code == 3
