"""Frames are written whole or not at all; a machine without Spark is told what to install."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.files import CSV, LINES, write
from support.spark import MARKS

from churnlab.errors import ConfigError, OutputError
from churnlab.events.spec import LogSpec
from churnlab.spark.session import read, spark_session, write_whole

pytestmark = MARKS


def test_a_folder_that_cannot_be_made_is_one_line(session: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be written"):
        write_whole(session.range(3), str(tmp_path / "file" / "X"))
    assert write_whole(session.range(3), str(tmp_path / "X")) == 3
    assert write_whole(session.range(4), str(tmp_path / "X")) == 4
    assert {p.name for p in tmp_path.iterdir()} == {"file", "X"}
    assert write_whole(session.range(5), f"file://{tmp_path}/Y") == 5


def test_without_pyspark_or_java_the_way_out_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(ConfigError, match=r"pip install churnlab\[spark\]"):
        spark_session()
    code = "from churnlab.spark.session import spark_session\ntry:\n    spark_session()\nexcept ValueError as error:\n    print(error)"
    nowhere = {k: v for k, v in os.environ.items() if k not in ("JAVA_HOME", "SPARK_HOME")} | {
        "PATH": str(tmp_path / "bin")
    }
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("bash", "env", "dirname", "rm", "cat", "ls", "sed", "uname"):
        (folder / tool).symlink_to(str(shutil.which(tool)))
    done = subprocess.run(
        [sys.executable, "-c", code], env=nowhere, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "Spark finds no Java; install Java 17 or newer and set JAVA_HOME"


def test_text_files_are_read_as_their_options_say(session: Any) -> None:
    columns = {"user": "u", "time": "t", "event": "e", "timezone": "UTC"}
    body = CSV.partition("\n")[2]
    named = read(write("a.csv", body), LogSpec(**columns, names=["u", "t", "e", "a"]))
    assert named.columns == ["u", "t", "e", "a"] and named.count() == 2
    marked = read(
        write("b.csv", CSV.replace(",", "^"), "utf-16"), LogSpec(**columns, separator="^")
    )
    assert [row["u"] for row in marked.collect()] == ["ann", "bob"]
    for path, options, match in (
        (write("c.csv", CSV, "gbk"), {"encoding": "gbk"}, "Spark reads no CSV in gbk"),
        (write("d.csv", f"sep=,\n{CSV}"), {}, "lines before the header"),
        (write("e.jsonl", LINES), {}, "holds JSON Lines, which is not read on Spark"),
    ):
        with pytest.raises(ConfigError, match=match):
            read(path, LogSpec(**columns, **options))
