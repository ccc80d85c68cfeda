"""The card of a logged run: written from the run alone, and checked against it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from support.card_records import record, whole
from support.facts import made_up_facts
from support.small_runs import log_small, new_store

from churnlab.config.inputs import open_tracker
from churnlab.config.tables import Config
from churnlab.errors import ModelError
from churnlab.model_registry.tracking import Tracker
from churnlab.report.cards.card import ModelCard
from churnlab.report.cards.record import CardRecord
from churnlab.training.card_files import card_of, check_card, check_written, write_card

METRICS = {"churned_auc": 0.812345, "churned_predicted_mean": 0.118, "churned_observed_mean": 0.12}
FACTS = made_up_facts(
    models=("churned", "ltv"), name=whole().name, version=whole().version, simulated=True
)


@pytest.fixture
def tracker(tmp_path: Path, empty_database: Path) -> Tracker:
    return new_store(tmp_path / "runs", empty_database)


def log(tracker: Tracker, given: CardRecord, page: CardRecord | None = None, **changes: object):
    files = ModelCard.of(given).files() | {"card.html": ModelCard.of(page or given).html()}
    return log_small(tracker, artifacts=files, **{"metrics": METRICS, "facts": FACTS, **changes})


def test_a_card_that_says_what_its_run_says_has_no_difference(tracker: Tracker) -> None:
    run = log(tracker, whole())
    assert check_card(tracker, run) == ()
    assert card_of(tracker, run).html("zh") == ModelCard.of(whole()).html("zh")


def test_a_page_of_other_figures_differs(tracker: Tracker) -> None:
    run = log(tracker, whole(), page=record(told=0.3))
    assert [str(w) for w in check_card(tracker, run)] == [
        "the card says '0.3' for told, the record 0.118"
    ]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"metrics": {**METRICS, "churned_auc": 0.82}},
            "the record says 0.812345 for churned_auc, the run 0.82",
        ),
        (
            {"metrics": {"churned_auc": 0.812345, "churned_observed_mean": 0.12}},
            "the record says 0.118 for churned_predicted_mean, the run None",
        ),
        (
            {"facts": made_up_facts(name="Community", version="other", simulated=True)},
            "the record says abc123def456 for version, the run other",
        ),
    ],
)
def test_a_record_that_is_not_that_of_the_run_differs(
    tracker: Tracker, changes: dict, says: str
) -> None:
    run = log(tracker, whole(), **changes)
    assert [str(w) for w in check_card(tracker, run)] == [says]


def test_a_run_without_a_record_is_refused_in_one_line(tracker: Tracker) -> None:
    run = log_small(tracker)
    with pytest.raises(ModelError, match=r"has no file 'card\.json'"):
        card_of(tracker, run)
    with pytest.raises(ModelError, match=r"has no file 'card\.json'"):
        check_card(tracker, run)


def test_costs_of_today_take_the_place_of_those_of_the_training(
    trained: tuple[Path, dict], tmp_path: Path
) -> None:
    path, _ = trained
    text = path.read_text() + "\n[costs]\ncontact = 3\noffer = 4\nsuccess = 0.5\nvalue_kept = 90\n"
    dear = path.parent / "dear.toml"
    dear.write_text(text)
    config = Config.read(dear)
    begun = time.perf_counter()
    done = write_card(config)
    assert time.perf_counter() - begun < 10
    assert json.loads(done.card_json.read_text())["costs"]["contact"] == 3
    assert check_written(config) == ()
    found = check_written(Config.read(path))  # the page has money that this run does not
    assert found and all(str(words).startswith(str(done.card_html)) for words in found)
    dear.unlink()
    write_card(Config.read(path))
    assert check_written(Config.read(path)) == ()


def test_both_languages_of_a_real_run_have_no_difference(trained: tuple[Path, dict]) -> None:
    config = Config.read(trained[0])
    for language in ("zh", "en"):
        write_card(config, language=language)
        assert check_written(config) == ()
    assert check_card(open_tracker(config), trained[1]["run_id"]) == ()
