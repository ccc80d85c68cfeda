"""The measures that names mean."""

from __future__ import annotations

import pandas as pd
import pytest

import churnlab as cl
from churnlab.retention.measured import is_receipt, known_measures, measure_of


def test_roles_measures_and_columns_have_names() -> None:
    frame = pd.DataFrame({"u": ["a"], "t": ["2026-03-01 09:00Z"], "e": ["quiz"], "x": [2.0]})
    roles = {"quiz": ["quiz"]}
    columns = {"user": "u", "time": "t", "event": "e", "roles": roles, "measures": ["x"]}
    activity = cl.EventLog.from_frame(frame, **columns).daily()
    found = [measure_of(activity, name) for name in ("quiz", "n_quiz", "x", "m_x", "sessions")]
    assert found == ["n_quiz", "n_quiz", "m_x", "m_x", "sessions"]
    assert set(found) <= set(activity.sources)
    assert not is_receipt(activity, "quiz") and is_receipt(activity, "receipts")
    with pytest.raises(cl.ChurnlabError, match="unknown step 'quizz': did you mean 'quiz'"):
        measure_of(activity, "quizz")


def test_every_name_is_known_and_a_role_wins() -> None:
    activity = cl.datasets.make_community(users=20, days=40, seed=1).log().daily()
    known = known_measures(activity)
    assert known["social"] == known["n_social"] == "n_social"
    assert set(known.values()) <= set(activity.sources)
