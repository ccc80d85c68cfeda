"""What judged models show of themselves in a notebook."""

from __future__ import annotations

from churnlab.training.judging import Judged, example


def test_it_names_the_model_and_shows_each_target_beside_its_contenders() -> None:
    judged = example()
    said = judged._repr_html_()
    assert "churned: DecisionTreeClassifier, the row churnlab of the table." in said
    assert ">my rule<" in said
    assert "Unsure: " in said


def test_figures_without_their_models_are_shown_too() -> None:
    said = Judged(example().evaluations)._repr_html_()
    assert "churned: AUC 1.000" in said
