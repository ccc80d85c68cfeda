"""A list that can be written, and what was written of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from churnlab.nightly.lists.publication import Publication


@dataclass(frozen=True)
class Written:
    """A list as it was written: its day and how many people it has.

    `files` maps a kind of file, such as list_parquet, to its address; `notes` and `model_age` are
    those of the list. `sinks` are the other places that have it; a `trial` goes to none. `left_out`
    counts those who were scored and are not on it; `publication` is what was written.
    """

    as_of: str
    people: int
    run_id: str
    files: Mapping[str, str]
    notes: tuple[str, ...] = ()
    model_age: int | None = None
    sinks: tuple[str, ...] = ()
    trial: bool = False
    left_out: Mapping[str, int] = field(default_factory=dict)
    publication: Publication | None = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, each file under its kind.

        >>> Written("2026-03-04", 2, "r1", {"list_csv": "list.csv"}).to_dict()["list_csv"]
        'list.csv'
        """
        return {
            "as_of": self.as_of,
            "people": self.people,
            "run_id": self.run_id,
            **({} if self.model_age is None else {"model_age_days": self.model_age}),
            **self.files,
            **({"left_out": dict(self.left_out)} if any(self.left_out.values()) else {}),
            **({"sinks": list(self.sinks)} if self.sinks else {}),
            **({"notes": list(self.notes)} if self.notes else {}),
        }


class WritableList(Protocol):
    """The list of a night: a RiskList, or a SparkRiskList for a log on Spark."""

    @property
    def frame(self) -> Any:
        """One row a person, highest risk first."""

    @property
    def as_of(self) -> str:
        """The day whose morning the list is for, like 2026-03-04."""

    @property
    def run_id(self) -> str:
        """The run whose models scored it."""

    def publication(self) -> Publication:
        """The audited rows, as sinks get them; ConfigError for a list of Spark."""

    def write(self, folder: str | Path, force: str = "", dry_run: bool = False) -> Written:
        """Write the list into a folder, whole or not at all; `force` overrules its guards.

        A `dry_run` writes nothing.
        """
