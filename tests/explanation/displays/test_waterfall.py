"""WaterfallDisplay: the steps lead from the usual risk to that of the person, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scipy.special import expit
from support.explained import explained

from churnlab.errors import ConfigError
from churnlab.explanation.displays.waterfall import WaterfallDisplay

WHY = explained()
RISKIEST = int(WHY.values.sum(axis=1).to_numpy().argmax())


def labels(display: WaterfallDisplay) -> list[str]:
    return [t.get_text().replace("\n", " ") for t in display.ax_.get_yticklabels()]


def test_the_steps_lead_to_the_risk_and_the_person_s_own_reason_tells_them() -> None:
    display = WaterfallDisplay.from_explanation(WHY, RISKIEST)
    total = WHY.base + WHY.values.iloc[RISKIEST].sum()
    assert display.risk == pytest.approx(expit(total))
    away = WHY.X.iloc[RISKIEST, 0]
    assert labels(display)[0] == f"Usually back after 4 days, away for {away:.0f} days"
    title = display.ax_.texts[0].get_text()
    assert title == f"risk {display.risk:.0%}, where {expit(WHY.base):.0%} is usual"
    ends = [bar.get_x() + bar.get_width() for bar in display.ax_.patches]
    assert ends[-1] == pytest.approx(total)


def test_what_lowers_the_risk_is_no_reason() -> None:
    calmest = int(WHY.values.sum(axis=1).to_numpy().argmin())
    display = WaterfallDisplay.from_explanation(WHY, calmest)
    assert labels(display)[0] == "no sign of this: Comes less often, or no longer"


def test_smaller_themes_are_one_step() -> None:
    display = WaterfallDisplay.from_explanation(WHY, RISKIEST, top=1)
    assert labels(display)[-1] == "everything else"
    assert display.steps.sum() == pytest.approx(WHY.values.iloc[RISKIEST].sum())


def test_without_facts_the_themes_are_named() -> None:
    display = WaterfallDisplay.from_explanation(replace(WHY, facts=None), RISKIEST)
    assert labels(display)[0] == "Comes less often, or no longer"


def test_a_model_of_value_has_no_risk_on_its_axis() -> None:
    display = WaterfallDisplay.from_explanation(replace(WHY, unit="log money"), RISKIEST)
    assert display.ax_.get_xlabel() == "push on the score"
    assert not display.ax_.texts


@pytest.mark.parametrize("row", [-1, 60])
def test_a_row_that_is_not_there_is_refused(row: int) -> None:
    assert len(WHY.values) == 60
    with pytest.raises(ConfigError, match="give a place from 0 to 59"):
        WaterfallDisplay.from_explanation(WHY, row)
