"""Errors of the files of a log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from churnlab.errors.log import LogError

READ = "Parquet, CSV, JSON Lines and Feather"


class FileError(LogError):
    """A file of the log cannot be read, or several do not go together."""

    @classmethod
    def from_foreign(cls, file: str, what: str, way: str) -> FileError:
        """A file is of a kind that is not read, or not under this name."""
        return cls(f"{file} is {what}, and churnlab reads {READ} files here; {way}")

    @classmethod
    def from_other_kind(cls, file: str, kind: str) -> FileError:
        """A file is of a kind that is read, and its name says another."""
        ending = {"JSON Lines": ".jsonl"}.get(kind, f".{kind.lower()}")
        return cls(f"{file} holds {kind}, as its first bytes say; give it a name with {ending}")

    @classmethod
    def from_unknown_kind(cls, file: str) -> FileError:
        """Neither the name nor the bytes of a file say what it is."""
        return cls(
            f"{file} is no file that churnlab knows; "
            f"give {READ} files, with names like .parquet, .csv, .jsonl or .feather"
        )

    @classmethod
    def from_zero_bytes(cls, file: str) -> FileError:
        """A file has no bytes at all."""
        return cls(f"{file} is empty (0 bytes); write it again or leave it out")

    @classmethod
    def from_mixed_kinds(cls, path: str, examples: Mapping[str, str]) -> FileError:
        """A path names files of several kinds; `examples` has a file of each."""
        found = " and ".join(f"{kind} ({file})" for kind, file in examples.items())
        return cls(f"{path!r} names files of several kinds, {found}; give a pattern of one kind")

    @classmethod
    def from_no_known_file(cls, folder: str, seen: Iterable[str]) -> FileError:
        """A folder holds no file that is read."""
        names = ", ".join(list(seen)[:3]) or "nothing"
        return cls(
            f"{folder!r} holds no {READ} file (it holds {names}); give the folder of the log"
        )

    @classmethod
    def from_other_system(cls, scheme: str) -> FileError:
        """Files of an address's file system are not read."""
        return cls(
            f"files at {scheme}:// are not read; "
            "give s3://, gs://, abfss:// or file://, or a path of this machine"
        )

    @classmethod
    def from_unreachable(cls, address: str, reason: str) -> FileError:
        """A bucket or container cannot be listed or opened."""
        first = " ".join(reason.split())[:300]
        return cls(
            f"{address} cannot be reached: {first}; "
            "check the address, the network and the credentials in the environment"
        )

    @classmethod
    def from_line(cls, file: str, line: int | None, reason: str, way: str) -> FileError:
        """A line of a text file cannot be read; None where the line is not known."""
        where = "" if line is None else f", line {line:,}"
        return cls(f"{file}{where}: {reason}; {way}")

    @classmethod
    def from_encoding(cls, file: str, encoding: str, where: str) -> FileError:
        """A file is not in the encoding that was given, or in UTF-8 where none was."""
        return cls(
            f"{file} is not {encoding} ({where}); "
            'say what it is, for example encoding="gb18030", "utf-16" or "latin-1"'
        )

    @classmethod
    def from_no_header(cls, file: str, first: Iterable[str]) -> FileError:
        """The first line of a CSV file looks like a row of data."""
        shown = ", ".join(map(repr, list(first)[:5]))
        return cls(
            f"the first line of {file} looks like a row of data ({shown}); "
            "name the columns of a file without a header, for example "
            'names=["user", "item", "category", "event", "time"]'
        )

    @classmethod
    def from_header_given(cls, file: str) -> FileError:
        """`names` was given for a CSV file whose first line has these names."""
        return cls(f"the first line of {file} is a header with these names; leave names= out")

    @classmethod
    def from_other_width(cls, file: str, names: int, fields: int) -> FileError:
        """`names` has another number of columns than a CSV file."""
        return cls(f"{file} has {fields:,} columns and names= has {names:,}; name each column once")

    @classmethod
    def from_other_types(
        cls, column: str, first: str, kind: str, other: str, other_kind: str
    ) -> FileError:
        """A column has types in two files that cannot stand in one log."""
        return cls(
            f"column {column!r} is {kind} in {first} and {other_kind} in {other}; write it one way"
        )
