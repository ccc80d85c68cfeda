"""Grading: a published list against what its people did, once its horizon has passed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from churnlab.activity.protocol import Activity
from churnlab.config.as_trained import as_trained, check_meaning
from churnlab.config.inputs import open_activity, open_tracker, read_users
from churnlab.config.tables import Config
from churnlab.dataset.build import iter_datasets
from churnlab.errors import ListError
from churnlab.evaluation.calibration import calibration_table
from churnlab.evaluation.expected import expected_auc
from churnlab.evaluation.judge import Judge, doubts
from churnlab.evaluation.segments import segments_of
from churnlab.events.event_log import EventLog
from churnlab.features.feature_set import FeatureSet
from churnlab.language.sentence import Words, sentence
from churnlab.model_registry.run_facts import RunFacts
from churnlab.nightly.grading.figures import contenders, effect, groups, money
from churnlab.nightly.grading.record import Grade
from churnlab.nightly.grading.truth import CHURNED, VALUE, Window, truth
from churnlab.nightly.lists.manifest import ListManifest
from churnlab.nightly.lists.read import PublishedList, read_list
from churnlab.nightly.ranking import CONTROL
from churnlab.nightly.shadow.lists import beside
from churnlab.schema.days import Day, day_number, day_text
from churnlab.schema.progress import Say, silent, watched

DRAWS = 200
_GROUPED = ("tier", "stage", "theme", "control")
NONE = "none"  # no tier, no stage, no reason
_TENURE = FeatureSet.of(["Tenure"])


def grade(
    config: Config,
    as_of: Day,
    log: EventLog | None = None,
    say: Say = silent,
    progress: bool | None = None,
) -> Grade:
    """The grade of the list that was published for a day, against what its people did.

    It is known once the log reaches past the horizon of the list. What happened is told by the
    labels that models learn from, of the run that scored. A list that was cut is graded for the
    people on it. `log` takes the place of the configuration's; `progress` is as in `score`. Nothing
    is written; `grade.write(folder)` and `log_grade` do that.

    Raises NothingToDo before the horizon is over, ListError where there is no list of the day or
    it is damaged or of people whom the log does not know, ModelError where its run cannot be read,
    ConfigError where the log does not mean what it meant in training, HistoryError for days that a
    store has folded away.

    >>> from churnlab import score
    >>> from churnlab.demo.example import trained_config  # a small community, trained once
    >>> config = trained_config()
    >>> tonight = score(config, "2026-04-08")
    >>> _ = tonight.write(config.path(config.output.folder), force="an example")
    >>> found = grade(config, "2026-04-08")
    >>> found.ended, found.known == len(tonight.frame)
    ('2026-05-07', True)
    """
    with watched(progress):
        return _grade(config, day_number(as_of), log, say)


def _grade(config: Config, day: int, log: EventLog | None, say: Say) -> Grade:
    say("reading the list")
    folder = config.path(config.output.folder)
    listed = read_list(folder, day_text(day))
    facts = open_tracker(config).facts(listed.manifest.run_id)
    config = as_trained(config, facts)
    say("reading events")
    activity = open_activity(config, log, by_groups=True)
    check_meaning(facts, activity)
    value = config.target.ltv_horizon if listed.frame["ltv"].notna().any() else 0
    window = Window(day, config.target.churn(), value)
    happened = truth(activity, listed.frame["user_id"], window)
    say("grading")
    seen = _Seen.of(listed, happened)
    by = _groupings(config, activity, day, seen.rows)
    others = dict(beside(folder, day_text(day), seen.rows["user_id"]))
    return seen.graded(facts, window, activity, by, others)


def _groupings(config: Config, activity: Activity, day: int, rows: pd.DataFrame) -> pd.DataFrame:
    """The groups of each person: what the list says, and the segments of the evaluation."""
    users, within = read_users(config, activity), config.snapshots.active_within
    parts = iter_datasets(activity, [day], within, (), _TENURE, users, config.target.terminal)
    found = pd.concat([segments_of(part).astype(object) for part in parts])
    found = found.droplevel("snapshot").reindex(pd.Index(rows["user_id"]))
    said = rows[[name for name in _GROUPED if name in rows]].fillna("").replace("", NONE)
    return pd.concat([said, found.reset_index(drop=True)], axis=1)


@dataclass(frozen=True, eq=False)
class _Seen:
    """A list, and the rows of it of whom the log tells what happened."""

    manifest: ListManifest
    rows: pd.DataFrame

    @classmethod
    def of(cls, listed: PublishedList, happened: pd.DataFrame) -> _Seen:
        """The rows of a list beside their truth; ListError where nothing is known of anybody."""
        frame = listed.frame.rename(columns={"ltv": "expected"})
        joined = pd.concat([frame, happened], axis=1)
        known = joined[joined[CHURNED].notna()].reset_index(drop=True)
        if known.empty:
            raise ListError.from_strangers(listed.as_of)
        return cls(listed.manifest, known)

    def graded(
        self,
        facts: RunFacts,
        window: Window,
        activity: Activity,
        by: pd.DataFrame,
        others: Mapping[str, np.ndarray],
    ) -> Grade:
        """The grade; `others` are the risks that challengers gave to the same rows."""
        y, risk, users = (self.rows[n].to_numpy() for n in (CHURNED, "risk", "user_id"))
        learnt = facts.learnt().means.get("churned", float("nan"))
        judge = Judge.of("churned", DRAWS, place="terminal")
        base = learnt if np.isfinite(learnt) else float(y.mean())
        whole = {name: p for name, p in others.items() if not np.isnan(p).any()}
        later = window.value and activity.has_money and not window.value_known(activity)
        return Grade(
            as_of=self.manifest.as_of,
            run_id=self.manifest.run_id,
            model=self.manifest.model,
            listed=hashlib.sha256(self.manifest.text().encode()).hexdigest(),
            target=window.churn.definition,
            ended=day_text(window.ended),
            people=self.manifest.people,
            known=len(self.rows),
            base_rate=float(y.mean()),
            mean_risk=float(risk.mean()),
            learnt_rate=learnt,
            expected_auc=expected_auc(risk),
            table=judge.table(contenders(risk, base, whole), y, users),
            groups=groups(judge, self.rows, by),
            calibration=calibration_table(y, risk),
            money=money(self.rows) if self.rows[VALUE].notna().any() else money(self.rows[:0]),
            effect=effect(self.rows),
            money_from=day_text(window.day + window.value) if later else "",
            notes=(*self.notes(y, users), *_without_scores(others)),
        )

    def notes(self, y: np.ndarray, users: np.ndarray) -> Iterator[Words]:
        """What is not known, and why."""
        people, scored = self.manifest.people, self.manifest.night.get("scored")
        if scored is not None and scored > people:
            yield sentence(
                "the list was cut to {people:,} of {scored:,} people who were scored: the figures "
                "are of those on it",
                people=people,
                scored=scored,
            )
        if len(self.rows) < people:
            yield sentence(
                "{people:,} people of the list are not in the log any more",
                people=people - len(self.rows),
            )
        if self.manifest.forced:
            yield sentence(
                "the list was published although a guard blocked it: {why}",
                why=self.manifest.forced,
            )
        if not (self.rows["control"] == CONTROL).any():
            yield sentence(
                "there was no control group on the list: what contacting people has changed is "
                "not known"
            )
        yield from doubts("churned", y, users)


def _without_scores(others: Mapping[str, np.ndarray]) -> Iterator[Words]:
    """A note for each challenger that did not score everybody, and so cannot be compared."""
    for name, risk in others.items():
        if missing := int(np.isnan(risk).sum()):
            yield sentence(
                "{version} is not graded: it has no score of {people:,} people",
                version=name,
                people=missing,
            )
