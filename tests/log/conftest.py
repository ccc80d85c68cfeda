"""Fixtures of the tests from sources to daily rows."""

from __future__ import annotations

from support.s3 import s3, s3_server  # noqa: F401
