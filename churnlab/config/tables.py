"""churnlab.toml, read into frozen dataclasses; an unknown key is an error that names what was probably meant."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

from churnlab.activity.protocol import Activity
from churnlab.errors import ConfigError
from churnlab.events.event_log import EventLog
from churnlab.features.feature_set import FeatureSet
from churnlab.schema.days import day_number
from churnlab.schema.frames import ENGINES, on_engine
from churnlab.schema.targets import Churn, LifetimeValue, Target, TimeToChurn
from churnlab.store.activity_store import ActivityStore

T = TypeVar("T")


@dataclass(frozen=True)
class LogTable:
    """[log]: where the events are and what their columns mean, as in EventLog.read; `users` is a file of static attributes.

    `{day}` in the path stands for a day like 2026-03-04 where the log has a file a day.
    """

    path: str
    user: str
    time: str
    event: str
    amount: str | None = None
    timezone: str | None = None
    roles: dict[str, Any] | None = None
    receipts: list[str] = field(default_factory=list)
    ignore: list[str] = field(default_factory=list)
    measures: list[str] = field(default_factory=list)
    event_id: str | None = None
    arrived: str | None = None
    late_days: int | None = None
    bad_ids: float = 0.01
    table: str | None = None
    users: str | None = None
    simulated: bool = False


@dataclass(frozen=True)
class SnapshotsTable:
    """[snapshots]: a cut every so many days, who is eligible, and from which day on cuts are held out (None: the newest quarter)."""

    every: int = 14
    active_within: int = 60
    first: Any = None
    test_from: Any = None


@dataclass(frozen=True)
class TargetTable:
    """[target]: churn as in `Churn`; value over `ltv_horizon` days where the log has amounts, 0 for none."""

    churn_horizon: int = 30
    lead: int = 0
    roles: list[str] | None = None
    terminal: str | None = None
    ltv_horizon: int = 90


@dataclass(frozen=True)
class FeaturesTable:
    """[features]: names of builders, all when empty."""

    builders: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ModelTable:
    """[model]: the algorithm and the seed; `when`: whether the list says by when people leave, looking `when_weeks` weeks ahead; `tune`: how many
    other settings of the trees are tried for each target, 0 for none (`pip install churnlab[tune]`).
    """

    algorithm: str = "blend"
    seed: int = 0
    when: bool = True
    when_weeks: int = 12
    tune: int = 0


@dataclass(frozen=True)
class StoreTable:
    """[store]: the folder of the activity store, none when empty; how many days it keeps one by one when it is compacted."""

    folder: str = ""
    lookback: int = 400


@dataclass(frozen=True)
class TrackingTable:
    """[tracking]: a folder or the address of an MLflow store, and the experiment's name."""

    store: str = "churnlab-runs"
    experiment: str = "churnlab"


@dataclass(frozen=True)
class OutputTable:
    """[output]: the folder of cards and lists."""

    folder: str = "churnlab-output"


