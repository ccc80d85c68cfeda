"""Feature sets: signals found by themselves, names, order and errors."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.random_log import activity, events

import churnlab as cl
from churnlab.dataset import compute
from churnlab.errors import ConfigError
from churnlab.features import feature_set, signals
from churnlab.features.feature_set import BUILDERS

ORDER = [
    "SessionShortening",
    "PushOpenDecline",
    "SocialDropOff",
    "LoginIntervals",
    "SpendDecline",
    "Tenure",
    "OwnSilences",
    "LoginFrequencyDecline",
    "RoleUse",
    "DecayedActivity",
    "Blocks",
    "WeeklyTrend",
    "PurchaseRhythm",
    "Habits",
    "PathShortening",
    "EngagementDecay",
    "SocialExchange",
    "LifecycleStage",
    "Calendar",
    "GapTrend",
    "AmountTrend",
    "Years",
    "LifeTier",
]
NEW = '''
from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import Sum
from churnlab.language.sentence import sentence


class {name}(FeatureBuilder):
    """Quizzes are played less often."""

    signal = "quiz"
    needs = ("quiz",)

    def features(self, roles):
        says = sentence("{{value:.0f}} quizzes in {{days}} days", days=28)
        yield Feature("quiz__sum__28d", Sum("n_quiz")[0, 28], "events", says)
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose files count as files of churnlab/features/signals."""
    monkeypatch.setattr(signals, "__path__", [*signals.__path__, str(tmp_path)])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith(signals.__name__):
            del sys.modules[name]


def test_the_order_of_the_columns_does_not_change() -> None:
    assert [name for name in BUILDERS if BUILDERS[name].place is not None] == ORDER
    places = [kind.place for kind in BUILDERS.values() if kind.place is not None]
    assert len(set(places)) == len(places)


def test_a_new_file_is_a_new_signal_after_the_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "quizzes.py").write_text(NEW.format(name="ALessPlayedQuiz"))
    found = feature_set.found()
    assert list(found) == [*BUILDERS, "ALessPlayedQuiz"]
    monkeypatch.setattr(feature_set, "BUILDERS", found)
    daily = activity(events())
    X = compute.compute(
        daily, np.array([3]), np.array([daily.start + 100]), cl.FeatureSet.default()
    )
    assert X.columns[-1] == "quiz__sum__28d" and X.iloc[0, -1] > 0
    assert list(cl.FeatureSet.of(["ALessPlayedQuiz"]).names(frozenset({"quiz"}))) == [X.columns[-1]]


def test_two_builders_of_one_name_are_refused(folder: Path) -> None:
    (folder / "quizzes.py").write_text(NEW.format(name="Tenure"))
    with pytest.raises(ConfigError, match="feature builder named twice: Tenure"):
        feature_set.found()


def test_no_default_column_is_named_twice_and_each_is_of_its_builder() -> None:
    roles = frozenset(
        {
            "money",
            "other",
            "purchase",
            "refund",
            "content",
            "social",
            "social_received",
            "push_sent",
            "push_opened",
            "onboarding",
            "quiz",
        }
    )
    pairs = cl.FeatureSet.of(BUILDERS).features(roles)
    assert all(feature.signal == builder.signal for builder, feature in pairs)
    assert (
        150
        <= len(cl.FeatureSet.default().names(frozenset({"money", "other", "purchase", "refund"})))
        <= 350
    )


def test_a_log_without_its_roles_gives_nothing_and_says_what_is_lacking() -> None:
    for name, kind in BUILDERS.items():
        found = cl.FeatureSet.of([name])
        assert bool(found.names(frozenset())) != bool(kind.needs)
        assert bool(found.skipped(frozenset())) == bool(kind.needs)


def test_builders_that_are_skipped_are_named_once_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Kites(cl.FeatureBuilder):
        """A signal of a role that no log has."""

        needs = ("kite",)

    sources = activity(events()).sources
    with caplog.at_level(logging.INFO, logger="churnlab"):
        for roles in (frozenset(), frozenset({"quiz"})):
            resolved = cl.FeatureSet((Kites(),)).resolve(roles, sources)
            assert resolved.skipped == {"Kites": "kite"} and len(resolved.names) == 0
    assert caplog.text.count("Kites contributes nothing: the log has no kite") == 1


def test_a_set_is_resolved_once_for_a_log() -> None:
    daily = activity(events())
    one = compute.resolve(cl.FeatureSet.default(), daily)
    assert compute.resolve(cl.FeatureSet.default(), activity(events())) is one
    assert compute.resolve(cl.FeatureSet.of(["Tenure"]), daily) is not one
    mine = one.catalogue
    mine["says"] = "changed by a user"
    assert "changed by a user" not in set(one.catalogue["says"])


def test_an_unknown_builder_and_a_feature_named_twice_are_refused() -> None:
    with pytest.raises(ConfigError, match="did you mean 'PushOpenDecline'"):
        cl.FeatureSet.of(["PushOpenDeclin"])
    with pytest.raises(ConfigError, match="feature named twice"):
        cl.FeatureSet.of(["Tenure", "Tenure"]).names(frozenset())


def test_a_look_back_is_at_least_a_year_and_no_longer_than_what_is_kept() -> None:
    with pytest.raises(ConfigError, match="look_back is 200; give at least 364 days"):
        cl.FeatureSet.configured(["Tenure"], look_back=200, kept=None)
    assert cl.FeatureSet.configured([], look_back=1092, kept=400).look_back == 364
    assert cl.FeatureSet.configured([], look_back=1092, kept=2000).look_back == 1092
    assert cl.FeatureSet.configured([], look_back=1092, kept=None) == cl.FeatureSet.default()
