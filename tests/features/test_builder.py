"""Features and their names."""

from __future__ import annotations

import pytest

import churnlab as cl
from churnlab.errors import ConfigError
from churnlab.features.builder import over, parse_name
from churnlab.features.expression import Sum


def test_a_feature_knows_its_signal_and_window() -> None:
    feature = cl.Feature("push__open_rate__14d_56d", Sum("acts").all, "share", "{value}")
    assert (feature.signal, feature.window) == ("push", "14d_56d")
    assert str(feature.missing) == "not enough history"


def test_a_feature_with_another_name_is_refused() -> None:
    with pytest.raises(ConfigError, match="is not <signal>__<statistic>__<window>"):
        cl.Feature("open_rate", Sum("acts").all, "share", "{value}")


@pytest.mark.parametrize(
    "name", ["Push__Rate__14d", "push__rate", "push__rate__14", "push rate", 'a"b__c__all']
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="is not <signal>__<statistic>__<window>"):
        parse_name(name)


def test_a_window_and_all_time_have_sentences_of_their_own() -> None:
    said = [over(w, "{n} acts in {days} days", "{n} acts so far", n=3).text() for w in (7, None)]
    assert said == ["3 acts in 7 days", "3 acts so far"]


def test_a_builder_without_features_is_an_error_and_names_what_a_log_lacks() -> None:
    with pytest.raises(TypeError, match="FeatureBuilder declares no features"):
        cl.FeatureBuilder().features(frozenset())
    builder = cl.FeatureSet.of(["PushOpenDecline"]).builders[0]
    assert builder.lacks(frozenset({"push_sent"})) == ("push_opened",)
