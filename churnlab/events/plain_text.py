"""Text files as DuckDB reads them: on this machine, in UTF-8, packed by gzip or not at all.

Any other file is copied into a temporary one while it is read: from another file system, from
another encoding, or packed in a way that DuckDB does not read or does not check.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pyarrow as pa

from churnlab.errors import FileError
from churnlab.events import signatures
from churnlab.events.file_system import File
from churnlab.schema.files import scratch_folder

_PACKINGS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bz2"}
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BLOCK = 1 << 22  # bytes
_MARKS = {"]": "[]]", "[": "[[]", "*": "[*]", "?": "[?]"}


@dataclass(frozen=True)
class TextFile:
    """A text file, how it is packed, and in which encoding it is."""

    file: File
    packing: str
    encoding: str

    @classmethod
    def of(cls, file: File, encoding: str | None, kind: str = "") -> TextFile:
        """A file whose first bytes are text; LogError with what it is where they are not.

        Without an `encoding` a byte order mark says it, and UTF-8 is taken where there is none. A
        file of another `kind` than CSV or JSON Lines, if that is given, is refused too.
        """
        head = file.head(signatures.HEAD)
        packing = next((p for magic, p in _PACKINGS.items() if head.startswith(magic)), "none")
        found = cls(file, packing, encoding or "utf-8")
        if packing != "none":
            head = found.head()
        if encoding is None:
            found = cls(file, packing, next((e for b, e in _BOMS if head.startswith(b)), "utf-8"))
        told = signatures.told(head)
        if told not in ("", kind or told) or told in ("Parquet", "Feather"):
            raise FileError.from_other_kind(file.name, told)
        _check_text(file.name, head, found.encoding)
        return found

    @property
    def direct(self) -> bool:
        """Whether DuckDB reads the file itself."""
        plain = codecs.lookup(self.encoding).name in ("utf-8", "utf-8-sig", "ascii")
        return self.file.system is None and plain and self.packing in ("none", "gzip")

    def head(self, length: int = signatures.HEAD) -> bytes:
        """The first bytes, unpacked."""
        with self.opened() as stream:
            return self._read(stream, length)

    def text(self, length: int) -> str:
        """The first text, of about so many bytes; LogError where it is not in the encoding."""
        decoder = codecs.getincrementaldecoder(self.encoding)()
        try:
            return decoder.decode(self.head(length)).removeprefix("\ufeff")
        except UnicodeError as error:
            raise self._not_in_encoding(error) from error

    def blocks(self) -> Iterator[bytes]:
        """The file, unpacked, block by block."""
        with self.opened() as stream:
            while block := self._read(stream, _BLOCK):
                yield block

    @contextmanager
    def opened(self) -> Iterator[pa.NativeFile]:
        """The file, unpacked, as a stream of bytes."""
        with ExitStack() as stack:
            stream = stack.enter_context(self.file.open())
            if self.packing != "none":
                stream = stack.enter_context(pa.CompressedInputStream(stream, self.packing))
            yield stream

    def _read(self, stream: pa.NativeFile, length: int) -> bytes:
        try:
            return stream.read(length)
        except (OSError, pa.ArrowException) as error:
            raise FileError.from_unreadable(self.file.name, str(error)) from error

    @contextmanager
    def plain(self) -> Iterator[str]:
        """A path, as DuckDB takes it, of a file that it reads; a copy is deleted at the end."""
        if self.direct:
            yield literal(self.file.path)
            return
        with scratch_folder() as folder:
            with (folder / "plain").open("wb") as copy:
                self._copy_to(copy)
            yield str(folder / "plain")

    def _copy_to(self, copy: IO[bytes]) -> None:
        """Write the file in UTF-8; bytes that are so already are not looked at."""
        decoder = codecs.getincrementaldecoder(self.encoding)()
        as_they_are = codecs.lookup(self.encoding).name == "utf-8"
        for block in self.blocks():
            try:
                copy.write(block if as_they_are else decoder.decode(block).encode())
            except UnicodeError as error:
                raise self._not_in_encoding(error) from error
        if not as_they_are:
            try:
                copy.write(decoder.decode(b"", final=True).encode())
            except UnicodeError as error:
                raise self._not_in_encoding(error) from error

    def _not_in_encoding(self, error: UnicodeError) -> FileError:
        return FileError.from_encoding(self.file.name, self.encoding, str(error))

    @property
    def compression(self) -> str:
        """What DuckDB has to unpack."""
        return self.packing if self.direct else "none"


def _check_text(name: str, head: bytes, encoding: str) -> None:
    """Refuse first bytes that are not text."""
    other = signatures.foreign(head)
    if other is not None:
        raise FileError.from_foreign(name, *other)
    if b"\0" in head and not codecs.lookup(encoding).name.startswith("utf-"):
        raise FileError.from_encoding(name, encoding, "it holds zero bytes")
    if head.count(b"\0") > len(head) // 8 and codecs.lookup(encoding).name == "utf-8":
        raise FileError.from_encoding(name, "UTF-8", "it holds zero bytes")


def literal(path: str) -> str:
    """A path for DuckDB, which would read its marks as a pattern.

    >>> literal("export[1].csv")
    'export[[]1[]].csv'
    """
    return "".join(_MARKS.get(mark, mark) for mark in str(Path(path)))
