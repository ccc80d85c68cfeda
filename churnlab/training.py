"""From a configuration to a reviewed model: cuts, features, models, evaluation, card, one MLflow run."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, overload

import numpy as np

from churnlab import plots, schema
from churnlab.activity import DailyActivity
from churnlab.backtest import Backtest
from churnlab.card import CardFacts, ModelCard
from churnlab.config import Config, FeaturesTable, TargetTable
from churnlab.dataset import Dataset
from churnlab.errors import ConfigError, HistoryError, OutputError
from churnlab.estimators import ChurnClassifier, LTVRegressor, baselines
from churnlab.estimators.base import TreeModel
from churnlab.estimators.hazard import ChurnHazard, Model
from churnlab.evaluation import MODEL, Evaluation, fit_baselines, predict, segments
from churnlab.events import EventLog
from churnlab.explanation import Explanation, explain
from churnlab.preparation import Prepared, Say, Whole, build, cut_days, open_activity, prepare, silent, split, test_start, whole
from churnlab.snapshots import Snapshots
from churnlab.targets import Churn
from churnlab.timing import Timing, fit_hazard, judge_hazard
from churnlab.tracking import Tracker, TrainedRun
from churnlab.tuning import Tuned, check_budget, tune
from churnlab.warning_time import WarningTime, check_leads

EXPLAINED_ROWS = {"blend": 2000, "lightgbm": 2000, "random_forest": 200}


@dataclass(frozen=True)
class TrainingResult:
    """Where a training went: run, artifacts, card; and how well it did, by target."""

    run_id: str
    version: str
    artifacts: str
    card: ModelCard
    card_html: Path
    card_markdown: Path
    evaluations: Mapping[str, Evaluation]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"run_id": self.run_id, "version": self.version, "artifacts": self.artifacts, "card_html": str(self.card_html),
                "card_markdown": str(self.card_markdown), "metrics": {k: v for e in self.evaluations.values() for k, v in e.metrics().items()}}


def train(config: Config, log: EventLog | None = None, say: Say = silent) -> TrainingResult:
    """Trains, judges, explains and logs. Nothing is written before everything is computed.

    `log` takes the place of the one in the configuration. Raises a ChurnlabError in one line for what cannot be learnt from.
    """
    check_budget(config.model.tune)
    ready = prepare(config, log, say)
    say("fitting models")
    tuned = tune_all(ready.train, config, say)
    models = {k: t.model for k, t in tuned.items()} if tuned else fit(ready.train, config)
    hazard = fit_hazard(ready.train, config)
    say("judging them beside the dumb things")
    evaluations = judge(models, ready)
    timing = judge_hazard(hazard, models["churned"], ready.train, ready.test) if hazard else None
    say("explaining")
    explanation = explain_sample(models["churned"], ready.test)
    version = version_of({**models, "when": hazard} if hazard else models, ready.train)
    card = make_card(config, ready, models, evaluations, explanation, version, timing, tuned)
    say("logging the run")
    return _log(config, ready, models, evaluations, card, version, hazard, timing, tuned)


def as_trained(config: Config, trained: TrainedRun) -> Config:
    """The configuration with the target, the eligible people and the features of a run."""
    then = trained.about["config"]
    snapshots = replace(config.snapshots, active_within=then["snapshots"]["active_within"])
    return replace(config, target=TargetTable(**then["target"]), snapshots=snapshots, features=FeaturesTable(**then["features"]))


def check_meaning(trained: TrainedRun, activity: DailyActivity) -> None:
    """Refuses a log whose roles or zone are not those of the training: its features would mean something else."""
    if activity.timezone != trained.about["timezone"]:
        raise ConfigError.from_changed("the time zone", trained.about["timezone"], activity.timezone)
    now = activity.roles.to_dict()
    for part, then in trained.about["roles"].items():
        if now[part] != then:
            raise ConfigError.from_changed(part, then, now[part])


@overload
def evaluate(config: Config, run: str | None = None, say: Say = silent) -> tuple[str, dict[str, Evaluation]]:
    """A run's id and evaluations."""
@overload
def evaluate(config: Config, run: str | None = None, say: Say = silent, *, lead: Sequence[int], log: EventLog | None = None) -> WarningTime:
    """How early it can be known."""
