"""RunFacts: the round trip by JSON, older and newer formats, and facts that are missing."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.facts import DATASET, made_up_facts

from churnlab.errors import ModelError
from churnlab.model_registry.run_facts import (
    FORMAT,
    ChampionFacts,
    DatasetFacts,
    ReferenceFacts,
    RunFacts,
    ServedFacts,
    TargetFacts,
)

TEXTS = st.lists(st.text(max_size=5), max_size=3).map(tuple)
COUNTS = st.integers(0, 10**12)
SHARES = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | COUNTS | SHARES | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)


def table(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.text(max_size=5), values, max_size=3)


DATASETS = st.builds(
    DatasetFacts,
    name=st.text(),
    digest=st.text(),
    rows=COUNTS,
    people=COUNTS,
    columns=COUNTS,
    days=TEXTS,
    means=table(SHARES),
    left_out=table(COUNTS),
    skipped_builders=table(st.text()),
)
FACTS = st.builds(
    RunFacts,
    name=st.text(),
    version=st.text(),
    models=TEXTS,
    dataset=DATASETS,
    timezone=st.text(),
    active_within=COUNTS,
    target=st.builds(
        TargetFacts,
        churn_horizon=COUNTS,
        lead=COUNTS,
        roles=st.none() | TEXTS,
        terminal=st.none() | st.text(),
        ltv_horizon=COUNTS,
    ),
    simulated=st.booleans(),
    roles=table(JSON),
    features=TEXTS,
    look_back=COUNTS,
    targets=TEXTS,
    evaluations=table(table(JSON)),
    judged_on=st.none() | DATASETS,
    served=st.none()
    | st.builds(ServedFacts, trained_on=st.text(), judged_version=st.text(), rows=table(DATASETS)),
    reference=st.none()
    | st.builds(
        ReferenceFacts,
        edges=st.lists(SHARES, max_size=3).map(tuple),
        shares=st.lists(SHARES, max_size=3).map(tuple),
        missing=table(SHARES),
    ),
    champion=st.none()
    | st.builds(
        ChampionFacts,
        number=COUNTS,
        run_id=st.text(),
        model_version=st.text(),
        learnt_up_to=st.text(),
        tables=table(st.lists(table(JSON), max_size=2)),
        missing=st.text(),
    ),
)


OPTIONAL = ("simulated", "look_back", "judged_on", "served", "champion", "reference")


@given(FACTS)
def test_facts_come_back_from_json_as_they_were(facts: RunFacts) -> None:
    text = json.dumps(facts.to_dict(), allow_nan=False)
    assert RunFacts.from_dict(json.loads(text)) == facts


def test_every_fact_is_in_the_json_with_the_number_of_the_format() -> None:
    found = made_up_facts().to_dict()
    assert set(found) == {"format", *(f.name for f in fields(RunFacts))}
    assert found["format"] == FORMAT


def test_facts_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        made_up_facts().version = "other"  # type: ignore[misc]


@pytest.mark.parametrize("number", [FORMAT + 1, 0, "new", None])
def test_an_unknown_format_is_refused_in_one_line(number: object) -> None:
    with pytest.raises(ModelError, match="logged by a newer churnlab") as refused:
        RunFacts.from_dict(made_up_facts().to_dict() | {"format": number})
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", [f.name for f in fields(RunFacts) if f.name not in OPTIONAL])
def test_facts_that_are_damaged_are_refused_in_one_line(name: str) -> None:
    if name in ("name", "version", "timezone", "active_within", "roles", "evaluations"):
        damaged = {**made_up_facts().to_dict(), name + "s of old": 1}
    else:
        damaged = {k: v for k, v in made_up_facts().to_dict().items() if k != name}
    with pytest.raises(ModelError, match="no model can be read from the facts") as refused:
        RunFacts.from_dict(damaged)
    assert "\n" not in str(refused.value)


def test_a_run_logged_before_windows_of_years_looks_back_a_year() -> None:
    old = {k: v for k, v in made_up_facts().to_dict().items() if k != "look_back"}
    assert RunFacts.from_dict(old).look_back == 364


def test_a_run_logged_before_models_were_fitted_again_scores_with_what_it_judged() -> None:
    facts = made_up_facts().to_dict()
    old = {k: v for k, v in facts.items() if k not in ("judged_on", "served")} | {"format": 2}
    read = RunFacts.from_dict(old)
    assert read.served is None and read.judged_on is None and read.learnt() == read.dataset


def test_the_age_is_that_of_the_churn_model_that_scores() -> None:
    newer = replace(DATASET, days=("2026-01-01", "2026-03-01"))
    served = ServedFacts("2026-03-31", "v0", {"churned": newer, "ltv": DATASET})
    facts = made_up_facts(served=served)
    assert facts.learnt("ltv") == DATASET and facts.learnt() == newer
    assert facts.age(served.trained_on) == 30 and facts.age("2026-04-30") == 60
    assert made_up_facts().age("2026-04-30") == 119


def test_a_run_logged_before_formats_had_numbers_is_read() -> None:
    old = {
        "name": "shop",
        "version": "v0",
        "models": ["churned", "ltv"],
        "simulated": True,
        "dataset": {
            "name": "events.parquet",
            "digest": "d",
            "rows": 10,
            "people": 5,
            "columns": 3,
            "days": ["2026-03-01", "2026-03-15"],
            "churned_mean": 0.25,
            "ltv_mean": 3.5,
            "left_out": {"purged": 2},
            "skipped_builders": {"PushOpenDecline": "push_sent"},
        },
        "roles": {"roles": {"open": ["open"]}, "receipts": [], "ignore": []},
        "timezone": "Asia/Shanghai",
        "config": {
            "target": {
                "churn_horizon": 30,
                "lead": 7,
                "roles": ["open"],
                "terminal": None,
                "ltv_horizon": 90,
            },
            "snapshots": {"active_within": 45},
            "features": {"builders": ["Tenure"]},
        },
        "targets": ["churned: no act in the 30 days after the snapshot"],
        "evaluations": {"churned": {"rows": 4}},
    }
    facts = RunFacts.from_dict(old)
    assert (facts.active_within, facts.features, facts.simulated) == (45, ("Tenure",), True)
    assert facts.target == TargetFacts(30, lead=7, roles=("open",), ltv_horizon=90)
    assert facts.dataset.means == {"churned": 0.25, "ltv": 3.5}
    assert facts.dataset.days == ("2026-03-01", "2026-03-15")
    assert RunFacts.from_dict(facts.to_dict()) == facts and "config" in old
