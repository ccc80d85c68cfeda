"""From a notebook to a logged run and its card: what `train` does with a configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from churnlab.dataset.dataset import Dataset
from churnlab.errors import ModelError
from churnlab.errors.secrets import shown_name
from churnlab.estimators.base import TreeModel
from churnlab.estimators.hazard import ChurnHazard, Model
from churnlab.evaluation.tables import cell
from churnlab.features.feature_set import FeatureSet
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words, sentence
from churnlab.model_registry.mlflow_store import users_place
from churnlab.model_registry.run_facts import DatasetFacts, RunFacts, TargetFacts
from churnlab.model_registry.tracking import WHEN, Tracker
from churnlab.report.cards.card import ModelCard
from churnlab.report.cards.record import CardRecord, Costs, Made, Use
from churnlab.schema.days import day_text
from churnlab.schema.targets import Churn, LifetimeValue
from churnlab.schema.views import view
from churnlab.training.card_facts import labels_of_later, limits, rows_and_days
from churnlab.training.card_figures import figures, promise
from churnlab.training.card_files import card_of
from churnlab.training.judgeable import CHURNED, by_target
from churnlab.training.judging import Judged, explain_sample, leavers
from churnlab.training.models import version_of
from churnlab.training.reference import reference_of

EXPERIMENT = "churnlab"
LEADS = (0, 7, 14, 30)  # days, as [card] warning_leads has them


@dataclass(frozen=True, eq=False)
class Run:
    """A logged run: its id, its store, the version of its models, and what it holds.

    `models` are the targets whose models are stored, and can score. `metrics` are flat. Its state
    is Draft until `cl.registry(store).submit(run_id)` puts it forward.
    """

    run_id: str
    tracker: Tracker
    version: str
    models: tuple[str, ...]
    metrics: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[Words, ...] = ()

    @property
    def store(self) -> str:
        """The folder or the address of the store, as `cl.registry` and `cl.Tracker` take it."""
        return str(self.tracker.address)

    def __repr__(self) -> str:
        return f"Run({self.run_id!r}, version {self.version}, in {self.store})"

    def _repr_html_(self) -> str:
        return str(view("training.shown:run")(self).html())


@dataclass(frozen=True)
class About:
    """What a card says beside figures: the model's name, its owner, what it must not be used for.

    `simulated` marks made-up data. `costs` are those of acting, without them no money is shown;
    `currency` is the sign before amounts. `review_days` is when the model is looked at again.
    """

    name: str = "Model"
    owner: str = ""
    not_for: tuple[str, ...] = ()
    simulated: bool = False
    costs: Costs | None = None
    currency: str = ""
    review_days: int | None = None


def log(
    model: Any,
    judged: Judged,
    name: str = "Model",
    *,
    tracker: Tracker | None = None,
    language: str = ENGLISH,
    **about: Any,
) -> Run:
    """Log judged models as one run, with the metrics, the facts and the card.

    - `model`: what was judged: one estimator, several, or a mapping by target.
    - `name`: the model's name, which the card begins with.
    - `tracker`: the store; None takes that of MLflow's active run, in which the run is nested, or
      else MLflow's own store, in the experiment `churnlab`.
    - `language`: that of the stored card.html and card.md.
    - `about`: what the card says beside figures: owner, not_for, simulated, costs, currency,
      review_days (`training.logged.About`).

    Models of ours are stored in files that run no code when they are loaded. Estimators of other
    libraries are judged on the card and not stored; the run says so, and cannot score without a
    model of ours. Raises ModelError for a model that is not the judged one, for a judgement without
    churn, for labels without a definition, and where the store cannot be reached.

    >>> import tempfile
    >>> from churnlab import Tracker
    >>> from churnlab.demo.example import judged_example
    >>> judged = judged_example()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = log(judged.models, judged, "Example", tracker=Tracker(folder))
    ...     print(card(run).title, run.models)
    Example: who is about to leave ('churned',)
    """
    said = About(name, **about)
    train, test = _rows(model, judged)
    ours = {t: m for t, m in judged.models.items() if isinstance(m, TreeModel | ChurnHazard)}
    version = version_of(ours, train) if ours else train.digest[:12]
    made = ModelCard.of(_record(said, judged, train, test, version))
    notes = tuple(_not_stored(judged, ours))
    store = tracker or _of_mlflow()
    run_id = store.log_training(
        {t: m for t, m in ours.items() if isinstance(m, TreeModel)},
        params=_params(judged, train, test, version),
        metrics=judged.metrics(),
        catalogue=train.catalogue,
        facts=_facts(said, judged, ours, train, test, version),
        artifacts=made.files(language),
        hazard=_hazard(ours),
    )
    stored = tuple(target for target in ours if target != WHEN)
    return Run(run_id, store, version, stored, judged.metrics(), notes)


def card(run: Run | str, *, tracker: Tracker | None = None) -> ModelCard:
    """The model card of a logged run, which shows itself in a notebook.

    `run` is what `log` returned, or the id of any run in the store of `tracker` (None: as in
    `log`). `card(run).html("zh")` is the page in Chinese, `save(folder)` writes it. Raises
    ModelError for a run that is not there or has no card.

    >>> from churnlab.demo.example import tracker
    >>> print(card(tracker().latest(), tracker=tracker()).title)
    Example: who is about to leave
    """
    if isinstance(run, Run):
        return card_of(run.tracker, run.run_id)
    return card_of(tracker or _of_mlflow(), run)


def _of_mlflow() -> Tracker:
    uri, experiment = users_place()
    return Tracker(uri, experiment or EXPERIMENT)


def _rows(model: Any, judged: Judged) -> tuple[Dataset, Dataset]:
    """The rows of a judgement, after a look at whether it can be logged."""
    for target, one in by_target(model).items():
        if judged.models.get(target) is not one:
            raise ModelError.from_not_judged(type(one).__name__, target)
    if CHURNED not in judged.evaluations or judged.train is None or judged.test is None:
        raise ModelError.from_no_churn()
    if not any(target.name == CHURNED for target in judged.train.targets):
        raise ModelError.from_no_definition()
    return judged.train, judged.test


def _hazard(ours: Mapping[str, Model]) -> ChurnHazard | None:
    found = ours.get(WHEN)
    return found if isinstance(found, ChurnHazard) else None


def _record(
    about: About, judged: Judged, train: Dataset, test: Dataset, version: str
) -> CardRecord:
    """The record of the card; reasons are those of a churn model of ours."""
    churn = judged.models[CHURNED]
    why = explain_sample(churn, test) if isinstance(churn, TreeModel) else None
    told = test.told_by
    has_money = told.activity.has_money if told else "ltv" in judged.evaluations
    return CardRecord(
        name=about.name,
        version=version,
        made_on=date.fromisoformat(day_text(told.activity.end)) if told else test.days[-1].date(),
        simulated=about.simulated,
        promise=promise(train.targets, train.active_within),
        **figures(judged, why, about.costs, about.currency, _later(test)),
        use=Use(
            limits=limits(test, train.active_within, has_money),
            not_for=about.not_for,
            owner=about.owner,
            review_days=about.review_days,
        ),
        made=tuple(Made(name=n, says=cell(v)) for n, v in _made(judged, train, test).items()),
    )


def _later(test: Dataset) -> dict[int, pd.Series]:
    """Labels of churn that begins later, where the daily rows and who is eligible are known."""
    churn = next((target for target in test.targets if isinstance(target, Churn)), None)
    if churn is None or test.told_by is None or test.active_within is None:
        return {}
    return labels_of_later(test.told_by.activity, test, churn, LEADS, test.active_within)


def _made(judged: Judged, train: Dataset, test: Dataset) -> dict[Words, Any]:
    """What the models were made from, by name."""
    kinds = ", ".join(type(m).__name__ for m in judged.models.values())
    purged = sentence(
        "{rows:,} snapshots whose label windows reach into the held-out days",
        rows=train.counts.get("purged", 0),
    )
    where = _source(train)
    return {
        sentence("learnt from"): rows_and_days(train),
        sentence("leavers"): leavers(judged.models[CHURNED], train, judged.evaluations[CHURNED]),
        sentence("judged on"): rows_and_days(test),
        sentence("purged between"): purged,
        **({sentence("source"): shown_name(where)} if where else {}),
        sentence("algorithm"): kinds,
        sentence("features"): train.X.shape[1],
        sentence("dataset digest"): train.digest[:16],
        sentence("logged from"): sentence("a notebook or a program, without a configuration"),
    }


def _source(data: Dataset) -> str:
    return str(data.told_by.activity.source.get("source", "")) if data.told_by else ""


def _facts(
    about: About,
    judged: Judged,
    ours: Mapping[str, Model],
    train: Dataset,
    test: Dataset,
    version: str,
) -> RunFacts:
    """The facts that the run says of itself; what is not known of rows of your own is empty."""
    told = train.told_by
    where = shown_name(_source(train)) or "log"
    return RunFacts(
        name=about.name,
        version=version,
        models=tuple(sorted(target for target in ours if target != WHEN)),
        simulated=about.simulated,
        dataset=DatasetFacts.of(where, train.describe()),
        judged_on=DatasetFacts.of(where, test.describe()),
        roles=told.activity.roles.to_dict() if told else {},
        timezone=told.activity.timezone if told else "",
        active_within=train.active_within or 0,
        target=_target(train.targets),
        features=_builders(train),
        targets=tuple(str(target.describe()) for target in train.targets),
        evaluations={target: e.to_dict() for target, e in judged.evaluations.items()},
        reference=reference_of(ours.get(CHURNED), test),
    )


def _builders(data: Dataset) -> tuple[str, ...]:
    """The names of the builders; empty for the default set, and where they are not known."""
    if data.told_by is None or data.told_by.features.builders == FeatureSet.default().builders:
        return ()
    return tuple(type(builder).__name__ for builder in data.told_by.features.builders)


def _target(targets: Sequence[Any]) -> TargetFacts:
    """The keys of [target] that say what these targets say."""
    given: dict[str, Any] = {"churn_horizon": 0}
    for target in targets:
        if isinstance(target, Churn):
            given |= {
                "churn_horizon": target.horizon,
                "lead": target.lead,
                "roles": None if target.roles is None else tuple(target.roles),
                "terminal": target.terminal,
            }
        elif isinstance(target, LifetimeValue):
            given["ltv_horizon"] = target.horizon
    return TargetFacts(**given)


def _params(judged: Judged, train: Dataset, test: Dataset, version: str) -> dict[str, Any]:
    return {
        **{f"{target}_model": type(m).__name__ for target, m in judged.models.items()},
        "features": train.X.shape[1],
        "train_rows": len(train.X),
        "test_rows": len(test.X),
        "version": version,
    }


def _not_stored(judged: Judged, ours: Mapping[str, Model]) -> list[Words]:
    """A sentence for each judged model that is not stored."""
    return [
        sentence(
            "{model} is judged on the card and not stored: only models of churnlab are kept, in "
            "files that run no code. The run cannot score {target}.",
            model=type(model).__name__,
            target=target,
        )
        for target, model in judged.models.items()
        if target not in ours
    ]
