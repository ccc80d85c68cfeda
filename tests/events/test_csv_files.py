"""Events from CSV files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from support.logs import (
    COLUMNS,
    SOUND,
    ordered,
    outcome,
)
from support.refusals import refused

import churnlab as cl
from churnlab.errors import LogError

WANT = outcome(cl.EventLog.from_frame(SOUND, **COLUMNS))


@pytest.mark.parametrize("layout", ["one", "gz", "tsv", "files", "quoted"])
@pytest.mark.parametrize("order", ["time", "shuffled"])
def test_csv(layout: str, order: str, tmp_path: Path) -> None:
    frame = ordered(SOUND, order).to_pandas()
    if layout == "files":
        for i in range(4):
            frame.iloc[i * 900 : (i + 1) * 900].to_csv(tmp_path / f"{i}.csv", index=False)
        path = "*.csv"
    else:
        path = {"one": "log.csv", "gz": "log.csv.gz", "tsv": "log.tsv", "quoted": "log.csv"}[layout]
        frame.to_csv(
            tmp_path / path,
            index=False,
            sep="\t" if layout == "tsv" else ",",
            quoting=1 if layout == "quoted" else 0,
        )
    assert outcome(cl.EventLog.read(tmp_path / path, **COLUMNS)) == WANT


def test_csv_fields_that_are_empty() -> None:
    lines = [
        "u,t,e,a",
        "a,2026-03-01 10:00,x,",
        ",2026-03-01 10:00,x,5",
        "null,2026-03-01 10:00,x,5",
        'a,2026-03-01 11:00,x,"1e3"',
        "b,2026-03-02,x,much",
    ]
    Path("log.csv").write_text("\n".join(lines))
    log = cl.EventLog.read(
        "log.csv",
        user="u",
        time="t",
        event="e",
        amount="a",
        roles={},
        timezone="UTC",
        bad_ids=0.5,
        bad_amounts=0.5,
    )
    assert (
        log.counts["bad_ids"] == 2
        and log.counts["bad_amounts"] == 1
        and log.daily().frame()["money"].tolist() == [10**9, 0]
    )
    Path("log.csv").write_text("u,t,e\na,2026-03-01 10:00,x\na,,x\n")
    with pytest.raises(LogError, match="column 't' of .* is null or empty in 1 of 2 rows"):
        cl.EventLog.read("log.csv", user="u", time="t", event="e", timezone="UTC")


def test_a_csv_with_a_broken_row(frame: pd.DataFrame, tmp_path: Path) -> None:
    text = frame.to_csv(index=False).splitlines()
    text[200] = text[200] + ",one,two,three"
    (tmp_path / "log.csv").write_text("\n".join(text))
    refused(r"log\.csv, line 201: \d fields in place of 4", path="log.csv")


def test_csv_files_with_different_headers(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "1.csv", index=False)
    frame[["ts", "user_id", "event", "amount"]].to_csv(tmp_path / "2.csv", index=False)
    refused(r"2\.csv has another header line than .*1\.csv", path="?.csv")
