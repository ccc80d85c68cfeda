"""What was written of a list, as the command line prints it."""

from __future__ import annotations

import json

from churnlab.nightly.written import Written


def test_files_stand_beside_the_counts() -> None:
    files = {"list_parquet": "/lists/a.parquet", "list_csv": "/lists/a.csv"}
    written = Written("2026-03-04", people=3, without_reasons=1, run_id="r1", files=files)
    assert json.loads(json.dumps(written.to_dict())) == {
        "as_of": "2026-03-04",
        "people": 3,
        "without_reasons": 1,
        "run_id": "r1",
        "list_parquet": "/lists/a.parquet",
        "list_csv": "/lists/a.csv",
    }