def evaluate(config: Config, run: str | None = None, say: Say = silent, *, lead: Sequence[int] | None = None,
             log: EventLog | None = None) -> tuple[str, dict[str, Evaluation]] | WarningTime:
    """Judges a run's models, by its own definition of the targets, on the held-out days of the log as it is now.

    Gives the run's id and the evaluations. Raises HistoryError when a held-out label overlaps what the run learnt from.
    With `lead=[0, 7, 14, 30]`: how early can you know? A WarningTime, of one new model for each number of days of warning, learnt and
    judged on the same cuts (those of the configuration, or of the run if one is named); `log` takes the place of the configuration's.
    """
    if lead is not None:
        check_leads(lead)
        return _warning_time(config if run is None else as_trained(config, _load(config, run)), sorted(set(lead)), log, say)
    trained = _load(config, run)
    then = as_trained(config, trained)
    return trained.run_id, _judged(trained, whole(then, say=say), then)


def review(config: Config, run: str | None = None, cuts: int = 3, say: Say = silent) -> tuple[str, dict[str, Evaluation], Backtest | None, str]:
    """`evaluate` and `backtest` of a run, from one reading of the log: its id, the evaluations, and the backtest or why there is none.

    No backtest is asked for with `cuts` 0.
    """
    trained = _load(config, run)
    then = as_trained(config, trained)
    all_rows = whole(then, say=say)
    found = _judged(trained, all_rows, then)
    try:
        again = _rolled(then, all_rows.data, cuts, say) if cuts else None
    except HistoryError as error:
        return trained.run_id, found, None, str(error)
    return trained.run_id, found, again, ""


def _judged(trained: TrainedRun, all_rows: Whole, config: Config) -> dict[str, Evaluation]:
    """A run's models on the held-out days; refused where the log means something else, or a held-out label overlaps what they learnt from."""
    ready = split(config, all_rows)
    check_meaning(trained, ready.activity)
    reach = max(t.window(0)[1] for t in ready.targets)
    learnt = schema.day_number(trained.about["dataset"]["days"][-1])
    if schema.day_number(ready.test.days[0]) < learnt + reach:
        raise HistoryError.from_learnt(ready.test.days[0].date(), schema.day_text(learnt + reach))
    return judge(trained.models, ready)


def _rolled(config: Config, data: Dataset, cuts: int, say: Say, **options: Any) -> Backtest:
    return Backtest.of(data, cuts=cuts, say=say, **{"make": partial(new_model, config=config), "seed": config.model.seed, **options})


def _load(config: Config, run: str | None) -> TrainedRun:
    return Tracker(config.path(config.tracking.store), config.tracking.experiment).load(run)


def _warning_time(config: Config, leads: list[int], log: EventLog | None, say: Say) -> WarningTime:
    activity = open_activity(config, log, say)
    churn = {lead: replace(config, target=replace(config.target, lead=lead, ltv_horizon=0)).targets(False) for lead in leads}
    days = cut_days(activity, churn[leads[-1]], config)
    start = test_start(days, churn[leads[-1]], config)
    data = build(config, activity, days, churn[leads[-1]], say)
    found = {lead: Snapshots.at(activity, days, config.snapshots.active_within, targets) for lead, targets in churn.items()}
    labels = {lead: snapshots.frame["churned"].set_axis(data.X.index) for lead, snapshots in found.items()}
    return WarningTime.of(data, labels, config.target.churn_horizon, start, make=partial(new_model, config=config), seed=config.model.seed, say=say)


def backtest(source: Config | Dataset, *, run: str | None = None, log: EventLog | None = None, cuts: int = 3, say: Say = silent,
             **options: Any) -> Backtest:
    """How the model would have done at each of the last `cuts` cuts, trained on what was known by then; see `Backtest.of`.

    From a configuration (as the run was trained, if one is named; `log` in the place of the configuration's), or from a Dataset with labels.
    `options` are those of `Backtest.of`. Raises a ChurnlabError in one line where no cut can be judged.
    """
    if isinstance(source, Dataset):
        return Backtest.of(source, cuts=cuts, say=say, **options)
    config = source if run is None else as_trained(source, _load(source, run))
    return _rolled(config, whole(config, log, say).data, cuts, say, **options)


def new_model(target: str, config: Config) -> TreeModel:
    """The estimator of a target, not fitted."""
    kind = ChurnClassifier if target == "churned" else LTVRegressor
    return kind(algorithm=config.model.algorithm, random_state=config.model.seed)


def fit(data: Dataset, config: Config) -> dict[str, TreeModel]:
    """A model for every target."""
    return {target: new_model(target, config).fit(data.X, data.y(target)) for target in ("churned", "ltv") if target in data.labels}


