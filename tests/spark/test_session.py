"""Frames are written whole or not at all; a machine without Spark is told what to install."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.spark import MARKS

from churnlab.errors import ConfigError, OutputError
from churnlab.spark.session import spark_session, write_whole

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
