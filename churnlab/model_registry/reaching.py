"""Reach: a store of runs, opened; every error of MLflow told in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from filelock import FileLock, Timeout

from churnlab.errors import ChurnlabError, ConfigError, LockedError, ModelError
from churnlab.model_registry.address import Address
from churnlab.model_registry.mlflow_store import MlflowStore, check_disk
from churnlab.model_registry.quiet import IMPATIENT, QUIET
from churnlab.model_registry.run_folder import plain

LOCK = ".lock"
_LOCK_SECONDS = 60


@dataclass(frozen=True)
class Reach:
    """How the store at an address is opened; `experiment` is the name of its experiment.

    >>> Reach(Address.of("/nowhere"), "churnlab").open().__enter__()
    Traceback (most recent call last):
    ...
    churnlab.errors.models.ModelError: the store /nowhere does not have any finished training; ...
    """

    address: Address
    experiment: str

    @contextmanager
    def open(self, create: bool = False) -> Iterator[MlflowStore]:
        """Reach the store; only logging may `create` one that does not exist.

        A store that does not answer is given up within a minute. Once it has answered, logging
        has MLflow's own patience.
        """
        if not create and not self.address.holds_runs():
            raise ModelError.from_no_run(str(self.address), "any finished training")
        with self.told(), QUIET, nullcontext() if create else IMPATIENT:
            self.check_experiment()
            with IMPATIENT, self._made_by_one(create):
                store = MlflowStore(self.address, self.experiment, create)
                if create:
                    store.end_killed()
            yield store

    @contextmanager
    def told(self) -> Iterator[None]:
        """Tell every error of MLflow in one line; its plug-ins and clouds raise any class.

        A disk of this machine that is full is an OutputError, any other fault a ModelError.
        """
        try:
            yield
        except ChurnlabError:
            raise
        except Exception as error:
            check_disk(error, str(self.address))
            known = getattr(error, "supported_uri_schemes", None)
            if known:
                raise ModelError.from_scheme(str(self.address), known) from error
            raise ModelError.from_store(str(self.address), _reason(error)) from error

    def check_experiment(self) -> None:
        """Raise ConfigError where no store takes the experiment's name."""
        if not self.experiment.strip() or plain(self.experiment) != self.experiment:
            wanted = "a name without control characters"
            raise ConfigError.from_range("experiment", plain(self.experiment), wanted)

    @contextmanager
    def alone(self, name: str = LOCK) -> Iterator[None]:
        """Keep other processes out that ask for the same name in the same folder.

        A server or a database has no folder, so there it keeps nobody out. Raises LockedError
        where the others take longer than a minute.
        """
        folder = self.address.folder
        if folder is None:
            yield
            return
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(folder / name, timeout=_LOCK_SECONDS):
                yield
        except Timeout as error:
            raise LockedError.from_locked(str(folder)) from error

    @contextmanager
    def _made_by_one(self, create: bool) -> Iterator[None]:
        """Keep other processes from making the database of the same folder meanwhile."""
        with self.alone() if create else nullcontext():
            yield


def _reason(error: Exception) -> str:
    """What an error says, with its class where that says more than the class of MLflow's own."""
    text = str(error)
    return (
        text if type(error).__module__.startswith("mlflow") else f"{type(error).__name__}: {text}"
    )
