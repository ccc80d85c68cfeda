"""A result finds what shows it by name."""

from __future__ import annotations

import pytest

from churnlab.report.log_profile import page, text
from churnlab.schema.views import view


def test_a_view_is_a_function_of_a_room() -> None:
    assert view("report.log_profile:page") is page and view("report.log_profile:text") is text
    with pytest.raises(AttributeError):
        view("report.log_profile:nothing")
