"""What the card of a training says, from results that are made by hand."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support import made_up_language
from support.english import english_words
from support.judged import judged_by_hand
from support.learnable import DAYS, dataset

from churnlab.config.sections import ApprovalTable, CardTable, CostsTable, TargetTable
from churnlab.dataset.build import build_dataset
from churnlab.dataset.dataset import Dataset
from churnlab.dataset.snapshots import Snapshots
from churnlab.demo.datasets import make_community
from churnlab.evaluation.timing import Timing
from churnlab.explanation.explanation import example
from churnlab.features.feature_set import FeatureSet
from churnlab.report.cards.card import ModelCard
from churnlab.report.cards.check import check_page
from churnlab.schema.days import day_number
from churnlab.schema.targets import Churn, LifetimeValue
from churnlab.training.card_facts import data_facts, later_labels, make_record, rows_and_days
from churnlab.training.models import Fitted
from churnlab.training.refit import Refitted

TARGETS = (Churn(30, lead=7), LifetimeValue(60))
ABOUT = {
    "events": 12345,
    "people": 120,
    "first_day": "2026-01-01",
    "last_day": "2026-04-30",
    "timezone": "Asia/Shanghai",
    "duplicates": 3,
    "bad_amounts": 2,
    "ignored": 1,
    "bad_ids": 0,
}


def config(arrived: str | None = None, simulated: bool = False) -> Any:
    return SimpleNamespace(
        name="Community",
        log=SimpleNamespace(path="/data/events.parquet", arrived=arrived, simulated=simulated),
        snapshots=SimpleNamespace(active_within=45),
        target=TargetTable(churn_horizon=30, lead=7),
        model=SimpleNamespace(algorithm="blend", seed=7),
        costs=CostsTable(),
        currency="",
        card=CardTable(owner="Growth", warning_leads=[]),
        approval=ApprovalTable(review_days=90),
    )


def ready(data: Dataset | None = None, money: bool = True, **source: Any) -> Any:
    rows = dataset() if data is None else data
    day = rows.X.index.get_level_values("snapshot")
    learn = rows.take(np.asarray(day <= DAYS[1]))
    learn.counts["purged"] = 120  # type: ignore[index]
    learn.skipped["PushOpen"] = "push_sent"  # type: ignore[index]
    activity = SimpleNamespace(
        describe=lambda: ABOUT,
        source=source,
        late=bool(source),
        known=np.array([3, 9]),
        day=np.array([3, 4]),
        has_money=money,
        end=day_number("2026-05-01"),
    )
    test = rows.take(np.asarray(day >= DAYS[3]))
    return SimpleNamespace(train=learn, test=test, targets=TARGETS, activity=activity)


def card(
    given: Any | None = None, settings: Any | None = None, refitted: bool = False
) -> ModelCard:
    parts, timing = given or ready(), Timing(6, 900, 0.3, 0.28, 0.15, 0.2)
    judged = judged_by_hand(parts.train, parts.test, timing)
    model: Any = judged.models["churned"]
    fitted = Fitted({"churned": model}, None, "v123")
    again = replace(fitted, version="v124")
    rows = {"churned": dataset(), "ltv": parts.test}
    served = Refitted(again, rows, "2026-05-01", fitted.version) if refitted else None
    return ModelCard.of(make_record(settings or config(), parts, fitted, judged, example(), served))


def texts(facts: Any) -> dict[str, str]:
    return {str(name): str(said) for name, said in facts.items()}


def test_the_card_says_who_what_and_on_which_days() -> None:
    text = card().markdown()
    assert "# Community: who is about to leave" in text and "version v123" in text
    assert "For each person who was active in the last 45 days" in text
    assert "no act in the 30 days that begin 7 days after the snapshot." in text
    assert "money spent in the 60 days after the snapshot." in text
    assert "240 snapshots of 120 people, 2 days from Jan 1, 2026 to Jan 15, 2026" in text
    assert "120 snapshots whose label windows reach into the held-out days" in text
    assert "It also estimates who leaves in later weeks" in text
    assert "away for 40 days" in text  # a reason
    assert "It was tested on 2 days only." in text and "What is at risk" in text
    assert "Owner: Growth." in text and "within 90 days of its training" in text


def test_the_card_says_which_model_is_judged_and_which_one_scores() -> None:
    text = card().markdown()
    assert "The model that scores is the one that was tested." in text
    assert "106 days on May 1, 2026, the day of training" in text
    assert "served model" not in text
    text = card(refitted=True).markdown()
    assert "version v124" in text
    assert "a model that learnt from days up to Jan 15, 2026" in text
    assert "on days up to Mar 15, 2026" in text and "47 days on May 1, 2026" in text
    assert "| judged model learnt from | 240 snapshots" in text
    assert "| served model learnt from | 600 snapshots of 120 people, 5 days" in text
    assert "| served value model learnt from | 240 snapshots of 120 people, 2 days" in text


def test_every_section_is_filled_and_every_number_has_its_source() -> None:
    made = card()
    html = made.html()
    assert "Nothing was given here." not in html and html.count("<svg") == 5
    assert check_page(html, made.record) == check_page(made.html("zh"), made.record) == ()


def test_later_labels_are_those_of_a_later_window_and_open_ones_are_missing() -> None:
    activity = make_community(users=60, days=120, seed=1).log().daily()
    days = ["2026-03-10", "2026-03-24"]
    data = build_dataset(
        activity, Snapshots.at(activity, days, targets=[Churn(30)]), FeatureSet.of(["Tenure"])
    )
    settings = config()
    settings.target, settings.snapshots.active_within = TargetTable(churn_horizon=30), 60
    settings.card = CardTable(warning_leads=[0, 14, 90])
    found = later_labels(settings, SimpleNamespace(activity=activity, test=data))
    assert list(found) == [0, 14]
    assert found[0].equals(data.y("churned"))
    known = found[14].dropna()
    end = activity.end - 44
    assert {day_number(d) for d in known.index.get_level_values("snapshot")} == {
        day for day in map(day_number, days) if day <= end
    }
    own = Snapshots.at(activity, days[:1], 60, [Churn(30, lead=14)]).frame
    assert known.to_numpy()[: len(own)].tolist() == own["churned"].tolist()


def test_simulated_data_and_an_app_without_money_are_said() -> None:
    text = card(ready(money=False), config(simulated=True)).markdown()
    assert "Simulated data" in text and "What is at risk" not in text


def test_data_facts_count_what_was_set_aside() -> None:
    facts = texts(data_facts(config(), ready()))
    assert facts["source"] == "events.parquet" and facts["days"] == "2026-01-01 to 2026-04-30"
    assert (facts["events"], facts["duplicates"], facts["amounts set aside"]) == ("12345", "3", "2")
    assert facts["signals without data"] == "PushOpen (no push_sent)"
    assert facts["arrival times"] == "not in the log; lateness is unknown"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ({}, "no event came on a later day"),
        ({"kind": "log"}, "1 daily rows were changed by events that came on a later day"),
        ({"too_late": 1200}, "later day; 1,200 events came too late and were set aside"),
    ],
)
def test_lateness_is_said_where_the_log_has_arrival_times(
    source: dict[str, Any], says: str
) -> None:
    said = texts(data_facts(config("received_at"), ready(**source)))["arrival times"]
    assert said.startswith("column 'received_at'; a snapshot sees the events that had arrived")
    assert said.endswith(says)


def test_rows_and_days_of_a_dataset() -> None:
    said = str(rows_and_days(dataset(people=60)))
    assert said == "300 snapshots of 60 people, 5 days from 2026-01-01 to 2026-03-15"


# Names of data, methods and this package, forms of words, months of the made-up language, and
# sentences that `example()` and the stored results bring.
NAMES = {"community", "v", "asia", "shanghai", "events", "parquet", "blend", "churnlab", "channel"}
NAMES |= {"ads", "shop", "pushopen", "push", "sent", "bg", "nbd", "mbg", "gamma", "toml", "growth"}
NAMES |= {"lists", "days", "people", "jan", "feb", "mar", "apr", "maj", "okt", "person"}
NAMES |= {"cadence", "since", "last", "days", "all", "spend", "orders", "sum", "d"}


def test_every_template_of_the_card_is_said_in_another_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    language = made_up_language.install(tmp_path, monkeypatch)
    settings = config("received_at", simulated=True)
    text = card(ready(too_late=3), settings, refitted=True).markdown(language)
    reasons = {"last", "active", "days", "ago", "orders", "in", "never", "received", "at", "weeks"}
    english = english_words(text)
    digest = {w for w in english if re.fullmatch("[a-f]{1,16}", w)}
    assert english - digest <= NAMES | reasons
    assert len(english_words(card().markdown())) > 150  # the test looks at something
