"""The words of cohorts."""

from __future__ import annotations

import pytest

import churnlab as cl
from churnlab.retention.cohort.cohorts import Cohorts, cohorts


@pytest.fixture(scope="module")
def found() -> Cohorts:
    made = cl.datasets.make_community(users=200, days=90, seed=3)
    return cohorts(made.log().daily(), made.users, by="channel", days=[1, "7+", "8-80"])


def test_tables_have_a_line_for_each_group_and_cohort(found: Cohorts) -> None:
    averages, by_cohort, gaps = (titled.table.frame() for titled in found.sections())
    assert averages.shape == (10, 5)  # everybody and four channels, new and returning
    assert list(by_cohort.columns) == [
        "cohort",
        "people",
        "day 1",
        "day 7 or later",
        "days 8 to 80",
    ]
    assert by_cohort.iloc[-1, 4] == "not yet known"
    assert by_cohort["day 7 or later"].str.endswith(", still rising").any()
    assert len(gaps) == 6 * 3


def test_sentences_say_the_averages(found: Cohorts) -> None:
    said = [str(words) for words in found.sentences()]
    row = found.averages().iloc[0]
    assert said[0].startswith(f"day 1: {row['share']:.1%} of {row['size']:,.0f} new people")
    assert "first cohorts hold people who were there before" in str(found.warnings[0])
    assert [w.text("zh") for w in found.sentences()] != said
