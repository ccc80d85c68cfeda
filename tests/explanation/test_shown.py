"""What an explanation shows of itself in a notebook."""

from __future__ import annotations

from churnlab.explanation.explanation import example


def test_it_shows_what_moves_the_score_and_reasons_without_ids() -> None:
    said = example()._repr_html_()
    assert "2 rows explained by 2 features" in said
    assert "Usually back after 4 days, away for 40 days" in said
    assert "ann" not in said
    assert "bob" not in said
