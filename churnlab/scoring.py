"""Tonight's list: who is at risk, why, and what they are worth; written whole or not at all."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from churnlab import schema
from churnlab.card import publish
from churnlab.config import Config
from churnlab.dataset import build_dataset
from churnlab.errors import ConfigError
from churnlab.events import EventLog
from churnlab.risks import COLUMNS, EXPLAINED, reasons, scores
from churnlab.snapshots import Day, Snapshots
from churnlab.tracking import Tracker, TrainedRun
from churnlab.training import Say, as_trained, check_meaning, read_users, silent

STALE_DAYS = 3
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, eq=False)
class RiskList:
    """One row a person, highest risk first: user_id, risk (probability to churn), ltv (expected spend, missing without a value
    model), value_at_risk (risk times ltv), reason_1 to reason_3, as_of, model_version. `unexplained` rows have no reasons:
    those below the first 20,000 by risk (500 for a forest)."""

    frame: pd.DataFrame
    as_of: str
    run_id: str
    unexplained: int

    def write(self, folder: str | Path) -> tuple[Path, Path]:
        """Writes risk_list_<as_of>.parquet and .csv, each whole or not at all; the same list gives the same bytes.

        In the CSV a text that a spreadsheet would take for a formula gets a leading apostrophe. OutputError when the folder
        cannot be written.
        """
        folder, name = Path(folder), f"risk_list_{self.as_of}"
        table = pa.Table.from_pandas(self.frame, preserve_index=False).replace_schema_metadata(None)
        parquet, csv = folder / f"{name}.parquet", folder / f"{name}.csv"
        publish({parquet: lambda part: pq.write_table(table, part, compression="zstd", write_page_checksum=True),
                 csv: lambda part: part.write_bytes(_csv(self.frame))})
        return parquet, csv


    def deliver(self, folder: str | Path) -> dict[str, object]:
        """Writes the list and says what was written."""
        parquet, csv = self.write(folder)
        return {"as_of": self.as_of, "people": len(self.frame), "without_reasons": self.unexplained, "run_id": self.run_id,
                "list_parquet": str(parquet), "list_csv": str(csv)}


def score(config: Config, as_of: Day, run: str | None = None, log: EventLog | None = None, say: Say = silent) -> RiskList:
    """Scores everybody eligible on the morning of `as_of` with a run's models (the newest by default).

    Features see the days before `as_of` alone. A log on Spark gives a SparkRiskList, whose `frame` is a Spark DataFrame. Raises
    HistoryError when there is no event before it or nobody is eligible, ConfigError when the log ends more than three days before
    it, ModelError when no run or model can be read, FrameError when the log lacks what the model learnt from.
    """
    day = schema.day_number(as_of)
    say("loading the model")
    trained = Tracker(config.path(config.tracking.store), config.tracking.experiment).load(run)
    say("reading events")
    activity = (log or config.open_log()).daily()
    if day > activity.end + STALE_DAYS:
        raise ConfigError.from_stale(schema.day_text(day), schema.day_text(activity.end - 1))
    check_meaning(trained, activity)
    settings = trained.about["config"]
    snapshots = Snapshots.at(activity, [day], settings["snapshots"]["active_within"], terminal=settings["target"]["terminal"])
    say("building features")
    data: Any = build_dataset(activity, snapshots, as_trained(config, trained).feature_set(), read_users(config, activity))
    say("scoring and explaining")
    if schema.is_spark(data.X):
        from churnlab import scoring_spark

        on_spark: Any = scoring_spark.make_list(trained, data, schema.day_text(day))
        return on_spark
    return _list(trained, data.X, schema.day_text(day))


def _list(trained: TrainedRun, X: pd.DataFrame, as_of: str) -> RiskList:
    model, frame = trained.models["churned"], scores(trained.models, X)
    order = np.argsort(-frame["risk"].to_numpy(), kind="stable")
    frame, X = frame.iloc[order].reset_index(drop=True), X.iloc[order]
    top = min(len(X), EXPLAINED[model.algorithm])
    found = reasons(model, X.iloc[:top], trained.catalogue)
    for column in found:
        frame[column] = pd.Series([*found[column], *[""] * (len(X) - top)], dtype="str")
    frame["as_of"], frame["model_version"] = as_of, str(trained.about["version"])
    return RiskList(frame[list(COLUMNS)], as_of, trained.run_id, len(X) - top)


def _csv(frame: pd.DataFrame) -> bytes:
    safe = frame.copy()
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            text = safe[column].astype(str)
            safe[column] = text.where(~text.str.lstrip(" \u00a0\n").str.startswith(_FORMULA), "'" + text)
    out = io.StringIO()
    safe.to_csv(out, index=False, lineterminator="\n")
    return out.getvalue().encode()
