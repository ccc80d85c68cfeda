"""A Delta table, one partition a day: the rows of a day are replaced in one commit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from churnlab.errors import ChurnlabError, SinkError
from churnlab.errors.secrets import without_secrets
from churnlab.events.delta_table import library
from churnlab.nightly.publication import Publication


@dataclass(frozen=True)
class DeltaSink:
    """A Delta table with the columns of the list, made at the first one.

    Needs `pip install churnlab[delta]`. `folder` is a path or an address such as s3://bucket/lists.
    Readers see the version before until the commit; of two writers of a day one is refused.
    """

    folder: str

    @property
    def name(self) -> str:
        """The table in messages."""
        return f"Delta table {without_secrets(self.folder)}"

    def check(self) -> None:
        """Raise SinkError if the place does not answer, ConfigError without the package."""
        self._there()

    def write(self, given: Publication) -> str:
        """Replace the rows of the list's day, and return the name of the place."""
        how = {"mode": "overwrite", "predicate": f"as_of = '{given.as_of}'"}
        how = how if self._there() else {"mode": "error"}
        self._asked(
            library().write_deltalake, self._place, given.table, partition_by=["as_of"], **how
        )
        return self.name

    def _there(self) -> bool:
        return bool(self._asked(library().DeltaTable.is_deltatable, self._place))

    @property
    def _place(self) -> str:
        return self.folder if "://" in self.folder else str(Path(self.folder).resolve())

    def _asked(self, ask: Any, *args: Any, **more: Any) -> Any:
        """What the package answers; its errors as a SinkError."""
        try:
            return ask(*args, **more)
        except ChurnlabError:
            raise
        except (Exception, pa.ArrowException) as error:  # the package has no class of its own
            raise SinkError.from_refused(self.name, str(error)) from None