@dataclass(frozen=True)
class Config:
    """All tables; `folder` is where the file lies, and relative paths start there.

    `engine` says where events become features and scores: "local", on this machine, or "spark".
    """

    log: LogTable
    snapshots: SnapshotsTable = SnapshotsTable()
    target: TargetTable = TargetTable()
    features: FeaturesTable = field(default_factory=FeaturesTable)
    model: ModelTable = ModelTable()
    store: StoreTable = StoreTable()
    tracking: TrackingTable = TrackingTable()
    output: OutputTable = OutputTable()
    name: str = "churn"
    engine: str = "local"
    folder: Path = Path()

    @classmethod
    def read(cls, path: str | Path = "churnlab.toml") -> Config:
        """Reads a file. `recipe = "models/churn_30d.toml"` names one whose tables stand where this file says nothing.

        Raises ConfigError for a missing file, a syntax error, an unknown key or a value of the wrong type.
        """
        path = Path(path)
        given = _load(path)
        if "recipe" in given:
            given = _merged(_load(path.parent / str(given.pop("recipe"))), given)
        return cls.of(given, path.resolve().parent)

    @classmethod
    def of(cls, given: Mapping[str, Any], folder: Path) -> Config:
        """From tables that were read already."""
        kinds = {
            k: v for k, v in get_type_hints(cls).items() if k not in ("folder", "name", "engine")
        }
        for key in given:
            if key not in (*kinds, "name", "engine"):
                raise ConfigError.from_unknown(
                    "table or key", key, [*kinds, "name", "engine", "recipe"]
                )
        engine = str(given.get("engine", "local"))
        if engine not in ENGINES:
            raise ConfigError.from_unknown("engine", engine, ENGINES)
        if "log" not in given:
            raise ConfigError.from_lacking("[log]", "path, user, time and event")
        tables = {
            key: _table(kinds[key], key, value) for key, value in given.items() if key in kinds
        }
        return cls(**tables, name=str(given.get("name", "churn")), engine=engine, folder=folder)

    def path(self, given: str) -> str:
        """A path of the file as one that holds wherever the process runs; addresses stay as they are."""
        return given if "://" in given else str(self.folder / given)

    def _options(self) -> dict[str, Any]:
        return {
            n: getattr(self.log, n)
            for n in (
                "user",
                "time",
                "event",
                "amount",
                "roles",
                "receipts",
                "ignore",
                "measures",
                "timezone",
                "event_id",
                "arrived",
                "late_days",
                "bad_ids",
                "table",
            )
        }

    def open_log(self) -> EventLog:
        """The event log of [log]; a SparkLog where the engine is Spark."""
        path = self.path(self.log.path).replace("{day}", "*")
        return on_engine(self.engine, EventLog.read, "spark.log:read")(path, **self._options())

    def open_store(self, new: bool = False, wait: float = 0.0) -> ActivityStore:
        """The activity store of [store]; made when it is not there and may be `new`.

        Raises ConfigError without a folder, or when [log] says something else than the store's rows, StoreError when there is no store.
        """
        if not self.store.folder:
            raise ConfigError.from_lacking("[store]", "folder")
        folder, log = self.path(self.store.folder), self.path(self.log.path)
        if new:
            return ActivityStore.create(folder, log=log, wait=wait, **self._options())
        return ActivityStore.open(folder, log, **self._options())

    def activity(self) -> Activity:
        """Everybody's daily rows: from the store where there is one, else from the log."""
        return self.open_store().daily() if self.store.folder else self.open_log().daily()

    def targets(self, has_money: bool) -> tuple[Target, ...]:
        """What is predicted; the value only where there is money, the time only where `when` is asked for."""
        t = self.target
        churn = Churn(t.churn_horizon, lead=t.lead, roles=t.roles, terminal=t.terminal)
        value = (LifetimeValue(t.ltv_horizon),) if has_money and t.ltv_horizon else ()
        return (churn, *value, self.time_to_churn()) if self.model.when else (churn, *value)

    def time_to_churn(self, weeks: int | None = None) -> TimeToChurn:
        """The time to churn as [target] has it, over `weeks` weeks or those of [model]."""
        t = self.target
        return TimeToChurn(
            t.churn_horizon,
            weeks or self.model.when_weeks,
            lead=t.lead,
            roles=t.roles,
            terminal=t.terminal,
        )

    def feature_set(self) -> FeatureSet:
        """The builders of [features]."""
        return (
            FeatureSet.of(self.features.builders)
            if self.features.builders
            else FeatureSet.default()
        )


def _load(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError.from_no_file(str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError.from_syntax(str(path), str(error)) from error


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    both = {
        k: {**v, **above[k]}
        if isinstance(v, dict) and isinstance(above.get(k), dict)
        else above.get(k, v)
        for k, v in below.items()
    }
    return above | both


def _table(kind: type[T], name: str, given: Any) -> T:
    if not isinstance(given, dict):
        raise ConfigError.from_type(name, given, "a table")
    hints = get_type_hints(kind)
    for key, value in given.items():
        if key not in hints:
            raise ConfigError.from_unknown(f"key in [{name}]", key, hints)
        if not _fits(value, hints[key]):
            raise ConfigError.from_type(f"{name}.{key}", value, _word(hints[key]))
    lacking = [f.name for f in fields(kind) if f.name not in given and _required(f)]  # type: ignore[arg-type]
    if lacking:
        raise ConfigError.from_lacking(f"[{name}]", ", ".join(lacking))
    return kind(**given)


def _required(item: Any) -> bool:
    from dataclasses import MISSING

    return item.default is MISSING and item.default_factory is MISSING


def _fits(value: Any, hint: Any) -> bool:
    options = get_args(hint) if "|" in str(hint) else (hint,)
    kinds = [getattr(o, "__origin__", o) for o in options]
    if Any in kinds:
        return True
    if isinstance(value, bool):
        return bool in kinds
    if isinstance(value, int) and float in kinds:
        return True
    if isinstance(value, dict):
        return dict in kinds and all(
            isinstance(v, str) or (isinstance(v, list) and all(isinstance(w, str) for w in v))
            for v in value.values()
        )
    if isinstance(value, list):
        return list in kinds and all(isinstance(v, str) for v in value)
    return any(isinstance(k, type) and isinstance(value, k) for k in kinds)


def _word(hint: Any) -> str:
    words = {
        "str": "text",
        "int": "a whole number",
        "float": "a number",
        "bool": "true or false",
        "list": "a list of texts",
        "dict": "a table of texts",
    }
    return " or ".join(w for k, w in words.items() if k in str(hint))


def day_or_none(value: Any) -> int | None:
    """A date of the file as a day number."""
    return None if value is None else day_number(value)
