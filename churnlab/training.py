"""From a configuration to a reviewed model: cuts, features, models, evaluation, card, one MLflow run."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from churnlab import _reading, plots, schema
from churnlab.activity import DailyActivity
from churnlab.card import CardFacts, ModelCard
from churnlab.config import Config, FeaturesTable, TargetTable, day_or_none
from churnlab.dataset import Dataset, build_dataset
from churnlab.engines.local import first_day
from churnlab.errors import ConfigError, HistoryError, LogError, OutputError
from churnlab.estimators import ChurnClassifier, LTVRegressor, baselines
from churnlab.estimators.base import TreeModel
from churnlab.evaluation import MODEL, Evaluation, predict
from churnlab.events import EventLog
from churnlab.explanation import Explanation, explain
from churnlab.snapshots import Snapshots
from churnlab.stored import ActivityStore
from churnlab.targets import Churn, Target
from churnlab.tracking import Tracker, TrainedRun

Say = Callable[[str], None]
EXPLAINED_ROWS = {"lightgbm": 2000, "random_forest": 200}
NEW_DAYS = 60


def silent(text: str) -> None:
    """Says nothing."""


@dataclass(frozen=True)
class Prepared:
    """A log on its way to a model: activity, and rows to learn from and to judge by."""

    activity: DailyActivity
    targets: tuple[Target, ...]
    train: Dataset
    test: Dataset


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
    ready = prepare(config, log, say)
    say("fitting models")
    models = fit(ready.train, config)
    say("judging them beside the dumb things")
    evaluations = judge(models, ready)
    say("explaining")
    explanation = explain_sample(models["churned"], ready.test)
    version = version_of(models, ready.train)
    card = make_card(config, ready, models, evaluations, explanation, version)
    say("logging the run")
    return _log(config, ready, models, evaluations, card, version)


def prepare(config: Config, log: EventLog | None = None, say: Say = silent) -> Prepared:
    """Reads the log, makes snapshots and features, and splits by time, purged."""
    say("reading events")
    activity = log.daily() if log else config.activity()
    if not isinstance(activity, DailyActivity):
        raise ConfigError.from_spark("models are trained on one machine", 'set engine = "local" and train on a log of some of the people')
    people = int((np.add.reduceat(activity.values("active"), activity.first[:-1]) > 0).sum())
    if people < 2:
        raise HistoryError.from_one_person(people)
    targets = config.targets(activity.has_money)
    days = cut_days(activity, targets, config)
    say(f"building features at {len(days)} snapshot days")
    snapshots = Snapshots.at(activity, days, config.snapshots.active_within, targets)
    data = build_dataset(activity, snapshots, config.feature_set(), read_users(config, activity))
    learn, test = data.split(test_start(days, targets, config))
    for part in (learn, test):
        churned = part.y("churned")
        if churned.nunique() < 2:
            raise HistoryError.from_one_class("churned", int(churned.iloc[0]), len(part.X))
    return Prepared(activity, targets, learn, test)


def cut_days(activity: DailyActivity, targets: tuple[Target, ...], config: Config) -> list[int]:
    """Snapshot days, every so often, backwards from the last whose labels are whole."""
    reach = max(t.window(0)[1] for t in targets)
    observed = activity.end - activity.start
    if config.snapshots.every < 1:
        raise ConfigError.from_range("snapshots.every", config.snapshots.every, "at least 1 day")
    last = activity.end - reach
    if last <= activity.start:
        raise HistoryError.from_horizon_too_long(reach, observed)
    first, told = day_or_none(config.snapshots.first), _first_told(activity, config)
    if activity.carry is not None and last < told:
        what = f"features (before {schema.day_text(told)})"
        raise HistoryError.from_folded(schema.day_text(last), what, schema.day_text(activity.carry.before))
    if first is None:
        first = max(told, activity.start + min(config.snapshots.active_within, (last - activity.start) // 3))
    if first > last:
        raise ConfigError.from_range("snapshots.first", schema.day_text(first), f"a day up to {schema.day_text(last)}, the last with whole labels")
    return sorted(range(last, max(first, activity.start + 1) - 1, -config.snapshots.every))


def _first_told(activity: DailyActivity, config: Config) -> int:
    """The first day at which features can be told, and who was active before: later than the log's where a store has folded days away."""
    first = first_day(activity, config.feature_set())
    return first if activity.carry is None else max(first, activity.carry.before + config.snapshots.active_within)


