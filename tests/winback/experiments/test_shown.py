"""How the results of an experiment are shown."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
from support.experiments import drawn

from churnlab.winback.experiments import saying, shown
from churnlab.winback.experiments.effects import effects_of
from churnlab.winback.experiments.experiment import Experiment
from churnlab.winback.experiments.next_test import NextTest


def test_a_table_of_effects_has_groups_only_where_there_are_some() -> None:
    everybody = shown.effects_table(effects_of(drawn())).frame()
    by_stage = shown.effects_table(effects_of(drawn(), "stage")).frame()
    assert "stage" in by_stage and "stage" not in everybody
    assert by_stage.iloc[0]["with it"].endswith("%") and "points" in by_stage.iloc[0, 6]


def test_too_few_people_are_dashes_and_words() -> None:
    experiment = drawn(70)
    stage = np.where(np.arange(70) < 20, "new", "old").astype(object)
    found = effects_of(replace(experiment, stage=stage), "stage")
    table = shown.effects_table(found).frame("en")
    assert table.iloc[0]["verdict"] == "too few people to say"
    assert table.iloc[0]["corrected p"] == "–"
    row = found.frame.iloc[0]
    assert str(saying.effect_sentence(row, found)).endswith("too few people to say anything")


def test_a_mean_of_nobody_is_a_dash() -> None:
    experiment = drawn(200)
    stage = np.where(experiment.arm == 1, "a", "b").astype(object)
    table = shown.effects_table(effects_of(replace(experiment, stage=stage), "stage")).frame()
    assert table.iloc[0]["without it"] == "–"


def test_every_view_is_there_in_both_languages() -> None:
    experiment = Experiment(**vars(drawn()))
    views = [
        experiment.balance,
        experiment.effects(),
        experiment.differences(),
        experiment.compare(),
    ]
    for found in [*views, NextTest.of_shares(0.1, 0.01)]:
        assert not re.search("[\u4e00-\u9fff]", found.html("en"))
        assert re.search("[\u4e00-\u9fff]", found.html("zh"))
