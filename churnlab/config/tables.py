"""churnlab.toml, table by table and key by key.

The text below a key is its description in the JSON Schema (`churnlab config --schema`), by which
editors complete the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import date, datetime
from functools import reduce
from operator import or_
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, get_args, get_origin, get_type_hints

from pydantic import (
    AfterValidator,
    PrivateAttr,
    ValidationError,
    WithJsonSchema,
    create_model,
    model_validator,
)
from pydantic import Field as Key

from churnlab.config import layers, reading
from churnlab.config.life import TagTable, TiersTable
from churnlab.config.retention import FunnelTable, RetentionTable
from churnlab.config.sections import (
    ApprovalTable,
    CardTable,
    CostsTable,
    FeaturesTable,
    GuardsTable,
    ListTable,
    ModelTable,
    OutputTable,
    SinkTable,
    SnapshotsTable,
    StoreTable,
    Table,
    TargetTable,
    TrackingTable,
)
from churnlab.config.value import TrafficTable, ValueTable
from churnlab.config.winback import WinbackTable
from churnlab.errors import ConfigError
from churnlab.events.addresses import local_folder, within
from churnlab.events.moments import earlier
from churnlab.events.presets import filled
from churnlab.events.spec import NEEDED, Converted, LogSpec
from churnlab.features.feature_set import FeatureSet
from churnlab.language.catalogues import ENGLISH, check_language
from churnlab.schema.days import to_timestamp
from churnlab.schema.files import check_path
from churnlab.schema.frames import ENGINES
from churnlab.schema.targets import LifetimeValue, Target, TimeToChurn
from churnlab.schema.toml_text import as_toml

PLAIN = (str, int, float, bool, date, datetime, type(None))  # types that TOML has
# Fields of LogSpec that say how a log is read on this machine.
NOT_OF_A_LOG = ("memory", "threads", "progress", "days", "one_day", "read_at")


def _known_engine(given: str) -> str:
    if given not in ENGINES:
        raise ConfigError.from_unknown("engine", given, ENGINES)
    return given


Engine = Annotated[
    str,
    AfterValidator(_known_engine),
    WithJsonSchema({"type": "string", "enum": list(ENGINES)}),
]


class LogFile(Table):
    """[log]: where the events are, what their columns and names mean."""

    path: str
    """The files of the log: a path or a pattern, relative to this file, or an address. `{day}`
    stands for a day like 2026-03-04 where the log has one file a day."""
    users: str | None = None
    """A file with one row a person: the id and attributes that were known from the start."""
    bad_attributes: float = 0.01
    """The share of an attribute's values that may differ in type or category from the training of
    the run that scores; they are set aside, and above it the users are refused."""
    simulated: bool = False
    """Whether the log was made up; the card says so."""

    def options(self) -> dict[str, Any]:
        """The options of `EventLog.read` by name."""
        return {name: getattr(self, name) for name in _log_keys()}

    @model_validator(mode="before")
    @classmethod
    def _filled(cls, given: Any) -> Any:
        """The keys with those that a preset fills."""
        return filled(given) if isinstance(given, Mapping) else given

    if TYPE_CHECKING:  # the other keys are the options of LogSpec

        def __getattr__(self, name: str) -> Any: ...


def _log_keys() -> dict[str, Any]:
    """The options of LogSpec as keys of [log]: name → type and key, with default and meaning."""
    hints = get_type_hints(LogSpec)
    meanings = _meanings(LogSpec.__doc__ or "")
    keys = {}
    for option in fields(LogSpec):
        if option.name not in NOT_OF_A_LOG:
            hint = _as_toml(hints[option.name])
            says = meanings.get(option.name, f"As {option.name}= of EventLog.read.")
            default = [] if hint == list[str] else option.default
            default = ... if default is MISSING or option.name in NEEDED else default
            keys[option.name] = (hint, Key(default, description=says))
    return keys


def _meanings(doc: str) -> dict[str, str]:
    """The last column of each row of a table in a docstring, by the name in its first.

    >>> _meanings("| option | meaning |\\n|---|---|\\n| `user` | column of ids |")
    {'user': 'column of ids'}
    """
    rows = [line.strip().strip("|").split("|") for line in doc.splitlines() if "| `" in line]
    return {row[0].strip(" `"): row[-1].strip() for row in rows}


def _as_toml(hint: Any) -> Any:
    """The type by which TOML gives an option: a table for a mapping, a list for other collections.

    >>> _as_toml(int | None), _as_toml(tuple[str, ...])
    (int | None, list[str])
    """
    given = get_args(hint)[0] if get_origin(hint) is Converted else hint
    options = get_args(given) if isinstance(given, UnionType) else (given,)
    if any(get_origin(option) is Mapping for option in options):
        return dict[str, str | list[str]] | None
    if any(get_origin(option) is not None for option in options):
        return list[str]
    return reduce(or_, (option for option in options if option in PLAIN))


if TYPE_CHECKING:
    LogTable = LogFile
else:
    LogTable = create_model(
        "LogTable", __base__=LogFile, __doc__=LogFile.__doc__, __module__=__name__, **_log_keys()
    )


_Sinks: TypeAlias = list[SinkTable]  # within Config, `list` is a table
_Tags: TypeAlias = list[TagTable]


class Config(Table):
    """churnlab.toml: what to learn, from which log, and where results go.

    `folder` is where the file lies; relative paths start there.

    >>> log = {"path": "events.parquet", "user": "who", "time": "at", "event": "what"}
    >>> Config.of({"log": log, "snapshots": {"every": 7}}, Path("/data")).snapshots.every
    7
    """

    name: str = "churn"
    """The title of cards."""
    lang: Annotated[str, AfterValidator(check_language)] = ENGLISH
    """The language of cards and lists: "en" or "zh"."""
    engine: Engine = "local"
    """The engine that computes features and scores: "local", on this machine, or "spark"."""
    recipe: str | None = None
    """Another TOML file, whose keys count where this file does not have them."""
    currency: Annotated[str, Key(max_length=4)] = ""
    """The sign that stands before amounts in sentences, like "¥"; empty: amounts stand alone."""
    log: LogTable
    snapshots: SnapshotsTable = SnapshotsTable()
    target: TargetTable = TargetTable()
    features: FeaturesTable = FeaturesTable()
    model: ModelTable = ModelTable()
    store: StoreTable = StoreTable()
    tracking: TrackingTable = TrackingTable()
    output: OutputTable = OutputTable()
    approval: ApprovalTable = ApprovalTable()
    costs: CostsTable = CostsTable()
    card: CardTable = CardTable()
    list: ListTable = ListTable()
    guards: GuardsTable = GuardsTable()
    winback: WinbackTable = WinbackTable()
    sinks: _Sinks = []
    """Where the list goes besides the output folder."""
    tiers: TiersTable = TiersTable()
    retention: RetentionTable = RetentionTable()
    funnel: FunnelTable = FunnelTable()
    value: ValueTable = ValueTable()
    traffic: TrafficTable = TrafficTable()
    tags: _Tags = []
    """Tags: names for people who meet a condition."""
    _folder: Path = PrivateAttr(default_factory=Path)

    @classmethod
    def read(cls, path: str | Path = "churnlab.toml") -> Config:
        """The configuration in a file, below what the environment and `--set` say.

        `CHURNLAB_LIST_TOP=500` in the environment counts over `top` in `[list]`, see
        `config.layers`. Raises ConfigError for a missing file, a syntax error, an unknown key or
        name in the environment, or a value of the wrong type.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder) / "churnlab.toml"
        ...     _ = file.write_text('[log]\\npath = "events.parquet"\\nuser = "who"\\n'
        ...                         'time = "at"\\nevent = "what"\\n[target]\\nchurn_horizon = 14')
        ...     config = Config.read(file)
        >>> config.target.churn_horizon, config.snapshots.active_within
        (14, 60)
        """
        path = Path(path)
        given = layers.laid_over(cls, reading.load(path, _recipe()))
        return cls.of(given, path.resolve().parent)

    @classmethod
    def origins(cls, path: str | Path) -> Callable[[str], str]:
        """A function that says where the value of a key such as `list.top` comes from.

        That is a flag, a name in the environment, a file or the default. ConfigError as in `read`.
        """
        files = reading.layers(Path(path), _recipe())
        log = layers.laid_over(cls, reading.load(Path(path), _recipe())).get("log", {})
        preset = (f"preset {log.get('preset')}", {"log": filled(log)})
        return layers.origins(cls, [*files, preset])

    @classmethod
    def of(cls, given: Mapping[str, Any], folder: Path) -> Config:
        """The configuration in tables that were read already; ConfigError as in `read`.

        >>> log = {"path": "events.parquet", "user": "who", "time": "at", "event": "what"}
        >>> Config.of({"log": log, "modle": {}}, Path())
        Traceback (most recent call last):
        ...
        churnlab.errors.base.ConfigError: unknown table or key 'modle': did you mean 'model'?
        """
        reading.check_texts(given)
        try:
            config = cls.model_validate(given)
        except ValidationError as error:
            raise reading.refusal(error, cls, given) from None
        config._folder = folder
        local_folder(config.store.folder, "store.folder")
        if config.engine == ENGINES[0]:  # Spark writes lists to addresses too
            local_folder(config.output.folder, "output.folder")
        return config

    @property
    def folder(self) -> Path:
        """The folder of the file."""
        return self._folder

    def path(self, given: str) -> str:
        """A path in the file as one that holds wherever the process runs, an address as it is.

        Raises ConfigError for a path that holds NUL.

        >>> log = {"path": "events.parquet", "user": "who", "time": "at", "event": "what"}
        >>> config = Config.of({"log": log}, Path("/data"))
        >>> config.path(config.log.path), config.path("postgresql://host/app")
        ('/data/events.parquet', 'postgresql://host/app')
        """
        check_path(given)
        return within(self.folder, given)

    def as_of(self, day: int) -> Config:
        """The configuration for what was known on the morning of a day: the log ends there.

        >>> log = {"path": "events.parquet", "user": "who", "time": "at", "event": "what"}
        >>> Config.of({"log": log}, Path()).as_of(20_000).log.until
        datetime.datetime(2024, 10, 4, 0, 0)
        """
        until = earlier(self.log.until, to_timestamp(day).date(), self.log.timezone)
        found = self.model_copy(update={"log": self.log.model_copy(update={"until": until})})
        found._folder = self._folder
        return found

    def targets(self, has_money: bool) -> tuple[Target, ...]:
        """The targets: churn, value where the log has money, time to churn where asked for.

        >>> log = {"path": "events.parquet", "user": "who", "time": "at", "event": "what"}
        >>> config = Config.of({"log": log, "model": {"when": False}}, Path())
        >>> [str(target.describe()) for target in config.targets(has_money=False)]
        ['churned: no act in the 30 days after the snapshot']
        """
        churn = self.target.churn()
        found: list[Target] = [churn]
        if has_money and self.target.ltv_horizon:
            found.append(LifetimeValue(self.target.ltv_horizon))
        if self.model.when:
            weeks = self.model.when_weeks
            found.append(TimeToChurn(churn.horizon, weeks, churn.lead, churn.roles, churn.terminal))
        return tuple(found)

    def feature_set(self) -> FeatureSet:
        """The builders of [features], or the default set.

        >>> log = {"path": "events.parquet", "user": "who", "time": "at", "event": "what"}
        >>> config = Config.of({"log": log, "features": {"builders": ["Tenure"]}}, Path())
        >>> len(config.feature_set().builders)
        1
        """
        kept = self.store.lookback if self.store.folder else None
        return FeatureSet.configured(self.features.builders, self.features.look_back, kept)

    def to_dict(self) -> dict[str, Any]:
        """All tables and keys, defaults included, JSON-ready.

        >>> log = {"path": "events.parquet", "user": "who", "time": "at", "event": "what"}
        >>> Config.of({"log": log}, Path()).to_dict()["snapshots"]["active_within"]
        60
        """
        return self.model_dump(mode="json")

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """The JSON Schema of churnlab.toml, by which editors complete and check the file.

        >>> Config.json_schema()["properties"]["engine"]["enum"]
        ['local', 'spark']
        """
        draft = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
        schema = draft | cls.model_json_schema() | {"title": "churnlab.toml"}
        schema["$defs"]["LogTable"]["required"] = ["path"]  # a preset fills the others
        return schema

    def to_toml(self, origin: Callable[[str], str] | None = None) -> str:
        """The whole configuration as TOML text, defaults included.

        With `origin`, as `origins` gives it, each value has where it comes from behind it.

        >>> log = {"path": "events.parquet", "user": "who", "time": "at", "event": "what"}
        >>> Config.of({"log": log}, Path()).to_toml().splitlines()[:2]
        ['name = "churn"', 'lang = "en"']
        """
        return as_toml(self.model_dump(), origin)


def _recipe() -> str | None:
    """The recipe that a flag or the environment names."""
    found = layers.override("recipe")
    return None if found is None else found.text
