"""Risk, curve, stage and day tell one story about every person, from the estimator to the list."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import churnlab as cl
from churnlab.estimators.hazard import WEEK_COLUMN
from churnlab.nightly.scoring import Scorer
from churnlab.nightly.stage import SILENCE, with_stage
from churnlab.schema.days import day_number, day_text

WEEKS = 4
START = date(2026, 1, 1)
MORNING = START + timedelta(days=60)
RISKS = st.one_of(st.sampled_from([0.0, 0.499999999, 0.5, 1.0]), st.floats(0, 1))
CHURNS = st.builds(
    cl.Churn,
    horizon=st.integers(1, 70),
    lead=st.sampled_from([0, 0, 3]),
    roles=st.sampled_from([None, ("buy",), ("buy", "chat")]),
)


class Told:
    """A churn model that says what the column `risk` says."""

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        return np.column_stack([1 - X["risk"], X["risk"]])


@pytest.fixture(scope="module")
def hazard() -> cl.ChurnHazard:
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=800)})
    week = pd.Series(np.floor(rng.exponential(3 * np.exp(-X["a"]))))
    y = pd.DataFrame({"leaves_week": week.where(week <= WEEKS), "known_weeks": WEEKS + 1.0})
    learner = cl.ChurnClassifier("lightgbm", n_estimators=20)
    return cl.ChurnHazard(WEEKS, learner=learner).fit(X, y)


@settings(max_examples=100)
@given(st.lists(st.tuples(st.floats(-4, 4), RISKS), min_size=1, max_size=20))
def test_the_curve_begins_at_the_risk_and_only_falls(
    hazard: cl.ChurnHazard, people: list[tuple[float, float]]
) -> None:
    X = pd.DataFrame({"a": [a for a, _ in people]})
    risk = np.array([r for _, r in people])
    curve = hazard.predict_curve(X, risk).to_numpy()
    assert (curve[:, 0] == 1 - risk).all()
    assert (np.diff(curve, axis=1) <= 0).all() and (curve >= 0).all() and (curve <= 1).all()
    later = hazard.predict_curve(X).to_numpy()  # those who did not churn leave at the same rate
    np.testing.assert_allclose(curve * later[:, :1], later * curve[:, :1])
    assert WEEK_COLUMN not in X


def activity_of(days: list[set[tuple[int, str]]]) -> cl.DailyActivity:
    """Daily rows of people u0, u1, …: each a set of (day, event) in the 60 days before MORNING."""
    rows = [
        (f"u{i}", pd.Timestamp(START) + pd.Timedelta(days=day, hours=9), event)
        for i, acts in enumerate(days)
        for day, event in sorted(acts)
    ]
    rows += [("someone", pd.Timestamp(START), name) for name in ("open", "buy", "chat", "push")]
    events = pd.DataFrame(rows, columns=["user_id", "ts", "event"])
    roles = {"buy": ["buy"], "chat": ["chat"], "push_sent": ["push"]}
    log = cl.EventLog.from_frame(
        events, user="user_id", time="ts", event="event", roles=roles, timezone="UTC"
    )
    return log.daily()


def listed(activity: cl.DailyActivity, morning: date, churn: cl.Churn, risk: dict) -> pd.DataFrame:
    """The columns of the list of these people, by user_id."""
    keys = pd.DataFrame({"user_id": list(risk), "snapshot": pd.Timestamp(morning)})
    features = with_stage(cl.FeatureSet.of(["Tenure"]), churn, activity, day_number(morning))
    X = cl.build_dataset(activity, cl.Snapshots.from_frame(keys), features).X
    scorer = Scorer({"churned": Told()}, str(morning), "v", churn)  # type: ignore[dict-item]
    return scorer(X.assign(risk=list(risk.values()))).set_index("user_id")


def last_counted(acts: set[tuple[int, str]], churn: cl.Churn) -> int:
    """Days from START to the last act that counts; -1, the day before the log, without one."""
    wanted = churn.roles or ("open", "buy", "chat")
    return max((day for day, event in acts if event in wanted), default=-1)


EVENTS = st.tuples(st.integers(0, 59), st.sampled_from(["open", "buy", "chat", "push"]))
PEOPLE = st.lists(st.tuples(st.sets(EVENTS, min_size=1, max_size=6), RISKS), min_size=1, max_size=6)


@settings(max_examples=60)
@given(PEOPLE, CHURNS)
def test_the_lists_day_and_stage_agree_with_the_risk(
    people: list[tuple[set[tuple[int, str]], float]], churn: cl.Churn
) -> None:
    acts = {f"u{i}": a for i, (a, _) in enumerate(people)}
    risk = {f"u{i}": r for i, (_, r) in enumerate(people)}
    activity = activity_of([a for a, _ in people])
    table = listed(activity, MORNING, churn, risk)
    for user, row in table.iterrows():
        last = last_counted(acts[user], churn)
        silent = last < 60 - churn.horizon
        assert (row["stage"] in ("silent", "gone")) == silent
        assert (row["when"] != "") == (row["risk"] >= 0.5 and not silent)
        if row["when"]:
            past_window = MORNING + timedelta(days=churn.lead + churn.horizon)
            complete = START + timedelta(days=last + 1 + churn.horizon)
            assert row["when"] == str(past_window if churn.lead else complete)
            assert str(MORNING) < row["when"] <= str(past_window)


@settings(max_examples=30)
@given(PEOPLE, st.integers(1, 70))
def test_on_their_day_people_who_stayed_away_are_silent_and_on_the_morning_before_not(
    people: list[tuple[set[tuple[int, str]], float]], horizon: int
) -> None:
    churn = cl.Churn(horizon)
    activity = activity_of([a for a, _ in people])
    now = listed(activity, MORNING, churn, {f"u{i}": 1.0 for i in range(len(people))})
    for user, when in now["when"][now["when"] != ""].items():
        day = date.fromisoformat(when)
        assert listed(activity, day, churn, {user: 1.0})["stage"].isin(["silent", "gone"]).all()
        before = listed(activity, day - timedelta(days=1), churn, {user: 1.0})
        assert not before["stage"].isin(["silent", "gone"]).any() and before["when"].tolist() == [
            when
        ]


def test_the_curves_first_day_is_the_end_of_the_labels_window() -> None:
    day = day_number("2026-03-01")
    for churn in (cl.Churn(30), cl.Churn(30, lead=7), cl.Churn(30, terminal="cancel")):
        weeks = cl.TimeToChurn(30, 12, churn.lead, churn.roles, churn.terminal)
        assert weeks.left_by(day, 0) == churn.window(day)[1]
        assert (churn.left_by(day, np.arange(1.0, 31.0)) <= weeks.left_by(day, 0)).all()


def test_nobody_is_silent_where_a_terminal_event_is_the_churn() -> None:
    churn = cl.Churn(30, terminal="cancel")
    X = pd.DataFrame(
        {"risk": [0.4, 0.5], SILENCE: [3.0, 300.0]},
        index=pd.MultiIndex.from_product([[1, 2], [pd.Timestamp(MORNING)]], names=["user_id", "t"]),
    )
    table = Scorer({"churned": Told()}, str(MORNING), "v", churn)(X)  # type: ignore[dict-item]
    assert table["stage"].tolist() == ["", ""]
    assert table["when"].tolist() == ["", day_text(day_number(MORNING) + 30)]
