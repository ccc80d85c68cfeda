"""What a configuration reads: the log, the store, the attributes of people."""

from __future__ import annotations

import pandas as pd

from churnlab.activity.protocol import Activity
from churnlab.config.tables import Config
from churnlab.events import users
from churnlab.schema.frames import by_engine


def read_users(config: Config, activity: Activity) -> pd.DataFrame | None:
    """Static attributes, when the configuration names a file; ids are read as the log has them.

    For a log on Spark, Parquet stays there and this is a Spark DataFrame.
    """
    if config.log.users is None:
        return None
    return _users_of(activity, config.path(config.log.users), config.log.user)


@by_engine("spark.users:read")
def _users_of(activity: Activity, path: str, user: str) -> pd.DataFrame:
    return users.read(path, user, activity.text_ids)
