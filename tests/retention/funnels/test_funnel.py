"""Funnels from daily rows against slow plain Python on random logs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import retention_oracle as oracle

import churnlab as cl
from churnlab.retention.funnels.funnel import Funnel, funnel


def check(found: Funnel, wanted: list[tuple[int, list[int]]], unit: float = 1) -> None:
    """The table of everybody is that of what each person did."""
    table = found.table().head(len(found.steps))
    entered = [w for w in wanted if w[0]]
    people = [sum(steps > k for steps, _ in entered) for k in range(len(found.steps))]
    assert table["people"].tolist() == people
    for k in range(1, len(people)):
        row = table.iloc[k]
        assert row["lost"] == people[k - 1] - people[k]
        if people[k - 1]:
            assert row["of_previous"] == people[k] / people[k - 1]
        else:
            assert np.isnan(row["of_previous"])
    last = [(times[-1] - times[0]) / unit for steps, times in entered if steps == len(people)]
    if last:
        assert table["median_days"].iloc[-1] == pytest.approx(np.median(last))
        assert table["mean_days"].iloc[-1] == pytest.approx(np.mean(last), rel=1e-6)


@given(oracle.events(), st.integers(2, 20), st.booleans())
@settings(max_examples=60)
def test_steps_of_daily_rows(frame: pd.DataFrame, within: int, again: bool) -> None:
    steps = ["open", "open", "later purchase"] if again else ["onboarding", "open", "later open"]
    found = funnel(oracle.log_of(frame).daily(), steps, within=within)
    plan = [(s.removeprefix("later "), s.startswith("later ")) for s in steps]
    wanted = [
        oracle.walked(days, plan, (0, 40 - within + 1), within)
        for days in oracle.days_of(frame).values()
    ]
    check(found, wanted)
    late = sum(
        not w[0] and any(d > 40 - within and got.get(plan[0][0]) for d, _, got in days)
        for w, days in zip(wanted, oracle.days_of(frame).values(), strict=True)
    )
    assert found.pending == late


@given(oracle.events(), st.integers(2, 20))
@settings(max_examples=40)
def test_from_registration_and_by_group(frame: pd.DataFrame, within: int) -> None:
    people = oracle.users()
    steps = ["registered", "onboarding", "later open"]
    activity = oracle.log_of(frame).daily()
    found = funnel(activity, steps, people, by="channel", registered="registered", within=within)
    plan = [("registered", False), ("onboarding", False), ("open", True)]
    days, wanted = oracle.days_of(frame), {}
    for user, channel, since in people.itertuples(index=False):
        if since is not None and not pd.isna(since):
            entry = (since - oracle.DAY0).days
            bounds = (0, 40 - within + 1)
            wanted[user] = (
                channel,
                oracle.walked(days.get(user, []), plan, bounds, within, (entry, entry)),
            )
    check(found, [w for _, w in wanted.values()])
    table = found.table()
    rows = table[table["grouping"] == "channel"]
    for channel in ("ads", "shop"):
        reached = [w[0] for c, w in wanted.values() if c == channel and w[0]]
        part = rows[rows["group"] == channel]
        assert part["people"].tolist() == (
            [sum(r > k for r in reached) for k in range(3)] if reached else []
        )


@pytest.fixture(scope="module")
def made() -> tuple[cl.DailyActivity, pd.DataFrame]:
    community = cl.datasets.make_community(users=300, days=120, seed=3)
    people = community.users.merge(community.truth[["user_id", "registered"]])
    return community.log().daily(), people


def test_tables_pictures_and_words(made: tuple) -> None:
    activity, people = made
    steps = ["registered", "onboarding", cl.retention.Step("open", later=True, label="back")]
    found = funnel(activity, steps, people, by="channel", registered="registered")
    shown = found.plot(language="zh")
    assert len(shown.ax_.patches) == 3 and shown.ax_.get_yticklabels()[2].get_text() == "back"
    assert [t.table.frame().shape[0] for t in found.sections()] == [3, 4, 6 * 2]
    said = [str(words) for words in found.sentences()]
    assert "came through all steps within 7 days" in said[0]
    assert "daily rows do not tell" in str(found.warnings[-1])
    gaps = found.differences()
    assert (gaps["p_holm"].dropna() >= gaps["p"].dropna()).all() and len(gaps) == 12
    assert found.to_dict()["table"][0]["name"] == "registered" and "back" in found.html()


def test_steps_that_never_occur_are_said(made: tuple) -> None:
    frame = pd.DataFrame({"u": ["ann", "bob"], "t": ["2026-03-01 09:00Z", "2026-03-20 09:00Z"]})
    log = cl.EventLog.from_frame(frame.assign(e="open"), user="u", time="t", event="e")
    found = funnel(log.daily(), ["open", "later open"], within=5)
    assert found.table()["people"].tolist() == [1, 0] and found.pending == 1
    assert "Nobody took the step" in " ".join(map(str, found.sentences()))
    assert "they are not yet known" in str(found.warnings[0])
    nobody = funnel(log.daily(), ["other", "open"], within=5)
    assert nobody.table()["people"].tolist() == [0, 0]
    assert nobody.table()["of_first"].isna().all()
    assert "Nobody took the first step" in str(nobody.sentences()[0])
    nobody.plot()
    assert nobody.html() and nobody.to_dict()["table"][0]["of_first"] is None


@pytest.mark.parametrize(
    ("steps", "options", "says"),
    [
        (["open"], {}, "give two to twenty"),
        (["open", "opne"], {}, "did you mean 'open'"),
        (["open", "registered"], {}, "registration is step 2"),
        (["registered", "open"], {}, "no day of registration was given"),
        (["open", "social"], {"registered": "since"}, "no users frame was given"),
        (["open", "social"], {"within": 500}, "needs 500 days and the log has 120"),
        (["open", "social"], {"within": 0}, "within is 0"),
        (["open", "later open", "later open"], {"within": 2}, "give within=3 or more"),
        (["open", "social"], {"by": "channel"}, "no users frame was given"),
    ],
)
def test_what_cannot_be_walked_is_refused(
    made: tuple, steps: list, options: dict, says: str
) -> None:
    with pytest.raises(cl.ChurnlabError) as error:
        funnel(made[0], steps, **options)
    assert says in str(error.value) and "\n" not in str(error.value)
