"""What is said of uplift and policies."""

from __future__ import annotations

import numpy as np
from support.planted import mean_scores, planted
from support.uplifted import QUICK, fitted

from churnlab.evaluation.intervals import Interval
from churnlab.winback.targeting.cells import Cells
from churnlab.winback.targeting.policy import Policy
from churnlab.winback.targeting.trial import Trial
from churnlab.winback.targeting.uplift import Uplift
from churnlab.winback.targeting.words import (
    cell_words,
    gain_words,
    interval_words,
    policy_sentences,
    uplift_sentences,
)


def policy(effects: np.ndarray | None = None, **given: object) -> Policy:
    made = planted(8000, seed=1) if effects is None else planted(3000, effects=effects)
    return Policy.find(made.trial, Cells.of(made.stage), mean_scores(made), **given)  # type: ignore[arg-type]


def test_no_treatment_that_helps_is_said_plainly() -> None:
    said = [str(words) for words in policy_sentences(policy(np.zeros((3, 3))))]
    assert said[0].startswith("No treatment is proved to help anybody: leave everybody alone.")


def test_what_it_brings_costs_and_whom_it_harms() -> None:
    said = " ".join(str(words) for words in policy_sentences(policy()))
    assert "The policy treats" in said and "people kept per 1,000 people" in said
    assert "message harms the group “fading”" in said


def test_where_the_budget_ends() -> None:
    said = " ".join(str(words) for words in policy_sentences(policy(budget=2000.0)))
    assert "The budget ends within the group “fading”" in said
    small = [str(words) for words in policy_sentences(policy(budget=10.0))]
    assert small[0] == "The budget pays for no treatment of a whole group: leave everybody alone."


def test_names_of_what_is_gained_and_of_groups() -> None:
    w = np.repeat(["none", "gift"], 60)
    visit = Trial.checked(np.ones(120), w, outcome="visit")
    spend = Trial.checked(np.arange(120.0), w, outcome="money")
    assert str(gain_words(visit)) == "people with “visit”"
    assert str(gain_words(spend)) == "money spent"
    assert str(cell_words("gone", "high", 20.0)) == "gone, tier high, value from 20"
    assert str(interval_words(Interval(0.1, 0.05, 0.15))) == "+100.0 [+50.0 to +150.0]"


def test_uplift_says_whether_there_is_anything_to_target() -> None:
    said = [str(words) for words in uplift_sentences(fitted())]
    assert said[0].startswith("gift: there is something to target.")
    assert "of the first fifth" in said[1] and len(said) == 6
    flat = planted(900, effects=np.zeros((3, 3)))
    nothing = [str(words) for words in uplift_sentences(Uplift.fit(flat.trial, flat.X, QUICK))]
    assert "nothing to target is proved" in nothing[0]


def test_a_policy_whose_groups_are_all_too_small_says_so() -> None:
    made = planted(900)
    cells = Cells.of([f"stage {i % 100}" for i in range(900)])
    said = Policy.find(made.trial, cells, mean_scores(made)).words()
    assert str(said[0]).startswith("No group has 20 people with a treatment and 20 without it")
    assert "没有任何人群" in said[0].text("zh")
