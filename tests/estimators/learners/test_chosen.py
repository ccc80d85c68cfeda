"""What a fit chose, through JSON and back."""

from __future__ import annotations

import json

from churnlab.estimators.learners.chosen import Chosen, TreeSize


def test_the_record_survives_json() -> None:
    chosen = Chosen((TreeSize(120, 7), TreeSize(40, 15)), 0.2, True, 1.25, (3, 8))
    again = Chosen.of(json.loads(json.dumps(chosen.state())))
    assert again == chosen
    assert again.trees[1].leaves == 15


def test_a_fit_that_chose_nothing_has_a_record_too() -> None:
    assert Chosen.of(json.loads(json.dumps(Chosen().state()))) == Chosen()
