"""The results of experiments as pages and as text for a terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.experiments import drawn
from support.planted import mean_scores, planted
from support.statements import explained, statements

from churnlab.winback.experiments.experiment import Experiment
from churnlab.winback.experiments.next_test import NextTest
from churnlab.winback.pages import comparison_page, policy_page, stated_page, text
from churnlab.winback.stated.reasons import stated_reasons
from churnlab.winback.targeting.cells import Cells
from churnlab.winback.targeting.policy import Policy


def test_a_page_of_an_experiment_stands_alone_in_both_languages() -> None:
    page = comparison_page(Experiment(**vars(drawn())).compare())
    titles = [str(section.title) for section in page.sections]
    assert titles == [
        "What was found", "Pictures", "Everybody", "By stage", "Between groups",
        "Before the assignment",
    ]  # fmt: skip
    for language, words in (("en", "could be chance"), ("zh", "可能只是随机波动")):
        html = page.html(language)
        assert words in html and "<script" not in html and html.count("data:image/png") == 2


def test_a_page_of_arms_that_were_not_drawn_at_random_has_a_warning_above_all() -> None:
    found = Experiment(**vars(replace(drawn(), randomised=False))).compare()
    page = comparison_page(found)
    assert "Observational" in str(page.banner) and "Observational" in str(page.title)
    assert not comparison_page(Experiment(**vars(drawn())).compare()).banner


def test_a_page_of_a_policy_in_both_languages() -> None:
    made = planted(4000, seed=1)
    found = Policy.find(made.trial, Cells.of(made.stage), mean_scores(made))
    page = policy_page(found)
    assert [str(s.title) for s in page.sections][1:] == [
        "What each budget brings", "By group and treatment",
    ]  # fmt: skip
    assert page.html().count("<td") >= 9 * 6
    assert "谁用哪种召回方式" in page.html("zh") and "data:image/png" in page.html()
    assert str(next(iter(text(found)))).startswith("The policy treats")


def test_a_page_of_stated_reasons() -> None:
    html = stated_page(stated_reasons(statements(), explained())).html("zh")
    assert "事先已识别" in html and "data:image/png" in html


@pytest.mark.parametrize("language, words", [("en", "By stage"), ("zh", "按阶段")])
def test_text_for_a_terminal_has_sentences_then_tables(language: str, words: str) -> None:
    lines = list(text(Experiment(**vars(drawn())).compare(), language))
    assert "gift" in str(lines[0]) and any(words in str(line) for line in lines)
    tables = [line for line in lines if not isinstance(line, str)]
    assert len(tables) == 4


def test_text_of_the_other_results() -> None:
    assert "29,502" in str(next(iter(text(NextTest.of_shares(0.1, 0.01)))))
    lines = list(text(stated_reasons(statements(), explained())))
    assert "Seen coming" in str(lines[-4]) and not isinstance(lines[-1], str)
