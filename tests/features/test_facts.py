"""Facts: each equals what plain Python makes of the raw log, and so does every number said."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import logs, to_log
from support.counting import count
from support.plain_facts import Plain, plain_people, problems

import churnlab as cl
from churnlab.dataset import compute
from churnlab.demo.datasets import ROLES, make_community
from churnlab.explanation.explanation import Explanation
from churnlab.explanation.reasons import Chosen
from churnlab.features.expression import Sum
from churnlab.features.facts import Facts, facts_of, is_fact, reasons_of, with_facts
from churnlab.features.feature_set import FeatureSet
from churnlab.features.reasons.reason import Reason, fact

FACTS = facts_of(FeatureSet.default())
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


def facts_at(activity: cl.DailyActivity, users: list, t: int) -> Facts:
    codes = np.array([list(activity.users).index(u) for u in users])
    frame = compute.compute(activity, codes, np.full(len(users), t), FACTS)
    return Facts(frame, reasons_of((), compute.available(activity)))


def check(facts: Facts, people: list[Plain]) -> int:
    """Every fact, and every sentence that they support; returns how many sentences."""
    for i, person in enumerate(people):
        for name in facts.frame.columns:
            mine, theirs = facts.frame[name].iloc[i], person.number(name)
            assert (math.isnan(mine) and math.isnan(theirs)) or math.isclose(
                mine, theirs, rel_tol=1e-9, abs_tol=1e-9
            ), name
    said = said_by(facts)
    for row, text in said:
        assert problems(text, people[row].number) == []
    return len(said)


def said_by(facts: Facts) -> list[tuple[int, str]]:
    """Every sentence that the facts support, with its row."""
    said = []
    for place, reason in enumerate(facts.reasons):
        if not reason.speaks(facts.frame.columns):
            continue
        rows = np.flatnonzero(reason.holds(facts.frame))
        places = np.full((len(rows), 1), place)
        texts = Chosen(facts.reasons, places, facts.frame.iloc[rows]).said("en").ravel()
        said += zip(rows.tolist(), texts, strict=True)
    return said


@pytest.mark.examples(facts=30)
@settings(max_examples=40)
@given(logs(), st.integers(1, 75))
def test_facts_equal_plain_python_on_random_logs(made: tuple, offset: int) -> None:
    found, meaning = made
    activity = to_log(found, meaning).daily()
    people = plain_people(found, meaning, activity.start + offset)
    users = list(people)
    check(facts_at(activity, users, activity.start + offset), [people[u] for u in users])
    count("facts")


def test_every_sentence_that_the_facts_support_is_true_of_the_raw_log() -> None:
    community = make_community(users=24, days=110, seed=3)
    activity = community.log().daily()
    found = [
        oracle.Event(
            user,
            at.tz_localize("Asia/Shanghai"),
            name,
            None if pd.isna(amount) else amount,
        )
        for user, at, name, amount in community.events.itertuples(index=False)
    ]
    meaning = oracle.Meaning(ROLES, zone="Asia/Shanghai")
    t = activity.start + 95
    people = plain_people(found, meaning, t)
    users = [u for u in people if u in set(activity.users)]
    assert check(facts_at(activity, users, t), [people[u] for u in users]) > 40


def test_facts_stand_beside_features_and_are_told_apart() -> None:
    names = with_facts(FeatureSet.of(["Tenure"])).names(frozenset())
    assert names[:2] == FeatureSet.of(["Tenure"]).names(frozenset())[:2]
    assert all(is_fact(name) for name in names[3:]) and not any(map(is_fact, names[:3]))
    assert with_facts(FeatureSet.default()).look_back == FeatureSet.default().look_back


def test_facts_look_no_further_back_than_the_features() -> None:
    few = facts_of(FeatureSet.of(["Tenure"])).names(frozenset({"other"}))
    assert few and all(name.endswith("__all") or "__days_seen" in name for name in few)
    assert any(name.endswith("__364d") for name in FACTS.names(frozenset({"other"})))


def test_one_name_is_one_fact() -> None:
    roles = frozenset({*ROLES, "money", "quiz", "other"})
    found: dict[str, object] = {}
    for reason in reasons_of((), roles):
        for one in reason.facts.values():
            assert found.setdefault(one.name, one.value) == one.value
    assert len(found) > 90


class Own(cl.FeatureBuilder):
    """Acts of a week, with a reason of its own."""

    signal = "own"
    topics = {"": "spending:own"}

    def features(self, roles: frozenset[str]):  # type: ignore[no-untyped-def]
        yield cl.Feature("own__acts_sum__7d", Sum("acts")[0, 7], "acts", "{value:.0f} acts")

    def reasons(self, roles: frozenset[str]):  # type: ignore[no-untyped-def]
        week = fact("own_acts", Sum("acts")[0, 7], 0, 7)
        says = "Only {acts:act|acts} in a week"
        yield Reason("own", "spending:own", says, {"acts": week}, lambda one: one.acts < 40)


def test_a_builder_brings_reasons_of_its_own() -> None:
    activity = make_community(users=40, days=90).log().daily()
    snapshots = cl.Snapshots.at(activity, ["2026-03-01"])
    data = cl.build_dataset(activity, snapshots, FeatureSet((Own(),)))
    assert data.catalogue["theme"].tolist() == ["spending"] and list(data.X) == [
        "own__acts_sum__7d"
    ]
    facts = data.facts()
    week = data.X["own__acts_sum__7d"]
    assert facts.frame["fact__own_acts__7d"].tolist() == week.tolist()
    why = Explanation(week.to_frame() * 0 + 1, 0.0, data.X, data.catalogue, facts)
    want = [f"Only {n:.0f} acts in a week" if n < 40 else "" for n in week]
    assert why.reasons(1)["reason_1"].tolist() == want and len(set(want)) > 2


def test_a_log_of_purchases_tells_no_return_and_no_look_as_an_order() -> None:
    rng = np.random.default_rng(5)
    names = {"buys": ["sold"], "returns": ["sold", "sent back"], "looks": ["sold", "looked"]}
    found = [
        oracle.Event(
            f"{kind} {i}",
            EPOCH + timedelta(days=int(day), hours=12),
            (name := str(rng.choice(names[kind]))),
            float(rng.integers(0, 9)) if name != "looked" else None,
        )
        for kind in names
        for i in range(12)
        for day in rng.choice(900, 2 + 3 * i, replace=False) * rng.uniform(0.2, 1)
    ]
    roles = {"purchase": ["sold"], "refund": ["sent back"]}
    meaning = oracle.Meaning(roles)
    activity = cl.EventLog.from_frame(
        pd.DataFrame([(e.user, e.at, e.name, e.amount) for e in found], columns=list("utea")),
        user="u", time="t", event="e", amount="a", roles=roles, timezone="UTC",
    ).daily()  # fmt: skip
    texts = []
    for offset in (120, 400, 700, 910):
        people = plain_people(found, meaning, activity.start + offset)
        facts = facts_at(activity, list(people), activity.start + offset)
        assert check(facts, list(people.values())) > 20
        texts += [(list(people)[row], text) for row, text in said_by(facts)]
    told = " ".join(text for user, text in texts if not user.startswith("looks"))
    assert "Bought on" in told and "isit" not in told
    assert any("Visited on" in text for user, text in texts if user.startswith("looks"))
