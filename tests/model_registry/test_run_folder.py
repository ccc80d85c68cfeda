"""Records of runs: any text and number there and back; folders that are kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.errors import ModelError
from churnlab.model_registry.run_folder import RunRecord, Trial, keep, plain, short


@given(st.text(st.characters(codec=None)))
def test_plain_text_is_one_line_that_every_store_takes(text: str) -> None:
    found = plain(text)
    assert found.encode("utf-8").decode() == found and len(found.splitlines()) <= 1
    assert plain(found) == found
    if text.isascii() and text.isprintable():
        assert found == text


def test_names_as_people_write_them_stay() -> None:
    assert plain("渠道 café 🙂") == "渠道 café 🙂"
    assert plain("a\r\nb\x00\ud800\u2028") == r"a\r\nb\x00\ud800\u2028"


def test_parameters_hide_secrets_and_are_cut() -> None:
    assert short("http://bob:pw@host/x") == "http://***@host/x"
    assert len(short("x" * 9000)) == 500


def test_a_record_comes_back(tmp_path: Path) -> None:
    trials = pd.DataFrame({"trial": [0, 1], "loss": [0.5, np.nan], "seconds": 1, "leaves": [7, 8]})
    record = RunRecord.of(
        {"seed": np.int64(3), "name": "a\nb"},
        {"auc": np.float32(0.5), "no": float("nan")},
        ("events\ud800.parquet", "d" * 64),
        {"churned trial": trials},
    )
    record.write(tmp_path, {"card.md": "渠道 \ud800", "more/x.txt": ""})
    again = RunRecord.read(tmp_path)
    assert repr(again) == repr(record)  # by their texts, because NaN is not NaN
    assert again.params == {"seed": "3", "name": r"a\nb"}
    assert again.dataset == (r"events\ud800.parquet", "d" * 32)
    assert again.trials["churned trial"][0] == Trial(
        0, {"leaves": "7"}, {"loss": 0.5, "seconds": 1}
    )
    assert (tmp_path / "files" / "card.md").read_text() == r"渠道 \ud800"


@pytest.mark.parametrize("text", [None, "", "{", "[]", "null", '{"params": {}}'])
def test_a_folder_without_a_record_is_refused(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "run.json").write_text(text)
    with pytest.raises(ModelError, match="run.json"):
        RunRecord.read(tmp_path)


def test_what_is_kept_goes_where_it_was_asked_for_or_stays(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "a").write_text("x")
    (tmp_path / "no folder").touch()
    for place in (None, tmp_path / "no folder"):
        assert keep(tmp_path / "run", place) == tmp_path / "run"
    kept = keep(tmp_path / "run", tmp_path / "new" / "output")
    assert kept.parent == tmp_path / "new" / "output" and (kept / "a").read_text() == "x"
    assert not (tmp_path / "run").exists()
