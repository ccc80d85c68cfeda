"""Times in ISO 8601 as text, a whole column at once.

The texts of a column have few shapes: two texts are of one shape when they differ in their digits
alone. Each shape is taken apart once, by one regular expression; the numbers of all its texts are
then computed together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churnlab.kernels.units import DAY_MICROS, MICRO
from churnlab.schema.days import day_number

_DATE = (
    rb"(?P<year>\d{4})(?:"
    rb"[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"
    rb"|(?P<compact>\d{4})"
    rb"|-?W(?P<week>\d{2})-?(?P<weekday>\d)"
    rb"|-?(?P<ordinal>\d{3}))"
)
# Between date and time: a T or blanks; nothing in 14 digits, which can mean one thing only.
_BETWEEN = rb"(?:T| +|(?<=\d{8})(?=\d{6}\s*$))"
_TIME = (
    rb"(?P<hour>\d{2}|\d(?=:))"
    rb"(?::?(?P<minute>\d{2})(?::?(?P<second>\d{2}))?)?"
    rb"(?:[.,](?P<fraction>\d+))?"
)
_MINUS = rb"-|\xe2\x88\x92"
_OFFSET = rb"(?:\+|(?P<west>" + _MINUS + rb"))(?P<hours>\d{2})(?::?(?P<minutes>\d{2}))?"
_ZONE = rb" ?(?P<zone>Z|UTC|GMT|" + _OFFSET + rb")"
_FORM = re.compile(
    rb"\s*" + _DATE + rb"(?:" + _BETWEEN + _TIME + rb"(?:" + _ZONE + rb")?)?\s*", re.IGNORECASE
)
_LONGEST = 80  # bytes
_NINE = 9  # digits of a fraction that count
_YEAR_1 = day_number("0001-01-01") * DAY_MICROS


@dataclass(frozen=True)
class Parsed:
    """Texts as microseconds since 1970, int64[n].

    `read` says which texts are times, bool[n], and `zoned` which of these carry a zone; the others
    show a local clock.
    """

    micros: np.ndarray
    read: np.ndarray
    zoned: np.ndarray


def parse(texts: pa.LargeStringArray) -> Parsed:
    """The times in a column of text without nulls.

    A date is year, month, day; year, week, weekday; or year and day of the year; with or without
    separators. The time after it follows a T or a blank, and may end with its hours or minutes; its
    last part may have a fraction, which is rounded down to microseconds. The zone is Z, UTC, GMT or
    an offset of hours, or of hours and minutes. 24:00 is the end of a day; a leap second counts as
    the second before it.

    >>> texts = pa.array(["1970-01-01T00:00:01Z", "19700101T013000+01", "soon"], pa.large_string())
    >>> parse(texts).micros[:2] // 1_000_000, parse(texts).read
    (array([   1, 1800]), array([ True,  True, False]))
    """
    if (plain := _plain(texts, None)) is not None:
        return Parsed(plain, plain >= _YEAR_1, np.zeros(len(texts), bool))
    plain = _plain(texts, "UTC")
    if plain is not None and (plain >= _YEAR_1 + DAY_MICROS).all():
        return Parsed(plain, np.ones(len(texts), bool), np.ones(len(texts), bool))
    micros = np.zeros(len(texts), np.int64)
    read = np.zeros(len(texts), bool)
    zoned = np.zeros(len(texts), bool)
    for rows, letters in _by_length(texts):
        for some, form in _by_form(letters):
            of_form = (letters if len(some) == len(letters) else letters[some]).T
            micros[rows[some]], read[rows[some]] = _times(form, of_form)
            zoned[rows[some]] = form["zone"] is not None
    return Parsed(micros, read, read & zoned)


def _plain(texts: pa.LargeStringArray, zone: str | None) -> np.ndarray | None:
    """Texts in the common forms, which pyarrow reads fastest; None for others.

    All have an offset where `zone` is UTC, none has one where it is None.
    """
    try:
        for some in (texts[:1], texts):  # one text first, because a refusal takes pyarrow long
            found = pc.cast(some, pa.timestamp("us", zone))
    except pa.ArrowInvalid:
        return None
    return found.cast(pa.int64()).to_numpy()


def _by_length(texts: pa.LargeStringArray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The rows of each length, int64[k], and their bytes, uint8[k, length]."""
    _, offsets, data = texts.buffers()
    begins = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    letters = np.frombuffer(data, np.uint8) if data else np.zeros(0, np.uint8)
    lengths = np.diff(begins)
    for length in np.unique(lengths[lengths <= _LONGEST]).tolist():
        rows = np.flatnonzero(lengths == length)
        if len(rows) == len(texts):
            yield rows, letters[begins[0] : begins[-1]].reshape(len(rows), length)
        else:
            yield rows, letters[begins[rows][:, None] + np.arange(length)]


