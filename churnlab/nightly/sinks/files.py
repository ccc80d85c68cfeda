"""Files in a folder or a bucket: Parquet, CSV, Excel, switched by one manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from churnlab.errors import ConfigError
from churnlab.nightly.lists.formats import FORMATS
from churnlab.nightly.lists.manifest import LATEST
from churnlab.nightly.lists.publication import Publication
from churnlab.nightly.lists.publish import Publisher
from churnlab.nightly.lists.shelf import Shelf, shelf_of


@dataclass(frozen=True)
class FilesSink:
    """A folder of this machine, or an address such as s3://bucket/lists.

    The files are those of the output folder: `read_list` reads them.

    >>> FilesSink("exports", ("excel",)).name
    'exports/list'
    """

    to: str
    formats: Sequence[str] = ("parquet", "csv")

    def __post_init__(self) -> None:
        for name in self.formats:
            if name not in FORMATS:
                raise ConfigError.from_unknown("format of a list", name, FORMATS)
        if not self.formats:
            raise ConfigError.from_range("formats", [], f"some of {', '.join(FORMATS)}")

    @property
    def name(self) -> str:
        """The folder or address of the lists."""
        return self._shelf.name("").rstrip("/")

    def check(self) -> None:
        """Raise an error if a list could not be written now.

        ConfigError for a format that needs a package, ScoringError while another process writes
        there, OutputError for a place that cannot be written.
        """
        for name in self.formats:
            FORMATS[name].check()
        self._shelf.check()

    def write(self, given: Publication) -> str:
        """Publish a list, and return the path of the manifest."""
        with self._shelf.locked():
            Publisher(self._shelf, self.formats).publish(given)
        return self._shelf.name(LATEST)

    @cached_property
    def _shelf(self) -> Shelf:
        return shelf_of(self.to)
