"""Rows set aside, attributes that do not fit, features that are missing."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from support.facts import made_up_facts

from churnlab.config.sections import GuardsTable
from churnlab.features.known_attributes import KnownAttributes
from churnlab.model_registry.run_facts import ReferenceFacts
from churnlab.nightly.guards.intake import attributes, missing, repeats, set_aside
from churnlab.store.activity_store import ActivityStore

LIMITS = GuardsTable()


class Log:
    def __init__(self, **counts: int) -> None:
        self.counts = counts

    def describe(self) -> dict[str, Any]:
        return {"source": "made up", **self.counts}


def test_the_share_of_rows_set_aside() -> None:
    log: Any = Log(events=85, bad_ids=10, bad_times=5, ignored=50)
    (found,) = set_aside(log, [], LIMITS)
    assert found.figure == 0.15 and found.level == "block"
    (found,) = set_aside(Log(events=10), [], LIMITS)  # type: ignore[arg-type]
    assert found.figure == 0 and found.passed


def test_of_a_store_the_newest_days_count(tmp_path: Any) -> None:
    store = ActivityStore.create(tmp_path, user="who", time="at", event="what", timezone="UTC",
                                 bad_ids=0.5)  # fmt: skip
    for day, who in (("2026-03-01", ["ann", "bob"]), ("2026-03-02", ["ann", None])):
        at = pd.Timestamp(f"{day} 09:00")
        store.append(day, pd.DataFrame({"who": who, "at": at, "what": "open"}))
    first, second = store.days
    assert next(set_aside(store, [first], LIMITS)).figure == 0
    assert next(set_aside(store, [second, second + 1], LIMITS)).figure == 0.5


def test_a_day_that_came_in_twice_is_refused(tmp_path: Any) -> None:
    store = ActivityStore.create(tmp_path, user="who", time="at", event="what", timezone="UTC")
    for day in range(1, 9):
        at = [f"2026-03-0{day} 09:00", f"2026-03-0{day} 10:00", f"2026-03-0{day} 10:00"]
        rows = pd.DataFrame({"who": "ann", "at": pd.to_datetime(at * 4), "what": "open"})
        rows["who"] = [f"u{row // 3}" for row in range(12)]
        store.append(f"2026-03-0{day}", pd.concat([rows] * (2 if day == 8 else 1)))
    (found,) = repeats(store, store.days[-2:-1], LIMITS)
    assert found.figure == 0 and found.passed  # a third is there twice on any day
    (found,) = repeats(store, store.days[-1:], LIMITS)
    assert found.figure == pytest.approx(4 / 6 - 1 / 3) and found.level == "block"
    assert "67% of the events" in str(found.says) and "33% before" in str(found.says)
    assert not [*repeats(store, store.days, LIMITS)]  # nothing to compare with
    store.append("2026-03-09", pd.concat([rows.head(1).assign(at=pd.Timestamp("2026-03-09"))] * 2))
    (found,) = repeats(store, store.days[-1:], LIMITS)
    assert found.passed  # two events are too few to say
    (found,) = repeats(store, store.days[-3:-2], LIMITS)
    assert found.passed and "33% before" in str(found.says)  # later days change nothing
    log: Any = Log(events=85)
    assert not [*repeats(log, [], LIMITS)]


def test_the_worst_attribute_is_named() -> None:
    known = KnownAttributes(
        {"profile__tier__static": ("gold",), "profile__age__static": None},
        {"profile__tier__static": "tier", "profile__age__static": "age"},
    )
    users = pd.DataFrame({"user_id": range(4), "tier": ["gold", "GOLD", "gold", None],
                          "age": [1.0, 2.0, 3.0, 4.0]})  # fmt: skip
    found = {g.name: g for g in attributes(known.fit(users)[1], known, LIMITS)}
    assert found["unseen_categories"].figure == 1 / 3 and "tier" in str(
        found["unseen_categories"].says
    )
    assert found["unfit_attributes"].figure == 0 and found["unfit_attributes"].passed
    assert list(attributes([], known, LIMITS)) == []


def test_the_signal_whose_missing_share_has_risen_most() -> None:
    facts = made_up_facts(reference=ReferenceFacts((), (), {"push": 0.1, "order": 0.5}))
    (found,) = missing({"push": 0.3, "order": 0.6, "new": 1.0}, facts, LIMITS)
    assert round(found.figure or 0, 9) == 0.2 and "push" in str(found.says)
    assert list(missing({"push": 0.3}, made_up_facts(), LIMITS)) == []
