"""Differences of effects between groups, against a linear model with robust errors."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from support.experiments import drawn, hillstrom, needs_hillstrom

from churnlab.winback.experiments.differences import differences_of, welch


def test_the_statistic_is_that_of_the_interactions_in_a_linear_model() -> None:
    formula = pytest.importorskip("statsmodels.formula.api")
    experiment = drawn()
    names, group = experiment.group("age")
    frame = pd.DataFrame({"y": experiment.outcome("money"), "t": experiment.arm, "g": group})
    fitted = formula.ols("y ~ C(g) * t", frame).fit(cov_type="HC2")
    terms = [i for i, name in enumerate(fitted.params.index) if ":t" in name]
    wald = fitted.wald_test(np.eye(len(fitted.params))[terms], use_f=False, scalar=True)
    found = differences_of(experiment, ["age"]).frame.set_index("outcome").loc["money"]
    treated = [frame["y"][(group == i) & (experiment.arm == 1)] for i in range(len(names))]
    control = [frame["y"][(group == i) & (experiment.arm == 0)] for i in range(len(names))]
    f, p = slow(treated, control)
    assert (found["f"], found["p"]) == pytest.approx((f, p), rel=1e-9)
    assert found["f"] * 3 < wald.statistic < found["f"] * 3 * 1.02


def slow(treated: list[pd.Series], control: list[pd.Series]) -> tuple[float, float]:
    """Welch's test of 1951 in plain steps."""
    from scipy import stats

    both = list(zip(treated, control, strict=True))
    effect = [a.mean() - b.mean() for a, b in both]
    variance = [a.var() / len(a) + b.var() / len(b) for a, b in both]
    freedom = [
        v**2 / ((a.var() / len(a)) ** 2 / (len(a) - 1) + (b.var() / len(b)) ** 2 / (len(b) - 1))
        for v, (a, b) in zip(variance, both, strict=True)
    ]
    weight = [1 / v for v in variance]
    centre = sum(w * d for w, d in zip(weight, effect, strict=True)) / sum(weight)
    k = len(effect)
    top = sum(w * (d - centre) ** 2 for w, d in zip(weight, effect, strict=True)) / (k - 1)
    loss = sum((1 - w / sum(weight)) ** 2 / m for w, m in zip(weight, freedom, strict=True))
    f = top / (1 + 2 * (k - 2) / (k**2 - 1) * loss)
    return f, float(stats.f.sf(f, k - 1, (k**2 - 1) / (3 * loss)))


def test_two_groups_are_welchs_t_test_of_the_two_effects() -> None:
    from scipy import stats

    f, p = welch(np.array([1.0, 2.0]), np.array([0.3, 0.4]), np.array([40.0, 50.0]))
    freedom = 0.25**2 / (0.09**2 / 40 + 0.16**2 / 50)
    assert p == pytest.approx(2 * stats.t.sf(1 / 0.5, freedom), rel=1e-9) and f == pytest.approx(4)


def test_without_a_difference_5_in_100_tests_find_one() -> None:
    rng, found = np.random.default_rng(0), []
    for seed in range(120):
        experiment = drawn(600, seed, harm=0.2)
        experiment.known["age"] = rng.random(600)
        found += differences_of(experiment, ["age"]).frame["p"].tolist()
    assert 0.02 < np.mean(np.array(found) < 0.05) < 0.08


def test_effects_that_differ_are_found_and_said() -> None:
    found = differences_of(drawn(2000), ["stage", "age"])
    rows = found.frame.set_index(["by", "outcome"])
    assert rows["differ"]["stage", "kept"] and not rows["differ"]["age", "kept"]
    assert rows.loc[("stage", "kept"), ["lowest", "highest"]].tolist() == ["core", "fading"]
    said = [str(words) for words in found.words()]
    assert "beyond chance" in said[0] and "could be chance" in said[-1]
    assert len(found.differing) and "stage" in found._repr_html_()
    assert json.loads(json.dumps(found.to_dict()))["rows"][0]["by"] == "stage"


def test_groups_that_cannot_be_compared_have_no_p() -> None:
    experiment = drawn(100)
    found = differences_of(experiment, ["age"])
    assert found.frame["p"].isna().all() and not found.frame["differ"].any()
    assert "too few people" in str(found.words()[0]) and "–" in found.html()


@needs_hillstrom
def test_differences_between_bands_of_recency_in_spend_could_be_chance() -> None:
    found = hillstrom().differences("recency")
    spend = found.frame[found.frame["outcome"] == "spend"]
    assert (spend["p"] > 0.5).all() and not spend["differ"].any()
    assert all("could be chance" in str(words) for words in found.words())
