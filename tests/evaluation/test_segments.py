"""Groups of people that are judged apart."""

from __future__ import annotations

import numpy as np
import pandas as pd

from churnlab.evaluation.segments import each_group, in_words, segments
from churnlab.language.sentence import Sentence

X = pd.DataFrame(
    {
        "lifecycle__tenure_days__all": [1.0, 59.9, 60.0, np.nan],
        "profile__app_version__static": pd.Categorical(["a", "b", None, "a"]),
        "profile__city__static": pd.Categorical(list("abcd"), categories=list("abcdefghijklm")),
        "cadence__active_days__all": [1.0, 2, 3, 4],
    }
)


def test_newcomers_and_small_categories_are_groupings() -> None:
    found = segments(X)
    assert list(found) == ["first seen", "app version"]  # city has thirteen values
    assert found["first seen"].tolist() == [
        "under 60 days ago",
        "under 60 days ago",
        "earlier",
        "not known",
    ]


def test_who_was_there_when_a_short_log_began_is_not_known_to_be_new() -> None:
    X = pd.DataFrame(
        {
            "lifecycle__tenure_days__all": [42.0, 43.0, 60.0],
            "lifecycle__observed_days__all": 70.0,
        }
    )
    assert segments(X)["first seen"].tolist() == ["under 60 days ago", "not known", "earlier"]


def test_without_tenure_nobody_is_known_to_be_new() -> None:
    assert set(segments(X[["cadence__active_days__all"]])["first seen"]) == {"not known"}


def test_every_row_is_in_one_group_of_each_grouping_and_missing_values_are_a_group() -> None:
    groups = list(each_group(segments(X)[["app version"]]))
    assert [name for _, name, _ in groups] == ["a", "b", "not known"]
    assert np.sum([inside for _, _, inside in groups], axis=0).tolist() == [1, 1, 1, 1]
    assert list(each_group(None)) == []


def test_the_groups_of_the_library_are_sentences_and_those_of_the_data_are_names() -> None:
    for words in ("first seen", "under 60 days ago", "earlier", "not known"):
        said = in_words(words)
        assert isinstance(said, Sentence) and str(said) == words
    assert in_words("app version") == "app version"


def test_a_group_that_is_no_group_of_ours_stays_as_it_is() -> None:
    assert [in_words(group) for group in ("", "core", "silent")] == ["", "core", "silent"]
    assert str(in_words("core user")) == "core user"
