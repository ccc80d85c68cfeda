"""What is said of channels: sentences, tables, JSON, the picture; in both languages."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from value.test_channels import result

from churnlab.value import channels_found as module


def test_each_channel_has_a_sentence_with_cost_and_payback() -> None:
    said = result().text()
    assert "¥" in said and "ads: ¥" in said and "a person in 90 days for ¥" in said
    assert "tv cost ¥50 and nobody came by it." in said
    assert "have no channel." in said and "no cost is given" in said
    assert "ads: the cost of " in said and "is missing" in said
    assert "were there before 2026-01-29 and do not count" in said
    assert "The same extrapolation, made on " in said


def test_chinese_has_no_english_words() -> None:
    said = result().text("zh")
    assert not any(word in said for word in ("people", "person", "days", "cost", "channel"))


def test_an_extrapolation_that_is_not_possible_says_why() -> None:
    found = replace(result(), missing="nobody came back")
    assert "Nothing is extrapolated for people who have ordered: nobody came back" in found.text()


def test_tables_mark_what_is_extrapolated_and_what_is_not_known() -> None:
    cohorts = result().sections()[1].table.frame()
    marked = cohorts[cohorts["value, 90 days"].str.endswith("*")]
    assert len(marked) and not cohorts["value, 30 days"].str.endswith("*").all()
    unknown = replace(result(), cohorts=result().cohorts.assign(value=np.nan, over_cost=np.nan))
    assert "not yet known" in set(unknown.sections()[1].table.frame()["value, 90 days"])


def test_json_and_page_hold_everything() -> None:
    told = json.loads(json.dumps(result().to_dict(), allow_nan=False))
    assert told["currency"] == "¥" and len(told["cohorts"]) == len(result().cohorts)
    assert {row["channel"] for row in told["by_channel"]} >= {"ads", "tv", "(no channel)"}
    assert "data:image/png" in result().page().html("zh")
    assert "extrapolated in part" in [
        t.get_text() for t in result().plot().figure_.legends[0].texts
    ]


@pytest.mark.parametrize(
    ("value", "said"), [(1.0, "1 day"), (np.inf, "never so far"), (np.nan, "–")]
)
def test_payback_times(value: float, said: str) -> None:
    assert str(module.days(value)) == said