def tune_all(data: Dataset, config: Config, say: Say = silent) -> dict[str, Tuned]:
    """Every target's model with the best of `[model] tune` settings; none where that is 0."""
    reach, out = {t.name: t.window(0)[1] for t in data.targets}, {}
    for target in ("churned", "ltv") if config.model.tune else ():
        if target in data.labels:
            say(f"tuning {target}")
            model, X, y = new_model(target, config), data.X, data.y(target)
            out[target] = tune(model, X, y, trials=config.model.tune, purge=reach[target], seed=config.model.seed)
    return out


def judge(models: Mapping[str, TreeModel], ready: Prepared) -> dict[str, Evaluation]:
    """Each model beside the dumb things, which learn from the same rows."""
    out = {}
    for target, model in models.items():
        beside, left_out = fit_baselines(ready.train.X, ready.train.y(target), target)
        out[target] = Evaluation.compare({MODEL: model} | beside, ready.test, target, segments=segments(ready.test.X), warnings=left_out)
    return out


def explain_sample(model: TreeModel, data: Dataset) -> Explanation:
    """The model explained on at most 2,000 held-out rows (200 for a forest), spread evenly."""
    most = EXPLAINED_ROWS[model.algorithm]
    rows = np.unique(np.linspace(0, len(data.X) - 1, min(most, len(data.X))).astype(int))
    return explain(model, model.select(data.X.iloc[rows]), data.catalogue)


def version_of(models: Mapping[str, Model], data: Dataset) -> str:
    """Twelve digits of what the models are and what they learnt from; the same training gives the same version."""
    digest = hashlib.sha256(data.digest.encode())
    for target in sorted(models):
        with tempfile.TemporaryDirectory() as folder:
            models[target].save(folder)
            for file in sorted(Path(folder).glob("model.*")):
                digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def make_card(config: Config, ready: Prepared, models: Mapping[str, TreeModel], evaluations: Mapping[str, Evaluation],
              explanation: Explanation, version: str, timing: Timing | None = None, tuned: Mapping[str, Tuned] | None = None) -> ModelCard:
    """The card of a training."""
    return ModelCard.of(CardFacts(
        title=f"{config.name}: who is about to leave", version=version, sentences=_sentences(config, ready, timing), simulated=config.log.simulated,
        population={"eligible": f"active on a day of the {config.snapshots.active_within} before the snapshot",
                    "learnt from": f"{len(ready.train.X):,} snapshots of {_people(ready.train):,} people, {_span(ready.train)}",
                    "judged on": f"{len(ready.test.X):,} snapshots of {_people(ready.test):,} people, {_span(ready.test)}",
                    "purged between": f"{ready.train.counts.get('purged', 0):,} snapshots whose labels overlap the judged days"},
        data=_data_facts(config, ready), evaluations=evaluations, pictures=_pictures(models, ready.test, evaluations, explanation),
        signals=explanation.signal_importance(), importance=explanation.importance(), examples=_examples(explanation, models, ready.test),
        limits=_limits(config, ready), made={"algorithm": config.model.algorithm, "seed": config.model.seed,
                                             "features": ready.train.X.shape[1], "dataset digest": ready.train.digest[:16],
                                             **{f"tuning of {k}": t.describe() for k, t in (tuned or {}).items()},
                                             "format": "LightGBM text or skops, with sha256; no code is run on loading"}))


def _sentences(config: Config, ready: Prepared, timing: Timing | None) -> tuple[str, ...]:
    churn = next(t for t in ready.targets if isinstance(t, Churn))
    what = churn.describe().removeprefix("churned: ")
    first = (f"For everybody active in the last {config.snapshots.active_within} days it gives the probability of leaving ({what}), "
             "and three reasons in words.")
    worth = [f"It also says what they are expected to spend: {t.describe().removeprefix('ltv: ')}." for t in ready.targets if t.name == "ltv"]
    return (first, *worth, *([timing.sentence()] if timing else []))


def _people(data: Dataset) -> int:
    return int(data.X.index.get_level_values("user_id").nunique())


def _span(data: Dataset) -> str:
    days = data.days
    return f"{len(days)} days from {days[0].date()} to {days[-1].date()}"


def _lateness(config: Config, ready: Prepared) -> str:
    if config.log.arrived is None:
        return "not in the log; lateness is unknown"
    activity, about = ready.activity, ready.activity.source
    rows = int((activity.known > activity.day).sum()) if activity.late else 0
    late = f"{rows:,} daily rows were changed by events that came on a later day" if rows else "nothing came on a later day"
    too_late = f"; {about['too_late']:,} events came too late and were set aside" if about.get("too_late") else ""
    return f"column {config.log.arrived!r}; a snapshot sees what had arrived before it; {late}{too_late}"


