"""Errors of an event log."""

from __future__ import annotations

from collections.abc import Iterable

from churnlab.errors.base import ChurnlabError, near


class LogError(ChurnlabError):
    """The event log cannot be read as it was described; `empty` where it has no event at all."""

    empty = False

    @classmethod
    def from_missing_column(
        cls, source: str, role: str, given: str, columns: Iterable[str]
    ) -> LogError:
        """A column that was named and is not there."""
        return cls(f"{source} has no column {given!r} (given as {role}=): {near(given, columns)}")

    @classmethod
    def from_no_file(cls, path: str) -> LogError:
        """No such file, or a pattern that matches none."""
        what = "no file matches the pattern" if any(c in path for c in "*?[") else "no such file:"
        return cls(f"{what} {path!r}; give the path of Parquet or CSV files that exist")

    @classmethod
    def from_unreadable(cls, source: str, reason: str) -> LogError:
        """A file that is corrupt or is not what it claims to be."""
        first = " ".join(reason.split())[:300]
        return cls(f"{source} cannot be read: {first}; repair the file or leave it out")

    @classmethod
    def from_no_table(cls, place: str, given: str, tables: Iterable[str]) -> LogError:
        """A table that a database does not have."""
        return cls(f"{place} has no table {given!r} (given as table=): {near(given, tables)}")

    @classmethod
    def from_database(cls, source: str, reason: str, way: str) -> LogError:
        """A database that cannot be read; `reason` holds no secret."""
        return cls(f"{source} cannot be read: {' '.join(reason.split())[:300]}; {way}")

    @classmethod
    def from_other_header(cls, file: str, first: str) -> LogError:
        """CSV files that do not have the same columns in the same order."""
        return cls(
            f"{file} has another header line than {first}; give files with the same columns in the same order"
        )

    @classmethod
    def from_empty(cls, source: str) -> LogError:
        """A log without one event."""
        error = cls(f"{source} holds no event (0 rows); give a log with at least one row")
        error.empty = True
        return error

    @classmethod
    def from_nulls(cls, source: str, column: str, count: int, rows: int) -> LogError:
        """Nulls where none may be."""
        return cls(
            f"column {column!r} of {source} is null or empty in {count:,} of {rows:,} rows; drop or fill these rows first"
        )

    @classmethod
    def from_bad_times(
        cls, source: str, column: str, count: int, rows: int, example: str
    ) -> LogError:
        """Times that are no times."""
        return cls(
            f"column {column!r} of {source} is no time in {count:,} of {rows:,} rows, the first {example!r}; "
            "give timestamps, or text like 2026-03-01 12:30:00"
        )

    @classmethod
    def from_far_times(cls, source: str, column: str) -> LogError:
        """Times that no calendar shows."""
        return cls(
            f"column {column!r} of {source} holds times outside the years 1 to 9999; drop or mend these rows, or give the unit that it is in"
        )

    @classmethod
    def from_naive_time(cls, source: str, column: str) -> LogError:
        """Times without a zone, and none stated."""
        return cls(
            f"column {column!r} of {source} has no time zone; say which one its clock shows, "
            'for example timezone="UTC" or timezone="Asia/Shanghai"'
        )

    @classmethod
    def from_unknown_zone(cls, given: str, zones: Iterable[str]) -> LogError:
        """A zone that the tz database does not have."""
        return cls(f"unknown time zone {given!r}: {near(given, zones)}")

    @classmethod
    def from_role_without_event(
        cls, role: str, events: Iterable[str], present: Iterable[str]
    ) -> LogError:
        """A role none of whose events is in the log."""
        names = sorted(events)
        return cls(
            f"role {role!r} names {', '.join(map(repr, names))}, and the log has no such event: "
            f"{near(names[0] if names else role, present)}"
        )

    @classmethod
    def from_wrong_type(cls, source: str, column: str, given: str, wanted: str) -> LogError:
        """A column of a type that cannot be used."""
        return cls(f"column {column!r} of {source} is {given}; give {wanted}")

    @classmethod
    def from_all_ignored(cls, source: str, rows: int) -> LogError:
        """A log of which nothing is left."""
        return cls(
            f"all {rows:,} rows of {source} are ignored events; take names out of ignore=[…]"
        )

    @classmethod
    def from_no_ids(cls, source: str, column: str, count: int, rows: int, share: float) -> LogError:
        """More rows without an id than may be set aside."""
        return cls(
            f"column {column!r} of {source} is null, empty or a word for nothing in {count:,} of {rows:,} rows, more than the share "
            f"{share:g} that may be set aside; mend or filter these rows, or raise bad_ids"
        )

    @classmethod
    def from_mixed_zones(cls, source: str, column: str) -> LogError:
        """Times with a zone in one part and without in another."""
        return cls(
            f"column {column!r} of {source} has a time zone in some parts and none in others; write it one way"
        )

    @classmethod
    def from_condition(
        cls, source: str, column: str, operator: str, value: object, kind: str
    ) -> LogError:
        """A condition of a measure that its column cannot meet."""
        return cls(
            f"column {column!r} of {source} is {kind} and cannot be compared by {operator} {value!r}; give a value of its type"
        )

    @classmethod
    def from_overflow(cls, measure: str) -> LogError:
        """Sums that do not fit in 64 bits."""
        return cls(
            f"measure {measure!r} sums to more than 9e12 in absolute value; give it in a larger unit"
        )
