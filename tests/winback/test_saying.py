"""What an experiment found, in sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from support.experiments import drawn

from churnlab.winback import saying
from churnlab.winback.effects import effects_of
from churnlab.winback.experiment import Experiment


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
