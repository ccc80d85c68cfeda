"""Files that a path, a pattern or a folder names."""

from __future__ import annotations

from support.refusals import refused


def test_no_such_file() -> None:
    refused("no such file: 'gone.parquet'", path="gone.parquet")


def test_a_pattern_that_matches_nothing() -> None:
    refused(r"no file matches the pattern 'gone/\*.parquet'", path="gone/*.parquet")
