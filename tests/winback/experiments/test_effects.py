"""Effects: equal to differences of means, with verdicts."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from support.experiments import cookie_cats, drawn, hillstrom, needs_cookie_cats, needs_hillstrom

from churnlab.errors import ConfigError
from churnlab.winback.experiments.effects import Effects, effects_of


def test_each_row_is_the_difference_of_means_of_its_people() -> None:
    experiment = drawn(arms=3)
    found = effects_of(experiment, "stage").frame
    assert len(found) == 2 * 2 * 2
    for row in found.itertuples():
        mine = (experiment.stage == row.group) & (
            experiment.arm == experiment.arms.index(row.treatment)
        )
        other = (experiment.stage == row.group) & (experiment.arm == 0)
        values = experiment.outcomes[row.outcome]
        expected = values[mine].mean() - values[other].mean()
        assert row.effect == pytest.approx(expected, abs=1e-12)
        assert (row.people, row.controls) == (mine.sum(), other.sum())


def test_it_says_for_whom_a_treatment_helps_and_whom_it_harms() -> None:
    found = effects_of(drawn(2000), "stage")
    verdicts = found.frame.set_index(["group", "outcome"])["verdict"]
    assert verdicts["core", "kept"] == "worse" and verdicts["fading", "kept"] == "better"
    assert found.harmed["group"].unique().tolist() == ["core"]


def test_more_of_a_worse_outcome_is_worse() -> None:
    experiment = drawn(2000)
    churned = replace(experiment, outcomes={"churned": 1 - experiment.outcome("kept")})
    plain = effects_of(churned, "stage").frame["verdict"].tolist()
    told = effects_of(replace(churned, worse=frozenset({"churned"})), "stage").frame["verdict"]
    assert plain == ["better", "worse"] and told.tolist() == ["worse", "better"]


def test_a_group_with_too_few_people_has_no_figure_and_counts_in_no_correction() -> None:
    experiment = drawn()
    stage = experiment.stage.copy()
    stage[:40] = "newcomer"
    found = effects_of(replace(experiment, stage=stage), "stage").frame
    few = found[found["group"] == "newcomer"]
    assert few["verdict"].unique().tolist() == ["too few people"] and few["p_holm"].isna().all()
    rest = found[found["group"] != "newcomer"]
    smallest = rest["p"].idxmin()
    assert rest["p_holm"][smallest] == pytest.approx(len(rest) * rest["p"][smallest])


def test_costs_tell_what_one_more_costs_where_it_is_better() -> None:
    experiment = drawn(2000)
    found = effects_of(
        replace(experiment, costs=np.where(experiment.arm > 0, 3.0, 0.5)), "stage"
    ).frame
    assert found["extra_cost"].tolist() == [2.5] * 4
    better = found["verdict"] == "better"
    assert found["cost_of_one"].notna().tolist() == better.tolist() and better.any()
    row = found[better].iloc[0]
    assert row["cost_of_one"] == pytest.approx(2.5 / row["effect"])


def test_it_is_plain_data_a_table_and_a_picture() -> None:
    found = Effects.example()
    assert json.loads(json.dumps(found.to_dict()))["effects"][0]["effect"] == 0.5
    assert "+50.00" in found._repr_html_() and found.plot().outcome == "kept"
    with pytest.raises(ConfigError, match="unknown outcome"):
        found.plot(outcome="money")


@needs_hillstrom
def test_hillstrom_is_the_difference_of_means_with_the_intervals_of_statsmodels() -> None:
    weightstats = pytest.importorskip("statsmodels.stats.weightstats")
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    experiment = hillstrom()
    found = experiment.effects().frame.set_index(["treatment", "outcome"])
    assert found["effect"]["Mens E-Mail", "visit"] == pytest.approx(0.0766, abs=5e-5)
    assert found["effect"]["Womens E-Mail", "visit"] == pytest.approx(0.0452, abs=5e-5)
    assert found["effect"]["Mens E-Mail", "spend"] == pytest.approx(0.770, abs=5e-4)
    assert found["effect"]["Womens E-Mail", "spend"] == pytest.approx(0.424, abs=5e-4)
    for (treatment, outcome), row in found.iterrows():
        values = experiment.outcome(outcome)
        one, two = (
            values[experiment.arm == experiment.arms.index(treatment)],
            values[experiment.arm == 0],
        )
        assert row["effect"] == pytest.approx(one.mean() - two.mean(), abs=1e-12)
        if outcome == "spend":
            both = weightstats.CompareMeans.from_data(one, two)
            ends = both.tconfint_diff(usevar="unequal")
        else:
            counts = (one.sum(), len(one), two.sum(), len(two))
            ends = proportion.confint_proportions_2indep(*counts, method="wald")
        reach = ends[1] - ends[0]
        assert row["high"] - row["low"] == pytest.approx(reach, rel=0.02)
        assert (row["low"], row["high"]) == pytest.approx(ends, abs=0.02 * reach)
    assert (found["verdict"] == "better").all()


@needs_cookie_cats
def test_cookie_cats_retention_by_arm() -> None:
    found = cookie_cats().effects().frame.set_index("outcome")
    assert found.loc["retention_1", ["control", "mean"]].round(4).tolist() == [0.4482, 0.4423]
    assert found.loc["retention_7", ["control", "mean"]].round(4).tolist() == [0.1902, 0.1820]
    assert found["verdict"].tolist() == ["unclear", "worse"]
