"""Amounts of people that a caller gives: what a model expects of each, or another value."""

from __future__ import annotations

import numpy as np
import pandas as pd

from churnlab.errors import FrameError
from churnlab.errors.value import AmountsError


def amounts_of(given: pd.Series, users: pd.Index) -> np.ndarray:
    """The amounts of a Series by user_id for some users, float64[n]; NaN where it has none.

    FrameError for a user who is there twice, AmountsError for what is no number.

    >>> amounts_of(pd.Series([2.0], ["ann"]), pd.Index(["bob", "ann"])).tolist()
    [nan, 2.0]
    """
    if repeated := int(given.index.duplicated().sum()):
        raise FrameError.from_duplicates("the amounts of people", repeated)
    try:
        return np.asarray(given.reindex(users).to_numpy(np.float64))
    except (TypeError, ValueError) as error:
        raise AmountsError.from_no_number(given.iloc[0]) from error
