"""Trial: what cannot be learnt from is refused or left out, and said."""

from __future__ import annotations

import numpy as np
import pytest

from churnlab.errors import TrialError
from churnlab.winback.targeting.trial import Trial

ARMS = np.repeat(["none", "gift", "mail"], 60)
KEPT = np.arange(180.0) % 2


def test_the_shares_are_the_chances_where_none_are_given() -> None:
    trial = Trial.checked(KEPT, np.repeat(["none", "gift"], [120, 60]))
    assert trial.p[0].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert trial.people == {"none": 120, "gift": 60}


def test_churn_is_turned_so_that_larger_is_better() -> None:
    assert Trial.of_churn(KEPT, ARMS).y.tolist() == (1 - KEPT).tolist()


def test_an_arm_of_twelve_people_is_left_out_and_said() -> None:
    w = np.repeat(["none", "gift", "rare"], [100, 68, 12])
    trial = Trial.checked(
        KEPT, w, p={"none": 0.5, "gift": 0.4, "rare": 0.1}, cost={"gift": 1.0, "rare": 9.0}
    )
    assert trial.arms == ("gift",) and len(trial) == 168
    assert trial.p[0].tolist() == pytest.approx([5 / 9, 4 / 9])
    assert trial.cost is not None and trial.cost.shape == (168, 1)
    assert "rare was given to 12 people" in str(trial.notes[0])


def test_without_an_arm_or_a_control_nothing_can_be_learnt() -> None:
    with pytest.raises(TrialError, match="no treatment was given to 50 people"):
        Trial.checked(KEPT, np.repeat(["none", "rare"], [168, 12]))
    with pytest.raises(TrialError, match="12 people were given nothing"):
        Trial.checked(KEPT, np.repeat(["none", "gift"], [12, 168]))
    with pytest.raises(TrialError, match="0 people were given nothing"):
        Trial.checked(np.zeros(0), np.zeros(0, str))


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_a_chance_of_0_or_1_is_refused(chance: float) -> None:
    p = np.full((180, 3), 1 / 3)
    p[7] = [1 - chance, chance, 0.0]
    with pytest.raises(TrialError, match="above 0 and below 1"):
        Trial.checked(KEPT, ARMS, arms=["gift", "mail"], p=p)


@pytest.mark.parametrize(
    "given, says",
    [
        ({"y": np.r_[np.nan, KEPT[1:]]}, "missing or infinite for 1 of 180"),
        ({"w": ARMS[:3]}, "shape"),
        ({"arms": ["gift"]}, "unknown"),
        ({"p": {"none": 0.5, "gift": 0.5}}, "unknown"),
        ({"p": {"none": 0.5, "gift": 0.3, "mail": 0.1}}, "add up to 0.9"),
        ({"p": np.full((3, 3), 1 / 3)}, "shape"),
        ({"p": np.full((180, 3), np.nan)}, "missing"),
        ({"cost": {"gift": 1.0}}, "cost of 'mail' is not known"),
        ({"cost": {"gift": 1.0, "mail": np.nan}}, "cost of 'mail' is not known"),
        ({"cost": {"gift": -1.0, "mail": 1.0}}, "costs -1"),
        ({"cost": {"gift": 1.0, "mail": 1.0, "call": 1.0}}, "unknown"),
        ({"cost": np.ones((3, 2))}, "shape"),
        ({"cluster": np.zeros(3)}, "shape"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(given: dict, says: str) -> None:
    with pytest.raises(TrialError, match=says) as found:
        Trial.checked(**({"y": KEPT, "w": ARMS} | given))
    assert "\n" not in str(found.value)


def test_costs_that_were_not_given_are_asked_for_when_they_are_needed() -> None:
    with pytest.raises(TrialError, match="cost of 'gift', 'mail' is not known"):
        Trial.checked(KEPT, ARMS).costs()


def test_some_people_keep_all_arms() -> None:
    trial = Trial.checked(KEPT, ARMS, cluster=np.repeat(np.arange(90), 2)).take(np.arange(10))
    assert len(trial) == 10 and trial.arms == ("gift", "mail")
    assert trial.cluster.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
