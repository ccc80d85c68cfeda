"""What was written of a list, and the lists that can be written."""

from __future__ import annotations

import pandas as pd

from churnlab.nightly.risk_list import RiskList
from churnlab.nightly.written import WritableList, Written


def test_each_file_stands_under_its_kind() -> None:
    written = Written("2026-03-04", 2, 1, "r1", {"list_csv": "a.csv", "list_parquet": "a.parquet"})
    assert written.to_dict() == {
        "as_of": "2026-03-04",
        "people": 2,
        "without_reasons": 1,
        "run_id": "r1",
        "list_csv": "a.csv",
        "list_parquet": "a.parquet",
    }


def test_a_risk_list_says_what_it_wrote(tmp_path) -> None:
    frame = pd.DataFrame({"user_id": ["ann"], "risk": [0.5]})
    tonight: WritableList = RiskList(frame, "2026-03-04", "r1", 0)
    written = tonight.write(tmp_path)
    assert (written.as_of, written.people, written.run_id) == ("2026-03-04", 1, "r1")
    for path in written.files.values():
        assert (tmp_path / path).exists()