def test_start(days: list[int], targets: tuple[Target, ...], config: Config) -> int:
    """The first held-out day: stated, or the start of the newest quarter that leaves rows to learn from after purging."""
    stated = day_or_none(config.snapshots.test_from)
    if stated is not None:
        return stated
    reach = max(t.window(0)[1] for t in targets)
    for day in days[len(days) - max(1, len(days) // 4):]:
        if days[0] + reach <= day:
            return day
    raise HistoryError.from_empty_split(schema.day_text(days[-1]), schema.day_text(days[0]), schema.day_text(days[-1]), reach)


def read_users(config: Config, activity: DailyActivity | Any) -> pd.DataFrame | None:
    """Static attributes, when the configuration names a file; ids are read as the log has them. Parquet stays on Spark where the log is."""
    if config.log.users is None:
        return None
    path = config.path(config.log.users)
    local = isinstance(activity, DailyActivity | ActivityStore)
    if not local and ".parquet" in path:
        from churnlab.engines import spark

        return spark.read(path).withColumnRenamed(config.log.user, "user_id")
    text = activity.users.dtype == object if local else activity.whole.text_ids  # type: ignore[union-attr]
    kind = "str" if text else "int64"
    try:
        parts = [pd.read_parquet(f) if f.endswith(".parquet") else pd.read_csv(f, dtype={config.log.user: kind}) for f in _reading.matching(path)]
    except (OSError, pa.ArrowException, pd.errors.ParserError, UnicodeError) as error:
        raise LogError.from_unreadable(path, str(error)) from error
    frame = pd.concat(parts)
    _reading.check_columns(path, {"user": config.log.user}, frame.columns)
    return frame.rename(columns={config.log.user: "user_id"})


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


def evaluate(config: Config, run: str | None = None, say: Say = silent) -> tuple[str, dict[str, Evaluation]]:
    """Judges a run's models, by its own definition of the targets, on the held-out days of the log as it is now.

    Gives the run's id and the evaluations. Raises HistoryError when a held-out label overlaps what the run learnt from.
    """
    trained = Tracker(config.path(config.tracking.store), config.tracking.experiment).load(run)
    ready = prepare(as_trained(config, trained), say=say)
    check_meaning(trained, ready.activity)
    reach = max(t.window(0)[1] for t in ready.targets)
    learnt = schema.day_number(trained.about["dataset"]["days"][-1])
    if schema.day_number(ready.test.days[0]) < learnt + reach:
        raise HistoryError.from_learnt(ready.test.days[0].date(), schema.day_text(learnt + reach))
    return trained.run_id, judge(trained.models, ready)


def fit(data: Dataset, config: Config) -> dict[str, TreeModel]:
    """A model for every target."""
    options: dict[str, Any] = {"algorithm": config.model.algorithm, "random_state": config.model.seed}
    models: dict[str, TreeModel] = {"churned": ChurnClassifier(**options).fit(data.X, data.y("churned"))}
    if "ltv" in data.labels:
        models["ltv"] = LTVRegressor(**options).fit(data.X, data.y("ltv"))
    return models


def judge(models: Mapping[str, TreeModel], ready: Prepared) -> dict[str, Evaluation]:
    """Each model beside the dumb things, which learn from the same rows."""
    out = {}
    for target, model in models.items():
        y = ready.train.y(target)
        kinds: Mapping[str, type] = baselines.CHURN if target == "churned" else baselines.VALUE
        fitted = {MODEL: model} | {name: kind().fit(ready.train.X, y) for name, kind in kinds.items()}
        out[target] = Evaluation.compare(fitted, ready.test, target, segments=segments(ready.test.X))
    return out


def segments(X: pd.DataFrame) -> pd.DataFrame:
    """Groups for the card: newcomers and others, and static categories of at most twelve values."""
    tenure = X["lifecycle__tenure_days__all"] if "lifecycle__tenure_days__all" in X else pd.Series(np.nan, index=X.index)
    out = pd.DataFrame({"first seen": np.where(tenure < NEW_DAYS, f"under {NEW_DAYS} days ago", "earlier")}, index=X.index)
    for column in X.columns:
        if isinstance(X[column].dtype, pd.CategoricalDtype) and len(X[column].cat.categories) <= 12:
            out[column.removeprefix("profile__").removesuffix("__static").replace("_", " ")] = X[column]
    return out


def explain_sample(model: TreeModel, data: Dataset) -> Explanation:
    """The model explained on at most 2,000 held-out rows (200 for a forest), spread evenly."""
    most = EXPLAINED_ROWS[model.algorithm]
    rows = np.unique(np.linspace(0, len(data.X) - 1, min(most, len(data.X))).astype(int))
    return explain(model, model.select(data.X.iloc[rows]), data.catalogue)


def version_of(models: Mapping[str, TreeModel], data: Dataset) -> str:
    """Twelve digits of what the models are and what they learnt from; the same training gives the same version."""
    digest = hashlib.sha256(data.digest.encode())
    for target in sorted(models):
        with tempfile.TemporaryDirectory() as folder:
            models[target].save(folder)
            for file in sorted(Path(folder).glob("model.lgb")) or [Path(folder) / "model.json"]:
                digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def make_card(config: Config, ready: Prepared, models: Mapping[str, TreeModel], evaluations: Mapping[str, Evaluation],
              explanation: Explanation, version: str) -> ModelCard:
    """The card of a training."""
    return ModelCard.of(CardFacts(
        title=f"{config.name}: who is about to leave", version=version, sentences=_sentences(config, ready), simulated=config.log.simulated,
        population={"eligible": f"active on a day of the {config.snapshots.active_within} before the snapshot",
                    "learnt from": f"{len(ready.train.X):,} snapshots of {_people(ready.train):,} people, {_span(ready.train)}",
                    "judged on": f"{len(ready.test.X):,} snapshots of {_people(ready.test):,} people, {_span(ready.test)}",
                    "purged between": f"{ready.train.counts.get('purged', 0):,} snapshots whose labels overlap the judged days"},
        data=_data_facts(config, ready), evaluations=evaluations, pictures=_pictures(models, ready.test, evaluations, explanation),
        signals=explanation.signal_importance(), importance=explanation.importance(), examples=_examples(explanation, models, ready.test),
        limits=_limits(config, ready), made={"algorithm": config.model.algorithm, "seed": config.model.seed,
                                             "features": ready.train.X.shape[1], "dataset digest": ready.train.digest[:16],
                                             "format": "LightGBM text or skops, with sha256; no code is run on loading"}))


def _sentences(config: Config, ready: Prepared) -> tuple[str, ...]:
    churn = next(t for t in ready.targets if isinstance(t, Churn))
    what = churn.describe().removeprefix("churned: ")
    first = (f"For everybody active in the last {config.snapshots.active_within} days it gives the probability of leaving ({what}), "
             "and three reasons in words.")
    worth = [f"It also says what they are expected to spend: {t.describe().removeprefix('ltv: ')}." for t in ready.targets if t.name == "ltv"]
    return (first, *worth)


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
         version: str) -> TrainingResult:
    about = {"name": config.name, "version": version, "models": sorted(models), "simulated": config.log.simulated,
             "dataset": {"name": Path(config.log.path).name, "digest": ready.train.digest, **ready.train.describe()},
             "roles": ready.activity.roles.to_dict(), "timezone": ready.activity.timezone,
             "config": {"target": asdict(config.target), "snapshots": {"active_within": config.snapshots.active_within},
                        "features": asdict(config.features)}, "targets": [t.describe() for t in ready.targets],
             "evaluations": {k: e.to_dict() for k, e in evaluations.items()}}
    params = {"algorithm": config.model.algorithm, "seed": config.model.seed, "active_within": config.snapshots.active_within,
              "churn_horizon": config.target.churn_horizon, "lead": config.target.lead, "features": ready.train.X.shape[1],
              "train_rows": len(ready.train.X), "test_rows": len(ready.test.X), "version": version}
    tracker = Tracker(config.path(config.tracking.store), config.tracking.experiment)
    metrics = {k: v for e in evaluations.values() for k, v in e.metrics().items()}
    run = tracker.log_training(models, params=params, metrics=metrics, catalogue=ready.train.catalogue, about=about,
                               artifacts={"card.html": card.html(), "card.md": card.markdown()})
    try:
        html, markdown = card.save(config.path(config.output.folder))
    except OutputError:
        tracker.discard(run)
        raise
    return TrainingResult(run, version, tracker.location(run), card, html, markdown, evaluations)
