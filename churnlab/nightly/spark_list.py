"""SparkRiskList: tonight's list, scored, explained and written by the workers of Spark.

It is the same list as on one machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from churnlab.config.tables import Config
from churnlab.dataset.build import build_dataset
from churnlab.dataset.snapshots import Snapshots
from churnlab.errors import ConfigError, HistoryError
from churnlab.features.facts import with_facts
from churnlab.language.sentence import Words
from churnlab.model_registry.tracking import TrainedRun
from churnlab.nightly.chosen import Chosen
from churnlab.nightly.contract import ID, schema
from churnlab.nightly.publication import Publication
from churnlab.nightly.ranking import BY_RANK, Ranking
from churnlab.nightly.scoring import Listing
from churnlab.nightly.stage import with_stage
from churnlab.nightly.written import Written
from churnlab.schema.days import day_text
from churnlab.spark.activity import SparkActivity
from churnlab.spark.dataset import SparkDataset
from churnlab.spark.session import DataFrame, in_one_line, write_whole

_LISTED = {field.name: field.type for field in schema("string") if field.name != ID}


@dataclass(frozen=True, eq=False)
class SparkRiskList:
    """Tonight's list as in RiskList; nothing is computed before `frame` is used or written.

    `rows` is the list without its order. `nobody` is the error for a list without a row; `notes`
    and `model_age` are those of a RiskList.
    """

    frame: DataFrame
    rows: DataFrame
    as_of: str
    run_id: str
    nobody: HistoryError
    notes: tuple[Words, ...] = ()
    model_age: int | None = None

    def publication(self) -> Publication:
        """Never: raises ConfigError, because a list on Spark goes to no sink."""
        way = 'take [[sinks]] out, or set engine = "local"'
        raise ConfigError.from_spark("a list on Spark goes to the output folder alone", way)

    def write(self, folder: str | Path, force: str = "") -> Written:
        """Write the folder risk_list_<as_of>.parquet, whole or not at all.

        Raises HistoryError when nobody is on the list, OutputError when it cannot be written,
        ConfigError for `force`: no guard looks at a list on Spark.
        """
        if force:
            raise ConfigError.from_spark("no guard looks at a list on Spark", "take --force out")
        target = f"{str(folder).rstrip('/')}/risk_list_{self.as_of}.parquet"
        self.rows.persist()
        try:
            with in_one_line():
                if self.rows.isEmpty():
                    raise self.nobody
            people = write_whole(self.frame, target)
        finally:
            self.rows.unpersist()
        files = {"list_parquet": target}
        told = (tuple(map(str, self.notes)), self.model_age)
        return Written(self.as_of, people, self.run_id, files, *told)


def list_of(
    activity: SparkActivity, chosen: Chosen, config: Config, day: int, users: Any
) -> SparkRiskList:
    """The list of everybody eligible on a day, planned on Spark.

    Raises FrameError when the log lacks features that the models learnt from, ConfigError for a
    [list] that ranks or cuts.
    """
    ranking = Ranking.of(config)
    _check_row_wise(ranking)
    trained = chosen.trained
    within, terminal = config.snapshots.active_within, config.target.terminal
    snapshots = Snapshots.at(activity, [day], within, terminal=terminal)
    told = with_facts(config.feature_set())
    features = with_stage(told, config.target.churn(), activity, day)
    data: Any = build_dataset(activity, snapshots, features, users)
    _check_features(trained, data)
    rows = data.map(Listing.of(chosen, config, day, activity), _LISTED)
    if ranking.stages:
        rows = rows.where(rows["stage"].isin(*ranking.stages))
    as_of = day_text(day)
    nobody = HistoryError.from_nobody(as_of, within)
    return SparkRiskList(_ranked(rows), rows, as_of, trained.run_id, nobody)


def _check_row_wise(ranking: Ranking) -> None:
    """Raise ConfigError unless each row can be made alone, by risk, as Spark makes it."""
    cut = ranking.top or ranking.budget is not None or ranking.policy
    if ranking.sort != "risk" or cut or ranking.tiers_by in BY_RANK:
        reason = "a list on Spark has everybody, by risk, with tiers by a column's value"
        raise ConfigError.from_spark(reason, 'leave these keys of [list] out, or use "local"')


def _check_features(trained: TrainedRun, data: SparkDataset) -> None:
    names = [field.name for field in data.job.schema][2:]
    for model in trained.models.values():
        model.select(pd.DataFrame(columns=names))


def _ranked(frame: DataFrame) -> DataFrame:
    """The rows by risk, highest first, ties by id."""
    return frame.orderBy(frame["risk"].desc(), frame["user_id"])
