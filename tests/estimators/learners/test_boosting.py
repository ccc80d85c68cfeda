"""LightGBM: what merging, rescaling and folds rely on in the installed version."""

from __future__ import annotations

from dataclasses import replace

import lightgbm
import numpy as np
import pytest
from support.made_models import known_shop

from churnlab.estimators.learners import boosting, contributions, folds
from churnlab.estimators.learners.plan import Plan

FRAME, Y, _ = known_shop()
X = FRAME.to_numpy()
AMOUNTS = Y / Y.mean()
PLAN = Plan("poisson", 0.1, 7, 20, 1.0, 12, seed=0, threads=1)
WITHOUT_ROUNDS = replace(PLAN, rounds=None)
INNER = folds.by_person(np.arange(len(X)), 0)


@pytest.fixture(scope="module")
def two() -> list[lightgbm.Booster]:
    """Two boosters with different trees, and a different number of them."""
    second = boosting.fit(replace(PLAN, rounds=5), X[:700], AMOUNTS[:700], [0], [])[0]
    return [boosting.fit(PLAN, X, AMOUNTS, [], [])[0], second]


def test_a_merged_booster_predicts_the_sum_of_both(two: list[lightgbm.Booster]) -> None:
    """`merge` puts two texts of LightGBM together: red when a version writes another text."""
    merged = boosting.merge(*two)
    total = sum(boosting.raw(booster, X, 1) for booster in two)
    assert merged.num_trees() == sum(booster.num_trees() for booster in two) == 17
    np.testing.assert_allclose(boosting.raw(merged, X, 1), total, atol=1e-12)
    again = boosting.from_text(boosting.to_text(merged))
    np.testing.assert_array_equal(boosting.raw(again, X, 1), boosting.raw(merged, X, 1))
    parts = contributions.contributions(again, X, 1)
    assert parts.shape == (len(X), X.shape[1] + 1)
    np.testing.assert_allclose(parts.sum(axis=1), total, atol=1e-9)


def test_a_merged_booster_of_rescaled_ones_predicts_the_weighted_sum(
    two: list[lightgbm.Booster],
) -> None:
    copies = [boosting.from_text(boosting.to_text(booster)) for booster in two]
    first, second = (boosting.raw(booster, X, 1) for booster in copies)
    merged = boosting.merge(
        boosting.rescale(copies[0], 0.25, 1.5), boosting.rescale(copies[1], -2.0)
    )
    np.testing.assert_allclose(
        boosting.raw(merged, X, 1), 0.25 * first + 1.5 - 2.0 * second, atol=1e-12
    )


def test_the_text_of_a_booster_has_the_lines_that_merging_and_rescaling_read(
    two: list[lightgbm.Booster],
) -> None:
    lines = boosting.to_text(two[0]).split("\n")
    assert len([line for line in lines if line.startswith("Tree=")]) == 12
    assert len([line for line in lines if line.startswith("num_leaves=")]) == 12
    assert len([line for line in lines if line.startswith("tree_sizes=")]) == 1
    assert lines.count("end of trees") == 1


def test_out_of_fold_scores_are_those_of_boosters_without_the_persons_rows() -> None:
    _, unseen = boosting.fit(PLAN, X, AMOUNTS, [], INNER)
    assert unseen is not None
    learn, held_out = INNER[2]
    wanted, _ = boosting.fit(replace(PLAN), X[learn], AMOUNTS[learn], [], [])
    assert np.corrcoef(unseen[held_out], boosting.raw(wanted, X[held_out], 1))[0, 1] > 0.95


def test_without_folds_the_number_of_rounds_is_fixed() -> None:
    booster, unseen = boosting.fit(WITHOUT_ROUNDS, X, AMOUNTS, [], [])
    assert unseen is None
    assert booster.num_trees() == boosting.FIXED_ROUNDS


