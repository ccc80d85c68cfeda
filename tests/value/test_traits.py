"""Lifts: counted by hand, intervals that hold together, what is not tested."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact, norm

from churnlab.value import traits


def people(n: int = 400, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    inside = rng.random(n) < 0.3
    region = rng.choice(["north", "south", None], n, p=[0.5, 0.4, 0.1])
    device = np.where(inside & (rng.random(n) < 0.7), "tablet", rng.choice(["phone", "tablet"], n))
    habit = np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n) + inside)
    return pd.DataFrame({"region": region, "device": device}), pd.DataFrame({"h": habit}), inside


def test_lifts_and_tests_are_those_counted_by_hand() -> None:
    attributes, signals, inside = people()
    found = traits.traits({"g": inside}, attributes, signals)
    tests = len(found)
    assert tests == 3 + 2 + 2  # region with "not known", device, two quarters
    z = norm.ppf(1 - 0.05 / tests / 2)
    chances = []
    for row in found[found["trait"] == "device"].itertuples():
        a = sum(d == row.member and i for d, i in zip(attributes["device"], inside, strict=True))
        b = sum(
            d == row.member and not i for d, i in zip(attributes["device"], inside, strict=True)
        )
        n, m = int(inside.sum()), int((~inside).sum())
        assert row.people == a and row.lift == pytest.approx((a / n) / (b / m))
        reach = z * sqrt(1 / a - 1 / n + 1 / b - 1 / m)
        assert row.low == pytest.approx(exp(log(row.lift) - reach))
        assert row.high == pytest.approx(exp(log(row.lift) + reach))
        chances.append(fisher_exact([[a, n - a], [b, m - b]]).pvalue)
    assert found[found["trait"] == "device"]["p"].min() == pytest.approx(min(chances) * tests)
    assert found.set_index(["trait", "member"]).loc[("device", "tablet"), "beyond_chance"]
    quarter = found[(found["trait"] == "h") & (found["member"] == traits.UPPER)].iloc[0]
    known = signals["h"].dropna()
    bound = known.quantile(0.75)
    assert quarter["people"] == int((signals["h"][inside] > bound).sum())
    assert quarter["share"] == pytest.approx((signals["h"][inside].dropna() > bound).mean())


def test_a_trait_that_nobody_else_has_gets_half_a_person() -> None:
    lift, low, high = traits.ratio(*(np.array([x]) for x in (5.0, 10.0, 0.0, 20.0)))
    assert lift[0] == pytest.approx((5.5 / 10.5) / (0.5 / 20.5))
    reach = norm.ppf(0.975) * sqrt(1 / 5.5 - 1 / 10.5 + 1 / 0.5 - 1 / 20.5)
    assert (low[0], high[0]) == pytest.approx((lift[0] * exp(-reach), lift[0] * exp(reach)))


def test_what_made_a_group_is_not_tested_in_it() -> None:
    attributes, signals, inside = people()
    groups = {"all": inside, "cluster 1": inside & (np.arange(len(inside)) % 2 == 0)}
    found = traits.traits(groups, attributes, signals, frozenset({("cluster 1", "h")}))
    made = found[(found["group"] == "cluster 1") & (found["trait"] == "h")]
    assert len(made) == 2 and made["p"].isna().all() and not made["beyond_chance"].any()
    assert found.drop(made.index)["p"].notna().all()


def test_chance_alone_is_hardly_ever_beyond_chance() -> None:
    wrong = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        given = pd.DataFrame({c: rng.choice(list("abc"), 300) for c in ("x", "y", "z")})
        inside = rng.random(300) < 0.3
        wrong += traits.traits({"g": inside}, given, pd.DataFrame(index=given.index))[
            "beyond_chance"
        ].any()
    assert wrong <= 8  # 5% of 60 are 3; more than 8 have a chance of 0.4%


def test_ids_are_no_traits_and_large_groups_have_the_normal_test() -> None:
    n = 30_000
    inside = np.arange(n) < 3000
    given = pd.DataFrame(
        {"id": [f"u{i}" for i in range(n)], "b": np.where(np.arange(n) < 2000, "x", "y")}
    )
    found = traits.traits({"g": inside}, given, pd.DataFrame(index=given.index))
    assert set(found["trait"]) == {"b"} and found["p"].max() < 1e-9


def test_of_many_values_the_twenty_commonest_stand_alone() -> None:
    n = 600
    country = pd.Series([f"c{i % 40 if i % 2 else 0}" for i in range(n)])
    found = traits.traits(
        {"g": np.arange(n) < 200}, country.to_frame("country"), pd.DataFrame(index=range(n))
    )
    assert len(found) == 21 and str(traits.OTHERS) in set(found["member"])
    assert found["people"].sum() == 200
