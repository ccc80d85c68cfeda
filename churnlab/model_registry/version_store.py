"""VersionStore: versions, tags and aliases of one registered model, as MLflow keeps them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from churnlab.errors import LockedError, ModelError
from churnlab.model_registry.mlflow_store import MlflowStore
from churnlab.model_registry.reaching import Reach
from churnlab.model_registry.versions import TAG, State, Version

_EXISTS = "RESOURCE_ALREADY_EXISTS"
_LOCK = ".approval.lock"
_LOCK_ENDS_MS = 10 * 60_000
_PAUSE_SECONDS = 0.25
_TRIES = 40


@dataclass(frozen=True)
class VersionStore:
    """The versions of the registered model `model` in an open store."""

    store: MlflowStore
    model: str

    @property
    def client(self) -> Any:
        """MLflow's client of the store."""
        return self.store.client

    def all(self) -> list[Version]:
        """Every version, the newest first; none where nothing was put forward."""
        found = self.client.search_model_versions(f"name='{self.model}'")
        aliases = self._aliases() if found else {}
        versions = [Version.of(given, aliases) for given in found]
        return sorted(versions, key=lambda version: -version.number)

    def get(self, number: int | str) -> Version:
        """A version by its number; ModelError where there is none."""
        versions = self.all()
        for version in versions:
            if str(version.number) == str(number).strip():
                return version
        known = [str(version.number) for version in versions]
        raise ModelError.from_no_version(self.model, str(number), known)

    def with_alias(self, alias: str) -> Version | None:
        """The version that an alias points to; None where it points nowhere."""
        return next((version for version in self.all() if alias in version.aliases), None)

    def create(self, run_id: str, model_id: str, tags: Mapping[str, str]) -> Version:
        """Put a logged model of a run forward as a new version."""
        try:
            self.client.create_registered_model(self.model)
        except Exception as error:  # of the store of any address
            if getattr(error, "error_code", "") != _EXISTS:
                raise
        source = self.store.source(model_id)
        made = self.client.create_model_version(
            self.model, source, run_id=run_id, tags=_tags(tags), model_id=model_id
        )
        return Version.of(made, self._aliases())

    def note(self, version: Version, **tags: str) -> None:
        """Set tags of a version."""
        for name, value in _tags(tags).items():
            self.client.set_model_version_tag(self.model, str(version.number), name, value)

    def point(self, alias: str, version: Version) -> None:
        """Let an alias point to a version."""
        self.client.set_registered_model_alias(self.model, alias, str(version.number))

    def unpoint(self, alias: str) -> None:
        """Take an alias away."""
        self.client.delete_registered_model_alias(self.model, alias)

    @contextmanager
    def alone(self, reach: Reach, now: datetime) -> Iterator[None]:
        """Keep other decisions about the model out until this one is whole.

        A folder has a lock that ends with its process; where it was moved, MLflow's own tools find
        its files from the decision on. On a server and in a database the making of
        a registered model is the one step that only one can take: one with a name of its own is
        made and deleted again. What a killed process left is taken away ten minutes later. Raises
        LockedError where another decision takes longer than this one can wait.
        """
        if reach.address.folder is not None:
            with reach.alone(_LOCK):
                self.store.settle()
                yield
            return
        name = f"{self.model} (decision under way)"
        self._take(name, now)
        try:
            yield
        finally:
            with suppress(Exception):  # it ends by itself, and the first error is told
                self.client.delete_registered_model(name)

    def _take(self, name: str, now: datetime) -> None:
        """Make the registered model that stands for a lock."""
        for _ in range(_TRIES):
            try:
                self.client.create_registered_model(name)
                return
            except Exception as error:
                if getattr(error, "error_code", "") != _EXISTS:
                    raise
            with suppress(Exception):  # another has just taken it away
                made = self.client.get_registered_model(name).creation_timestamp
                if now.timestamp() * 1000 - made > _LOCK_ENDS_MS:
                    self.client.delete_registered_model(name)
                    continue
            time.sleep(_PAUSE_SECONDS)
        raise LockedError.from_decision(self.model)

    def _aliases(self) -> dict[str, str]:
        """The aliases of the registered model, to the numbers of its versions."""
        return dict(self.client.get_registered_model(self.model).aliases)


def _tags(given: Mapping[str, str]) -> dict[str, str]:
    return {
        f"{TAG}{name}": value.value if isinstance(value, State) else value
        for name, value in given.items()
    }
