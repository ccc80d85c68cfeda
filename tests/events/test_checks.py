"""Logs without enough sound rows."""

from __future__ import annotations

import pandas as pd
import pytest
from support.refusals import OPTIONS, refused

import churnlab as cl
from churnlab.errors import LogError
from churnlab.events.checks import check_numbers
from churnlab.events.spec import LogSpec
from churnlab.events.unusable import Unusable


@pytest.mark.parametrize("nothing", [None, "", "null"])
def test_rows_without_a_user_are_counted_and_too_many_refused(
    frame: pd.DataFrame, nothing: str | None
) -> None:
    clean = cl.EventLog.from_frame(frame.drop(index=[3, 4]), **OPTIONS).daily()
    frame.loc[[3, 4], "user_id"] = nothing
    log = cl.EventLog.from_frame(frame, **OPTIONS)
    assert log.describe()["bad_ids"] == 2
    assert log.daily().digest == clean.digest
    frame.loc[range(8), "user_id"] = nothing
    refused(
        "column 'user_id' of the frame is null, empty or a word for nothing in 8 of 500 rows", frame
    )
    assert cl.EventLog.from_frame(frame, **OPTIONS, bad_ids=0.1).describe()["bad_ids"] == 8


def test_an_empty_log(frame: pd.DataFrame) -> None:
    refused("holds no event", frame.head(0))
    refused("all 500 rows of the frame are ignored events", frame, ignore=["open", "purchase"])


def test_each_number_that_cannot_be_used_names_what_to_do() -> None:
    def said(examples: list[str], decimal: str | None = None, what: str = "amount") -> str:
        spec = LogSpec(user="u", time="t", event="e", amount="a", measures="n", decimal=decimal)
        seen = {what: Unusable(100, 2, examples)}
        with pytest.raises(LogError) as caught:
            check_numbers("the log", spec, seen)
        return str(caught.value)

    assert 'give decimal="," where the comma' in said(["12,5"])
    assert 'decimal="." where it separates thousands' not in said(["12,5"], ".")
    assert 'give decimal="." where the point' in said(["12.5"], ",")
    assert "strip currency signs and other text" in said(["$12"]) and "decimal" not in said(["$12"])
    both = said(["$1,234"])
    assert "strip currency signs" in both and 'give decimal=","' in both
    assert "give amount_scale=0.01 (amounts in cents)" in said(["20000000000"])
    assert "give a larger unit" in said(["2e10"], what="measure n")
    assert "write null where there is no number" in said(["inf", "-inf"])
    assert "raise bad_measures" in said(["x"], what="measure n")
    check_numbers("the log", LogSpec(user="u", time="t", event="e"), {"amount": Unusable(100, 1)})
