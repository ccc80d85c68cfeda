"""The inputs of a configuration, opened: the log, the activity store, people, the store of runs."""

from __future__ import annotations

import pandas as pd

from churnlab.activity.protocol import Activity
from churnlab.config.tables import Config
from churnlab.errors import ConfigError, FrameError, LogError
from churnlab.events import users
from churnlab.events.event_log import EventLog
from churnlab.features.known_attributes import KnownAttributes, Misfit
from churnlab.model_registry.address import is_address
from churnlab.model_registry.registry import Registry
from churnlab.model_registry.tracking import Tracker, TrainedRun
from churnlab.model_registry.versions import model_name
from churnlab.schema.frames import by_engine, on_engine
from churnlab.store.activity_store import ActivityStore
from churnlab.store.rehearsed import rehearsed


def open_log(config: Config) -> EventLog:
    """The event log of [log]; a SparkLog where the engine is Spark."""
    path = config.path(config.log.path).replace("{day}", "*")
    read = on_engine(config.engine, EventLog.read, "spark.log:read")
    return read(path, **config.log.options())


def open_store(
    config: Config, new: bool = False, wait: float = 0.0, dry_run: bool = False
) -> ActivityStore:
    """The activity store of [store]; created if it does not exist and may be `new`.

    `wait` is in seconds, for another update to end. One of a `dry_run` is updated in memory. Raises
    ConfigError without a folder or when [log] differs from what the store was made from,
    StoreError when there is no store.
    """
    if not config.store.folder:
        raise ConfigError.from_lacking("[store]", "folder")
    folder, log = config.path(config.store.folder), config.path(config.log.path)
    if dry_run:
        return rehearsed(folder, log, **config.log.options())
    if new:
        return ActivityStore.create(folder, log=log, wait=wait, **config.log.options())
    return ActivityStore.open(folder, log, **config.log.options())


def open_activity(
    config: Config, log: EventLog | None = None, *, by_groups: bool = False
) -> Activity:
    """Daily rows: of `log` if given, else of the store if there is one, else of [log].

    `by_groups` leaves a store unread, so that its people can be taken a group at a time; else
    everybody's rows are in memory. Those of a log on Spark stay there.
    """
    if log is not None:
        return log.daily()
    if not config.store.folder:
        return open_log(config).daily()
    store = open_store(config)
    return store if by_groups else store.daily()


def open_counted(config: Config) -> Activity:
    """Daily rows whose people are counted, a group at a time.

    Raises ConfigError for a log on Spark, before it is read.
    """
    if not config.store.folder:
        on_engine(config.engine, _count_here, "spark.activity:refuse_counting")()
    return open_activity(config, by_groups=True)


def _count_here() -> None:
    """Nothing stands in the way on this machine."""


def open_tracker(config: Config) -> Tracker:
    """The store of runs of [tracking]; a run that it does not take is kept in [output]."""
    store, kept = config.tracking.store, config.path(config.output.folder)
    of_mlflow = is_address(store) and "://" not in store
    place = store if of_mlflow else config.path(store)
    return Tracker(place, config.tracking.experiment, None if "://" in kept else kept)


def open_registry(config: Config, model: str = "") -> Registry:
    """The registry of [approval]: the versions of `model`, or of the model that it names.

    Without either, the model has the configuration's own name. Raises ConfigError for a name that
    MLflow does not take, and where a review would be due at once.
    """
    table = config.approval
    if table.review_days < 1:
        raise ConfigError.from_range("approval.review_days", table.review_days, "at least 1 day")
    name = model or table.model or model_name(config.name)
    return Registry(open_tracker(config), name, table.review_days)


def read_users(
    config: Config,
    activity: Activity,
    known: KnownAttributes | None = None,
    misfits: list[Misfit] | None = None,
) -> pd.DataFrame | None:
    """Attributes of people from the file that [log] names; None without one.

    Ids are of the type that the log's have, and attributes of the types that they had in a
    training, if they are `known` from one; what does not fit is missing, and is told to `misfits`.
    For a log on Spark, Parquet stays there and this is a Spark DataFrame. Raises FrameError when an
    attribute of the training is missing, or does not fit in more than the share `bad_attributes`.
    """
    share = config.log.bad_attributes
    if not 0 <= share <= 1:
        raise ConfigError.from_range("bad_attributes", share, "a number from 0 to 1")
    if known is not None and not known.kinds:
        return None
    if config.log.users is None:
        if known is not None:
            raise FrameError.from_lacking_attributes(known.names.values(), ())
        return None
    users = _users_of(activity, config.path(config.log.users), config.log.user, known)
    return users if known is None else _as_in_training(users, known, share, misfits)


def read_devices(config: Config, activity: Activity) -> pd.DataFrame | None:
    """The devices and addresses of accounts of [traffic]; None without a file."""
    if not config.traffic.devices:
        return None
    return users.read(config.path(config.traffic.devices), config.log.user, activity.text_ids)


def people_of(config: Config, activity: Activity, own: str | None) -> pd.DataFrame | None:
    """The people of a table's `own` file, else of [log]; None without a file. Errors of reading it.

    Such a file may hold dates, which are no attributes to learn from.
    """
    path = own or config.log.users
    if path is None:
        return None
    return users.read(config.path(path), config.log.user, activity.text_ids)


def read_costs(config: Config) -> pd.DataFrame | None:
    """What channels cost, from the Parquet or CSV file of [value]; None without one.

    Channels and periods are text. Raises LogError for a file that cannot be read.
    """
    if not config.value.costs:
        return None
    path = config.path(config.value.costs)
    try:
        if path.endswith((".parquet", ".pq")):
            return pd.read_parquet(path)
        return pd.read_csv(path, dtype={"channel": "str", "period": "str"})
    except (OSError, ValueError) as error:
        raise LogError.from_unreadable(path, str(error)) from error


def known_attributes(trained: TrainedRun) -> KnownAttributes:
    """The attributes that a run learnt from, with their types."""
    model = trained.models["churned"]
    return KnownAttributes.of(model.feature_names_in_, model.categories_, trained.catalogue)


@by_engine("spark.users:read")
def _users_of(
    activity: Activity, path: str, user: str, known: KnownAttributes | None
) -> pd.DataFrame:
    return users.read(path, user, activity.text_ids, known.is_category if known else None)


@by_engine("spark.users:as_in_training")
def _as_in_training(
    found: pd.DataFrame, known: KnownAttributes, share: float, told: list[Misfit] | None
) -> pd.DataFrame:
    fitted, misfits = known.fit(found)
    for misfit in misfits:
        misfit.check(share)
    if told is not None:
        told.extend(misfits)
    return fitted
