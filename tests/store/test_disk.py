"""What the disk refuses is an error in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.store_folder import (
    MEANING,
)

from churnlab.errors import OutputError
from churnlab.store.folder import StoreFolder


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError) as error:
        StoreFolder.create(tmp_path / "file" / "store", MEANING)
    assert error.value.exit_code == 7 and str(tmp_path / "file" / "store") in str(error.value)
