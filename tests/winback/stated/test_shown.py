"""How stated reasons are shown."""

from __future__ import annotations

from dataclasses import replace

from support.statements import explained, statements

from churnlab.winback.stated.reasons import stated_reasons
from churnlab.winback.stated.shown import associations, theme_words


def test_sentences_say_what_goes_together_and_what_was_seen_coming() -> None:
    said = [str(w) for w in stated_reasons(statements(), explained()).words()]
    assert said[0].startswith("no time: “") and "beyond chance" in said[0]
    assert any("were among the 10% at highest risk before they" in text for text in said)


def test_without_an_association_that_is_said() -> None:
    rows = statements().assign(code=["a", "a", "b", "b"] * 50)
    said = [str(w) for w in stated_reasons(rows, explained()).words()]
    assert said[0] == "No stated reason goes with a theme of the signals beyond chance."


def test_what_was_left_out_is_said() -> None:
    rows = statements()
    rows.loc[:4, "time"] = "2026-02-01"
    said = [str(w) for w in stated_reasons(rows, explained()).words()]
    assert said[-1] == "Left out: 5 statements, no snapshot in the days before."


def test_the_surest_associations_come_first_and_missing_ratios_are_dashes() -> None:
    rows = statements()
    rows.loc[:8, "code"] = "moved"
    table = associations(stated_reasons(rows, explained())).frame()
    assert table["verdict"].iloc[0].endswith("beyond chance")
    assert table[table["stated reason"] == "moved"]["ratio [95% interval]"].tolist() == ["–"] * 2


def test_a_model_that_learnt_from_later_days_is_said() -> None:
    found = replace(stated_reasons(statements(), explained()), late_model=True)
    assert any("had learnt from days after" in str(w) for w in found.words())
    assert found.to_dict()["late_model"] is True


def test_themes_have_names() -> None:
    assert str(theme_words("silence")) == "Comes less often, or no longer"
    assert theme_words("own") == "own"


def test_it_is_shown_in_both_languages() -> None:
    found = stated_reasons(statements(), explained())
    assert "Seen coming" in found.html() and "事先已识别" in found.html("zh")
