"""Tables of uplift and policies, in both languages."""

from __future__ import annotations

from support.planted import mean_scores, planted
from support.uplifted import fitted

from churnlab.winback.targeting.cells import Cells
from churnlab.winback.targeting.policy import Policy
from churnlab.winback.targeting.shown import policy, policy_table, rates_table, uplift


def found() -> Policy:
    made = planted(4000, seed=1)
    return Policy.find(made.trial, Cells.of(made.stage), mean_scores(made))


def test_a_row_for_each_treatment_and_weighting() -> None:
    table = rates_table(fitted())
    assert [row[0] for row in table.rows] == ["gift", "update", "message"] * 2


def test_the_policy_table_marks_what_is_given() -> None:
    table = policy_table(found())
    given = [str(row[0]) + " " + str(row[2]) for row in table.rows if str(row[5]) == "given"]
    assert "fading gift" in given and len(table.rows) == 9 and len(table.ours) == len(given)


def test_html_in_both_languages() -> None:
    for made in (uplift(fitted()), policy(found())):
        assert "<table" in made.html() and made.html("zh") != made.html()
    assert "Which treatment for whom" in found()._repr_html_()
    assert "Is there anything to target?" in fitted()._repr_html_()
