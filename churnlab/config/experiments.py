"""The experiment and the stated reasons that a configuration names, opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from pydantic import AfterValidator, ValidationError

from churnlab.activity.protocol import Activity
from churnlab.config import layers, reading
from churnlab.config.inputs import open_activity
from churnlab.config.sections import Table
from churnlab.config.tables import Config
from churnlab.config.winback import WinbackTable
from churnlab.errors import ConfigError
from churnlab.events import users
from churnlab.events.addresses import within
from churnlab.language.catalogues import ENGLISH, check_language
from churnlab.schema.files import check_path
from churnlab.winback.experiments.experiment import Experiment


class _Alone(Table):
    """A file without [log]."""

    lang: Annotated[str, AfterValidator(check_language)] = ENGLISH
    winback: WinbackTable = WinbackTable()


@dataclass(frozen=True)
class WinbackConfig:
    """The table [winback] of a file, its folder, and the whole configuration where it has a log."""

    table: WinbackTable
    folder: Path
    config: Config | None
    lang: str = ENGLISH

    @classmethod
    def read(cls, path: str | Path) -> WinbackConfig:
        """What a file says, below the environment and `--set`; ConfigError as in `Config.read`.

        A file without [log] is enough for a table that has its own outcomes.
        """
        given = layers.laid_over(Config, reading.load(Path(path)))
        folder = Path(path).resolve().parent
        if set(given) <= _Alone.model_fields.keys():
            alone = _alone(given)
            return cls(alone.winback, folder, None, alone.lang)
        config = Config.of(given, folder)
        return cls(config.winback, folder, config, config.lang)

    def with_log(self) -> Config:
        """The configuration; ConfigError where the file has no [log]."""
        if self.config is None:
            raise ConfigError.from_lacking("the file", "[log]")
        return self.config

    def path(self, key: str) -> str:
        """The path that a key of [winback] names; ConfigError where it names none."""
        given = str(getattr(self.table, key))
        if not given:
            raise ConfigError.from_lacking("[winback]", key)
        check_path(given)
        return within(self.folder, given)


def open_experiment(found: WinbackConfig, activity: Activity | None = None) -> Experiment:
    """The experiment of [winback], with outcomes of its table or of the log.

    `activity` takes the place of the log's, where it ends earlier or was opened already.
    Errors of `Experiment.from_frame` and `Experiment.from_log`; ConfigError where the file names no
    table, or has no [log] that is needed; LogError for a file that cannot be read.
    """
    table, path = found.table, found.path("table")
    if table.columns:
        frame = read_people(path, table.user, text_ids=True)
        return Experiment.from_frame(frame, table.columns, **table.design())
    if activity is None:
        activity = open_activity(found.with_log())
    return Experiment.from_log(
        read_people(path, table.user, activity.text_ids),
        activity,
        table.window,
        outcomes=table.outcomes or None,
        silence=table.silence,
        unobserved=table.unobserved,
        strangers=table.strangers,
        **table.design(),
    )


def read_people(path: str, user: str, text_ids: bool) -> pd.DataFrame:
    """A Parquet or CSV file whose column `user` becomes `user_id`; ids as the log has them.

    Raises LogError for a file that cannot be read or lacks the column.
    """
    return users.read(path, user, text_ids)


def _alone(given: Mapping[str, Any]) -> _Alone:
    reading.check_texts(given)
    try:
        return _Alone.model_validate(given)
    except ValidationError as error:
        raise reading.refusal(error, _Alone, given) from None
