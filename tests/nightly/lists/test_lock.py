"""The lock of a folder of lists, taken from a churnlab.toml before anything heavy is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from churnlab.errors import ConfigError
from churnlab.nightly.lists.lock import locked, make_folder, only_scorer
from churnlab.nightly.lists.shelf import shelf_of

HEAVY = """
import sys
from pathlib import Path
from churnlab.errors import ScoringError
from churnlab.nightly.lists.lock import only_scorer
try:
    with only_scorer(Path("churnlab.toml")):
        print("held")
except ScoringError as error:
    print(error.exit_code, *[m for m in ("numpy", "pandas", "pyarrow", "numba") if m in sys.modules])
"""


@pytest.mark.parametrize(
    ("text", "folder"), [("", "churnlab-output"), ('[output]\nfolder = "out"', "out")]
)
def test_a_second_scorer_ends_before_anything_heavy_is_imported(
    tmp_path: Path, text: str, folder: str
) -> None:
    (tmp_path / "churnlab.toml").write_text(text)
    words = [sys.executable, "-c", HEAVY]
    with shelf_of(tmp_path / folder).locked():
        done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.strip() == "6", done.stderr
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.strip() == "held", done.stderr


@pytest.mark.parametrize(
    "text", ["output = 3", "[output]\nfolder = 3", '[output]\nfolder = "s3://b"']
)
def test_a_file_that_names_no_folder_holds_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "churnlab.toml").write_text(text)
    with only_scorer(tmp_path / "churnlab.toml"):
        assert [p.name for p in tmp_path.iterdir()] == ["churnlab.toml"]


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no configuration file"), only_scorer(tmp_path / "no"):
        pass


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    with locked(tmp_path / "a" / "b" / "c"), locked(tmp_path / "a" / "b" / "c"):
        assert (tmp_path / "a" / "b" / "c" / ".lock").exists()
