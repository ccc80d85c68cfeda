"""Rows of many days, a range of people at a time: the files are walked together, forward only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from churnlab.store.row_file import RowFile
from churnlab.store.sample import range_ends


@dataclass(frozen=True)
class PeopleRange:
    """All rows of the people with `low < id <= high`, where None means no bound.

    `tables` holds (day, rows) of the days that have rows of these people, ascending; `carry` holds
    their folded rows, or None.
    """

    tables: list[tuple[int, pa.Table]] = field(default_factory=list)
    carry: pa.Table | None = None
    low: Any = None
    high: Any = None


@dataclass(frozen=True)
class OpenFiles:
    """The open files of some days, ascending, and the carry's file, all of one manifest."""

    days: list[tuple[int, RowFile]]
    carry: RowFile | None

    def ranges(self, people: int, everybody: bool, threads: int) -> Iterator[PeopleRange]:
        """Ranges of about `people` people, ascending; the files are closed after the last.

        Ranges without rows are left out, unless `everybody` asks for those with a carry.
        """
        files = [file for _, file in self.days]
        counted = [*files, *([self.carry] if self.carry and everybody else [])]
        ends = range_ends([file.sample() for file in counted], people)
        return self._walk(files, ends, everybody, threads)

    def _walk(
        self, files: Sequence[RowFile], ends: Sequence[Any], everybody: bool, threads: int
    ) -> Iterator[PeopleRange]:
        low = None
        with ThreadPoolExecutor(threads) as pool:
            for high in (*ends, None):
                taken = pool.map(lambda file, high=high: file.take(high), files)
                pairs = zip(self.days, taken, strict=True)
                tables = [(day, rows) for (day, _), rows in pairs if rows is not None]
                carried = self.carry.take(high) if self.carry else None
                if tables or (everybody and carried is not None):
                    yield PeopleRange(tables, carried, low, high)
                low = high
        self.close()

    def close(self) -> None:
        """Close all files."""
        for _, file in self.days:
            file.close()
        if self.carry:
            self.carry.close()
