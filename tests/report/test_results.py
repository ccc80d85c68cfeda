"""Results for a terminal."""

from __future__ import annotations

import churnlab as cl
from churnlab.report.results import told
from churnlab.retention import tiers


def test_title_sentences_tables_and_what_is_unsure() -> None:
    activity = cl.datasets.make_community(users=80, days=120, seed=1).log().daily()
    found = tiers(activity, activity.end - 3)
    shown = list(told([found]))
    texts = [each for each in shown if isinstance(each, str)]
    assert texts[0].startswith("\n== Stages of life on 2026-04-2")
    unknown = [f"unsure: {what} after this day is not yet known" for what in ("churn", "money")]
    assert texts[-2:] == unknown
    assert any("are core" in text for text in texts)
    assert len(shown) - len(texts) == len(found.sections())
    assert "人" in "".join(each for each in told([found], "zh") if isinstance(each, str))
