"""What is said of channels: sentences, tables, JSON, the picture; in both languages."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from value.test_channels import result

from churnlab.value import channels_found as module


def test_each_channel_has_a_sentence_with_cost_and_payback() -> None:
    said = result().text()
    assert "¥" in said and "ads: ¥" in said and "a person in 90 days for ¥" in said
    assert "tv cost ¥50 and nobody came by it." in said
    assert "have no channel." in said and "no cost is given" in said
    assert "ads: the cost of " in said and "is missing" in said
    assert "a person in 90 days; it costs nothing." in said
    assert said.splitlines()[0].endswith("people came by 2 channels from 2026-01-29 to 2026-09-17.")
    assert "were there before 2026-01-29 and do not count" in said
    assert "The same extrapolation, made on " in said


def test_chinese_has_no_english_words() -> None:
    said = result().text("zh")
    assert not any(word in said for word in ("people", "person", "days", "cost", "channel"))


def test_an_extrapolation_that_is_not_possible_says_why() -> None:
    found = replace(result(), missing="nobody came back")
    assert "Nothing is extrapolated for people who have ordered: nobody came back" in found.text()


def test_tables_mark_what_is_extrapolated_and_what_is_not_known() -> None:
    cohorts = result().sections()[2].table.frame()
    marked = cohorts[cohorts["value, 90 days"].str.endswith("*")]
    assert len(marked) and not cohorts["value, 30 days"].str.endswith("*").all()
    unknown = replace(result(), cohorts=result().cohorts.assign(value=np.nan, over_cost=np.nan))
    assert "not yet known" in set(unknown.sections()[2].table.frame()["value, 90 days"])


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


def test_long_names_are_cut_and_many_channels_are_told_in_tables() -> None:
    ads = result().by_channel.query("channel == 'ads'")
    names = [f"{'very ' * 40}{place}" for place in range(11)]
    many = pd.concat([ads.assign(channel=name) for name in names], ignore_index=True)
    found = replace(result(), by_channel=many)
    said = found.text().splitlines()
    assert sum(line.startswith("very ") and "a person in" in line for line in said) == 8
    assert "3 more channels stand below." in said and max(map(len, said)) < 200
    assert max(map(len, found.sections()[0].table.frame()["channel"])) == 60
    assert [row["channel"] for row in found.to_dict()["by_channel"]] == names


def test_the_table_of_cohorts_holds_the_newest_twelve() -> None:
    one = result().cohorts.query("channel == 'ads' and cohort == '2026-03'")
    years = [f"20{year}-03" for year in range(10, 26)]
    many = pd.concat([one.assign(cohort=name) for name in years], ignore_index=True)
    shown = replace(result(), cohorts=many).sections()[2]
    assert list(shown.table.frame()["cohort"]) == years[-12:]
    assert str(shown.after).endswith(" These are the newest 12 of 16 cohorts.")
    assert "newest" not in str(result().sections()[2].after)


def test_a_cost_that_is_missing_for_nobody_is_said() -> None:
    tv = result().by_channel.query("channel == 'tv'").assign(cost=np.nan)
    said = replace(result(), by_channel=tv).text()
    assert "Nobody came by tv, and its cost is missing." in said


def test_a_value_that_is_not_yet_known_is_said_in_words() -> None:
    young = result().by_channel.assign(value_90=np.nan)
    said = replace(result(), by_channel=young).text()
    assert "ads: what a person is worth in 90 days is not yet known." in said and ": –" not in said
