"""The champion, judged beside the new models on the same held-out rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from churnlab.config.as_trained import check_meaning, target_facts
from churnlab.config.inputs import known_attributes, open_registry, open_tracker
from churnlab.config.sections import FeaturesTable
from churnlab.config.tables import Config
from churnlab.errors import ChurnlabError, FrameError
from churnlab.estimators.base import TreeModel
from churnlab.evaluation.contenders import MODEL, predict
from churnlab.evaluation.judge import Judge
from churnlab.evaluation.records import records
from churnlab.language.sentence import sentence
from churnlab.model_registry.run_facts import ChampionFacts, DatasetFacts
from churnlab.model_registry.tracking import TrainedRun
from churnlab.model_registry.versions import CHAMPION, Version
from churnlab.schema.days import day_number, learnable
from churnlab.schema.progress import Say, silent
from churnlab.training.preparation import SplitRows, build, reach_of

_DRAWS = 200


def beside_champion(
    config: Config, rows: SplitRows, models: Mapping[str, TreeModel], say: Say = silent
) -> ChampionFacts | None:
    """The new models beside today's champion on the held-out rows; None without a champion.

    The champion's models that score are judged, or those of before its refit where the former
    learnt from labels that reach into the held-out days. Where neither can be judged the facts say
    why. Raises ModelError where the store cannot be reached.
    """
    champion = open_registry(config).champion()
    if champion is None:
        return None
    say("judging the champion beside them")
    try:
        return _judged(config, rows, models, champion)
    except ChurnlabError as error:
        return _not_judged(champion, error)


def _judged(
    config: Config, rows: SplitRows, models: Mapping[str, TreeModel], champion: Version
) -> ChampionFacts:
    tracker = open_tracker(config)
    facts = tracker.facts(champion.run_id)
    if facts.target != target_facts(config.target):
        return _not_judged(champion, sentence("it predicts another target"))
    check_meaning(facts, rows.activity)
    served = facts.served is not None and _later_than(rows, facts.served.rows.values())
    if not served and not _later_than(rows, [facts.dataset]):
        return _not_judged(champion, sentence("it learnt from the days that are held out now"))
    trained = tracker.load(champion.run_id, judged=not served)
    learnt = facts.learnt() if served else facts.dataset
    return ChampionFacts(
        champion.number,
        champion.run_id,
        facts.version if served or facts.served is None else facts.served.judged_version,
        learnt.days[-1],
        _tables(rows, models, trained.models, _features(config, rows, trained)),
    )


def _not_judged(champion: Version, why: object) -> ChampionFacts:
    return ChampionFacts(champion.number, champion.run_id, missing=str(why))


def _later_than(rows: SplitRows, learnt: Iterable[DatasetFacts]) -> bool:
    """Whether no label of rows that were learnt from reaches into the held-out days."""
    first, reach = day_number(rows.test.days[0].date()), reach_of(rows.targets)
    return all(learnable(day_number(data.days[-1]), reach, first) for data in learnt)


def _features(config: Config, rows: SplitRows, trained: TrainedRun) -> pd.DataFrame:
    """The held-out rows with the columns of the champion, built again where they lack some."""
    try:
        for model in trained.models.values():
            model.select(rows.test.X)
        return rows.test.X
    except FrameError:
        facts = trained.facts
        table = FeaturesTable(builders=list(facts.features), look_back=facts.look_back)
        old = config.model_copy(update={"features": table})
        days = [day_number(day.date()) for day in rows.test.days]
        known = known_attributes(trained)
        data = build(old, rows.activity, days, rows.targets, known=known)
        return data.X.loc[rows.test.X.index]


def _tables(
    rows: SplitRows,
    models: Mapping[str, TreeModel],
    champions: Mapping[str, TreeModel],
    X: pd.DataFrame,
) -> dict[str, list[dict[str, Any]]]:
    """By target, the metrics of both on the same rows, with differences on the same resamples."""
    tables = {}
    for target in models.keys() & champions.keys():
        y = rows.test.y(target)
        said = {
            MODEL: predict(models[target], rows.test.X),
            CHAMPION: predict(champions[target], X),
        }
        users = y.index.get_level_values("user_id").to_numpy()
        table = Judge.of(target, _DRAWS, 0).table(said, y.to_numpy(np.float64), users)
        tables[target] = records(table)
    return tables
