"""Errors of an event log."""

from __future__ import annotations

from churnlab.errors import EmptyLogError, LogError


def test_an_empty_log_can_be_told_from_other_errors() -> None:
    empty = LogError.from_empty("the frame")
    assert type(empty) is EmptyLogError and empty.empty
    assert not LogError.from_nulls("the frame", "ts", 1, 2).empty


def test_a_pattern_without_files_is_told_from_a_file_that_is_missing() -> None:
    assert str(LogError.from_no_file("a/*.csv")).startswith("no file matches the pattern")
    assert str(LogError.from_no_file("a.csv")).startswith("no such file: 'a.csv'")


def test_reasons_of_others_are_put_on_one_line() -> None:
    assert "cannot be read: a b; repair" in str(LogError.from_unreadable("a.csv", "a\n  b"))
    assert "cannot be read: a b; try" in str(LogError.from_unreadable("table t", "a\n b", "try"))


def test_a_role_names_the_event_that_was_probably_meant() -> None:
    text = str(LogError.from_role_without_event("social", ["coment"], ["comment", "purchase"]))
    assert text.endswith("did you mean 'comment'?")
