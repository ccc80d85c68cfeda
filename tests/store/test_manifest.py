"""The manifest: every byte counts, and another version or meaning is refused."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from support.store_folder import (
    MEANING,
    content,
    days_of,
)

from churnlab.errors import ConfigError, StoreError
from churnlab.store.folder import StoreFolder
from churnlab.store.manifest import SCHEMA_VERSION


def test_every_byte_of_the_manifest_counts(store: StoreFolder) -> None:
    path, draw = store.path / "manifest.json", random.Random(5)
    sound = path.read_bytes()
    for at in range(0, len(sound), 5):
        path.write_bytes(sound[:at] + bytes([sound[at] ^ 1 << draw.randrange(8)]) + sound[at + 1 :])
        with pytest.raises(StoreError) as error:
            StoreFolder.open(store.path)
        assert error.value.exit_code == 3 and str(store.path) in str(error.value)
    for bad in (b"", b"[]", b"null", b"{}", sound[:-1], sound + b" ", sound[:100]):
        path.write_bytes(bad)
        with pytest.raises(StoreError, match="is not what was written"):
            StoreFolder.open(store.path)


def test_a_newer_store_and_no_store_are_refused(store: StoreFolder, tmp_path: Path) -> None:
    path = store.path / "manifest.json"
    newer = {**json.loads(path.read_text()), "schema_version": SCHEMA_VERSION + 1, "more": 1}
    path.write_text(json.dumps(newer))
    before = content(store.path)
    for use in (
        lambda: StoreFolder.open(store.path),
        lambda: store.replace(days_of(2)),
        lambda: StoreFolder.create(store.path, MEANING),
    ):
        with pytest.raises(StoreError, match=r"newer churnlab \(schema 2, this one knows 1\)"):
            use()
    assert content(store.path) == before
    with pytest.raises(StoreError, match="holds no activity store"):
        StoreFolder.open(tmp_path / "nowhere")


def test_another_meaning_is_refused_with_the_way_out(store: StoreFolder) -> None:
    changed = {**MEANING, "roles": {"social": ["comment", "like"], "push": ["sent"]}}
    for use in (
        lambda: store.check_meaning(changed),
        lambda: StoreFolder.create(store.path, changed),
    ):
        with pytest.raises(
            ConfigError,
            match=r"roles\.social was \['comment'\] .* is \['comment', 'like'\] now; set it back, or build a new store",
        ):
            use()
    with pytest.raises(ConfigError, match="zone was UTC .* is None now") as error:
        store.check_meaning({k: v for k, v in MEANING.items() if k != "zone"})
    assert error.value.exit_code == 2
    store.check_meaning(dict(reversed(MEANING.items())))
    assert StoreFolder.create(store.path, MEANING).days == store.days
