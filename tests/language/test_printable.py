"""No text of others moves the cursor, ends a line or turns the direction."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from churnlab.language.printable import printable


@given(st.text())
def test_any_text_is_one_line_that_shows(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable() and len(shown.splitlines()) <= 1


def test_signs_that_do_not_show_are_written_out() -> None:
    assert printable("a\u202eb\r\x00 ü渠道") == "a\\u202eb\\r\\x00 ü渠道"
