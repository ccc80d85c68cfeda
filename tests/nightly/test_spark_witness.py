"""What guards see on Spark: the rows of a job and the counts of batches add up to a Witness."""

from __future__ import annotations

import numpy as np
import pandas as pd

from churnlab.nightly.spark_witness import COUNTS, CountedListing


def listing(X: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"user_id": range(len(X)), "risk": 0.5})


def test_the_first_row_of_a_batch_has_its_counts() -> None:
    X = pd.DataFrame({"a": [np.nan, 2.0, 3.0], "b": [1.0, np.nan, np.nan]})
    counted = CountedListing(listing, ("a", "b"), {"a": (2.5,)})  # type: ignore[arg-type]
    rows = counted(X)[COUNTS].tolist()
    assert rows[0] == [1, 2, 1, 1, *[0] * 8, 1] and rows[1:] == [None, None]
    assert counted(X.head(0))[COUNTS].tolist() == []