def test_a_single_fold_is_held_out_and_stops_the_booster() -> None:
    plan = replace(WITHOUT_ROUNDS, learning_rate=0.3)
    booster, unseen = boosting.fit(plan, X, AMOUNTS, [], INNER[:1])
    assert unseen is not None
    _, held_out = INNER[0]
    assert np.flatnonzero(np.isfinite(unseen)).tolist() == held_out.tolist()
    np.testing.assert_array_equal(unseen[held_out], boosting.raw(booster, X[held_out], 1))
    assert booster.num_trees() < boosting.MAX_ROUNDS


@pytest.mark.parametrize("inner", [INNER, INNER[:1], []])
def test_a_start_is_added_to_and_no_score_includes_it(inner: folds.Folds) -> None:
    start = np.log1p(np.abs(np.nan_to_num(X[:, 1])))
    amounts = AMOUNTS * np.exp(start)
    booster, unseen = boosting.fit(PLAN, X, amounts, [], inner, start=start)
    with_start = np.exp(boosting.raw(booster, X, 1) + start)
    assert with_start.sum() == pytest.approx(amounts.sum(), rel=0.2)
    assert unseen is None or np.nanstd(unseen) < np.std(start + boosting.raw(booster, X, 1))


def test_a_matrix_stored_by_column_gives_the_same_bits() -> None:
    for inner in (INNER, INNER[:1]):
        by_row = boosting.fit(PLAN, np.ascontiguousarray(X), AMOUNTS, [], inner)
        by_column = boosting.fit(PLAN, np.asfortranarray(X), AMOUNTS, [], inner)
        np.testing.assert_array_equal(by_row[1], by_column[1])
        assert boosting.to_text(by_row[0]) == boosting.to_text(by_column[0])


def test_leaves_are_smaller_on_small_data() -> None:
    plan = replace(PLAN, num_leaves=None, min_child_samples=60)
    assert plan.params(30)["num_leaves"] < plan.params(100_000)["num_leaves"]
    assert plan.params(30)["min_child_samples"] == 1
    assert plan.params(100_000)["min_child_samples"] == 60
    assert replace(plan, objective="tweedie").params(30)["tweedie_variance_power"] == 1.3


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_folds_side_by_side_are_those_of_lightgbms_own_cross_validation(
    threads: int, capfd: pytest.CaptureFixture[str]
) -> None:
    plan = replace(WITHOUT_ROUNDS, threads=threads, learning_rate=0.3)
    training = boosting._Training(plan, plan.params(len(X)), X, AMOUNTS, [])
    run = lightgbm.cv(
        training.params,
        training._data(),
        boosting.MAX_ROUNDS,
        folds=INNER,
        callbacks=training._stop(),
        return_cvbooster=True,
    )["cvbooster"]
    capfd.readouterr()
    boosters, rounds = training.cross_validated(INNER)
    assert rounds == run.best_iteration < boosting.MAX_ROUNDS
    wanted = training.out_of_fold(run.boosters, INNER, rounds)
    np.testing.assert_array_equal(training.out_of_fold(boosters, INNER, rounds), wanted)
    assert capfd.readouterr() == ("", "")


def test_a_given_number_of_rounds_is_grown_in_every_fold() -> None:
    plan = replace(PLAN, rounds=boosting.PATIENCE + 5, threads=2)
    training = boosting._Training(plan, plan.params(len(X)), X, AMOUNTS, [])
    boosters, rounds = training.cross_validated(INNER)
    assert rounds == plan.rounds
    assert [booster.num_trees() for booster in boosters] == [plan.rounds] * len(INNER)


def test_neither_rounds_nor_a_bit_of_a_score_depend_on_the_number_of_threads() -> None:
    cut = np.arange(len(X)) % 4
    poisson = replace(WITHOUT_ROUNDS, learning_rate=0.2)
    found = []
    for threads in (1, 2, 3):
        plan = replace(poisson, threads=threads)
        booster, unseen = boosting.fit(plan, X, AMOUNTS, [], INNER, cut=cut)
        found.append((booster.num_trees(), unseen.tobytes(), boosting.raw(booster, X, 1).tobytes()))
    assert found[0] == found[1] == found[2]
