"""Tonight's list: who is at risk, why, and what they are worth; written whole or not at all."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from churnlab import schema
from churnlab.config import Config
from churnlab.dataset import build_dataset
from churnlab.errors import ConfigError, FrameError, OutputError
from churnlab.estimators.base import TreeModel
from churnlab.evaluation import predict
from churnlab.events import EventLog
from churnlab.explanation import explain
from churnlab.snapshots import Day, Snapshots
from churnlab.tracking import Tracker, TrainedRun
from churnlab.training import Say, read_users, silent

EXPLAINED = {"lightgbm": 20_000, "random_forest": 500}
COLUMNS = ("user_id", "risk", "ltv", "value_at_risk", "reason_1", "reason_2", "reason_3", "as_of", "model_version")
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
        parquet = _publish(folder / f"{name}.parquet", lambda part: pq.write_table(table, part, compression="zstd", write_page_checksum=True))
        return parquet, _publish(folder / f"{name}.csv", lambda part: part.write_bytes(_csv(self.frame)))


def score(config: Config, as_of: Day, run: str | None = None, log: EventLog | None = None, say: Say = silent) -> RiskList:
    """Scores everybody eligible on the morning of `as_of` with a run's models (the newest by default).

    Features see the days before `as_of` alone. Raises HistoryError when there is no event before it or nobody is eligible,
    ConfigError when the log ends more than three days before it, ModelError when no run or model can be read, FrameError when
    the log lacks what the model learnt from.
    """
    day = schema.day_number(as_of)
    say("loading the model")
    trained = Tracker(config.path(config.tracking.store), config.tracking.experiment).load(run)
    say("reading events")
    activity = (log or config.open_log()).daily()
    if day > activity.end + STALE_DAYS:
        raise ConfigError.from_stale(schema.day_text(day), schema.day_text(activity.end - 1))
    snapshots = Snapshots.at(activity, [day], int(trained.about["active_within"]))
    say(f"building features of {len(snapshots):,} people")
    X = build_dataset(activity, snapshots, config.feature_set(), read_users(config)).X
    say("scoring and explaining")
    return _list(trained, X, schema.day_text(day))


def _list(trained: TrainedRun, X: pd.DataFrame, as_of: str) -> RiskList:
    model = trained.models["churned"]
    risk = np.round(predict(model, _columns(model, X)), 9)
    ids = X.index.get_level_values("user_id")
    order = np.lexsort((np.arange(len(ids)), -risk))
    X, risk = X.iloc[order], risk[order]
    value = trained.models.get("ltv")
    ltv = np.full(len(X), np.nan) if value is None else np.round(predict(value, _columns(value, X)), 6)
    top = min(len(X), EXPLAINED[model.algorithm])
    reasons = explain(model, _columns(model, X.iloc[:top]), trained.catalogue).reasons(3)
    frame = pd.DataFrame({"user_id": X.index.get_level_values("user_id"), "risk": risk, "ltv": ltv, "value_at_risk": np.round(risk * ltv, 6)})
    for column in reasons:
        frame[column] = pd.Series([*reasons[column], *[""] * (len(X) - top)], dtype="str")
    frame["as_of"], frame["model_version"] = as_of, str(trained.about["version"])
    return RiskList(frame[list(COLUMNS)], as_of, trained.run_id, len(X) - top)


def _columns(model: TreeModel, X: pd.DataFrame) -> pd.DataFrame:
    """The model's columns in its order; what it does not know is left out, what is missing is an error."""
    names = [str(n) for n in model.feature_names_in_]
    missing = [n for n in names if n not in X]
    if missing:
        raise FrameError.from_missing_columns("the features of this log", missing, X.columns)
    return X[names]


def _csv(frame: pd.DataFrame) -> bytes:
    safe = frame.copy()
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            text = safe[column].astype(str)
            safe[column] = text.where(~text.str.lstrip(" \u00a0\n").str.startswith(_FORMULA), "'" + text)
    out = io.StringIO()
    safe.to_csv(out, index=False, lineterminator="\n")
    return out.getvalue().encode()


def _publish(path: Path, write: Callable[[Path], object]) -> Path:
    """Writes beside the target, syncs, and puts it in place in one step; leaves nothing behind on failure."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(part)
        with part.open("rb") as done:
            os.fsync(done.fileno())
        os.replace(part, path)
    except OSError as error:
        if part.exists():
            part.unlink()
        raise OutputError.from_unwritable(str(path), str(error)) from error
    return path
