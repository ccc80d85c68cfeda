"""Tonight's list on Spark: scored, explained and written by the workers; the same list as on one machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from churnlab.config.tables import Config
from churnlab.dataset.build import build_dataset
from churnlab.dataset.snapshots import Snapshots
from churnlab.errors import HistoryError
from churnlab.model_registry.tracking import TrainedRun
from churnlab.nightly import scoring
from churnlab.schema.days import day_text
from churnlab.schema.targets import TimeToChurn
from churnlab.spark.activity import SparkActivity
from churnlab.spark.dataset import SparkDataset
from churnlab.spark.session import DataFrame, in_one_line, write_whole

_SCORES = {
    "risk": pa.float64(),
    "when": pa.string(),
    "ltv": pa.float64(),
    "value_at_risk": pa.float64(),
    "as_of": pa.string(),
    "model_version": pa.string(),
}


@dataclass(frozen=True, eq=False)
class SparkRiskList:
    """One row a person, highest risk first, as in RiskList; nothing is computed before `frame` is used or written.

    `scores` is the list without reasons; `explained` is how many rows have them, from the top.
    """

    frame: DataFrame
    scores: DataFrame
    as_of: str
    run_id: str
    explained: int
    nobody: HistoryError

    def write(self, folder: str | Path) -> tuple[str, int]:
        """Writes the folder risk_list_<as_of>.parquet, whole or not at all; gives where it is and its rows.

        HistoryError when nobody is on the list.
        """
        target = f"{str(folder).rstrip('/')}/risk_list_{self.as_of}.parquet"
        self.scores.persist()
        try:
            with in_one_line():
                if self.scores.isEmpty():
                    raise self.nobody
            return target, write_whole(self.frame, target)
        finally:
            self.scores.unpersist()

    def deliver(self, folder: str | Path) -> dict[str, object]:
        """Writes the list and says what was written."""
        target, people = self.write(folder)
        return {
            "as_of": self.as_of,
            "people": people,
            "without_reasons": max(0, people - self.explained),
            "run_id": self.run_id,
            "list_parquet": target,
        }


def list_of(
    activity: SparkActivity, trained: TrainedRun, config: Config, day: int, users: Any
) -> SparkRiskList:
    """The list of everybody eligible on a day, planned on Spark."""
    target = config.target
    snapshots = Snapshots.at(
        activity, [day], config.snapshots.active_within, terminal=target.terminal
    )
    data: Any = build_dataset(activity, snapshots, config.feature_set(), users)
    leaving = config.time_to_churn(trained.hazard.weeks) if trained.hazard else None
    return make_list(trained, data, day_text(day), leaving)


def make_list(
    trained: TrainedRun, data: SparkDataset, as_of: str, leaving: TimeToChurn | None = None
) -> SparkRiskList:
    """The list of the people of a dataset. FrameError when the log lacks what the models learnt from."""
    names = [f.name for f in data.job.schema][2:]
    for model in trained.models.values():
        model.select(pd.DataFrame(columns=names))
    churn = trained.models["churned"]
    packed = {target: scoring.pack(model) for target, model in trained.models.items()}
    hazard = scoring.pack(trained.hazard) if trained.hazard else None
    scores = data.map(
        scoring.Scores(
            tuple(packed.items()), as_of, str(trained.about["version"]), hazard, leaving
        ),
        _SCORES,
    )
    top = _ranked(scores).limit(scoring.EXPLAINED[churn.algorithm]).select("user_id")
    why = data.only(top).map(
        scoring.Reasons(packed["churned"], trained.catalogue),
        dict.fromkeys(scoring.REASONS, pa.string()),
    )
    whole = (
        scores.join(why, "user_id", "left")
        .na.fill("", list(scoring.REASONS))
        .select(*scoring.COLUMNS)
    )
    nobody = HistoryError.from_nobody(as_of, trained.about["config"]["snapshots"]["active_within"])
    return SparkRiskList(
        _ranked(whole), scores, as_of, trained.run_id, scoring.EXPLAINED[churn.algorithm], nobody
    )


def _ranked(frame: DataFrame) -> DataFrame:
    return frame.orderBy(frame["risk"].desc(), frame["user_id"])
