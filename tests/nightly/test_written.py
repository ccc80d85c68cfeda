"""What was written of a list, as the command line prints it."""

from __future__ import annotations

import json

from churnlab.nightly.written import Written


def test_files_stand_beside_the_counts() -> None:
    files = {"list_parquet": "/lists/a.parquet", "list_csv": "/lists/a.csv"}
    written = Written("2026-03-04", people=3, run_id="r1", files=files)
    assert json.loads(json.dumps(written.to_dict())) == {
        "as_of": "2026-03-04",
        "people": 3,
        "run_id": "r1",
        "list_parquet": "/lists/a.parquet",
        "list_csv": "/lists/a.csv",
    }


def test_the_age_of_the_model_stands_beside_the_counts_where_it_is_known() -> None:
    written = Written("2026-03-04", 3, "r1", {}, model_age=31)
    assert written.to_dict()["model_age_days"] == 31
    assert "model_age_days" not in Written("2026-03-04", 3, "r1", {}).to_dict()
