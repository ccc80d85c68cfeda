"""Environment and log levels: changed inside, as before afterwards."""

from __future__ import annotations

import logging
import os

import pytest

from churnlab.model_registry.quiet import IMPATIENT, QUIET

RETRIES = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
NO_LINKS = "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"


@QUIET
@IMPATIENT
def fail_inside() -> None:
    assert os.environ[NO_LINKS] == "true" and os.environ[RETRIES] == "2"
    assert logging.getLogger("mlflow").level == logging.ERROR
    raise ZeroDivisionError


def test_all_is_as_before_afterwards_even_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NO_LINKS, raising=False)
    monkeypatch.setattr(logging.getLogger("mlflow"), "level", logging.DEBUG)
    before = dict(os.environ)
    with pytest.raises(ZeroDivisionError):
        fail_inside()
    assert dict(os.environ) == before
    assert logging.getLogger("mlflow").level == logging.DEBUG


def test_the_users_own_patience_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RETRIES, "9")
    with IMPATIENT:
        assert os.environ[RETRIES] == "9"
    assert os.environ[RETRIES] == "9"
