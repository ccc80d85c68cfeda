"""The simulated experiment: its log shows what its truth says."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from churnlab.demo.datasets import make_experiment
from churnlab.demo.treatments import ARMS, SHARES, CommunityExperiment
from churnlab.errors import ConfigError


@cache
def made() -> CommunityExperiment:
    return make_experiment(users=900, days=90, seed=2)


def test_who_came_back_in_the_log_are_those_of_the_truth() -> None:
    found = made().experiment()
    truth = made().truth.set_index("user_id").loc[found.users]
    assert (found.outcomes["came_back"] == truth["came_back"].to_numpy()).all()
    assert (np.asarray(found.stage) == truth["stage"].to_numpy()).all()


def test_effects_are_where_they_were_planted() -> None:
    effects = pd.DataFrame(made().effects(), columns=list(ARMS[1:]))
    by_stage = effects.groupby(made().truth["stage"].to_numpy()).mean()
    assert by_stage.loc["fading"].tolist() == pytest.approx([0.2, 0, -0.12], abs=0.02)
    assert by_stage.loc["gone"].tolist() == pytest.approx([0, 0.12, 0], abs=0.02)
    assert by_stage.loc[""].tolist() == [0, 0, 0]


def test_chance_decides_and_the_stages_look_like_it() -> None:
    shares = made().table["treatment"].value_counts(normalize=True)
    assert all(shares[arm] == pytest.approx(SHARES[arm], abs=0.06) for arm in ARMS)
    found = made().experiment()
    known = found.known.groupby(np.asarray(found.stage)).mean()
    assert known.loc["gone", "silent_days"] > 29 and known.loc["", "silent_days"] < 5
    assert known.loc["fading", "active_days_28d"] < known.loc["", "active_days_28d"] / 2


def test_it_is_called_simulated_and_repeats() -> None:
    assert made().simulated and "SIMULATED" in repr(made())
    assert made().community.events.attrs["simulated"]
    again = make_experiment(users=900, days=90, seed=2)
    pd.testing.assert_frame_equal(again.truth, made().truth)
    assert len(again.community.events) == len(made().community.events)


@pytest.mark.parametrize("users, days", [(50, 120), (500, 60)])
def test_too_small_is_refused(users: int, days: int) -> None:
    with pytest.raises(ConfigError, match="at least 100 users and 90 days"):
        make_experiment(users, days)
