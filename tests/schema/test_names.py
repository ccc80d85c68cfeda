"""Column names from any text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.errors import ConfigError
from churnlab.schema.names import as_names, check_distinct, plain


@given(st.text())
def test_a_plain_name_has_plain_letters_and_stays_as_it_is(text: str) -> None:
    name = plain(text)
    assert re.fullmatch(r"[a-z0-9_]+", name) and plain(name) == name


def test_text_without_a_plain_letter_has_a_name_too() -> None:
    assert plain("注册") == plain("") == "unnamed"


def test_one_name_is_not_taken_for_its_letters() -> None:
    assert as_names("open") == ("open",) and as_names(iter(["a", "b"])) == ("a", "b")


def test_names_of_the_same_column_are_refused() -> None:
    check_distinct("measure", ["a b", "a c"])
    with pytest.raises(ConfigError, match="measure named twice: a_b, c"):
        check_distinct("measure", ["a b", "A-B", "c", "C", "d"])
