"""Learners inside our estimators are no models of the user, so MLflow's autologging skips them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from churnlab.schema.borrowed import Borrowed

_AUTOLOGGING = "mlflow.utils.autologging_utils"


@contextmanager
def _autologging_off() -> Iterator[None]:
    """Autologging is off inside; nothing happens where MLflow is not loaded or it is off already.

    MLflow is looked up, not imported: a process that has not loaded it cannot autolog.
    """
    autologging = sys.modules.get(_AUTOLOGGING)
    if autologging is None or autologging._AUTOLOGGING_GLOBALLY_DISABLED:
        yield
        return
    with autologging.disable_autologging():
        yield


UNLOGGED = Borrowed(_autologging_off)
"""A context, and a decorator of functions that fit learners, in which `mlflow.autolog()` is off."""
