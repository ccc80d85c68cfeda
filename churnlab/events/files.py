"""The files that a path, a pattern or a folder names, and the reader of their kind."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import fs

from churnlab.errors import FileError, LogError
from churnlab.events import signatures
from churnlab.events.csv_files import CsvFiles
from churnlab.events.feather_files import FeatherFiles
from churnlab.events.file_system import File, Place, local_file, place_of
from churnlab.events.json_files import JsonFiles
from churnlab.events.parquet_files import ParquetFiles
from churnlab.events.presets import check_drafts
from churnlab.events.source import Source
from churnlab.events.spec import LogSpec
from churnlab.events.table_folders import DELTA, check_files

_MAGIC = re.compile(r"[*?\[]")
_ENDINGS = {
    "Parquet": (".parquet", ".parq", ".pq"),
    "CSV": (".csv", ".tsv", ".txt"),
    "JSON Lines": (".jsonl", ".ndjson", ".json"),
    "Feather": (".feather", ".arrow", ".arrows", ".ipc"),
}
_UNFINISHED = {"_temporary", "_spark_metadata"}
_PACKED = (".gz", ".zst", ".bz2")


def open_files(path: str | Path | Sequence[str], spec: LogSpec | None = None) -> Source:
    """The reader of the files that a path, a pattern or several of them name.

    `spec` says how CSV and JSON are written. LogError where there is no file, or where they are of
    several kinds.
    """
    paths = as_paths(path)
    files = tuple({f.name: f for p in paths for f in matching(p)}.values())
    check_drafts(None if spec is None else spec.preset, [f.name for f in files])
    kinds: dict[str, str] = {}
    for file in files:
        kinds.setdefault(kind_of(file), file.name)
    if len(kinds) > 1:
        raise FileError.from_mixed_kinds(paths[-1], kinds)
    name = paths[-1]
    match next(iter(kinds)):
        case "CSV":
            return CsvFiles.of(name, files, spec)
        case "JSON Lines":
            return JsonFiles.of(name, files, spec)
        case "Feather":
            return FeatherFiles(name, files)
    return ParquetFiles(name, files)


def as_paths(path: str | Path | Sequence[str]) -> list[str]:
    """A path or several of them as a list of texts."""
    return [str(p) for p in ([path] if isinstance(path, str | Path) else path)]


def is_there(path: str) -> bool:
    """Whether a path or pattern names any file; LogError where its file system cannot be asked."""
    return bool(_found(place_of(path)))


def matching(path: str | Path) -> list[File]:
    """The files of a path or pattern, sorted by name; LogError when there is none.

    A file of that very name comes before a pattern. A folder stands for all files of a known kind
    in it and in its folders; names that begin with a dot or an underscore, and `.crc`, are left
    out.
    """
    place = place_of(str(path))
    found = _found(place)
    if not found:
        raise LogError.from_no_file(str(path))
    check_files(f.path for f in found if f.system is None)
    return found


def _found(place: Place) -> list[File]:
    if place.system is not None:
        try:
            return _found_there(place, place.system)
        except (OSError, pa.ArrowException) as error:
            raise FileError.from_unreachable(place.shown, str(error)) from error
    here = Path(place.path)
    if here.is_file():
        return _local([place.path])
    if here.is_dir():
        inside = glob.glob(str(Path(glob.escape(place.path)) / "**" / "*"), recursive=True)
        return _of_folder(place.path, _local(inside), len(here.parts))
    return _wanted(place.path, _local(glob.glob(place.path, recursive=True)))


def _local(paths: Iterable[str]) -> list[File]:
    """The files among some paths of this machine."""
    return [local_file(p) for p in sorted(paths) if Path(p).is_file()]


def _found_there(place: Place, system: fs.FileSystem) -> list[File]:
    """The files of a place in another file system."""
    info = system.get_file_info(place.path)
    if info.type == fs.FileType.File:
        return [place.file(info.path, info.size)]
    folder = info.type == fs.FileType.Directory
    base = place.path if folder else _before_pattern(place.path)
    if not folder and base == place.path:
        return []
    listed = system.get_file_info(fs.FileSelector(base, allow_not_found=True, recursive=True))
    inside = next((i.path for i in listed if "/_delta_log/" in i.path), None)
    if inside is not None:
        table = place.file(inside.partition("/_delta_log/")[0], 0).name
        raise LogError.from_inside_table(place.file(inside, 0).name, table, DELTA, readable=True)
    files = sorted(
        (place.file(i.path, i.size or 0) for i in listed if i.type == fs.FileType.File),
        key=lambda file: file.name,
    )
    if folder:
        return _of_folder(place.path, files, len(Path(place.path).parts))
    wanted = pattern(place.path)
    return _wanted(place.path, [f for f in files if wanted.fullmatch(f.path)])


def _before_pattern(path: str) -> str:
    """The folders of a pattern before its first part with a mark.

    >>> _before_pattern("bucket/log/dt=*/a.csv"), _before_pattern("bucket/a.csv")
    ('bucket/log', 'bucket/a.csv')
    """
    parts = path.split("/")
    marked = [i for i, part in enumerate(parts) if _MAGIC.search(part)]
    return "/".join(parts[: marked[0]] if marked else parts)


def pattern(path: str) -> re.Pattern[str]:
    """A pattern of paths as a regular expression, as `glob` reads it.

    >>> bool(pattern("a/**/*.csv").fullmatch("a/x.csv")), bool(pattern("a/*").fullmatch("a/b/c"))
    (True, False)
    """
    parts = [_part(part) for part in path.split("/")]
    text = "/".join(parts).replace("\0/", r"(?:[^/.][^/]*/)*").replace("\0", r".*")
    return re.compile(text, re.S)


def _part(part: str) -> str:
    """One part of a pattern; a mark at its beginning matches no dot."""
    if part == "**":
        return "\0"
    text = re.sub(
        r"\[(!?)([^\]]+)\]|([*])|([?])|(.)",
        lambda m: (
            f"[{'^/' if m[1] else ''}{m[2].replace(chr(92), chr(92) * 2)}]"
            if m[2]
            else "[^/]*"
            if m[3]
            else "[^/]"
            if m[4]
            else re.escape(m[5])
        ),
        part,
        flags=re.S,
    )
    return rf"(?!\.){text}" if part[:1] in "*?[" else text


def _wanted(path: str, files: list[File]) -> list[File]:
    """The files of a pattern without marks of other programs, unless the pattern names these."""
    last = path.rpartition("/")[2]
    return [f for f in files if not _is_mark(f.name) or last.startswith("_")]


def _is_mark(name: str) -> bool:
    """Whether a file is one that writers leave beside the data, such as `_SUCCESS`.

    >>> [_is_mark(n) for n in ("a/_SUCCESS", "a/.a.parquet.crc", "a/_a.parquet", "a/part-0")]
    [True, True, False, False]
    """
    *folders, last = name.split("/")
    if {*folders} & _UNFINISHED:
        return True
    return last.endswith(".crc") or (last.startswith("_") and not ending_of(last))


def _of_folder(folder: str, files: list[File], depth: int) -> list[File]:
    """The files of a folder that are of a known kind; LogError where it holds others alone."""
    plain = [
        f
        for f in files
        if not f.name.endswith(".crc")
        and not any(p.startswith((".", "_")) and "=" not in p for p in Path(f.path).parts[depth:])
    ]
    known = [f for f in plain if ending_of(f.name)] or [
        f for f in plain if _told(f) in ("Parquet", "Feather")
    ]
    if not known:
        raise FileError.from_no_known_file(folder, (f.name for f in plain))
    return known


def ending_of(name: str) -> str:
    """The kind of file that a name's ending says, empty for another ending.

    >>> ending_of("a.csv.gz"), ending_of("A.NDJSON"), ending_of("part-00000")
    ('CSV', 'JSON Lines', '')
    """
    name = name.lower()
    for packed in _PACKED:
        plain = name.removesuffix(packed)
        if plain != name:
            kind = ending_of(plain)
            return kind if kind in ("CSV", "JSON Lines") else ""
    return next((kind for kind, endings in _ENDINGS.items() if name.endswith(endings)), "")


def kind_of(file: File) -> str:
    """The kind of a file by its name, else by its first bytes; LogError where neither says."""
    kind = ending_of(file.name) or _told(file)
    if kind:
        return kind
    if not file.size:
        raise FileError.from_zero_bytes(file.name)
    other = signatures.foreign(file.head(signatures.HEAD))
    if other is None:
        raise FileError.from_unknown_kind(file.name)
    raise FileError.from_foreign(file.name, *other)


def _told(file: File) -> str:
    return signatures.told(file.head(signatures.HEAD)) if file.size else ""
