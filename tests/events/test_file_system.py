"""Addresses of files and the file systems behind them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyarrow import fs
from support.files import write

from churnlab.errors import FileError
from churnlab.events.file_system import local_file, place_of


@pytest.mark.parametrize("address", ["log/*.csv", "C=1/x", "", "a b/[1].csv"])
def test_a_path_is_a_place_of_this_machine(address: str) -> None:
    place = place_of(address)
    assert (place.path, place.system) == (address, None)


def test_addresses_of_files_of_this_machine() -> None:
    for address in (
        "file:///srv/a%20b.csv",
        "FILE:///srv/a%20b.csv",
        "file://localhost/srv/a b.csv",
    ):
        assert place_of(address).path == "/srv/a b.csv"


def test_a_bucket_with_the_server_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:7")
    for address in ("s3://bucket/a b%/[1]?.csv", "S3A://key:secret@bucket/a b%/[1]?.csv"):
        place = place_of(address)
        assert isinstance(place.system, fs.S3FileSystem)
        assert place.path == "bucket/a b%/[1]?.csv"
        assert place.file(place.path, 3).name == "s3://bucket/a b%/[1]?.csv"
    other = place_of("s3://bucket/a.csv?region=eu-west-1&endpoint_override=127.0.0.1:8&scheme=http")
    assert other.path == "bucket/a.csv" and other.system.region == "eu-west-1"


def test_google_and_azure(monkeypatch: pytest.MonkeyPatch) -> None:
    place = place_of("gs://anonymous@bucket/log/a.csv")
    assert isinstance(place.system, fs.GcsFileSystem)
    assert place.file(place.path, 0).name == "gs://bucket/log/a.csv"
    address = "abfss://container@account.dfs.core.windows.net/log/a.csv"
    for key, value in (
        ("AZURE_STORAGE_KEY", "c2VjcmV0"),
        ("AZURE_STORAGE_SAS_TOKEN", "sv=1&sig=x"),
    ):
        monkeypatch.setenv(key, value)
        place = place_of(address)
        assert isinstance(place.system, fs.AzureFileSystem)
        assert place.path == "container/log/a.csv"
        assert place.file(place.path, 0).name == address


@pytest.mark.parametrize("scheme", ["hdfs", "viewfs", "dbfs", "wasbs"])
def test_other_file_systems(scheme: str) -> None:
    with pytest.raises(FileError, match=f"files at {scheme}:// are not read"):
        place_of(f"{scheme}://host/a.csv")


def test_a_file_is_opened_and_begun() -> None:
    file = local_file(write("a.csv", "u,t"))
    assert (file.name, file.size, file.head(2), file.open().read()) == ("a.csv", 3, b"u,", b"u,t")
    Path("a.csv").unlink()
    with pytest.raises(FileError, match="a.csv cannot be read"):
        file.head(1)
