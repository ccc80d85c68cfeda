"""Errors of an event log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from churnlab.errors.base import ChurnlabError, near
from churnlab.errors.examples import shown
from churnlab.errors.secrets import in_short


class LogError(ChurnlabError):
    """The event log cannot be read as it was described."""

    empty: ClassVar[bool] = False

    @classmethod
    def from_missing_column(
        cls, source: str, role: str, given: str, columns: Iterable[str]
    ) -> LogError:
        """The column that was named for an argument is not in the source."""
        return cls(f"{source} has no column {given!r} (given as {role}=): {near(given, columns)}")

    @classmethod
    def from_no_file(cls, path: str) -> LogError:
        """A file does not exist, or a pattern matches no file."""
        what = "no file matches the pattern" if any(c in path for c in "*?[") else "no such file:"
        return cls(f"{what} {path!r}; give the path of files that exist")

    @classmethod
    def from_unknown_scheme(cls, scheme: str, known: Iterable[str]) -> LogError:
        """An address has a scheme that no reader knows; `scheme` as it is written, like ftp://."""
        return cls(
            f"churnlab reads no {scheme} address; give a path or one of {', '.join(known)}; "
            "adbc:NAME:… is any database that has an ADBC driver NAME"
        )

    @classmethod
    def from_no_place(cls, scheme: str, example: str) -> LogError:
        """An address ends where the name of a file, a folder, a driver or a table should be."""
        return cls(f"a {scheme} address names nothing; give one like {example}")

    @classmethod
    def from_several_tables(cls, scheme: str, count: int) -> LogError:
        """Several places were given, and one of them is a table of a database."""
        return cls(
            f"{count} places were given and one of them is a {scheme} address; "
            "give files, or one address alone"
        )

    @classmethod
    def from_password(cls, what: str, way: str) -> LogError:
        """An address holds a password; `what` names the database, `way` says where it belongs."""
        return cls(f"{what} cannot be read: the address holds a password; {way}")

    @classmethod
    def from_version(
        cls, source: str, given: object, known: Iterable[object], what: str = "version"
    ) -> LogError:
        """A Delta table lacks the version, or an Iceberg table the snapshot, that was asked for."""
        last = list(known)
        there = f"give one of {', '.join(map(str, last[-5:]))}" if last else "leave version out"
        return cls(f"{source} has no {what} {given!r} (given as version=); {there}")

    @classmethod
    def from_inside_table(cls, file: str, folder: str, kind: str, readable: bool) -> LogError:
        """Files of a table that keeps versions were named one by one; `readable` as a table."""
        way = "give the table's folder" if readable else "read it elsewhere and give a frame"
        if readable and "://" in folder:
            way = f"give {kind.lower()}+{folder}"
        return cls(
            f"{file} is a part of the {kind} table {folder}, "
            f"whose files may hold deleted rows; {way}"
        )

    @classmethod
    def from_draft(cls, draft: str, whole: str) -> LogError:
        """A file with a part of a day was given beside the file of the whole day."""
        return cls(
            f"{draft} holds events that {whole} holds once more; "
            "leave it out, for example with a pattern like events_2*"
        )

    @classmethod
    def from_unreadable(
        cls, source: str, reason: str, way: str = "repair the file or leave it out"
    ) -> LogError:
        """A file, frame or database cannot be read; `way` says what to do about it."""
        return cls(f"{source} cannot be read: {in_short(reason)}; {way}")

    @classmethod
    def from_no_table(cls, place: str, given: str, tables: Iterable[str]) -> LogError:
        """The database does not have the table that was named."""
        return cls(f"{place} has no table {given!r} (given as table=): {near(given, tables)}")

    @classmethod
    def from_other_header(cls, file: str, first: str) -> LogError:
        """One of several CSV files has another header line than the first file."""
        return cls(
            f"{file} has another header line than {first}; "
            "give files with the same columns in the same order"
        )

    @classmethod
    def from_same_columns(cls, file: str, names: Iterable[str]) -> LogError:
        """A CSV file has columns of the same name."""
        listed = ", ".join(map(repr, names))
        return cls(f"{file} has columns of the same name: {listed}; name each once")

    @classmethod
    def from_empty(cls, source: str) -> LogError:
        """The log has no rows at all; the error is an EmptyLogError."""
        return EmptyLogError(f"{source} holds no event (0 rows); give a log with at least one row")

    @classmethod
    def from_nulls(cls, source: str, column: str, count: int, rows: int) -> LogError:
        """A required column has nulls or empty text."""
        return cls(
            f"column {column!r} of {source} is null or empty in {count:,} of {rows:,} rows; "
            "drop or fill these rows first"
        )

    @classmethod
    def from_bad_times(
        cls, source: str, column: str, count: int, rows: int, example: str
    ) -> LogError:
        """A time column has values that cannot be read as times."""
        return cls(
            f"column {column!r} of {source} is not a time in {count:,} of {rows:,} rows, "
            f"the first {shown(example)}; give timestamps, or text like 2026-03-01 12:30:00 or "
            "2026-03-01T12:30:00+08:00"
        )

    @classmethod
    def from_impossible_times(
        cls, source: str, column: str, count: int, rows: int, moment: str, share: float
    ) -> LogError:
        """More events than the share `bad_times` allows lie after now, or before 1971."""
        return cls(
            f"column {column!r} of {source} lies after the moment of reading ({moment}) or before "
            f"1971 in {count:,} of {rows:,} rows, more than the share {share:g} that may be set "
            "aside; correct these times, their timezone= or time_unit=, state until= or since=, "
            "or raise bad_times"
        )

    @classmethod
    def from_outside(
        cls, source: str, until: object, since: object, count: int, rows: int
    ) -> LogError:
        """No event is left between the bounds of a log."""
        return cls(
            f"{source} has no event before {until} (until= or the as-of date) and from "
            f"{since or 'any time'} on (since=): {count:,} of {rows:,} rows lie outside; "
            "give other bounds"
        )

    @classmethod
    def from_far_times(cls, source: str, column: str) -> LogError:
        """A time column has values outside the years 1 to 9999, often for a wrong unit."""
        return cls(
            f"column {column!r} of {source} holds times outside the years 1 to 9999; "
            "drop or correct these rows, or give the unit that it is in"
        )

    @classmethod
    def from_no_unit(cls, source: str, column: str, looks: tuple[str, dict[str, str]]) -> LogError:
        """A time column holds numbers, and no `time_unit` was given.

        `looks` is the first number and the moment that it would be in each unit.
        """
        number, shown = looks
        each = ", ".join(f'{moment} in "{unit}"' for unit, moment in shown.items())
        return cls(
            f"column {column!r} of {source} holds numbers, the first {number} "
            f"({each or 'no time in any unit'}); "
            'say what they count with time_unit="s", "ms", "us" or "ns"'
        )

    @classmethod
    def from_naive_time(cls, source: str, column: str) -> LogError:
        """A time column has no time zone, and no `timezone` was given."""
        return cls(
            f"column {column!r} of {source} has no time zone; say which one its clock shows, "
            'for example timezone="UTC" or timezone="Asia/Shanghai"'
        )

    @classmethod
    def from_unknown_zone(cls, given: str, zones: Iterable[str]) -> LogError:
        """The tz database does not have the time zone."""
        return cls(f"unknown time zone {given!r}: {near(given, zones)}")

    @classmethod
    def from_role_without_event(
        cls, role: str, events: Iterable[str], present: Iterable[str]
    ) -> LogError:
        """The log has no event of the names that were given for a role."""
        names = sorted(events)
        return cls(
            f"role {role!r} names {', '.join(map(repr, names))}, and the log has no such event: "
            f"{near(names[0] if names else role, present)}"
        )

    @classmethod
    def from_wrong_type(cls, source: str, column: str, given: str, wanted: str) -> LogError:
        """A column has a type that its argument cannot use."""
        return cls(f"column {column!r} of {source} is {given}; give {wanted}")

    @classmethod
    def from_all_ignored(cls, source: str, rows: int) -> LogError:
        """Every event of the log is among the ignored names."""
        return cls(
            f"all {rows:,} rows of {source} are ignored events; take names out of ignore=[…]"
        )

    @classmethod
    def from_no_ids(cls, source: str, column: str, count: int, rows: int, share: float) -> LogError:
        """More rows lack a user id than the share `bad_ids` allows to set aside."""
        return cls(
            f"column {column!r} of {source} is null, empty or a word for nothing in {count:,} of "
            f"{rows:,} rows, more than the share {share:g} that may be set aside; "
            "correct or filter these rows, or raise bad_ids"
        )

    @classmethod
    def from_bad_numbers(
        cls,
        source: str,
        column: str,
        seen: tuple[int, int],
        examples: Iterable[str],
        allowed: tuple[str, float],
        ways: Iterable[str],
    ) -> LogError:
        """More numbers of a column cannot be used than an option allows to set aside.

        `seen` counts the unusable and the given ones, `allowed` is the option and its share,
        `ways` are what to do about it.
        """
        option, share = allowed
        told = ", ".join(map(shown, examples))
        return cls(
            f"column {column!r} of {source} is no usable number in {seen[0]:,} of {seen[1]:,} rows "
            f"that give one ({told}), more than the share {share:g} that may be set aside; "
            f"{', '.join(ways)}, or raise {option}"
        )

    @classmethod
    def from_no_text(cls, source: str, column: str, example: str) -> LogError:
        """A column of text holds bytes that are not UTF-8, or half of a surrogate pair."""
        first = shown(example).replace(r"\\", "\\")
        return cls(
            f"column {column!r} of {source} holds bytes that are no text, the first {first}; "
            "correct or drop these rows, or write the column as UTF-8"
        )

    @classmethod
    def from_mixed_zones(cls, source: str, column: str) -> LogError:
        """Some times of a log have a zone and others have none."""
        return cls(
            f"column {column!r} of {source} has a time zone in some parts and none in others; "
            "write it one way"
        )

    @classmethod
    def from_condition(
        cls, source: str, column: str, operator: str, value: object, kind: str
    ) -> LogError:
        """A measure's condition compares a column with a value of another type."""
        return cls(
            f"column {column!r} of {source} is {kind} and cannot be compared by "
            f"{operator} {value!r}; give a value of its type"
        )

    @classmethod
    def from_overflow(cls, measure: str) -> LogError:
        """A person's sum of a measure does not fit in 64 bits."""
        return cls(
            f"measure {measure!r} sums to more than 9e12 in absolute value; "
            "give it in a larger unit"
        )


class EmptyLogError(LogError):
    """The event log has no rows."""

    empty = True
