"""Doctor: what is wrong is found before the first night, with its exit code, and nothing changes."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from support.command import TOML, call

from churnlab.language.sentence import sentence
from churnlab.nightly import doctor
from churnlab.nightly.doctor import BAD, OK, WARN, Examined, Finding, examine

NOW = datetime(2026, 6, 2, 3, tzinfo=UTC)


def everything(folder: Path) -> dict[str, bytes | None]:
    return {str(p): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


def states(found: Examined) -> dict[str, tuple[str, int]]:
    """The worst state of each check."""
    order = {OK: 0, WARN: 1, BAD: 2}
    worst: dict[str, tuple[str, int]] = {}
    for each in sorted(found.findings, key=lambda f: order[f.state]):
        worst[each.check] = (each.state, each.code)
    return worst


def test_a_job_that_is_ready_has_nothing_bad_and_stays_as_it_is(
    trained: tuple[Path, dict],
) -> None:
    before = everything(trained[0].parent)
    found = examine(trained[0], NOW)
    assert found.code == 0 and {state for state, _ in states(found).values()} <= {OK, WARN}
    assert set(states(found)) == {"configuration", *doctor.CHECKS}
    assert everything(trained[0].parent) == before
    said = json.loads(call("doctor", "--config", trained[0], "--json"))
    assert said["code"] == 0 and {each["state"] for each in said["findings"]} <= {OK, WARN}
    assert "champion" in call("doctor", "--config", trained[0]) or "scores" in call(
        "doctor", "--config", trained[0]
    )


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A job with a store of two days, a gap between them, and no model."""
    day = '\n[store]\nfolder = "store"\n[[sinks]]\nto = "exports"\n'
    log = 'path = "events/{day}.parquet"\nuser = "u"\ntime = "t"\nevent = "e"\ntimezone = "UTC"\n'
    (tmp_path / "churnlab.toml").write_text("[log]\n" + log + day)
    (tmp_path / "events").mkdir()
    for text in ("2026-05-29", "2026-05-31"):
        at = pd.Timestamp(f"{text} 09:00")
        frame = pd.DataFrame({"u": ["ann", "bob"], "t": at, "e": "open"})
        frame.to_parquet(tmp_path / "events" / f"{text}.parquet")
        call("update", "--day", text, "--force", "--config", tmp_path / "churnlab.toml")
    return tmp_path / "churnlab.toml"


def test_a_gap_a_cut_file_and_no_model(bare: Path) -> None:
    before = everything(bare.parent)
    found = examine(bare, NOW)
    assert states(found)["store"] == (BAD, 5) and states(found)["registry"] == (BAD, 4)
    assert states(found)["log"] == (OK, 0) and found.code == 4 and "train" in found.worst
    assert everything(bare.parent) == before
    file = next((bare.parent / "store").glob("day=2026-05-31/*"))
    file.write_bytes(file.read_bytes()[:-9])
    found = examine(bare, NOW)
    assert found.code == 3 and any("cut off" in str(f.says) for f in found.findings)
    table = call("doctor", "--config", bare, code=3)
    assert "cut off" in table


def test_the_clock_and_a_store_that_is_behind(bare: Path) -> None:
    behind = examine(bare, datetime(2026, 6, 9, tzinfo=UTC))
    assert any("8 days behind yesterday" in str(f.says) for f in behind.findings)
    early = examine(bare, datetime(2026, 5, 31, 5, tzinfo=UTC))
    assert states(early)["clock"] == (WARN, 0)


def test_a_log_that_cannot_be_read_and_a_sink_that_cannot_be_written(bare: Path) -> None:
    text = bare.read_text().replace('event = "e"', 'event = "evnt"')
    (bare.parent / "file").write_text("")
    bare.write_text(text.replace('to = "exports"', 'to = "file"'))
    found = states(examine(bare, NOW))
    assert found["log"] == (BAD, 3) and found["sinks"] == (BAD, 7)


def test_a_configuration_that_is_wrong_is_all_that_is_found(tmp_path: Path) -> None:
    (tmp_path / "churnlab.toml").write_text(TOML + '\n[list]\nsort = "profit"\n')
    found = examine(tmp_path / "churnlab.toml", NOW)
    assert (len(found.findings), found.code) == (1, 2) and "[costs]" in found.worst
    call("doctor", "--config", tmp_path / "no.toml", code=2)


def test_a_disk_that_is_full(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "NEXT_TO_NOTHING", 1 << 60)
    assert states(examine(bare, NOW))["disk"] == (BAD, 7)


def test_a_check_that_takes_too_long_is_given_up(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        doctor, "CHECKS", {"slow": lambda *_: time.sleep(5), "bug": lambda *_: 1 / 0}
    )
    began = time.monotonic()
    found = examine(bare, NOW, seconds=0.2)
    assert time.monotonic() - began < 4 and not found.in_time
    assert [(f.check, f.state, f.code) for f in found.findings][1:] == [
        ("slow", WARN, 0),
        ("bug", BAD, 1),
    ]


def test_the_worst_comes_first() -> None:
    found = [Finding("x", BAD, code, sentence("{error}", error=str(code))) for code in (5, 7, 3)]
    assert Examined(tuple(found), "en", True).code == 3
