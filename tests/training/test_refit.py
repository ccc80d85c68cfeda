"""Refit: what the served models learn from, what stays as judged, and what the run says of both."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.command import TOML, call, write

from churnlab.config.inputs import open_tracker
from churnlab.config.tables import Config
from churnlab.demo import datasets
from churnlab.language.numbers import shown
from churnlab.model_registry.tracking import TrainedRun
from churnlab.schema.days import day_number
from churnlab.training.models import Fitted, fit
from churnlab.training.preparation import LabelledRows, label, read_everybody, split
from churnlab.training.refit import closed_rows, refit
from churnlab.training.review import evaluate
from churnlab.training.train import TrainingResult, train

FEATURES = 'builders = ["Tenure", "LoginIntervals", "SpendDecline"]'
MODEL = f'\n[model]\nalgorithm = "lightgbm"\nwhen_weeks = 3\n\n[features]\n{FEATURES}\n'
CHURN_REACH, VALUE_REACH, EVERY = 30, 60, 14


@pytest.fixture(scope="module")
def job(community: datasets.Community, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of a job with few features, which nothing was trained from."""
    return write(tmp_path_factory.mktemp("refit"), community.events, community.users, TOML + MODEL)


@pytest.fixture(scope="module")
def everything(job: Path) -> LabelledRows:
    config = Config.read(job)
    return label(config, read_everybody(config))


@pytest.fixture(scope="module")
def judged(job: Path, everything: LabelledRows) -> Fitted:
    config = Config.read(job)
    return fit(config, split(config, everything).train)


@pytest.fixture(scope="module")
def both(job: Path) -> dict[bool, tuple[TrainingResult, TrainedRun]]:
    """Two trainings of the job and their runs, with refit and without."""
    config = Config.read(job)
    found = {}
    for again in (True, False):
        settings = with_refit(config, again)
        done = train(settings)
        found[again] = (done, open_tracker(settings).load(done.run_id))
    return found


def with_refit(config: Config, refit: bool) -> Config:
    changed = config.model_copy(update={"model": config.model.model_copy(update={"refit": refit})})
    changed._folder = config.folder
    return changed


def days(data: Any) -> list[int]:
    return [day_number(day) for day in data.days]


def test_each_target_has_every_snapshot_whose_labels_are_closed(
    job: Path, everything: LabelledRows
) -> None:
    config, end = Config.read(job), everything.activity.end
    closed = closed_rows(config, everything)
    assert set(closed) == {"churned", "ltv", "leaves_week"}
    for name, reach in (
        ("churned", CHURN_REACH),
        ("leaves_week", CHURN_REACH),
        ("ltv", VALUE_REACH),
    ):
        last = days(closed[name])[-1]
        assert last + reach <= end < last + EVERY + reach
        assert (np.diff(days(closed[name])) == EVERY).all()
        assert closed[name].labels[name if name != "leaves_week" else "known_weeks"].notna().all()
    assert closed["ltv"] is everything.data
    assert list(closed["churned"].X) == list(everything.data.X)
    assert (closed["churned"].X.dtypes == everything.data.X.dtypes).all()


def test_the_purge_rule_is_kept_with_a_lead(job: Path) -> None:
    config = Config.read(job)
    target = config.target.model_copy(update={"lead": 10})
    changed = config.model_copy(update={"target": target})
    changed._folder = config.folder
    rows = label(changed, read_everybody(changed))
    last = days(closed_rows(changed, rows)["churned"])[-1]
    assert last + 10 + CHURN_REACH <= rows.activity.end < last + EVERY + 10 + CHURN_REACH


def test_a_refit_keeps_what_was_chosen(job: Path, everything: LabelledRows, judged: Fitted) -> None:
    said: list[str] = []
    found = refit(Config.read(job), everything, judged, said.append)
    assert "fitting the models again on all closed snapshots" in said
    assert found.fitted.named.keys() == judged.named.keys() == {"churned", "ltv", "when"}
    for name, model in judged.named.items():
        assert found.fitted.named[name].chosen_ == model.chosen_
    assert found.fitted.churn.calibration_ == judged.churn.calibration_
    assert found.judged == judged.version != found.fitted.version
    X = everything.data.X
    new, old = (m.churn.predict_proba(X)[:, 1] for m in (found.fitted, judged))
    assert np.abs(new - old).max() > 0.01 and np.corrcoef(new, old)[0, 1] > 0.7


def test_without_later_labels_the_served_models_are_the_judged_ones(
    job: Path, everything: LabelledRows, judged: Fitted
) -> None:
    config = Config.read(job)
    train_rows = split(config, everything).train
    end = day_number(train_rows.days[-1]) + CHURN_REACH
    activity = replace(everything.activity, end=end)
    churn = tuple(t for t in everything.targets if t.name != "ltv")
    short = LabelledRows(activity, churn, days(train_rows), train_rows)
    alone = Fitted({"churned": judged.churn}, judged.hazard, "")
    found = refit(config, short, alone)
    assert found.rows["churned"].digest == train_rows.digest
    X = everything.data.X
    np.testing.assert_array_equal(
        found.fitted.churn.predict_proba(X), judged.churn.predict_proba(X)
    )
    curves = [m.hazard.predict_curve(X) for m in (found.fitted, judged) if m.hazard]
    pd.testing.assert_frame_equal(*curves)


