"""How many people the next test needs, against statsmodels and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.experiments import drawn

from churnlab.errors import ConfigError
from churnlab.winback.experiments.next_test import NextTest


@given(st.floats(0.02, 0.9), st.floats(0.05, 0.5), st.floats(0.5, 0.95), st.floats(0.3, 3))
def test_shares_are_those_of_statsmodels(
    base: float, part: float, power: float, ratio: float
) -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    difference = part * (1 - base)
    test = NextTest.of_shares(base, difference, power=power, ratio=ratio)
    people = test.people[0]
    # statsmodels takes its first group as the treated one: nobs2 = ratio * nobs1.
    theirs = proportion.power_proportions_2indep(
        difference, base, people * ratio, 1 / ratio, return_results=False
    )
    assert test.power_of(people) == pytest.approx(theirs, abs=1e-4)
    assert test.power_of(people) >= power - 1e-6
    assert people == 2 or test.power_of(people - 1) < power + 1e-6


@given(st.floats(0.05, 1.5), st.floats(0.5, 0.95), st.floats(0.3, 3))
def test_means_are_those_of_statsmodels(effect: float, power: float, ratio: float) -> None:
    statistics = pytest.importorskip("statsmodels.stats.power")
    test = NextTest.of_means(sd=2.0, difference=2 * effect, power=power, ratio=ratio)
    theirs = statistics.TTestIndPower().power(effect, test.people[0], 0.05, ratio)
    assert test.power_of(test.people[0]) == pytest.approx(theirs, abs=1e-9)
    assert theirs >= power - 1e-6


def test_so_many_tests_see_the_difference() -> None:
    rng = np.random.default_rng(0)
    n = NextTest.of_shares(0.1, 0.03).people[0]
    one, two = rng.binomial(n, 0.13, 4000) / n, rng.binomial(n, 0.1, 4000) / n
    pooled = (one + two) / 2
    seen = np.abs(one - two) / np.sqrt(pooled * (1 - pooled) * 2 / n) > 1.959964
    assert seen.mean() == pytest.approx(0.8, abs=0.02)


def test_several_comparisons_need_more_people() -> None:
    one, three = (NextTest.of_shares(0.1, 0.02, comparisons=k).people[0] for k in (1, 3))
    level = NextTest.of_shares(0.1, 0.02, alpha=0.05 / 3).people[0]
    assert one < three == level


def test_the_smallest_difference_is_that_of_the_people() -> None:
    for test in (NextTest.of_shares(0.1, -0.02), NextTest.of_means(sd=3.0, difference=0.4)):
        assert test.detectable(test.people[0]) == pytest.approx(test.difference, rel=1e-3)
        assert abs(test.detectable(4 * test.people[0])) < abs(test.difference)
    assert math.isnan(NextTest.of_shares(0.01, -0.005).detectable(20))


@pytest.mark.parametrize(
    "options",
    [
        {"control": 0.1, "difference": 0.0},
        {"control": 0.1, "difference": math.nan},
        {"control": 0.1, "difference": 0.95},
        {"control": 1.0, "difference": -0.1},
        {"sd": 0.0, "difference": 1.0},
        {"difference": 1.0},
        {"sd": 1.0, "difference": 1.0, "power": 1.0},
        {"sd": 1.0, "difference": 1.0, "alpha": 0.0},
        {"sd": 1.0, "difference": 1.0, "ratio": 0.0},
        {"sd": 1.0, "difference": 1.0, "comparisons": 0},
    ],
)
def test_a_test_that_cannot_be_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="; give "):
        NextTest(**options)


def test_a_share_and_a_standard_deviation_exclude_each_other() -> None:
    with pytest.raises(ConfigError, match="control= and sd= were both given"):
        NextTest(difference=0.1, control=0.2, sd=3.0)
    with pytest.raises(ConfigError, match="neither control= nor sd= was given"):
        NextTest(difference=0.1)


def test_a_difference_that_needs_more_people_than_there_are_is_refused() -> None:
    with pytest.raises(ConfigError, match="give a larger one"):
        _ = NextTest.of_shares(0.5, 1e-9).people


def test_it_is_plain_data_a_table_and_a_picture() -> None:
    test = NextTest.of_shares(0.1, 0.01)
    assert test.to_dict()["all"] == 29_502 and test.to_dict()["control_share"] == 0.1
    assert "29,502 people are needed" in test._repr_html_() and test.plot().needed == 29_502


def test_the_next_test_of_an_experiment_starts_from_its_control_group() -> None:
    from churnlab.winback.experiments.experiment import Experiment

    experiment = Experiment(**vars(drawn()))
    values = experiment.outcome("kept")[experiment.arm == 0]
    assert experiment.next_test("kept", 0.05).control == values.mean()
    assert experiment.next_test("money", 0.5).sd == experiment.outcome("money")[
        experiment.arm == 0
    ].std(ddof=1)
