"""Which reasons are given: one of a theme, supported, none without risk, adding up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from churnlab.explanation.reasons import LEAST_SHARE, choose, theme_sums
from churnlab.features.catalogue import Entry, table
from churnlab.features.expression import Sum
from churnlab.features.facts import Facts
from churnlab.features.reasons.reason import Fact, Reason

COLUMNS = {
    "a__away__all": "away",
    "a__visits__all": "visits",
    "b__minutes__all": "minutes",
    "c__orders__all": "orders",
    "d__wave__static": "day",
}
CATALOGUE = table(Entry(name, "B", "x", "{value}", "none", topic=t) for name, t in COLUMNS.items())


def reason(topic: str) -> Reason:
    fact = Fact(f"fact__{topic}__all", Sum("acts").all)
    return Reason(topic, topic, f"{topic} {{n:.0f}}", {"n": fact}, lambda one: one.n > 0)


REASONS = [reason(topic) for topic in ("away", "visits", "minutes", "orders")]


def said(values: list[float], facts: dict[str, float], k: int = 3) -> list[str]:
    known = {f"fact__{r.topic}__all": facts.get(r.topic, 0.0) for r in REASONS}
    frame = pd.DataFrame(known, index=[0])
    row = pd.DataFrame([values], columns=list(COLUMNS), index=[0])
    found = choose(row, CATALOGUE, row, Facts(frame, REASONS), k)
    return found.said("en")[0].tolist()


def test_themes_are_summed_first_and_ranked_second() -> None:
    facts = dict.fromkeys(("away", "visits", "minutes", "orders"), 5.0)
    assert said([0.5, 0.4, 0.7, 0.1, 0.0], facts) == ["away 5", "minutes 5", ""]
    assert said([0.4, 0.5, 0.7, 0.2, 0.0], facts) == ["visits 5", "minutes 5", "orders 5"]
    assert said([0.4, 0.5, 0.7, 0.2, 0.0], facts, k=1) == ["visits 5"]
    assert said([0.4, 0.5, 0.7, 0.2, 0.0], facts, k=5)[3:] == ["", ""]


def test_a_theme_says_what_its_numbers_support_or_nothing() -> None:
    assert said([0.9, 0.2, 0.5, 0.0, 0.0], {"visits": 3, "minutes": 4}) == [
        "visits 3",
        "minutes 4",
        "",
    ]
    assert said([0.9, -0.2, 0.5, 0.0, 0.0], {"visits": 3, "minutes": 4}) == ["minutes 4", "", ""]


def test_who_is_not_at_risk_gets_none_and_a_small_share_is_left_out() -> None:
    facts = dict.fromkeys(("away", "visits", "minutes", "orders"), 5.0)
    assert said([0.5, 0.0, -0.6, 0.0, 0.0], facts) == ["", "", ""]
    share = 1.0 * LEAST_SHARE / (1 - LEAST_SHARE)
    assert said([1.0, 0.0, share * 0.99, 0.0, 0.0], facts) == ["away 5", "", ""]
    assert said([1.0, 0.0, share * 1.01, 0.0, 0.0], facts) == ["away 5", "minutes 5", ""]


def test_the_day_is_nobodys_reason_yet_counts_in_the_sum() -> None:
    facts = dict.fromkeys(("away", "visits", "minutes", "orders"), 5.0)
    assert said([0.0, 0.0, 0.5, 0.0, 9.0], facts) == ["", "", ""]
    assert said([0.0, 0.0, 0.5, 0.0, 0.1], facts) == ["minutes 5", "", ""]


@pytest.mark.parametrize("seed", range(5))
def test_at_most_one_of_a_theme_and_the_sums_add_up(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = pd.DataFrame(rng.normal(size=(200, 5)), columns=list(COLUMNS))
    facts = pd.DataFrame({f"fact__{r.topic}__all": rng.integers(0, 3, 200) for r in REASONS})
    found = choose(values, CATALOGUE, values, Facts(facts.astype(float), REASONS), 4)
    sums = theme_sums(values, CATALOGUE)
    np.testing.assert_allclose(sums.sum(axis=1), values.sum(axis=1), atol=1e-12)
    for row, (themes, names) in enumerate(zip(found.themes(), found.names(), strict=True)):
        given = [t for t in themes if t]
        assert len(set(given)) == len(given) and (not given or values.loc[row].sum() > 0)
        assert all(facts.loc[row, f"fact__{name}__all"] > 0 for name in names if name)
        strengths = [sums.loc[row, t] for t in given]
        assert strengths == sorted(strengths, reverse=True) and all(s > 0 for s in strengths)