def test_judged_figures_are_those_without_refit(
    both: dict[bool, tuple[TrainingResult, TrainedRun]],
) -> None:
    (with_, served), (without, kept) = both[True], both[False]
    assert with_.to_dict()["metrics"] == without.to_dict()["metrics"]
    assert served.facts.dataset == kept.facts.dataset
    assert served.facts.judged_on == kept.facts.judged_on
    assert served.facts.served is not None and kept.facts.served is None
    assert served.facts.served.judged_version == kept.facts.version == without.version
    assert served.facts.version == with_.version != without.version


def test_the_run_holds_both_models_and_says_what_they_learnt_from(
    job: Path, everything: LabelledRows, both: dict[bool, tuple[TrainingResult, TrainedRun]]
) -> None:
    _, served = both[True]
    without, kept = both[False]
    tracker = open_tracker(Config.read(job))
    before = tracker.load(served.run_id, judged=True)
    X = kept.models["churned"].select(everything.data.X)
    for target in ("churned", "ltv"):
        np.testing.assert_array_equal(
            before.models[target].predict(X), kept.models[target].predict(X)
        )
        assert (served.models[target].predict(X) != kept.models[target].predict(X)).any()
    assert before.hazard is not None and served.hazard is not None
    facts = served.facts
    assert facts.models == ("churned", "ltv")
    assert facts.served is not None and set(facts.served.rows) == {"churned", "ltv", "when"}
    digests = {rows.digest for rows in (facts.dataset, facts.learnt(), facts.learnt("ltv"))}
    assert len(digests) == 3
    closed = closed_rows(Config.read(job), everything)
    assert facts.learnt().days[-1] == str(closed["churned"].days[-1].date())
    assert facts.learnt("ltv").days[-1] == str(closed["ltv"].days[-1].date())
    end = everything.activity.end
    assert facts.age(end) == end - days(closed["churned"])[-1] < kept.facts.age(end)
    again = tracker.load(without.run_id, judged=True)
    np.testing.assert_array_equal(again.models["ltv"].predict(X), kept.models["ltv"].predict(X))


def test_the_list_is_of_the_served_models(
    job: Path, both: dict[bool, tuple[TrainingResult, TrainedRun]]
) -> None:
    lists = {}
    for again, (done, _) in both.items():
        words = ("--as-of", "2026-06-18", "--config", job, "--run", done.run_id, "--json")
        written = json.loads(call("score", *words))
        lists[again] = pd.read_parquet(written["list_parquet"])
        assert set(lists[again]["model_version"]) == {done.version}
    risks = [rows.set_index("user_id")["risk"].sort_index() for rows in lists.values()]
    assert (risks[0] != risks[1]).any()


def told(day: str) -> str:
    """A day as the card writes it."""
    return shown(date.fromisoformat(day), "", "en")


def test_the_card_says_both(both: dict[bool, tuple[TrainingResult, TrainedRun]]) -> None:
    (with_, run), (without, kept) = both[True], both[False]
    text, facts = with_.card.markdown(), run.facts
    assert f"learnt from days up to {told(facts.dataset.days[-1])}. After" in text
    assert f"with the same settings, on days up to {told(facts.learnt().days[-1])}." in text
    assert "judged model learnt from" in text and "served value model learnt from" in text
    assert facts.served is not None
    age = facts.age(facts.served.trained_on)
    assert f"{age} days on {told(facts.served.trained_on)}, the day of training" in text
    assert f"version {with_.version}" in text
    says = (
        f"the models that score learnt from snapshots up to {facts.learnt().days[-1]}, the judged"
    )
    assert any(says in note for note in with_.notes)
    assert not any("that score" in note for note in without.notes)
    plain = without.card.markdown()
    assert "The model that scores is the one that was tested." in plain
    assert f"{kept.facts.age(facts.served.trained_on)} days on" in plain
    assert "served model" not in plain


def test_an_evaluation_judges_the_judged_models_where_no_day_is_late_enough(
    job: Path, both: dict[bool, tuple[TrainingResult, TrainedRun]]
) -> None:
    run = both[True][1]
    found = evaluate(Config.read(job), run.run_id)
    assert f"learnt up to {run.facts.dataset.days[-1]}; those that score" in found.note
    assert "no snapshot is late enough" in found.note
    assert found.evaluations["churned"].to_dict() == run.facts.evaluations["churned"]


def test_an_evaluation_judges_the_served_models_once_there_are_later_days(
    job: Path, everything: LabelledRows, tmp_path: Path
) -> None:
    config = with_refit(Config.read(job), True)
    churn = {"target": config.target.model_copy(update={"ltv_horizon": 0})}
    place = {"tracking": config.tracking.model_copy(update={"store": str(tmp_path / "runs")})}
    settings = config.model_copy(update=churn | place)
    settings._folder = config.folder
    done = train(settings.as_of(everything.activity.end - CHURN_REACH - EVERY))
    run = open_tracker(settings).load(done.run_id)
    later = evaluate(settings, done.run_id)
    last = run.facts.learnt().days[-1]
    assert later.note == f"judged are the models that score, which learnt up to {last}"
    judged_on = [day_number(day) for day in later.evaluations["churned"].per_cut["value"]]
    assert judged_on and min(judged_on) >= day_number(last) + CHURN_REACH
    assert later.to_dict()["notes"] == [later.note]
