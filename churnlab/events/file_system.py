"""Files on this machine and at addresses of `s3://`, `gs://`, `abfss://` and `file://`.

Everything remote goes through the file systems of pyarrow. Credentials come from the environment:

| address | variables |
|---|---|
| `s3://bucket/key` | AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE and the others of AWS; \
AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL for a server of one's own; AWS_REGION |
| `gs://bucket/key` | GOOGLE_APPLICATION_CREDENTIALS; STORAGE_EMULATOR_HOST |
| `abfss://container@account.dfs.core.windows.net/key` | AZURE_STORAGE_KEY or \
AZURE_STORAGE_SAS_TOKEN, otherwise AZURE_CLIENT_ID and the others of Azure |
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlencode

import pyarrow as pa
from pyarrow import fs

from churnlab.errors import FileError
from churnlab.events.addresses import normal, scheme_of

_KIND = {
    "file": "file",
    "s3": "s3",
    "s3a": "s3",
    "s3n": "s3",
    "gs": "gs",
    "gcs": "gs",
    "abfs": "abfss",
    "abfss": "abfss",
}
# Options of pyarrow at the end of an address; any other `?` is part of a pattern.
_OPTIONS = re.compile(r"\?((?:region|scheme|endpoint_override|allow_\w+)=[^/]*)$")


@dataclass(frozen=True)
class File:
    """A file: its name in messages, its path in its file system, its size in bytes.

    `system` is None for a file on this machine.
    """

    name: str
    path: str
    size: int
    system: fs.FileSystem | None = None

    def open(self) -> pa.NativeFile:
        """The file for reading at any place; LogError where it cannot be opened."""
        try:
            if self.system is None:
                return pa.OSFile(self.path)
            return self.system.open_input_file(self.path)
        except (OSError, pa.ArrowException) as error:
            raise FileError.from_unreadable(self.name, str(error)) from error

    def head(self, length: int) -> bytes:
        """The first bytes."""
        with self.open() as opened:
            return opened.read(length)


def local_file(path: str | Path) -> File:
    """A file of this machine."""
    return File(str(path), str(path), Path(path).stat().st_size)


@dataclass(frozen=True)
class Place:
    """A path, pattern or folder in a file system.

    Names in messages have `shown` in place of `base`, the bucket or container. `system` is None for
    this machine.
    """

    path: str
    base: str = ""
    shown: str = ""
    system: fs.FileSystem | None = None

    def file(self, path: str, size: int) -> File:
        """The file of a path in this file system."""
        return File(self.shown + path.removeprefix(self.base), path, size, self.system)


def place_of(address: str) -> Place:
    """The place that a path or an address names; nothing is looked up there.

    LogError for an address whose file system is not read.

    >>> place_of("file:///srv/my%20events/*.parquet").path, place_of("events").path
    ('/srv/my events/*.parquet', 'events')
    """
    scheme = scheme_of(address)
    if not scheme:
        return Place(address)
    kind = _KIND.get(scheme)
    if kind is None:
        raise FileError.from_other_system(scheme)
    rest = normal(address).partition("://")[2]
    return Place(unquote(rest.removeprefix("localhost"))) if kind == "file" else _remote(kind, rest)


def _remote(kind: str, rest: str) -> Place:
    """The place at an address of a bucket or a container, without its scheme."""
    options = _OPTIONS.search(rest)
    where, _, key = (rest[: options.start()] if options else rest).partition("/")
    login, _, host = where.rpartition("@")
    given = dict(p.partition("=")[::2] for p in options[1].split("&")) if options else {}
    try:
        system, base = _system(kind, where, given)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise FileError.from_unreachable(f"{kind}://{host}", str(error)) from error
    shown = f"{kind}://{where if kind == 'abfss' and ':' not in login else host}"
    return Place(f"{base}/{key}".rstrip("/"), base, shown, system)


def _system(kind: str, where: str, options: dict[str, str]) -> tuple[fs.FileSystem, str]:
    """The file system of a bucket or a container, and the path of that in it."""
    if kind == "s3":
        options = _endpoint(os.environ) | options
    secret = next((s for s in map(os.environ.get, _AZURE_KEYS) if s), None)
    if kind == "abfss" and secret is not None:
        login, _, host = where.rpartition("@")
        named = {"sas_token" if "sig=" in secret else "account_key": secret}
        return fs.AzureFileSystem(host.partition(".")[0], **named), login
    query = f"?{urlencode(options)}" if options else ""
    return fs.FileSystem.from_uri(f"{kind}://{where}{query}")


_AZURE_KEYS = ("AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCOUNT_KEY")


def _endpoint(environment: Mapping[str, str]) -> dict[str, str]:
    """The options of pyarrow for the S3-compatible server that the environment names.

    >>> _endpoint({"AWS_ENDPOINT_URL": "http://127.0.0.1:9000"})
    {'scheme': 'http', 'endpoint_override': '127.0.0.1:9000', 'region': 'us-east-1'}
    """
    url = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
    if not url:
        return {}
    scheme, _, host = url.rpartition("://")
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    return {
        "scheme": scheme or "https",
        "endpoint_override": host.rstrip("/"),
        "region": region or "us-east-1",
    }
