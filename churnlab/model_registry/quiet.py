"""MLflow kept quiet, and impatient at the first contact, while churnlab uses it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from churnlab.schema.borrowed import Borrowed

_NOISY = ("mlflow", "alembic", "mlflow.store.db.utils", "urllib3.connectionpool")
_SILENT = {
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
_FIRST_CONTACT = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_DATABRICKS_ENDPOINT_HTTP_RETRY_TIMEOUT": "30",
}


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """Variables of the environment, set for a while."""
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _silent() -> Iterator[None]:
    levels = {name: logging.getLogger(name).level for name in _NOISY}
    try:
        for name in _NOISY:
            logging.getLogger(name).setLevel(logging.ERROR)
        with _environment(_SILENT):
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


@contextmanager
def _impatient() -> Iterator[None]:
    with _environment({k: v for k, v in _FIRST_CONTACT.items() if k not in os.environ}):
        yield


QUIET = Borrowed(_silent)
"""A context in which MLflow prints no addresses, no progress and no log lines below an error."""

IMPATIENT = Borrowed(_impatient)
"""A context in which a store that does not answer is given up in less than a minute.

MLflow's own patience is several minutes. What the user's environment says goes first.
"""