def _data_facts(config: Config, ready: Prepared) -> dict[str, Any]:
    about = ready.activity.describe()
    facts = {"source": Path(config.log.path).name, "events": about["events"], "people": about["people"],
             "days": f"{about['first_day']} to {about['last_day']}", "time zone": about["timezone"], "duplicates": about["duplicates"],
             "amounts set aside": about["bad_amounts"], "events ignored": about["ignored"], "rows without an id": about["bad_ids"],
             "arrival times": _lateness(config, ready)}
    lacking = [f"{name} (no {what})" for name, what in ready.train.skipped.items()]
    return facts | ({"signals without data": ", ".join(lacking)} if lacking else {})


def _pictures(models: Mapping[str, TreeModel], test: Dataset, evaluations: Mapping[str, Evaluation],
              explanation: Explanation) -> dict[str, plots.Figure]:
    churn = evaluations["churned"]
    risk = predict(models["churned"], test.X)
    recency = test.X[baselines.LAST].fillna(1e4).to_numpy() if baselines.LAST in test.X else np.zeros(len(risk))
    pictures = {"calibration": plots.calibration(churn.calibration), "signals": plots.signals(explanation.signal_importance()),
                "gains": plots.gains(test.y("churned").to_numpy(), {"churnlab": risk, "days since last activity": recency}),
                "per_cut": plots.per_cut(churn.per_cut, "auc")}
    return pictures | ({"deciles": plots.deciles(evaluations["ltv"].calibration)} if "ltv" in evaluations else {})


def _examples(explanation: Explanation, models: Mapping[str, TreeModel], test: Dataset) -> tuple[str, ...]:
    risk = predict(models["churned"], explanation.X)
    top = np.argsort(-risk, kind="stable")[:200]
    lines = explanation.reasons(3).iloc[top].agg(lambda row: "; ".join(r for r in row if r), axis=1)
    return tuple(line for line in dict.fromkeys(lines) if line)[:5]


def _limits(config: Config, ready: Prepared) -> tuple[str, ...]:
    lines = ["It knows what the log knows: who leaves for a reason that leaves no trace before is not found.",
             "A probability is right on average over people like these days' people; after a change of the product, train again.",
             "Reasons say what moved the score, not what would keep the person.",
             f"Not for people without an active day in the last {config.snapshots.active_within} days."]
    if len(ready.test.days) < 3:
        lines.append(f"Judged on {len(ready.test.days)} snapshot day(s) only: seasons are not covered.")
    if ready.activity.has_money:
        lines.append("Value at risk is the churn probability times the expected spend; the two models do not yet know of each other.")
    return tuple(lines)


def _log(config: Config, ready: Prepared, models: Mapping[str, TreeModel], evaluations: Mapping[str, Evaluation], card: ModelCard,
         version: str, hazard: ChurnHazard | None, timing: Timing | None, tuned: Mapping[str, Tuned]) -> TrainingResult:
    about = {"name": config.name, "version": version, "models": sorted(models), "simulated": config.log.simulated,
             "dataset": {"name": Path(config.log.path).name, "digest": ready.train.digest, **ready.train.describe()},
             "roles": ready.activity.roles.to_dict(), "timezone": ready.activity.timezone,
             "config": {"target": asdict(config.target), "snapshots": {"active_within": config.snapshots.active_within},
                        "features": asdict(config.features)}, "targets": [t.describe() for t in ready.targets],
             "evaluations": {k: e.to_dict() for k, e in evaluations.items()}}
    params = {"algorithm": config.model.algorithm, "seed": config.model.seed, "active_within": config.snapshots.active_within,
              "churn_horizon": config.target.churn_horizon, "lead": config.target.lead, "features": ready.train.X.shape[1],
              "train_rows": len(ready.train.X), "test_rows": len(ready.test.X), "version": version,
              **{f"{target}_{k}": v for target, t in tuned.items() for k, v in t.params.items()}}
    tracker = Tracker(config.path(config.tracking.store), config.tracking.experiment)
    metrics = {k: v for e in evaluations.values() for k, v in e.metrics().items()} | (timing.metrics() if timing else {})
    run = tracker.log_training(models, params=params, metrics=metrics, catalogue=ready.train.catalogue, about=about,
                               artifacts={"card.html": card.html(), "card.md": card.markdown()}, hazard=hazard,
                               trials={k: t.trials for k, t in tuned.items()})
    try:
        html, markdown = card.save(config.path(config.output.folder))
    except OutputError:
        tracker.discard(run)
        raise
    return TrainingResult(run, version, tracker.location(run), card, html, markdown, evaluations)
