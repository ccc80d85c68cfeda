"""A Delta table, one partition a day: the rows of a day are replaced in one commit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from churnlab.errors import ChurnlabError, SinkError
from churnlab.errors.secrets import without_secrets
from churnlab.events.delta_table import library
from churnlab.nightly.changes import changes_table
from churnlab.nightly.lists.contract import columns_of
from churnlab.nightly.lists.publication import Publication


@dataclass(frozen=True)
class DeltaSink:
    """A Delta table with the columns of the list, made at the first one.

    Needs `pip install churnlab[delta]`. `folder` is a path or an address such as s3://bucket/lists.
    Readers see the version before until the commit; of two writers of a day one is refused. Columns
    that an older table lacks are added. A second table, in the folder of the same name with
    `_changes`, has who entered, left and moved since the last list; its commit comes after that of
    the list.
    """

    folder: str

    @property
    def name(self) -> str:
        """The table in messages."""
        return f"Delta table {without_secrets(self.folder)}"

    def check(self) -> None:
        """Raise SinkError if the place does not answer, ConfigError without the package."""
        self._there(self._place)

    def write(self, given: Publication) -> str:
        """Replace the rows of the list's day, and return the name of the place."""
        self._replace(self._place, given.table, given.as_of)
        changes = changes_table(given.changes, given.ids)
        self._replace(f"{self._place}_changes", changes, given.as_of)
        return self.name

    def _replace(self, place: str, rows: pa.Table, as_of: str) -> None:
        """Put rows in the place of those of a day; the table is made or widened where need be."""
        how = {"mode": "error"}
        if self._there(place):
            how = {"mode": "overwrite", "predicate": f"as_of = '{as_of}'"}
            if self._of_first_version(place):
                how["schema_mode"] = "merge"
        elif not len(rows):
            return
        self._asked(library().write_deltalake, place, rows, partition_by=["as_of"], **how)

    def _of_first_version(self, place: str) -> bool:
        """Whether a table holds lists of the first version of the schema, and no later column."""
        there = self._asked(library().DeltaTable, place).schema()
        return {field.name for field in there.fields} == {c.name for c in columns_of(1)}

    def _there(self, place: str) -> bool:
        return bool(self._asked(library().DeltaTable.is_deltatable, place))

    @property
    def _place(self) -> str:
        folder = self.folder.rstrip("/")
        return folder if "://" in folder else str(Path(folder).resolve())

    def _asked(self, ask: Any, *args: Any, **more: Any) -> Any:
        """What the package answers; its errors as a SinkError."""
        try:
            return ask(*args, **more)
        except ChurnlabError:
            raise
        except (Exception, pa.ArrowException) as error:  # the package has no class of its own
            raise SinkError.from_refused(self.name, str(error)) from None
