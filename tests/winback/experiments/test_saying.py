"""What an experiment found, in sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from support.experiments import drawn

from churnlab.winback.experiments import saying
from churnlab.winback.experiments.effects import effects_of
from churnlab.winback.experiments.experiment import Experiment


def test_sizes_by_a_plan_and_without_one() -> None:
    experiment = Experiment(**vars(drawn(800)))
    odd = replace(
        experiment,
        arm=np.repeat([0, 1], [300, 500]),
        stage=None,
        known=pd.DataFrame(index=range(800)),
    )
    said = " ".join(str(w) for w in saying.balance_sentences(odd.balance))
    assert "differ from equal shares beyond chance: none 300, gift 500" in said
    planned = replace(odd, shares={"none": 1, "gift": 1})
    said = " ".join(str(w) for w in saying.balance_sentences(planned.balance))
    assert "not as planned" in said


def test_a_share_is_said_in_points_and_an_amount_a_person() -> None:
    found = effects_of(drawn(2000))
    kept, money = (saying.effect_sentence(row, found) for _, row in found.frame.iterrows())
    assert "points" in str(kept) and "%" in str(kept)
    assert "a person against" in str(money) and "points" not in str(money)
    assert "个百分点" in kept.text("zh") and "人均消费金额" in money.text("zh")


def test_a_p_value_that_is_not_known_is_a_dash() -> None:
    assert saying.p_words(float("nan")) == "–"


def test_what_one_more_costs_is_said_where_it_is_better() -> None:
    trial = drawn(3000, harm=0.2)
    costly = Experiment(**vars(replace(trial, costs=np.where(trial.arm > 0, 2.0, 0.0))))
    said = [str(words) for words in costly.compare().words()]
    assert sum("one more in “kept” costs" in text for text in said) == 1
    observed = replace(costly, randomised=False).compare()
    assert not any("costs" in str(words) for words in observed.words())


def test_of_what_is_worse_one_fewer_costs_and_an_end_that_may_be_nothing_is_left_open() -> None:
    trial = drawn(3000, harm=0.2)
    left = {"left": 1 - trial.outcomes["kept"]}
    costs = np.where(trial.arm > 0, 2.0, 0.0)
    given = {"outcomes": left, "worse": frozenset({"left"}), "costs": costs}
    costly = Experiment(**vars(replace(trial, **given)))
    found = costly.compare()
    said = [str(words) for words in found.words() if "costs" in str(words)]
    assert len(said) == 1 and "one fewer in “left” costs" in said[0]
    rows = found.effects.frame.assign(low=-0.2, high=0.01, cost_of_one=10.0, extra_cost=2.0)
    open_end = replace(found, effects=replace(found.effects, frame=rows))
    said = [str(words) for words in open_end.words() if "costs" in str(words)]
    assert said[0].endswith("costs 10, at least 10")
    assert any("每少1个" in w.text("zh") for w in found.words() if not isinstance(w, str))


def test_a_treatment_that_costs_less_than_none_costs_a_negative_amount() -> None:
    trial = drawn(3000, harm=0.2)
    cheaper = np.where(trial.arm > 0, 0.5, 2.0)
    said = [str(w) for w in Experiment(**vars(replace(trial, costs=cheaper))).compare().words()]
    cost = next(text for text in said if "one more in “kept” costs" in text)
    low, high = cost.split("[")[1].rstrip("]").split(", ")
    assert low.startswith("-") and high.startswith("-")
