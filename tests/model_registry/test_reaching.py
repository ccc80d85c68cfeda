"""Reach: a store that is down, slow or locked is given up in time, with what to do."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from support.mlflow_server import free_port

from churnlab.errors import ConfigError, LockedError, ModelError, OutputError
from churnlab.model_registry import reaching
from churnlab.model_registry.address import Address
from churnlab.model_registry.quiet import _FIRST_CONTACT
from churnlab.model_registry.reaching import Reach
from churnlab.model_registry.registry import Registry
from churnlab.model_registry.tracking import Tracker


@pytest.fixture
def never_answers() -> Iterator[str]:
    """The address of a server that takes calls and never answers them."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        open_ones = []

        def accept() -> None:
            while True:
                try:
                    open_ones.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        for one in open_ones:
            one.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second a try, two tries: what the environment says goes first."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")


def given_up(address: str) -> tuple[ModelError, float]:
    """The error of asking for the champion, and how many seconds it took."""
    begun = time.monotonic()
    with pytest.raises(ModelError) as error:
        Registry(Tracker(address), "churn").scoring()
    return error.value, time.monotonic() - begun


def test_a_server_that_never_answers_is_given_up(never_answers: str, impatient: None) -> None:
    error, seconds = given_up(never_answers)
    assert error.exit_code == 4 and seconds < 12
    assert "cannot be used" in str(error) and "check its address" in str(error)
    assert "\n" not in str(error)


def test_a_server_that_is_down_is_given_up(impatient: None) -> None:
    error, seconds = given_up(f"http://127.0.0.1:{free_port()}")
    assert error.exit_code == 4 and seconds < 12 and "\n" not in str(error)


def test_without_a_word_of_the_user_it_takes_less_than_a_minute() -> None:
    tries = 1 + int(_FIRST_CONTACT["MLFLOW_HTTP_REQUEST_MAX_RETRIES"])
    waits = sum(2**n + 1 for n in range(1, tries))  # MLflow's pauses, with their jitter
    assert tries * int(_FIRST_CONTACT["MLFLOW_HTTP_REQUEST_TIMEOUT"]) + waits < 60


def test_a_lock_that_another_holds_is_waited_for_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaching, "_LOCK_SECONDS", 0.1)
    reach = Reach(Address.of(tmp_path), "churnlab")
    told = pytest.raises(LockedError, match="another update")
    with FileLock(tmp_path / "x"), told, reach.alone("x"):
        pass
    with reach.alone("x"), reach.alone("y"):
        pass


def test_errors_of_any_library_are_one_line(tmp_path: Path) -> None:
    reach = Reach(Address.of(tmp_path), "churnlab")
    with pytest.raises(ModelError, match="cannot be used: ZeroDivisionError: a b"), reach.told():
        raise ZeroDivisionError("a\nb")
    full = pytest.raises(OutputError, match="temporary folder .* cannot be written: No space left")
    with full as error, reach.told():
        raise RuntimeError("some downloads failed: OSError(28, 'No space left on device')")
    assert error.value.exit_code == 7
    with pytest.raises(ConfigError, match="experiment"):
        Reach(Address.of(tmp_path), "\n").check_experiment()
