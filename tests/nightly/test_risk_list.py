"""RiskList: put together from parts, written whole, safe in a spreadsheet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.command import tree
from support.nightly import FaultyDisk

from churnlab.errors import OutputError
from churnlab.nightly.lists.read import read_list
from churnlab.nightly.ranking import Ranking
from churnlab.nightly.risk_list import RiskList
from churnlab.nightly.scoring import COLUMNS, REASONS


def risks(**more: object) -> RiskList:
    frame = pd.DataFrame(
        {
            "user_id": ["=HYPERLINK(1)", " +1", "ok"],
            "risk": [0.9, 0.5, 0.1],
            "tier": "",
            "stage": "",
            "when": "",
            "ltv": np.nan,
            "value_at_risk": np.nan,
            "profit": np.nan,
            "reason_1": ["@x", "", "-y"],
            "reason_2": "",
            "reason_3": "",
            "theme": "",
            "treatment": "",
            "control": "no",
            "as_of": "2026-01-01",
            "run_id": "run",
            "model_name": "churn",
            "model_version": "v",
            "approval": "approved",
            "approver": "Ann",
        }
    )
    return RiskList(frame, "2026-01-01", "run", model={"approval": "approved"})


def test_cells_that_a_spreadsheet_would_run_are_defused(tmp_path: Path) -> None:
    files = risks().write(tmp_path).files
    text = Path(files["list_csv"]).read_text()
    assert "'=HYPERLINK(1)" in text and "' +1" in text and "'@x" in text and "'-y" in text
    assert pd.read_parquet(files["list_parquet"])["user_id"].tolist() == [
        "=HYPERLINK(1)",
        " +1",
        "ok",
    ]


def test_a_list_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet = Path(risks().write(tmp_path).files["list_parquet"])
    before = tree(tmp_path)
    with monkeypatch.context() as patch:
        FaultyDisk(1, "No space left on device").install(patch)
        with pytest.raises(OutputError, match="No space left on device; nothing was changed"):
            replace(risks(), run_id="other").write(tmp_path)
    assert tree(tmp_path) == before and parquet.exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        risks().write(tmp_path / "file")


def test_a_trial_takes_the_place_of_no_list(tmp_path: Path) -> None:
    risks().write(tmp_path)
    some = risks().frame.head(2).assign(approval="not approved")
    trial = replace(risks(), frame=some, model={"approval": "not approved"})
    written = trial.write(tmp_path)
    assert written.trial and "/trial/" in written.files["list_csv"]
    assert len(read_list(tmp_path).frame) == 3
    assert len(read_list(tmp_path, trial=True).frame) == 2


class Known:
    """A listing whose risk is the one feature `x`; it keeps how many rows it was asked for."""

    as_of = "2026-01-01"

    def __init__(self) -> None:
        self.scorer = self
        self.model = {"name": "churn", "approval": "approved"}
        self.ranking = Ranking()
        self.asked: list[int] = []

    def __call__(self, X: pd.DataFrame) -> pd.DataFrame:
        self.asked.append(len(X))
        ids = X.index.get_level_values("user_id")
        scores = {"user_id": ids, "risk": X["x"].to_numpy(), "stage": "", "when": "", "ltv": 1.0}
        rest = {
            "value_at_risk": 0.0,
            **{"tier": "", "profit": 0.0, "theme": "", "treatment": "", "control": "no"},
            "as_of": self.as_of,
            **{"run_id": "run", "model_name": "churn", "model_version": "v"},
            "approval": "approved",
            "approver": "Ann",
        }
        return pd.DataFrame(scores | {n: f"{n} of " + ids for n in REASONS} | rest)[list(COLUMNS)]


def parts(risks: list[float], sizes: int) -> list[pd.DataFrame]:
    """Features of people u0, u1, ... of these risks, some at a time."""
    frames = []
    for first in range(0, len(risks), sizes):
        some = risks[first : first + sizes]
        ids = [f"u{first + i}" for i in range(len(some))]
        index = pd.MultiIndex.from_product([ids, [pd.Timestamp("2026-01-01")]])
        frames.append(pd.DataFrame({"x": some}, index=index.set_names(["user_id", "snapshot"])))
    return frames


@pytest.mark.parametrize("sizes", [1, 2, 3, 20])
def test_parts_make_one_list_in_which_everybody_has_reasons(sizes: int) -> None:
    known = Known()
    risks_ = [0.1, 0.9, 0.5, 0.9, 0.2, 0.7, 0.3, 0.8, 0.4, 0.6]
    found = RiskList.of(parts(risks_, sizes), known, "run").frame  # type: ignore[arg-type]
    want = ["u1", "u3", "u7", "u5", "u9", "u2", "u8", "u6", "u4", "u0"]
    assert found["user_id"].tolist() == want
    assert found["reason_1"].tolist() == [f"reason_1 of {user}" for user in want]
    assert max(known.asked) <= sizes and list(found) == list(COLUMNS)


def test_no_part_gives_an_empty_list() -> None:
    found = RiskList.of([], Known(), "run")  # type: ignore[arg-type]
    assert found.frame.empty and list(found.frame) == list(COLUMNS)


def test_the_same_list_gives_the_same_bytes_and_says_what_was_written(tmp_path: Path) -> None:
    done = [risks().write(tmp_path / name) for name in ("a", "b")]
    for kind in ("list_parquet", "list_csv", "summary"):
        one, other = (Path(d.files[kind]).read_bytes() for d in done)
        assert one == other
    folder = tmp_path / "a" / "list" / "as_of=2026-01-01"
    endings = {"list_parquet": "risk*.parquet", "list_csv": "risk*.csv", "list_schema": "sch*.json"}
    endings |= {"summary": "summary*.html"}
    found = {kind: next(folder.glob(ending)) for kind, ending in endings.items()}
    assert done[0].to_dict() == {
        "as_of": "2026-01-01",
        "people": 3,
        "run_id": "run",
        "list": str(tmp_path / "a" / "list" / "latest.json"),
        **{kind: str(file) for kind, file in found.items()},
    }
    assert read_list(tmp_path / "a").frame["user_id"].tolist() == risks().frame["user_id"].tolist()
