"""A rehearsal of a publication leaves the folder as it is."""

from __future__ import annotations

from pathlib import Path

from support.nightly import content, published, tonight

from churnlab.nightly.lists.publish import Publisher
from churnlab.nightly.lists.rehearsal import Rehearsal
from churnlab.nightly.lists.shelf import shelf_of


def test_all_is_done_but_the_writing(tmp_path: Path) -> None:
    shelf = Rehearsal(shelf_of(tmp_path / "new"))
    with shelf.locked():
        shelf.check()
        rehearsed = Publisher(shelf).publish(tonight(20))
    assert not (tmp_path / "new").exists()
    assert rehearsed == published(tmp_path / "new", tonight(20))
    before = content(tmp_path / "new")
    Publisher(shelf).publish(tonight(30))
    assert content(tmp_path / "new") == before
    assert "latest.json" in shelf.names("") and shelf.names("nothing") == []
