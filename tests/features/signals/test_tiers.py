"""The stage of life as a feature: the number that the rules give."""

from __future__ import annotations

from support.one_person import T, features, of_days

from churnlab.features.life import CORE, SILENT


def test_the_feature_is_the_number_of_the_rules() -> None:
    assert features(of_days([1, T - 20]), "LifeTier")["life__tier__all"] == SILENT
    assert features(of_days([1, *range(T - 15, T)]), "LifeTier")["life__tier__all"] == CORE
