"""From files of any kind and place to daily rows: the same rows, or one line that says why not."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from support.command import call
from support.files import CSV, LINES, TABLE, WANT, refusal, rows, write
from support.s3 import Put

import churnlab as cl
from churnlab.events import row_groups


def parquet(table: pa.Table = TABLE, **options: Any) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **options)
    return sink.getvalue().to_pybytes()


def arrow(table: pa.Table = TABLE) -> bytes:
    sink = pa.BufferOutputStream()
    feather.write_feather(table, sink)
    return sink.getvalue().to_pybytes()


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


KINDS: dict[str, Callable[[], bytes]] = {
    "log.parquet": parquet,
    "log.csv": CSV.encode,
    "log.tsv": CSV.replace(",", "\t").encode,
    "log.csv.gz": lambda: gzip.compress(CSV.encode()),
    "log.csv.zst": lambda: zstd(CSV.encode()),
    "log.csv.bz2": lambda: bz2.compress(CSV.encode()),
    "utf16.csv": lambda: CSV.encode("utf-16"),
    "log.jsonl": LINES.encode,
    "log.ndjson.gz": lambda: gzip.compress(LINES.encode()),
    "log.jsonl.zst": lambda: zstd(LINES.encode()),
    "log.json.bz2": lambda: bz2.compress(LINES.encode()),
    "list.json": lambda: f"[{','.join(LINES.splitlines())}]".encode(),
    "log.feather": arrow,
    "log.arrow": arrow,
    "without an ending": parquet,
    "export[1].parquet": parquet,
    "what? *.csv": CSV.encode,
}


@pytest.mark.parametrize("name", KINDS)
def test_a_file_of_this_machine(name: str) -> None:
    write(f"folder/{name}", KINDS[name]())
    assert rows(f"folder/{name}", event_id="e") == WANT
    assert rows((Path("folder").absolute() / name).as_uri()) == WANT
    assert rows("folder", memory="1KB") == WANT


@pytest.mark.parametrize("name", KINDS)
def test_an_object_of_s3(name: str, s3: Put) -> None:
    address = s3(f"folder/{name}", KINDS[name]())
    assert rows(address.rpartition("/")[0]) == WANT
    assert rows(address.replace("s3://", "S3A://"), event_id="e") == WANT


def test_patterns_of_s3(s3: Put) -> None:
    s3("log/2026/03/a.csv", CSV)
    s3("log/2026/04/a.csv", CSV.replace("-03-", "-04-"))
    s3("log/_SUCCESS", "")
    root = s3("log/.a.csv.crc", "x").rpartition("/")[0]
    april = [(who, day.replace("-03-", "-04-"), money) for who, day, money in WANT]
    assert rows(f"{root}/2026/04/*.csv") == april
    for pattern in ("", "/", "/**/*.csv", "/*/0[34]/?.csv", "/2026/*/a.csv"):
        assert sorted(rows(root + pattern)) == sorted(WANT + april), pattern
    assert f"no file matches the pattern '{root}/*.csv'" in refusal(f"{root}/*.csv")
    assert "no such file: 's3://no-such-bucket/a.csv'" in refusal("s3://no-such-bucket/a.csv")


def test_row_groups_of_s3_are_pruned(s3: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    days = pa.array(range(20_000, 20_040), pa.int32()).cast(pa.date32()).cast(pa.timestamp("us"))
    table = pa.table({"u": ["ann"] * 40, "t": days, "e": ["x"] * 40, "a": [1.0] * 40})
    address = s3("log.parquet", parquet(table, row_group_size=4))
    ranges = []
    read = row_groups.read_groups
    monkeypatch.setattr(
        "churnlab.events.parquet_files.read_groups",
        lambda groups, *rest: ranges.append(len(groups)) or read(groups, *rest),
    )
    assert len(rows(address, threads=2)) == 40
    assert len(ranges) > 2 and max(ranges) < 10


def test_a_server_that_does_not_answer_and_a_secret(
    s3: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    said = refusal("s3://somebody:pass-word@bucket/log.csv")
    assert said.startswith("s3://bucket cannot be reached") and "pass-word" not in said


@pytest.mark.parametrize("address", ["http://host/a.csv", "hdfs://host/a.csv", "ftp://host/a.csv"])
def test_other_file_systems_are_named(address: str) -> None:
    assert f"{address.partition('/')[0]}//" in refusal(address)


@pytest.mark.parametrize("place", ["here", "s3"])
@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl", "feather"])
def test_folders_that_are_columns(kind: str, place: str, s3: Put) -> None:
    lacking = TABLE.drop_columns(["t"])
    content = {
        "parquet": parquet(lacking),
        "csv": b"u,e,a\nann,x,1.5\nbob,y,\n",
        "jsonl": b'{"u": "ann", "e": "x", "a": 1.5}\n{"u": "bob", "e": "y"}\n',
        "feather": arrow(lacking),
    }[kind]
    put = s3 if place == "s3" else write
    for day, hour in (("2026-03-01", "05"), ("2026-03-02", "11")):
        last = put(f"log/dt={day}/hour={hour}/part.{kind}", content)
    root = last.partition("/dt=")[0]
    put("log/_temporary/dt=2026-03-01/part.csv", "half")
    want = [
        ("ann", "2026-03-01", 1_500_000),
        ("ann", "2026-03-02", 1_500_000),
        ("bob", "2026-03-01", 0),
        ("bob", "2026-03-02", 0),
    ]
    assert rows(root, time="dt", memory="1KB") == want
    assert rows(f"{root}/*/*/part.*", time="dt") == want
    hours = [("05", "2026-03-01", 1_500_000), ("11", "2026-03-02", 1_500_000)]
    assert rows(root, time="dt", user="hour") == hours
    money = rows(root, time="dt", amount="hour")
    assert [m for _, _, m in money] == [5_000_000, 11_000_000] * 2
    assert "has no column 'date' (given as time=)" in refusal(root, time="date")


def test_the_command_line_updates_a_store_from_s3_and_from_folders(s3: Put) -> None:
    content = "u,e,a\nann,x,1\n"
    for day in ("2026-03-01", "2026-03-02"):
        s3(f"log/dt={day}/part.csv", content)
        write(f"log/dt={day}/part.csv", content)
    bucket = s3("x", "").rpartition("/")[0]
    for i, root in enumerate((bucket, ".")):
        write(
            f"job/{i}.toml",
            f'name = "shop"\n[log]\npath = "{root if i == 0 else "../"}/log/dt={{day}}/*.csv"\n'
            'user = "u"\ntime = "dt"\nevent = "e"\namount = "a"\ntimezone = "UTC"\n'
            f'[store]\nfolder = "store{i}"\n',
        )
        for day in ("2026-03-01", "2026-03-02"):
            call("update", "--config", f"job/{i}.toml", "--day", day)
        store = cl.ActivityStore.open(f"job/store{i}")
        assert store.daily().frame()["day"].astype(str).tolist() == ["2026-03-01", "2026-03-02"]
