"""No text of others moves the cursor, ends a line or turns the direction."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from churnlab.language.printable import brief, printable


@given(st.text())
def test_any_text_is_one_line_that_shows(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable() and len(shown.splitlines()) <= 1


def test_signs_that_do_not_show_are_written_out() -> None:
    assert printable("a\u202eb\r\x00 ü渠道") == "a\\u202eb\\r\\x00 ü渠道"


@given(st.text(), st.integers(1, 40))
def test_what_is_brief_fits_and_is_the_beginning(text: str, room: int) -> None:
    shown = brief(text, room)
    assert shown == text or (text.startswith(shown[:-1]) and shown.endswith("…"))
    assert len(shown) <= max(room, 1) and brief(shown, room) == shown
