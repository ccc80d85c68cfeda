"""Targets: their windows, their sentences, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from churnlab.errors import ConfigError
from churnlab.language.sentence import Sentence
from churnlab.schema.targets import Churn, LifetimeValue, Target, TimeToChurn, as_targets

SENTENCES: list[tuple[Target, str]] = [
    (Churn(30), "churned: no act in the 30 days after the snapshot"),
    (
        Churn(14, lead=7, roles="purchase"),
        "churned: no act of purchase in the 14 days that begin 7 days after the snapshot",
    ),
    (
        Churn(14, roles=["open", "social"]),
        "churned: no act of open, social in the 14 days after the snapshot",
    ),
    (
        Churn(14, terminal="cancel"),
        "churned: an event of role cancel in the 14 days after the snapshot",
    ),
    (LifetimeValue(1000), "ltv: money spent in the 1000 days after the snapshot"),
    (
        TimeToChurn(14, weeks=3, lead=2, roles=["open"]),
        "leaves_week: the first week, up to 3, from which on there is no act of open for 14 days; "
        "week 0 begins 2 days after the snapshot",
    ),
    (
        TimeToChurn(14, terminal="cancel"),
        "leaves_week: the first week, up to 12, in whose 14 days there is an event of role cancel; "
        "week 0 begins at the snapshot",
    ),
]


@pytest.mark.parametrize("target, text", SENTENCES)
def test_the_sentence_of_a_target(target: Target, text: str) -> None:
    said = target.describe()
    assert isinstance(said, Sentence) and str(said) == text
    assert f"{target.name}: {target.definition}" == text


@pytest.mark.parametrize("target", [t for t, _ in SENTENCES])
def test_no_number_or_name_stands_in_a_template(target: Target) -> None:
    pending: list[object] = [target.describe()]
    while pending:
        said = pending.pop()
        if isinstance(said, Sentence):
            words = said.template.replace("week 0", "")
            assert not any(c.isdigit() for c in words)
            pending += said.values.values()


@pytest.mark.parametrize(
    "target, window",
    [
        (Churn(30), (100, 130)),
        (Churn(30, lead=7), (107, 137)),
        (LifetimeValue(90), (100, 190)),
        (TimeToChurn(30, lead=1), (101, 131)),
    ],
)
def test_the_window_is_that_of_the_docstring(target: Target, window: tuple[int, int]) -> None:
    assert target.window(100) == window


@pytest.mark.parametrize(
    "make, match",
    [
        (lambda: Churn(0), "horizon is 0; give at least 1 day"),
        (lambda: Churn(1, lead=-1), "lead is -1; give 0 days or more"),
        (lambda: Churn(1, roles=["a"], terminal="b"), "roles= and terminal= were both given"),
        (lambda: Churn(5.5), "horizon is 5.5; give a whole number of days"),  # type: ignore[arg-type]
        (lambda: Churn("5"), "horizon is '5'; give a whole number"),  # type: ignore[arg-type]
        (lambda: Churn(5, lead=True), "lead is True; give a whole number"),
        (lambda: LifetimeValue(None), "horizon is None"),  # type: ignore[arg-type]
        (lambda: TimeToChurn(5, weeks=1.0), "weeks is 1.0; give a whole number of weeks"),  # type: ignore[arg-type]
        (lambda: LifetimeValue(0), "horizon is 0"),
        (lambda: TimeToChurn(0), "horizon is 0"),
        (lambda: TimeToChurn(1, weeks=0), "weeks is 0; give at least 1 week"),
    ],
)
def test_targets_that_mean_nothing_are_refused(make: Callable[[], Target], match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        make()


def test_known_weeks_count_whole_windows_before_the_end() -> None:
    target, end = TimeToChurn(10, weeks=4, lead=3), 60
    for day in range(0, 70):
        whole = [w for w in range(5) if day + 3 + 7 * w + 10 <= end]
        assert target.known_weeks(np.array(day), end) == len(whole)


def test_a_week_that_was_not_known_yet_is_censored() -> None:
    labels = pd.DataFrame({"leaves_week": [0.0, 2.0, np.nan], "known_weeks": [5.0, 5.0, 1.0]})
    then = TimeToChurn(10, weeks=4).censored(labels, np.array([0, 0, 0]), end=17)
    assert then["known_weeks"].tolist() == [2.0, 2.0, 1.0]
    assert then["leaves_week"].fillna(-1).tolist() == [0.0, -1.0, -1.0]


def test_someone_who_leaves_in_a_week_has_left_by_the_end_of_its_window() -> None:
    assert TimeToChurn(30, lead=1).left_by(100, week=2) == 145
    assert TimeToChurn(30, lead=1, terminal="cancel").left_by(100, week=2) == 145


def test_a_churners_silence_is_complete_on_its_own_day_or_at_the_end_of_the_window() -> None:
    since = np.array([1.0, 10.0, 11.0])
    assert Churn(10).silent(since).tolist() == [False, False, True]
    assert Churn(10).left_by(100, since).tolist() == [110, 101, 100]
    assert Churn(10, lead=3).silent(since).tolist() == [False, False, True]
    assert Churn(10, lead=3).left_by(100, since).tolist() == [113, 113, 113]
    assert not Churn(10, terminal="cancel").silent(since).any()
    assert Churn(10, terminal="cancel").left_by(100, since).tolist() == [110, 110, 110]


def test_one_target_several_or_none() -> None:
    one = Churn(30)
    assert as_targets(one) == as_targets([one]) == as_targets(iter([one])) == (one,)
    assert as_targets(None) == as_targets(()) == ()
    for wrong in (30, [one, 30], "churned"):
        with pytest.raises(ConfigError, match="a target is .*; give Churn, LifetimeValue"):
            as_targets(wrong)  # type: ignore[arg-type]
