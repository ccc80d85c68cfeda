"""Balance: whether the arms were alike before the assignment."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from churnlab.errors.experiments import ExperimentError
from churnlab.winback.experiments.balance import balance_of

ARMS = ("none", "gift", "call")


def known(rng: np.random.Generator, people: int) -> pd.DataFrame:
    age = rng.normal(40, 9, people)
    city = rng.choice(["x", "y", "z"], people)
    return pd.DataFrame(
        {"age": age, "twice": 2 * age, "money": rng.lognormal(0, 1, people)}
    ).assign(city=pd.Series(city, dtype="category"))


def test_differences_are_those_of_means_over_the_usual_spread() -> None:
    rng = np.random.default_rng(0)
    facts, arm = known(rng, 300), np.arange(300) % 3
    found = balance_of(facts, None, arm, ARMS).frame
    one, two = facts["age"][arm == 1], facts["age"][arm == 0]
    expected = (one.mean() - two.mean()) / np.sqrt((one.var() + two.var()) / 2)
    row = found[(found["fact"] == "age") & (found["treatment"] == "gift")].iloc[0]
    assert row["difference"] == pytest.approx(expected, abs=1e-12)
    assert row["mean"] == pytest.approx(one.mean(), abs=1e-12)


def test_p_is_uniform_where_arms_are_drawn_at_random() -> None:
    rng = np.random.default_rng(1)
    facts, ps = known(rng, 400), []
    for _ in range(250):
        ps.append(balance_of(facts, None, rng.integers(0, 3, 400), ARMS).p)
    assert stats.kstest(ps, "uniform").pvalue > 0.01
    assert np.mean(np.array(ps) < 0.05) < 0.08


def test_the_omnibus_test_of_two_arms_is_that_of_hotelling() -> None:
    rng = np.random.default_rng(2)
    facts = known(rng, 200).drop(columns=["twice", "city"])
    arm = np.arange(200) % 2
    a, b = facts[arm == 1].to_numpy(), facts[arm == 0].to_numpy()
    apart = a.mean(0) - b.mean(0)
    spread = np.cov(facts.to_numpy().T) * (1 / len(a) + 1 / len(b))
    expected = stats.chi2.sf(apart @ np.linalg.solve(spread, apart), 2)
    assert balance_of(facts, None, arm, ARMS[:2]).p == pytest.approx(expected, rel=1e-9)


def test_arms_that_were_chosen_are_refused_by_the_fact_that_tells() -> None:
    rng = np.random.default_rng(3)
    facts = known(rng, 600)
    arm = (facts["age"] + rng.normal(0, 5, 600) > 40).astype(np.int64).to_numpy()
    found = balance_of(facts, None, arm, ARMS[:2])
    assert not found.randomised and found.notable["fact"].iloc[0] in ("age", "twice")
    with pytest.raises(ExperimentError, match="not drawn at random"):
        found.check()


def test_stages_and_missing_values_are_checked_too() -> None:
    rng = np.random.default_rng(4)
    arm = np.arange(600) % 2
    stage = np.where(arm == 1, "core", rng.choice(["core", "lost"], 600)).astype(object)
    nothing = pd.DataFrame(index=range(600))
    with pytest.raises(ExperimentError, match="'stage: lost'"):
        balance_of(nothing, stage, arm, ARMS[:2]).check()
    holes = pd.DataFrame({"age": np.where(arm == 1, np.nan, 1.0)})
    with pytest.raises(ExperimentError, match="'age: missing'"):
        balance_of(holes, None, arm, ARMS[:2]).check()


def test_without_any_fact_nothing_is_checked() -> None:
    found = balance_of(pd.DataFrame(index=range(60)), None, np.arange(60) % 2, ARMS[:2])
    assert np.isnan(found.p) and not found.checked and found.randomised
    constant = balance_of(pd.DataFrame({"a": np.ones(60)}), None, np.arange(60) % 2, ARMS[:2])
    assert not constant.checked


def test_sizes_that_are_not_planned_are_refused_where_the_plan_was_declared() -> None:
    arm = np.repeat([0, 1], [4000, 4400])
    nothing = pd.DataFrame(index=range(8400))
    told = balance_of(nothing, None, arm, ARMS[:2])
    assert told.odd_sizes and told.randomised and told.ratio_p == pytest.approx(1.27e-5, rel=0.01)
    with pytest.raises(
        ExperimentError, match="do not have the planned sizes: 4,000 people in 'none'"
    ):
        balance_of(nothing, None, arm, ARMS[:2], {"none": 1, "gift": 1}).check()
    planned = balance_of(nothing, None, arm, ARMS[:2], {"none": 10, "gift": 11})
    assert planned.ratio_p == pytest.approx(1.0) and planned.randomised


def test_many_columns_for_few_people_are_tested_by_their_main_components() -> None:
    rng = np.random.default_rng(5)
    ps = []
    for _ in range(120):
        facts = pd.DataFrame(rng.normal(size=(60, 80)))
        ps.append(balance_of(facts, None, np.arange(60) % 2, ARMS[:2]).p)
    assert np.mean(np.array(ps) < 0.05) < 0.1


def test_it_is_plain_data_and_shown() -> None:
    found = balance_of(pd.DataFrame({"age": np.arange(60.0)}), None, np.arange(60) % 2, ARMS[:2])
    told = found.to_dict()
    assert told["sizes"] == {"none": 30, "gift": 30} and told["facts"][0]["fact"] == "age"
    assert "age" in found._repr_html_()
