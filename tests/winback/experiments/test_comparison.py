"""All that an experiment says."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
from support.experiments import cookie_cats, drawn, needs_cookie_cats

from churnlab.winback.experiments.arms import Arms
from churnlab.winback.experiments.experiment import Experiment


def compared(experiment: Arms) -> tuple[str, ...]:
    return tuple(str(words) for words in Experiment(**vars(experiment)).compare().words())


def test_effects_harm_groups_balance_and_costs_are_said_in_this_order() -> None:
    said = compared(drawn(2000))
    assert said[0].startswith("gift: kept ") and "points" in said[0]
    assert any(text.startswith("Worse with gift for core: kept -") for text in said)
    assert any("kept: " in text and "where stage is core" in text for text in said)
    assert any("no more than chance makes them" in text for text in said)
    assert said[-1] == "Costs are not given, so nothing is said of value for money."


def test_nobody_harmed_nobody_left_out() -> None:
    said = compared(replace(drawn(2000, harm=0.2), costs=np.zeros(2000)))
    assert "No group is known to be harmed by a treatment." in said
    assert not any("Costs" in text for text in said)


def test_people_who_were_left_out_are_counted() -> None:
    said = compared(replace(drawn(), dropped={"window not over": 3}))
    assert said[-1] == "3 people were left out: the days after their assignment are not over yet."


def test_an_experiment_that_was_not_randomised_says_observational_on_everything() -> None:
    experiment = Experiment(**vars(replace(drawn(2000), randomised=False)))
    found = experiment.compare()
    said = [str(words) for words in found.words()]
    findings = [text for text in said if "gift" in text or "groups" in text]
    assert all(text.startswith("Observational: ") for text in findings) and len(findings) > 4
    assert not any("No group is known to be harmed" in text for text in said)
    for shown in (
        found,
        experiment.effects(),
        experiment.effects("stage"),
        experiment.differences(),
    ):
        assert "Observational" in shown._repr_html_()
        assert shown.to_dict()["randomised"] is False
    assert "observational" in repr(experiment)


def test_a_table_that_was_not_randomised_is_refused_unless_it_claims_nothing() -> None:
    import pytest

    from churnlab.errors.experiments import ExperimentError

    rng = np.random.default_rng(0)
    age = rng.normal(40, 9, 800)
    frame = pd.DataFrame({"user_id": range(800), "age": age, "kept": rng.integers(0, 2, 800)})
    frame["treatment"] = np.where(age + rng.normal(0, 9, 800) > 40, "gift", None)
    with pytest.raises(ExperimentError, match="not drawn at random"):
        Experiment.from_frame(frame, ["kept"], known="age")
    found = Experiment.from_frame(frame, ["kept"], known="age", randomised=False).compare()
    assert "differed beyond chance" in " ".join(map(str, found.words()))


def test_it_is_plain_data_in_a_language_html_and_a_picture() -> None:
    found = Experiment(**vars(drawn())).compare()
    told = json.loads(json.dumps(found.to_dict("zh")))
    assert told["says"][-1] == "未提供成本，因此不评价投入产出。"
    assert {"balance", "effects", "by_stage", "differences", "dropped"} <= told.keys()
    assert "<table>" in found._repr_html_() and "效果" in found.html("zh")
    assert len(found.plot(outcome="money").rows) == 2


@needs_cookie_cats
def test_cookie_cats_has_odd_sizes_and_says_so() -> None:
    said = " ".join(map(str, cookie_cats().compare().words()))
    assert "gate_30 44,700, gate_40 45,489 (p 0.009)" in said
    assert "cannot be checked whether the arms were drawn at random" in said
