"""Amounts of people that a caller gives."""

from __future__ import annotations

import pandas as pd
import pytest

from churnlab.errors import FrameError
from churnlab.errors.value import AmountsError
from churnlab.value.amounts import amounts_of


def test_amounts_are_in_the_order_of_the_people_and_what_is_none_is_refused() -> None:
    given = pd.Series([1.0, 2.0], ["ann", "bob"])
    assert amounts_of(given, pd.Index(["bob", "ann"])).tolist() == [2.0, 1.0]
    with pytest.raises(AmountsError, match="first is 'much'"):
        amounts_of(pd.Series(["much"], ["ann"]), pd.Index(["ann"]))
    with pytest.raises(FrameError, match="1 duplicate key"):
        amounts_of(pd.concat([given, given.head(1)]), pd.Index(["ann"]))
