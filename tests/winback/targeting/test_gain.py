"""Gain curves, Qini and AUUC against slow plain loops and worked values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from churnlab.errors import TrialError
from churnlab.winback.targeting.gain import Ordered, auuc, gain_table, qini
from churnlab.winback.targeting.rate import Sample


def slow_areas(y: list, treated: list, priority: list, weight: list) -> tuple[float, float]:
    """Qini coefficient and AUUC from the definitions, one threshold after another."""
    n = len(y)
    rows = list(zip(y, treated, priority, weight, strict=True))
    all_treated = sum(v for _, t, _, v in rows if t)
    share, g, u = [0.0], [0.0], [0.0]
    for cut in sorted(set(priority), reverse=True):
        top = [row for row in rows if row[2] >= cut]
        nt = sum(v for _, t, _, v in top if t)
        nc = sum(v for _, t, _, v in top if not t)
        rt = sum(v * k for k, t, _, v in top if t)
        rc = sum(v * k for k, t, _, v in top if not t)
        share.append(len(top) / n)
        g.append((rt - (rc * nt / nc if nc else 0.0)) / all_treated)
        u.append(((rt / nt if nt else 0.0) - (rc / nc if nc else 0.0)) * len(top) / n)
    pieces = range(len(share) - 1)

    def area(curve: list) -> float:
        return sum((share[i + 1] - share[i]) * (curve[i] + curve[i + 1]) / 2 for i in pieces)

    return area(g) - g[-1] / 2, area(u)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 3), st.booleans(), st.integers(0, 7), st.sampled_from([0.2, 0.5, 0.7])
        ),
        min_size=2,
        max_size=40,
    ),
    st.booleans(),
)
def test_they_equal_the_slow_loops(rows: list, weighted: bool) -> None:
    y, treated, priority, chance = (np.array(x) for x in zip(*rows, strict=True))
    assume(treated.any() and not treated.all())
    weight = list(1 / chance) if weighted else [1.0] * len(rows)
    slow = slow_areas(list(y), list(treated), list(priority), weight)
    given_chance = chance if weighted else None
    assert qini(y, treated, priority, given_chance) == pytest.approx(slow[0], abs=1e-9)
    assert auuc(y, treated, priority, given_chance) == pytest.approx(slow[1], abs=1e-9)


def test_worked_by_hand() -> None:
    # Ranked: treated kept, untreated left, treated left, untreated left; two treated in all.
    # g after each: (1 - 0)/2 = .5, (1 - 0*1/1)/2 = .5, (1 - 0*2/1)/2 = .5, (1 - 0)/2 = .5.
    # Area: .25 * (.25 + .5 + .5 + .5) = .4375, less the triangle .5/2: Qini = .1875.
    # Uplift: 1*.25 = .25, (1 - 0)*.5 = .5, (.5 - 0)*.75 = .375, (.5 - 0)*1 = .5;
    # area .25 * (.125 + .375 + .4375 + .4375) = .34375.
    y, treated = np.array([1.0, 0.0, 0.0, 0.0]), np.array([True, False, True, False])
    priority = np.array([4.0, 3.0, 2.0, 1.0])
    made = Ordered.of(y, treated, priority)
    assert made.qini().tolist() == pytest.approx([0, 0.5, 0.5, 0.5, 0.5])
    assert made.uplift().tolist() == pytest.approx([0, 0.25, 0.5, 0.375, 0.5])
    assert qini(y, treated, priority) == pytest.approx(0.1875, abs=1e-12)
    assert auuc(y, treated, priority) == pytest.approx(0.34375, abs=1e-12)


def test_the_sign_for_churn() -> None:
    # Of four people ranked first the treated stay and the others leave: the gain is above 0; with
    # the outcomes turned the same ranking loses people, and the areas change their sign.
    y = np.array([1.0, 0, 1, 0, 0, 0, 0, 0])
    treated = np.tile([True, False], 4)
    priority = np.arange(8.0, 0, -1)
    assert qini(y, treated, priority) > 0 and auuc(y, treated, priority) > 0
    assert qini(-y, treated, priority) == pytest.approx(-qini(y, treated, priority))
    assert auuc(y, treated, -priority) < auuc(y, treated, priority)


def test_one_priority_for_all_is_the_straight_line() -> None:
    chance = np.random.default_rng(0)
    y, treated = chance.random(50), chance.random(50) < 0.5
    assert qini(y, treated, np.zeros(50)) == pytest.approx(0, abs=1e-12)
    effect = y[treated].mean() - y[~treated].mean()
    assert auuc(y, treated, np.zeros(50)) == pytest.approx(effect / 2, abs=1e-12)


def test_weights_make_up_for_chances_that_differ() -> None:
    # Half of the people had a chance of .9 and stay anyway: the unweighted difference lies.
    chance = np.random.default_rng(1)
    stays = np.arange(40_000) % 2 == 0
    p = np.where(stays, 0.9, 0.1)
    treated = chance.random(40_000) < p
    y = stays.astype(float)
    made = Ordered.of(y, treated, np.zeros(len(y)), np.where(treated, p, 1 - p))
    assert abs(made.uplift()[-1]) < 0.03
    assert Ordered.of(y, treated, np.zeros(len(y))).uplift()[-1] > 0.7


QUARTERS = np.array([0.25, 0.5, 0.75, 1.0])


def test_the_table_is_the_mean_score_of_those_contacted() -> None:
    scores, cost = np.array([0.4, 0.2, 0.0, -0.2]), np.array([1.0, 1.0, 2.0, 4.0])
    table = gain_table(scores, np.array([4.0, 3.0, 2.0, 1.0]), cost, shares=QUARTERS)
    assert table["people"].tolist() == [1, 2, 3, 4]
    assert table["kept"].tolist() == pytest.approx([400, 300, 200, 100])
    assert table["per_money"].tolist() == pytest.approx([0.4, 0.3, 0.15, 0.05])


def test_a_person_on_the_border_counts_in_part_and_ties_have_their_mean() -> None:
    scores = np.array([4.0, 2.0, 0.0])
    half = np.array([0.5])
    assert gain_table(scores, np.array([3.0, 2, 1]), shares=half)["kept"].tolist() == pytest.approx(
        [1000 * (4 + 0.5 * 2) / 1.5]
    )
    assert gain_table(scores, np.zeros(3), shares=half)["kept"].tolist() == pytest.approx([2000])


def test_without_costs_or_with_free_treatments_money_is_not_known() -> None:
    table = gain_table(np.ones(8), np.arange(8.0), shares=QUARTERS)
    assert table["per_money"].isna().all()
    free = gain_table(np.ones(8), np.arange(8.0), np.zeros(8), shares=QUARTERS)
    assert free["per_low"].isna().all()


def test_folds_are_ranked_each_by_itself() -> None:
    scores, fold = np.array([1.0, 0, 1.0, 0]), np.array([0, 0, 1, 1])
    apart = gain_table(
        scores, np.array([2.0, 1.0, 200.0, 100.0]), sample=Sample(fold), shares=QUARTERS
    )
    assert apart["kept"][1::2].tolist() == pytest.approx([1000, 500])


def test_the_intervals_are_those_of_new_samples() -> None:
    def sample(seed: int, draws: int) -> np.ndarray:
        chance = np.random.default_rng(seed)
        priority, cost = chance.normal(size=400), chance.uniform(1, 3, 400)
        scores = 0.3 * priority + chance.normal(size=400)
        table = gain_table(
            scores, priority, cost, sample=Sample(draws=draws, seed=seed), shares=QUARTERS
        )
        return table[["kept", "high", "per_money", "per_high"]].to_numpy()

    spread = np.std([sample(seed, 2)[:, [0, 2]] for seed in range(300)], axis=0)
    wide = np.mean([sample(seed, 100) for seed in range(10)], axis=0)
    assert (wide[:, 1] - wide[:, 0]) / 1.96 == pytest.approx(spread[:, 0], rel=0.15)
    assert (wide[:, 3] - wide[:, 2]) / 1.96 == pytest.approx(spread[:, 1], rel=0.15)


def test_without_a_control_nothing_is_known() -> None:
    with pytest.raises(TrialError, match="given nothing"):
        qini(np.ones(3), np.array([True] * 3), np.arange(3.0))
