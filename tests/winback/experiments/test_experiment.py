"""Experiments from tables and logs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import churnlab as cl
from churnlab.errors import ConfigError, FrameError, TrialError
from churnlab.errors.experiments import ExperimentError
from churnlab.features.feature_set import FeatureSet
from churnlab.winback.experiments.experiment import Experiment


@pytest.fixture(scope="module")
def activity(community: Any) -> cl.DailyActivity:
    return community.log().daily()


def table(activity: cl.DailyActivity, day: str = "2026-05-01") -> pd.DataFrame:
    arms = np.where(np.arange(len(activity.users)) % 2, "gift", "none")
    return pd.DataFrame({"user_id": activity.users, "treatment": arms, "time": day})


def test_outcomes_of_a_log_equal_labels_of_the_same_days(activity: cl.DailyActivity) -> None:
    found = Experiment.from_log(table(activity), activity, window=14)
    keys = pd.DataFrame({"user_id": activity.users, "snapshot": "2026-05-02"})
    data = cl.build_dataset(activity, cl.Snapshots.from_frame(keys), FeatureSet.of(["Tenure"]))
    frame = activity.frame()
    start = pd.Timestamp("2026-05-02")
    inside = frame["day"].between(start, start + pd.Timedelta(days=13)) & (frame["acts"] > 0)
    days = frame[inside].groupby("user_id").size().reindex(activity.users).fillna(0)
    assert found.outcomes["active_days"].tolist() == days.tolist()
    assert found.outcomes["came_back"].tolist() == (days > 0).astype(float).tolist()
    assert len(data.X) == len(found)


def test_an_activity_that_is_read_when_asked_for_gives_the_same(
    activity: cl.DailyActivity,
) -> None:
    class Kept:
        """An activity that is not in memory until it is asked for."""

        timezone, has_money = activity.timezone, activity.has_money

        def daily(self) -> cl.DailyActivity:
            return activity

    one = Experiment.from_log(table(activity), activity)
    two = Experiment.from_log(table(activity), Kept())  # type: ignore[arg-type]
    assert all((one.outcomes[k] == two.outcomes[k]).all() for k in one.outcomes)


def test_nothing_after_the_assignment_is_known_before_it(activity: cl.DailyActivity) -> None:
    known = Experiment.from_log(table(activity), activity).known
    later = activity.frame()
    assert later["day"].max() > pd.Timestamp("2026-05-01")
    keys = pd.DataFrame({"user_id": activity.users, "snapshot": "2026-05-01"})
    data = cl.build_dataset(activity, cl.Snapshots.from_frame(keys), FeatureSet.of(["Tenure"]))
    tenure = data.X["lifecycle__tenure_days__all"].fillna(0)
    assert known["tenure_days"].tolist() == tenure.tolist()


def test_stages_features_and_the_day_of_assignment(activity: cl.DailyActivity) -> None:
    some = FeatureSet.of(["Tenure"])
    found = Experiment.from_log(table(activity), activity, features=some, silence=(10,))
    assert set(found.stage) == {"silent 0-9 days", "silent 10+ days"}
    assert next(iter(found.X)) == "lifecycle__tenure_days__all"
    assert set(found.days) == {int(np.datetime64("2026-05-01", "D").astype(int))}
    assert Experiment.from_log(table(activity), activity, silence=()).stage is None


def test_a_column_of_stages_wins(activity: cl.DailyActivity) -> None:
    frame = table(activity).assign(tier="core")
    found = Experiment.from_log(frame, activity, stage="tier")
    assert set(found.stage) == {"core"}


def test_a_window_that_is_not_over_is_refused_or_dropped(activity: cl.DailyActivity) -> None:
    frame = table(activity)
    frame.loc[:99, "time"] = "2026-06-10"
    with pytest.raises(ExperimentError, match="14 days after the assignment are not over for 100"):
        Experiment.from_log(frame, activity)
    found = Experiment.from_log(frame, activity, unobserved="drop")
    assert len(found) == 150 and found.dropped == {"window not over": 100}
    assert len(found.known) == len(found.arm) == len(found.outcomes["money"]) == 150
    frame.loc[:219, "time"] = "2026-06-10"
    with pytest.raises(ExperimentError, match="fewer than 30"):
        Experiment.from_log(frame, activity, unobserved="drop")


def test_a_person_who_is_not_in_the_log_is_refused_or_silent(activity: cl.DailyActivity) -> None:
    frame = table(activity)
    frame["user_id"] = frame["user_id"].astype(object)
    frame.loc[7, "user_id"] = -5
    with pytest.raises(
        ExperimentError, match="1 of 250 people .* not in the log, the first like -9"
    ):
        Experiment.from_log(frame, activity)
    found = Experiment.from_log(frame, activity, strangers="silent")
    assert found.outcomes["came_back"][7] == 0 and len(found) == 250
    frame["user_id"] = np.arange(250) - 1000
    with pytest.raises(FrameError, match="none of the 250"):
        Experiment.from_log(frame, activity)


def test_a_known_column_with_a_name_of_ours_is_refused(activity: cl.DailyActivity) -> None:
    for name in ("silent_days", "stage"):
        with pytest.raises(ConfigError, match=f"'{name}' is a name of our own"):
            Experiment.from_log(table(activity).assign(**{name: 1}), activity, known=name)


def test_a_table_from_before_the_log_is_refused(activity: cl.DailyActivity) -> None:
    with pytest.raises(ExperimentError, match="assigned before the log begins"):
        Experiment.from_log(table(activity, "2025-05-01"), activity)


def test_a_table_without_times_is_refused_with_a_log(activity: cl.DailyActivity) -> None:
    with pytest.raises(FrameError, match="lacks 1 column.*'time'"):
        Experiment.from_log(table(activity).drop(columns="time"), activity)


@pytest.mark.parametrize("rule", [{"unobserved": "keep"}, {"strangers": "drop"}])
def test_other_rules_for_what_is_missing_are_refused(activity: cl.DailyActivity, rule: Any) -> None:
    with pytest.raises(ConfigError, match="unknown value"):
        Experiment.from_log(table(activity), activity, **rule)


def test_outcomes_of_the_table() -> None:
    frame = pd.DataFrame({"user_id": range(80), "treatment": ["none", "gift"] * 40})
    frame["kept"], frame["spend"], frame["age"] = [True, False] * 40, 1.5, 30
    found = Experiment.from_frame(frame, ["kept", "spend"], known=["age"])
    assert found.outcome("kept")[:2].tolist() == [1.0, 0.0] and found.days is None
    assert found.control == "none" and found.treatments == ("gift",)
    for wrong in (["age"], [], ["none"]):
        with pytest.raises((ConfigError, FrameError)):
            Experiment.from_frame(frame, wrong, known=["age"])
    odd = frame.assign(kept=[True, None] * 40)
    with pytest.raises(ExperimentError, match="missing or no number in 40 rows"):
        Experiment.from_frame(odd, ["kept"])
    with pytest.raises(ConfigError, match="unknown outcome 'vist'"):
        Experiment.from_frame(frame, ["kept"], worse=["vist"])
    with pytest.raises(ConfigError, match="unknown outcome"):
        found.outcome("visit")


def test_a_trial_has_the_better_outcome_upwards_and_the_cost_of_each_arm() -> None:
    frame = pd.DataFrame({"user_id": range(120), "treatment": ["none", "gift"] * 60})
    frame["left"], frame["money"] = [0, 1, 1] * 40, [2.5, 0] * 60
    frame["cost"] = [None, 2.0, None, 4.0] * 30
    found = Experiment.from_frame(frame, ["left", "money"], worse=["left", "money"])
    trial = found.trial("left")
    assert trial.y.tolist() == (1 - frame["left"]).tolist() and trial.outcome == "kept"
    assert trial.costs()[0].tolist() == [3.0] and trial.p[0].tolist() == [0.5, 0.5]
    assert trial.w.tolist() == found.arm.tolist()
    assert found.trial("left", {"gift": 7.0}).costs()[0].tolist() == [7.0]
    assert found.trial("money").y[0] == -2.5 and found.trial("money").outcome == "money"


def test_an_experiment_that_was_not_randomised_says_so() -> None:
    frame = pd.DataFrame({"user_id": range(80), "treatment": ["none", "gift"] * 40, "kept": 1})
    found = Experiment.from_frame(frame, ["kept"], randomised=False)
    assert "observational" in repr(found)
    with pytest.raises(TrialError, match="not randomised"):
        found.trial("kept")
