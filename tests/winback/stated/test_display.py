"""The picture of what was seen coming."""

from __future__ import annotations

from support.statements import explained, statements

from churnlab.report.axes import figure_of
from churnlab.winback.stated.reasons import stated_reasons


def test_a_row_for_each_code_the_largest_share_first() -> None:
    display = stated_reasons(statements(), explained()).plot()
    shares = display.rows["share"].tolist()
    labels = [text.get_text() for text in display.ax_.get_yticklabels()]
    assert shares == sorted(shares, reverse=True) and labels == display.rows["code"].tolist()


def test_it_draws_on_axes_that_are_given_in_a_language() -> None:
    _, axes = figure_of(None)
    assert stated_reasons(statements(), explained()).plot(axes, language="zh").ax_ is axes
    assert "之前" in axes.get_xlabel()