def _by_form(letters: np.ndarray) -> Iterator[tuple[np.ndarray, re.Match[bytes]]]:
    """The rows of each shape that is a time, int64[k], and the shape taken apart."""
    shapes = np.where((letters - ord("0")) < 10, np.uint8(ord("0")), letters)
    if not shapes.size:
        return
    if (shapes == shapes[0]).all():
        distinct, of_row = [shapes[0].tobytes()], np.zeros(len(shapes), np.int64)
    else:
        texts = np.ascontiguousarray(shapes).view(f"S{shapes.shape[1]}").ravel()
        found, of_row = np.unique(texts, return_inverse=True)
        distinct = found.tolist()
    for i, shape in enumerate(distinct):
        form = _form(shape) if len(shape) == shapes.shape[1] else None  # numpy drops NUL at the end
        if form is not None:
            yield np.flatnonzero(of_row == i), form


@lru_cache(maxsize=1024)
def _form(shape: bytes) -> re.Match[bytes] | None:
    return _FORM.fullmatch(shape)


def _times(form: re.Match[bytes], letters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Microseconds since 1970 of texts of one form, int64[k], and whether there is such a time.

    `letters` uint8[length, k] has a row for each place of the texts.
    """
    days, in_calendar = _days(form, letters)
    micros, on_clock = _clock(form, letters)
    shift, known = _shift(form, letters)
    return days * DAY_MICROS + micros - shift, in_calendar & on_clock & known


def _number(form: re.Match[bytes], part: str, letters: np.ndarray, digits: int = 9) -> np.ndarray:
    """The number that a part of the form shows in each text, int64[k]; 0 for no such part."""
    begin, end = form.span(part)
    value = np.zeros(letters.shape[1], np.int64)
    for column in range(begin, min(end, begin + digits)):
        value = value * 10 + (letters[column] - ord("0"))
    return value


def _days(form: re.Match[bytes], letters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Days since 1970-01-01, int64[k], and whether the calendar has them, bool[k]."""
    year = _number(form, "year", letters)
    if form["week"] is not None:
        first, stop = _first_monday(year), _first_monday(year + 1)
        weekday = _number(form, "weekday", letters)
        found = first + 7 * (_number(form, "week", letters) - 1) + weekday - 1
        first = np.where((weekday >= 1) & (weekday <= 7), first, stop)
    elif form["ordinal"] is not None:
        first, stop = _first_of(year, 1), _first_of(year, 13)
        found = first + _number(form, "ordinal", letters) - 1
    else:
        compact = _number(form, "compact", letters)
        month = _number(form, "month", letters) + compact // 100
        first, stop = _first_of(year, month), _first_of(year, month + 1)
        found = first + _number(form, "day", letters) + compact % 100 - 1
        first = np.where((month >= 1) & (month <= 12), first, stop)
    return found, (year >= 1) & (first <= found) & (found < stop)


def _first_of(year: np.ndarray, month: np.ndarray | int) -> np.ndarray:
    """The first day of months, which may count on past December: days since 1970-01-01."""
    months = (year - 1970) * 12 + month - 1
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _first_monday(year: np.ndarray) -> np.ndarray:
    """The Monday of the first ISO week of each year, the week with 4 January."""
    fourth = _first_of(year, 1) + 3
    return fourth - (fourth + 3) % 7  # day 0 was a Thursday


def _clock(form: re.Match[bytes], letters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Microseconds after midnight, int64[k], and whether a clock shows them, bool[k]."""
    hour, minute, second = (_number(form, p, letters) for p in ("hour", "minute", "second"))
    begin, end = form.span("fraction")
    unit = 3600 if form["minute"] is None else 60 if form["second"] is None else 1
    fraction = _number(form, "fraction", letters, _NINE)
    micros = fraction * (unit * MICRO) // 10 ** min(end - begin, _NINE)
    shown = (hour <= 23) & (minute <= 59) & (second <= 60)
    day_end = (hour == 24) & (minute == 0) & (second == 0) & (fraction == 0)
    seconds = hour * 3600 + minute * 60 + np.minimum(second, 59)
    return seconds * MICRO + micros, shown | day_end


def _shift(form: re.Match[bytes], letters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Local time minus UTC in microseconds, int64[k], and whether it is below a day, bool[k]."""
    hours, minutes = _number(form, "hours", letters), _number(form, "minutes", letters)
    seconds = (hours * 3600 + minutes * 60) * (-1 if form["west"] else 1)
    return seconds * MICRO, (hours <= 23) & (minutes <= 59)
