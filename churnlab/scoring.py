"""Tonight's list: who is at risk, why, and what they are worth; written whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from churnlab import schema
from churnlab.activity import DailyActivity
from churnlab.card import publish
from churnlab.config import Config
from churnlab.dataset import Dataset, build_dataset, iter_datasets
from churnlab.errors import ConfigError, HistoryError
from churnlab.events import EventLog
from churnlab.preparation import Say, read_users, silent
from churnlab.risks import COLUMNS, EXPLAINED, reasons, scores, when
from churnlab.schema import Day
from churnlab.snapshots import Snapshots
from churnlab.stored import ActivityStore
from churnlab.targets import TimeToChurn
from churnlab.tracking import Tracker, TrainedRun
from churnlab.training import as_trained, check_meaning

STALE_DAYS = 3
_RISK = "risk of the row"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, eq=False)
class RiskList:
    """One row a person, highest risk first: user_id, risk (probability to churn), when (the day, like 2026-03-04, by which they have more likely
    left than not; empty: later than the weeks that the model looks ahead, 12 by default, or `[model] when = false`), ltv (expected spend, missing
    without a value model), value_at_risk (risk times ltv), reason_1 to reason_3, as_of, model_version. `unexplained` rows have no reasons:
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

    Features see the days before `as_of` alone; people are scored some thousands at a time, from the activity store where the configuration
    names one. A log on Spark gives a SparkRiskList, whose `frame` is a Spark DataFrame. Raises
    HistoryError when there is no event before it or nobody is eligible, ConfigError when the log ends more than three days before
    it, ModelError when no run or model can be read, FrameError when the log lacks what the model learnt from.
    """
    day = schema.day_number(as_of)
    say("loading the model")
    trained = Tracker(config.path(config.tracking.store), config.tracking.experiment).load(run)
    say("reading events")
    activity: Any = _activity(config, log)
    if day > activity.end + STALE_DAYS:
        raise ConfigError.from_stale(schema.day_text(day), schema.day_text(activity.end - 1))
    check_meaning(trained, activity)
    settings, users = as_trained(config, trained), read_users(config, activity)
    within, terminal = settings.snapshots.active_within, settings.target.terminal
    leaving = settings.time_to_churn(trained.hazard.weeks) if trained.hazard else None
    if isinstance(activity, DailyActivity | ActivityStore):
        Snapshots.check_past(activity, day)
        say("building features, scoring and explaining")
        parts = iter_datasets(activity, [day], within, (), settings.feature_set(), users, terminal)
        return _list(trained, parts, schema.day_text(day), within, leaving)
    from churnlab import scoring_spark

    say("planning features and scores")
    snapshots = Snapshots.at(activity, [day], within, terminal=terminal)
    planned: Any = build_dataset(activity, snapshots, settings.feature_set(), users)
    on_spark: Any = scoring_spark.make_list(trained, planned, schema.day_text(day), leaving)
    return on_spark


def _activity(config: Config, log: EventLog | None) -> Any:
    """The rows to score from, a group of people at a time where there is a store."""
    if log is not None:
        return log.daily()
    return config.open_store() if config.store.folder else config.open_log().daily()


def _list(trained: TrainedRun, parts: Iterable[Dataset], as_of: str, within: int, leaving: TimeToChurn | None) -> RiskList:
    """The list of everybody; features are kept of those alone who may still get reasons."""
    model = trained.models["churned"]
    top, frames, kept = EXPLAINED[model.algorithm], [], pd.DataFrame()
    for part in parts:
        told = scores(trained.models, part.X)
        frames.append(told.assign(when=when(trained.hazard, leaving, part.X, told["risk"], as_of)))
        kept = pd.concat([kept, part.X.assign(**{_RISK: frames[-1]["risk"].to_numpy()})]) if len(kept) else part.X.assign(
            **{_RISK: frames[-1]["risk"].to_numpy()})
        if len(kept) > 2 * top:
            kept = _riskiest(kept, top)
    if not frames:
        raise HistoryError.from_nobody(as_of, within)
    frame = pd.concat(frames, ignore_index=True)
    frame = frame.sort_values(["risk", "user_id"], ascending=[False, True], kind="stable", ignore_index=True)
    kept = _riskiest(kept, top).drop(columns=_RISK)
    found = reasons(model, kept, trained.catalogue)
    for column in found:
        frame[column] = pd.Series([*found[column], *[""] * (len(frame) - len(kept))], dtype="str")
    frame["as_of"], frame["model_version"] = as_of, str(trained.about["version"])
    return RiskList(frame[list(COLUMNS)], as_of, trained.run_id, len(frame) - len(kept))


def _riskiest(X: pd.DataFrame, most: int) -> pd.DataFrame:
    """The rows of highest risk, ties by id."""
    return X.sort_index(level="user_id").sort_values(_RISK, ascending=False, kind="stable").head(most)


def _csv(frame: pd.DataFrame) -> bytes:
    safe = frame.copy()
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            text = safe[column].astype(str)
            safe[column] = text.where(~text.str.lstrip(" \u00a0\n").str.startswith(_FORMULA), "'" + text)
    out = io.StringIO()
    safe.to_csv(out, index=False, lineterminator="\n")
    return out.getvalue().encode()
