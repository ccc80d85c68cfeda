"""Policies: what is planted is found, the harmed are left alone, the budget is kept."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from support.planted import Planted, mean_scores, planted

from churnlab.errors import ConfigError, TrialError
from churnlab.winback.experiments.experiment import Experiment
from churnlab.winback.targeting.cells import Cells
from churnlab.winback.targeting.policy import Policy
from churnlab.winback.targeting.policy_file import PolicyFile
from churnlab.winback.targeting.trial import Trial


def found(made: Planted, **given: object) -> Policy:
    return Policy.find(made.trial, Cells.of(made.stage), mean_scores(made), **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(5))
def test_the_planted_policy_is_found_and_the_harmed_left_alone(seed: int) -> None:
    made = planted(8000, seed)
    policy = found(made)
    assert policy.rules == {"": "none", "fading": "gift", "gone": "update"}
    assert made.worth(policy.rules) == pytest.approx(made.best())
    message = policy.table[policy.table["treatment"] == "message"].set_index("stage")
    assert not message["chosen"].any() and message.loc["fading", "effect"] < 0
    assert policy.value.low < made.best() < policy.value.high


def test_the_value_is_without_bias_and_its_intervals_hold_the_truth() -> None:
    off, held = [], []
    for seed in range(60):
        made = planted(4000, seed)
        policy = found(made)
        truth = made.worth(policy.rules)
        off.append(policy.value.value - truth)
        held.append(policy.value.low <= truth <= policy.value.high)
    assert abs(np.mean(off)) <= 2 * np.std(off, ddof=1) / np.sqrt(60)
    assert np.mean(held) >= 0.87


def test_no_treatment_that_helps_is_none_for_everybody() -> None:
    policy = found(planted(3000, effects=np.zeros((3, 3))))
    assert set(policy.rules.values()) == {"none"} and not policy.helps
    assert policy.value.value == 0 and policy.spent == 0 and policy.curve.needed == 0
    flat = planted(600)
    equal = Trial.checked(np.ones(600), np.tile(["none", "gift"], 300), cost={"gift": 1.0})
    nothing = Policy.find(equal, Cells.of(flat.stage), np.zeros((600, 1)))
    assert not nothing.helps


def test_the_budget_buys_the_steepest_step_first_and_whole_groups_alone() -> None:
    made = planted(8000, seed=1)
    assert found(made, budget=0.0).rules["gone"] == "none"
    # News cost 1 and help 12 of 100 of the gone, a gift costs 4 and helps 20 of the fading: the
    # news are the steeper step. 8,000 people have about 1,440 who are gone, and 2,160 fading.
    news = found(made, budget=2000.0)
    assert news.rules == {"": "none", "fading": "none", "gone": "update"}
    assert news.spent * 8000 <= 2000
    assert [made.stage[news.cells.code == c][0] for c in news.partly] == ["fading"]
    twice = found(made, budget=4000.0, people=16_000)
    assert twice.rules == news.rules
    assert found(made, budget=20_000.0).rules["fading"] == "gift"


def test_a_treatment_that_costs_more_than_it_brings_is_left_out() -> None:
    made = planted(8000, seed=1)
    # A person kept is worth 15: news for the gone bring .12 * 15 for 1, gifts .2 * 15 for 4.
    assert found(made, worth=15.0).rules == {"": "none", "fading": "none", "gone": "update"}
    assert found(made, worth=100.0).rules["fading"] == "gift"


def test_it_is_written_as_a_list_reads_it() -> None:
    made = planted(8000, seed=2)
    policy = found(made, budget=30_000.0)
    file = policy.to_file("2026-11-29", control=0.2, about={"experiment": "november"})
    assert PolicyFile.of(file.to_dict()) == file and file.control == 0.2 and file.budget == 30_000
    people = pd.DataFrame({"stage": ["fading", "gone", "", "silent"], "tier": "", "ltv": 1.0})
    assert file.suggested(people).tolist() == ["gift", "update", "", ""]
    assert file.rules[-1].stage is None and file.rules[-1].treatment == "none"
    gift = next(rule for rule in file.rules if rule.treatment == "gift")
    assert 0 < gift.low < gift.effect < gift.high
    assert file.about["experiment"] == "november" and file.about["outcome"] == "kept"


def test_tiers_and_values_are_written_and_first_fits_first() -> None:
    made = planted(12_000, seed=2)
    rich = np.arange(12_000) % 2 == 0
    cells = Cells.of(made.stage, np.where(rich, "high", "low"), np.where(rich, 50.0, 5.0), [20.0])
    file = Policy.find(made.trial, cells, mean_scores(made)).to_file("2026-11-29")
    people = pd.DataFrame({"stage": "fading", "tier": ["high", "low"], "ltv": [50.0, 5.0]})
    assert file.suggested(people).tolist() == ["gift", "gift"]
    assert {rule.min_value for rule in file.rules} == {20.0, None}


def test_a_stage_that_no_list_has_is_refused() -> None:
    made = planted(2000)
    cells = Cells.of(np.where(made.stage == "gone", "silent 28+ days", made.stage))
    with pytest.raises(TrialError, match="'silent 28\\+ days' is not a stage of a list"):
        Policy.find(made.trial, cells, mean_scores(made)).to_file("2026-11-29")


def test_amounts_have_no_share_in_the_file() -> None:
    made = planted(4000, seed=2)
    money = Trial.checked(
        50 * made.trial.y + 1.5,
        np.array(["none", *made.trial.arms], object)[made.trial.w],
        cost={"gift": 4.0, "update": 1.0, "message": 0.1},
        outcome="money",
    )
    order = [made.trial.arms.index(arm) for arm in money.arms]
    policy = Policy.find(money, Cells.of(made.stage), 50 * mean_scores(made)[:, order])
    file = policy.to_file("2026-11-29")
    assert policy.helps and all(rule.effect == 0 for rule in file.rules)


@pytest.mark.parametrize(
    "given, error, says",
    [
        ({"budget": -1.0}, ConfigError, "budget is -1.0"),
        ({"budget": float("nan")}, ConfigError, "budget is nan"),
        ({"people": 0, "budget": 1.0}, ConfigError, "people is 0"),
        ({"worth": 0.0}, ConfigError, "worth is 0.0"),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict, error: type, says: str) -> None:
    with pytest.raises(error, match=says):
        found(planted(600), **given)


def test_costs_that_are_not_known_and_other_lengths_are_refused() -> None:
    made = planted(600)
    free = Trial.checked(made.trial.y, np.tile(["none", "gift"], 300))
    with pytest.raises(TrialError, match="cost of 'gift' is not known"):
        Policy.find(free, Cells.of(made.stage), np.zeros((600, 1)))
    with pytest.raises(TrialError, match="the score"):
        Policy.find(made.trial, Cells.of(made.stage), np.zeros((600, 1)))


def test_scores_can_be_learnt_and_the_result_is_json_ready() -> None:
    made = planted(3000, seed=4)
    policy = Policy.learn(made.trial, made.X, Cells.of(made.stage))
    assert policy.rules["fading"] == "gift"
    told = json.loads(json.dumps(policy.to_dict(), allow_nan=False))
    assert told["people"] == 3000 and len(told["effects"]) == 9


def test_people_whose_stage_is_missing_are_those_of_no_stage_as_in_a_list() -> None:
    made = planted(6000, seed=1)
    names = np.array(["none", *made.trial.arms], object)
    stage = pd.Series(made.stage).where(made.stage != "", None)
    table = pd.DataFrame({"user_id": np.arange(6000), "kept": made.trial.y, "stage": stage})
    table["treatment"], table["cost"] = names[made.trial.w], 1.0
    table["age"] = made.X["noise"]
    experiment = Experiment.from_frame(table, ["kept"], stage="stage", known="age")
    found = Policy.of_experiment(experiment)
    assert set(found.rules) == {"", "fading", "gone"}
    assert found.to_file("2026-11-29").rules[-1].stage is None


def test_the_effect_in_a_stage_is_as_sure_as_a_difference_of_means() -> None:
    """Nothing known tells the stages apart: models alone made errors twice as large among the gone."""
    made = planted(4000, seed=2)
    X = made.X[["noise"]]
    cells = Cells.of(made.stage)
    found = Policy.learn(made.trial, X, cells)
    gone, y, w = made.stage == "gone", made.trial.y, made.trial.w
    parts = [y[gone & (w == k)] for k in (0, 2)]
    plain = np.sqrt(sum(part.var(ddof=1) / len(part) for part in parts))
    cell = cells.names["stage"].tolist().index("gone")
    assert np.sqrt(found.effects.covariance[cell, 1, 1]) < 1.1 * plain
    assert found.effects.value[cell, 1] == pytest.approx(
        parts[1].mean() - parts[0].mean(), abs=0.02
    )


def test_a_policy_of_an_experiment_needs_stages_and_leaves_small_arms_out() -> None:
    made = planted(6000, seed=1)
    names = np.array(["none", *made.trial.arms], object)
    table = made.X.assign(
        user_id=np.arange(6000), kept=made.trial.y, stage=made.stage, treatment=names[made.trial.w]
    )
    table["cost"] = np.array([0.0, 4.0, 1.0, 0.1])[made.trial.w]
    message = np.flatnonzero(table["treatment"] == "message")
    table = table.drop(index=message[40:]).reset_index(drop=True)
    given = {"known": ["silent_days"], "randomised": True}
    found = Policy.of_experiment(
        Experiment.from_frame(table, ["kept"], stage="stage", **given), "kept"
    )
    assert found.trial.arms == ("gift", "update") and found.rules["fading"] == "gift"
    assert "message was given to 40 people" in str(found.words()[-1])
    with pytest.raises(TrialError, match="says no stage"):
        Policy.of_experiment(Experiment.from_frame(table, ["kept"], **given))
