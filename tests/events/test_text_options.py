"""Options of text files that cannot be used are refused before a file is opened."""

from __future__ import annotations

import pytest

from churnlab.errors import ConfigError
from churnlab.events.text_options import check_text_options


@pytest.mark.parametrize("encoding", [None, "utf-8", "GB18030", "utf-16", "latin-1", "cp1252"])
@pytest.mark.parametrize("separator", [None, ",", "\t", "||", "\x01", "、"])
def test_usable_options(encoding: str | None, separator: str | None) -> None:
    check_text_options(encoding, ("a", "b"), separator)


@pytest.mark.parametrize("encoding", ["utf-9", "", "hex", "rot13", "gb 18030 x", "\0"])
def test_an_encoding_that_is_none(encoding: str) -> None:
    with pytest.raises(ConfigError, match="give an encoding that Python knows"):
        check_text_options(encoding, (), None)


@pytest.mark.parametrize("separator", ["", '"', "\n", ",,,,,", "、、"])
def test_a_separator_that_is_none(separator: str) -> None:
    with pytest.raises(ConfigError, match="separator is"):
        check_text_options(None, (), separator)


@pytest.mark.parametrize("names", [("a", "a"), ("a", "")])
def test_names_that_are_not_distinct(names: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="names named twice"):
        check_text_options(None, names, None)
